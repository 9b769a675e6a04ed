import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { alertsView } from "../../../keeper/alerts/alertsView.ts";
import { failed } from "../../../keeper/alerts/channels/channel.ts";
import type { Config } from "../../../keeper/config.ts";
import { Metrics } from "../../../keeper/monitor/metrics.ts";
import type { VaultMonitor } from "../../../keeper/monitor/vaultMonitor.ts";
import { accountIdOf } from "../../../sdk/accountId.ts";
import { blockViewOf, monitorOf, WATCHED } from "../support/blockView.ts";
import { headerAt } from "../support/outboxBench.ts";
import { NOW } from "../support/snapshot.ts";
import { stateOf } from "../support/state.ts";
import { ACCOUNT, AlertsBench, fakeChannel, until, type FakeChannel } from "./support/alertsBench.ts";
import { liquidatedEvent, openedEvent } from "./support/events.ts";

const ETHER = 10n ** 18n;
const DEBT = 10_000_000_000n;
const CHANNELS = ["telegram", "email"] as const;

describe("what is to be seen of alerts", () => {
  let bench: AlertsBench;
  let telegram: FakeChannel;
  let monitor: VaultMonitor;
  let metrics: Metrics;
  beforeEach(() => {
    bench = new AlertsBench(200);
    telegram = fakeChannel();
    bench.channels.set("telegram", telegram).set("email", fakeChannel());
    const config = { ...WATCHED, alerts: { telegram: {}, email: {} } } as unknown as Config;
    monitor = monitorOf({ config });
    metrics = new Metrics([monitor]);
    bench.tap = (log) => monitor.tap(log);
    bench.reopen();
    const { queue, subscriptions } = bench;
    bench.startSending();
    const { dispatcher } = bench;
    monitor.show(alertsView({ channels: CHANNELS, queue, subscriptions, dispatcher }));
    bench.accounts.set(ACCOUNT, stateOf(10n * ETHER, DEBT));
  });
  afterEach(async () => {
    await bench.close();
  });

  /** The numbers of a metric by its labels beside the vault, those that are zero left out. */
  async function read(name: string, atBlock = 1): Promise<Readonly<Record<string, number>>> {
    monitor.decided(blockViewOf([], { head: { ...headerAt(100), timestamp: NOW + BigInt(atBlock) * 12n } }));
    const text = await metrics.text();
    const lines = [...text.matchAll(new RegExp(`^${name}\\{vault="[^"]+",(.+)\\} (\\S+)$`, "gm"))];
    expect(lines, name).to.not.be.empty;
    const numbers = lines.map(([, labels = "", value]) => [
      [...labels.matchAll(/"([^"]*)"/g)].map(([, label]) => label).join(" "),
      Number(value),
    ]);
    return Object.fromEntries(numbers.filter(([, value]) => value !== 0)) as Record<string, number>;
  }
  const openCall = (block: number) => {
    const deadline = NOW + 9_000n;
    bench.accounts.set(ACCOUNT, stateOf(6n * ETHER, DEBT, { callNonce: 1, calledAt: NOW, deadline }));
    bench.block(block, [openedEvent(ACCOUNT, 1, deadline)]);
  };

  it("are zeros for what is offered before anything has happened", async () => {
    for (const name of [
      "waiting",
      "waiting_targets",
      "oldest_seconds",
      "channel_down",
      "subscriptions",
      "total",
    ])
      expect(await read(`tocsin_alerts_${name}`)).to.deep.equal({});
    const text = await metrics.text();
    expect(text).to.match(/^tocsin_alerts_waiting\{vault="\w+",channel="email",urgency="calls"\} 0$/m);
    expect(text).to.match(/^tocsin_alerts_total\{vault="\w+",channel="email",outcome="displaced"\} 0$/m);
    expect(text).to.not.contain('channel="slack"');
  });

  it("are the messages that wait, their age in block time, and who is told", async () => {
    telegram.answer = () => failed("HTTP 500", "target");
    bench.subscribe("telegram", "1");
    bench.subscribe("email", "t@example.net", { state: "unconfirmed" });
    openCall(1);
    await until(() => bench.log.of("alerts.failed").length > 0);
    bench.block(5, [liquidatedEvent(ACCOUNT)]);
    await until(() => bench.queue.size >= 2);
    expect((await read("tocsin_alerts_waiting", 30))["telegram calls"]).to.equal(1);
    const ages = await read("tocsin_alerts_oldest_seconds", 30);
    expect([ages["telegram calls"], ages["telegram receipts"]]).to.deep.equal([29 * 12, 25 * 12]);
    expect(await read("tocsin_alerts_subscriptions")).to.deep.equal({
      "telegram active": 1,
      "email unconfirmed": 1,
    });
    expect((await read("tocsin_alerts_total"))["telegram failed"]).to.be.at.least(1);
    telegram.answer = () => ({ kind: "sent" });
    bench.skippedMs += 120_000;
    await until(() => bench.queue.size === 0);
    expect(await read("tocsin_alerts_oldest_seconds", 40)).to.deep.equal({});
    expect((await read("tocsin_alerts_total"))["telegram sent"]).to.be.at.least(2);
  });

  it("tell one target that waits for many messages from many that wait", async () => {
    telegram.answer = () => failed("HTTP 500", "target");
    const owner = (n: number) => `0x${(0xd000 + n).toString(16).padStart(40, "0")}`;
    for (const n of [1, 2, 3]) bench.subscribe("telegram", "1", { owner: owner(n) });
    const takes = (of: readonly number[]) => of.map((n) => liquidatedEvent(accountIdOf(owner(n))));
    bench.block(1, takes([1, 2, 3]));
    await until(() => bench.queue.size === 3);
    expect((await read("tocsin_alerts_waiting", 30))["telegram receipts"]).to.equal(3);
    expect(await read("tocsin_alerts_waiting_targets", 30)).to.deep.equal({ "telegram receipts": 1 });
    bench.subscribe("telegram", "2", { owner: owner(4) });
    bench.block(2, takes([4]));
    await until(() => bench.queue.size === 4);
    expect(await read("tocsin_alerts_waiting_targets", 30)).to.deep.equal({ "telegram receipts": 2 });
  });

  it("say that a whole channel is down, until something gets through", async () => {
    telegram.answer = () => failed("ECONNREFUSED", "channel");
    for (let n = 1; n <= 6; ++n) bench.subscribe("telegram", String(n));
    openCall(1);
    await until(() => bench.log.of("alerts.channelDown").length === 1);
    expect(await read("tocsin_alerts_channel_down")).to.deep.equal({ telegram: 1 });
    telegram.answer = () => ({ kind: "sent" });
    bench.skippedMs += 120_000;
    await until(() => bench.queue.size === 0);
    expect(await read("tocsin_alerts_channel_down")).to.deep.equal({});
  });

  it("count what was given up for want of room, taken back, refused and too old, each with its channel", async () => {
    const owner = (n: number) => `0x${(0xd000 + n).toString(16).padStart(40, "0")}`;
    for (let n = 0; n < 201; ++n) bench.subscribe("email", `${n}@example.net`, { owner: owner(n) });
    bench.block(
      1,
      Array.from({ length: 201 }, (_, n) => liquidatedEvent(accountIdOf(owner(n)))),
    );
    expect(await read("tocsin_alerts_total")).to.deep.equal({ "email displaced": 2 });

    bench.subscribe("telegram", "1");
    bench.block(2, [liquidatedEvent(ACCOUNT)]);
    await until(() => telegram.letters.length === 1 && bench.queue.size === 0);
    bench.alerts.rolledBack(1);
    bench.block(2, [], "b");
    await until(() => telegram.letters.length === 2 && bench.queue.size === 0);
    telegram.answer = () => ({ kind: "refused", reason: "HTTP 403" });
    bench.block(3, [liquidatedEvent(ACCOUNT)]);
    await until(() => bench.log.of("alerts.rejected").length === 1);
    const counts = await read("tocsin_alerts_total");
    expect(counts).to.deep.include({ "telegram sent": 1, "telegram retracted": 1, "telegram rejected": 1 });
    telegram.answer = () => failed("HTTP 500", "target");
    bench.block(4, [liquidatedEvent(ACCOUNT)]);
    await until(() => bench.log.of("alerts.failed").length >= 1);
    bench.block(30_000);
    bench.skippedMs += 1_000_000;
    await until(() => bench.log.of("alerts.expired").length >= 1);
    expect((await read("tocsin_alerts_total"))["telegram expired"]).to.be.at.least(1);
  });
});
