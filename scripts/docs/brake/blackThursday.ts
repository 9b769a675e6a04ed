import { join } from "node:path";
import { INITIAL_INDEX, toSharesUp } from "../../../sdk/debtMath.ts";
import type { AccountState } from "../../../sdk/vaultTypes.ts";
import { root } from "../../compile.ts";
import { followRounds } from "../../demo/prices/followRounds.ts";
import { loadPrices } from "../../demo/prices/loadPrices.ts";
import type { Round } from "../../demo/prices/priceSeries.ts";
import { Tempers } from "../../demo/replay/responses.ts";
import { price36Of } from "../../demo/world/price36Of.ts";
import { drawPopulation, holdingsOf } from "../../demo/world/population.ts";
import { randomOf } from "../../demo/world/random.ts";
import { CALM_ANSWER, COLLATERALS, RISK_TERMS } from "../../demo/world/terms.ts";
import type { MarketTerms } from "./market.ts";
import type { PricePoint, ReplayCollateral, ReplayPlan } from "./replayCrash.ts";

/** Ten-minute candles of the day, in the data that lies beside the repository; a plain clone has none. */
export const CANDLES_FILE = join(root, "..", "shared", "data", "eth_usd_10m_2020-03-12.csv");

/** ETH/USD and BTC/USD, as an oracle would have told them. */
export type Courses = readonly [readonly Round[], readonly Round[]];

/** What differs between two replays of the same accounts. Quote base units. */
export interface ReplayOptions {
  readonly market?: MarketTerms | undefined;
  /** Of each collateral whose weights follow volatility. */
  readonly brake?: { readonly burst: bigint; readonly perHour: bigint } | undefined;
}

const ACCOUNTS = 300;
const STEP_SECONDS = 60;
/** The replay ends at noon of the day after, when nothing has been called for hours. */
const ENDS_AT = Date.parse("2020-03-13T12:00:00Z") / 1_000;
/** What a taker asks for, in all: the fees of selling on, the price's way until then, and a living. */
const HURDLE_BPS = 100n;
/** How many times ether's return bitcoin makes, as in the demo. */
const BETA_WAD = 800_000_000_000_000_000n;

/**
 * The day by its ten-minute candles, then the hourly closes of the night after, in which ETH/USD had its low.
 * @throws PriceInputError
 */
export function readCandles(file = CANDLES_FILE): Courses {
  const day = loadPrices({ pricesFile: file }).rounds;
  const [hours] = readCloses();
  const end = day[0].at(-1)?.at ?? 0;
  const eth = [...day[0], ...hours.filter(({ at }) => at > end)];
  return [eth, followRounds(eth, day[1][0]?.answer ?? 0n, BETA_WAD)];
}

/** The same two days by the hourly closes that the repository has. */
export function readCloses(): Courses {
  return loadPrices({ crash: "black-thursday" }).rounds;
}

/** The demo's accounts on that day. */
export function blackThursday(courses: Courses, seed: number, options: ReplayOptions = {}): ReplayPlan {
  const from = courses[0][0]?.at ?? 0;
  const collaterals = collateralsOf([...courses, [{ at: from, answer: CALM_ANSWER }]], options);
  const prices36 = collaterals.map(({ course }) => course[0]?.price36 ?? 0n);
  const plans = drawPopulation(ACCOUNTS, seed);
  const tempers = new Tempers(randomOf(seed, "responses"));
  return {
    collaterals,
    risk: RISK_TERMS,
    accounts: plans.map((plan) => accountOf(plan.debt, holdingsOf(plan, prices36))),
    tempers: plans.map(() => tempers.next()),
    from,
    to: ENDS_AT,
    stepSeconds: STEP_SECONDS,
    hurdleBps: HURDLE_BPS,
  };
}

function collateralsOf(
  courses: readonly (readonly Round[])[],
  { market, brake }: ReplayOptions,
): ReplayCollateral[] {
  return COLLATERALS.map((plan, j) => ({
    terms: {
      asset: plan.symbol,
      initialBps: BigInt(plan.initialBps),
      maintenanceBps: BigInt(plan.maintenanceBps),
      liquidationBps: BigInt(plan.liquidationBps),
      maxDiscountBps: BigInt(plan.maxDiscountBps),
      cap: 2n ** 128n - 1n,
    },
    course: (courses[j] ?? []).map(
      ({ at, answer }): PricePoint => ({ at, price36: price36Of(answer, plan.decimals) }),
    ),
    ...(plan.isVolatile && { market, brake }),
  }));
}

/** An account that has never been called. `held` is base units by the collateral's number. */
export function accountOf(debt: bigint, held: readonly bigint[]): AccountState {
  return {
    collateralSet: held.reduce((set, amount, j) => (amount > 0n ? set | (1 << j) : set), 0),
    callNonce: 0,
    calledAt: 0n,
    deadline: 0n,
    auctionStart: 0n,
    closedLateAt: 0n,
    debtShares: toSharesUp(debt, INITIAL_INDEX),
    collateral: held,
  };
}
