import type { CheckStatus } from "./arithmetic.ts";

/** What the check found of one account in one block. */
export interface Sighting {
  readonly account: string;
  readonly status: CheckStatus;
  /** Liquidatable at a discount that pays. */
  readonly profitable: boolean;
  /** Somebody liquidated it in this block. */
  readonly taken: boolean;
}

/** A duty that nobody did in time. */
export interface Miss {
  readonly account: string;
  readonly duty: "call" | "liquidation";
  /** The first block in which it could have been done, and the one in which it was found to be late. */
  readonly since: number;
  readonly found: number;
}

/** So many blocks an account may be callable, or liquidatable at a profit. */
export const CALL_BLOCKS = 2;
export const LIQUIDATION_BLOCKS = 5;

interface Wait {
  since: number;
  blocks: number;
}

/** Follows every account block by block; blocks must come in order and without gaps. */
export class MissWatch {
  readonly misses: Miss[] = [];
  readonly #callable = new Map<string, Wait>();
  readonly #profitable = new Map<string, Wait>();

  see(block: number, { account, status, profitable, taken }: Sighting): void {
    // A lapsed call waits to be opened again: the same duty, the same time.
    const callable = status === "Callable" || status === "Lapsed";
    this.#count(this.#callable, "call", CALL_BLOCKS, block, account, callable, false);
    this.#count(this.#profitable, "liquidation", LIQUIDATION_BLOCKS, block, account, profitable, taken);
  }

  /** The first block since which `account` has been waiting for a call; undefined when it is not. */
  callableSince(account: string): number | undefined {
    return this.#callable.get(account)?.since;
  }

  #count(
    waits: Map<string, Wait>,
    duty: Miss["duty"],
    allowed: number,
    block: number,
    account: string,
    due: boolean,
    done: boolean,
  ): void {
    if (!due || done) {
      waits.delete(account);
      if (!due) return;
    }
    const wait = waits.get(account) ?? { since: block, blocks: 0 };
    wait.blocks += 1;
    waits.set(account, wait);
    // Counted once, when it becomes late; acting later does not undo it.
    if (wait.blocks === allowed + 1) this.misses.push({ account, duty, since: wait.since, found: block });
  }
}
