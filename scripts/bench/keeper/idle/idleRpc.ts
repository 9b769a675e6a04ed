import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Market } from "../market.ts";
import { CountingServer } from "../node/countingServer.ts";
import { KeeperChild } from "../node/keeperChild.ts";
import { IdleChain } from "./idleChain.ts";
import { idleBook, idleDeployment, putAway } from "./idleVault.ts";

/** JSON-RPC calls that reached an endpoint in idle blocks. */
export interface IdleRpc {
  readonly blocks: number;
  /** In the block with the most, whichever endpoint it was. */
  readonly most: number;
  /** The same before the vault's first log since the start, which is what proves the chain's blooms. */
  readonly mostUnproven: number;
  /** On average: the endpoint whose chain is followed, then the one that confirms it. */
  readonly averages: readonly number[];
  /** All calls to both, by method. */
  readonly methods: Readonly<Record<string, number>>;
}

export interface IdleOptions {
  readonly accounts: number;
  readonly seed: number;
  readonly say: (text: string) => void;
}

const FIRST_BLOCK = 1_000;
const WARMING_BLOCKS = 4;
/** Whole rounds of what comes round: three keys, asked about in turn, and a look at the other endpoints every 8 blocks. */
const COUNTED_BLOCKS = 48;
const UNPROVEN_BLOCKS = 24;
/** After the keeper has said that it is done with a block: what it asks then belongs to that block. */
const SETTLING_MS = 25;
/** So far above the prices at which accounts were opened that there is nothing to do for anybody. */
const CALM = 3n;

/**
 * Counts what the real keeper, a process of its own with three keys and two endpoints, asks each of them in blocks in
 * which nothing happens. It starts from what a keeper leaves of a vault with that many accounts.
 */
export async function idleRpc({ accounts, seed, say }: IdleOptions): Promise<IdleRpc> {
  const folder = mkdtempSync(join(tmpdir(), "tocsin-idle-"));
  const deployment = idleDeployment();
  const { prices } = new Market(seed).moment;
  const calm = { ...prices, price36: prices.price36.map((price) => price * CALM) };
  const book = idleBook(deployment, accounts, seed, FIRST_BLOCK);
  putAway(folder, deployment, book);
  const chain = new IdleChain({ deployment, book, prices: calm, firstBlock: FIRST_BLOCK });
  const answer = (body: string) => Promise.resolve(chain.answer(body));
  const servers = [await CountingServer.start(answer), await CountingServer.start(answer)];
  say(`idle blocks of a keeper with ${accounts.toLocaleString("en")} accounts`);
  const keeper = new KeeperChild({
    folder,
    deployment,
    endpoints: servers.map(({ url, wsUrl }) => ({ http: url, ws: wsUrl })),
    // Recording the oracle's answers every four hours is work, and this is about blocks without any.
    settings: { nativePriceFeed: { fixed: "2000" }, housekeepingMaxCost: "0" },
  });
  try {
    const proof = keeper.line(({ event }) => event === "book.proved" || event === "book.unproved");
    await live(keeper, servers);
    for (let i = 0; i < WARMING_BLOCKS; ++i) await pass(chain, servers, keeper, false);
    if ((await proof).event !== "book.proved") throw new Error("the book is not what the chain holds");
    const unproven = await count(chain, servers, keeper, accounts, UNPROVEN_BLOCKS);
    await pass(chain, servers, keeper, true);
    const counts = await count(chain, servers, keeper, accounts, COUNTED_BLOCKS);
    return { ...counts, mostUnproven: unproven.most };
  } finally {
    await keeper.stop();
    for (const server of servers) await server.close();
    rmSync(folder, { recursive: true });
  }
}

/** Waits until heads would reach it. */
async function live(keeper: KeeperChild, servers: readonly CountingServer[]): Promise<void> {
  await keeper.line(({ event }) => event === "heads.live");
  while (servers.some(({ subscribers }) => subscribers === 0)) await sleep(SETTLING_MS);
  await sleep(SETTLING_MS);
}

/** One block, to the end of what the keeper asks because of it; what it said of it. */
async function pass(
  chain: IdleChain,
  servers: readonly CountingServer[],
  keeper: KeeperChild,
  hasLog: boolean,
): Promise<Readonly<Record<string, unknown>>> {
  const header = chain.mine(hasLog);
  const { head } = chain;
  const seen = keeper.line(({ event, block }) => event === "block.seen" && block === head);
  for (const server of servers) server.pushHead(header);
  const line = await seen;
  await sleep(SETTLING_MS);
  return line;
}

type Counts = Omit<IdleRpc, "mostUnproven">;

async function count(
  chain: IdleChain,
  servers: readonly CountingServer[],
  keeper: KeeperChild,
  accounts: number,
  blocks: number,
): Promise<Counts> {
  const sums = servers.map(() => 0);
  const methods: Record<string, number> = {};
  let most = 0;
  for (const server of servers) server.takeCalls();
  for (let i = 0; i < blocks; ++i) {
    const line = await pass(chain, servers, keeper, false);
    if (line.accounts !== accounts || line.sent !== 0 || line.trust !== "agreed") {
      throw new Error(`that was no idle block: ${JSON.stringify(line)}`);
    }
    for (const [place, server] of servers.entries()) {
      let calls = 0;
      for (const [method, times] of server.takeCalls()) {
        calls += times;
        methods[method] = (methods[method] ?? 0) + times;
      }
      sums[place] = (sums[place] ?? 0) + calls;
      most = Math.max(most, calls);
    }
  }
  return { blocks, most, averages: sums.map((sum) => sum / blocks), methods };
}
