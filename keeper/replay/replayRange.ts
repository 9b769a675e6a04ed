import { UserError } from "../errors.ts";

/** Which blocks are wanted, as an operator says it. */
export interface RangeWish {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** So many blocks up to `to`, in place of `from`. */
  readonly last?: number | undefined;
}

/** Blocks in which something could have been done, both included; each is decided upon the one before it. */
export interface ReplayRange {
  readonly from: number;
  readonly to: number;
}

/** Of a chain with blocks of 12 s about three and a half hours. */
const DEFAULT_BLOCKS = 1_000;

/**
 * The range that is meant. Throws a `UserError` for one that is empty, that has not come yet, or that begins before the
 * vault was there to be looked at.
 */
export function replayRange(wish: RangeWish, head: number, deployBlock: number): ReplayRange {
  const { from, to = head, last } = wish;
  if (from !== undefined && last !== undefined)
    throw new UserError("--from and --last are two ways to say the same: give one");
  if (to > head) throw new UserError(`--to ${to} has not come yet: the newest block is ${head}`);
  const first = deployBlock + 1;
  if (to < first)
    throw new UserError(`--to ${to} is before the vault: it was deployed in block ${deployBlock}`);
  if (from === undefined) return { from: Math.max(first, to - (last ?? DEFAULT_BLOCKS) + 1), to };
  if (from > to) throw new UserError(`--from ${from} is after --to ${to}`);
  if (from < first) {
    throw new UserError(
      `--from ${from} is before the vault: it was deployed in block ${deployBlock}, so begin at ${first} or later`,
    );
  }
  return { from, to };
}

/** A block's number, or how many blocks, as an operator types it. Throws a `UserError` that names the option. */
export function blockNumber(option: string, text: string, least: number): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  if (number === undefined || number < least)
    throw new UserError(`${option} must be a whole number from ${least} on, not "${text.slice(0, 40)}"`);
  return number;
}
