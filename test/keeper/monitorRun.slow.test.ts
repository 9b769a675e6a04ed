import { expect } from "chai";
import { before, beforeEach, describe, it } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import { watchStatus } from "../../keeper/commands/statusWatch.ts";
import { metricsSchema } from "../../keeper/metricsConfig.ts";
import type { Config } from "../../keeper/config.ts";
import { useKeeperBench } from "./support/keeperBench.ts";
import { etherFor } from "./support/etherFor.ts";
import type { KeeperProcess } from "./support/keeperProcess.ts";

const DEBT = 10_000n * 10n ** 6n;
const STALE_SECONDS = 3;

describe("a running keeper's metrics", function () {
  this.timeout(60_000);
  const bench = useKeeperBench("monitor");
  let keeper: KeeperProcess;

  before(async () => {
    for (let n = 1n; n <= 3n; ++n) await bench.world.open(n, 0, etherFor(1.06), DEBT);
  });
  beforeEach(() => {
    keeper = bench.start(bench.written({ metrics: { listen: "127.0.0.1:0", staleSeconds: STALE_SECONDS } }));
  });

  const said = (event: string) => keeper.lines.filter((line) => line.event === event);
  async function until(isSo: () => boolean | Promise<boolean>, mineSeconds?: number): Promise<void> {
    for (let i = 0; i < 150; ++i) {
      if (await isSo()) return;
      if (mineSeconds !== undefined) await bench.chain.mine(mineSeconds);
      await sleep(80);
    }
    throw new Error(`${keeper.stderr()}\n${JSON.stringify(keeper.lines.slice(-5))}`);
  }

  it("follow it through a crash; readiness fails when the chain stands still, and /status is what the terminal shows", async () => {
    await until(() => said("metrics.served").length > 0);
    const url = String(said("metrics.served")[0]?.url);
    const get = async (path: string) => (await fetch(`${url}${path}`)).text();
    const metric = async (name: string, labels = "") => {
      const found = new RegExp(`^${name}\\{vault="[^"]+"${labels}\\} (\\S+)$`, "m").exec(
        await get("/metrics"),
      );
      return found === null ? undefined : Number(found[1]);
    };
    await until(() => said("block.seen").length > 0, 12);
    expect((await fetch(`${url}/readyz`)).status).to.equal(200);
    expect(await metric("tocsin_accounts", ',status="Warned"')).to.equal(3);

    await bench.world.setPrice(0, 1_870);
    await until(async () => (await metric("tocsin_calls_open")) === 3, 12);
    expect(await metric("tocsin_accounts", ',status="Called"')).to.equal(3);
    expect(await metric("tocsin_next_deadline_seconds")).to.be.within(900, 14_400);
    await until(
      async () => (await metric("tocsin_transactions_total", ',duty="openCall",outcome="mined"'))! >= 1,
      12,
    );
    expect(await metric("tocsin_gas_spent_native_total")).to.be.greaterThan(0);
    expect(await metric("tocsin_audited_accounts")).to.be.greaterThan(0);
    expect(await metric("tocsin_audit_differences_total")).to.equal(0);
    expect(await metric("tocsin_overdue", ',duty="openCall"')).to.equal(0);
    expect(await metric("tocsin_store_bytes")).to.be.greaterThan(0);

    await bench.world.setPrice(0, 1_450);
    await until(async () => (await metric("tocsin_liquidations_total"))! >= 1, 12);
    expect(await metric("tocsin_liquidation_income_quote")).to.be.greaterThan(0);

    const frames: string[] = [];
    const metrics = metricsSchema.parse({ listen: new URL(url).host });
    await watchStatus({
      configs: [{ metrics } as Config],
      output: { write: (text) => frames.push(text) },
      signal: new AbortController().signal,
      once: true,
    });
    expect(frames.join("")).to.contain(bench.world.deployment.vault).and.to.contain("liquidateCritical");

    // Nothing is mined any more.
    await until(async () => (await fetch(`${url}/readyz`)).status === 503);
    expect(await get("/readyz")).to.contain("there has been no new block for");
    expect((await fetch(`${url}/healthz`)).status).to.equal(200);
    await until(async () => (await fetch(`${url}/readyz`)).status === 200, 12);
    expect(await keeper.stop("SIGTERM")).to.equal(0);
    expect(await fetch(url).catch((error: unknown) => error)).to.be.instanceOf(Error);
  });
});
