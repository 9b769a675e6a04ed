import { expect } from "chai";
import { describe, it } from "mocha";
import { OutagePlan } from "../../scripts/demo/replay/outagePlan.ts";

const NOW = 1_700_000_000;
const GRACE = 900;
const MAX_AGE = 3_900;

/** A price a minute, in dollars. */
function planOf(prices: readonly number[], maxAgeSeconds = MAX_AGE): OutagePlan {
  const rounds = prices.map((price, i) => ({ at: NOW + 60 * i, answer: BigInt(price) * 10n ** 8n }));
  return new OutagePlan(rounds, maxAgeSeconds);
}

/** From 2,000 to 1,800: three quarters of the fall have been seen in the third minute. */
const CRASH = [2_000, 1_950, 1_851, 1_850, 1_800, 1_830];
const deepAt = NOW + 180;

describe("OutagePlan", () => {
  describe("the feed", () => {
    it("falls silent once three quarters of the fall have been seen and a deadline lies ahead", () => {
      const plan = planOf(CRASH);
      expect(plan.look(deepAt - 60, [deepAt + 900])).to.be.undefined;
      expect(plan.look(deepAt, [])).to.be.undefined;
      expect(plan.look(deepAt, [deepAt])).to.be.undefined;
      expect(plan.look(deepAt, [deepAt + 1])).to.equal("feed");
      expect(plan.times.feedFrom).to.equal(deepAt);
    });

    it("without any call: ten minutes after the lowest price", () => {
      const plan = planOf(CRASH);
      expect(plan.look(NOW + 240 + 599, [])).to.be.undefined;
      expect(plan.look(NOW + 240 + 600, [])).to.equal("feed");
    });

    it("in rising prices: ten minutes after the first", () => {
      const plan = planOf([2_000, 2_100, 2_200]);
      expect(plan.look(NOW + 599, [])).to.be.undefined;
      expect(plan.look(NOW + 600, [])).to.equal("feed");
    });

    it("is silent for an hour and a half more than its answers may be old", () => {
      for (const maxAge of [360, MAX_AGE, 90_000]) {
        const plan = planOf(CRASH, maxAge);
        plan.look(deepAt, [deepAt + 900]);
        const until = deepAt + maxAge + 5_400;
        expect(plan.times.feedUntil).to.equal(until);
        expect([until - 1, until].map((at) => plan.isOver(at))).to.deep.equal([false, true]);
      }
    });
  });

  describe("the sequencer", () => {
    const silent = (maxAge?: number) => {
      const plan = planOf(CRASH, maxAge);
      plan.look(deepAt, [deepAt + 900]);
      return plan;
    };

    it("goes down ten minutes later at the soonest, when a quarter of the deadlines lie within its time", () => {
      const at = deepAt + 600;
      const plan = silent();
      const later = [at + 2_701, at + 3_000, at + 9_000];
      expect(plan.look(at - 1, [at + 60])).to.be.undefined;
      expect(plan.look(at, [at, ...later])).to.be.undefined;
      expect(plan.look(at, [at + 2_700, ...later, at + 9_001])).to.be.undefined;
      expect(plan.look(at, [at, at + 2_700, ...later])).to.equal("sequencer");
      expect(plan.times).to.deep.include({ sequencerFrom: at, sequencerUntil: at + 2_700 });
      expect(plan.look(at + 2_700, [at + 2_800])).to.be.undefined;
    });

    it("without a deadline: so that it is up again half an hour before the feed answers", () => {
      for (const maxAge of [360, MAX_AGE, 90_000]) {
        const plan = silent(maxAge);
        const latest = (plan.times.feedUntil ?? 0) - 4_500;
        expect(plan.look(latest - 1, [])).to.be.undefined;
        expect(plan.look(latest, [])).to.equal("sequencer");
      }
    });

    it("a deadline that it meets has the grace afterwards; a later one is put off by as long; one before is not", () => {
      const from = deepAt + 600;
      const plan = silent();
      expect(plan.timeOf(from + 60, GRACE)).to.equal(from + 60);
      plan.look(from, [from + 60]);
      expect([0, 1, GRACE, GRACE + 1].map((d) => plan.timeOf(from + d, GRACE) - from)).to.deep.equal([
        0,
        GRACE + 2_700,
        GRACE + 2_700,
        GRACE + 1 + 2_700,
      ]);
    });
  });

  it("names every moment at which something may begin or end, and none when all is over", () => {
    const plan = planOf(CRASH);
    expect(plan.nextAfter(NOW)).to.equal(deepAt);
    expect(plan.nextAfter(deepAt)).to.equal(NOW + 240 + 600);
    plan.look(deepAt, [deepAt + 900]);
    expect(plan.nextAfter(deepAt)).to.equal(deepAt + 600);
    expect(plan.nextAfter(deepAt + 600)).to.equal(deepAt + 4_800);
    plan.look(deepAt + 600, [deepAt + 900]);
    expect(plan.nextAfter(deepAt + 600)).to.equal(deepAt + 3_300);
    expect(plan.nextAfter(deepAt + 4_800)).to.equal(deepAt + 9_300);
    expect(plan.nextAfter(deepAt + 9_300)).to.be.undefined;
  });
});
