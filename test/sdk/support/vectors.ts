import {
  BPS,
  MAX_RATE_PER_SECOND_WAD,
  PRICE_SCALE,
  WAD,
  type Lot,
  type Moment,
  type Valuation,
} from "../../../sdk/index.ts";
import type { Dice } from "./seed.ts";

/**
 * Random input as hostile as it can be while it stays inside what the vault's storage can hold: an amount below 2^128,
 * a price below 2^184, debt shares below 2^96 at an index below 2^112, weights below one.
 */

const DECIMALS = [6n, 8n, 18n];
const MAX_AMOUNT = 2n ** 128n - 1n;
const MAX_PRICE36 = 2n ** 184n - 1n;
/** The value of eight full collaterals at the highest price. */
const MAX_VALUE = 8n * ((MAX_AMOUNT * MAX_PRICE36) / PRICE_SCALE);
/** 2^96 - 1 shares at an index of 2^112 - 1. */
export const MAX_DEBT = ((2n ** 96n - 1n) * (2n ** 112n - 1n)) / 10n ** 27n + 1n;

export function amountOf(dice: Dice): bigint {
  if (dice.oneIn(12)) return dice.pick([0n, 1n, 2n, MAX_AMOUNT, MAX_AMOUNT - 1n]);
  if (dice.oneIn(3)) return dice.upToBits(128);
  return dice.upToBits(30) * 10n ** dice.pick(DECIMALS);
}

/** Mostly a price that a token of 6, 8 or 18 decimals has in a quote asset of 6, 8 or 18. */
export function price36Of(dice: Dice): bigint {
  if (dice.oneIn(12)) return dice.pick([1n, 2n, MAX_PRICE36, PRICE_SCALE, PRICE_SCALE - 1n]);
  if (dice.oneIn(4)) return 1n + dice.below(2n ** BigInt(1 + Number(dice.below(184n))) - 1n);
  const centsOfQuote = 1n + dice.upToBits(30);
  return (centsOfQuote * 10n ** (34n + dice.pick(DECIMALS))) / 10n ** dice.pick(DECIMALS) || 1n;
}

/** Weights as a vault may have them: `initial <= maintenance <= liquidation < 1`, equal and extreme ones included. */
export function weightsOf(dice: Dice): readonly [initial: bigint, maintenance: bigint, liquidation: bigint] {
  if (dice.oneIn(2)) return dice.pick([TYPICAL, CALM]);
  const weights = [dice.below(BPS), dice.below(BPS), dice.below(BPS)].sort((a, b) => (a < b ? -1 : 1));
  return [weights[0] ?? 0n, weights[1] ?? 0n, weights[2] ?? 0n];
}

const TYPICAL = [7_600n, 8_020n, 8_740n] as const;
const CALM = [8_700n, 8_950n, 9_310n] as const;

/** A number at, just under or just over `centre`. */
export function near(dice: Dice, centre: bigint): bigint {
  const moved = centre + dice.between(-2n, 2n);
  return moved < 0n ? 0n : moved;
}

/** An account's worth whose debt sits on or beside a threshold in half of the cases. */
export function valuationOf(dice: Dice): Valuation {
  const value = dice.oneIn(20) ? dice.pick([0n, 1n, MAX_VALUE]) : dice.upToBits(dice.oneIn(3) ? 196 : 90);
  const capped = value > MAX_VALUE ? MAX_VALUE : value;
  const [initial, maintenance, liquidation] = weightsOf(dice);
  const initialValue = (capped * initial) / BPS;
  const maintenanceValue = (capped * maintenance) / BPS;
  const liquidationValue = (capped * liquidation) / BPS;
  const thresholds = [
    capped,
    liquidationValue,
    maintenanceValue,
    initialValue,
    (maintenanceValue * 100n) / 101n,
    (maintenanceValue * 100n) / 102n,
    (maintenanceValue * 10n) / 11n,
    0n,
    MAX_DEBT,
  ];
  const debt = dice.oneIn(2)
    ? near(dice, dice.pick(thresholds))
    : dice.oneIn(2)
      ? dice.between(maintenanceValue, liquidationValue)
      : dice.below(capped + capped / 5n + 10n);
  return {
    value: capped,
    initialValue,
    maintenanceValue,
    liquidationValue,
    debt: debt > MAX_DEBT ? MAX_DEBT : debt,
  };
}

/** A clock at `uptime` that has stood still up to twice, lately or long ago, as it may and as it never would. */
export function momentOf(dice: Dice, uptime: bigint): Moment {
  const from = () => (dice.oneIn(4) ? 0n : near(dice, uptime - dice.pick([0n, 900n, 3_600n, 86_400n])));
  const until = (start: bigint) => (start === 0n ? 0n : start + dice.pick([0n, 1n, 900n, 3_600n]));
  const [earlierFrom, protectedFrom] = [from(), from()];
  return {
    uptime,
    protectedFrom,
    protectedUntil: until(protectedFrom),
    earlierFrom,
    earlierUntil: until(earlierFrom),
    isCallingPaused: dice.oneIn(2),
    isLiquidationPaused: dice.oneIn(2),
  };
}

/** The times at which `clock` makes a difference, and some around. */
export function timesOf(clock: Moment): readonly bigint[] {
  const { uptime, protectedFrom, protectedUntil, earlierFrom, earlierUntil } = clock;
  const ago = [0n, 1_800n, 3_600n, 86_400n].map((seconds) => uptime - seconds);
  const stops = [protectedFrom, protectedUntil, earlierFrom, earlierUntil].filter((time) => time !== 0n);
  return [...ago, ...stops];
}

/** From nothing to the deepest that a configurator allows, 15 %. */
export function discountOf(dice: Dice): bigint {
  if (dice.oneIn(4))
    return dice.pick([0n, 1n, 2_500_000_000_000_000n, 20_000_000_000_000_000n, (15n * WAD) / 100n]);
  return dice.below((15n * WAD) / 100n + 1n);
}

export function lotOf(dice: Dice): Lot {
  const [, maintenanceBps, liquidationBps] = weightsOf(dice);
  const discountWad = discountOf(dice);
  return { amount: amountOf(dice), price36: price36Of(dice), maintenanceBps, liquidationBps, discountWad };
}

export function indexOf(dice: Dice): bigint {
  if (dice.oneIn(8)) return dice.pick([10n ** 24n, 10n ** 24n + 1n, 2n ** 112n - 1n, 10n ** 27n]);
  return 10n ** 24n + dice.upToBits(dice.oneIn(4) ? 111 : 84);
}

export function rateOf(dice: Dice): bigint {
  if (dice.oneIn(8)) return dice.pick([0n, 1n, MAX_RATE_PER_SECOND_WAD]);
  return dice.below(MAX_RATE_PER_SECOND_WAD + 1n);
}

/** Seconds: mostly a day or less, sometimes the century that the clock can hold. */
export function elapsedOf(dice: Dice): bigint {
  if (dice.oneIn(10)) return dice.pick([0n, 1n, 2n ** 32n - 1n]);
  return dice.oneIn(3) ? dice.upToBits(32) : dice.below(86_400n);
}
