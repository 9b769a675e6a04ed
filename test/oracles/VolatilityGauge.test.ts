import { expect } from "chai";
import { network } from "hardhat";
import { firstEstimate, nextEstimate, volatilityWadDown, type VolatilityEstimate } from "../../sdk/index.ts";
import type { MockFeed, RoundsFeed, VolatilityGauge } from "../../types/index.ts";
import { deploy } from "../vault/support/world.ts";
import type { NumberedRound } from "../../scripts/docs/volatility/readFeedRounds.ts";
import { readRealRounds } from "./support/realRounds.ts";

const HALF_LIFE = 21_600n;
const REFERENCE = 5n * 10n ** 17n;
const UNIT = 10n ** 8n;
const HOUR = 3_600n;
const START = 1_700_000_000n;
const YEAR = 31_557_600;
const ALL = 1_000_000n;
const PHASE = 1n << 64n;
const GAS = 16_777_216n;
/** Rounds of which pushing or reading fits one transaction. */
const BATCH = 350;

/** Numbers of `RoundsFeed.Conduct`. */
const NO_ANSWER = { Reverts: 1n, BurnsAllGas: 2n, ReturnsTooLittle: 3n };
const RETURNS_TOO_MUCH = 4n;

const { ethers, networkHelpers } = await network.create();

async function push(feed: RoundsFeed, rounds: readonly NumberedRound[]): Promise<void> {
  for (let from = 0; from < rounds.length; from += BATCH) {
    const some = rounds.slice(from, from + BATCH);
    await feed.push(
      some.map(({ id }) => id),
      some.map(({ answer }) => answer),
      some.map(({ updatedAt }) => updatedAt),
    );
  }
}

/** Hourly rounds from `firstId` on. */
function hourly(prices: readonly bigint[], firstId = 1n, start = START): NumberedRound[] {
  return prices.map((price, i) => ({
    id: firstId + BigInt(i),
    answer: price * UNIT,
    updatedAt: start + BigInt(i) * HOUR,
  }));
}

/** A gauge that begins with the first of `rounds`, over a feed that has them all. */
async function gaugeOver(rounds: readonly NumberedRound[], halfLife = HALF_LIFE) {
  const feed = await deploy<RoundsFeed>(ethers, "RoundsFeed");
  await push(feed, rounds);
  const args = [feed, halfLife, REFERENCE, rounds[0]!.id];
  return { feed, gauge: await deploy<VolatilityGauge>(ethers, "VolatilityGauge", args) };
}

/** The estimate by the SDK's mirror after `rounds`. */
function estimateOf(rounds: readonly NumberedRound[], halfLife = HALF_LIFE): VolatilityEstimate {
  const [first, ...rest] = rounds;
  return rest.reduce(
    (estimate: VolatilityEstimate, round) => nextEstimate(estimate, round, halfLife),
    firstEstimate(first!, REFERENCE),
  );
}

async function stateOf(gauge: VolatilityGauge) {
  const { roundId, answer, updatedAt, varianceWad } = await gauge.measurement();
  return { roundId, answer, updatedAt, varianceWad };
}

/** What `stateOf` has to be after `rounds`, the last of which is the last read. */
function stateAfter(rounds: readonly NumberedRound[]) {
  const { answer, updatedAt, varianceWad } = estimateOf(rounds);
  return { roundId: rounds.at(-1)!.id, answer, updatedAt, varianceWad };
}

describe("VolatilityGauge", () => {
  describe("on real rounds", () => {
    const { name, rounds } = readRealRounds();
    const missing = rounds.slice(1).filter(({ id }, i) => id !== rounds[i]!.id + 1n);

    it(`is the formula in floating point within 1e-6 all along, and the mirror's to the wei (${name})`, async () => {
      expect(missing.length, "ids that are missing").to.be.above(1);
      const { gauge } = await gaugeOver(rounds);
      let variance = Number(REFERENCE) ** 2 / 1e36;
      let [exact, before] = [firstEstimate(rounds[0]!, REFERENCE), rounds[0]!];
      let next = 1;
      for (;;) {
        await gauge.poke(BATCH, { gasLimit: GAS });
        const { roundId, varianceWad } = await gauge.measurement();
        for (; next < rounds.length && rounds[next]!.id <= roundId; ++next) {
          const round = rounds[next]!;
          exact = nextEstimate(exact, round, HALF_LIFE);
          const elapsed = Number(round.updatedAt - before.updatedAt);
          const move = Number(round.answer) / Number(before.answer) - 1;
          const kept = 2 ** (-elapsed / Number(HALF_LIFE));
          variance = kept * variance + ((1 - kept) * move ** 2 * YEAR) / elapsed;
          before = round;
          expect(Math.abs(Number(exact.varianceWad) / 1e18 / variance - 1), `round ${next}`).to.be.below(
            1e-6,
          );
        }
        expect(varianceWad).to.equal(exact.varianceWad);
        const volatility = Number(await gauge.volatilityWad()) / 1e18;
        expect(Math.abs(volatility / Math.sqrt(variance) - 1)).to.be.below(1e-6);
        if (next === rounds.length) break;
      }
      expect((await gauge.poke.staticCall(1n)).isComplete).to.equal(true);
    });

    it("counts each id that is missing, and says where it stands", async () => {
      const at = rounds.indexOf(missing[0]!);
      const some = rounds.slice(at - 3, at + 3);
      const { feed, gauge } = await gaugeOver(some);
      const { answer, updatedAt, varianceWad } = estimateOf(some);
      const passed = some.at(-1)!.id - some[0]!.id + 1n - BigInt(some.length);
      await expect(gauge.poke(ALL))
        .to.emit(gauge, "VolatilityMeasured")
        .withArgs(some.at(-1)!.id, answer, updatedAt, varianceWad, passed);
      expect(await gauge.feed()).to.equal(await feed.getAddress());
    });

    it("takes under 20,000 gas a round beyond what the feed takes", async () => {
      const { gauge } = await gaugeOver(rounds.slice(0, 60));
      const few = await gauge.poke.estimateGas(10n);
      const many = await gauge.poke.estimateGas(50n);
      expect((many - few) / 40n).to.be.below(20_000n);
    });
  });

  describe("whoever pokes, and when (I-12)", () => {
    const rounds = hourly([2_000n, 2_020n, 1_990n, 1_900n, 1_950n, 1_940n, 2_100n, 2_090n, 2_095n]);

    it("makes no difference to the estimate", async () => {
      const { gauge: slow } = await gaugeOver(rounds);
      const { gauge: fast } = await gaugeOver(rounds);
      await fast.poke(ALL);
      for (const [reads, isComplete] of [
        [0n, false],
        [1n, false],
        [3n, false],
        [3n, false],
        [2n, true],
      ] as const) {
        expect((await slow.poke.staticCall(reads)).isComplete).to.equal(isComplete);
        await slow.poke(reads);
      }
      expect(await stateOf(slow)).to.deep.equal(stateAfter(rounds));
      expect(await stateOf(fast)).to.deep.equal(stateAfter(rounds));
      await slow.poke(ALL);
      expect(await stateOf(slow)).to.deep.equal(stateAfter(rounds));
    });

    it("nor does too little gas: it stops before a reading that would not get all of its own (C-63)", async () => {
      const { gauge } = await gaugeOver(rounds);
      const prefixes = rounds.map((_, i) => stateAfter(rounds.slice(0, i + 1)));
      const seen = new Set<bigint>();
      for (let gasLimit = 30_000n; gasLimit < 800_000n; gasLimit += 9_000n) {
        const snapshot = await networkHelpers.takeSnapshot();
        await gauge.poke(ALL, { gasLimit }).catch(() => undefined);
        const state = await stateOf(gauge);
        expect(prefixes, `with ${gasLimit} gas`).to.deep.include(state);
        seen.add(state.roundId);
        await snapshot.restore();
      }
      expect(seen.size, "how far it came with more and more gas").to.be.above(3);
    });
  });

  describe("rounds that are not later than the one before", () => {
    it("count for nothing, and the next move is measured from the round before them", async () => {
      const [a, b, c, d] = hourly([2_000n, 2_100n, 1_900n, 1_950n]) as [
        NumberedRound,
        NumberedRound,
        NumberedRound,
        NumberedRound,
      ];
      const same = { ...b, updatedAt: a.updatedAt };
      const earlier = { ...c, updatedAt: a.updatedAt - HOUR };
      const { gauge } = await gaugeOver([a, same, earlier, d]);
      await gauge.poke(ALL);
      const { varianceWad } = estimateOf([a, d]);
      expect(await stateOf(gauge)).to.deep.equal({
        roundId: d.id,
        answer: d.answer,
        updatedAt: d.updatedAt,
        varianceWad,
      });
    });
  });

  describe("given a round without a usable answer (C-24, C-29)", () => {
    const rounds = hourly([2_000n, 2_020n, 1_990n, 1_900n]);
    const [a, b, c, d] = rounds as [NumberedRound, NumberedRound, NumberedRound, NumberedRound];

    for (const [name, conduct] of Object.entries(NO_ANSWER)) {
      it(`${name}: passes it over, since a later one exists`, async () => {
        const { feed, gauge } = await gaugeOver(rounds);
        await feed.setConduct(c.id, conduct);
        const receipt = await (await gauge.poke(ALL)).wait();
        expect(receipt!.gasUsed).to.be.below(300_000n);
        expect(await stateOf(gauge)).to.deep.equal(stateAfter([a, b, d]));
      });
    }

    for (const [what, change] of [
      ["of zero", { answer: 0n }],
      ["below zero", { answer: -1n }],
      ["of 2^128", { answer: 1n << 128n }],
      ["without a time", { updatedAt: 0n }],
      ["of the future", { updatedAt: 1n << 40n }],
    ] as const) {
      it(`an answer ${what} is none`, async () => {
        const { gauge } = await gaugeOver([a, b, { ...c, ...change }, d]);
        await gauge.poke(ALL);
        expect(await stateOf(gauge)).to.deep.equal(stateAfter([a, b, d]));
      });
    }

    it("reads one that is followed by 60 kB of nothing", async () => {
      const { feed, gauge } = await gaugeOver(rounds);
      await feed.setConduct(c.id, RETURNS_TOO_MUCH);
      await gauge.poke(ALL);
      expect(await stateOf(gauge)).to.deep.equal(stateAfter(rounds));
    });

    it("does not pass over what may still come: the latest, read by its own call", async () => {
      const { feed, gauge } = await gaugeOver(rounds);
      await feed.setConduct(d.id, NO_ANSWER.Reverts);
      await gauge.poke(ALL);
      expect(await stateOf(gauge)).to.deep.equal(stateAfter(rounds));
    });
  });

  describe("given a feed without a usable latest answer", () => {
    const rounds = hourly([2_000n, 2_020n, 1_990n]);

    for (const [name, conduct] of Object.entries(NO_ANSWER)) {
      it(`${name}: does nothing, and goes on when it is back`, async () => {
        const { feed, gauge } = await gaugeOver(rounds);
        const before = await stateOf(gauge);
        await feed.setLatestConduct(conduct);
        expect(await gauge.poke.staticCall(ALL)).to.deep.equal([REFERENCE, false]);
        await gauge.poke(ALL);
        expect(await stateOf(gauge)).to.deep.equal(before);
        await feed.setLatestConduct(0n);
        await gauge.poke(ALL);
        expect(await stateOf(gauge)).to.deep.equal(stateAfter(rounds));
      });
    }

    it("nor while its rounds go backwards, or have an id that is no id", async () => {
      const { feed, gauge } = await gaugeOver(rounds);
      await gauge.poke(ALL);
      const before = await stateOf(gauge);
      await feed.setLatest(2n);
      expect((await gauge.poke.staticCall(ALL)).isComplete).to.equal(false);
      await push(feed, [{ id: 1n << 80n, answer: UNIT, updatedAt: START + 9n * HOUR }]);
      expect((await gauge.poke.staticCall(ALL)).isComplete).to.equal(false);
      await gauge.poke(ALL);
      expect(await stateOf(gauge)).to.deep.equal(before);
    });
  });

  describe("given a proxy with a new phase", () => {
    it("reads the old one to its end, over a gap, and then the new one from its first later round", async () => {
      const old = hourly([2_000n, 2_010n, 2_030n, 2_020n], PHASE + 5n).filter((_, i) => i !== 2);
      // The new aggregator had been running before the proxy turned to it.
      const early = hourly([1_000n, 1_000n], 2n * PHASE + 1n, START - HOUR);
      const late = hourly([2_040n, 2_050n], 2n * PHASE + 3n, START + 5n * HOUR);
      const { gauge } = await gaugeOver([...old, ...early, ...late]);
      await gauge.poke(ALL);
      expect(await stateOf(gauge)).to.deep.equal(stateAfter([...old, ...late]));
    });

    it("does so in as many pokes as it is given", async () => {
      const old = hourly([2_000n, 2_010n], PHASE + 5n);
      const late = hourly([2_040n, 2_050n], 2n * PHASE + 1n, START + 5n * HOUR);
      const { gauge } = await gaugeOver([...old, ...late]);
      for (let pokes = 0; pokes < 4; ++pokes) {
        expect((await gauge.poke.staticCall(1n)).isComplete).to.equal(pokes === 3);
        await gauge.poke(1n);
      }
      expect(await stateOf(gauge)).to.deep.equal(stateAfter([...old, ...late]));
    });

    it("passes through phases that have no round", async () => {
      const old = hourly([2_000n, 2_010n], 7n * PHASE + 5n);
      const late = hourly([2_040n, 2_050n], 11n * PHASE + 1n, START + 5n * HOUR);
      const { gauge } = await gaugeOver([...old, ...late]);
      await gauge.poke(ALL);
      expect(await stateOf(gauge)).to.deep.equal(stateAfter([...old, ...late]));
    });
  });

  describe("given a price that goes mad (C-25, C-20)", () => {
    it("counts a move as a thousandfold at most, stays below 10,000 %, and forgets in days", async () => {
      const most = (1n << 128n) - 1n;
      const rounds = [
        { id: 1n, answer: 1n, updatedAt: START },
        { id: 2n, answer: most, updatedAt: START + 1n },
        { id: 3n, answer: 1n, updatedAt: START + 2n },
        ...hourly(Array<bigint>(96).fill(2_000n), 4n, START + HOUR).map((round) => ({
          ...round,
          answer: 1n,
        })),
      ];
      const { gauge } = await gaugeOver(rounds);
      await gauge.poke(1n);
      expect(await gauge.volatilityWad()).to.equal(100n * 10n ** 18n);
      await gauge.poke(ALL, { gasLimit: GAS });
      expect(await stateOf(gauge)).to.deep.equal(stateAfter(rounds));
      expect(await gauge.volatilityWad()).to.be.below(REFERENCE);
    });
  });

  describe("at deployment (C-47)", () => {
    const rounds = hourly([2_000n, 2_020n, 1_990n]);
    it("begins with the reference, at the round it is told or at the latest", async () => {
      const { feed, gauge } = await gaugeOver(rounds);
      expect(await stateOf(gauge)).to.deep.equal(stateAfter(rounds.slice(0, 1)));
      const latest = await deploy<VolatilityGauge>(ethers, "VolatilityGauge", [
        feed,
        HALF_LIFE,
        REFERENCE,
        0n,
      ]);
      expect((await latest.measurement()).roundId).to.equal(3n);
      expect(await latest.volatilityWad()).to.equal(volatilityWadDown((REFERENCE * REFERENCE) / 10n ** 18n));
      expect(await latest.halfLifeSeconds()).to.equal(HALF_LIFE);
      expect(await latest.referenceWad()).to.equal(REFERENCE);
    });

    it("refuses terms out of range", async () => {
      const { feed } = await gaugeOver(rounds);
      const factory = await ethers.getContractFactory("VolatilityGauge");
      for (const [halfLife, reference] of [
        [3_599n, REFERENCE],
        [2_592_001n, REFERENCE],
        [HALF_LIFE, 10n ** 16n - 1n],
        [HALF_LIFE, 3n * 10n ** 18n + 1n],
      ] as const) {
        await expect(factory.deploy(feed, halfLife, reference, 0n))
          .to.be.revertedWithCustomError(factory, "GaugeTermsOutOfRange")
          .withArgs(halfLife, reference);
      }
    });

    it("refuses a feed that answers nothing, keeps no rounds, or not the one it is to begin with", async () => {
      const factory = await ethers.getContractFactory("VolatilityGauge");
      const { feed } = await gaugeOver(rounds);
      const refused = async (from: string, firstRoundId: bigint, roundId: bigint) => {
        await expect(factory.deploy(from, HALF_LIFE, REFERENCE, firstRoundId))
          .to.be.revertedWithCustomError(factory, "RoundUnusable")
          .withArgs(from, roundId);
      };
      await refused(await feed.getAddress(), 4n, 4n);
      await feed.setLatest(2n);
      await refused(await feed.getAddress(), 3n, 3n);
      await feed.setLatestConduct(NO_ANSWER.Reverts);
      await refused(await feed.getAddress(), 0n, 0n);
      const plain = await deploy<MockFeed>(ethers, "MockFeed", [8, "ETH / USD", 2_000n * UNIT]);
      const twoHops = await ethers.deployContract("TwoHopFeed", [plain, 9_000n, plain, 9_000n, "x"]);
      await refused(await twoHops.getAddress(), 0n, 1n);
      const [somebody] = await ethers.getSigners();
      await refused(somebody!.address, 0n, 0n);
    });
  });
});
