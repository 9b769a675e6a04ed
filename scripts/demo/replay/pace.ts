import { blockReaderOf } from "../check/blockReader.ts";
import type { Rpc } from "../chain/rpc.ts";
import type { PopulatedWorld } from "../world/buildWorld.ts";

/** Milliseconds that a look at so many accounts takes where the usual beats are long enough: two idle cores. */
const USUAL_LOOK_MS = 90;
const LOOKS = 15;
const ACCOUNTS_A_LOOK = 100;

/**
 * How many times as long as usual this machine takes, at least 1: on a slow or busy one the beat is longer, for what is
 * tested is the keeper and not the machine. Measured once, before anything starts, by what every block needs.
 */
export async function paceOf(rpc: Rpc, world: PopulatedWorld): Promise<number> {
  const { accounts } = blockReaderOf(rpc, world);
  const head = Number(await rpc<string>("eth_blockNumber"));
  const ids = world.traders.slice(0, ACCOUNTS_A_LOOK).map(({ account }) => account);
  const times: number[] = [];
  for (let i = 0; i < LOOKS; ++i) {
    const startedAt = performance.now();
    await accounts(head, ids);
    times.push(((performance.now() - startedAt) * ACCOUNTS_A_LOOK) / Math.max(ids.length, 1));
  }
  const typical = times.toSorted((a, b) => a - b)[Math.floor(LOOKS / 2)] ?? USUAL_LOOK_MS;
  return Math.max(1, typical / USUAL_LOOK_MS);
}
