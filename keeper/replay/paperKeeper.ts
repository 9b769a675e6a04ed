import type { AccountId } from "../../sdk/accountId.ts";
import { BlockClock } from "../blockClock.ts";
import type { Book } from "../book/book.ts";
import { BrakeWatch } from "../brakeWatch.ts";
import type { Config } from "../config.ts";
import { GasBook } from "../executors/gasBook.ts";
import { keylessSigner } from "../executors/keylessSigner.ts";
import type { Refused } from "../executors/simulate.ts";
import { silentLog } from "../log.ts";
import { targetsOf } from "../openLanes.ts";
import { accountsOf, isTake, type Action, type Duty, type Skip } from "../policy/action.ts";
import { assess, freeOf, momentOf } from "../policy/assess.ts";
import { decide } from "../policy/decide.ts";
import { planLiquidations } from "../policy/liquidations.ts";
import type { Snapshot } from "../policy/snapshot.ts";
import { pretendedWallet, ShadowDesk } from "../shadowDesk.ts";
import { gasViewAt, snapshotAt } from "../snapshotAt.ts";
import type { BlockHeader } from "../sources/blockHeader.ts";
import type { SeenEvent } from "../sources/follower.ts";
import type { NativePriceSource } from "../sources/nativePrice.ts";
import type { Rpc } from "../sources/rpcClient.ts";
import { secondViewsAt, type SecondSources } from "../sources/secondSources.ts";
import type { Sight } from "../sources/sight.ts";
import { StandbyWatch } from "../standbyWatch.ts";
import type { ShadowEntry } from "../store/shadowLedger.ts";
import { PaperStore } from "./paperStore.ts";

export interface PaperKeeperOptions {
  readonly config: Config;
  readonly rpc: Rpc;
  readonly nativePrice: NativePriceSource;
  readonly secondSources: SecondSources;
  /** Whose doings on the vault are this keeper's. */
  readonly own: ReadonlySet<string>;
}

/** What a keeper would have made of a block. */
export interface PaperDecision {
  /** The block that was decided upon: what it led to would have been in the next one. */
  readonly block: number;
  /** What was done on paper, for the first time about an account in this state. */
  readonly entries: readonly ShadowEntry[];
  /** All that was meant, also what is done on paper already. */
  readonly meant: readonly (readonly [Duty, AccountId])[];
  readonly skips: readonly Skip[];
  /** What the vault would have refused, and why. */
  readonly refused: readonly (Refused & { readonly duty: string })[];
  readonly hasPrices: boolean;
  readonly isBraked: boolean;
}

/** What is about no account leaves nothing to compare by, and is not replayed. */
const LEFT_OUT: ReadonlySet<string> = new Set(["record", "bookFee", "poke"]);

/**
 * A keeper that decides as the keeper does and acts as a dry run does, at blocks that somebody hands it. What it remembers
 * from block to block is in memory: the brake, a standby's place in the row, what it has done on paper.
 */
export class PaperKeeper {
  readonly #options: PaperKeeperOptions;
  readonly #clock = new BlockClock();
  readonly #gasBook = new GasBook();
  readonly #store = new PaperStore();
  readonly #brakeWatch: BrakeWatch;
  readonly #standbyWatch: StandbyWatch;
  readonly #shadow: ShadowDesk;
  #refused: (Refused & { readonly duty: string })[] = [];
  /** Whose take was meant at the block before. */
  #taking: ReadonlySet<AccountId> = new Set();

  constructor(options: PaperKeeperOptions) {
    const { config, rpc, own } = options;
    this.#options = options;
    const log = silentLog;
    // Nobody knows any more what the operator said then.
    const confirmation = { holdsAt: () => false };
    this.#brakeWatch = new BrakeWatch({ confirmation, store: this.#store, log });
    this.#standbyWatch = new StandbyWatch({ settings: config.standby, own, store: this.#store, log });
    this.#shadow = new ShadowDesk({
      rpc,
      targets: targetsOf(config, {
        urgent: keylessSigner,
        normal: keylessSigner,
        housekeeping: keylessSigner,
      }),
      ledger: this.#store,
      onRefused: (account, duty, reason) => this.#refused.push({ account, duty, reason }),
      log,
    });
  }

  /** A block's events, before it is decided upon. */
  seen({ timestamp }: { readonly timestamp: bigint }, events: readonly SeenEvent[]): void {
    this.#clock.seen(timestamp);
    this.#standbyWatch.seen(events);
  }

  /** Throws `RetryableError` when an endpoint fails; the block may then be decided upon again. */
  async decide(head: BlockHeader, book: Book, sight: Sight): Promise<PaperDecision> {
    const { config, nativePrice, secondSources } = this.#options;
    const secondViews = secondViewsAt(sight, nativePrice, secondSources);
    const gas = gasViewAt(head, config, nativePrice.price36(sight.answers), this.#gasBook);
    const actAt = this.#clock.next();
    const [seen] = snapshotAt(
      { deployment: config.deployment, head, book, sight, secondViews, actAt },
      {
        brake: this.#brakeWatch.stateAt(head),
        standby: this.#standbyWatch.view,
        gas,
        wallet: pretendedWallet(config),
        busy: () => new Set(),
        busyDuties: LEFT_OUT,
        spentToday: new Map(),
        lastRecordAt: head.timestamp,
        lastBookFeeAt: head.timestamp,
      },
    );
    const taken = this.#stillTaken(seen);
    const snapshot = { ...seen, busy: new Set(taken.map(([, account]) => account)) };
    const { actions, skips, brake, due } = decide(snapshot, config);
    const entries = await this.#carryOut(actions, snapshot, head);
    if (brake !== undefined) this.#brakeWatch.decided(head, brake, secondViews);
    if (due !== undefined) this.#standbyWatch.decided(head, due, false);
    this.#taking = new Set([...snapshot.busy, ...actions.filter(isTake).flatMap(accountsOf)]);
    return {
      block: head.number,
      entries,
      meant: [
        ...actions.flatMap((action) => accountsOf(action).map((account) => [action.duty, account] as const)),
        ...taken,
      ],
      skips,
      refused: this.#refused,
      hasPrices: sight.prices.available,
      isBraked: brake?.kind === "engaged",
    };
  }

  /**
   * What was taken on paper and has been worth taking ever since, each by itself: nothing else is planned for it. What is
   * due no more is free again, and decided upon like all others when it comes back.
   */
  #stillTaken(seen: Snapshot): readonly (readonly [Duty, AccountId])[] {
    const taken = new Set(this.#shadow.taken(seen.accounts).filter((id) => this.#taking.has(id)));
    if (taken.size === 0 || !seen.prices.available) return [];
    const moment = momentOf(seen);
    const accounts = new Map([...seen.accounts].filter(([id]) => taken.has(id)));
    return freeOf(assess({ ...seen, accounts }, moment), seen).flatMap((assessment) => {
      const { critical, profitable } = planLiquidations([assessment], seen, this.#options.config, moment);
      return [
        ...critical.map(({ account }) => ["liquidateCritical", account] as const),
        ...profitable.map(({ account }) => ["liquidateProfitable", account] as const),
      ];
    });
  }

  async #carryOut(
    actions: readonly Action[],
    snapshot: Snapshot,
    head: BlockHeader,
  ): Promise<readonly ShadowEntry[]> {
    const before = this.#store.entries().length;
    this.#refused = [];
    await this.#shadow.consider(actions, snapshot, head);
    return this.#store.entries().slice(before);
  }
}
