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

/** From 2,000 to 1,800: half of the fall has been seen in the third minute. */
const CRASH = [2_000, 1_950, 1_920, 1_890, 1_800, 1_850];
const halfway = NOW + 180;

describe("OutagePlan", () => {
  describe("the feed", () => {
    it("falls silent once half of the fall has been seen and a deadline lies ahead", () => {
      const plan = planOf(CRASH);
      expect(plan.look(halfway - 60, [halfway + 900])).to.be.undefined;
      expect(plan.look(halfway, [])).to.be.undefined;
      expect(plan.look(halfway, [halfway])).to.be.undefined;
      expect(plan.look(halfway, [halfway + 1])).to.equal("feed");
      expect(plan.times.feedFrom).to.equal(halfway);
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

    it("is silent for half an hour more than its answers may be old, and for 75 minutes at the least", () => {
      for (const [maxAge, silence] of [
        [MAX_AGE, 5_700],
        [360, 4_500],
        [90_000, 91_800],
      ] as const) {
        const plan = planOf(CRASH, maxAge);
        plan.look(halfway, [halfway + 900]);
        expect(plan.times.feedUntil).to.equal(halfway + silence);
        expect(plan.isOver(halfway + silence - 1)).to.be.false;
        expect(plan.isOver(halfway + silence)).to.be.true;
      }
    });
  });

  describe("the sequencer", () => {
    const silent = (maxAge?: number) => {
      const plan = planOf(CRASH, maxAge);
      plan.look(halfway, [halfway + 900]);
      return plan;
    };

    it("goes down ten minutes later at the soonest, when a deadline lies within half an hour", () => {
      const at = halfway + 600;
      const plan = silent();
      expect(plan.look(at - 1, [at + 60])).to.be.undefined;
      expect(plan.look(at, [at, at + 1_801])).to.be.undefined;
      expect(plan.look(at, [at + 1_800])).to.equal("sequencer");
      expect(plan.times).to.deep.include({ sequencerFrom: at, sequencerUntil: at + 1_800 });
      expect(plan.look(at + 1_800, [at + 1_900])).to.be.undefined;
    });

    it("without a deadline: so that it is up again half an hour before the feed answers", () => {
      for (const maxAge of [360, MAX_AGE, 90_000]) {
        const plan = silent(maxAge);
        const latest = (plan.times.feedUntil ?? 0) - 3_600;
        expect(plan.look(latest - 1, [])).to.be.undefined;
        expect(plan.look(latest, [])).to.equal("sequencer");
      }
    });

    it("a deadline that it meets has the grace afterwards; a later one is put off by as long; one before is not", () => {
      const from = halfway + 600;
      const plan = silent();
      expect(plan.timeOf(from + 60, GRACE)).to.equal(from + 60);
      plan.look(from, [from + 60]);
      expect([0, 1, GRACE, GRACE + 1].map((d) => plan.timeOf(from + d, GRACE) - from)).to.deep.equal([
        0,
        GRACE + 1_800,
        GRACE + 1_800,
        GRACE + 1 + 1_800,
      ]);
    });
  });

  it("names every moment at which something may begin or end, and none when all is over", () => {
    const plan = planOf(CRASH);
    expect(plan.nextAfter(NOW)).to.equal(halfway);
    expect(plan.nextAfter(halfway)).to.equal(NOW + 240 + 600);
    plan.look(halfway, [halfway + 900]);
    expect(plan.nextAfter(halfway)).to.equal(halfway + 600);
    expect(plan.nextAfter(halfway + 600)).to.equal(halfway + 2_100);
    plan.look(halfway + 600, [halfway + 900]);
    expect(plan.nextAfter(halfway + 2_100)).to.equal(halfway + 2_400);
    expect(plan.nextAfter(halfway + 2_400)).to.equal(halfway + 5_700);
    expect(plan.nextAfter(halfway + 5_700)).to.be.undefined;
  });
});
