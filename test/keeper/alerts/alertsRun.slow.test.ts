import { expect } from "chai";
import { createHmac, randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, it } from "mocha";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  ALERT_LEVELS,
  NO_SECRET_HASH,
  secretHashOf,
  subscribeTypedData,
  type Subscribe,
} from "../../../sdk/alertRequest.ts";
import { etherFor } from "../support/etherFor.ts";
import { useKeeperBench } from "../support/keeperBench.ts";
import type { KeeperProcess } from "../support/keeperProcess.ts";
import { startSink, type Received, type Sink } from "./support/sink.ts";
import { startSmtpSink, type SmtpSink } from "./support/smtpSink.ts";

const DEBT = 10_000n * 10n ** 6n;
const SECRET = `0x${"5a".repeat(32)}`;

describe("a keeper that tells traders", function () {
  this.timeout(120_000);
  const bench = useKeeperBench("alerts-run");
  let hook: Sink;
  let smtp: SmtpSink;

  beforeEach(async () => {
    [hook, smtp] = [await startSink(), await startSmtpSink()];
    // A trader's server that agrees to what it is asked.
    hook.answer = ({ body }, response) => {
      const { kind, code } = JSON.parse(body) as { kind: string; code?: string };
      response.end(kind === "confirmation" ? code : "thanks");
    };
  });
  afterEach(async () => {
    await Promise.all([hook.close(), smtp.close()]);
  });

  const configOf = (more: Readonly<Record<string, unknown>> = {}) =>
    bench.written({
      metrics: { listen: "127.0.0.1:0" },
      alerts: {
        listen: "127.0.0.1:0",
        timeoutMs: 1_000,
        webhook: { allowed: [hook.host] },
        email: { host: "127.0.0.1", port: smtp.port, security: "none", from: "calls@example.org" },
        ...more,
      },
    });
  async function start(file = configOf()): Promise<KeeperProcess> {
    const keeper = bench.start(file);
    await until(keeper, () => keeper.lines.some(({ event }) => event === "block.seen"));
    return keeper;
  }

  async function until(keeper: KeeperProcess, isSo: () => boolean, withinMs = 20_000): Promise<void> {
    const end = performance.now() + withinMs;
    while (!isSo()) {
      if (performance.now() > end || keeper.process.exitCode !== null) {
        const tail = keeper.lines.slice(-15).map((line) => JSON.stringify(line));
        throw new Error(`it did not happen; ${keeper.stderr()}\n${tail.join("\n")}`);
      }
      await sleep(20);
    }
  }

  async function post(keeper: KeeperProcess, json: unknown): Promise<{ status: number; body: unknown }> {
    const port = Number(keeper.lines.find(({ event }) => event === "alerts.listening")?.port);
    const response = await fetch(`http://127.0.0.1:${port}/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: typeof json === "string" ? json : JSON.stringify(json),
    });
    return { status: response.status, body: await response.json() };
  }

  async function signed(changes: Partial<Subscribe>): Promise<Readonly<Record<string, unknown>>> {
    const head = await bench.chain.send<{ timestamp: string }>("eth_getBlockByNumber", "latest", false);
    const issuedAt = Number(head.timestamp);
    const message: Subscribe = {
      owner: bench.world.trader.address,
      channel: "webhook",
      target: `${hook.url}/calls`,
      levels: ALERT_LEVELS,
      quietHours: "",
      secretHash: secretHashOf(SECRET),
      issuedAt,
      validUntil: issuedAt + 3_600,
      ...changes,
    };
    const { chainId, vault } = bench.world.deployment;
    const { domain, types } = subscribeTypedData(chainId, vault, message);
    const signature = await bench.world.trader.signTypedData(domain, types, message);
    const secret = message.channel === "webhook" ? { secret: SECRET } : {};
    return { kind: "subscribe", message, signature, ...secret };
  }

  const bodies = () => hook.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  const told = (kind: string) => bodies().filter((body) => body.kind === kind);

  /** A keeper of a vault with an account near its call, whose owner is to be told by the hook. */
  async function startSubscribed(): Promise<{ readonly file: string; readonly keeper: KeeperProcess }> {
    await bench.world.open(1n, 0, etherFor(1.0565), DEBT);
    await bench.chain.mine();
    const file = configOf();
    const keeper = await start(file);
    await subscribed(keeper);
    return { file, keeper };
  }

  async function subscribed(keeper: KeeperProcess): Promise<void> {
    const { status, body } = await post(keeper, await signed({}));
    expect(
      status,
      JSON.stringify([body, keeper.lines.filter(({ event }) => event.startsWith("alerts."))]),
    ).to.equal(200);
    await until(keeper, () => told("confirmation").length > 0);
    await until(keeper, () =>
      keeper.lines.some(({ event, kind }) => event === "alerts.sent" && kind === "confirmation"),
    );
  }

  /** Mines blocks until something is so, giving the keeper time in between. */
  async function mineUntil(keeper: KeeperProcess, isSo: () => boolean, seconds = 12): Promise<void> {
    for (let i = 0; i < 120 && !isSo(); ++i) {
      await bench.chain.mine(seconds);
      await sleep(100);
    }
    await until(keeper, isSo, 2_000);
  }

  it("takes a subscription, asks, and tells of the call, its time and its receipt", async () => {
    await bench.world.open(1n, 0, etherFor(1.0565), DEBT);
    await bench.chain.mine();
    const keeper = await start();
    await subscribed(keeper);
    // Not confirmed: a question and nothing else.
    const mail = { channel: "email", target: "trader@example.net", secretHash: NO_SECRET_HASH } as const;
    const answer = await post(keeper, await signed(mail));
    expect(answer.status).to.equal(200);
    await bench.world.setPrice(0, 1_870);
    await mineUntil(keeper, () => told("called").length === 1);
    const [call] = told("called");
    expect(call).to.deep.include({ owner: bench.world.trader.address, subAccount: "1", nonce: 1 });
    expect(call?.text)
      .to.contain("either repay")
      .and.to.contain("or deposit")
      .and.to.contain("Deadline: 2030-");
    const { headers, body } = hook.received.find((each) => each.body.includes('"called"'))!;
    const mac = createHmac("sha256", Buffer.from(SECRET.slice(2), "hex"));
    const signature = mac.update(`v1.${String(headers["tocsin-timestamp"])}.${body}`).digest("hex");
    expect(headers["tocsin-signature"]).to.equal(`v1=${signature}`);
    await mineUntil(keeper, () => told("liquidated").length >= 1, 120);
    expect(told("reminder").map(({ left }) => left)).to.deep.equal(["half", "tenth"]);
    const [receipt] = told("liquidated");
    expect(receipt?.transactionHash).to.match(/^0x[0-9a-f]{64}$/);
    expect(Number(receipt?.repaid)).to.be.above(0);
    const sentByHook = () =>
      keeper.lines.filter(({ event, channel }) => event === "alerts.sent" && channel === "webhook").length;
    const url = String(keeper.lines.find(({ event }) => event === "metrics.served")?.url);
    let [metrics, received] = ["", -1];
    // Read again while another message came in between.
    while (received !== hook.received.length) {
      await until(keeper, () => sentByHook() === hook.received.length);
      received = hook.received.length;
      metrics = await (await fetch(`${url}/metrics`)).text();
    }
    const sent = /^tocsin_alerts_total\{vault="\w+",channel="webhook",outcome="sent"\} (\d+)$/m.exec(
      metrics,
    )?.[1];
    expect(Number(sent)).to.equal(received);
    for (const line of [
      'subscriptions{vault="\\w+",channel="webhook",state="active"} 1',
      'subscriptions{vault="\\w+",channel="email",state="unconfirmed"} 1',
      'waiting{vault="\\w+",channel="webhook",urgency="calls"} 0',
      'channel_down{vault="\\w+",channel="email"} 0',
    ])
      expect(metrics).to.match(new RegExp(`^tocsin_alerts_${line}$`, "m"));
    expect(smtp.mails.length).to.equal(1);
    expect(smtp.mails[0]?.data).to.contain("Confirm alerts");
    expect(await keeper.stop("SIGTERM")).to.equal(0);
    expect(keeper.stderr()).to.equal("");
    expect(keeper.lines.filter(({ event }) => event === "alerts.broken")).to.be.empty;
  });

  it("K-09 killed while a message is on its way: it is sent again, with the same key", async () => {
    const { file, keeper } = await startSubscribed();
    const hanging: Received[] = [];
    hook.answer = (received) => void hanging.push(received);
    await bench.world.setPrice(0, 1_870);
    await mineUntil(keeper, () => hanging.some(({ body }) => body.includes('"kind":"called"')));
    await keeper.stop("SIGKILL");
    hook.answer = (_received, response) => response.end("thanks");
    const again = await start(file);
    await until(again, () =>
      again.lines.some(({ event, kind }) => event === "alerts.sent" && kind === "called"),
    );
    const keys = new Set(told("called").map(({ key }) => key));
    expect(told("called").length).to.be.at.least(2);
    expect(keys.size).to.equal(1);
    expect(told("retraction")).to.be.empty;
  });

  it("a keeper that runs once takes in what was handed in, and tells what it has done before it ends", async () => {
    const { file, keeper } = await startSubscribed();
    await keeper.stop("SIGTERM");
    // A server that takes its time, while the chain goes on without the keeper.
    hook.answer = ({ body }, response) => {
      const { kind, code } = JSON.parse(body) as { kind: string; code?: string };
      setTimeout(() => response.end(kind === "confirmation" ? code : "thanks"), 400);
    };
    const inbox = join(bench.folder, "keeper.sqlite.inbox");
    mkdirSync(inbox, { recursive: true });
    const other = JSON.stringify(await signed({ target: `${hook.url}/other` }));
    writeFileSync(join(inbox, `${randomUUID()}.json`), other);
    await bench.world.setPrice(0, 1_870);
    await bench.chain.mine();
    const once = bench.start(file, "once");
    for (let i = 0; i < 40 && once.process.exitCode === null; ++i) {
      await sleep(250);
      await bench.chain.mine();
    }
    expect(await once.ended(), once.stderr()).to.equal(0);
    const toldAt = hook.received.filter(({ body }) => body.includes('"called"')).map(({ path }) => path);
    expect(toldAt).to.have.members(["/calls", "/other"]);
    expect(told("confirmation").length).to.equal(2);
    const sent = once.lines.filter(({ event }) => event === "alerts.sent").map(({ kind }) => kind);
    expect(sent).to.include.members(["called", "confirmation"]);
    expect(once.lines.filter(({ event }) => event === "alerts.left")).to.be.empty;
  });

  it("and says what it leaves where nobody answers", async () => {
    const { file, keeper } = await startSubscribed();
    await keeper.stop("SIGTERM");
    hook.answer = (_received, response) => {
      response.statusCode = 503;
      response.end();
    };
    await bench.world.setPrice(0, 1_870);
    await bench.chain.mine();
    const once = bench.start(file, "once");
    for (let i = 0; i < 40 && once.process.exitCode === null; ++i) {
      await sleep(250);
      await bench.chain.mine();
    }
    expect(await once.ended(), once.stderr()).to.equal(0);
    const [left] = once.lines.filter(({ event }) => event === "alerts.left");
    expect(left?.messages).to.be.at.least(1);
    hook.answer = (_received, response) => response.end("thanks");
    const before = told("called").length;
    const next = await start(file);
    await until(next, () => told("called").length > before);
    expect(new Set(told("called").map(({ key }) => key)).size).to.equal(1);
  });

  it("K-13 takes a call back that a reorganisation has undone", async () => {
    await bench.world.open(1n, 0, etherFor(1.0565), DEBT);
    await bench.chain.mine();
    const keeper = await start();
    await subscribed(keeper);
    const fork = await bench.chain.send<string>("evm_snapshot");
    await bench.world.setPrice(0, 1_870);
    await mineUntil(keeper, () => told("called").length === 1);
    await bench.chain.send("evm_revert", fork);
    await bench.world.resetNonce();
    // Another branch, longer than the one before, on which the price never fell.
    for (let i = 0; i < 12; ++i) await bench.chain.mine(13);
    await mineUntil(keeper, () => told("retraction").some(({ retractedKind }) => retractedKind === "called"));
    const [retraction] = told("retraction").filter(({ retractedKind }) => retractedKind === "called");
    expect(retraction?.retractedKey).to.equal(told("called")[0]?.key);
  });

  it("takes a signed file from the command line while nothing listens, and refuses what is none", async () => {
    const file = bench.written({
      alerts: { timeoutMs: 1_000, webhook: { allowed: [hook.host] } },
    });
    await bench.chain.mine();
    const keeper = await start(file);
    const request = join(bench.folder, "request.json");
    writeFileSync(request, JSON.stringify(await signed({})));
    const handIn = bench.start(file, "alerts", {}, ["--file", request]);
    expect(await handIn.ended()).to.equal(0);
    await until(keeper, () => told("confirmation").length === 1);
    writeFileSync(request, '{"kind":"subscribe"}');
    const broken = bench.start(file, "alerts", {}, ["--file", request]);
    expect(await broken.ended()).to.equal(2);
    expect(broken.stderr()).to.contain("message");
  });

  it("C-66 refuses bodies that are too long, of another type, or no JSON, and more than a fair share", async () => {
    await bench.chain.mine();
    const keeper = await start(configOf({ requestsPerMinute: 8 }));
    expect((await post(keeper, "x".repeat(20_000))).status).to.equal(413);
    expect((await post(keeper, "{")).status).to.equal(400);
    expect(
      (await post(keeper, { kind: "confirm", id: "0".repeat(32), code: "A".repeat(26) })).status,
    ).to.equal(404);
    const port = Number(keeper.lines.find(({ event }) => event === "alerts.listening")?.port);
    const terms = await fetch(`http://127.0.0.1:${port}/alerts`);
    expect(await terms.json()).to.deep.include({ channels: ["webhook", "email"] });
    expect((await fetch(`http://127.0.0.1:${port}/other`)).status).to.equal(404);
    expect((await fetch(`http://127.0.0.1:${port}/alerts`, { method: "POST", body: "a=b" })).status).to.equal(
      415,
    );
    for (let i = 0; i < 3; ++i) await post(keeper, "{");
    expect((await post(keeper, "{")).status).to.equal(429);
  });
});
