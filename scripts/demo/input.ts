import type { DemoOptions } from "./options.ts";
import { loadPositions } from "./prices/positions.ts";
import { loadPrices } from "./prices/loadPrices.ts";
import { PriceInputError } from "./prices/priceInputError.ts";
import type { PriceSeries } from "./prices/priceSeries.ts";
import { planAccident } from "./replay/accidentPlan.ts";
import type { Misreport } from "./replay/feeds.ts";
import { drawPopulation, populationOf, type AccountPlan } from "./world/population.ts";

/** Everything a run needs to know, read and checked before anything starts. */
export interface DemoInput {
  readonly options: DemoOptions;
  readonly series: PriceSeries;
  readonly plans: readonly AccountPlan[];
  /** Rows of a positions file that were left out, by reason. */
  readonly dropped: { readonly flagged: number; readonly underMinimum: number };
  readonly beatMs: number;
  /** With `--accident` alone. */
  readonly accident: Misreport | undefined;
  /** How many times longer the beat may become on a slow machine. */
  readonly slowestPace: number;
}

const BEAT_MS = 130;
/** One round that falls so far makes most accounts due in one block: that is more work than fits the usual beat. */
const STEEP_BPS = 500n;
const STEEP_BEAT_MS = 330;
/** With more accounts than the default, keeper and check have more to do in a beat. */
const BEAT_MS_AN_ACCOUNT = 0.35;
const USUAL_ACCOUNTS = 300;
const SLOWEST_PACE = 3;
/** The default crash is promised within 90 seconds, and is gentle enough. */
const SLOWEST_DEFAULT_PACE = 1.2;

/** Throws a PriceInputError for every fault of a file. */
export function readInput(options: DemoOptions): DemoInput {
  const series = loadPrices({
    crash: options.crash,
    pricesFile: options.prices,
    prices2File: options.prices2,
    beta: options.beta,
  });
  const positions = options.positions === undefined ? undefined : loadPositions(options.positions);
  const plans =
    positions === undefined
      ? drawPopulation(options.accounts, options.seed)
      : populationOf(positions, options.seed);
  const accident = options.accident ? accidentIn(series) : undefined;
  const least = isSteep(series) ? STEEP_BEAT_MS : BEAT_MS;
  const more = Math.max(plans.length - USUAL_ACCOUNTS, 0);
  return {
    options,
    series,
    plans,
    accident,
    dropped: { flagged: positions?.flagged ?? 0, underMinimum: positions?.underMinimum ?? 0 },
    beatMs: options.beat ?? Math.round(least + more * BEAT_MS_AN_ACCOUNT),
    slowestPace: isSteep(series) || options.prices !== undefined ? SLOWEST_PACE : SLOWEST_DEFAULT_PACE,
  };
}

function accidentIn({ rounds }: PriceSeries): Misreport {
  const plan = planAccident(rounds[0]);
  if (plan !== undefined) return plan;
  throw new PriceInputError(
    "--accident",
    undefined,
    "there are no 27 minutes in which the price stays within 1 % of the first one; give other prices",
  );
}

function isSteep({ rounds }: PriceSeries): boolean {
  return rounds.some((series) =>
    series.some(({ answer }, i) => {
      const before = series[i - 1]?.answer ?? answer;
      return (before - answer) * 10_000n > before * STEEP_BPS;
    }),
  );
}
