import { expect } from "chai";
import { Transaction } from "ethers";
import { describe, it } from "mocha";
import type { Rpc } from "../../scripts/demo/chain/rpc.ts";
import { Feeds, type Misreport } from "../../scripts/demo/replay/feeds.ts";
import { Outage } from "../../scripts/demo/replay/outage.ts";
import { OutagePlan } from "../../scripts/demo/replay/outagePlan.ts";
import * as calls from "../../scripts/demo/world/calls.ts";
import { walletOf } from "../../scripts/demo/world/wallet.ts";
import type { Deployment } from "../../sdk/deployment.ts";

const NOW = 1_700_000_000;
const MAX_AGE = 600;
const DOLLAR = 10n ** 8n;
const NAMES: readonly string[] = ["quote", "first", "second", "sequencer", "other first", "other second"];
const addressOf = (name: string) => `0x${String(NAMES.indexOf(name) + 1).repeat(40)}`;

const ROUNDS = [0, 60, 120, 180, 900].map((seconds, i) => ({
  at: NOW + seconds,
  answer: (2_000n - BigInt(i)) * DOLLAR,
}));

/** Feeds on a chain that only listens, and what it has heard since it was last asked. */
function listened(secondFeeds: readonly string[] = [], misreport?: Misreport) {
  const sent: string[] = [];
  const rpc = ((_method: string, [raw]: readonly unknown[] = []) => {
    const { to, data } = Transaction.from(String(raw));
    const pushed = calls.feed.decodeFunctionData("pushAt", data);
    const [answer, updatedAt] = [pushed.getValue("answer"), pushed.getValue("updatedAt")] as [bigint, bigint];
    const name = NAMES.find((one) => addressOf(one) === to?.toLowerCase()) ?? "nobody";
    const shown = answer >= DOLLAR ? answer / DOLLAR : answer;
    sent.push(`${name} ${shown} +${Number(updatedAt) - NOW}`);
    return Promise.resolve("0x");
  }) as Rpc;
  const deployment = {
    chainId: 31_337,
    quote: { feed: addressOf("quote") },
    collaterals: [
      { number: 0, feed: addressOf("first") },
      { number: 1, feed: addressOf("second") },
    ],
  } as unknown as Deployment;
  const wallet = walletOf(1, "oracle");
  const second = ROUNDS.map(({ at, answer }) => ({ at, answer: 10n * answer }));
  const rounds = [ROUNDS, second];
  const feeds = new Feeds(rpc, deployment, wallet, rounds, MAX_AGE, NOW - 60, secondFeeds, misreport);
  return { rpc, wallet, feeds, heard: () => sent.splice(0) };
}

async function started() {
  const chain = listened();
  await chain.feeds.pushFirst(NOW);
  chain.heard();
  return chain;
}

describe("Feeds", () => {
  it("push each round in its block and say how far prices moved", async () => {
    const { feeds, heard } = await started();
    expect(await feeds.pushUntil(NOW + 60)).to.deep.equal({ rounds: 2, movedBps: 5n });
    expect(heard()).to.deep.equal(["first 1999 +60", "second 19990 +60"]);
  });

  it("of rounds whose time passed without a block, push the last, as news of this one", async () => {
    const { feeds, heard } = await started();
    expect(await feeds.pushUntil(NOW + 200)).to.deep.equal({ rounds: 6, movedBps: 15n });
    expect(heard()).to.deep.equal(["first 1997 +200", "second 19970 +200"]);
    expect(feeds.progress).to.deep.equal({ done: 8, all: 10 });
  });

  it("say the same to the keeper's second source, in the same block", async () => {
    const { feeds, heard } = listened([addressOf("other first"), addressOf("other second")]);
    await feeds.pushFirst(NOW);
    expect(heard()).to.deep.equal([
      "first 2000 +0",
      "other first 2000 +0",
      "second 20000 +0",
      "other second 20000 +0",
      "quote 1 +0",
    ]);
    await feeds.pushUntil(NOW + 60);
    expect(heard()).to.deep.equal([
      "first 1999 +60",
      "other first 1999 +60",
      "second 19990 +60",
      "other second 19990 +60",
    ]);
  });

  it("repeat an answer before it is too old", async () => {
    const { feeds, heard } = await started();
    await feeds.pushUntil(NOW + 180);
    heard();
    expect(feeds.nextRefreshAt).to.equal(NOW + 480);
    await feeds.pushUntil(NOW + 481);
    expect(heard()).to.deep.equal(["quote 1 +481"]);
  });

  describe("given that the first falls silent", () => {
    const silent = async () => {
      const chain = await started();
      chain.feeds.silence(NOW + 800);
      return chain;
    };

    it("the others go on, and it neither answers nor repeats itself", async () => {
      const { feeds, heard } = await silent();
      await feeds.pushUntil(NOW + 60);
      expect(heard()).to.deep.equal(["second 19990 +60"]);
      await feeds.pushUntil(NOW + 799);
      expect(heard()).to.deep.equal(["second 19970 +799", "quote 1 +799"]);
    });

    it("its next round and its next repetition come when it is over, those of others before", async () => {
      const { feeds } = await silent();
      expect(feeds.nextRoundAt).to.equal(NOW + 60);
      await feeds.pushUntil(NOW + 180);
      expect(feeds.nextRoundAt).to.equal(NOW + 800);
      expect(feeds.nextRefreshAt).to.equal(NOW + 480);
      await feeds.pushUntil(NOW + 700);
      expect(feeds.nextRefreshAt).to.equal(NOW + 800);
    });

    it("afterwards it answers with the last price it has missed", async () => {
      const { feeds, heard } = await silent();
      await feeds.pushUntil(NOW + 700);
      heard();
      expect((await feeds.pushUntil(NOW + 800)).movedBps).to.equal(15n);
      expect(heard()).to.deep.equal(["first 1997 +800"]);
    });
  });
});

describe("Feeds, of which the first answers too low for a while", () => {
  const error: Misreport = { from: NOW + 90, until: NOW + 150, lowBps: 300n };
  const wrong = async () => {
    const chain = listened([addressOf("other first")], error);
    await chain.feeds.pushFirst(NOW);
    await chain.feeds.pushUntil(NOW + 60);
    chain.heard();
    return chain;
  };

  it("turn in the block of its beginning, and the second source does not", async () => {
    const { feeds, heard } = await wrong();
    expect(await feeds.pushUntil(NOW + 90)).to.deep.equal({ rounds: 1, movedBps: 300n });
    expect(heard()).to.deep.equal(["first 1939 +90", "other first 1999 +90"]);
  });

  it("give rounds within it with the same error, once", async () => {
    const { feeds, heard } = await wrong();
    await feeds.pushUntil(NOW + 90);
    heard();
    await feeds.pushUntil(NOW + 100);
    expect(heard()).to.be.empty;
    expect(await feeds.pushUntil(NOW + 120)).to.deep.equal({ rounds: 2, movedBps: 5n });
    expect(heard()).to.deep.equal(["first 1938 +120", "other first 1998 +120", "second 19980 +120"]);
  });

  it("are right again at its end, with or without a round", async () => {
    const { feeds, heard } = await wrong();
    await feeds.pushUntil(NOW + 120);
    heard();
    expect(await feeds.pushUntil(NOW + 150)).to.deep.equal({ rounds: 1, movedBps: 300n });
    expect(heard()).to.deep.equal(["first 1998 +150", "other first 1998 +150"]);
    await feeds.pushUntil(NOW + 180);
    expect(heard()[0]).to.equal("first 1997 +180");
  });

  it("have blocks at its beginning and its end", async () => {
    const { feeds } = await wrong();
    expect([60, 90, 149, 150].map((seconds) => feeds.nextTurnAfter(NOW + seconds))).to.deep.equal([
      NOW + 90,
      NOW + 150,
      NOW + 150,
      undefined,
    ]);
    expect(listened().feeds.nextTurnAfter(NOW)).to.equal(undefined);
  });
});

describe("Outage", () => {
  const silentFrom = NOW + 300;
  const silentUntil = silentFrom + MAX_AGE + 5_400;
  const downFrom = silentFrom + 600;
  const upAt = downFrom + 2_700;

  async function failing() {
    const { rpc, wallet, feeds, heard } = await started();
    const sequencerFeed = addressOf("sequencer");
    const plan = new OutagePlan(ROUNDS, MAX_AGE);
    const outage = new Outage({
      rpc,
      chainId: 31_337,
      sequencerFeed,
      wallet,
      feeds,
      plan,
      graceSeconds: 900,
    });
    outage.look(silentFrom, [downFrom + 60]);
    return { outage, feeds, heard };
  }

  it("silences the first feed for as long as the plan says", async () => {
    const { outage, feeds } = await failing();
    expect(outage.times).to.deep.include({ feedFrom: silentFrom, feedUntil: silentUntil });
    await feeds.pushUntil(NOW + 1_000);
    expect(feeds.nextRoundAt).to.equal(silentUntil);
  });

  it("has no block while the sequencer is down", async () => {
    const { outage } = await failing();
    expect(outage.resumesAt(downFrom)).to.be.undefined;
    outage.look(downFrom, [downFrom + 60]);
    expect(outage.resumesAt(downFrom)).to.equal(upAt);
    expect(outage.resumesAt(upAt)).to.be.undefined;
  });

  it("says in the first block since when it was down, and some blocks later since when it is up, each once", async () => {
    const { outage, heard } = await failing();
    await outage.report(silentFrom + 60);
    outage.look(downFrom, [downFrom + 60]);
    for (const at of [upAt, upAt + 60, upAt + 119]) await outage.report(at);
    expect(heard()).to.deep.equal([`sequencer 1 +${downFrom - NOW}`]);
    expect(outage.nextAfter(upAt + 60)).to.equal(upAt + 120);
    for (const at of [upAt + 120, upAt + 180]) await outage.report(at);
    expect(heard()).to.deep.equal([`sequencer 0 +${upAt - NOW}`]);
    expect([silentUntil - 1, silentUntil].map((at) => outage.isOver(at))).to.deep.equal([false, true]);
  });

  it("is not over before it has said so", async () => {
    const { outage } = await failing();
    outage.look(downFrom, [downFrom + 60]);
    expect(outage.isOver(silentUntil)).to.be.false;
  });
});
