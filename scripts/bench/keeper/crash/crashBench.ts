import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeVaultEvent } from "../../../../sdk/vaultEvents.ts";
import { ChainFollower, type PlacedLog } from "../chainFollower.ts";
import { CountingServer } from "../node/countingServer.ts";
import { KeeperChild } from "../node/keeperChild.ts";
import { quantile } from "../quantile.ts";
import { CallWatch } from "./callWatch.ts";
import { startCrashChain, type CrashChain } from "./crashChain.ts";
import { differencesOfAll, judgeBlock } from "./judge.ts";

/** What `--json` says of the crash, and the tables. */
export interface CrashResult {
  readonly accounts: number;
  readonly blocks: number;
  readonly calls: number;
  /** Blocks from price to call. */
  readonly p50Blocks: number;
  readonly p99Blocks: number;
  readonly maxBlocks: number;
  /** Could be called for more than a block and were not; see `CallWatch`. */
  readonly missed: number;
  readonly overtaken: number;
  readonly liquidations: number;
  /** Most calls opened in one block. */
  readonly mostCalls: number;
  /** Gas of a call, its share of the batch it came in. */
  readonly gasPerCallP50: number;
  readonly gasPerCallP99: number;
  /** Of all transactions that opened calls. */
  readonly callGas: number;
  readonly callTransactions: number;
  /** Milliseconds of real time between two blocks, and the keeper's from a head to its last transaction sent. */
  readonly blockMsP50: number;
  readonly keeperMsP50: number;
  readonly keeperMsMax: number;
  /** Statuses along the crash on which the contract was asked, and on how many it differs from the mirror. */
  readonly compared: number;
  readonly differences: number;
  /** Accounts that differ at the end in status or in anything stored, of all. */
  readonly differencesAtEnd: number;
  /** Most JSON-RPC calls in one of the idle blocks before the crash. */
  readonly idleRpc: number;
}

export interface CrashOptions {
  readonly accounts: number;
  readonly seed: number;
  /** In whole quote units, block by block; see `crashPrices`. */
  readonly prices: readonly (readonly number[])[];
  /** Milliseconds of real time that a block takes at least. */
  readonly blockMs: number;
  readonly say: (text: string) => void;
}

const FIRST_BLOCKS = 8;
const IDLE_BLOCKS = 16;
/** After the last price, so that what is on its way arrives. */
const LAST_BLOCKS = 4;
const IDLE_MS = 400;

/** Takes a real chain through a crash with a real keeper beside it, and judges every block. */
export async function crashBench(program: string, options: CrashOptions): Promise<CrashResult> {
  const chain = await startCrashChain(program, options);
  const folder = mkdtempSync(join(tmpdir(), "tocsin-crash-"));
  const server = await CountingServer.start(async (body) => {
    const headers = { "content-type": "application/json" };
    return (await fetch(chain.url, { method: "POST", headers, body })).text();
  });
  const { deployment } = chain.handle;
  const keeper = new KeeperChild({
    folder,
    deployment,
    endpoints: [{ http: server.url, ws: chain.wsUrl }],
    settings: {
      nativePriceFeed: deployment.collaterals[0]?.feed,
      profitMargin: "0",
      allowance: { ceiling: "1000000000" },
      takesPerTransaction: 50,
    },
  });
  try {
    const idleRpc = await idle(chain, server, keeper, options.say);
    return { ...(await replay(chain, keeper, options)), idleRpc };
  } finally {
    await keeper.stop();
    await server.close();
    await chain.close();
    rmSync(folder, { recursive: true });
  }
}

/** Waits for the keeper to have the book and nothing to do, then counts what it asks. */
async function idle(
  chain: CrashChain,
  server: CountingServer,
  keeper: KeeperChild,
  say: CrashOptions["say"],
): Promise<number> {
  await keeper.line(({ event }) => event === "heads.live");
  say("the keeper reads the book from the chain's logs");
  let most = 0;
  for (let i = 0; i < FIRST_BLOCKS + IDLE_BLOCKS; ++i) {
    const next = (await chain.provider.getBlockNumber()) + 1;
    const seen = keeper.line(({ event, block }) => event === "block.seen" && block === next);
    await chain.mine();
    const line = await seen;
    await sleep(IDLE_MS / 10);
    const calls = [...server.takeCalls().values()].reduce((sum, count) => sum + count, 0);
    if (i < FIRST_BLOCKS) continue;
    if (line.accounts !== chain.ids.length || line.sent !== 0) {
      throw new Error(`that was no idle block: ${JSON.stringify(line)}`);
    }
    most = Math.max(most, calls);
  }
  return most;
}

async function replay(
  chain: CrashChain,
  keeper: KeeperChild,
  { accounts, prices, blockMs, say }: CrashOptions,
): Promise<Omit<CrashResult, "idleRpc">> {
  const record = new CrashRecord(chain);
  const keeperMs: number[] = [];
  keeper.onLine(({ event, ms }) => {
    if (event === "block.seen") keeperMs.push(Number(ms));
  });
  await record.take(await chain.provider.getBlockNumber());
  const intervals: number[] = [];
  let minedAt = performance.now();
  for (let i = 0; i < prices.length + LAST_BLOCKS; ++i) {
    await sleep(Math.max(0, minedAt + blockMs - performance.now()));
    const now = performance.now();
    intervals.push(now - minedAt);
    minedAt = now;
    const block = await chain.mine(prices[i]);
    await record.take(block);
    if ((i + 1) % 10 === 0)
      say(`block ${i + 1} of ${prices.length} of the crash, ${record.calls} calls opened`);
  }
  const sorted = keeperMs.toSorted((a, b) => a - b);
  return {
    accounts,
    blocks: prices.length + LAST_BLOCKS,
    ...(await record.result()),
    blockMsP50: Math.round(
      quantile(
        intervals.toSorted((a, b) => a - b),
        0.5,
      ),
    ),
    keeperMsP50: quantile(sorted, 0.5),
    keeperMsMax: sorted.at(-1) ?? NaN,
  };
}

/** What happened, block by block, as the chain tells it. */
class CrashRecord {
  readonly #chain: CrashChain;
  readonly #follower: ChainFollower;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #watch = new CallWatch();
  /** Calls by the transaction that opened them. */
  readonly #callsIn = new Map<string, number>();
  #statuses: Uint8Array = new Uint8Array();
  #last = 0;
  #liquidations = 0;
  #mostCalls = 0;
  #compared = 0;
  #differences = 0;

  constructor(chain: CrashChain) {
    const { vault, deployBlock } = chain.handle.deployment;
    this.#chain = chain;
    this.#follower = new ChainFollower(chain.provider, vault, deployBlock);
    this.#numbers = new Map(chain.ids.map((id, i) => [id, i]));
  }

  get calls(): number {
    return [...this.#callsIn.values()].reduce((sum, calls) => sum + calls, 0);
  }

  async take(block: number): Promise<void> {
    const called = this.#calledIn(await this.#follower.readTo(block));
    const { statuses, compared, differences } = await judgeBlock(this.#chain, this.#follower, block);
    this.#watch.seen(block, statuses, called);
    this.#mostCalls = Math.max(this.#mostCalls, called.length);
    this.#compared += compared;
    this.#differences += differences;
    this.#statuses = statuses;
    this.#last = block;
  }

  async result(): Promise<
    Omit<CrashResult, "accounts" | "blocks" | "blockMsP50" | "keeperMsP50" | "keeperMsMax" | "idleRpc">
  > {
    const { lags, missed, overtaken } = this.#watch.countsAt(this.#last);
    const gas = await this.#gas();
    return {
      calls: lags.length,
      p50Blocks: quantile(lags, 0.5),
      p99Blocks: quantile(lags, 0.99),
      maxBlocks: lags.at(-1) ?? NaN,
      missed,
      overtaken,
      liquidations: this.#liquidations,
      mostCalls: this.#mostCalls,
      gasPerCallP50: quantile(gas.shares, 0.5),
      gasPerCallP99: quantile(gas.shares, 0.99),
      callGas: gas.total,
      callTransactions: this.#callsIn.size,
      compared: this.#compared,
      differences: this.#differences,
      differencesAtEnd: await differencesOfAll(this.#chain, this.#follower, this.#statuses, this.#last),
    };
  }

  /** Numbers of the accounts whose call was opened. */
  #calledIn(logs: readonly PlacedLog[]): number[] {
    const called: number[] = [];
    for (const log of logs) {
      const event = decodeVaultEvent(log);
      if (event?.name === "Liquidated") this.#liquidations += 1;
      if (event?.name !== "MarginCallOpened") continue;
      const number = this.#numbers.get(event.account);
      if (number === undefined) throw new Error(`a call on ${event.account}, which is none of the bench's`);
      called.push(number);
      this.#callsIn.set(log.transactionHash, (this.#callsIn.get(log.transactionHash) ?? 0) + 1);
    }
    return called;
  }

  async #gas(): Promise<{ readonly shares: readonly number[]; readonly total: number }> {
    const shares: number[] = [];
    let total = 0;
    for (const [hash, calls] of this.#callsIn) {
      const receipt = (await this.#chain.provider.send("eth_getTransactionReceipt", [hash])) as {
        gasUsed: string;
      };
      const gasUsed = Number(receipt.gasUsed);
      total += gasUsed;
      for (let i = 0; i < calls; ++i) shares.push(Math.round(gasUsed / calls));
    }
    return { shares: shares.sort((a, b) => a - b), total };
  }
}
