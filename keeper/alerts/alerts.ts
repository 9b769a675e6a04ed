import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { ratesOf, type Deployment } from "../../sdk/deployment.ts";
import type { AccountState } from "../../sdk/vaultTypes.ts";
import type { AppliedBlock, BlockRef, Book } from "../book/book.ts";
import { RetryableError, messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import type { SeenEvent } from "../sources/follower.ts";
import type { Sight } from "../sources/sight.ts";
import type { AlertStore, Fact } from "./alertStore.ts";
import { decidedBlock, type DecidedBlock } from "./decidedBlock.ts";
import type { FactBook, Finding } from "./factBook.ts";
import { findingOf } from "./findings.ts";
import type { Setting } from "./pageOf.ts";
import type { Subscription } from "./subscription.ts";
import { LONGEST_VALIDITY_SECONDS } from "./subscriptionDesk.ts";
import { prefixOf, type SubscriptionBook } from "./subscriptionBook.ts";
import type { VolatilityWatch } from "./volatilityWatch.ts";
import { watchAccount, type Warned, type WatchView } from "./watchAccount.ts";

export interface AlertsOptions {
  readonly deployment: Deployment;
  readonly store: AlertStore;
  readonly facts: FactBook;
  readonly subscriptions: SubscriptionBook;
  readonly volatility: VolatilityWatch;
  readonly minProbabilityBps: number;
  readonly log: Log;
  /** Aborted before the store is closed. */
  readonly signal: AbortSignal;
}

/** Accounts looked at before the keeper has its turn again. */
const SLICE = 100;
/** What has changed in blocks that are not saved yet is remembered here. */
const RECENT_BLOCKS = 64;
const PRUNE_EVERY_SECONDS = 3_600n;
const KEPT_SECONDS = 30n * 86_400n;

/**
 * What the keeper tells traders. The keeper's own work comes first: events are put aside as they come and written down
 * once a block is done with, accounts are looked at in slices between the keeper's steps, and what goes wrong in here
 * is logged and stays here. What is told of a block is on the disk before the book that has it.
 */
export class Alerts {
  readonly #options: AlertsOptions;
  /** Put aside, not written yet, in order. */
  #unwritten: (() => void)[] = [];
  #appliedTo = -1;
  /** Of the owners of whom somebody is told. */
  readonly #accounts = new Set<AccountId>();
  readonly #warned = new Map<
    AccountId,
    { approaching?: string | undefined; forecast?: string | undefined }
  >();
  #recent: (readonly AccountId[])[] = [];
  #decided: DecidedBlock | undefined;
  #isLooking = false;
  #prunedAt: bigint | undefined;
  #place: readonly [string, number] = ["", 0];

  constructor(options: AlertsOptions) {
    this.#options = options;
    const { store, subscriptions } = options;
    subscriptions.onActivated = (subscription) => {
      this.#activated(subscription);
    };
    this.#doubtUnsaved();
    for (const fact of [...store.facts("standing"), ...store.facts("doubtful")]) this.#noteWarning(fact);
    for (const owner of subscriptions.owners()) this.#watchOwner(owner);
  }

  /** What messages are written with; undefined before the first block. */
  get setting(): Setting | undefined {
    const clock = this.#decided?.clock;
    return clock === undefined ? undefined : { deployment: this.#options.deployment, clock };
  }

  /** Time of the newest block; undefined before the first. */
  get now(): bigint | undefined {
    return this.#decided?.head.timestamp;
  }

  /** Resolves when the accounts of the last block have been looked at, which is at once where none is to be. */
  async looked(): Promise<void> {
    while (this.#isLooking) await new Promise(setImmediate);
  }

  /** A block has been applied to the book. Cheap, for the keeper waits. */
  applied(
    { block, accounts }: AppliedBlock,
    events: readonly SeenEvent[],
    book: Pick<Book, "vault"> | undefined,
  ): void {
    this.#guarded(() => {
      const { subscriptions, deployment, facts } = this.#options;
      const watched = [...accounts.keys()];
      this.#recent.push(watched.length > SLICE * SLICE ? [] : watched);
      if (this.#recent.length > RECENT_BLOCKS) this.#recent.shift();
      // The book was read again from what is saved.
      if (block.number <= this.#appliedTo) this.#doubtUnsaved();
      this.#appliedTo = block.number;
      if (subscriptions.size === 0) return;
      for (const id of watched) if (subscriptions.isWatched(id)) this.#accounts.add(id);
      const collaterals = book?.vault.collaterals ?? [];
      const found = { block: block.number, hash: block.hash, at: block.timestamp };
      for (const seen of events) {
        if (!("account" in seen.event) || !subscriptions.isWatched(seen.event.account)) continue;
        const finding = findingOf(seen, this.#placeOf(seen), collaterals, deployment.vault);
        if (finding !== undefined)
          this.#unwritten.push(() => {
            facts.report(finding, found);
          });
      }
    });
  }

  /** All blocks above `number` have been taken back. */
  rolledBack(number: number): void {
    this.#recent.pop();
    this.#appliedTo = number;
    this.#unwritten.push(() => {
      this.#options.store.doubtAbove(number);
    });
  }

  /** Writes down what was put aside. Throws `RetryableError` when the disk does not take it, and then keeps it. */
  keep(): void {
    if (this.#unwritten.length === 0) return;
    this.#options.store.write(() => {
      for (const write of this.#unwritten) this.#guarded(write);
    });
    this.#unwritten = [];
  }

  /**
   * A block has been decided upon by endpoints that agree, and what was to be sent is sent: time to look at accounts.
   * Throws as `keep` does.
   */
  decided(head: BlockRef, book: DecidedBlock["book"], sight: Pick<Sight, "prices" | "clock">): void {
    this.keep();
    this.#tolerating(() => {
      const decided = decidedBlock(head, book, sight, ratesOf(this.#options.deployment));
      this.#decided = decided;
      const { volatility } = this.#options;
      if (!sight.prices.available) return;
      volatility.seen(sight.prices, head.timestamp);
      void volatility.read(head.timestamp);
      this.#resolveDoubts(decided);
      this.#prune(head.timestamp);
      if (!this.#isLooking) this.#look([...this.#accounts], 0);
    });
  }

  /** Looks at some accounts and lets the keeper have its turn; a new block is taken up on the way. */
  #look(accounts: readonly AccountId[], from: number): void {
    this.#isLooking = from < accounts.length && !this.#options.signal.aborted;
    if (!this.#isLooking) return;
    setImmediate(() => {
      this.#tolerating(() => {
        const decided = this.#decided;
        const isOver = this.#options.signal.aborted || decided?.moment.prices.available !== true;
        if (!isOver) this.#lookAt(accounts.slice(from, from + SLICE), decided);
      });
      this.#look(accounts, from + SLICE);
    });
  }

  #lookAt(accounts: readonly AccountId[], decided: DecidedBlock): void {
    const { store, facts, subscriptions } = this.#options;
    const { number: block, hash, timestamp: at } = decided.head;
    const view = this.#viewOf(decided);
    const looks = accounts.flatMap((id) => {
      const state = decided.book.account(id);
      if (!subscriptions.isWatched(id)) this.#accounts.delete(id);
      else if (state !== undefined) return [[id, watchAccount(id, state, view, this.#warnedOf(id))] as const];
      return [];
    });
    const news = looks.map(([id, { findings, over }]) => ({
      id,
      findings: findings.filter(({ key }) => !isKnown(store.fact(key))),
      over: over.filter((kind) => this.#warnedOf(id)[kind]),
    }));
    if (news.every(({ findings, over }) => findings.length === 0 && over.length === 0)) return;
    store.write(() => {
      for (const { id, findings, over } of news) {
        for (const kind of over) facts.end(this.#warned.get(id)?.[kind] ?? "");
        for (const finding of findings) facts.report(finding, { block, hash, at });
      }
    });
    for (const { id, findings, over } of news) {
      for (const kind of over) this.#forgetWarning(id, kind);
      for (const { key, notice } of findings) this.#noteWarning({ key, notice });
    }
  }

  /** What blocks that were taken back held, now that others have come: found again, still true, or retracted. */
  #resolveDoubts(decided: DecidedBlock): void {
    const { store, facts, log } = this.#options;
    const { number: block, hash, timestamp: at } = decided.head;
    const doubtful = store.facts("doubtful").filter((fact) => fact.block <= block);
    if (doubtful.length === 0) return;
    store.write(() => {
      for (const fact of doubtful) {
        if (this.#stillHolds(fact, decided)) {
          store.putFact({ ...fact, block, hash, state: "standing" });
          continue;
        }
        facts.retract(fact, { block, hash, at });
        const { account, kind } = fact.notice;
        if (kind === "approaching" || kind === "forecast") this.#forgetWarning(account, kind);
        log.warn("alerts.retracted", { account, kind, block: fact.block });
      }
    });
  }

  /** Whether the account itself says what a block said that is gone. */
  #stillHolds({ notice }: Fact, { book, ...decided }: DecidedBlock): boolean {
    const state = book.account(notice.account);
    if (state === undefined) return false;
    switch (notice.kind) {
      case "called":
      case "reminder":
        return isCalledBy(state, notice.nonce) && state.deadline === notice.deadline;
      case "approaching":
      case "forecast": {
        const view = this.#viewOf({ book, ...decided });
        const { over } = watchAccount(notice.account, state, view, { approaching: true, forecast: true });
        return !over.includes(notice.kind);
      }
      case "closed":
      case "liquidated":
      case "writtenOff":
        return false;
    }
  }

  #activated(to: Subscription): void {
    const { facts } = this.#options;
    this.#watchOwner(to.owner);
    for (const account of this.#accounts) {
      if (!account.startsWith(prefixOf(to.owner))) continue;
      facts.tellStanding(to, account, (nonce) => {
        const state = this.#decided?.book.account(account);
        return state !== undefined && isCalledBy(state, nonce);
      });
    }
  }

  /** From the store, and from blocks that are not saved yet. */
  #watchOwner(owner: string): void {
    const prefix = prefixOf(owner);
    this.#accounts.add(accountIdOf(owner));
    for (const id of this.#options.store.accountsOf(owner)) this.#accounts.add(id);
    for (const ids of this.#recent) for (const id of ids) if (id.startsWith(prefix)) this.#accounts.add(id);
  }

  #viewOf({ moment, laterDebtIndex, head }: DecidedBlock): WatchView {
    const { volatility, minProbabilityBps } = this.#options;
    return {
      moment,
      laterDebtIndex,
      volatilityWad: (number) => volatility.volatilityWad(number),
      minProbabilityBps,
      block: head.number,
    };
  }

  #warnedOf(id: AccountId): Warned {
    const { approaching, forecast } = this.#warned.get(id) ?? {};
    return { approaching: approaching !== undefined, forecast: forecast !== undefined };
  }

  #noteWarning({ key, notice: { account, kind } }: Finding): void {
    if (kind !== "approaching" && kind !== "forecast") return;
    this.#warned.set(account, { ...this.#warned.get(account), [kind]: key });
  }

  #forgetWarning(id: AccountId, kind: "approaching" | "forecast"): void {
    const { approaching, forecast } = this.#warned.get(id) ?? {};
    const other = kind === "approaching" ? { forecast } : { approaching };
    this.#warned.set(id, other);
  }

  #placeOf({ transactionHash }: SeenEvent): number {
    const [last, place] = this.#place;
    this.#place = [transactionHash, last === transactionHash ? place + 1 : 0];
    return this.#place[1];
  }

  #prune(now: bigint): void {
    if (this.#prunedAt !== undefined && now < this.#prunedAt + PRUNE_EVERY_SECONDS) return;
    this.#prunedAt = now;
    const { store, subscriptions } = this.#options;
    store.write(() => {
      store.pruneMessages(now - KEPT_SECONDS);
    });
    subscriptions.prune(now - BigInt(2 * LONGEST_VALIDITY_SECONDS));
  }

  /** As `#guarded`; what the disk does not take now is found again at the next block. */
  #tolerating(work: () => void): void {
    try {
      this.#guarded(work);
    } catch (error) {
      this.#options.log.warn("alerts.notKept", { error: messageOf(error) });
    }
  }

  /** What was found in blocks of which nobody remembers that they stayed. */
  #doubtUnsaved(): void {
    this.#unwritten.push(() => {
      this.#options.store.doubtUnsaved();
    });
  }

  /** A defect in here must not stop whoever liquidates. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof RetryableError) throw error;
      this.#options.log.error("alerts.broken", { error: messageOf(error) });
    }
  }
}

/** What is doubtful is decided upon by what becomes of its block. */
function isKnown(fact: Fact | undefined): boolean {
  return fact?.state === "standing" || fact?.state === "doubtful";
}

function isCalledBy({ deadline, callNonce }: AccountState, nonce: number): boolean {
  return deadline !== 0n && callNonce === nonce;
}
