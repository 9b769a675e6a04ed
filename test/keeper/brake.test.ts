import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import { numbersIn } from "../../sdk/valuation.ts";
import type { AccountState } from "../../sdk/vaultTypes.ts";
import { accountsOf, isTake, type Action } from "../../keeper/policy/action.ts";
import { brakeFor, type BrakeSettings, type BrakeView } from "../../keeper/policy/brake.ts";
import { decide } from "../../keeper/policy/decide.ts";
import { secondOpinion, type PriceOpinion } from "../../keeper/policy/secondOpinion.ts";
import type { PolicySettings, Snapshot } from "../../keeper/policy/snapshot.ts";
import { accountOf, stateOf } from "./support/state.ts";
import { ACT_AT, ETHER, NOW, price36, SETTINGS, snapshotOf, USDC } from "./support/snapshot.ts";

const OPINIONS = ["agrees", "contradicts", "silent", "none"] as const;

/** Up to forty accounts of a book with four collaterals, and limits of every kind. */
const cases = fc
  .record({
    debts: fc.array(fc.bigInt({ min: 0n, max: 10n ** 15n }), { maxLength: 40 }),
    sets: fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 40, maxLength: 40 }),
    waits: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
    others: fc.bigInt({ min: 0n, max: 10n ** 16n }),
    opinions: fc.array(fc.constantFrom(...OPINIONS), { minLength: 4, maxLength: 4 }),
    wasEngaged: fc.boolean(),
    isConfirmed: fc.boolean(),
    maxShareBps: fc.integer({ min: 1, max: 10_000 }),
    minAccounts: fc.integer({ min: 1, max: 30 }),
  })
  .map(({ debts, sets, waits, others, opinions, wasEngaged, isConfirmed, ...settings }) => {
    const subjects = debts.map((debt, i) => ({
      account: accountOf(i),
      debt,
      collateralSet: sets[i]!,
      mayWait: waits[i]!,
    }));
    const bookDebt = debts.reduce((sum, debt) => sum + debt, 0n) + others;
    return { view: { subjects, bookDebt, opinions, wasEngaged, isConfirmed }, settings };
  });

type Case = readonly [BrakeView, BrakeSettings];

function always(holds: (...of: Case) => void): void {
  fc.assert(
    fc.property(cases, ({ view, settings }) => {
      holds(view, settings);
    }),
    { numRuns: 2_000 },
  );
}

const sumOf = (view: BrakeView) => view.subjects.reduce((sum, { debt }) => sum + debt, 0n);

describe("brakeFor", () => {
  it("engages exactly when more than the share and enough accounts stand on a price that nobody confirms", () => {
    always((view, settings) => {
      const asked = { ...view, wasEngaged: false };
      const isOver = sumOf(view) * 10_000n > view.bookDebt * BigInt(settings.maxShareBps);
      const isMany = view.subjects.length >= settings.minAccounts;
      const isOpen = view.subjects.some(({ collateralSet }) =>
        numbersIn(collateralSet).some((number) => view.opinions[number] !== "agrees"),
      );
      const engages = isOver && isMany && isOpen && !view.isConfirmed;
      expect(brakeFor(asked, settings).kind === "engaged").to.equal(engages);
    });
  });

  it("stays engaged until a tenth of the limit is left, however few accounts that are", () => {
    always((view, settings) => {
      const asked = { ...view, wasEngaged: true, opinions: [], isConfirmed: false };
      const isLeft = sumOf(view) * 100_000n > view.bookDebt * BigInt(settings.maxShareBps);
      expect(brakeFor(asked, settings).kind).to.equal(isLeft ? "engaged" : "free");
    });
  });

  it("never holds whom lenders would pay for, and lets nobody pass on a price that nobody confirms", () => {
    always((view, settings) => {
      const brake = brakeFor(view, settings);
      if (brake.kind !== "engaged") return;
      for (const { account, collateralSet, mayWait } of view.subjects) {
        const isKnown = numbersIn(collateralSet).every((number) => view.opinions[number] === "agrees");
        expect(brake.held.has(account)).to.equal(mayWait && !isKnown);
      }
      expect(brake.unconfirmed.every((number) => view.opinions[number] !== "agrees")).to.be.true;
      expect(brake.unconfirmed).not.to.be.empty;
    });
  });

  it("gives way to the operator, and to sources that all agree, whatever it was before", () => {
    always((view, settings) => {
      const told = brakeFor({ ...view, isConfirmed: true }, settings);
      const agreed = brakeFor(
        { ...view, isConfirmed: false, opinions: view.opinions.map(() => "agrees") },
        settings,
      );
      expect([told.kind, agreed.kind]).not.to.include("engaged");
      if (told.kind === "backed") expect(told.by).to.equal("operator");
      if (agreed.kind === "backed") expect(agreed.by).to.equal("secondSource");
    });
  });

  it("holds nobody more for one more source that agrees", () => {
    always((view, settings) => {
      const heldAt = (opinions: readonly PriceOpinion[]) => {
        const brake = brakeFor({ ...view, opinions }, settings);
        return brake.kind === "engaged" ? [...brake.held] : [];
      };
      const before = heldAt(view.opinions);
      for (const number of view.opinions.keys()) {
        const after = heldAt(view.opinions.with(number, "agrees"));
        expect(before).to.include.members(after);
      }
    });
  });

  it("never counts a share too small, and counts none in a book without debt", () => {
    always((view, settings) => {
      const { extent } = brakeFor(view, settings);
      expect(extent.shareBps * view.bookDebt >= extent.debt * 10_000n || view.bookDebt === 0n).to.be.true;
      if (view.bookDebt === 0n) expect(brakeFor(view, settings).kind).to.equal("free");
    });
  });
});

describe("secondOpinion", () => {
  it("agrees up to the deviation, either way, and not one unit beyond", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 60n }),
        fc.integer({ min: 1, max: 5_000 }),
        (price, bps) => {
          const most = (price * BigInt(bps)) / 10_000n;
          for (const [second, opinion] of [
            [price, "agrees"],
            [price + most, "agrees"],
            [price - most, "agrees"],
            [price + most + 1n, "contradicts"],
            [price - most - 1n, "contradicts"],
          ] as const) {
            expect(secondOpinion(price, second, bps)).to.equal(opinion);
          }
        },
      ),
    );
  });

  it("contradicts a price that is dead, and is silent without an answer", () => {
    expect(secondOpinion(0n, 1n, 5_000)).to.equal("contradicts");
    expect(secondOpinion(1n, undefined, 5_000)).to.equal("silent");
  });
});

describe("decide, with the brake", () => {
  const DEBT = 10_000n * USDC;
  const amountFor = (healthBps: bigint) => (DEBT * ETHER * healthBps) / (1_604n * USDC) / 10_000n;
  const healthy = stateOf(amountFor(13_000n), DEBT);
  const callable = stateOf(amountFor(9_900n), DEBT);
  const critical = stateOf(amountFor(9_100n), DEBT);
  /** The same in the other collateral, which is half as dear and weighs 7,500. */
  const otherCallable: AccountState = {
    ...callable,
    collateralSet: 2,
    collateral: callable.collateral.with(0, 0n).with(1, (DEBT * ETHER * 9_900n) / (750n * USDC) / 10_000n),
  };
  const expired = stateOf(amountFor(9_900n), DEBT, {
    calledAt: ACT_AT - 2_400n,
    deadline: ACT_AT - 1_500n,
    auctionStart: ACT_AT - 1_500n,
  });
  const cured = stateOf(amountFor(10_300n), DEBT, {
    calledAt: NOW - 100n,
    deadline: ACT_AT + 1_000n,
    auctionStart: ACT_AT + 1_000n,
  });
  /** By a price that is stale, so that it cannot be taken. */
  const hopeless: AccountState = {
    ...otherCallable,
    collateral: otherCallable.collateral.with(1, ETHER),
  };
  const staleAndLow = { available: true, freshSet: 1, price36: [price36(2_000), price36(1)] };
  const times = <T>(count: number, of: T): T[] => new Array<T>(count).fill(of);

  const decideFor = (
    states: readonly AccountState[],
    changes: Partial<Snapshot> = {},
    brake: Partial<BrakeSettings> = {},
    settings: Partial<PolicySettings> = {},
  ) =>
    decide(
      snapshotOf(
        states.map((state, i) => [accountOf(i), state] as const),
        changes,
      ),
      {
        ...SETTINGS,
        brake: { maxShareBps: 2_500, minAccounts: 20, ...brake },
        ...settings,
      },
    );
  const countOf = (actions: readonly Action[], duty: Action["duty"]) =>
    actions.filter((action) => action.duty === duty).flatMap(accountsOf).length;

  it("calls nobody when more than a quarter of the book would be called at once, and says why", () => {
    const decision = decideFor([...times(26, callable), ...times(74, healthy)]);
    expect(decision.actions).to.be.empty;
    expect(decision.skips.map(({ duty, reason }) => `${duty} ${reason}`)).to.deep.equal(
      times(26, "openCall brake"),
    );
    expect(decision.brake).to.deep.include({
      kind: "engaged",
      unconfirmed: [0],
      extent: { accounts: 26, debt: 26n * DEBT, bookDebt: 100n * DEBT, shareBps: 2_600n },
    });
  });

  it("calls exactly a quarter, and any share of a small vault", () => {
    expect(countOf(decideFor([...times(25, callable), ...times(75, healthy)]).actions, "openCall")).to.equal(
      25,
    );
    expect(countOf(decideFor(times(19, callable)).actions, "openCall")).to.equal(19);
    expect(countOf(decideFor(times(20, callable)).actions, "openCall")).to.equal(0);
  });

  it("counts what it may not wait for, holds the rest, and closes calls that are cured", () => {
    const states = [
      ...times(15, critical),
      ...times(5, callable),
      ...times(4, expired),
      ...times(3, hopeless),
      ...times(2, cured),
      ...times(30, healthy),
    ];
    const { actions, skips, brake } = decideFor(states, { prices: staleAndLow });
    expect(brake?.extent.accounts).to.equal(27);
    expect(countOf(actions, "liquidateCritical")).to.equal(15);
    expect(countOf(actions, "closeCall")).to.equal(2);
    expect(actions.map(({ duty }) => duty)).not.to.include.members(["openCall"]);
    const held = skips.filter(({ reason }) => reason === "brake").map(({ duty }) => duty);
    expect(held).to.have.members([
      ...times(5, "openCall"),
      ...times(4, "liquidateProfitable"),
      ...times(3, "bookLoss"),
    ]);
    // Once those are gone, what is left of the book is still held.
    const after = decideFor([...times(5, callable), ...times(45, healthy)], {
      brake: { wasEngaged: true, isConfirmed: false },
    });
    expect(after.actions).to.be.empty;
  });

  it("goes ahead collateral by collateral where a second source agrees", () => {
    const states = [...times(15, callable), ...times(15, otherCallable), ...times(20, healthy)];
    const { actions, brake } = decideFor(states, { opinions: ["contradicts", "agrees"] });
    expect(actions.flatMap(accountsOf)).to.have.members(
      Array.from({ length: 15 }, (_, i) => accountOf(15 + i)),
    );
    expect(brake).to.deep.include({ kind: "engaged", unconfirmed: [0] });
    const both = decideFor(states, { opinions: ["agrees", "agrees"] });
    expect(countOf(both.actions, "openCall")).to.equal(30);
    expect(both.brake).to.deep.include({ kind: "backed", by: "secondSource" });
  });

  it("goes ahead on the operator's word", () => {
    const { actions, brake } = decideFor(times(40, callable), {
      brake: { wasEngaged: true, isConfirmed: true },
      opinions: ["contradicts", "contradicts"],
    });
    expect(countOf(actions, "openCall")).to.equal(40);
    expect(brake).to.deep.include({ kind: "backed", by: "operator" });
  });

  it("gives the money of what it holds to nobody who would be held as well", () => {
    const wallet = { quote: 20_500n * USDC, allowance: 10n ** 12n, native: ETHER };
    const states = [...times(30, expired), ...times(2, critical), ...times(10, healthy)];
    const { actions } = decideFor(states, { wallet }, { maxShareBps: 1_000, minAccounts: 5 });
    expect(actions.filter(isTake).flatMap(accountsOf)).to.have.members([accountOf(30), accountOf(31)]);
    expect(actions.map(({ duty }) => duty)).to.deep.equal(["liquidateCritical"]);
  });

  it("asks for no approval for what it holds", () => {
    const wallet = { quote: 10n ** 12n, allowance: 0n, native: ETHER };
    expect(decideFor(times(30, expired), { wallet }).actions).to.be.empty;
    const told = decideFor(times(30, expired), { wallet, brake: { wasEngaged: true, isConfirmed: true } });
    expect(told.actions.map(({ duty }) => duty)).to.deep.equal(["approve"]);
  });

  it("never brakes at the whole book, and judges nothing without prices", () => {
    expect(countOf(decideFor(times(40, callable), {}, { maxShareBps: 10_000 }).actions, "openCall")).to.equal(
      40,
    );
    const prices = { available: false, freshSet: 0, price36: [price36(1)] };
    expect(decideFor(times(40, callable), { prices }).brake).to.equal(undefined);
  });
});
