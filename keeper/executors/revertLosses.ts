import type { AccountId } from "../../sdk/accountId.ts";

/**
 * Gas lost on each account in a day by liquidations that passed their simulation and failed all the same. An account on
 * which too much was lost is left alone until the next day: whoever makes it fail would otherwise be paid in our gas.
 */
export class RevertLosses {
  #day = 0;
  readonly #lost = new Map<AccountId, bigint>();

  /** Quote base units lost on an account in a day of block time. */
  add(account: AccountId, day: number, amount: bigint): void {
    this.#turnTo(day);
    this.#lost.set(account, (this.#lost.get(account) ?? 0n) + amount);
  }

  /** Accounts on which at least `limit` was lost in a day. */
  over(limit: bigint, day: number): readonly AccountId[] {
    this.#turnTo(day);
    return [...this.#lost].filter(([, lost]) => lost >= limit).map(([account]) => account);
  }

  #turnTo(day: number): void {
    if (day !== this.#day) this.#lost.clear();
    this.#day = day;
  }
}
