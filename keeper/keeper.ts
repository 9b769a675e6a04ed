import type { AccountId } from "../sdk/accountId.ts";
import { ratesOf } from "../sdk/deployment.ts";
import type { KinkedRates } from "../sdk/interest.ts";
import { BlockClock } from "./blockClock.ts";
import { ClockReporter } from "./clockReporter.ts";
import type { AppliedBlock, Book, Roll } from "./book/book.ts";
import type { Config } from "./config.ts";
import { DeadLetters } from "./executors/deadLetters.ts";
import type { Targets } from "./executors/encodeAction.ts";
import { Executor } from "./executors/executor.ts";
import { nextBaseFee } from "./executors/fees.ts";
import { GasBook } from "./executors/gasBook.ts";
import type { GasBudget } from "./executors/gasBudget.ts";
import { GasWatch } from "./executors/gasWatch.ts";
import type { KillSwitch } from "./executors/killSwitch.ts";
import type { KeyState, Lanes } from "./executors/lanes.ts";
import type { Settled } from "./executors/outbox.ts";
import { RevertLosses } from "./executors/revertLosses.ts";
import type { Log } from "./log.ts";
import { momentOf } from "./policy/assess.ts";
import { decide, type Decision } from "./policy/decide.ts";
import { feeTermsOf } from "./policy/feeTerms.ts";
import { costOf } from "./policy/gasCost.ts";
import type { GasView, Snapshot } from "./policy/snapshot.ts";
import { reportEvents } from "./reportEvents.ts";
import type { BlockHeader } from "./sources/blockHeader.ts";
import { clockProbe, sequencerFeedProbe } from "./sources/clockProbes.ts";
import { Follower, type SeenEvent } from "./sources/follower.ts";
import type { NativePriceSource } from "./sources/nativePrice.ts";
import { vaultPricesProbe } from "./sources/priceProbes.ts";
import { ask } from "./sources/probe.ts";
import { restoreBook } from "./sources/restoreBook.ts";
import type { Rpc } from "./sources/rpcClient.ts";
import { walletProbe } from "./sources/walletProbe.ts";
import type { AccountsFile } from "./store/accountsFile.ts";
import type { Store } from "./store/store.ts";

export interface KeeperParts {
  readonly config: Config;
  readonly rpc: Rpc;
  readonly store: Store;
  readonly accountsFile: AccountsFile;
  readonly lanes: Lanes;
  readonly gasBudget: GasBudget;
  readonly killSwitch: KillSwitch;
  readonly nativePrice: NativePriceSource;
  readonly targets: Targets;
  readonly log: Log;
}

/** What a tick came to. `nextMoment` is block time at which time alone makes a difference. */
export type Tick =
  | { readonly kind: "idle" }
  | { readonly kind: "decided"; readonly head: BlockHeader; readonly nextMoment: bigint | undefined };

/** Unsaved blocks are cheap to read again; saving each would cost a write to the disk a block. */
const SAVE_EVERY_BLOCKS = 16;
const DAY_SECONDS = 86_400n;
/** Without prices nobody can be judged. */
const NOBODY: Roll = { accounts: new Map(), counts: {} };

/**
 * One vault, one key: each tick brings the book to the newest block, decides, and sends. One tick at a time; everything
 * in memory can be rebuilt from the chain, and what cannot is in the store before it matters.
 */
export class Keeper {
  readonly #parts: KeeperParts;
  readonly #rates: KinkedRates;
  readonly #clock = new BlockClock();
  readonly #deadLetters: DeadLetters;
  readonly #revertLosses = new RevertLosses();
  readonly #gasWatch: GasWatch;
  readonly #gasBook = new GasBook();
  readonly #executor: Executor;
  readonly #clockReporter: ClockReporter;
  /** The feed by which the protocol's clock learns of outages, which never changes; unknown before the first tick. */
  #sequencer: { readonly feed: string | undefined } | undefined;
  #book: Book | undefined;
  #follower: Follower | undefined;
  /** The newest block that has not been decided upon; a tick that failed on the way does it again. */
  #undecided: BlockHeader | undefined;
  #unsaved: AppliedBlock[] = [];
  #hasResumed = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#rates = ratesOf(parts.config.deployment);
    const { rpc, targets, lanes, store, log } = parts;
    this.#deadLetters = new DeadLetters(store, log);
    this.#gasWatch = new GasWatch(log);
    this.#clockReporter = new ClockReporter(log);
    const outboxFor = lanes.outboxFor.bind(lanes);
    this.#executor = new Executor({ rpc, targets, outboxFor, deadLetters: this.#deadLetters, log });
  }

  /** Throws `RetryableError` when the endpoint fails; the next tick goes on from there. */
  async tick(): Promise<Tick> {
    const startedAt = performance.now();
    const follower = this.#follower ?? (await this.#openBook());
    const following = await follower.advance();
    if (following.kind === "lost") {
      this.#forgetBook();
      return { kind: "idle" };
    }
    if (following.kind === "advanced") this.#undecided = following.head;
    const head = this.#undecided;
    const book = this.#book;
    if (head === undefined || book === undefined) return { kind: "idle" };
    const decision = await this.#act(head, book, startedAt);
    this.#undecided = undefined;
    if (this.#unsaved.length >= SAVE_EVERY_BLOCKS) this.save();
    return { kind: "decided", head, nextMoment: decision.nextMoment };
  }

  /** Whether nothing is on its way. */
  get isSettled(): boolean {
    return this.#parts.lanes.busyDuties().size === 0;
  }

  /** Puts the book on the disk. */
  save(): void {
    this.#parts.store.saveBlocks(this.#unsaved);
    this.#unsaved = [];
  }

  /** Puts the book on the disk such that the next start is quick; for the end, since it takes a while. */
  putAway(): void {
    this.save();
    if (this.#book !== undefined) this.#parts.accountsFile.write(this.#book);
  }

  async #act(head: BlockHeader, book: Book, startedAt: number): Promise<Decision> {
    const { config, rpc, lanes, nativePrice, targets, log } = this.#parts;
    const { oracle, collaterals } = book.vault;
    const sequencer = (this.#sequencer ??= await this.#findSequencer(head));
    const [prices, clock, nativePrice36, wallet, keys] = await ask(
      rpc,
      vaultPricesProbe(oracle, collaterals.length, head.number),
      clockProbe(config.deployment.clock, sequencer.feed, head),
      nativePrice.probe(head.number),
      walletProbe(targets.keeper, targets.quote, targets.vault, head.number),
      lanes.probe(head.number),
    );
    const gas = this.#gasViewAt(head, nativePrice36);
    this.#parts.gasBudget.at(head.timestamp);
    this.#takeIn(lanes.settle(head.number, keys), head, gas);
    this.#clockReporter.seen(head.number, clock);
    const circumstances = {
      vault: book.vault,
      prices,
      rates: this.#rates,
      clock,
      actAt: this.#clock.next(),
    };
    const { accounts, counts } = prices.available ? book.rollAt(momentOf(circumstances)) : NOBODY;
    const snapshot: Snapshot = {
      ...circumstances,
      block: head,
      vaultAddress: targets.vault,
      accounts,
      gas,
      wallet,
      busy: this.#busyAt(head),
      busyDuties: lanes.busyDuties(),
      spentToday: this.#parts.store.spentOn(dayOf(head)),
      lastRecordAt: this.#lastDone("record", head),
      lastBookFeeAt: this.#lastDone("bookFee", head),
    };
    for (const key of keys) this.#gasWatch.seen(key, gas.weiPerGas, config.maxGasPerTransaction);
    const decision = decide(snapshot, config);
    const decidedAt = performance.now();
    const sent = await this.#send(decision, snapshot, head, keys);
    if (!prices.available) log.warn("oracle.unavailable", { block: head.number, oracle });
    for (const { account, duty, reason } of decision.skips)
      log.debug("account.skipped", { account, duty, reason });
    log.info("block.seen", {
      block: head.number,
      timestamp: head.timestamp,
      accounts: book.size,
      ...decision.counts,
      ...counts,
      skipped: countBy(decision.skips.map(({ reason }) => reason)),
      sent,
      nextMoment: decision.nextMoment,
      decideMs: Math.round(decidedAt - startedAt),
      ms: Math.round(performance.now() - startedAt),
    });
    return decision;
  }

  async #findSequencer(head: BlockHeader): Promise<{ readonly feed: string | undefined }> {
    const { config, rpc } = this.#parts;
    const [feed] = await ask(rpc, sequencerFeedProbe(config.deployment.clock, head.number));
    return { feed };
  }

  /** After a start everything on its way is sent once more, afterwards only what is overdue. */
  async #send(
    { actions }: Decision,
    { gas, spentToday }: Snapshot,
    head: BlockHeader,
    keys: readonly KeyState[],
  ): Promise<number> {
    const { config, lanes, killSwitch } = this.#parts;
    if (killSwitch.isOn) return 0;
    if (this.#hasResumed) await lanes.maintain(head, keys);
    else await lanes.resume(head);
    this.#hasResumed = true;
    return this.#executor.execute(actions, head, (action) => feeTermsOf(action, gas, config, spentToday));
  }

  #gasViewAt(head: BlockHeader, nativePrice36: bigint | undefined): GasView {
    return {
      weiPerGas: nextBaseFee(head) + this.#parts.config.tipGwei,
      nativePrice36,
      perAccount: this.#gasBook.perAccount,
      limitPerAccount: this.#gasBook.limitPerAccount,
    };
  }

  /** Accounts to leave alone: acted upon already, refused lately, or too dear today. */
  #busyAt(head: BlockHeader): ReadonlySet<AccountId> {
    const { lanes, config } = this.#parts;
    return new Set([
      ...lanes.busyAccounts(head.number),
      ...this.#deadLetters.waiting(head.number),
      ...this.#revertLosses.over(config.criticalLossPerAccountPerDay, dayOf(head)),
    ]);
  }

  #takeIn(settled: readonly Settled[], head: BlockHeader, gas: GasView): void {
    for (const { duty, accounts, outcome } of settled) {
      if (outcome.kind === "mined") {
        this.#gasBook.learn(duty, outcome.gasUsed, accounts.length);
        for (const account of accounts) this.#deadLetters.succeeded(account, head.number);
        if (duty === "record" || duty === "bookFee") {
          this.#parts.store.setNote(noteOf(duty), head.timestamp.toString());
        }
        continue;
      }
      const kind = accounts.length === 1 ? "failed" : "refused";
      // What it cost, at today's price of a coin and shared by all that were in it.
      const lost = (costOf({ ...gas, weiPerGas: 1n }, outcome.feeWei) ?? 0n) / BigInt(accounts.length || 1);
      for (const account of accounts) {
        this.#deadLetters.failed({ account, kind, reason: `${duty} reverted` }, head.number);
        this.#revertLosses.add(account, dayOf(head), lost);
      }
    }
  }

  /** Block time of the last recording or booking; the first block seen counts as one. */
  #lastDone(duty: "record" | "bookFee", head: BlockHeader): bigint {
    const { store } = this.#parts;
    const noted = store.note(noteOf(duty));
    if (noted !== undefined) return BigInt(noted);
    store.setNote(noteOf(duty), head.timestamp.toString());
    return head.timestamp;
  }

  async #openBook(): Promise<Follower> {
    const { config, rpc, store, accountsFile, log, targets } = this.#parts;
    const { deployment, logRangeBlocks } = config;
    const book = await restoreBook(rpc, { store, accountsFile }, targets.vault, log);
    const { deployBlock } = deployment;
    log.info("book.opened", { block: book.head?.number, accounts: book.size });
    this.#book = book;
    this.#follower = new Follower({ rpc, book, deployBlock, logRangeBlocks, listener: this, log });
    return this.#follower;
  }

  /** What is saved goes back further than the book in memory. */
  #forgetBook(): void {
    this.#parts.log.warn("book.lost", { block: this.#book?.head?.number });
    this.#unsaved = [];
    this.#book = undefined;
    this.#follower = undefined;
    this.#undecided = undefined;
  }

  /** For the follower: a block has been applied to the book. */
  applied(block: AppliedBlock, events: readonly SeenEvent[]): void {
    this.#clock.seen(block.block.timestamp);
    this.#unsaved.push(block);
    // A range of the past is saved at once, so that a long rebuild goes on where it stopped.
    if (block.accounts.size > 1_000) this.save();
    reportEvents(events, this.#parts.lanes.addresses, this.#parts.log);
  }

  /** For the follower: blocks above `number` have been taken back. */
  rolledBack(number: number): void {
    this.#unsaved = this.#unsaved.filter(({ block }) => block.number <= number);
    this.#parts.store.rollBackTo(number);
    this.#parts.lanes.rollBackTo(number);
    this.#undecided = undefined;
  }
}

function noteOf(duty: "record" | "bookFee"): string {
  return duty === "record" ? "lastRecordAt" : "lastBookFeeAt";
}

function dayOf({ timestamp }: BlockHeader): number {
  return Number(timestamp / DAY_SECONDS);
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
