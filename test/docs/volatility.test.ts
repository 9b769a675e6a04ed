import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/compile.ts";
import { augustPicture, CRASH } from "../../scripts/docs/volatility/august.ts";
import { CHOSEN_TERMS } from "../../scripts/docs/volatility/chosenTerms.ts";
import { noticesOf } from "../../scripts/docs/volatility/notices.ts";
import { readFeedRounds, ROUNDS_FILE } from "../../scripts/docs/volatility/readFeedRounds.ts";
import { volatilityChart } from "../../scripts/docs/volatility/volatilityChart.ts";
import { warningFigures } from "../../scripts/docs/volatility/warningFigures.ts";
import { weightCourse, type CoursePoint } from "../../scripts/docs/volatility/weightCourse.ts";
import { crashRounds } from "../oracles/support/realRounds.ts";

const SVG = join(root, "docs", "volatility.svg");
const HOUR = 3_600n;
const START = 1_700_000_000n;

const time = (at: bigint | undefined): string =>
  at === undefined ? "never" : new Date(Number(at) * 1_000).toISOString().slice(11, 19);

describe("docs/volatility.svg", () => {
  const file = readFileSync(SVG, "utf8");

  it("says when the account that docs/decisions/0019-volatility.md tells of was called", () => {
    expect(file).to.contain("20:37 called").and.to.contain("21:42 called");
  });

  it("is what the rounds give; `npm run docs:volatility` draws it anew", () => {
    if (!existsSync(ROUNDS_FILE)) {
      // A plain clone lacks the ten months; what it has of them must at least draw, from where it begins.
      const rounds = crashRounds();
      const picture = augustPicture(rounds, { ...CRASH, from: rounds[0]!.updatedAt });
      expect(volatilityChart(picture)).to.contain("21:42 called").and.not.contain("NaN");
      return;
    }
    const picture = augustPicture(readFeedRounds(ROUNDS_FILE));
    expect(file).to.equal(volatilityChart(picture));
    expect(time(picture.crash.calledAt)).to.equal("20:37:47");
    expect(time(picture.crash.calledAtWithout)).to.equal("21:42:23");
    expect(time(picture.crash.criticalAt)).to.equal("21:45:23");
  });
});

describe("weightCourse", () => {
  const round = (hours: bigint, price: bigint) => ({
    answer: price * 10n ** 8n,
    updatedAt: START + hours * HOUR,
  });

  it("lowers the maintenance weight by the hour between rounds as well, and raises it with the estimate", () => {
    const course = weightCourse([round(0n, 2_000n), round(1n, 2_100n), round(5n, 2_100n)], CHOSEN_TERMS);
    expect(course.map(({ at }) => (at - START) / HOUR)).to.deep.equal([0n, 1n, 2n, 3n, 4n, 5n]);
    expect(course.map(({ maintenanceBps }) => maintenanceBps)).to.deep.equal([
      8_020n,
      7_995n,
      7_970n,
      7_945n,
      7_920n,
      7_895n,
    ]);
    const quiet = Array.from({ length: 60 }, (_, i) => round(6n + BigInt(i), 2_100n));
    const calm = weightCourse([round(0n, 2_000n), round(1n, 2_100n), ...quiet], CHOSEN_TERMS).at(-1)!;
    expect(calm).to.deep.include(CHOSEN_TERMS.own);
  });
});

describe("warningFigures", () => {
  /** Ten days by the hour; the maintenance weight is 50 bps tighter from `from` to `to`, and the price falls by 5 % once. */
  function course(from: number, to: number): CoursePoint[] {
    return Array.from({ length: 240 }, (_, hour) => {
      const tighter = hour >= from && hour < to ? 50n : 0n;
      return {
        at: START + BigInt(hour) * HOUR,
        answer: hour < 150 ? 2_000n : 1_900n,
        volatilityWad: 0n,
        initialBps: 7_600n - tighter,
        maintenanceBps: 8_020n - tighter,
      };
    });
  }
  const fall = { share: 0.03, withinSeconds: 14_400 };

  it("tells a warning that comes ahead from one that comes after", () => {
    const ahead = warningFigures(course(140, 150), fall);
    expect(ahead).to.include({ falls: 1, warnedShare: 1, initialAhead: 50, maintenanceAhead: 50 });
    expect(ahead.maintenanceAlways).to.be.within(2, 4);
    const after = warningFigures(course(150, 160), fall);
    expect(after).to.include({ falls: 1, warnedShare: 0, initialAhead: 0, lowestMaintenanceBps: 7_970 });
    expect(after.alwaysShare).to.equal(ahead.alwaysShare);
  });
});

describe("noticesOf", () => {
  it("counts only accounts that fall below their floors, none of which has less notice than before", () => {
    const rounds = crashRounds();
    // Without the hours before there is no unrest to see: nobody is warned, and nobody has less notice.
    const crash = { ...CRASH, from: rounds[0]!.updatedAt };
    const notices = noticesOf(weightCourse(rounds, CHOSEN_TERMS), crash);
    expect(notices.map(({ health }) => health.toFixed(3))).to.deep.equal([
      "1.005",
      "1.010",
      "1.015",
      "1.020",
    ]);
    for (const notice of notices) expect(notice.with).to.be.at.least(notice.without);
    expect(notices.at(-1)!.without).to.equal(3);
    // With a hair trigger, the unrest of that evening is enough.
    const hair = { ...CHOSEN_TERMS, referenceWad: 10n ** 16n };
    const warned = noticesOf(weightCourse(rounds, hair), crash);
    expect(warned.at(-1)!.with).to.equal(7);
  });
});
