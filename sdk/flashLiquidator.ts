import { concat, getAddress, toBeHex, type ContractRunner } from "ethers";
import { IFlashLiquidator__factory } from "../types/factories/interfaces/IFlashLiquidator__factory.ts";
import type { IFlashLiquidator } from "../types/interfaces/IFlashLiquidator.ts";
import type { AccountId } from "./accountId.ts";
import { InputError } from "./inputError.ts";

/** How much of the seized collateral is sold; the Solidity names and numbers. */
export const Sale = { All: 0, Payment: 1 } as const;
export type Sale = (typeof Sale)[keyof typeof Sale];

/** A liquidation that pays for itself, as the contract takes it. */
export interface FlashTake {
  readonly account: AccountId;
  readonly asset: string;
  /** The most that is paid, quote base units. */
  readonly maxRepay: bigint;
  /** The least collateral accepted, base units. */
  readonly minSeized: bigint;
  /** The least profit, quote base units; collateral that is kept counts at the oracle's price. */
  readonly minProfit: bigint;
  readonly sale: Sale;
  /** As `encodeSwapPath` packs it. */
  readonly path: string;
}

/** The pools by which a token is sold: each fee in hundredths of a basis point, and the token bought. */
export interface SwapRoute {
  readonly from: string;
  readonly hops: readonly { readonly fee: number; readonly to: string }[];
}

const MAX_FEE = 2 ** 24 - 1;
/** What a transaction costs at all, and what a batch does before its first take. */
const BATCH_GAS = 100_000n;
/** For what the contract does between two takes: its own reserve, and passing on a long path. */
const GAS_BETWEEN_TAKES = 70_000n;

/** The flash liquidator at `address`, typed and bound. Sends nothing. */
export function connectFlashLiquidator(address: string, runner: ContractRunner): IFlashLiquidator {
  return IFlashLiquidator__factory.connect(address, runner);
}

/** A route as Uniswap v3 packs it: a token, then a fee and a token for each pool. Throws an `InputError`. */
export function encodeSwapPath({ from, hops }: SwapRoute): string {
  if (hops.length === 0) throw new InputError("a route needs a pool at least");
  return concat([
    addressBytes(from),
    ...hops.flatMap(({ fee, to }) => {
      if (!Number.isInteger(fee) || fee <= 0 || fee > MAX_FEE)
        throw new InputError(`${fee} is no pool's fee`);
      return [toBeHex(fee, 3), addressBytes(to)];
    }),
  ]);
}

/** The same pools from the other end, as Uniswap's quoter wants them for an amount to buy. */
export function reversedRoute({ from, hops }: SwapRoute): SwapRoute {
  const tokens = [from, ...hops.map(({ to }) => to)].reverse();
  const fees = hops.map(({ fee }) => fee).reverse();
  return { from: tokens[0] ?? from, hops: fees.map((fee, i) => ({ fee, to: tokens[i + 1] ?? from })) };
}

/**
 * The gas limit with which each of `count` takes of a batch gets its `gasPerTake`, whatever the others burn. Estimating
 * it finds the least with which nothing is tried.
 */
export function batchGasLimit(count: number, gasPerTake: bigint): bigint {
  // Of what is left, a call passes on 63 of 64 parts.
  const withheld = gasPerTake / 63n + 1n;
  return BATCH_GAS + BigInt(count) * (gasPerTake + GAS_BETWEEN_TAKES) + withheld;
}

function addressBytes(address: string): string {
  try {
    return getAddress(address).toLowerCase();
  } catch {
    throw new InputError(`${address} is no address`);
  }
}
