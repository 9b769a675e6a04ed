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

/** What presses for a higher fee, and what holds against it. */
export interface Pressure {
  /** The most that this transaction may offer, wei for a unit of gas; undefined: the operator's limit alone. */
  readonly capPerGas: bigint | undefined;
  /** How much of the time that it has is used up: 0 at first, 1000 when it is late. */
  readonly urgencyPermille: bigint;
}

interface BaseFeeInputs {
  readonly baseFeePerGas: bigint;
  readonly gasUsed: bigint;
  readonly gasLimit: bigint;
}

/** Nodes refuse a replacement that does not raise both fees by a tenth or, some of them, an eighth. */
const LEAST_BUMP_PERMILLE = 1_130n;
/** What is late doubles its offer each time. */
const LATE_BUMP_PERMILLE = 2_000n;
const PERMILLE = 1_000n;

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

/**
 * The base fee to reckon with in the next block: a rise as it comes, and no fall, which one more full block takes back.
 * An offer below this block's base fee would stand in the way of everything behind it.
 */
export function prudentBaseFee(block: BaseFeeInputs): bigint {
  return larger(nextBaseFee(block), block.baseFeePerGas);
}

/** Fees that stay valid while the base fee doubles, within the operator's limit and the transaction's cap. */
export function firstFees(baseFee: bigint, limits: FeeLimits, capPerGas?: bigint): Fees {
  const maxFeePerGas = smaller(2n * baseFee + limits.tipGwei, capOf(limits, capPerGas));
  return { maxFeePerGas, maxPriorityFeePerGas: smaller(limits.tipGwei, maxFeePerGas) };
}

/**
 * Fees for a replacement: at least an eighth above the last and at least today's, and the more above it the nearer the
 * deadline is. Undefined when the cap leaves no room for a replacement that nodes accept.
 */
export function raisedFees(
  previous: Fees,
  baseFee: bigint,
  limits: FeeLimits,
  { capPerGas, urgencyPermille }: Pressure,
): Fees | undefined {
  const cap = capOf(limits, capPerGas);
  if (bump(previous.maxFeePerGas, LEAST_BUMP_PERMILLE) > cap) return undefined;
  const today = firstFees(baseFee, limits, capPerGas);
  const permille =
    LEAST_BUMP_PERMILLE + ((LATE_BUMP_PERMILLE - LEAST_BUMP_PERMILLE) * urgencyPermille) / PERMILLE;
  const wanted = larger(bump(previous.maxFeePerGas, permille), today.maxFeePerGas);
  const maxFeePerGas = smaller(wanted, cap);
  const tip = larger(bump(previous.maxPriorityFeePerGas, permille), today.maxPriorityFeePerGas);
  return { maxFeePerGas, maxPriorityFeePerGas: smaller(tip, maxFeePerGas) };
}

/** How much of `patienceBlocks` is used up after `waitedBlocks`, thousandths. */
export function urgencyAfter(waitedBlocks: number, patienceBlocks: number): bigint {
  if (waitedBlocks <= 0) return 0n;
  if (waitedBlocks >= patienceBlocks) return PERMILLE;
  return (BigInt(waitedBlocks) * PERMILLE) / BigInt(patienceBlocks);
}

/** Blocks between two offers: as configured while there is time, each block when there is none. */
export function blocksBetweenOffers(replaceAfterBlocks: number, urgencyPermille: bigint): number {
  return Math.max(1, Math.ceil((replaceAfterBlocks * Number(PERMILLE - urgencyPermille)) / 1_000));
}

function capOf({ maxFeeGwei }: FeeLimits, capPerGas: bigint | undefined): bigint {
  return capPerGas === undefined ? maxFeeGwei : smaller(capPerGas, maxFeeGwei);
}

function bump(fee: bigint, permille: bigint): bigint {
  return mulDivUp(fee, permille, PERMILLE) + 1n;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
