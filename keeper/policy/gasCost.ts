import { mulDivUp, PRICE_SCALE } from "../../sdk/fixedPoint.ts";
import { batchGasLimit } from "../../sdk/flashLiquidator.ts";
import type { PackLimits } from "./pack.ts";
import type { GasKind, GasView } from "./snapshot.ts";

/** Gas a transaction takes before it does anything, with what a batch costs once. */
const FIXED_GAS = 60_000n;
/** A limit costs nothing until it is used, and one too small costs the whole transaction. */
const LIMIT_FACTOR = 2n;

/** What a piece of work for one account costs in quote base units, rounded up; undefined without a native price. */
export function costPerAccount(gas: GasView, kind: GasKind): bigint | undefined {
  return costOf(gas, gas.perAccount[kind]);
}

/** What `amount` of gas costs in quote base units, rounded up; undefined without a native price. */
export function costOf(gas: GasView, amount: bigint): bigint | undefined {
  if (gas.nativePrice36 === undefined) return undefined;
  return mulDivUp(amount * gas.weiPerGas, gas.nativePrice36, PRICE_SCALE);
}

/** The gas limit of a transaction with `count` items, never above `maximum`. */
export function gasLimitFor(gas: GasView, kind: GasKind, count: number, maximum: number): bigint {
  const wanted = (FIXED_GAS + gas.limitPerAccount[kind] * BigInt(count)) * LIMIT_FACTOR;
  return wanted < BigInt(maximum) ? wanted : BigInt(maximum);
}

/** What fits into one transaction of at most `most` items and `maximumGas`. */
export function packLimitsOf(gas: GasView, kind: GasKind, most: number, maximumGas: number): PackLimits {
  return {
    gasPerItem: gas.limitPerAccount[kind] * LIMIT_FACTOR,
    fixedGas: FIXED_GAS * LIMIT_FACTOR,
    maxGas: BigInt(maximumGas),
    maxItems: most,
  };
}

/** The gas that each of several takes by the flash liquidator may use. */
export function gasPerFlashTake(gas: GasView): bigint {
  return gas.limitPerAccount.flashTake * LIMIT_FACTOR;
}

/** The gas limit of a transaction with `count` takes by the flash liquidator, never above `maximum`. */
export function flashGasLimit(gas: GasView, count: number, maximum: number): bigint {
  const wanted = batchGasLimit(count, gasPerFlashTake(gas));
  return wanted < BigInt(maximum) ? wanted : BigInt(maximum);
}

/** As `packLimitsOf` for takes by the flash liquidator. */
export function flashPackLimits(gas: GasView, most: number, maximumGas: number): PackLimits {
  const gasPerTake = gasPerFlashTake(gas);
  const fixedGas = batchGasLimit(0, gasPerTake);
  return {
    gasPerItem: batchGasLimit(1, gasPerTake) - fixedGas,
    fixedGas,
    maxGas: BigInt(maximumGas),
    maxItems: most,
  };
}
