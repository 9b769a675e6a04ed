import { unstoppedMoment } from "../../../sdk/clockState.ts";
import { INITIAL_INDEX } from "../../../sdk/debtMath.ts";
import type { CollateralTerms, RiskTerms, VaultMoment } from "../../../sdk/vaultTypes.ts";
import { randomOf } from "./random.ts";

/** A collateral of the bench: its token's decimals, first price in whole quote units, and weights in bps. */
export interface BenchCollateral {
  readonly symbol: string;
  readonly decimals: number;
  readonly price: number;
  readonly initialBps: bigint;
  readonly maintenanceBps: bigint;
  readonly liquidationBps: bigint;
  readonly maxDiscountBps: bigint;
}

const volatile = { initialBps: 7_600n, maintenanceBps: 8_020n, liquidationBps: 8_740n, maxDiscountBps: 800n };
const calm = { initialBps: 8_000n, maintenanceBps: 8_450n, liquidationBps: 8_900n, maxDiscountBps: 200n };

/** Eight feeds, 6 to 18 decimals, prices from 0.4 to 60,000. */
export const BENCH_COLLATERALS: readonly BenchCollateral[] = [
  { symbol: "WETH", decimals: 18, price: 2_000, ...volatile },
  { symbol: "WBTC", decimals: 8, price: 60_000, ...volatile },
  { symbol: "wstETH", decimals: 18, price: 2_400, ...volatile },
  { symbol: "LINK", decimals: 18, price: 14, ...volatile },
  { symbol: "UNI", decimals: 18, price: 7, ...volatile },
  { symbol: "ARB", decimals: 18, price: 0.4, ...volatile },
  { symbol: "SOL", decimals: 9, price: 150, ...volatile },
  { symbol: "EURC", decimals: 6, price: 1.1, ...calm },
];

/** Of the quote asset. */
export const QUOTE_DECIMALS = 6;

/** The address of collateral `number` where there is no chain. */
export function assetOf(number: number): string {
  // Digits alone have no case, and so no checksum to get wrong.
  return `0x${(1_000 + number).toString().padStart(40, "0")}`;
}

export const BENCH_RISK: RiskTerms = {
  minimumDebt: 100_000_000n,
  dustValue: 10_000_000n,
  maxBounty: 5_000_000n,
  minGraceSeconds: 900n,
  maxGraceSeconds: 14_400n,
  auctionSeconds: 3_600n,
  rampSeconds: 1_800n,
};

const TERMS: readonly CollateralTerms[] = BENCH_COLLATERALS.map((collateral, number) => ({
  asset: assetOf(number),
  initialBps: collateral.initialBps,
  maintenanceBps: collateral.maintenanceBps,
  liquidationBps: collateral.liquidationBps,
  maxDiscountBps: collateral.maxDiscountBps,
  cap: 2n ** 128n - 1n,
}));

/** Uptime at which the bench begins. */
export const BENCH_BEGINS = 1_900_000_000n;
const BLOCK_SECONDS = 12n;
/** What debts grow by in a block at 6 % a year. */
const GROWTH_PER_BLOCK = 2.4e-8;

/** What the market does between two blocks. */
export type Weather = "calm" | "crash";

/**
 * A market that goes on block by block, the same for the same seed. In a calm block each price moves by some 0.05 % and
 * debts grow by a block's interest; in a crash block every price falls, most of it together, by 0.1 to 1 %: what feeds
 * report that answer every half per cent. A hundred such blocks take prices down by some 40 %.
 */
export class Market {
  readonly #random;
  readonly #prices = BENCH_COLLATERALS.map(({ price }) => price);
  #index = 1.05 * Number(INITIAL_INDEX);
  #uptime = BENCH_BEGINS;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  get moment(): VaultMoment {
    return {
      collaterals: TERMS,
      risk: BENCH_RISK,
      prices: {
        available: true,
        freshSet: 255,
        price36: Array.from({ length: 16 }, (_, i) => price36Of(this.#prices[i] ?? 0, i)),
      },
      debtIndex: BigInt(Math.round(this.#index)),
      clock: unstoppedMoment(this.#uptime),
    };
  }

  /** Prices in whole quote units, by number. */
  get prices(): readonly number[] {
    return this.#prices;
  }

  step(weather: Weather): void {
    const together = 0.001 + 0.006 * this.#random.next();
    for (const [i, price] of this.#prices.entries()) {
      const move =
        weather === "crash" ? -together - 0.003 * this.#random.next() : 0.0005 * this.#random.normal();
      this.#prices[i] = price * (1 + move);
    }
    this.#index *= 1 + GROWTH_PER_BLOCK;
    this.#uptime += BLOCK_SECONDS;
  }
}

/** What a feed of eight decimals says of `price`. */
export function answerOf(price: number): bigint {
  return BigInt(Math.round(price * 1e8));
}

/** Quote base units for a base unit of collateral `number`, times 1e36. */
function price36Of(price: number, number: number): bigint {
  const decimals = BENCH_COLLATERALS[number]?.decimals ?? 0;
  return answerOf(price) * 10n ** BigInt(36 + QUOTE_DECIMALS - decimals - 8);
}
