import { expect } from "chai";
import {
  BPS,
  decayWad,
  firstEstimate,
  MAX_STEP_BPS,
  nextEstimate,
  nextVarianceWadDown,
  nextWeights,
  tightenedDown,
  tighteningWadDown,
  volatilityWadDown,
  WAD,
} from "../../sdk/index.ts";
import { diceOf, type Dice } from "./support/seed.ts";

const TRIES = 2_000;
const HOUR = 3_600n;
const halfLifeOf = (dice: Dice) => dice.between(HOUR, 30n * 24n * HOUR);

describe("volatility in the SDK, which is the contracts' to the unit", () => {
  const dice = diceOf("volatility");

  it("decays by halves: within 1e-15 of 2^(-t/h), never rising with time, exact at whole half-lives", () => {
    for (let i = 0; i < TRIES; ++i) {
      const halfLife = halfLifeOf(dice);
      const elapsed = dice.below(dice.oneIn(2) ? HOUR : 4n * halfLife);
      const decay = decayWad(elapsed, halfLife);
      const wanted = 2 ** (-Number(elapsed) / Number(halfLife));
      expect(Math.abs(Number(decay) / 1e18 - wanted), `${elapsed} of ${halfLife}`).to.be.below(1e-15);
      expect(decayWad(elapsed + 1n, halfLife) <= decay + 30n).to.equal(true);
    }
    for (let halvings = 0n; halvings < 60n; ++halvings) {
      expect(decayWad(halvings * 7_200n, 7_200n)).to.equal(WAD >> halvings);
    }
    expect(decayWad(60n * 7_200n, 7_200n)).to.equal(0n);
  });

  it("lies between what it was and what was seen", () => {
    for (let i = 0; i < TRIES; ++i) {
      const varianceWad = dice.upToBits(66);
      const moveWad = dice.upToBits(56);
      const elapsed = 1n + dice.upToBits(20);
      const seen = (moveWad * moveWad * 31_557_600n) / (WAD * elapsed);
      const [low, high] = varianceWad < seen ? [varianceWad, seen] : [seen, varianceWad];
      const next = nextVarianceWadDown(varianceWad, moveWad, elapsed, halfLifeOf(dice));
      expect(next + 1n >= low && next <= high, `${varianceWad}, ${seen}: ${next}`).to.equal(true);
    }
  });

  it("finds the volatility of a price that moves by the same each hour, and forgets where it began", () => {
    // 0.5 % an hour is 0.5 % * sqrt(8766) a year.
    const rounds = Array.from({ length: 400 }, (_, i) => ({
      answer: i % 2 === 0 ? 200_000_000_000n : 201_000_000_000n,
      updatedAt: 1_700_000_000n + BigInt(i) * HOUR,
    }));
    for (const reference of [WAD / 10n, 2n * WAD]) {
      let end = firstEstimate(rounds[0]!, reference);
      for (const round of rounds.slice(1)) end = nextEstimate(end, round, 6n * HOUR);
      const volatility = Number(volatilityWadDown(end.varianceWad)) / 1e18;
      expect(volatility).to.be.within(0.005 * Math.sqrt(8_766) * 0.99, 0.005 * Math.sqrt(8_766));
    }
  });

  it("takes roots rounded down", () => {
    for (let i = 0; i < TRIES; ++i) {
      const variance = dice.upToBits(73);
      const root = volatilityWadDown(variance);
      expect(root * root <= variance * WAD && (root + 1n) ** 2n > variance * WAD, `${variance}`).to.equal(
        true,
      );
    }
  });

  it("keeps weights in order whatever volatility does: initial at once, maintenance by 25 bps an hour (I-14)", () => {
    for (let i = 0; i < TRIES / 20; ++i) {
      const maintenanceBps = dice.between(1_000n, 8_400n);
      const own = { initialBps: dice.between(1n, (maintenanceBps * BPS) / 10_200n), maintenanceBps };
      const terms = {
        referenceWad: dice.between(WAD / 100n, 3n * WAD),
        slopeBps: dice.between(1n, 10_000n),
        capBps: dice.between(1n, 2_500n),
      };
      let weights = own;
      let loweredAt = 0n;
      let now = 1_700_000_000n;
      for (let pokes = 0; pokes < 50; ++pokes) {
        now += dice.between(1n, 2n * HOUR);
        const target = tightenedDown(own, tighteningWadDown(dice.below(6n * WAD), terms));
        const loosen = !dice.oneIn(4);
        const next = nextWeights(weights, target, { lower: now >= loweredAt + HOUR, loosen });
        const what = [own, weights, target, next]
          .map(({ initialBps, maintenanceBps }) => `${initialBps}/${maintenanceBps}`)
          .join(", ");
        expect(next.initialBps * 10_200n <= next.maintenanceBps * BPS, what).to.equal(true);
        expect(next.initialBps <= own.initialBps && next.maintenanceBps <= own.maintenanceBps).to.equal(true);
        expect(next.initialBps <= target.initialBps || !loosen, "initial at once").to.equal(true);
        expect(next.maintenanceBps >= target.maintenanceBps || !loosen).to.equal(true);
        if (!loosen) {
          expect(next.initialBps <= weights.initialBps).to.equal(true);
          expect(next.maintenanceBps <= weights.maintenanceBps).to.equal(true);
        }
        const fallen = weights.maintenanceBps - next.maintenanceBps;
        expect(fallen <= MAX_STEP_BPS).to.equal(true);
        if (fallen > 0n) {
          expect(now - loweredAt >= HOUR).to.equal(true);
          loweredAt = now;
        }
        weights = next;
      }
    }
  });
});
