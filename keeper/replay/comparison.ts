import type { AccountId } from "../../sdk/accountId.ts";
import { DUTIES, type Duty, type Skip } from "../policy/action.ts";
import { kindOf, type ChainDeed } from "./deedsIn.ts";
import type { PaperDecision } from "./paperKeeper.ts";

/**
 * How what this keeper would have done stands to what was done: by others in a later block, in the same one, in an earlier
 * one, or by nobody; `leftAlone` is what was done and this keeper would not have done.
 */
export type Outcome = "later" | "same" | "earlier" | "nobody" | "leftAlone";

/** Why this keeper would not have done what was done, or not yet. */
export interface Why {
  readonly reason:
    | Skip["reason"]
    /** It became due in the very block in which it was done. */
    | "notDueBefore"
    /** The vault would have refused it on paper. */
    | "refused"
    /** It would have done something else about the account. */
    | "otherDuty"
    | "noPrices";
  /** What the vault would have said, or the other duty. */
  readonly detail: string | undefined;
}

/** One deed, meant or done. Blocks are those in which it was mined, or would have been at the earliest. */
export interface ComparedDeed {
  readonly outcome: Outcome;
  readonly duty: Duty;
  readonly account: AccountId;
  readonly wouldBlock: number | undefined;
  /** Quote base units; zero for what it would have left alone. */
  readonly earned: bigint;
  readonly cost: bigint;
  readonly done:
    | {
        readonly block: number;
        readonly by: string;
        readonly isOwn: boolean;
        readonly transactionHash: string;
      }
    | undefined;
  /** By how many blocks this keeper would have been earlier; below zero where it would have been later. */
  readonly leadBlocks: number | undefined;
  /** For what was left alone, and for what was earlier: why not by this keeper. */
  readonly why: Why | undefined;
  /** For what nobody did: the last block in which it could have been done; undefined while it is still due. */
  readonly dueUntil: number | undefined;
}

/** What was skipped for a reason: accounts, and how often all in all, an account and a block at a time. */
export interface SkipCount {
  readonly duty: Duty;
  readonly reason: Skip["reason"];
  readonly accounts: number;
  readonly times: number;
}

/** Blocks after which the accident brake was engaged, both included. */
export interface BrakedBlocks {
  readonly from: number;
  readonly to: number;
}

/** Something due that this keeper has done on paper and nobody on the chain. */
interface Occasion {
  readonly duty: Duty;
  readonly account: AccountId;
  readonly block: number;
  readonly earned: bigint;
  readonly cost: bigint;
  /** What was done before it and left by this keeper, if the account was due ever since. */
  readonly before: LeftDeed | undefined;
}

interface LeftDeed {
  readonly deed: ChainDeed;
  readonly why: Why;
}

/** A deed is not worth the same twice: somebody who came and went with the price would earn whatever one likes. */
const NOTHING = { earned: 0n, cost: 0n };

/**
 * Holds what a keeper would have done against what was done, block by block. As long as an account stays due, what is
 * meant about it is one deed; what is done when it is due no more belongs to another occasion. Of an account that comes
 * due again as it was the earnings are counted once. Pure but for what it remembers.
 */
export class Comparison {
  readonly #own: ReadonlySet<string>;
  readonly #open = new Map<string, Occasion>();
  /** How the account stood when something about it was last done on paper. */
  readonly #onPaper = new Map<string, string>();
  readonly #finished: ComparedDeed[] = [];
  readonly #left = new Set<LeftDeed>();
  /** Of `#left` those about accounts that something has been due about ever since. */
  readonly #trail = new Map<string, LeftDeed>();
  readonly #skips = new Map<
    string,
    { readonly skip: Skip; readonly accounts: Set<AccountId>; times: number }
  >();
  readonly #refused = new Map<string, string>();
  readonly #braked: BrakedBlocks[] = [];
  #last: PaperDecision | undefined;

  /** @param own Addresses whose deeds are this keeper's. */
  constructor(own: ReadonlySet<string>) {
    this.#own = own;
  }

  /**
   * A block was decided upon.
   * @param stateOf The account as it stands at the block, in short.
   */
  decided(decision: PaperDecision, stateOf: (account: AccountId) => string): void {
    const { block, entries, meant, skips, refused } = decision;
    // What the brake holds back is due to everybody else.
    const braked = skips.filter(({ reason }) => reason === "brake");
    const due = new Set([
      ...meant.map(([duty, account]) => keyOf(duty, account)),
      ...braked.map(({ duty, account }) => keyOf(duty, account)),
    ]);
    const pressing = new Set([
      ...meant.map(([, account]) => account),
      ...skips.map(({ account }) => account),
    ]);
    for (const [key, occasion] of this.#open) {
      if (due.has(key)) continue;
      this.#open.delete(key);
      this.#finish(occasion, undefined, block);
    }
    for (const [key, { deed }] of this.#trail) if (!pressing.has(deed.account)) this.#trail.delete(key);
    for (const { duty, account, reason } of refused) this.#refused.set(keyOf(duty as Duty, account), reason);
    for (const { duty, account, state, earned, cost } of entries) {
      if (account === undefined) continue;
      const key = keyOf(duty as Duty, account);
      const isCounted = this.#onPaper.get(key) === state;
      const worth = isCounted ? NOTHING : { earned, cost };
      this.#begin(key, { duty: duty as Duty, account, block, ...worth });
      this.#onPaper.set(key, state);
      this.#refused.delete(key);
    }
    for (const [duty, account] of meant) {
      const key = keyOf(duty, account);
      if (this.#onPaper.get(key) === stateOf(account)) this.#begin(key, { duty, account, block, ...NOTHING });
    }
    this.#count(skips);
    if (decision.isBraked) this.#brakedAt(block);
    this.#last = decision;
  }

  /** What was done in the block after the one last decided upon. */
  happened(deeds: readonly ChainDeed[]): void {
    for (const deed of deeds) {
      const key = `${deed.kind} ${deed.account}`;
      const occasion = this.#open.get(key);
      if (occasion !== undefined) {
        this.#open.delete(key);
        this.#finish(occasion, deed, undefined);
        continue;
      }
      const left = { deed, why: this.#whyNot(deed) };
      this.#left.add(left);
      this.#trail.set(key, left);
    }
  }

  /** All deeds by block, also what is still due. */
  deeds(): readonly ComparedDeed[] {
    const open = [...this.#open.values()];
    const all = [
      ...this.#finished,
      ...open.map((occasion) => comparedOf(occasion, undefined, undefined, this.#own)),
    ];
    const led = new Set(open.flatMap(({ before }) => (before === undefined ? [] : [before])));
    const left = [...this.#left].filter((each) => !led.has(each));
    return [...all, ...left.map((each) => leftAloneOf(each, this.#own))].sort(
      (a, b) => firstBlockOf(a) - firstBlockOf(b) || DUTIES.indexOf(a.duty) - DUTIES.indexOf(b.duty),
    );
  }

  skips(): readonly SkipCount[] {
    return [...this.#skips.values()]
      .map(({ skip: { duty, reason }, accounts, times }) => ({
        duty,
        reason,
        accounts: accounts.size,
        times,
      }))
      .sort((a, b) => b.times - a.times);
  }

  /** When the accident brake would have been engaged, in order. */
  brakes(): readonly BrakedBlocks[] {
    return this.#braked;
  }

  /** Unless the same is due already. */
  #begin(key: string, occasion: Omit<Occasion, "before">): void {
    if (this.#open.has(key)) return;
    this.#open.set(key, { ...occasion, before: this.#trail.get(key) });
    this.#trail.delete(key);
  }

  #brakedAt(block: number): void {
    const last = this.#braked.at(-1);
    const goesOn = last?.to === block - 1;
    if (goesOn) this.#braked.pop();
    this.#braked.push({ from: goesOn ? last.from : block, to: block });
  }

  #finish(occasion: Occasion, deed: ChainDeed | undefined, dueUntil: number | undefined): void {
    if (deed === undefined && occasion.before !== undefined) this.#left.delete(occasion.before);
    this.#finished.push(comparedOf(occasion, deed, dueUntil, this.#own));
  }

  #count(skips: readonly Skip[]): void {
    for (const skip of skips) {
      const key = `${skip.duty} ${skip.reason}`;
      const known = this.#skips.get(key) ?? { skip, accounts: new Set(), times: 0 };
      known.accounts.add(skip.account);
      known.times += 1;
      this.#skips.set(key, known);
    }
  }

  /** Nothing of the kind was on paper when it was done. */
  #whyNot({ kind, account }: ChainDeed): Why {
    const last = this.#last;
    const why = (reason: Why["reason"], detail?: string): Why => ({ reason, detail });
    if (last === undefined) return why("notDueBefore");
    if (!last.hasPrices) return why("noPrices");
    const skips = last.skips.filter((each) => each.account === account);
    const skip = skips.find(({ duty }) => kindOf(duty) === kind) ?? skips[0];
    if (skip !== undefined) return why(skip.reason);
    const meant = last.meant.filter(([, each]) => each === account).map(([duty]) => duty);
    if (meant.some((duty) => kindOf(duty) === kind))
      return why("refused", this.#refused.get(`${kind} ${account}`));
    return meant[0] === undefined ? why("notDueBefore") : why("otherDuty", meant[0]);
  }
}

function comparedOf(
  { duty, account, block, earned, cost, before }: Occasion,
  deed: ChainDeed | undefined,
  dueUntil: number | undefined,
  own: ReadonlySet<string>,
): ComparedDeed {
  const wouldBlock = block + 1;
  const counterpart = deed ?? before?.deed;
  const leadBlocks = counterpart === undefined ? undefined : counterpart.block - wouldBlock;
  return {
    outcome: outcomeOf(leadBlocks),
    duty,
    account,
    wouldBlock,
    earned,
    cost,
    done: counterpart && doneOf(counterpart, own),
    leadBlocks,
    why: deed === undefined ? before?.why : undefined,
    dueUntil,
  };
}

function outcomeOf(leadBlocks: number | undefined): Outcome {
  if (leadBlocks === undefined) return "nobody";
  if (leadBlocks === 0) return "same";
  return leadBlocks > 0 ? "later" : "earlier";
}

function leftAloneOf({ deed, why }: LeftDeed, own: ReadonlySet<string>): ComparedDeed {
  const { duty, account } = deed;
  const nothing = { ...NOTHING, wouldBlock: undefined, leadBlocks: undefined, dueUntil: undefined };
  return { outcome: "leftAlone", duty, account, ...nothing, done: doneOf(deed, own), why };
}

function doneOf({ block, by, transactionHash }: ChainDeed, own: ReadonlySet<string>): ComparedDeed["done"] {
  return { block, by, isOwn: own.has(by), transactionHash };
}

function firstBlockOf({ wouldBlock, done }: ComparedDeed): number {
  return Math.min(wouldBlock ?? Infinity, done?.block ?? Infinity);
}

function keyOf(duty: Duty, account: AccountId): string {
  return `${kindOf(duty) ?? duty} ${account}`;
}
