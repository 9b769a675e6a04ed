import { expect } from "chai";
import { describe, it } from "mocha";
import { join } from "node:path";
import { root } from "../../scripts/compile.ts";
import { describePlan } from "../../scripts/deploy/describePlan.ts";
import { parsePlan, readPlan } from "../../scripts/deploy/plan.ts";

const file = join(root, "scripts/deploy/example.plan.json");

/** Every number and text in a plan, however deep. */
function valuesIn(part: unknown): string[] {
  return typeof part === "object" && part !== null ? Object.values(part).flatMap(valuesIn) : [String(part)];
}

describe("describePlan", () => {
  it("shows every value that is about to be deployed", () => {
    const example = readPlan(file);
    const guard = {
      second: "0x000000000000000000000000000000000000dEaD",
      secondMaxAgeSeconds: 4_711,
      maxDeviationBps: 217,
      minAnswer: 1_000_003n,
      maxAnswer: 9_000_000_000_007n,
    };
    const [first] = example.collaterals;
    const plan = { ...example, sequencerFeed: guard.second, collaterals: [{ ...first!, guard }] };
    const text = describePlan(plan).join("\n");
    const values = valuesIn(plan);
    expect(values.length).to.be.greaterThan(35);
    for (const value of values)
      expect(text).to.match(new RegExp(`(^|[^\\w])${escaped(value)}([^\\w]|$)`, "m"));
  });

  it("says that there is no uptime feed, guard or gauge where there is none", () => {
    const { collaterals, ...rest } = readPlan(file);
    const plain = Object.fromEntries(
      Object.entries(collaterals[0]!).filter(([name]) => name !== "volatility"),
    );
    const text = describePlan({ ...rest, collaterals: [plain as (typeof collaterals)[number]] }).join("\n");
    expect(text).to.contain("uptime feed none");
    expect(text).to.not.match(/guard:|follow/);
  });

  it("is of a plan that was checked: a guard with a word it does not know is refused by name", () => {
    const plan: unknown = JSON.parse(
      JSON.stringify(readPlan(file), (_, value: unknown) =>
        typeof value === "bigint" ? String(value) : value,
      ),
    );
    const collaterals = (plan as { collaterals: object[] }).collaterals.map((c) => ({
      ...c,
      guard: { secnd: "0x" },
    }));
    expect(() => parsePlan({ ...(plan as object), collaterals }, "plan.json")).to.throw(
      /plan.json: collaterals.0.guard/,
    );
  });
});

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
