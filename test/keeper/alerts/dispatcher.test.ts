import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import { Breaker } from "../../../keeper/alerts/breaker.ts";
import { failed, type Sent } from "../../../keeper/alerts/channels/channel.ts";
import { webhookChannel } from "../../../keeper/alerts/channels/webhook.ts";
import { parseQuietHours } from "../../../keeper/alerts/quietHours.ts";
import { lookupName } from "../../../keeper/alerts/safePost.ts";
import { accountIdOf } from "../../../sdk/accountId.ts";
import { NOW } from "../support/snapshot.ts";
import { stateOf } from "../support/state.ts";
import { ACCOUNT, AlertsBench, fakeChannel, until, type FakeChannel } from "./support/alertsBench.ts";
import { liquidatedEvent, openedEvent } from "./support/events.ts";
import { startSink, type Sink } from "./support/sink.ts";

const ETHER = 10n ** 18n;
const DEBT = 10_000_000_000n;
const SENT: Sent = { kind: "sent" };

describe("Dispatcher", () => {
  let bench: AlertsBench;
  let channel: FakeChannel;
  let sinks: Sink[];
  beforeEach(() => {
    bench = new AlertsBench(200);
    channel = fakeChannel();
    bench.channels.set("telegram", channel);
    bench.accounts.set(ACCOUNT, stateOf(10n * ETHER, DEBT));
    sinks = [];
  });
  afterEach(async () => {
    await bench.close();
    await Promise.all(sinks.map((sink) => sink.close()));
  });

  const ownerOf = (n: number) => `0x${(0xd000 + n).toString(16).padStart(40, "0")}`;
  const take = (n: number) => liquidatedEvent(accountIdOf(ownerOf(n)));

  it("sends the same again, with the same key, until it arrives", async () => {
    bench.subscribe("telegram", "1");
    let failures = 3;
    channel.answer = () => (failures-- > 0 ? failed("HTTP 500", "target") : SENT);
    bench.startSending();
    bench.block(1, [liquidatedEvent(ACCOUNT)]);
    for (let n = 1; n < 4; ++n) {
      await until(() => channel.letters.length === n);
      bench.skippedMs += 20_000;
    }
    await until(() => channel.letters.length === 4);
    await until(() => bench.messages()[0]?.state === "sent");
    expect(new Set(channel.letters.map(({ message }) => message.key)).size).to.equal(1);
    expect(bench.messages()[0]?.attempts).to.equal(4);
  });

  it("waits longer each time, and no longer than a minute for a call", async () => {
    bench.subscribe("telegram", "1");
    channel.answer = () => failed("HTTP 500", "channel");
    bench.startSending();
    bench.accounts.set(
      ACCOUNT,
      stateOf(6n * ETHER, DEBT, { callNonce: 1, calledAt: NOW, deadline: NOW + 9_000n }),
    );
    bench.block(1, [openedEvent(ACCOUNT, 1, NOW + 9_000n)]);
    for (let n = 1; n < 10; ++n) {
      await until(() => channel.letters.length === n);
      bench.skippedMs += 61_000;
    }
    await until(() => bench.log.of("alerts.failed").length >= 9);
    const waits = bench.log.of("alerts.failed").map(({ retryInMs }) => Number(retryInMs));
    expect(waits[0]).to.be.within(500, 1_000);
    expect(waits[2]).to.be.within(2_000, 4_000);
    expect(Math.max(...waits)).to.be.at.most(60_000);
    expect(waits[8]).to.be.at.least(30_000);
    expect(bench.log.of("alerts.channelDown").length).to.equal(1);
  });

  it("K-27 a target that is slow, fails or redirects inward costs only itself", async () => {
    const [slow, failing, turning, inner, good] = await Promise.all(Array.from({ length: 5 }, startSink));
    sinks = [slow!, failing!, turning!, inner!, good!];
    slow!.answer = () => undefined;
    failing!.answer = (_received, response) => response.writeHead(500).end();
    turning!.answer = (_received, response) =>
      response.writeHead(302, { location: `${inner!.url}/meta` }).end();
    const allowed = new Set(sinks.filter((sink) => sink !== inner).map(({ host }) => host));
    bench.channels.set(
      "webhook",
      webhookChannel({ timeoutMs: 300, maxAnswerBytes: 4_096, allowed, resolve: lookupName }),
    );
    for (const sink of [slow!, failing!, turning!, good!]) bench.subscribe("webhook", `${sink.url}/`);
    bench.startSending();
    const startedAt = performance.now();
    bench.block(
      1,
      Array.from({ length: 10 }, () => liquidatedEvent(ACCOUNT)),
    );
    expect(performance.now() - startedAt, "the keeper waited").to.be.below(100);
    await until(() => good!.received.length === 10);
    expect(performance.now() - startedAt).to.be.below(2_500);
    expect(inner!.received).to.be.empty;
    await sleep(300);
    // One at a time, and after three failures nothing for a while.
    expect(slow!.received.length).to.be.at.most(3);
    expect(failing!.received.length).to.be.within(1, 3);
  });

  it("sends no more than one at a time to a target, and few to those who have failed", async () => {
    const flying = new Set<string>();
    let most = 0;
    channel.answer = async ({ to }) => {
      expect(flying.has(to.id)).to.be.false;
      flying.add(to.id);
      most = Math.max(most, flying.size);
      await sleep(30);
      flying.delete(to.id);
      return SENT;
    };
    for (let n = 0; n < 60; ++n) bench.subscribe("telegram", String(n + 1), { owner: ownerOf(n) });
    bench.startSending();
    bench.block(
      1,
      Array.from({ length: 60 }, (_, n) => take(n)),
    );
    bench.block(
      2,
      Array.from({ length: 60 }, (_, n) => take(n)),
    );
    await until(() => bench.messages().every(({ state }) => state === "sent"));
    expect(most).to.be.within(10, 24);
    expect(channel.letters.length).to.be.at.least(60);
  });

  it("sends the urgent first", async () => {
    bench.subscribe("telegram", "1", { quietHours: undefined });
    bench.price = 1_370;
    bench.block(1, []);
    await until(() => bench.kinds().includes("approaching"));
    bench.block(2, [liquidatedEvent(ACCOUNT)]);
    bench.startSending();
    await until(() => channel.letters.length >= 2);
    expect(channel.letters[0]?.message.notice.kind).to.equal("liquidated");
  });

  it("lets warnings wait for the morning, and nothing else", async () => {
    // NOW is 17:46 in UTC.
    const quietHours = parseQuietHours("17:00-18:00 UTC");
    expect(quietHours).not.to.equal(undefined);
    bench.subscribe("telegram", "1", { quietHours, levels: ["approaching", "liquidated"] });
    bench.startSending();
    bench.price = 1_370;
    bench.block(1, [liquidatedEvent(ACCOUNT)]);
    await until(() => channel.letters.length === 1);
    await sleep(300);
    expect(channel.letters.map(({ message }) => message.notice.kind)).to.deep.equal(["liquidated"]);
    bench.block(90);
    bench.skippedMs += 61_000;
    await until(() => channel.letters.length === 2);
    expect(channel.letters[1]?.message.notice.kind).to.equal("approaching");
  });

  it("gives up what is yesterday's news", async () => {
    bench.subscribe("telegram", "1");
    channel.answer = () => failed("HTTP 500", "target");
    bench.startSending();
    bench.block(1, [liquidatedEvent(ACCOUNT)]);
    await until(() => channel.letters.length === 1);
    bench.block(72 * 300 + 2);
    bench.skippedMs += 1_000_000;
    await until(() => bench.messages()[0]?.state === "expired");
    expect(bench.log.of("alerts.expired").length).to.equal(1);
  });

  it("K-27 bounds the queue: the least urgent and oldest goes first, and one target has a hundred", async () => {
    bench.subscribe("telegram", "1", { levels: ["liquidated", "approaching"] });
    bench.price = 1_370;
    bench.block(1);
    await until(() => bench.kinds().includes("approaching"));
    bench.block(
      2,
      Array.from({ length: 150 }, () => liquidatedEvent(ACCOUNT)),
    );
    expect(bench.queue.size).to.equal(100);
    expect(bench.messages().find(({ kind }) => kind === "approaching")?.state).to.equal("displaced");
    for (let n = 0; n < 150; ++n) bench.subscribe("telegram", String(n + 10), { owner: ownerOf(n) });
    bench.block(
      3,
      Array.from({ length: 150 }, (_, n) => take(n)),
    );
    expect(bench.queue.size).to.be.at.most(200);
    const pending = bench.messages().filter(({ state }) => state === "pending");
    expect(pending.length).to.equal(bench.queue.size);
    expect(bench.log.of("alerts.displaced").length).to.be.above(0);
  });

  it("stops telling who has unsubscribed, also what waits already", async () => {
    const subscription = bench.subscribe("telegram", "1");
    bench.block(1, [liquidatedEvent(ACCOUNT)]);
    bench.subscriptions.end(subscription, NOW);
    bench.startSending();
    await sleep(200);
    expect(channel.letters).to.be.empty;
    expect(bench.messages()[0]?.state).to.equal("cancelled");
  });

  it("K-09 sends again what may have arrived when it was killed, with the same key", async () => {
    bench.subscribe("telegram", "1");
    channel.answer = () => new Promise<Sent>(() => undefined);
    bench.startSending();
    bench.block(1, [liquidatedEvent(ACCOUNT)]);
    await until(() => channel.letters.length === 1);
    await bench.kill();
    channel.answer = () => SENT;
    bench.open();
    bench.startSending();
    bench.block(1, [liquidatedEvent(ACCOUNT)]);
    await until(() => channel.letters.length === 2);
    const [first, second] = channel.letters.map(({ message }) => message);
    expect(second?.key).to.equal(first?.key);
    expect(second?.attempts).to.equal(1);
  });

  it("a channel that throws is a failure of its own", async () => {
    bench.subscribe("telegram", "1");
    channel.answer = () => {
      throw new TypeError("a defect");
    };
    bench.startSending();
    bench.block(1, [liquidatedEvent(ACCOUNT)]);
    await until(() => bench.log.of("alerts.failed").length === 1);
    expect(bench.log.of("alerts.failed")[0]?.reason).to.contain("a defect");
  });

  it("C-68 a clock of this machine that was put back makes nothing wait for ever", async () => {
    bench.subscribe("telegram", "1");
    channel.answer = () => failed("HTTP 500", "target");
    bench.skippedMs = 7_200_000;
    bench.startSending();
    bench.block(1, [liquidatedEvent(ACCOUNT)]);
    await until(() => channel.letters.length === 1);
    await bench.kill();
    bench.skippedMs = 0;
    bench.open();
    const [first] = bench.queue.firsts();
    expect(first?.dueAtMs).to.be.at.most(Date.now() + 900_000);
  });
});

describe("Breaker", () => {
  it("opens after failures in a row, for longer each time, and closes with a success", () => {
    const breaker = new Breaker({ after: 3, firstMs: 100, longestMs: 1_000 });
    expect([breaker.failed(0), breaker.failed(0)]).to.deep.equal([false, false]);
    expect(breaker.openUntilMs).to.equal(0);
    expect(breaker.failed(0)).to.be.true;
    expect(breaker.openUntilMs).to.equal(100);
    for (const openMs of [200, 400, 800, 1_000, 1_000]) {
      expect(breaker.failed(10_000)).to.be.false;
      expect(breaker.openUntilMs).to.equal(10_000 + openMs);
    }
    breaker.succeeded();
    expect(breaker.isTripped).to.be.false;
    expect(breaker.openUntilMs).to.equal(0);
    breaker.failed(0, 5_000);
    expect(breaker.openUntilMs).to.equal(5_000);
  });
});
