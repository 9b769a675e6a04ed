import { setTimeout as sleep } from "node:timers/promises";
import type { Rpc } from "./chain/rpc.ts";
import type { Replay } from "./replay/replay.ts";
import { mineAt } from "./world/miner.ts";

const BLOCK_MS = 1_000;
const BLOCK_SECONDS = 12;

/** Keeps the chain going with its last prices, a block a second, until the signal aborts. */
export async function keepRunning(rpc: Rpc, { driver, feeds }: Replay, signal: AbortSignal): Promise<void> {
  for (let at = driver.at + BLOCK_SECONDS; !signal.aborted; at += BLOCK_SECONDS) {
    await feeds.pushUntil(at);
    await mineAt(rpc, at);
    await sleep(BLOCK_MS, undefined, { signal }).catch(() => undefined);
  }
}
