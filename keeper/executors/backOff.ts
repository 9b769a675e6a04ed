import type { AccountId } from "../../sdk/accountId.ts";

/** Blocks an account is left alone after its nth refusal in a row: short, for the next block may change everything. */
const LONGEST_BLOCKS = 32;

/**
 * Accounts for which the chain refused what the mirror expected to pass. They wait 1, 2, 4, ... blocks, never for good and
 * never with others: an account that always fails costs its own turns and nothing else.
 */
export class BackOff {
  readonly #refusals = new Map<AccountId, { readonly count: number; readonly until: number }>();

  /** Accounts still waiting at a block. */
  waiting(block: number): readonly AccountId[] {
    return [...this.#refusals].filter(([, { until }]) => block < until).map(([account]) => account);
  }

  refused(account: AccountId, block: number): void {
    const count = (this.#refusals.get(account)?.count ?? 0) + 1;
    const until = block + Math.min(LONGEST_BLOCKS, 2 ** (count - 1));
    this.#refusals.set(account, { count, until });
  }

  /** The account did as expected. */
  clear(account: AccountId): void {
    this.#refusals.delete(account);
  }
}
