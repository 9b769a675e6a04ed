import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import { RetryableError } from "../../../keeper/errors.ts";
import type { Notice } from "../../../keeper/alerts/notice.ts";
import { accountIdOf } from "../../../sdk/accountId.ts";
import { CloseReason } from "../../../sdk/vaultTypes.ts";
import { NOW } from "../support/snapshot.ts";
import { stateOf } from "../support/state.ts";
import { ACCOUNT, AlertsBench, fakeChannel, OWNER, until, type FakeChannel } from "./support/alertsBench.ts";
import { closedEvent, liquidatedEvent, openedEvent } from "./support/events.ts";

const ETHER = 10n ** 18n;
const DEBT = 10_000_000_000n;
/** Health 1.6 at 2,000. */
const CALM = stateOf(10n * ETHER, DEBT);
const DEADLINE = NOW + 3_600n;
const CALLED = stateOf(6n * ETHER, DEBT, { callNonce: 1, calledAt: NOW, deadline: DEADLINE });

describe("Alerts", () => {
  let bench: AlertsBench;
  let channel: FakeChannel;
  beforeEach(() => {
    bench = new AlertsBench();
    channel = fakeChannel();
    bench.channels.set("webhook", channel);
    bench.accounts.set(ACCOUNT, CALM);
  });
  afterEach(() => bench.close());

  const told = () => channel.letters.map(({ message }) => message.notice);
  const kindsTold = () => told().map(({ kind }) => kind);
  const settled = () => sleep(150);

  it("tells nobody who has not asked, and of nobody else's accounts", async () => {
    const other = accountIdOf("0x00000000000000000000000000000000000000FF");
    bench.subscribe("webhook", "https://a.example/");
    bench.startSending();
    bench.block(1, [openedEvent(other, 1, DEADLINE)]);
    await settled();
    expect(bench.kinds()).to.be.empty;
  });

  it("tells of a call with amounts and deadline, of its end, and gives a receipt", async () => {
    bench.subscribe("webhook", "https://a.example/");
    bench.startSending();
    bench.block(1);
    bench.accounts.set(ACCOUNT, CALLED);
    bench.block(2, [openedEvent(ACCOUNT, 1, DEADLINE)]);
    await until(() => channel.letters.length === 1);
    expect(told()[0]).to.deep.include({
      kind: "called",
      account: ACCOUNT,
      deadline: DEADLINE,
      transactionHash: "0xt0",
    });
    expect((told()[0] as Extract<Notice, { kind: "called" }>).cure).to.deep.equal({
      repay: 123_456_789n,
      deposits: [{ asset: bench.deployment.collaterals[0]!.address, amount: 77n * 10n ** 15n }],
    });
    bench.accounts.set(ACCOUNT, CALM);
    bench.block(3, [liquidatedEvent(ACCOUNT), closedEvent(ACCOUNT, 1, CloseReason.Liquidated)]);
    await until(() => channel.letters.length === 3);
    expect(kindsTold()).to.have.members(["called", "liquidated", "closed"]);
  });

  it("tells each level only to who has asked for it", async () => {
    bench.subscribe("webhook", "https://a.example/", { levels: ["liquidated"] });
    bench.startSending();
    bench.block(1, [openedEvent(ACCOUNT, 1, DEADLINE), closedEvent(ACCOUNT, 1), liquidatedEvent(ACCOUNT)]);
    await until(() => channel.letters.length === 1);
    await settled();
    expect(kindsTold()).to.deep.equal(["liquidated"]);
  });

  it("warns once when the warning level is crossed, and again only after the account was well", async () => {
    bench.subscribe("webhook", "https://a.example/", { levels: ["approaching"] });
    bench.block(1);
    await settled();
    expect(bench.kinds()).to.be.empty;
    for (const [n, price] of [1_370, 1_369, 1_373, 1_365].entries()) {
      bench.price = price;
      bench.block(2 + n);
      await settled();
    }
    expect(bench.kinds()).to.deep.equal(["approaching"]);
    bench.price = 1_600;
    bench.block(10);
    await settled();
    bench.price = 1_360;
    bench.block(11);
    await until(() => bench.kinds().length === 2);
    // The first was never sent, and is out of date.
    expect(bench.messages().map(({ state }) => state)).to.deep.equal(["cancelled", "pending"]);
  });

  it("forecasts a call before the warning level, once, where volatility makes it likely", async () => {
    bench.subscribe("webhook", "https://a.example/", { levels: ["forecast"] });
    bench.startSending();
    // Health 1.04 and 1.25, at the assumed 80 % a year.
    bench.accounts.set(accountIdOf(OWNER, 1n), stateOf(12n * ETHER, DEBT));
    bench.price = 1_297;
    bench.block(1);
    bench.block(2);
    await until(() => channel.letters.length === 1);
    await settled();
    const [notice] = told();
    expect(notice).to.deep.include({ kind: "forecast", account: ACCOUNT });
    expect(notice?.kind === "forecast" && notice.probabilityBps).to.be.within(3_000, 4_000);
    expect(channel.letters.length).to.equal(1);
  });

  it("reminds at half and at a tenth of the time left, each once, with what is owed then", async () => {
    bench.subscribe("webhook", "https://a.example/", { levels: ["reminder"] });
    bench.startSending();
    bench.accounts.set(ACCOUNT, CALLED);
    for (const n of [1, 100, 149, 150, 151, 200, 269, 270, 280, 299]) {
      bench.block(n);
      await settled();
    }
    const left = told().map((notice) => notice.kind === "reminder" && notice.left);
    expect(left).to.deep.equal(["half", "tenth"]);
    expect(channel.letters.map(({ message }) => message.block)).to.deep.equal([150, 270]);
  });

  it("finds an open call for whose event nobody was here", async () => {
    bench.subscribe("webhook", "https://a.example/", { levels: ["called"] });
    bench.startSending();
    bench.accounts.set(ACCOUNT, CALLED);
    bench.block(1);
    await until(() => channel.letters.length === 1);
    expect(told()[0]).to.deep.include({ kind: "called", nonce: 1, deadline: DEADLINE });
    bench.block(2);
    await settled();
    expect(channel.letters.length).to.equal(1);
  });

  it("tells who begins to listen what holds already", async () => {
    bench.subscribe("webhook", "https://a.example/", { levels: ["called"] });
    bench.startSending();
    bench.accounts.set(ACCOUNT, CALLED);
    bench.block(1, [openedEvent(ACCOUNT, 1, DEADLINE)]);
    await until(() => channel.letters.length === 1);
    bench.subscribe("webhook", "https://b.example/", { levels: ["called"] });
    await until(() => channel.letters.length === 2);
    expect(channel.letters[1]?.to.target).to.equal("https://b.example/");
  });

  describe("given a reorganisation (K-13)", () => {
    beforeEach(() => {
      bench.subscribe("webhook", "https://a.example/", { levels: ["called", "cured", "liquidated"] });
      bench.startSending();
      bench.block(1);
    });

    it("takes back what was told and is not on the chain any more", async () => {
      bench.accounts.set(ACCOUNT, CALLED);
      bench.block(2, [openedEvent(ACCOUNT, 1, DEADLINE)]);
      await until(() => channel.letters.length === 1);
      bench.alerts.rolledBack(1);
      bench.accounts.set(ACCOUNT, CALM);
      bench.block(2, [], "b");
      await until(() => channel.letters.length === 2);
      const [first, second] = channel.letters;
      expect(second?.message.notice).to.deep.include({ kind: "retraction", ofKey: first?.message.key });
      expect(second?.message.notice.kind === "retraction" && second.message.notice.of.kind).to.equal(
        "called",
      );
      bench.block(3, [], "b");
      await settled();
      expect(channel.letters.length).to.equal(2);
    });

    it("says nothing when the other branch holds the same", async () => {
      bench.accounts.set(ACCOUNT, CALLED);
      bench.block(2, [openedEvent(ACCOUNT, 1, DEADLINE)]);
      await until(() => channel.letters.length === 1);
      bench.alerts.rolledBack(1);
      bench.block(2, [openedEvent(ACCOUNT, 1, DEADLINE)], "b");
      bench.block(3, [], "b");
      await settled();
      expect(kindsTold()).to.deep.equal(["called"]);
    });

    it("takes back and tells anew when the other branch holds it with other numbers", async () => {
      bench.accounts.set(ACCOUNT, CALLED);
      bench.block(2, [openedEvent(ACCOUNT, 1, DEADLINE)]);
      await until(() => channel.letters.length === 1);
      bench.alerts.rolledBack(1);
      bench.accounts.set(ACCOUNT, { ...CALLED, deadline: DEADLINE + 12n });
      bench.block(2, [openedEvent(ACCOUNT, 1, DEADLINE + 12n)], "b");
      await until(() => channel.letters.length === 3);
      expect(kindsTold().toSorted()).to.deep.equal(["called", "called", "retraction"]);
      const fresh = channel.letters.find(
        ({ message: { hash, notice } }) => hash === "0xb2" && notice.kind === "called",
      );
      expect(fresh?.message.notice).to.deep.include({ deadline: DEADLINE + 12n });
    });

    it("does not send what is in doubt, and drops what was not sent", async () => {
      channel.answer = () => new Promise(() => undefined);
      bench.block(2, [liquidatedEvent(ACCOUNT)]);
      await until(() => channel.letters.length === 1);
      // The target is busy with the first, so the second waits.
      bench.accounts.set(ACCOUNT, CALLED);
      bench.block(3, [openedEvent(ACCOUNT, 1, DEADLINE)]);
      bench.alerts.rolledBack(2);
      bench.accounts.set(ACCOUNT, CALM);
      bench.block(3, [], "b");
      await settled();
      const states = bench.messages().map(({ kind, state }) => `${kind} ${state}`);
      expect(states).to.have.members(["liquidated pending", "called cancelled"]);
    });

    it("also when it happened while nobody was running", async () => {
      bench.accounts.set(ACCOUNT, CALLED);
      bench.block(2, [openedEvent(ACCOUNT, 1, DEADLINE)]);
      await until(() => bench.messages()[0]?.state === "sent");
      bench.store.saveBlocks([
        { block: { number: 1, hash: "0xa1", timestamp: NOW + 12n }, accounts: new Map(), vault: undefined },
      ]);
      await bench.kill();
      bench.open();
      bench.startSending();
      bench.accounts.set(ACCOUNT, CALM);
      bench.block(2, [], "b");
      await until(() => channel.letters.length === 2);
      expect(kindsTold()).to.deep.equal(["called", "retraction"]);
    });
  });

  it("K-09 tells once what a restart reads again, with the same key", async () => {
    bench.subscribe("webhook", "https://a.example/", { levels: ["called"] });
    bench.accounts.set(ACCOUNT, CALLED);
    bench.block(1, [openedEvent(ACCOUNT, 1, DEADLINE)]);
    const [before] = bench.messages();
    await bench.kill();
    bench.open();
    bench.startSending();
    bench.block(1, [openedEvent(ACCOUNT, 1, DEADLINE)]);
    await until(() => channel.letters.length === 1);
    bench.block(2);
    await settled();
    expect(channel.letters.map(({ message }) => message.key)).to.deep.equal([before?.key]);
  });

  it("looks at many accounts in slices, and lets others have their turn in between", async () => {
    bench.subscribe("webhook", "https://a.example/", { levels: ["approaching"] });
    bench.accounts.clear();
    for (let n = 0n; n < 5_000n; ++n) bench.accounts.set(accountIdOf(OWNER, n), CALM);
    for (let n = 0; n < 5; ++n) {
      const slice = [...bench.accounts].slice(n * 1_000, (n + 1) * 1_000);
      const block = { number: n, hash: `0xa${n}`, timestamp: NOW };
      bench.alerts.applied({ block, accounts: new Map(slice), vault: undefined }, [], undefined);
    }
    bench.price = 1_370;
    const startedAt = performance.now();
    bench.block(6);
    const heldUpMs = performance.now() - startedAt;
    let longestMs = 0;
    let last = performance.now();
    while (bench.messages().length === 0 && performance.now() - startedAt < 5_000) {
      await new Promise((resolve) => setImmediate(resolve));
      longestMs = Math.max(longestMs, performance.now() - last);
      last = performance.now();
    }
    expect(heldUpMs).to.be.below(100);
    expect(longestMs).to.be.below(250);
    await until(() => bench.store.tables.all("SELECT key FROM alert_facts").length === 5_000, 20_000);
    // One subscription has a hundred messages waiting at most.
    expect(bench.queue.size).to.be.at.most(100);
  }).timeout(30_000);

  it("K-11 a disk that is full holds up what is told, and what was put aside is not lost", () => {
    bench.subscribe("webhook", "https://a.example/", { levels: ["called"] });
    const { tables } = bench.store;
    const real = tables.write.bind(tables);
    tables.write = () => {
      throw new RetryableError("full");
    };
    expect(() => {
      bench.block(1, [openedEvent(ACCOUNT, 1, DEADLINE)]);
    }).to.throw(RetryableError, "full");
    tables.write = real;
    bench.alerts.keep();
    expect(bench.kinds()).to.deep.equal(["called"]);
  });
});
