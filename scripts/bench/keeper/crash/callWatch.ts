import { Status } from "../../../../sdk/vaultTypes.ts";

/** What became of everybody who could be called. */
export interface CallCounts {
  /** Blocks from the one after which an account could be called to the one in which it was, ascending. */
  readonly lags: readonly number[];
  /** Could be called for more than a block, and was not, or only the price ended it. */
  readonly missed: number;
  /** The next block's price already changed how they stood, so that no transaction could have come in time. */
  readonly overtaken: number;
}

/**
 * Follows by the exact mirror who can be called, and by the vault's logs who is. An account is waiting from the first
 * block at whose end it is `Callable`; the earliest that anybody can do something about it is the block after.
 */
export class CallWatch {
  readonly #waiting = new Map<number, number>();
  readonly #lags: number[] = [];
  #missed = 0;
  #overtaken = 0;

  /** @param statuses At the end of `block`, by account number; `called` are those whose call was opened in it. */
  seen(block: number, statuses: Uint8Array, called: readonly number[]): void {
    for (const account of called) {
      // Interest can be foreseen: then the call comes in the very block that makes the account callable.
      this.#lags.push(block - (this.#waiting.get(account) ?? block));
      this.#waiting.delete(account);
    }
    for (const [account, since] of this.#waiting) {
      if (statuses[account] === Status.Callable) continue;
      this.#waiting.delete(account);
      if (block - since > 1) this.#missed += 1;
      else this.#overtaken += 1;
    }
    for (const [account, status] of statuses.entries()) {
      if (status === Status.Callable && !this.#waiting.has(account)) this.#waiting.set(account, block);
    }
  }

  /** What was counted, after `last` block; whoever has been waiting for more than a block then is missed. */
  countsAt(last: number): CallCounts {
    const late = [...this.#waiting.values()].filter((since) => last - since > 1).length;
    return {
      lags: this.#lags.toSorted((a, b) => a - b),
      missed: this.#missed + late,
      overtaken: this.#overtaken,
    };
  }
}
