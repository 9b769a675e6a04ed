import { expect } from "chai";
import { describe, it } from "mocha";
import { nextBlockAt, waitingSecondsOf, type Moment } from "../../scripts/demo/replay/schedule.ts";
import { jsonInteger } from "../../scripts/demo/record/jsonInteger.ts";
import { latencyOf } from "../../scripts/demo/record/summary.ts";
import { drawPopulation, holdingsOf, populationOf } from "../../scripts/demo/world/population.ts";
import { randomOf } from "../../scripts/demo/world/random.ts";
import { COLLATERALS } from "../../scripts/demo/world/terms.ts";

const NOW = 1_000_000;

describe("nextBlockAt", () => {
  const at = (changes: Partial<Moment>) =>
    nextBlockAt(
      {
        now: NOW,
        nextRoundAt: NOW + 3_600,
        nextRefreshAt: NOW + 9_000,
        nextPlanAt: undefined,
        nextDeadlineAt: undefined,
        nextOutageAt: undefined,
        mood: "busy",
        ...changes,
      },
      120,
    );

  it("when busy: a minute", () => {
    expect(at({})).to.equal(NOW + 60);
  });
  it("when calls wait: the longer step", () => {
    expect(at({ mood: "waiting" })).to.equal(NOW + 120);
  });
  it("when calls have nothing left to wait for but a keeper that is late: the longer step, never for ever", () => {
    const nothing = { nextRoundAt: undefined, nextRefreshAt: Infinity };
    expect(at({ mood: "waiting", ...nothing })).to.equal(NOW + 120);
    expect(at({ mood: "quiet", ...nothing, nextDeadlineAt: NOW - 1 })).to.equal(NOW + 120);
  });
  it("when quiet: straight to the next round", () => {
    expect(at({ mood: "quiet" })).to.equal(NOW + 3_600);
  });
  it("never passes a round, a deadline, a plan, a feed's age or an outage", () => {
    const keys = ["nextRoundAt", "nextDeadlineAt", "nextPlanAt", "nextRefreshAt", "nextOutageAt"] as const;
    for (const key of keys) {
      expect(at({ [key]: NOW + 7 })).to.equal(NOW + 7);
    }
  });
  it("does not wait for what is past", () => {
    expect(at({ nextPlanAt: NOW - 5 })).to.equal(NOW + 60);
  });
  it("after the last round open calls wait for their deadline alone", () => {
    const moment = { mood: "waiting", nextRoundAt: undefined, nextDeadlineAt: NOW + 5_000 } as const;
    expect(at(moment)).to.equal(NOW + 5_000);
  });
  it("takes a minute in short replays and up to five in long ones", () => {
    expect([25_176, 169_200, 10_000_000].map(waitingSecondsOf)).to.deep.equal([60, 282, 300]);
  });
});

describe("drawPopulation", () => {
  it("given a seed: the same accounts; given another: others", () => {
    expect(drawPopulation(50, 1)).to.deep.equal(drawPopulation(50, 1));
    expect(drawPopulation(50, 1)).not.to.deep.equal(drawPopulation(50, 2));
  });

  it("spreads health factors from 1.02 to 3, with plenty below 1.25, and collaterals one and two", () => {
    const plans = drawPopulation(300, 3);
    const healths = plans.map(({ healthWad }) => Number(healthWad) / 1e18);
    expect(Math.min(...healths)).to.be.within(1.02, 1.03);
    expect(Math.max(...healths)).to.be.within(2.4, 3);
    expect(healths.filter((health) => health < 1.25).length).to.be.within(150, 210);
    const both = plans.filter(({ sharesBps }) => sharesBps.slice(0, 2).every((share) => share > 0));
    expect(both).to.have.length(120);
    const calm = plans.filter(({ sharesBps: [, , share] }) => share > 0);
    expect(calm).to.have.length(30);
    expect(calm.every(({ sharesBps: [first, second] }) => first + second > 0)).to.be.true;
  });

  it("gives each account what makes it as healthy as planned, and no less", () => {
    const prices36 = [2n * 10n ** 27n, 3n * 10n ** 38n, 10n ** 24n];
    for (const plan of drawPopulation(100, 4)) {
      const weighted = holdingsOf(plan, prices36).reduce((sum, amount, j) => {
        const value = (amount * prices36[j]!) / 10n ** 36n;
        return sum + value * BigInt(COLLATERALS[j]!.maintenanceBps);
      }, 0n);
      const healthWad = (weighted * 10n ** 14n) / plan.debt;
      const off = Number(healthWad - plan.healthWad) / Number(plan.healthWad);
      expect(off).to.be.within(-1e-9, 1e-5);
    }
  });

  it("scales real positions so that the smallest is worth a liquidation, all by one factor", () => {
    const position = (debtUsd8: bigint) => ({ debtUsd8, healthWad: 12n * 10n ** 17n });
    const positions = [position(10n * 10n ** 8n), position(1_000n * 10n ** 8n)];
    const plans = populationOf({ rows: 2, flagged: 0, underMinimum: 0, positions }, 1);
    expect(plans.map(({ debt }) => debt)).to.deep.equal([300_000_000n, 30_000_000_000n]);
  });
});

describe("randomOf", () => {
  it("is even: of 10,000 draws from ten numbers each comes about 1,000 times", () => {
    const random = randomOf(9, "even");
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i += 1) counts[random.between(0, 9)]! += 1;
    for (const count of counts) expect(count).to.be.within(880, 1_120);
  });
  it("shuffles without losing anything", () => {
    expect(randomOf(9, "cards").shuffled([1, 2, 3, 4, 5]).sort()).to.deep.equal([1, 2, 3, 4, 5]);
  });
});

describe("the report's numbers", () => {
  it("are numbers up to 2^53 - 1 and decimal strings beyond", () => {
    expect(jsonInteger(9_007_199_254_740_991n)).to.equal(9_007_199_254_740_991);
    expect(jsonInteger(9_007_199_254_740_992n)).to.equal("9007199254740992");
    expect(jsonInteger(-9_007_199_254_740_992n)).to.equal("-9007199254740992");
  });
  it("take the nearest rank for percentiles, and zero for none", () => {
    expect(latencyOf([3, 1, 2, 1])).to.deep.equal({ p50: 1, p99: 3, max: 3 });
    expect(latencyOf([])).to.deep.equal({ p50: 0, p99: 0, max: 0 });
  });
});
