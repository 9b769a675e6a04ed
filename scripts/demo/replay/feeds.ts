import type { Deployment } from "../../../sdk/deployment.ts";
import type { Rpc } from "../chain/rpc.ts";
import type { Round } from "../prices/priceSeries.ts";
import * as calls from "../world/calls.ts";
import { QUOTE_ANSWER } from "../world/terms.ts";
import { send, type Wallet } from "../world/wallet.ts";

interface Series {
  /** Each gives every answer, in the same block. */
  readonly feeds: readonly string[];
  readonly rounds: readonly Round[];
  next: number;
  answer: bigint;
  updatedAt: number;
  /** It gives no answer before. */
  silentUntil: number;
  /** By so much the first feed's answers are too low. */
  lowBps: bigint;
}

/** A time in which the vault's feed of the first collateral answers too low; unix seconds of the chain. */
export interface Misreport {
  readonly from: number;
  readonly until: number;
  readonly lowBps: bigint;
}

export const PUSH_GAS = 150_000;
/** Above anyone else's, so that a block's first transactions are its prices. */
export const PUSH_TIP_WEI = 50n * 10n ** 9n;
/** An answer is repeated so long before it would be too old. */
const REFRESH_MARGIN_SECONDS = 120;

/** What came into the feeds for one block. */
export interface Pushed {
  readonly rounds: number;
  /** The largest change of a price, up or down. */
  readonly movedBps: bigint;
}

/** Pushes rounds into feeds as their time comes, and repeats the last one before it grows too old. */
export class Feeds {
  readonly #rpc: Rpc;
  readonly #chainId: number;
  readonly #wallet: Wallet;
  readonly #maxAgeSeconds: number;
  readonly #quote: Series;
  readonly #collaterals: readonly Series[];
  readonly #misreport: Misreport | undefined;

  /**
   * @param openedAt When the feeds last answered, before the replay.
   * @param secondFeeds Feeds beside the vault's own, by the collateral's number, that say the same.
   * @param misreport When the first feed alone does not.
   */
  constructor(
    rpc: Rpc,
    deployment: Deployment,
    wallet: Wallet,
    rounds: readonly (readonly Round[])[],
    maxAgeSeconds: number,
    openedAt: number,
    secondFeeds: readonly string[] = [],
    misreport?: Misreport,
  ) {
    this.#misreport = misreport;
    this.#rpc = rpc;
    this.#chainId = deployment.chainId;
    this.#wallet = wallet;
    this.#maxAgeSeconds = maxAgeSeconds;
    const series = (own: readonly string[], of: readonly Round[], answer: bigint): Series => ({
      feeds: own,
      rounds: of,
      next: 0,
      answer,
      updatedAt: openedAt,
      silentUntil: openedAt,
      lowBps: 0n,
    });
    this.#quote = series([deployment.quote.feed], [], QUOTE_ANSWER);
    this.#collaterals = deployment.collaterals.map(({ feed, number }) =>
      series(
        [feed, ...secondFeeds.slice(number, number + 1)],
        rounds[number] ?? [],
        rounds[number]?.[0]?.answer ?? 0n,
      ),
    );
  }

  /** When the next round is due; undefined after the last. */
  get nextRoundAt(): number | undefined {
    const due = this.#collaterals.flatMap(({ rounds, next, silentUntil }) => {
      const round = rounds[next];
      return round === undefined ? [] : [Math.max(round.at, silentUntil)];
    });
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** When the next feed would grow too old without a word. */
  get nextRefreshAt(): number {
    const due = [this.#quote, ...this.#collaterals].map(({ updatedAt, silentUntil }) =>
      Math.max(updatedAt + this.#maxAgeSeconds - REFRESH_MARGIN_SECONDS, silentUntil),
    );
    return Math.min(...due);
  }

  /** When after `at` an error of the first feed begins or ends next. */
  nextTurnAfter(at: number): number | undefined {
    if (this.#misreport === undefined) return undefined;
    const { from, until } = this.#misreport;
    return [from, until].find((turn) => turn > at);
  }

  /** Rounds pushed of all there are. */
  get progress(): { done: number; all: number } {
    const sum = (of: (series: Series) => number) =>
      this.#collaterals.reduce((total, series) => total + of(series), 0);
    return { done: sum(({ next }) => next), all: sum(({ rounds }) => rounds.length) };
  }

  /** Hands the chain each feed's first round, as news of a block at `at`, and the quote's. */
  async pushFirst(at: number): Promise<void> {
    for (const series of this.#collaterals) {
      series.next = 1;
      await this.#push(series, series.answer, at);
    }
    await this.#push(this.#quote, QUOTE_ANSWER, at);
  }

  /** The first collateral's feed gives no answer before `until`. */
  silence(until: number): void {
    const [first] = this.#collaterals;
    if (first !== undefined) first.silentUntil = until;
  }

  /**
   * Hands the chain what each feed has to say in a block at `at`; returns what that changes. Of rounds whose time
   * passed without a block, or in silence, only the last one is pushed, as news of this block.
   */
  async pushUntil(at: number): Promise<Pushed> {
    let [rounds, movedBps] = [0, 0n];
    for (const series of [...this.#collaterals, this.#quote]) {
      if (at < series.silentUntil) continue;
      const turnedBps = this.#turn(series, at);
      if (turnedBps > movedBps) movedBps = turnedBps;
      const due = dueOf(series, at);
      const last = due.at(-1);
      if (last === undefined && turnedBps > 0n) {
        rounds += 1;
        await this.#push(series, series.answer, at);
      }
      if (last !== undefined) {
        const changeBps = changeOf(series.answer, last.answer);
        if (changeBps > movedBps) movedBps = changeBps;
        series.next += due.length;
        rounds += due.length;
        await this.#push(series, last.answer, at);
      }
      const age = at - series.updatedAt;
      if (age > this.#maxAgeSeconds - REFRESH_MARGIN_SECONDS) await this.#push(series, series.answer, at);
    }
    return { rounds, movedBps };
  }

  /** By how much the first feed's error changes in a block at `at`. */
  #turn(series: Series, at: number): bigint {
    if (this.#misreport === undefined || series !== this.#collaterals[0]) return 0n;
    const { from, until, lowBps } = this.#misreport;
    const before = series.lowBps;
    series.lowBps = at >= from && at < until ? lowBps : 0n;
    return series.lowBps > before ? series.lowBps - before : before - series.lowBps;
  }

  async #push(series: Series, answer: bigint, updatedAt: number): Promise<void> {
    series.answer = answer;
    series.updatedAt = updatedAt;
    for (const [i, to] of series.feeds.entries()) {
      const told = i === 0 ? (answer * (10_000n - series.lowBps)) / 10_000n : answer;
      await send(this.#rpc, this.#wallet, this.#chainId, {
        to,
        data: calls.feed.encodeFunctionData("pushAt", [told, updatedAt]),
        gasLimit: PUSH_GAS,
        tipWei: PUSH_TIP_WEI,
      });
    }
  }
}

function dueOf({ rounds, next }: Series, at: number): readonly Round[] {
  const later = rounds.findIndex((round, i) => i >= next && round.at > at);
  return rounds.slice(next, later < 0 ? undefined : later);
}

function changeOf(before: bigint, after: bigint): bigint {
  const change = after - before;
  return ((change < 0n ? -change : change) * 10_000n) / before;
}
