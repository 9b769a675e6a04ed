import type { AccountId } from "../../sdk/accountId.ts";
import type { Log } from "../log.ts";
import type { Store } from "../store/store.ts";
import { BackOff, type Failure } from "./backOff.ts";

/** Keeps count of accounts that fail, on the disk for those in quarantine, and says who comes and goes. */
export class DeadLetters {
  readonly #store: Pick<Store, "setDeadLetter" | "removeDeadLetter" | "deadLetters">;
  readonly #backOff = new BackOff();
  readonly #log: Log;

  constructor(store: Pick<Store, "setDeadLetter" | "removeDeadLetter" | "deadLetters">, log: Log) {
    this.#store = store;
    this.#log = log;
    for (const { account, block, failures } of store.deadLetters()) {
      this.#backOff.quarantine(account, block, failures);
    }
  }

  /** Accounts to leave alone at a block. */
  waiting(block: number): readonly AccountId[] {
    return this.#backOff.waiting(block);
  }

  /** How many are in quarantine. */
  get count(): number {
    return this.#backOff.quarantinedCount;
  }

  /** Whether an account is only ever tried alone. */
  isQuarantined(account: AccountId): boolean {
    return this.#backOff.isQuarantined(account);
  }

  failed({ account, kind, reason }: Failure, block: number): void {
    const isNew = this.#backOff.refused(account, block, kind);
    if (!this.#backOff.isQuarantined(account)) return;
    const failures = this.#backOff.failuresOf(account);
    this.#store.setDeadLetter({ account, block, failures, reason });
    if (isNew) this.#log.error("account.quarantined", { account, failures, reason });
  }

  succeeded(account: AccountId, block: number): void {
    if (!this.#backOff.clear(account, block)) return;
    this.#store.removeDeadLetter(account);
    this.#log.info("account.released", { account });
  }
}
