import { mulDivUp } from "../../sdk/fixedPoint.ts";

/** EIP-1559 fees, wei for a unit of gas. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** The operator's limits, wei for a unit of gas. */
export interface FeeLimits {
  readonly tipGwei: bigint;
  readonly maxFeeGwei: bigint;
}

interface BaseFeeInputs {
  readonly baseFeePerGas: bigint;
  readonly gasUsed: bigint;
  readonly gasLimit: bigint;
}

/** Nodes refuse a replacement that does not raise both fees by a tenth or, some of them, an eighth. */
const BUMP_PERMILLE = 1_130n;

/** The next block's base fee, by EIP-1559. */
export function nextBaseFee({ baseFeePerGas, gasUsed, gasLimit }: BaseFeeInputs): bigint {
  const target = gasLimit / 2n;
  if (target === 0n || gasUsed === target) return baseFeePerGas;
  if (gasUsed > target) {
    const rise = (baseFeePerGas * (gasUsed - target)) / target / 8n;
    return baseFeePerGas + (rise > 0n ? rise : 1n);
  }
  return baseFeePerGas - (baseFeePerGas * (target - gasUsed)) / target / 8n;
}

/** Fees that stay valid while the base fee doubles, within the operator's limit. */
export function firstFees(baseFee: bigint, { tipGwei, maxFeeGwei }: FeeLimits): Fees {
  const maxFeePerGas = smaller(2n * baseFee + tipGwei, maxFeeGwei);
  return { maxFeePerGas, maxPriorityFeePerGas: smaller(tipGwei, maxFeePerGas) };
}

/** Fees for a replacement: higher than before and at least today's; undefined when the limit leaves no room. */
export function raisedFees(previous: Fees, baseFee: bigint, limits: FeeLimits): Fees | undefined {
  const today = firstFees(baseFee, limits);
  const maxFeePerGas = larger(bump(previous.maxFeePerGas), today.maxFeePerGas);
  if (maxFeePerGas > limits.maxFeeGwei) return undefined;
  const tip = larger(bump(previous.maxPriorityFeePerGas), today.maxPriorityFeePerGas);
  return { maxFeePerGas, maxPriorityFeePerGas: smaller(tip, maxFeePerGas) };
}

function bump(fee: bigint): bigint {
  return mulDivUp(fee, BUMP_PERMILLE, 1000n) + 1n;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
