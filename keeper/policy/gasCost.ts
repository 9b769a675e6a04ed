import { mulDivUp, PRICE_SCALE } from "../../sdk/fixedPoint.ts";
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
