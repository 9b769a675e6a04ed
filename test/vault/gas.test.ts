import { expect } from "chai";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import type { GasProbe, HostileFeed, HostileUptimeFeed, UptimeClock } from "../../types/index.ts";
import { replaceOracle } from "./support/listing.ts";
import { deadlineOf, mineAt, now, passDeadline } from "./support/clock.ts";
import {
  borrowMove,
  depositMove,
  liquidateMove,
  moveOf,
  repayMove,
  vaultMove,
  withdrawMove,
  type Move,
} from "./support/deferrer.ts";
import { deployGasProbe, questionsAbout, starve, successes, type Starvation } from "./support/gasProbe.ts";
import { setPrice } from "./support/position.ts";
import { deploy, deployOracle, loadWorld, MAX_UINT, type World } from "./support/world.ts";

/** A tenth of a block of 30 million (I-43). */
const TENTH_OF_A_BLOCK = 3_000_000n;
/** What the largest account holds beside its first collateral. */
const SEVEN_MORE = Array<bigint>(7).fill(1n);

interface Scene {
  w: World;
  probe: GasProbe;
  id: AccountId;
  /** What makes prices, clock and account cheap to read, as an attacker's contract could. */
  warmUp: Move[];
}

/** A contract that counts gas with one ETH against 1,500, and what `held` it holds beside. */
async function scene(held: readonly bigint[] = [], collateralCount = 2): Promise<Scene> {
  const w = await loadWorld({ ratesPercent: [5n, 20n, 50n], feeBps: 1_000n, maxBounty: 5n, collateralCount });
  const probe = await deployGasProbe(w, 10_000n);
  const address = await probe.getAddress();
  const id = accountIdOf(address);
  const others = held.map((amount, i) => depositMove(w, id, i + 1, amount));
  await probe.act([
    depositMove(w, id, 0, w.collaterals[0]!.unit),
    ...others,
    borrowMove(w, id, w.usd(1_500n), w.trader.address),
    vaultMove(w, "deposit", w.usd(1_000n), address),
  ]);
  const record = moveOf(w.oracle, await w.oracle.getAddress(), "record");
  return { w, probe, id, warmUp: [record, vaultMove(w, "statusOf", id)] };
}

async function called(s: Scene): Promise<void> {
  await setPrice(s.w.collaterals[0]!, "1807");
  await s.w.vault.openCall(s.id);
}

async function expired(s: Scene): Promise<void> {
  await called(s);
  await passDeadline(s.w, s.id, 1_000n);
}

async function starveMove(s: Scene, move: Move, isWarm: boolean): Promise<Starvation> {
  const questions = questionsAbout(s.w, s.id);
  return starve(s.probe, { move, questions, warmUp: isWarm ? s.warmUp : [] });
}

/** Calls an account that is callable and lets its deadline pass. */
async function expire({ w, id }: Scene): Promise<void> {
  await w.vault.openCall(id);
  await passDeadline(w, id, 1_000n);
}

/** One entrance each: how the account has to stand before, and the call. */
const entrances: [string, (s: Scene) => Promise<void>, (s: Scene) => Move][] = [
  ["depositCollateral that closes a call", called, ({ w, id }) => depositMove(w, id, 0, 10n ** 18n)],
  ["repay that closes a call", called, ({ w, id }) => repayMove(w, id, w.usd(300n))],
  ["cure", called, ({ w, id }) => vaultMove(w, "cure", id, MAX_UINT)],
  ["openCall", (s) => setPrice(s.w.collaterals[0]!, "1807"), ({ w, id }) => vaultMove(w, "openCall", id)],
  [
    "closeCall",
    async (s) => {
      await called(s);
      await setPrice(s.w.collaterals[0]!, "1933");
    },
    ({ w, id }) => vaultMove(w, "closeCall", id),
  ],
  ["liquidate", expired, ({ w, id, probe }) => liquidateMove(w, id, 0, probe.target as string)],
];

const atOnce = () => Promise.resolve();
const years = async ({ w }: Scene): Promise<void> => {
  await mineAt(w, (await now(w)) + 10_000_000n);
  await w.quoteFeed.push(10n ** 8n);
  await setPrice(w.collaterals[0]!, "2400");
};
entrances.push(
  ["borrow", years, ({ w, id }) => borrowMove(w, id, w.usd(10n), w.trader.address)],
  ["withdrawCollateral", years, ({ w, id }) => withdrawMove(w, id, 0, 10n ** 15n, w.trader.address)],
  ["accrue", years, ({ w }) => vaultMove(w, "accrue")],
  ["bookFee", years, ({ w }) => vaultMove(w, "bookFee")],
  ["deposit", atOnce, ({ w, probe }) => vaultMove(w, "deposit", w.usd(5n), probe.target)],
  ["redeem", years, ({ w, probe }) => vaultMove(w, "redeem", w.usd(5n), probe.target, probe.target)],
);

describe("a caller who gives just too little gas (I-45)", () => {
  for (const [name, reach, moveFrom] of entrances) {
    it(`fails as a whole: ${name}, cold and warm (C-63)`, async () => {
      const s = await scene();
      await reach(s);
      for (const isWarm of [false, true]) {
        const { enough, idle, astray } = await starveMove(s, moveFrom(s), isWarm);
        expect({ idle, astray }, isWarm ? "warm" : "cold").to.deep.equal({ idle: [], astray: [] });
        expect(enough).to.be.lessThan(TENTH_OF_A_BLOCK / 4n);
      }
    });
  }

  it("does not get an unsound deferral past its check (C-63)", async () => {
    const s = await scene();
    const data = s.probe.interface.encodeFunctionData("deferAll", [
      [borrowMove(s.w, s.id, s.w.usd(200n), s.w.trader.address)],
    ]);
    const move = { target: s.probe.target as string, data };
    for (const warmUp of [[], s.warmUp]) {
      const starved = { move, warmUp, questions: questionsAbout(s.w, s.id) };
      expect(await successes(s.probe, starved, 400_000n)).to.equal(0);
    }
  });

  it("does not get a sale past the clock by leaving an outage unread (C-63, C-28)", async () => {
    const s = await scene();
    const { w, id } = s;
    await called(s);
    const deadline = await deadlineOf(w, id);
    await mineAt(w, deadline - 10n);
    await w.uptimeFeed.pushAt(1n, deadline - 9n);
    await mineAt(w, deadline + 1_000n);
    await setPrice(w.collaterals[0]!, "1807");
    expect(await w.vault.statusOf(id)).to.equal(Status.Called);
    const move = liquidateMove(w, id, 0, w.keeper.address);
    for (const warmUp of [[], s.warmUp]) {
      const starved = { move, warmUp, questions: questionsAbout(w, id) };
      expect(await successes(s.probe, starved, 500_000n)).to.equal(0);
    }
  });

  it("gets a batch that refuses every account, for no price could be read, and has done nothing (C-63)", async () => {
    const s = await scene(SEVEN_MORE, 16);
    const { w, id, probe } = s;
    await setPrice(w.collaterals[0]!, "1820");
    const asset = w.collaterals[0]!.address;
    const request = { account: id, asset, maxRepay: MAX_UINT, minSeized: 0n };
    const batches: [() => Promise<unknown>, Move][] = [
      [atOnce, vaultMove(w, "openCalls", [id])],
      [() => expire(s), vaultMove(w, "liquidateMany", [request], probe.target)],
      [() => setPrice(w.collaterals[0]!, "2100"), vaultMove(w, "closeCalls", [id])],
      [() => setPrice(w.collaterals[0]!, "0.001"), vaultMove(w, "bookLoss", [id])],
    ];
    let idleBatches = 0;
    for (const [reach, move] of batches) {
      await reach();
      for (const warmUp of [[], s.warmUp]) {
        const idleMove = vaultMove(w, "accrue");
        const starved = { move, warmUp, idleMove, questions: questionsAbout(w, id), step: 6_007n };
        const { astray, idle } = await starve(probe, starved);
        expect(astray, w.vault.interface.parseTransaction(move)!.name).to.deep.equal([]);
        if (idle.length > 0) idleBatches++;
      }
    }
    // Were there none, this test would look in the wrong place.
    expect(idleBatches).to.be.greaterThan(0);
  });
});

describe("a caller who starves a feed that burns its gas", () => {
  it("can deposit without closing the call, which anyone may then do; and nothing else (C-63)", async () => {
    const s = await scene(SEVEN_MORE, 8);
    const { w, id, probe } = s;
    const feeds = await Promise.all(
      w.collaterals.map(() => deploy<HostileFeed>(w.ethers, "HostileFeed", [24, 10n ** 24n])),
    );
    const pairs = w.collaterals.map((c, i) => (i === 0 ? c : { ...c, feed: feeds[i]! }));
    const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, pairs);
    await replaceOracle(w, oracle);
    await setPrice(w.collaterals[0]!, "1820");
    await w.vault.openCall(id);
    const burns = 7;
    for (const feed of feeds) await feed.setConduct(burns);
    const move = depositMove(w, id, 0, w.collaterals[0]!.unit);
    const questions = questionsAbout(w, id);
    const { enough, idle, astray } = await starve(probe, { move, questions, step: 9_001n });
    expect(idle).to.deep.equal([]);
    expect(astray.length).to.be.greaterThan(0);
    expect(enough).to.be.lessThan(TENTH_OF_A_BLOCK);

    const deadline = await deadlineOf(w, id);
    const short = { ...move, gas: astray.at(-1)! };
    await depositWithGas(s, short);
    expect(await w.vault.collateralOf(id, w.collaterals[0]!.address)).to.equal(2n * w.collaterals[0]!.unit);
    expect(await deadlineOf(w, id)).to.equal(deadline);
    await w.vault.connect(w.stranger).closeCall(id, { gasLimit: TENTH_OF_A_BLOCK });
    expect(await w.vault.statusOf(id, { gasLimit: TENTH_OF_A_BLOCK })).to.equal(Status.Healthy);
  });
});

/** A top-up by a stranger with as much gas as the probe found, and what a transaction costs of itself. */
async function depositWithGas({ w }: Scene, short: Move & { gas: bigint }): Promise<void> {
  const intrinsic = 21_000n + BigInt((short.data.length - 2) * 8);
  await w.stranger.sendTransaction({
    to: short.target,
    data: short.data,
    gasLimit: short.gas + intrinsic,
  });
}

describe("the clock, starved", () => {
  it("records every outage or none: a round cannot be made to look unreadable (C-63, C-28)", async () => {
    const { w, probe } = await scene();
    const feed = await deploy<HostileUptimeFeed>(w.ethers, "HostileUptimeFeed");
    await feed.push(1n, 0n, await now(w));
    const args = [w.governance, await feed.getAddress(), 900n];
    const clock = await deploy<UptimeClock>(w.ethers, "UptimeClock", args);
    await clock.sync();
    const at = await now(w);
    await mineAt(w, at + 1_000n);
    for (const [i, time] of [100n, 400n, 500n, 900n].entries())
      await feed.push(BigInt(i + 2), BigInt((i + 1) % 2), at + time);
    const [clockAddress, feedAddress] = [await clock.getAddress(), await feed.getAddress()];
    // What is stored is what the clock says once its feed is silent.
    const reverts = 1;
    const questions = [
      moveOf(feed, feedAddress, "setConduct", reverts),
      moveOf(clock, clockAddress, "downtime"),
    ];
    const move = moveOf(clock, clockAddress, "sync");
    const warm = [2n, 3n, 4n, 5n].map((round) => moveOf(w.uptimeFeed, feedAddress, "getRoundData", round));
    for (const warmUp of [[], warm]) {
      const { astray } = await starve(probe, { move, warmUp, questions, step: 211n });
      expect(astray).to.deep.equal([]);
    }
  });
});

describe("each entrance of the largest account", () => {
  for (const [name, reach, moveFrom] of entrances) {
    it(`takes less than a tenth of a block: ${name} (C-63, C-50, I-43)`, async () => {
      const s = await scene(SEVEN_MORE, 16);
      await reach(s);
      await s.probe.act([moveFrom(s)], { gasLimit: TENTH_OF_A_BLOCK });
    });
  }
});
