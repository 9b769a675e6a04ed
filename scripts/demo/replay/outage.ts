import type { Rpc } from "../chain/rpc.ts";
import * as calls from "../world/calls.ts";
import { SEQUENCER_DOWN, SEQUENCER_UP } from "../world/terms.ts";
import { send, type Wallet } from "../world/wallet.ts";
import { PUSH_GAS, PUSH_TIP_WEI, type Feeds } from "./feeds.ts";
import type { OutagePlan, OutageTimes } from "./outagePlan.ts";

export interface OutageOptions {
  readonly rpc: Rpc;
  readonly chainId: number;
  /** Address of the chain's uptime feed. */
  readonly sequencerFeed: string;
  /** Who answers for the feeds. */
  readonly wallet: Wallet;
  readonly feeds: Feeds;
  readonly plan: OutagePlan;
  readonly graceSeconds: number;
}

/** So long after the sequencer is up again the uptime feed says so. */
const REPORT_SECONDS = 120;

/**
 * An outage of a price feed and of the sequencer, as an L2 has them: the feed gives no answers while blocks go on; the
 * sequencer makes no blocks, and when it makes them again, the first transaction is the uptime feed's, which says since
 * when it was down. That it is up again the feed says some blocks later.
 */
export class Outage {
  readonly #options: OutageOptions;
  #reported: "nothing" | "down" | "up" = "nothing";

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  get times(): OutageTimes {
    return this.#options.plan.times;
  }

  /** While the sequencer is down: the time of the next block. */
  resumesAt(at: number): number | undefined {
    const { sequencerFrom, sequencerUntil } = this.times;
    return sequencerFrom === at ? sequencerUntil : undefined;
  }

  isOver(at: number): boolean {
    return this.#options.plan.isOver(at) && this.#reported === "up";
  }

  /** The next moment after `at` at which something begins, ends or is reported. */
  nextAfter(at: number): number | undefined {
    const { sequencerUntil } = this.times;
    const report = sequencerUntil === undefined ? at : sequencerUntil + REPORT_SECONDS;
    const next = this.#options.plan.nextAfter(at);
    return report > at && (next === undefined || report < next) ? report : next;
  }

  /** When the vault's clock will show `deadline`. */
  timeOf(deadline: number): number {
    return this.#options.plan.timeOf(deadline, this.#options.graceSeconds);
  }

  /** Sends what the uptime feed says in a block at `at`. */
  async report(at: number): Promise<void> {
    const { sequencerFrom, sequencerUntil } = this.times;
    if (sequencerFrom === undefined || sequencerUntil === undefined) return;
    if (this.#reported === "nothing" && at >= sequencerUntil) {
      await this.#push(SEQUENCER_DOWN, sequencerFrom);
      this.#reported = "down";
    } else if (this.#reported === "down" && at >= sequencerUntil + REPORT_SECONDS) {
      await this.#push(SEQUENCER_UP, sequencerUntil);
      this.#reported = "up";
    }
  }

  /** Lets fail what the plan says, after a block at `at`. `deadlines` are those of open calls. */
  look(at: number, deadlines: readonly number[]): void {
    const { plan, feeds } = this.#options;
    if (plan.look(at, deadlines) !== "feed") return;
    const { feedUntil } = plan.times;
    if (feedUntil !== undefined) feeds.silence(feedUntil);
  }

  async #push(answer: bigint, startedAt: number): Promise<void> {
    const { rpc, wallet, chainId, sequencerFeed } = this.#options;
    await send(rpc, wallet, chainId, {
      to: sequencerFeed,
      data: calls.feed.encodeFunctionData("pushAt", [answer, startedAt]),
      gasLimit: PUSH_GAS,
      tipWei: PUSH_TIP_WEI,
    });
  }
}
