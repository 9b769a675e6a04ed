import type { AccountId } from "../../../sdk/accountId.ts";
import { stateOf } from "./state.ts";
import type { World } from "./world.ts";

/** The time of the latest block, which is the time that views see. */
export async function now(w: World): Promise<bigint> {
  return BigInt(await w.helpers.time.latest());
}

/** The next transaction has this time. */
export async function atNext(w: World, timestamp: bigint): Promise<void> {
  await w.helpers.time.setNextBlockTimestamp(timestamp);
}

/** A block of this time is mined: views see it, and the next transaction comes later. */
export async function mineAt(w: World, timestamp: bigint): Promise<void> {
  await w.helpers.time.setNextBlockTimestamp(timestamp);
  await w.helpers.mine();
}

/**
 * All feeds answer again what they answered last, in blocks a second apart. Without a time set, a block's would follow
 * the clock of the machine, and a slow one would run past the second that a test is about.
 */
export async function refreshFeeds(w: World): Promise<void> {
  for (const feed of [w.quoteFeed, ...w.collaterals.map((c) => c.feed)]) {
    const { 1: answer } = await feed.latestRoundData();
    await atNext(w, (await now(w)) + 1n);
    await feed.push(answer);
  }
}

/** The deadline of the open call; zero without one. */
export async function deadlineOf(w: World, id: AccountId): Promise<bigint> {
  return (await stateOf(w, id)).deadline;
}

/** Mines a block `after` seconds past the deadline of the open call of `id`, with fresh prices. */
export async function passDeadline(w: World, id: AccountId, after = 0n): Promise<void> {
  const deadline = await deadlineOf(w, id);
  if (deadline === 0n) throw new Error("there is no open call whose deadline could pass");
  const feeds = BigInt(w.collaterals.length + 1);
  await mineAt(w, deadline + after - feeds - 1n);
  await refreshFeeds(w);
  await mineAt(w, deadline + after);
}
