import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/compile.ts";
import type { Response, Temper } from "../../scripts/demo/replay/responses.ts";
import { brakeChart } from "../../scripts/docs/brake/brakeChart.ts";
import { brakePicture } from "../../scripts/docs/brake/brakePicture.ts";
import { BRAKE, MARKET } from "../../scripts/docs/brake/chosenTerms.ts";
import { Market } from "../../scripts/docs/brake/market.ts";
import { hourSums, recordReplay, type ReplayPoint } from "../../scripts/docs/brake/recordReplay.ts";
import { replayCrash, type ReplayPlan } from "../../scripts/docs/brake/replayCrash.ts";
import {
  accountOf,
  blackThursday,
  blackThursdayByTheHour,
  CANDLES_FILE,
  planOf,
  slide,
} from "../../scripts/docs/brake/scenes.ts";
import type { Act } from "../../scripts/docs/brake/vaultModel.ts";
import { capacityDown, neededFor } from "../../sdk/brake.ts";
import { INITIAL_INDEX, toDebtUp } from "../../sdk/debtMath.ts";
import { valuationOf } from "../../sdk/valuation.ts";
import { isAboveFloor } from "../../sdk/healthMath.ts";
import { Status, type AccountState } from "../../sdk/vaultTypes.ts";
import { BrakeScript } from "./support/brakeScript.ts";

const SVG = join(root, "docs", "brake.svg");
const SOME = BRAKE.burst / 5n;
const TIGHT = { burst: SOME, perHour: SOME };

type Of<Kind extends Act["kind"]> = Extract<Act, { kind: Kind }>;

function actsOf<Kind extends Act["kind"]>(acts: readonly Act[], kind: Kind): Of<Kind>[] {
  return acts.filter((act): act is Of<Kind> => act.kind === kind);
}

describe("docs/brake.svg", () => {
  it("is what the replays give; `npm run docs:brake` draws it anew", () => {
    if (!existsSync(CANDLES_FILE)) {
      // A plain clone lacks the candles; the hourly closes that it has must at least draw.
      const drawn = brakeChart(brakePicture(blackThursdayByTheHour(), slide()));
      expect(drawn).to.contain("Black Thursday").and.not.contain("NaN");
      return;
    }
    const drawn = brakeChart(brakePicture(blackThursday(), slide()));
    expect(readFileSync(SVG, "utf8")).to.equal(drawn);
  }).timeout(60_000);
});

describe("replayCrash", () => {
  const scenes = [
    { name: "Black Thursday by the hour", plan: planOf(blackThursdayByTheHour(), 3, { brake: TIGHT }) },
    {
      name: "the same in a market that answers",
      plan: planOf(blackThursdayByTheHour(), 3, { market: MARKET, brake: TIGHT }),
    },
    { name: "the slide", plan: planOf(slide(), 3, { market: MARKET, brake: TIGHT }) },
  ];

  for (const { name, plan } of scenes) {
    it(`never overdraws a bucket above the floor: ${name}`, () => {
      const fullAt = plan.collaterals.map(() => 0n);
      let [above, draws] = [0, 0];
      for (const { at, acts, moment } of replayCrash(plan)) {
        for (const { take, worth } of actsOf(acts, "taken")) {
          const { brake } = plan.collaterals[take.number]!;
          if (brake === undefined) continue;
          const bucket = { ...brake, fullAtMicros: fullAt[take.number]! };
          const room = capacityDown(bucket, BigInt(at));
          if (take.status === Status.Expired) {
            expect(room).to.be.at.least(neededFor(bucket, worth));
            above += 1;
          }
          draws += 1;
          // By the bucket's own words and not by the moment at which it is full, which is what is checked.
          const left = room > worth ? room - worth : 0n;
          const missing = brake.burst - left;
          fullAt[take.number] = BigInt(at) * 1_000_000n + (missing * 3_600_000_000n) / brake.perHour;
        }
        for (const [j, { brake }] of plan.collaterals.entries()) {
          if (brake === undefined) continue;
          const room = capacityDown({ ...brake, fullAtMicros: fullAt[j]! }, BigInt(at));
          // Each draw is rounded to what flows in within a microsecond.
          const least = (BigInt(draws) * 2n * brake.perHour) / 3_600_000_000n + 1n;
          expect(moment.brakes![j]!.room - room).to.be.within(-least, least);
        }
      }
      expect(above).to.be.above(20);
    }).timeout(20_000);

    it(`lets nothing below its floor wait, and something above it: ${name}`, () => {
      let waited = 0;
      for (const { moment, accounts, waiting } of replayCrash(plan)) {
        for (const account of waiting) {
          const v = valuationOf(accounts[account]!, moment.collaterals, moment.prices, moment.debtIndex);
          expect(isAboveFloor(v)).to.equal(true);
          waited += 1;
        }
      }
      expect(waited).to.be.above(10);
    }).timeout(20_000);

    it(`loses and makes no value (I-1): ${name}`, () => {
      const acts: Act[] = [];
      let last: readonly AccountState[] = [];
      for (const step of replayCrash(plan)) {
        acts.push(...step.acts);
        last = step.accounts;
      }
      expectConserved(plan, acts, last);
    }).timeout(20_000);
  }

  it("gives every owner the same temper whatever the brake does, and cures where somebody does", () => {
    const plan = planOf(slide(), 1, {});
    const acts = [...replayCrash(plan)].flatMap((step) => step.acts);
    const cured = new Set(actsOf(acts, "repaid").map(({ account }) => account));
    expect(cured.size).to.be.above(5);
    for (const account of cured)
      expect(plan.tempers[account]!.response).to.be.oneOf(["repay", "part", "late"]);
    for (const { account } of actsOf(acts, "deposited")) {
      expect(plan.tempers[account]!.response).to.be.oneOf(["deposit", "part"]);
    }
  }).timeout(20_000);

  it("with a brake that never binds does what it does without one", () => {
    const wide = { burst: 10n ** 18n, perHour: 10n ** 18n };
    const free = recordReplay(planOf(slide(), 2, { market: MARKET }));
    expect(recordReplay(planOf(slide(), 2, { market: MARKET, brake: wide })).figures).to.deep.equal(
      free.figures,
    );
    expect(free.figures.waited).to.equal(0);
    const tight = recordReplay(planOf(slide(), 2, { market: MARKET, brake: TIGHT })).figures;
    expect(tight.waited).to.be.above(10);
    expect(tight.mostAbove).to.be.below(free.figures.mostAbove);
    expect(tight.lowest36).to.be.above(free.figures.lowest36);
  }).timeout(20_000);
});

describe("the replay beside the contract", () => {
  it("moves accounts, amounts and the bucket as the vault does, from calls to write-offs", async () => {
    const script = await BrakeScript.load();
    const tempers = script.ids.map((_, i): Temper => ({ response: RESPONSES[i]!, hesitation: 0.25 }));
    const seen = new Set<string>();
    for (const step of replayCrash(script.plan(tempers))) {
      for (const act of step.acts) seen.add(wordFor(act));
      if (step.waiting.length > 0) seen.add("waited");
      await script.follow(step);
    }
    expect([...seen]).to.include.members([
      "opened",
      "reopened",
      "closed",
      "closed unasked",
      "repaid",
      "deposited",
      "taken Expired",
      "taken Critical",
      "taken Insolvent",
      "writtenOff",
      "writtenOff with dust",
      "waited",
    ]);
  }).timeout(120_000);
});

const RESPONSES: readonly Response[] = [
  "none",
  "none",
  "none",
  "none",
  "repay",
  "deposit",
  "part",
  "late",
  "none",
];

function wordFor(act: Act): string {
  if (act.kind === "opened") return act.reopened ? "reopened" : "opened";
  if (act.kind === "closed") return act.unasked ? "closed unasked" : "closed";
  if (act.kind === "writtenOff" && act.left.some((amount) => amount > 0n)) return "writtenOff with dust";
  if (act.kind !== "taken") return act.kind;
  return `taken ${Object.keys(Status)[act.take.status] ?? ""}`;
}

/** What went in and out of each account is what it holds and owes now; and takers paid for what they took. */
function expectConserved(plan: ReplayPlan, acts: readonly Act[], last: readonly AccountState[]): void {
  const debts = plan.accounts.map(({ debtShares }) => toDebtUp(debtShares, INITIAL_INDEX));
  const held = plan.accounts.map(({ collateral }) => [...collateral]);
  const add = (account: number, number: number, amount: bigint) => {
    held[account]![number] = held[account]![number]! + amount;
  };
  for (const act of acts) {
    const { account } = act;
    if (act.kind === "opened") debts[account] = debts[account]! + act.bounty;
    if (act.kind === "repaid") debts[account] = debts[account]! - act.amount;
    if (act.kind === "deposited") add(account, act.number, act.amount);
    if (act.kind === "writtenOff") {
      debts[account] = debts[account]! - act.loss;
      for (const [number, amount] of act.left.entries()) add(account, number, -amount);
    }
    if (act.kind !== "taken") continue;
    const { repaid, insured, seized, number, discountWad, price36 } = act.take;
    debts[account] = debts[account]! - repaid;
    add(account, number, -seized);
    // The worth is the payment and the discount, but for the collateral's last base unit, and a fifth of the discount is the insurance's.
    const worth = (act.worth * (10n ** 18n - discountWad)) / 10n ** 18n;
    const rounding = price36 / 10n ** 36n + 5n;
    expect(worth - repaid).to.be.within(-rounding, rounding);
    expect(insured * 5n).to.be.at.most(act.worth - repaid + 5n * rounding);
  }
  expect(last.map(({ collateral }) => [...collateral])).to.deep.equal(held);
  expect(last.map(({ debtShares }) => toDebtUp(debtShares, INITIAL_INDEX))).to.deep.equal(debts);
  expect(actsOf(acts, "taken")).to.have.length.above(20);
}

describe("Market", () => {
  const price36 = 200n * 10n ** 36n;

  it("falls by what is sold over its depth, and is half way back after a half-life", () => {
    const market = new Market({ depth: 1_000n, halfLifeSeconds: 600 });
    expect(market.priceAt(price36, 0)).to.equal(price36);
    market.sell(100n);
    expect(market.priceAt(price36, 0)).to.equal(180n * 10n ** 36n);
    market.sell(500n);
    expect(market.priceAt(price36, 0)).to.equal(90n * 10n ** 36n);
    expect(market.priceAt(price36, 600)).to.equal(145n * 10n ** 36n);
    expect(market.priceAt(price36, 1_200)).to.equal((1_725n * 10n ** 36n) / 10n);
  });

  it("has no price left when more is sold than it is deep, and none is moved without terms", () => {
    const market = new Market({ depth: 1_000n, halfLifeSeconds: 600 });
    market.sell(2_000n);
    expect(market.priceAt(price36, 0)).to.equal(0n);
    const still = new Market(undefined);
    still.sell(10n ** 30n);
    expect(still.priceAt(price36, 60)).to.equal(price36);
  });
});

describe("hourSums", () => {
  it("adds up the last hour at each point, and forgets to the second", () => {
    const point = (at: number, worth: bigint): ReplayPoint => ({
      at,
      price36: [],
      above: [worth],
      below: [],
      waiting: 0,
    });
    const points = [
      point(0, 1n),
      point(1_800, 10n),
      point(3_599, 100n),
      point(3_600, 1_000n),
      point(9_000, 0n),
    ];
    expect(hourSums(points, ({ above: [worth = 0n] }) => worth)).to.deep.equal([1n, 11n, 111n, 1_110n, 0n]);
  });
});

describe("accountOf", () => {
  it("holds what has an amount, and owes what it was given", () => {
    const account = accountOf(12_345_678n, [0n, 5n, 7n]);
    expect(account.collateralSet).to.equal(0b110);
    expect(toDebtUp(account.debtShares, INITIAL_INDEX)).to.equal(12_345_678n);
  });
});
