import type { AccountId } from "../sdk/accountId.ts";
import type { Alerts } from "./alerts/alerts.ts";
import { Auditor } from "./audit/auditor.ts";
import type { BlockTimes } from "./audit/blockTimes.ts";
import { Forensics } from "./audit/forensics.ts";
import { BlockClock } from "./blockClock.ts";
import type { AppliedBlock, BlockRef, Book, Roll } from "./book/book.ts";
import { BookStand } from "./bookStand.ts";
import { BrakeWatch } from "./brakeWatch.ts";
import { ClockReporter } from "./clockReporter.ts";
import type { Config } from "./config.ts";
import { Confirmation } from "./confirmation.ts";
import { Doubt } from "./doubt.ts";
import type { Targets } from "./executors/encodeAction.ts";
import { Executor } from "./executors/executor.ts";
import type { GasBudget } from "./executors/gasBudget.ts";
import { GasWatch } from "./executors/gasWatch.ts";
import type { KillSwitch } from "./executors/killSwitch.ts";
import type { KeyState, Lanes } from "./executors/lanes.ts";
import { Experience } from "./experience.ts";
import { FlashDesk } from "./flashDesk.ts";
import type { Log } from "./log.ts";
import type { VaultMonitor } from "./monitor/vaultMonitor.ts";
import { isLive } from "./mode.ts";
import { isUnsure, type Observation, type Observer } from "./observer.ts";
import { cannotWait, isTake, type Action } from "./policy/action.ts";
import { momentOf } from "./policy/assess.ts";
import { decide, type Decision } from "./policy/decide.ts";
import { feeTermsOf } from "./policy/feeTerms.ts";
import { payByHand } from "./policy/payByHand.ts";
import type { GasView, Snapshot } from "./policy/snapshot.ts";
import { reportBlock } from "./reportBlock.ts";
import { reportEvents } from "./reportEvents.ts";
import { StandbyWatch } from "./standbyWatch.ts";
import type { BlockHeader } from "./sources/blockHeader.ts";
import type { Endpoints } from "./sources/endpoints.ts";
import type { SeenEvent } from "./sources/follower.ts";
import type { PushedHead } from "./sources/heads.ts";
import type { NativePriceSource } from "./sources/nativePrice.ts";
import { pretendedWallet, type ShadowDesk } from "./shadowDesk.ts";
import { secondViewsAt, type SecondSources, type SecondView } from "./sources/secondSources.ts";
import { circumstancesAt, gasViewAt, snapshotAt } from "./snapshotAt.ts";
import type { AccountsFile } from "./store/accountsFile.ts";
import type { Store } from "./store/store.ts";

export interface KeeperParts {
  readonly config: Config;
  readonly endpoints: Endpoints;
  readonly store: Store;
  readonly accountsFile: AccountsFile;
  readonly lanes: Lanes;
  readonly observer: Observer;
  readonly gasBudget: GasBudget;
  readonly killSwitch: KillSwitch;
  readonly nativePrice: NativePriceSource;
  readonly secondSources: SecondSources;
  readonly targets: Targets;
  /** Undefined where nobody watches. */
  readonly monitor?: Pick<VaultMonitor, "decided"> | undefined;
  /** Where a dry run enters what it would have done; undefined in the other modes. */
  readonly shadow: ShadowDesk | undefined;
  /** Undefined where traders are told nothing. */
  readonly alerts: Alerts | undefined;
  readonly log: Log;
}

/**
 * What a tick came to. `nextMoment` is block time at which time alone makes a difference; `unsure`: endpoints do not
 * agree on the block, and only what cannot wait was done.
 */
export type Tick =
  | { readonly kind: "idle" }
  | { readonly kind: "unsure"; readonly head: BlockHeader }
  | { readonly kind: "decided"; readonly head: BlockHeader; readonly nextMoment: bigint | undefined };

/**
 * One vault: each tick brings the book to the newest block, decides, and sends. One tick at a time; everything in memory
 * can be rebuilt from the chain, and what cannot is in the store before it matters.
 */
export class Keeper {
  readonly #parts: KeeperParts;
  readonly #clock = new BlockClock();
  readonly #stand: BookStand;
  readonly #experience: Experience;
  readonly #flashDesk: FlashDesk;
  /** Whose doings on the vault are this keeper's. */
  readonly #own: ReadonlySet<string>;
  readonly #gasWatch: GasWatch;
  readonly #executor: Executor;
  readonly #clockReporter: ClockReporter;
  readonly #auditor: Auditor;
  readonly #forensics: Forensics;
  readonly #doubt: Doubt;
  readonly #brakeWatch: BrakeWatch;
  readonly #standbyWatch: StandbyWatch;
  #hasResumed = false;
  #hasReadAgain = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    const { config, endpoints, targets, lanes, store, log } = parts;
    // What the flash liquidator does is done by nobody but its operator's keys.
    this.#own = new Set([
      ...lanes.addresses,
      ...(targets.flash === undefined ? [] : [targets.flash.liquidator]),
    ]);
    this.#stand = new BookStand({ ...parts, listener: this });
    this.#flashDesk = new FlashDesk({ rpc: endpoints, config, keeper: targets.keeper, log });
    const flashDesk = this.#flashDesk;
    const lossPerAccountPerDay = config.criticalLossPerAccountPerDay;
    this.#experience = new Experience({ store, lossPerAccountPerDay, flashDesk, log });
    this.#gasWatch = new GasWatch(log);
    this.#clockReporter = new ClockReporter(log);
    this.#auditor = new Auditor(log);
    this.#forensics = new Forensics(this.#own, log);
    this.#doubt = new Doubt(endpoints);
    const { confirmFile: file, confirmSeconds: seconds } = parts.config.brake;
    this.#brakeWatch = new BrakeWatch({
      confirmation: new Confirmation({ file, seconds, store, log }),
      store,
      log,
    });
    this.#standbyWatch = new StandbyWatch({ settings: config.standby, own: this.#own, store, log });
    const outboxFor = lanes.outboxFor.bind(lanes);
    const { deadLetters, blindBook } = this.#experience;
    const memories = { deadLetters, blindBook, flashDesk };
    this.#executor = new Executor({ rpc: endpoints, targets, outboxFor, ...memories, log });
  }

  /**
   * Throws `RetryableError` when the endpoints fail; the next tick goes on from there.
   * @param pushed The newest block, where an endpoint has told of it.
   */
  async tick(pushed?: PushedHead): Promise<Tick> {
    const startedAtMs = performance.now();
    const head = await this.#stand.follow(pushed?.head);
    const { book } = this.#stand;
    if (head === undefined || book === undefined) return { kind: "idle" };
    const observation = await this.#parts.observer.at(head, book.vault, this.#auditor.choose(book));
    const observedAtMs = performance.now();
    // A head that was pushed waits while the block before it is worked on.
    const seenAtMs = pushed?.head.hash === head.hash ? pushed.atMs : startedAtMs;
    const decision = await this.#act(head, book, observation, { seenAtMs, startedAtMs, observedAtMs });
    if (!isUnsure(observation)) this.#parts.alerts?.decided(head, book, observation.sight);
    if (this.#doubt.mayMoveOn(observation.trust, head)) this.#stand.decided(head);
    if (isUnsure(observation)) return { kind: "unsure", head };
    this.#prove(book, observation);
    return { kind: "decided", head, nextMoment: decision.nextMoment };
  }

  /** The block that the book stands at. */
  get head(): BlockRef | undefined {
    return this.#stand.book?.head;
  }

  /** Whether nothing is on its way. */
  get isSettled(): boolean {
    return this.#parts.lanes.busyDuties().size === 0;
  }

  /** Puts the book on the disk such that the next start is quick; for the end, since it takes a while. */
  putAway(): void {
    this.#stand.putAway();
  }

  async #act(
    head: BlockHeader,
    book: Book,
    observation: Observation,
    times: Pick<BlockTimes, "seenAtMs" | "observedAtMs"> & { readonly startedAtMs: number },
  ): Promise<Decision> {
    const { lanes, killSwitch, config, log } = this.#parts;
    const { sight, keys, trust } = observation;
    const { nativePrice, secondSources } = this.#parts;
    const gas = gasViewAt(head, config, nativePrice.price36(sight.answers), this.#experience.gas);
    this.#parts.gasBudget.at(head.timestamp);
    this.#experience.takeIn(lanes.settle(head.number, keys), head, gas, book.vault.collaterals);
    this.#clockReporter.seen(head.number, sight.clock);
    this.#audit(book, observation);
    if (isLive(config))
      for (const key of keys) this.#gasWatch.seen(key, gas.weiPerGas, config.maxGasPerTransaction);
    const views = secondViewsAt(sight, nativePrice, secondSources);
    const [unquoted, counts] = this.#snapshotOf(head, book, observation, gas, views);
    const snapshot =
      killSwitch.isOn || !isLive(config) ? unquoted : await this.#flashDesk.withQuotes(unquoted, head);
    const decision = decide(snapshot, config);
    this.#flashDesk.decided(decision.skips);
    this.#experience.pokes.decided(decision.actions);
    const decidedAtMs = performance.now();
    const { brake } = decision;
    if (brake !== undefined && !isUnsure(observation)) this.#brakeWatch.decided(head, brake, views);
    if (decision.due !== undefined) this.#standbyWatch.decided(head, decision.due, isUnsure(observation));
    const actions = isUnsure(observation) ? decision.actions.filter(cannotWait) : decision.actions;
    const sent = await this.#send(actions, snapshot, head, keys);
    const sentAgain = await this.#payByHand(actions, snapshot, head);
    if (sent + sentAgain > 0) this.#standbyWatch.acted(head, actions);
    const end = { doneAtMs: performance.now(), isStopped: killSwitch.isOn };
    const allTimes = { ...times, ...end, block: head.number, decidedAtMs, trust };
    this.#forensics.decided(allTimes, decision, lanes.busyAccounts(head.number));
    reportBlock(log, head, decision, {
      accounts: book.size,
      counts,
      sent: sent + sentAgain,
      trust,
      startedAtMs: times.startedAtMs,
      decidedAtMs,
    });
    const { audited, quarantined } = this.#auditor;
    this.#parts.monitor?.decided({
      ...{ head, book, counts, snapshot, decision, keys, audited, times: allTimes },
      endpoints: this.#parts.endpoints,
      dues: this.#forensics.duesAt(head.number),
      quarantined: quarantined.size,
      deadLetters: this.#experience.deadLetters.count,
    });
    if (!sight.prices.available)
      log.warn("oracle.unavailable", { block: head.number, oracle: book.vault.oracle });
    return decision;
  }

  #snapshotOf(
    head: BlockHeader,
    book: Book,
    { sight, poke }: Observation,
    gas: GasView,
    views: readonly SecondView[],
  ): readonly [Snapshot, Roll["counts"]] {
    const { lanes, targets, config, shadow } = this.#parts;
    const wallet = isLive(config)
      ? sight.wallets[[...lanes.addresses].indexOf(targets.keeper)]
      : pretendedWallet(config);
    if (wallet === undefined) throw new Error("the paying key was not asked about");
    const actAt = this.#clock.next();
    return snapshotAt(
      { deployment: config.deployment, head, book, sight, secondViews: views, actAt },
      {
        brake: this.#brakeWatch.stateAt(head),
        standby: this.#standbyWatch.view,
        gas,
        wallet,
        // Acted upon already, refused lately, too dear today, or not as the contract has them.
        busy: (accounts) =>
          new Set([
            ...lanes.busyAccounts(head.number),
            ...this.#experience.waiting(head),
            ...this.#auditor.quarantined,
            ...(shadow?.taken(accounts) ?? []),
          ]),
        poke: this.#experience.pokes.viewOf(poke, head.timestamp, book.vault.collaterals),
        busyDuties: lanes.busyDuties(),
        spentToday: this.#experience.spentToday(head),
        lastRecordAt: shadow?.lastDone("record") ?? this.#experience.lastDone("record", head),
        lastBookFeeAt: shadow?.lastDone("bookFee") ?? this.#experience.lastDone("bookFee", head),
      },
    );
  }

  #audit(book: Book, observation: Observation): void {
    const { vault, clock } = observation.sight;
    if (vault === undefined || isUnsure(observation)) return;
    const { deployment } = this.#parts.config;
    const moment = momentOf(circumstancesAt(deployment, book, observation.sight, clock.timestamp));
    const change = this.#auditor.audit(book, vault, moment);
    if (change !== undefined) this.#stand.repaired(change);
  }

  /** A book that fails is read again, once: twice the same is no endpoint's fault. */
  #prove(book: Book, { sight }: Observation): void {
    if (sight.vault === undefined || !this.#stand.takeFresh()) return;
    if (this.#auditor.prove(book, sight.vault) || this.#hasReadAgain) return;
    this.#hasReadAgain = true;
    this.#stand.readAgain("its sums are not the contract's");
  }

  /** After a start everything on its way is sent once more, afterwards only what is overdue. */
  async #send(
    actions: readonly Action[],
    snapshot: Snapshot,
    head: BlockHeader,
    keys: readonly KeyState[],
  ): Promise<number> {
    const { config, lanes, killSwitch, shadow } = this.#parts;
    const { gas, spentToday } = snapshot;
    if (killSwitch.isOn) return 0;
    if (!isLive(config)) await shadow?.consider(actions, snapshot, head);
    if (!isLive(config)) return 0;
    if (this.#hasResumed) await lanes.maintain(head, keys);
    else await lanes.resume(head);
    this.#hasResumed = true;
    return this.#executor.execute(actions, head, (action) => feeTermsOf(action, gas, config, spentToday));
  }

  /** What the flash liquidator has just refused, by what is at hand: whoever lies about pools must not gain a block. */
  async #payByHand(actions: readonly Action[], snapshot: Snapshot, head: BlockHeader): Promise<number> {
    const { config, lanes, killSwitch } = this.#parts;
    const isRefused = (account: AccountId) => this.#flashDesk.isRefused(account, head.number);
    const again = payByHand(snapshot, actions, isRefused, lanes.busyDuties());
    if (killSwitch.isOn || !isLive(config) || again === undefined) return 0;
    const byHand = decide(again, config).actions.filter((each) => isTake(each) || each.duty === "approve");
    const { gas, spentToday } = snapshot;
    return this.#executor.execute(byHand, head, (action) => feeTermsOf(action, gas, config, spentToday));
  }

  /** For the book's stand: a block has been applied. */
  applied({ block }: AppliedBlock, events: readonly SeenEvent[]): void {
    const { log } = this.#parts;
    this.#clock.seen(block.timestamp);
    this.#forensics.seen(events, this.#auditor.quarantined);
    this.#experience.blindBook.seen(events);
    this.#standbyWatch.seen(events);
    reportEvents(events, this.#own, log);
  }

  /** For the book's stand: blocks above `number` have been taken back. */
  rolledBack(number: number): void {
    const { lanes, observer, shadow } = this.#parts;
    lanes.rollBackTo(number);
    shadow?.rolledBack(number);
    observer.rolledBack();
    this.#forensics.rolledBack(number);
    this.#standbyWatch.rolledBack(number);
  }
}
