import type { AccountId } from "../../sdk/accountId.ts";
import type { Since } from "../policy/standby.ts";
import type { ShadowEntry } from "../store/shadowLedger.ts";

/**
 * In place of the store, for a keeper that is only pretended: what it notes and enters is in memory and gone with it.
 * It begins without a memory of its own; what has been due since before is due since the first block.
 */
export class PaperStore {
  readonly #notes = new Map<string, string>();
  #entries: readonly ShadowEntry[] = [];

  note(name: string): string | undefined {
    return this.#notes.get(name);
  }

  setNote(name: string, value: string): void {
    this.#notes.set(name, value);
  }

  dues(): readonly (readonly [AccountId, Since])[] {
    return [];
  }

  saveDues(): void {
    // Who asks keeps them in memory as well.
  }

  add(entries: readonly ShadowEntry[]): void {
    this.#entries = [...this.#entries, ...entries];
  }

  entries(): readonly ShadowEntry[] {
    return this.#entries;
  }

  rollBackTo(number: number): void {
    this.#entries = this.#entries.filter(({ block }) => block <= number);
  }
}
