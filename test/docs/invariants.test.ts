import { expect } from "chai";
import { describe, it } from "mocha";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/compile.ts";

const ROW = /^\| I-(\d\d) +\| (.+?) +\| (.+?) +\|$/gm;
const COUNT = 45;
/** What a stateful campaign has to hold of them at least. */
const LEAST_IN_CAMPAIGN = 38;

interface Invariant {
  readonly number: string;
  readonly holders: readonly string[];
}

describe("docs/invariants.md", () => {
  const page = readFileSync(join(root, "docs", "invariants.md"), "utf8");
  const invariants: Invariant[] = [...page.matchAll(ROW)].map(([, number = "", , holders = ""]) => ({
    number,
    holders: holders.split(", ").map((holder) => holder.replaceAll("`", "")),
  }));
  const support = globSync(join(root, "test/sol/support/*.sol")).map((file) => readFileSync(file, "utf8"));
  const asked = new Set(
    support.flatMap((source) =>
      [...source.matchAll(/_hold(?:Near)?\(\s*(\d+)/g)].map(([, number]) => Number(number)),
    ),
  );

  it("lists every invariant once, in order", () => {
    const numbers = Array.from({ length: COUNT }, (_, i) => String(i + 1).padStart(2, "0"));
    expect(invariants.map(({ number }) => number)).to.deep.equal(numbers);
  });

  it("names tests that are there and that name the invariant", () => {
    for (const { number, holders } of invariants) {
      expect(holders.length, `I-${number}`).to.be.above(0);
      for (const holder of holders) {
        if (holder === "campaign")
          expect(asked.has(Number(number)), `the campaign asks I-${number}`).to.equal(true);
        else expectNamed(holder, number);
      }
    }
  });

  it("leaves few to chosen cases", () => {
    const held = invariants.filter(({ holders }) => holders.includes("campaign"));
    expect(held.length).to.be.at.least(LEAST_IN_CAMPAIGN);
  });
});

function expectNamed(file: string, number: string): void {
  const path = join(root, file);
  expect(existsSync(path), `${file} for I-${number}`).to.equal(true);
  const name = file.endsWith(".sol") ? `_I${number}_` : `I-${number}`;
  expect(readFileSync(path, "utf8"), `${file} names ${name}`).to.contain(name);
}
