import { join } from "node:path";
import { INITIAL_INDEX, toSharesUp } from "../../../sdk/debtMath.ts";
import type { AccountState } from "../../../sdk/vaultTypes.ts";
import { root } from "../../compile.ts";
import { followRounds } from "../../demo/prices/followRounds.ts";
import { loadPrices } from "../../demo/prices/loadPrices.ts";
import type { Round } from "../../demo/prices/priceSeries.ts";
import { Tempers } from "../../demo/replay/responses.ts";
import { drawPopulation, holdingsOf } from "../../demo/world/population.ts";
import { price36Of } from "../../demo/world/price36Of.ts";
import { randomOf } from "../../demo/world/random.ts";
import { CALM_ANSWER, COLLATERALS, RISK_TERMS } from "../../demo/world/terms.ts";
import type { MarketTerms } from "./market.ts";
import type { PricePoint, ReplayCollateral, ReplayPlan } from "./replayCrash.ts";

/** Ten-minute candles of the day, in the data that lies beside the repository; a plain clone has none. */
export const CANDLES_FILE = join(root, "..", "shared", "data", "eth_usd_10m_2020-03-12.csv");

/** ETH/USD and BTC/USD before anybody has sold, and how long to look. Unix seconds. */
export interface Scene {
  readonly courses: readonly [readonly Round[], readonly Round[]];
  readonly from: number;
  readonly to: number;
}

/** What differs between two replays of the same accounts. Quote base units. */
export interface ReplayOptions {
  readonly market?: MarketTerms | undefined;
  /** Of each collateral whose price moves. */
  readonly brake?: { readonly burst: bigint; readonly perHour: bigint } | undefined;
}

const ACCOUNTS = 300;
const STEP_SECONDS = 60;
/** Noon of the day after, when calls have found their end. */
const ENDS_AT = Date.parse("2020-03-13T12:00:00Z") / 1_000;
/** What a taker asks for, in all: the fees of selling on, what the price may do until then, and a living. */
const HURDLE_BPS = 100n;
/** How many times ether's return bitcoin makes, as in the demo. */
const BETA_WAD = 800_000_000_000_000_000n;

const SLIDE_MINUTES = 60;
const SLIDE_BPS = 800n;
const SLIDE_SCENE_SECONDS = 43_200;

/**
 * Black Thursday: the day by its ten-minute candles, then the hourly closes of the night after, when ether was lowest.
 * @throws PriceInputError
 */
export function blackThursday(file = CANDLES_FILE): Scene {
  const day = loadPrices({ pricesFile: file }).rounds;
  const [hours] = loadPrices({ crash: "black-thursday" }).rounds;
  const end = day[0].at(-1)?.at ?? 0;
  const eth = [...day[0], ...hours.filter(({ at }) => at > end && at <= ENDS_AT)];
  return sceneOf(eth, day[1][0]?.answer ?? 0n, ENDS_AT);
}

/** The same by the hourly closes that the repository has: steps so wide that few accounts stop above the floor. */
export function blackThursdayByTheHour(): Scene {
  const [hours, second] = loadPrices({ crash: "black-thursday" }).rounds;
  return sceneOf(hours, second[0]?.answer ?? 0n, ENDS_AT);
}

/** No day that was: the same first prices fall by 8 % within an hour, and stay there. Few accounts reach the floor. */
export function slide(): Scene {
  const [[first], [second]] = loadPrices({ crash: "black-thursday" }).rounds;
  if (first === undefined || second === undefined) throw new RangeError("the embedded prices are empty");
  const eth = Array.from({ length: SLIDE_MINUTES + 1 }, (_, minute) => ({
    at: first.at + 60 * minute,
    answer: first.answer - (first.answer * SLIDE_BPS * BigInt(minute)) / BigInt(10_000 * SLIDE_MINUTES),
  }));
  return sceneOf(eth, second.answer, first.at + SLIDE_SCENE_SECONDS);
}

function sceneOf(eth: readonly Round[], firstBtc: bigint, to: number): Scene {
  return { courses: [eth, followRounds(eth, firstBtc, BETA_WAD)], from: eth[0]?.at ?? 0, to };
}

/** The demo's accounts in a scene. */
export function planOf({ courses, from, to }: Scene, seed: number, options: ReplayOptions): ReplayPlan {
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
    to,
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
    course: (courses[j] ?? []).map(({ at, answer }): PricePoint => ({
      at,
      price36: price36Of(answer, plan.decimals),
    })),
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
