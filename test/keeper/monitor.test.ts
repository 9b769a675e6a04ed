import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../../keeper/config.ts";
import { UserError } from "../../keeper/errors.ts";
import { silentLog } from "../../keeper/log.ts";
import { metricsSchema } from "../../keeper/metricsConfig.ts";
import type { BlockView } from "../../keeper/monitor/blockView.ts";
import { single } from "../../keeper/monitor/gaugeSpec.ts";
import { Metrics } from "../../keeper/monitor/metrics.ts";
import { openMonitorServer, type MonitorServer } from "../../keeper/monitor/monitorServer.ts";
import { openMonitoring } from "../../keeper/monitor/openMonitoring.ts";
import { statusReport, type StatusReport } from "../../keeper/monitor/statusReport.ts";
import { blockViewOf, monitorOf, WATCHED } from "./support/blockView.ts";
import { ACT_AT, ETHER, NOW, USDC } from "./support/snapshot.ts";
import { accountOf, stateOf } from "./support/state.ts";
import { VAULT } from "./support/vaultLogs.ts";

const DEBT = 10_000n * USDC;
const amountFor = (healthBps: bigint) => (DEBT * ETHER * healthBps) / (1_604n * USDC) / 10_000n;
const called = stateOf(amountFor(9_900n), DEBT, {
  calledAt: NOW - 100n,
  deadline: ACT_AT + 1_000n,
  auctionStart: ACT_AT + 1_000n,
});
const ACCOUNTS = [
  [accountOf(1), stateOf(amountFor(15_000n), DEBT)],
  [accountOf(2), stateOf(amountFor(9_900n), DEBT)],
  [accountOf(3), called],
] as const;
const TRANSACTION = { duty: "openCall", accounts: 1, nonce: 7, hash: `0x${"ab".repeat(32)}` };

const aside = (isAside: boolean) => ({ isAside, asked: { requests: 3, calls: 9 } });

describe("metrics", () => {
  const textOf = async (view: BlockView, monitor = monitorOf()) => {
    const metrics = new Metrics([monitor]);
    monitor.decided(view);
    return { text: await metrics.text(), metrics, monitor };
  };
  const valueOf = (text: string, name: string, labels = "") =>
    Number(new RegExp(`^${name}\\{vault="[^"]+"${labels}\\} (\\S+)$`, "m").exec(text)?.[1]);

  it("show the block, the accounts, what is due and what it can pay with", async () => {
    const { text } = await textOf(blockViewOf(ACCOUNTS, { endpoints: { all: [aside(false), aside(true)] } }));
    expect(valueOf(text, "tocsin_head_block")).to.equal(100);
    expect(valueOf(text, "tocsin_head_age_seconds")).to.equal(5);
    expect(valueOf(text, "tocsin_accounts", ',status="Called"')).to.equal(1);
    expect(valueOf(text, "tocsin_accounts", ',status="Critical"')).to.equal(0);
    expect(valueOf(text, "tocsin_calls_open")).to.equal(1);
    expect(valueOf(text, "tocsin_next_deadline_seconds")).to.equal(Number(ACT_AT - NOW) + 1_000);
    expect(valueOf(text, "tocsin_due", ',duty="openCall"')).to.equal(3);
    expect(valueOf(text, "tocsin_overdue", ',duty="openCall"')).to.equal(1);
    expect(valueOf(text, "tocsin_overdue", ',duty="liquidateCritical"')).to.equal(0);
    expect(valueOf(text, "tocsin_debt_quote")).to.equal(30_000);
    expect(valueOf(text, "tocsin_wallet_quote")).to.equal(1_000_000);
    expect(valueOf(text, "tocsin_endpoint_in_use", ',endpoint="0"')).to.equal(1);
    expect(valueOf(text, "tocsin_endpoint_in_use", ',endpoint="1"')).to.equal(0);
    expect(valueOf(text, "tocsin_trust", ',trust="alone"')).to.equal(1);
    expect(valueOf(text, "tocsin_ready")).to.equal(1);
    expect(valueOf(text, "tocsin_stage_seconds_sum", ',stage="send"')).to.equal(0.1);
    expect(text)
      .to.match(/^nodejs_heap_size_used_bytes /m)
      .and.match(/^nodejs_eventloop_lag_p99_seconds /m);
  });

  it("count transactions, gas, income, differences and warnings from the log, and pass every line on", async () => {
    const lines: unknown[] = [];
    const write = (event: string) => lines.push(event);
    const { text: before, metrics, monitor } = await textOf(blockViewOf(ACCOUNTS));
    expect(valueOf(before, "tocsin_transactions_total", ',duty="openCall",outcome="sent"')).to.equal(0);
    const log = monitor.tap({ debug: write, info: write, warn: write, error: write });
    log.info("transaction.sent", TRANSACTION);
    log.info("transaction.mined", { ...TRANSACTION, feeWei: ETHER / 4n });
    log.warn("transaction.rejected", { nonce: 8 });
    // Half an ether at 2,000, for 900 and an insurance of 20.
    const asset = WATCHED.deployment.collaterals[0]!.address;
    const take = { own: true, asset, repaid: 900n * USDC, insured: 20n * USDC, seized: ETHER / 2n };
    log.info("account.liquidated", take);
    log.info("account.liquidated", { ...take, own: false });
    log.error("audit.different");
    const text = await metrics.text();
    expect(valueOf(text, "tocsin_transactions_total", ',duty="openCall",outcome="mined"')).to.equal(1);
    expect(valueOf(text, "tocsin_transactions_total", ',duty="unknown",outcome="rejected"')).to.equal(1);
    expect(valueOf(text, "tocsin_gas_spent_native_total")).to.equal(0.25);
    expect(valueOf(text, "tocsin_liquidations_total")).to.equal(1);
    expect(valueOf(text, "tocsin_liquidation_income_quote")).to.equal(80);
    expect(valueOf(text, "tocsin_audit_differences_total")).to.equal(1);
    expect(valueOf(text, "tocsin_log_lines_total", ',level="error",event="audit.different"')).to.equal(1);
    expect(lines).to.have.length(6);
  });

  it("count blocks that were passed over", async () => {
    const { metrics, monitor } = await textOf(blockViewOf(ACCOUNTS));
    monitor.decided(blockViewOf(ACCOUNTS, { head: { ...blockViewOf([]).head, number: 104, hash: "0x4" } }));
    const text = await metrics.text();
    expect(valueOf(text, "tocsin_blocks_total", ',trust="alone"')).to.equal(2);
    expect(valueOf(text, "tocsin_blocks_passed_over_total")).to.equal(3);
  });

  it("K-19 name no account, no transaction and no place", async () => {
    const { metrics, monitor } = await textOf(blockViewOf(ACCOUNTS));
    monitor.tap(silentLog).error("audit.different", { account: accountOf(2) });
    monitor.tap(silentLog).info("transaction.sent", TRANSACTION);
    const text = await metrics.text();
    const words = new Set(text.match(/0x[0-9a-f]{8,}/gi));
    expect([...words]).to.deep.equal([VAULT]);
    expect(text).to.not.match(/https?:|\/nowhere/);
  });

  it("take in the numbers of other rooms", async () => {
    const { metrics } = await textOf(blockViewOf(ACCOUNTS));
    metrics.register(single("tocsin_example_waiting", "What waits.", ({ book }) => book.size));
    expect(valueOf(await metrics.text(), "tocsin_example_waiting")).to.equal(3);
  });

  it("do not leave what is over at its last value", async () => {
    const { metrics, monitor } = await textOf(blockViewOf(ACCOUNTS));
    monitor.decided(blockViewOf([]));
    const text = await metrics.text();
    expect(text).to.not.match(/^tocsin_next_deadline_seconds\{/m);
    expect(text).to.not.match(/^tocsin_skipped\{/m);
  });
});

describe("readiness", () => {
  let nowMs: number;
  let ageSeconds: number;
  const monitor = () => monitorOf({ now: () => nowMs, wallSeconds: () => Number(NOW) + ageSeconds });
  const view = (changes: Partial<BlockView> = {}) =>
    blockViewOf(ACCOUNTS, { endpoints: { all: [aside(false)] }, ...changes });
  beforeEach(() => {
    nowMs = 1_000;
    ageSeconds = 5;
  });

  it("needs a block", () => {
    const own = monitor();
    expect(own.notReadyFor).to.deep.equal(["no block has been decided upon yet"]);
    own.decided(view());
    expect(own.notReadyFor).to.be.empty;
  });

  it("fails when there is no new block, and again holds with one", () => {
    const own = monitor();
    own.decided(view());
    nowMs += 121_000;
    // The same block, decided upon again, is no news.
    own.decided(view());
    expect(own.notReadyFor).to.deep.equal(["there has been no new block for 2 min 1 s"]);
    own.decided(view({ head: { ...view().head, hash: "0x2" } }));
    expect(own.notReadyFor).to.be.empty;
  });

  it("fails when the newest block is old, as after a long stop, and not for a chain that is ahead of the clock", () => {
    const own = monitor();
    own.decided(view());
    ageSeconds = 500;
    expect(own.notReadyFor).to.deep.equal(["the newest block is 8 min 20 s old"]);
    ageSeconds = -1_000_000;
    expect(own.notReadyFor).to.be.empty;
  });

  it("fails without an endpoint, and while they do not agree for long", () => {
    const own = monitor();
    own.decided(view({ endpoints: { all: [aside(true), aside(true)] } }));
    expect(own.notReadyFor).to.deep.equal(["no endpoint is in use"]);
    const disputed = view({ times: { ...view().times, trust: "disputed" } });
    own.decided(disputed);
    nowMs += 30_000;
    own.decided({ ...disputed, head: { ...disputed.head, hash: "0x3" } });
    expect(own.notReadyFor).to.be.empty;
    nowMs += 31_000;
    expect(own.notReadyFor).to.deep.equal(["endpoints have not agreed for 1 min 1 s"]);
    own.decided(view());
    expect(own.notReadyFor).to.be.empty;
  });

  it("fails when blocks are seen and never finished, and when it has stopped", () => {
    const own = monitor();
    own.decided(view());
    own.tap(silentLog).warn("tick.failed", { error: "no answer" });
    nowMs += 121_000;
    own.tap(silentLog).warn("tick.failed", { error: "no answer" });
    expect(own.notReadyFor).to.include("no block was finished for 2 min 1 s");
    own.ended("another process has its key");
    expect(own.notReadyFor).to.deep.equal(["it has stopped: another process has its key"]);
  });

  it("holds while the brake is engaged and nothing may be sent", () => {
    const own = monitor();
    const { decision, times } = view();
    const extent = { accounts: 30, debt: 3n, bookDebt: 4n, shareBps: 7_500n };
    const brake = { kind: "engaged", extent, held: new Set([accountOf(2)]), unconfirmed: [0] } as const;
    own.decided(view({ decision: { ...decision, brake }, times: { ...times, isStopped: true } }));
    expect(own.notReadyFor).to.be.empty;
  });
});

describe("the monitor's server", () => {
  let server: MonitorServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });
  const open = async (monitor = monitorOf()) => {
    const metrics = new Metrics([monitor]);
    const listen = { host: "127.0.0.1", port: 0 };
    server = await openMonitorServer({ listen, monitors: [monitor], metrics, log: silentLog });
    return (path: string, init?: RequestInit) => fetch(`${server!.url}${path}`, init);
  };

  it("serves metrics, health, readiness with reasons, and status", async () => {
    const monitor = monitorOf();
    const get = await open(monitor);
    const early = await get("/readyz");
    expect(early.status).to.equal(503);
    expect(await early.json()).to.deep.equal({
      isReady: false,
      vaults: [{ vault: VAULT, block: null, reasons: ["no block has been decided upon yet"] }],
    });
    expect(((await (await get("/status")).json()) as StatusReport[])[0]?.block).to.equal(undefined);
    monitor.decided(blockViewOf(ACCOUNTS, { endpoints: { all: [aside(false)] } }));
    expect((await get("/readyz")).status).to.equal(200);
    const health = await get("/healthz");
    expect(health.status).to.equal(200);
    expect(await health.json()).to.include({ isHealthy: true });
    const metrics = await get("/metrics");
    expect(metrics.headers.get("content-type")).to.contain("text/plain; version=0.0.4");
    expect(await metrics.text()).to.contain("tocsin_head_block");
    const [status] = (await (await get("/status")).json()) as StatusReport[];
    expect(status?.calls?.map(({ account }) => account)).to.deep.equal([accountOf(3)]);
  });

  it("answers nothing else, takes nothing in, and a question that fails ends nothing", async () => {
    const monitor = monitorOf();
    const get = await open(monitor);
    expect((await get("/")).status).to.equal(404);
    expect((await get("/metrics", { method: "POST", body: "x" })).status).to.equal(405);
    const broken = { ...blockViewOf(ACCOUNTS), snapshot: undefined } as unknown as BlockView;
    monitor.decided(broken);
    expect((await get("/status")).status).to.equal(500);
    expect((await get("/healthz")).status).to.equal(200);
  });

  it("C-66 says in a sentence that it cannot listen, or is wanted at two places", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const wanting = (listen: string) => ({ ...WATCHED, metrics: metricsSchema.parse({ listen }) }) as Config;
    const thrown = (configs: readonly Config[]) =>
      openMonitoring(configs, silentLog).catch((error: unknown) => error);
    const error = await thrown([wanting(`127.0.0.1:${port}`)]);
    expect(error).to.be.instanceOf(UserError);
    expect(String(error)).to.contain("metrics.listen");
    expect(await thrown([wanting("127.0.0.1:1"), wanting("127.0.0.1:2")])).to.be.instanceOf(UserError);
    expect(await openMonitoring([{ ...WATCHED, metrics: undefined }], silentLog)).to.equal(undefined);
    await new Promise((resolve) => other.close(resolve));
  });

  it("takes an address of either family and no other text", () => {
    const listen = (text: string) => metricsSchema.safeParse({ listen: text });
    expect(listen("127.0.0.1:9469").data?.listen).to.deep.equal({ host: "127.0.0.1", port: 9_469 });
    expect(listen("[::1]:0").data?.listen).to.deep.equal({ host: "::1", port: 0 });
    for (const wrong of ["9469", "127.0.0.1", "127.0.0.1:70000", "http://127.0.0.1:9469", ""])
      expect(listen(wrong).success, wrong).to.be.false;
  });
});

describe("statusReport", () => {
  it("lists who is nearest, the calls by the time they have left, and what was sent last", () => {
    const later = stateOf(amountFor(9_950n), DEBT, {
      calledAt: NOW - 100n,
      deadline: ACT_AT + 5_000n,
      auctionStart: ACT_AT + 5_000n,
    });
    const monitor = monitorOf();
    monitor.decided(blockViewOf([...ACCOUNTS, [accountOf(4), later]]));
    monitor.tap(silentLog).info("transaction.sent", TRANSACTION);
    monitor.tap(silentLog).info("transaction.mined", { ...TRANSACTION, block: 101 });
    const report = statusReport(monitor);
    expect(report.block).to.deep.equal({ number: 100, timestamp: Number(NOW), trust: "alone", decideMs: 60 });
    expect(report.debt).to.equal("40,000");
    expect(report.calls?.map(({ account, secondsLeft }) => [account, secondsLeft])).to.deep.equal([
      [accountOf(3), 1_012],
      [accountOf(4), 5_012],
    ]);
    expect(report.nearest?.map(({ health }) => health)).to.deep.equal([
      "0.9899",
      "0.9899",
      "0.9949",
      "1.4999",
    ]);
    expect(report.transactions?.map(({ event, block }) => [event, block])).to.deep.equal([
      ["mined", 101],
      ["sent", 100],
    ]);
    expect(report.prices?.[0]).to.include({ symbol: "WETH", isFresh: true });
  });

  it("measures the store", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tocsin-monitor-"));
    const storeFile = join(folder, "keeper.sqlite");
    writeFileSync(storeFile, "1234");
    writeFileSync(`${storeFile}-wal`, "12");
    const monitor = monitorOf({ config: { ...WATCHED, storeFile } });
    const metrics = new Metrics([monitor]);
    monitor.decided(blockViewOf(ACCOUNTS));
    expect(await metrics.text()).to.match(/^tocsin_store_bytes\{[^}]*\} 6$/m);
    rmSync(folder, { recursive: true });
  });
});
