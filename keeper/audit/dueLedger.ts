import type { AccountId } from "../../sdk/accountId.ts";
import { accountsOf, DUTIES, type Action, type Duty, type Skip } from "../policy/action.ts";
import { PATIENCE_BLOCKS } from "../policy/feeTerms.ts";

/** What the keeper has meant to do about an account since it first saw that it was due. */
export interface Due {
  readonly duty: Duty;
  readonly firstBlock: number;
  readonly lastBlock: number;
  /** When something for it was first on its way. */
  readonly sentAtBlock: number | undefined;
  /** Why it was left alone when it last was. */
  readonly skippedFor: string | undefined;
}

/** Of a duty, for how many accounts it is meant to be done, and for how many it is late. */
export interface DueCount {
  readonly duty: Duty;
  readonly due: number;
  readonly overdue: number;
}

/** What is not meant any more is remembered for so long: what came of it may still be in a block to come. */
const REMEMBERED_BLOCKS = 64;

/** Remembers for each account that something is due about since when, and what was done: as much as there is due. */
export class DueLedger {
  readonly #dues = new Map<AccountId, Due>();
  #prunedAt = 0;

  /**
   * Notes what was decided at `block`.
   * @param onTheirWay Accounts for which something has been sent and not mined.
   */
  decided(
    block: number,
    actions: readonly Action[],
    skips: readonly Skip[],
    onTheirWay: ReadonlySet<AccountId>,
  ): void {
    for (const action of actions) {
      for (const account of accountsOf(action))
        this.#note(account, action.duty, block, { skippedFor: undefined });
    }
    for (const { account, duty, reason } of skips) this.#note(account, duty, block, { skippedFor: reason });
    for (const account of onTheirWay) {
      const due = this.#dues.get(account);
      if (due !== undefined)
        this.#dues.set(account, { ...due, lastBlock: block, sentAtBlock: due.sentAtBlock ?? block });
    }
    this.#prune(block);
  }

  /** What is meant to be done as of `block`, the last that was decided upon; every duty once. */
  counts(block: number): readonly DueCount[] {
    const due: Partial<Record<Duty, number>> = {};
    const overdue: Partial<Record<Duty, number>> = {};
    for (const { duty, firstBlock, lastBlock, skippedFor } of this.#dues.values()) {
      if (lastBlock !== block || skippedFor !== undefined) continue;
      due[duty] = (due[duty] ?? 0) + 1;
      if (block - firstBlock > PATIENCE_BLOCKS[duty]) overdue[duty] = (overdue[duty] ?? 0) + 1;
    }
    return DUTIES.map((duty) => ({ duty, due: due[duty] ?? 0, overdue: overdue[duty] ?? 0 }));
  }

  of(account: AccountId): Due | undefined {
    return this.#dues.get(account);
  }

  /** It has been done, by whomever. */
  settle(account: AccountId): void {
    this.#dues.delete(account);
  }

  #note(account: AccountId, duty: Duty, block: number, { skippedFor }: Pick<Due, "skippedFor">): void {
    const before = this.#dues.get(account);
    const isSame = before?.duty === duty;
    this.#dues.set(account, {
      duty,
      firstBlock: isSame ? before.firstBlock : block,
      lastBlock: block,
      sentAtBlock: isSame ? before.sentAtBlock : undefined,
      skippedFor,
    });
  }

  #prune(block: number): void {
    if (Math.abs(block - this.#prunedAt) < REMEMBERED_BLOCKS) return;
    this.#prunedAt = block;
    for (const [account, { lastBlock }] of this.#dues) {
      if (lastBlock + REMEMBERED_BLOCKS < block) this.#dues.delete(account);
    }
  }
}
