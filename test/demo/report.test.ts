import { expect } from "chai";
import type { Recording } from "../../scripts/demo/report/recording.ts";
import { renderReport } from "../../scripts/demo/report/renderReport.ts";
import { simplify, steps, type Point } from "../../scripts/demo/report/simplify.ts";
import { exactAmount, priceOf } from "../../scripts/demo/report/wording.ts";
import { syntheticRecording } from "./support/syntheticRecording.ts";

/** The page without its embedded style, script and data. */
function bodyOf(page: string): string {
  return page.replaceAll(/<style>.*?<\/style>|<script.*?<\/script>/gs, "");
}

/** Every element is closed in order: what is written is at least a tree. */
function expectWellFormed(page: string): void {
  const isVoid = new Set(["!doctype", "meta"]);
  const open: string[] = [];
  for (const [, closing, name = "", selfClosing] of bodyOf(page).matchAll(/<(\/?)([!\w]+)[^>]*?(\/?)>/g)) {
    if (closing === "/") expect(open.pop(), `</${name}>`).to.equal(name);
    else if (selfClosing === "" && !isVoid.has(name)) open.push(name);
  }
  expect(open).to.deep.equal([]);
}

describe("renderReport", () => {
  let recording: Recording;
  let page: string;
  before(() => {
    recording = syntheticRecording();
    page = renderReport(recording);
  });

  it("is one well-formed page", () => {
    expect(page).to.match(/^<!doctype html>\n<html lang="en">/);
    expectWellFormed(page);
  });

  it("loads nothing and forbids itself to", () => {
    expect(page).to.not.match(/\b(?:src|href)=|url\(|@import|fetch\(/);
    expect(page).to.include("default-src &#39;none&#39;");
  });

  it("stays under a megabyte with 300 accounts and 420 blocks, in either crash", () => {
    expect(Buffer.byteLength(page)).to.be.below(1_000_000);
    const worse = renderReport(syntheticRecording({ crash: "black-thursday" }));
    expect(Buffer.byteLength(worse)).to.be.below(1_000_000);
  });

  it("is the same for the same recording", () => {
    expect(renderReport(syntheticRecording())).to.equal(page);
  });

  it("holds no number that is none", () => {
    expect(bodyOf(page)).to.not.match(/NaN|Infinity|undefined|\[object/);
  });

  it("draws each chart for screens and for phones, each with a description", () => {
    const svgs = page.match(/<svg class="(?:wide|narrow)"[^>]*>/g) ?? [];
    expect(svgs).to.have.length(2 * 7);
    for (const svg of svgs) expect(svg).to.match(/role="img" aria-label="[^"]{20,}"/);
  });

  it("has a row for each call and each take in its tables", () => {
    const rows = page.match(/<details>.*?<\/details>/gs)!.map((table) => table.match(/<tr>/g)!.length - 1);
    expect(rows[0]).to.equal(recording.calls.length);
    expect(rows[2]).to.equal(recording.takes.length);
  });

  it("says that nothing was missed and every token is accounted for", () => {
    expect(page).to.include("Nothing missed.").and.include("Every token accounted for, to the last unit.");
  });

  it("says what was missed, which token is off by how much, and each problem", () => {
    const verdict = {
      missed: 12,
      conservation: { USDC: -3n, WETH: 0n },
      problems: ["The keeper ended early."],
    };
    const bad = renderReport({ ...recording, verdict });
    expect(bad).to.include("12 missed.").and.include("Not accounted for: −0.000003 USDC.");
    expect(bad).to.include("<li>The keeper ended early.</li>").and.not.include("Nothing missed.");
  });

  it("is not pleased when there is a problem though nothing was missed", () => {
    const verdict = { ...recording.verdict, problems: ["The keeper ended early."] };
    expect(renderReport({ ...recording, verdict })).to.include('class="verdict bad"');
  });

  it("escapes every text that comes from outside", () => {
    const evil = `</script><script>alert("1")</script>`;
    const bad = renderReport({
      ...recording,
      title: evil,
      series: evil,
      quote: { symbol: evil, decimals: 6 },
      collaterals: recording.collaterals.map((terms) => ({ ...terms, symbol: evil })),
      summary: [{ label: evil, value: evil }],
      verdict: { missed: 0, conservation: { [evil]: 1n }, problems: [evil] },
    });
    expect(bad).to.not.include("<script>alert");
    expect(bad.match(/<script/g)).to.have.length(2);
    expectWellFormed(bad);
  });

  describe("given an outage", () => {
    const times = (after: number) => {
      const feedFrom = recording.blocks[150]!.at + after;
      const sequencerFrom = feedFrom + 4_000;
      return {
        feedFrom,
        feedUntil: feedFrom + 9_300,
        sequencerFrom,
        sequencerUntil: sequencerFrom + 2_700,
      };
    };
    const shadesOf = (html: string, part: string) =>
      html.match(new RegExp(`class="outage ${part}"`, "g")) ?? [];

    it("shades it in prices, health and calls, by name and in the descriptions", () => {
      const shaded = renderReport({ ...recording, outage: times(0) });
      expectWellFormed(shaded);
      // For screens and for phones; of the second collateral the feed was not silent.
      expect(shadesOf(shaded, "feed")).to.have.length(2 * 3);
      expect(shadesOf(shaded, "sequencer")).to.have.length(2 * 4);
      expect(shaded.match(/aria-label="[^"]*Shaded: [^"]*sequencer down from \d\d:\d\d/g)).to.have.length(
        2 * 4,
      );
      expect(page).not.to.include('class="outage');
    });

    it("leaves out what lies outside of the time shown", () => {
      const later = renderReport({ ...recording, outage: times(100_000) });
      expect(shadesOf(later, "feed")).to.be.empty;
      expect(bodyOf(later)).not.to.match(/sequencer down|Shaded/);
    });
  });

  describe("given an accident", () => {
    it("shades it as it does an outage, and beside one", () => {
      const from = recording.blocks[150]!.at;
      const accident = { from, until: from + 1_200, lowBps: 300 };
      const shaded = renderReport({ ...recording, accident });
      expectWellFormed(shaded);
      // For screens and for phones: prices of the first collateral, health, and calls.
      expect(shaded.match(/class="outage accident"/g)).to.have.length(2 * 3);
      expect(shaded).to.include("Shaded: feed 3 % too low from ");
      expect(shaded).not.to.match(/class="outage (feed|sequencer)"/);
      const outage = {
        feedFrom: from + 4_000,
        feedUntil: from + 9_000,
        sequencerFrom: from + 5_000,
        sequencerUntil: from + 6_000,
      };
      const both = renderReport({ ...recording, accident, outage });
      expectWellFormed(both);
      expect(both.match(/class="outage accident"/g)).to.have.length(2 * 3);
      expect(both.match(/class="outage feed"/g)).to.have.length(2 * 3);
    });
  });

  describe("given a price that never moves", () => {
    it("draws no chart of it, and its weights say nothing of the floor", () => {
      const still = { symbol: "STILL", decimals: 18, initialBps: 8_700, maintenanceBps: 9_300 };
      const calm = { ...still, liquidationBps: 9_310, maxDiscountBps: 200 };
      const withCalm = renderReport({
        ...recording,
        collaterals: [...recording.collaterals, calm],
        blocks: recording.blocks.map((block) => ({ ...block, price36: [...block.price36, 10n ** 24n] })),
      });
      expectWellFormed(withCalm);
      expect(withCalm).not.to.include("STILL against the call band");
      expect(withCalm.match(/against the call band/g)?.length).to.equal(
        page.match(/against the call band/g)?.length,
      );
      const floorOf = (html: string) => /class="level floor" d="([^"]*)"/.exec(html)?.[1];
      expect(floorOf(withCalm)).to.equal(floorOf(page));
    });
  });

  describe("given little or nothing to show", () => {
    const cases: [string, (full: Recording) => Recording][] = [
      ["no calls", (full) => ({ ...full, calls: [], takes: [], traces: [], latencyBlocks: [] })],
      ["no blocks", (full) => ({ ...full, blocks: [] })],
      ["one block", (full) => ({ ...full, blocks: full.blocks.slice(0, 1) })],
      [
        "no debts",
        (full) => ({ ...full, blocks: full.blocks.map((block) => ({ ...block, healthWad: undefined })) }),
      ],
      ["calls without traces", (full) => ({ ...full, traces: [] })],
      ["no collaterals", (full) => ({ ...full, collaterals: [], takes: [] })],
    ];
    for (const [name, change] of cases) {
      it(`renders with ${name}`, () => {
        const bare = renderReport(change(recording));
        expectWellFormed(bare);
        expect(bodyOf(bare)).to.not.match(/NaN|Infinity|undefined|\[object/);
      });
    }

    it("says so when no call was opened", () => {
      expect(renderReport({ ...recording, calls: [] })).to.include("No call was opened.");
    });
  });
});

describe("simplify", () => {
  it("keeps the bends and drops what lies between them", () => {
    const line: Point[] = [
      [0, 0],
      [1, 0.1],
      [2, 0],
      [3, 5],
      [4, 0],
    ];
    expect(simplify(line, 0.2)).to.deep.equal([line[0], line[2], line[3], line[4]]);
  });

  it("manages a hundred thousand points and none", () => {
    const zigzag = Array.from({ length: 100_000 }, (_, x): Point => [x, x % 2]);
    expect(simplify(zigzag, 2)).to.have.length(2);
    expect(simplify([], 1)).to.deep.equal([]);
  });
});

describe("steps", () => {
  it("holds each value until the next", () => {
    expect(
      steps([
        [0, 1],
        [5, 2],
      ]),
    ).to.deep.equal([
      [0, 1],
      [5, 1],
      [5, 2],
    ]);
  });
});

describe("priceOf", () => {
  const terms = { symbol: "X", initialBps: 1, maintenanceBps: 1, liquidationBps: 1, maxDiscountBps: 1 };
  const usdc = { symbol: "USDC", decimals: 6 };

  it("is dollars for a whole token of any decimals", () => {
    expect(priceOf(1733_98679953n * 10n ** 16n, { ...terms, decimals: 18 }, usdc)).to.equal(1733.98679953);
    expect(priceOf(27_851_45n * 10n ** 32n, { ...terms, decimals: 8 }, usdc)).to.equal(27851.45);
    expect(priceOf(10n ** 36n, { ...terms, decimals: 6 }, usdc)).to.equal(1);
  });
});

describe("exactAmount", () => {
  it("writes every base unit with its sign", () => {
    expect(exactAmount(-3n, 6)).to.equal("−0.000003");
    expect(exactAmount(1_500_000n, 6)).to.equal("+1.500000");
    expect(exactAmount(7n, 0)).to.equal("+7");
  });
});
