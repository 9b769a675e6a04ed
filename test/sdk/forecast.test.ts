import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import { WAD } from "../../sdk/fixedPoint.ts";
import { callProbability, jointVolatilityWad, normalCdf } from "../../sdk/forecast.ts";
import { randomOf } from "../keeper/support/random.ts";

const DAY = 86_400n;
const YEAR_SECONDS = 31_557_600;
const DEBT = 10_000_000_000n;

/** Paths of a geometric Brownian motion that touched the barrier, watched in steps and, between them, by a bridge. */
function simulated(ratio: number, volatility: number, seconds: number, paths: number): number {
  const random = randomOf(7);
  const uniform = () => (random(2 ** 30) + 0.5) / 2 ** 30;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const steps = 24;
  const step = seconds / YEAR_SECONDS / steps;
  const variance = volatility * volatility * step;
  let touched = 0;
  for (let path = 0; path < paths; ++path) {
    let above = Math.log(ratio);
    for (let i = 0; i < steps; ++i) {
      const next = above - variance / 2 + Math.sqrt(variance) * normal();
      // Between two points above it a bridge touches zero with this chance.
      if (next <= 0 || uniform() < Math.exp((-2 * above * next) / variance)) {
        touched += 1;
        break;
      }
      above = next;
    }
  }
  return touched / paths;
}

const withRatio = (ratio: number) => (DEBT * BigInt(Math.round(ratio * 1e9))) / 1_000_000_000n;

describe("callProbability", () => {
  it("is what simulated paths do", () => {
    const paths = 40_000;
    for (const [ratio, volatility] of [
      [1.01, 0.3],
      [1.02, 0.8],
      [1.05, 0.8],
      [1.1, 0.8],
      [1.1, 2],
      [1.5, 4],
    ] as const) {
      const exact = callProbability(withRatio(ratio), DEBT, BigInt(volatility * 1e18), DAY);
      const seen = simulated(ratio, volatility, Number(DAY), paths);
      const deviation = Math.sqrt((exact * (1 - exact)) / paths);
      expect(Math.abs(exact - seen), `${ratio} at ${volatility}`).to.be.below(4 * deviation);
    }
  });

  it("is one below the maintenance level and nothing without debt, without volatility or without time", () => {
    expect(callProbability(DEBT - 1n, DEBT, WAD, DAY)).to.equal(1);
    expect(callProbability(DEBT, DEBT, WAD, DAY)).to.be.within(1 - 1e-12, 1);
    expect(callProbability(DEBT, 0n, WAD, DAY)).to.equal(0);
    expect(callProbability(2n * DEBT, DEBT, 0n, DAY)).to.equal(0);
    expect(callProbability(2n * DEBT, DEBT, WAD, 0n)).to.equal(0);
    expect(callProbability(DEBT * 10n ** 12n, DEBT, WAD, DAY)).to.equal(0);
  });

  it("rises with volatility and time, falls with the distance, and stays a probability", () => {
    const anything = fc.record({
      value: fc.bigInt(DEBT, 3n * DEBT),
      volatilityWad: fc.bigInt(WAD / 100n, 20n * WAD),
      seconds: fc.bigInt(1n, 30n * DAY),
    });
    fc.assert(
      fc.property(anything, ({ value, volatilityWad, seconds }) => {
        const of = (v: bigint, s: bigint, t: bigint) => callProbability(v, DEBT, s, t);
        const probability = of(value, volatilityWad, seconds);
        expect(probability).to.be.within(0, 1);
        expect(of(value, 2n * volatilityWad, seconds)).to.be.at.least(probability - 1e-9);
        expect(of(value, volatilityWad, 2n * seconds)).to.be.at.least(probability - 1e-9);
        expect(of(value + DEBT / 10n, volatilityWad, seconds)).to.be.at.most(probability + 1e-9);
      }),
    );
  });
});

describe("normalCdf", () => {
  it("has the values of the tables, far into the tails", () => {
    for (const [x, tail] of [
      [0, 0.5],
      [1, 0.15865525393145707],
      [1.959963984540054, 0.025],
      [4, 3.167124183311992e-5],
      [4.3, 8.539905471005e-6],
      [6, 9.865876450376e-10],
      [10, 7.619853024160527e-24],
    ] as const) {
      expect(normalCdf(-x) / tail, `at ${x}`).to.be.within(1 - 1e-9, 1 + 1e-9);
      expect(normalCdf(x)).to.be.within(1 - tail - 1e-14, 1 - tail + 1e-14);
    }
  });
});

describe("jointVolatilityWad", () => {
  it("weighs each by its worth, and is nothing for nothing", () => {
    const [calm, wild] = [WAD / 10n, WAD];
    expect(jointVolatilityWad([])).to.equal(0n);
    expect(
      jointVolatilityWad([
        { worth: 3n, volatilityWad: calm },
        { worth: 1n, volatilityWad: wild },
      ]),
    ).to.equal((3n * calm + wild) / 4n);
  });
});
