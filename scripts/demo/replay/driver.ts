import type { CheckedBlock } from "../check/checker.ts";
import { logsOf, type BlockLogs } from "../chain/logs.ts";
import type { Rpc } from "../chain/rpc.ts";
import { mineAt } from "../world/miner.ts";
import type { Beat } from "./beat.ts";
import type { Feeds } from "./feeds.ts";
import type { Lenders } from "./lenders.ts";
import type { Outage } from "./outage.ts";
import { BUSY_SECONDS, nextBlockAt, waitingSecondsOf, type Moment, type Mood } from "./schedule.ts";
import type { Traders } from "./traders.ts";

export interface DriverOptions {
  readonly rpc: Rpc;
  /** Lower case. */
  readonly vault: string;
  readonly beat: Beat;
  readonly feeds: Feeds;
  readonly traders: Traders;
  readonly lenders: Lenders;
  /** Undefined when nothing fails. */
  readonly outage: Outage | undefined;
  /** The chain's head as the replay begins. */
  readonly firstBlock: number;
  readonly firstAt: number;
  readonly lastRoundAt: number;
  readonly onBlock: (block: number, logs: BlockLogs) => void;
  /** Resolves when every block has been checked. */
  readonly settled: () => Promise<void>;
  /** Called before each block, for what is done to the chain from outside. */
  readonly beforeBlock: (block: number) => Promise<void>;
}

/** After the last round the last price holds until what is open has ended, at most so long. */
const TAIL_SECONDS = 6 * 3_600;
/** While calls are open, a price that moved so far within this time counts as moving. */
const RESTLESS_SECONDS = 600;
const RESTLESS_BPS = 150n;

/** Replays the rounds: one block a beat, the chain's clock following the data. */
export class Driver {
  readonly #options: DriverOptions;
  readonly #waitingSeconds: number;
  #block: number;
  #at: number;
  /** The last block in which something happened that can change an account. */
  #eventfulBlock: number;
  #movedAt: number;
  #seen: { block: number; due: number; auctions: number } | undefined;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#block = options.firstBlock;
    this.#eventfulBlock = options.firstBlock;
    this.#at = options.firstAt;
    this.#movedAt = options.firstAt;
    this.#waitingSeconds = waitingSecondsOf(options.lastRoundAt - options.firstAt);
  }

  get block(): number {
    return this.#block;
  }

  get at(): number {
    return this.#at;
  }

  /** Takes note of what the check has found, some blocks behind the head. */
  learn({ vault, standings, profitable }: CheckedBlock, given: (i: number) => boolean): void {
    const due = standings.filter(({ status }, i) => {
      const open = status === "Callable" || status === "Lapsed" || profitable[i] === true;
      // What a keeper has failed to do in time is on its record; the replay does not wait for it.
      return open && !given(i);
    });
    const auctions = standings.filter(({ status }, i) => status === "Expired" && !given(i));
    this.#seen = { block: vault.block, due: due.length, auctions: auctions.length };
  }

  /** Runs to the end of the data and of what it set in motion. Rejects when `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const over = this.#isDataOver();
      const isIdle = over && !this.#options.traders.hasOpenSinceBefore(this.#dataEndsAt);
      if (isIdle) await this.#settle();
      if (isIdle && this.#isNothingDue()) return;
      if (over && this.#at > this.#dataEndsAt + TAIL_SECONDS) return;
      const resumesAt = this.#options.outage?.resumesAt(this.#at);
      if (resumesAt !== undefined) await this.#standStill(resumesAt, signal);
      await this.step(resumesAt ?? nextBlockAt(this.#moment(), this.#waitingSeconds), signal);
    }
    signal.throwIfAborted();
  }

  /** Calls that a step of the weights opens after the last price are left as they are: they have hours to run. */
  #isNothingDue(): boolean {
    const seen = this.#seen;
    return seen !== undefined && seen.block >= this.#eventfulBlock && seen.due === 0;
  }

  #isDataOver(): boolean {
    const { feeds, outage } = this.#options;
    if (feeds.nextRoundAt !== undefined || this.#at < this.#dataEndsAt) return false;
    return outage?.isOver(this.#at) !== false;
  }

  get #dataEndsAt(): number {
    const { lastRoundAt, outage } = this.#options;
    return Math.max(lastRoundAt, outage?.times.feedUntil ?? 0);
  }

  /** As long as blocks would have taken until then, nothing is mined; what is sent meanwhile waits. */
  async #standStill(until: number, signal: AbortSignal): Promise<void> {
    const beats = Math.ceil((until - this.#at) / BUSY_SECONDS);
    for (let i = 1; i < beats; i += 1) await this.#options.beat.next(signal);
  }

  /** At the end nothing is left to be late for: blocks wait until the check has seen them all. */
  async #settle(): Promise<void> {
    this.#options.beat.stop();
    await this.#options.settled();
    this.#options.beat.start();
  }

  /** Mines the next block, at the next beat, at the chain's time `at`. */
  async step(at: number, signal: AbortSignal): Promise<void> {
    const { rpc, beat, feeds, traders, lenders, outage, vault, onBlock, beforeBlock } = this.#options;
    await beforeBlock(this.#block + 1);
    await outage?.report(at);
    const pushed = await feeds.pushUntil(at);
    await traders.act(at);
    await lenders.act();
    await beat.next(signal);
    await mineAt(rpc, at);
    this.#block += 1;
    this.#at = at;
    const logs = await logsOf(rpc, vault, this.#block, this.#block);
    if (pushed.movedBps >= RESTLESS_BPS) this.#movedAt = at;
    const touched = logs.events.some(
      ({ event }) => "account" in event || event.name === "CollateralTermsSet",
    );
    if (pushed.rounds > 0 || touched) this.#eventfulBlock = this.#block;
    traders.notice(logs, at);
    outage?.look(at, traders.deadlines);
    onBlock(this.#block, logs);
  }

  #moment(): Moment {
    const { feeds, traders, outage } = this.#options;
    const { nextRoundAt, nextRefreshAt } = feeds;
    const deadlines = traders.deadlines.filter((deadline) => deadline > this.#at);
    return {
      now: this.#at,
      nextRoundAt,
      nextRefreshAt,
      nextPlanAt: traders.nextPlanAt,
      nextDeadlineAt: deadlines.length === 0 ? undefined : Math.min(...deadlines),
      nextOutageAt: earlier(outage?.nextAfter(this.#at), feeds.nextTurnAfter(this.#at)),
      mood: this.#mood(),
    };
  }

  /** Only what anyone can read from the chain counts, and what has not been read yet counts as eventful. */
  #mood(): Mood {
    const seen = this.#seen;
    const open = this.#options.traders.openCalls > 0;
    if (seen === undefined || seen.block < this.#eventfulBlock || seen.due > 0 || seen.auctions > 0) {
      return "busy";
    }
    if (!open) return "quiet";
    return this.#at - this.#movedAt < RESTLESS_SECONDS ? "busy" : "waiting";
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a;
}
