import type { AccountId } from "../../../sdk/accountId.ts";
import type { Deployment } from "../../../sdk/deployment.ts";
import type { CheckedBlock } from "../check/checker.ts";
import type { Recording, SummaryRow, Verdict } from "../report/recording.ts";
import { COLLATERALS, QUOTE, RISK_TERMS } from "../world/terms.ts";
import { Journal, type Happenings } from "./journal.ts";
import { Snapshots } from "./snapshots.ts";
import { Tracker } from "./tracker.ts";
import { WeightWatch } from "./weightWatch.ts";

/** Everything that is kept of a run. */
export class Recorder {
  readonly journal: Journal;
  readonly snapshots = new Snapshots();
  readonly tracker = new Tracker();
  readonly weights: WeightWatch;
  last: CheckedBlock | undefined;
  readonly #ids: readonly AccountId[];

  constructor(ids: readonly AccountId[], { collaterals }: Deployment) {
    this.#ids = ids;
    this.weights = new WeightWatch(ids);
    this.journal = new Journal(
      ids,
      collaterals.map(({ address }) => address),
    );
  }

  add(checked: CheckedBlock): Happenings {
    this.last = checked;
    this.snapshots.add(checked);
    this.tracker.add(checked);
    this.weights.add(checked);
    return this.journal.add(checked);
  }

  /** What the page with charts is made from. */
  recordingOf(
    run: Pick<
      Recording,
      | "title"
      | "series"
      | "seed"
      | "keeper"
      | "beatMs"
      | "startedAt"
      | "endedAt"
      | "accounts"
      | "outage"
      | "accident"
    >,
    summary: readonly SummaryRow[],
    verdict: Verdict,
  ): Recording {
    const { calls, takes, latencyBlocks } = this.journal;
    const wanted = new Set([...calls, ...takes].map(({ account }) => account));
    return {
      ...run,
      quote: { symbol: QUOTE.symbol, decimals: QUOTE.decimals },
      collaterals: COLLATERALS,
      auctionSeconds: Number(RISK_TERMS.auctionSeconds),
      rampSeconds: Number(RISK_TERMS.rampSeconds),
      blocks: this.tracker.blocks,
      traces: this.tracker.traces(this.#ids, wanted),
      calls,
      takes,
      latencyBlocks,
      summary,
      verdict,
    };
  }
}
