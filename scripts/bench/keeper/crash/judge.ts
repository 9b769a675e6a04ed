import type { Contract } from "ethers";
import type { AccountId } from "../../../../sdk/accountId.ts";
import { WAD } from "../../../../sdk/fixedPoint.ts";
import { CLOSE_LEVEL_WAD, WARNING_LEVEL_WAD } from "../../../../sdk/healthMath.ts";
import { marginOf, type Margin } from "../../../../sdk/margin.ts";
import { readMoment } from "../../../../sdk/readVault.ts";
import { Status, type AccountState } from "../../../../sdk/vaultTypes.ts";
import type { ChainFollower } from "../chainFollower.ts";
import type { CrashChain } from "./crashChain.ts";

/** A block as the exact mirror sees it, and on how many accounts the contract sees it otherwise. */
export interface Judgement {
  /** By account number. */
  readonly statuses: Uint8Array;
  readonly compared: number;
  readonly differences: number;
}

const NEAREST = 300;
/** Below what a node gives a call. */
const ACCOUNTS_PER_CALL = 100;
/** Words before the amounts in an answer of `DemoReader.readAccounts`. */
const FIXED_WORDS = 8;

type Seen = readonly bigint[];

/** Judges all accounts by the exact mirror at a block, and those nearest to a threshold by the contract. */
export async function judgeBlock(
  chain: CrashChain,
  follower: ChainFollower,
  block: number,
): Promise<Judgement> {
  const { handle, ids } = chain;
  const moment = await readMoment(handle, block);
  const statuses = new Uint8Array(ids.length);
  const distances = new Float64Array(ids.length);
  for (const [i, id] of ids.entries()) {
    const margin = marginOf(stateOf(follower, id), moment);
    if (margin === undefined) throw new Error("the mirror has no prices");
    statuses[i] = margin.status;
    distances[i] = distanceOf(margin);
  }
  const nearest = [...ids.keys()].sort((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0)).slice(0, NEAREST);
  const seen = await readAccounts(chain, nearest, [], block);
  const differences = nearest.filter((i, place) => Number(seen[place]?.[0]) !== statuses[i]).length;
  return { statuses, compared: nearest.length, differences };
}

/** On how many of all accounts mirror and contract differ, in status or in anything that is stored. */
export async function differencesOfAll(
  chain: CrashChain,
  follower: ChainFollower,
  statuses: Uint8Array,
  block: number,
): Promise<number> {
  const { ids, handle } = chain;
  const assets = handle.deployment.collaterals.map(({ address }) => address);
  const seen = await readAccounts(chain, [...ids.keys()], assets, block);
  return ids.filter((id, i) => {
    const expected = [BigInt(statuses[i] ?? 255), ...wordsOf(stateOf(follower, id), assets.length)];
    return seen[i]?.length !== expected.length || expected.some((word, at) => word !== seen[i]?.[at]);
  }).length;
}

function stateOf(follower: ChainFollower, id: AccountId): AccountState {
  const state = follower.index.state(id);
  if (state === undefined) throw new Error(`no log has mentioned ${id}`);
  return state;
}

function wordsOf(state: AccountState, collaterals: number): bigint[] {
  const { collateralSet, callNonce, calledAt, deadline, auctionStart, closedLateAt, debtShares } = state;
  return [
    BigInt(collateralSet),
    BigInt(callNonce),
    ...[calledAt, deadline, auctionStart, closedLateAt, debtShares],
    ...state.collateral.slice(0, collaterals),
  ];
}

/** Words of each account of `numbers`, its status first. */
async function readAccounts(
  {
    reader,
    handle,
    ids,
  }: { readonly reader: Contract; readonly handle: CrashChain["handle"]; readonly ids: CrashChain["ids"] },
  numbers: readonly number[],
  assets: readonly string[],
  block: number,
): Promise<Seen[]> {
  const stride = FIXED_WORDS + assets.length;
  const seen: Seen[] = [];
  for (let from = 0; from < numbers.length; from += ACCOUNTS_PER_CALL) {
    const part = numbers.slice(from, from + ACCOUNTS_PER_CALL).map((i) => ids[i]);
    const words = (await reader
      .getFunction("readAccounts")
      .staticCall(handle.deployment.vault, part, assets, { blockTag: block })) as readonly bigint[];
    for (const at of part.keys()) seen.push(words.slice(at * stride, (at + 1) * stride));
  }
  return seen;
}

/** How far from the next threshold, on either side; what owes nothing is nowhere near one. */
function distanceOf({ healthWad, floorHealthWad, debt, status }: Margin): number {
  if (debt === 0n && status === Status.Healthy) return Infinity;
  const away = [WAD, CLOSE_LEVEL_WAD, WARNING_LEVEL_WAD].map((level) => Number(healthWad - level));
  return Math.min(...[...away, Number(floorHealthWad - WAD)].map(Math.abs));
}
