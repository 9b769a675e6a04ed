/*
 * Run by `npm run soak`, and by nothing else: a keeper in a process of its own follows a chain for as many blocks as the
 * environment says, while prices walk, accounts are opened, called, cured, liquidated and written off. What is measured
 * is what the keeper itself exports.
 */
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ProgressLine } from "../../keeper/commands/progressLine.ts";
import { startChain, type Chain } from "./support/chain.ts";
import { Inspector, INSPECTED } from "./support/inspector.ts";
import { startKeeper, writeConfig, type KeeperProcess } from "./support/keeperProcess.ts";
import { randomOf } from "./support/random.ts";
import { floorOf, slopeOf } from "./support/trend.ts";
import { buildWorld, type World } from "./support/world.ts";
import { etherFor } from "./support/etherFor.ts";

const BLOCKS = Number(process.env.TOCSIN_SOAK_BLOCKS ?? "600");
const SEED = Number(process.env.TOCSIN_SOAK_SEED ?? "1");
const REPORT = process.env.TOCSIN_SOAK_REPORT;
const BLOCK_SECONDS = 3;
const DEBT = 10_000n * 10n ** 6n;
const ACCOUNTS = 40;
const SAMPLE_EVERY = Math.max(5, Math.floor(BLOCKS / 400));
const PRICE_EVERY = 8;
const OPEN_EVERY = 60;
/** K-29. */
const LONGEST_LAG_SECONDS = 0.2;
/** Of the heap at the beginning, that may have been added at the end; what is learned of new accounts is a part of it. */
const GROWTH = 0.15;
const WINDOW = 20;

interface Sample {
  readonly block: number;
  readonly heap: number;
  readonly lag: number;
}

describe("K-29 a simulated day", function () {
  this.timeout(0);
  let chain: Chain;
  let world: World;
  let folder: string;
  let keeper: KeeperProcess;
  let inspector: Inspector;
  const below = randomOf(SEED);
  const random = () => below(1_000_000) / 1_000_000;

  before(async () => {
    chain = await startChain();
    world = await buildWorld(chain);
    for (let n = 1; n <= ACCOUNTS; ++n) await world.open(BigInt(n), 0, etherFor(1.06 + random() / 3), DEBT);
    await chain.send("evm_setAutomine", false);
    folder = mkdtempSync(join(tmpdir(), "tocsin-soak-"));
    const config = writeConfig(folder, chain.url, world.deployment, {
      metrics: { listen: "127.0.0.1:0" },
      logLevel: "info",
      brake: { maxShareBps: 10_000 },
      standby: { rank: 0 },
    });
    keeper = startKeeper(config, "run", INSPECTED);
    inspector = await Inspector.of(keeper);
    await until(() => keeper.lines.some(({ event }) => event === "metrics.served"));
  });
  after(async () => {
    inspector.close();
    if (keeper.process.exitCode === null) await keeper.stop("SIGKILL");
    rmSync(folder, { recursive: true });
    world.close();
    await chain.close();
  });

  async function until(isSo: () => boolean): Promise<void> {
    for (let i = 0; i < 10_000; ++i) {
      if (isSo()) return;
      await sleep(2);
    }
    throw new Error(`${keeper.stderr()}\n${JSON.stringify(keeper.lines.slice(-5))}`);
  }

  it("leaves the heap as large as it was, and holds the event loop up by less than 200 ms", async () => {
    const url = String(keeper.lines.find(({ event }) => event === "metrics.served")?.url);
    const first = Number(await chain.send<string>("eth_blockNumber"));
    let seen = 0;
    let place = 0;
    const isAt = (block: number) => () => {
      for (; place < keeper.lines.length; ++place) {
        const line = keeper.lines[place];
        if (line?.event === "block.seen") seen = Number(line.block);
      }
      return seen >= block;
    };
    const samples: Sample[] = [];
    const progress = new ProgressLine(process.stderr);
    let price = 2_000;
    let account = BigInt(ACCOUNTS);
    for (let n = 1; n <= BLOCKS; ++n) {
      if (n % PRICE_EVERY === 0) {
        // Drawn back to where it began, so that the day has many crashes and no end.
        price *= 1 + (random() - 0.5) * 0.07 + (2_000 / price - 1) * 0.02;
        await world.setPrice(0, Math.round(price));
      }
      if (n % OPEN_EVERY === 0) {
        account += 1n;
        await world.open(account, 0, etherFor(1.07 + random() / 3, price), DEBT);
      }
      await chain.mine(BLOCK_SECONDS);
      await until(isAt(first + n));
      if (n % SAMPLE_EVERY === 0) samples.push({ block: n, ...(await measure(url, inspector)) });
      progress.say(
        () => `block ${n} of ${BLOCKS}, ${Math.round((samples.at(-1)?.heap ?? 0) / 2 ** 20)} MB of heap`,
      );
    }
    progress.clear();
    const { verdict, ...numbers } = judge(samples);
    const counted = keeper.lines.reduce<Record<string, number>>((counts, { event }) => {
      counts[event] = (counts[event] ?? 0) + 1;
      return counts;
    }, {});
    const report = {
      blocks: BLOCKS,
      accounts: Number(account),
      calls: counted["call.opened"] ?? 0,
      takes: counted["account.liquidated"] ?? 0,
      sends: counted["transaction.sent"] ?? 0,
      failures: counted["tick.failed"] ?? 0,
      ...numbers,
    };
    if (REPORT !== undefined) writeFileSync(REPORT, JSON.stringify({ ...report, samples }));
    expect(report.calls).to.be.greaterThan(0);
    expect(verdict, JSON.stringify(report)).to.be.empty;
    // A process waits at its end for whoever inspects it.
    inspector.close();
    expect(await keeper.stop("SIGTERM")).to.equal(0);
  });
});

/**
 * The keeper's own numbers: how long its event loop was held up since it was last asked, and what its heap holds without
 * garbage, which V8 leaves lying for as long as there is room.
 */
async function measure(url: string, inspector: Inspector): Promise<Pick<Sample, "heap" | "lag">> {
  const read = async (name: string) => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
  };
  const lag = await read("nodejs_eventloop_lag_p99_seconds");
  await inspector.collectGarbage();
  return { lag, heap: await read("nodejs_heap_size_used_bytes") };
}

/** The first quarter warms up: code is compiled, tables reach the size that they need. */
function judge(samples: readonly Sample[]) {
  const warm = samples.slice(Math.floor(samples.length / 4));
  const floor = floorOf(
    warm.map(({ block, heap }) => [block, heap] as const),
    Math.max(2, Math.min(WINDOW, Math.floor(warm.length / 5))),
  );
  const slope = slopeOf(floor);
  const start = floor[0]?.[1] ?? 0;
  const grown = slope * ((floor.at(-1)?.[0] ?? 0) - (floor[0]?.[0] ?? 0));
  const lags = warm.map(({ lag }) => lag).toSorted((a, b) => a - b);
  const lagP99Ms = Math.round((lags[Math.floor(lags.length * 0.99)] ?? 0) * 1_000);
  const verdict = [
    ...(grown > start * GROWTH ? [`the heap grows: ${String(Math.round(grown / 1024))} KB`] : []),
    ...(lagP99Ms > LONGEST_LAG_SECONDS * 1_000 ? [`the event loop is held up: ${String(lagP99Ms)} ms`] : []),
  ];
  return {
    verdict,
    heapStartKb: Math.round(start / 1024),
    heapEndKb: Math.round((floor.at(-1)?.[1] ?? 0) / 1024),
    slopeBytesPerBlock: Math.round(slope),
    lagP99Ms,
  };
}
