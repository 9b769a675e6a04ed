import type { Log } from "../log.ts";
import type { Duty } from "../policy/action.ts";
import type { Store } from "../store/store.ts";

export interface GasBudgetOptions {
  /** Wei for gas in a day of block time, all keys together; undefined: no limit. */
  readonly dailyWei: bigint | undefined;
  readonly store: Pick<Store, "addGasFee" | "removeGasFee" | "gasPaidOn">;
  readonly log: Log;
}

/** Half of the day's budget is kept for critical liquidations and what they wait for. */
const RESERVED_DIVISOR = 2n;
const DAY_SECONDS = 86_400n;

/**
 * The day's money for gas. What is on its way counts with the most it may cost until its receipt says what it did, so
 * that the limit holds whatever the chain does; it is shared by all keys, and survives a restart.
 */
export class GasBudget {
  readonly #options: GasBudgetOptions;
  readonly #reserved = new Map<string, bigint>();
  #day = 0;
  readonly #spentFor = new Set<"vital" | "other">();

  constructor(options: GasBudgetOptions) {
    this.#options = options;
  }

  /** Tells the time, by a block's. */
  at(timestamp: bigint): void {
    this.#day = Number(timestamp / DAY_SECONDS);
  }

  /** Whether `wei` more may be spent on a duty; instead of what the nonce of `sender` has reserved, if it has. */
  allows(duty: Duty, wei: bigint, sender: string, nonce?: number): boolean {
    const { dailyWei, store, log } = this.#options;
    if (dailyWei === undefined) return true;
    const own = nonce === undefined ? 0n : (this.#reserved.get(keyOf(sender, nonce)) ?? 0n);
    const reserved = [...this.#reserved.values()].reduce((sum, each) => sum + each, 0n) - own;
    const paid = store.gasPaidOn(this.#day);
    const purse = isVital(duty) ? "vital" : "other";
    const limit = purse === "vital" ? dailyWei : dailyWei - dailyWei / RESERVED_DIVISOR;
    const isAllowed = paid + reserved + wei <= limit;
    if (isAllowed) this.#spentFor.delete(purse);
    else if (!this.#spentFor.has(purse)) {
      this.#spentFor.add(purse);
      log.error("gasBudget.spent", { duty, paid, reserved, limit });
    }
    return isAllowed;
  }

  /** A nonce is signed for and costs `wei` at the most. */
  reserve(sender: string, nonce: number, wei: bigint): void {
    this.#reserved.set(keyOf(sender, nonce), wei);
  }

  /** A nonce has no transaction after all. */
  release(sender: string, nonce: number): void {
    this.#reserved.delete(keyOf(sender, nonce));
  }

  /** A nonce has cost `wei`. */
  settle(sender: string, nonce: number, wei: bigint): void {
    this.#options.store.addGasFee({ sender, nonce, day: this.#day, wei });
    this.release(sender, nonce);
  }

  /** A reorganisation has undone that; it may cost `wei` again. */
  reopen(sender: string, nonce: number, wei: bigint): void {
    this.#options.store.removeGasFee(sender, nonce);
    this.reserve(sender, nonce, wei);
  }
}

function isVital(duty: Duty): boolean {
  return duty === "liquidateCritical" || duty === "approve";
}

function keyOf(sender: string, nonce: number): string {
  return `${sender} ${nonce}`;
}
