import { expect } from "chai";
import fc from "fast-check";
import {
  chooseFunding,
  marginalProceeds,
  runningSums,
  type FundingMeans,
  type FundingPlan,
  type FundingSettings,
} from "../../keeper/policy/funding.ts";
import { Sale } from "../../sdk/flashLiquidator.ts";

/** A take of 1,000 that is worth 1,080 and sells for 1,070. */
const PLAN: FundingPlan = {
  payment: 1_000n,
  maxPayment: 1_020n,
  worth: 1_080n,
  proceeds: 1_070n,
  costOfPayment: 1_012n,
  leastProfit: 10n,
};
const MEANS: FundingMeans = { inventory: 5_000n, hasFlash: true, inventoryGasCost: 4n, flashGasCost: 7n };
const SETTINGS: FundingSettings = {
  keepsCollateral: false,
  assumedSaleCostBps: 100n,
  laterSaleGasCost: 5n,
  toleranceBps: 50n,
};

describe("chooseFunding", () => {
  describe("for an operator who sells what he takes", () => {
    it("sells at once where that is possible, for a later sale costs gas of its own", () => {
      expect(chooseFunding(PLAN, MEANS, SETTINGS)).to.deep.equal({
        kind: "flash",
        sale: Sale.All,
        profit: 63n,
        // 70 less half a per cent of 1,070, rounded up.
        minProfit: 64n,
      });
    });

    it("pays by hand where that leaves more", () => {
      // 1,080 less 1 %, rounded against the keeper, less 1 and 4 of gas.
      const settings = { ...SETTINGS, laterSaleGasCost: 1n };
      expect(chooseFunding(PLAN, MEANS, settings)).to.deep.equal({ kind: "inventory", profit: 64n });
    });

    it("sells at once where both leave the same", () => {
      const settings = { ...SETTINGS, laterSaleGasCost: 2n };
      expect(chooseFunding(PLAN, MEANS, settings)).to.include({ kind: "flash", profit: 63n });
    });

    for (const proceeds of [undefined, 0n, 1n, -(10n ** 40n), 1_001n]) {
      it(`pays by hand at an assumed cost of sale, whatever the pools say: ${proceeds}`, () => {
        // 1,080 less 1 %, rounded against the keeper, less 5 and 4 of gas.
        expect(chooseFunding({ ...PLAN, proceeds }, MEANS, SETTINGS)).to.deep.equal({
          kind: "inventory",
          profit: 60n,
        });
      });
    }
  });

  describe("for an operator who keeps what he takes", () => {
    const settings = { ...SETTINGS, keepsCollateral: true };

    it("pays by hand while there is enough", () => {
      expect(chooseFunding(PLAN, MEANS, settings)).to.deep.equal({ kind: "inventory", profit: 76n });
    });

    it("sells for the payment alone when there is not, for that trades less", () => {
      const plan = { ...PLAN, costOfPayment: 1_008n };
      expect(chooseFunding(plan, { ...MEANS, inventory: 1_019n }, settings)).to.deep.equal({
        kind: "flash",
        sale: Sale.Payment,
        profit: 65n,
        // 72 less half a per cent of 1,008, rounded up.
        minProfit: 66n,
      });
    });

    it("sells all where that leaves more: a market above the oracle's price", () => {
      const plan = { ...PLAN, proceeds: 1_090n };
      expect(chooseFunding(plan, { ...MEANS, inventory: 0n }, settings)).to.include({
        sale: Sale.All,
        profit: 83n,
      });
    });
  });

  it("pays by hand only what is all there, to the base unit of what the vault may ask for", () => {
    const means = { ...MEANS, hasFlash: false };
    expect(chooseFunding(PLAN, { ...means, inventory: 1_020n }, SETTINGS).kind).to.equal("inventory");
    expect(chooseFunding(PLAN, { ...means, inventory: 1_019n }, SETTINGS)).to.deep.equal({
      kind: "none",
      reason: "notFunded",
    });
  });

  it("does what leaves exactly enough, and nothing that leaves less", () => {
    const means = { ...MEANS, inventory: 0n };
    expect(chooseFunding({ ...PLAN, leastProfit: 63n }, means, SETTINGS)).to.include({
      kind: "flash",
      minProfit: 70n,
    });
    expect(chooseFunding({ ...PLAN, leastProfit: 64n }, means, SETTINGS)).to.deep.equal({
      kind: "none",
      reason: "notProfitable",
    });
    const byHand = { ...MEANS, hasFlash: false };
    expect(chooseFunding({ ...PLAN, leastProfit: 60n }, byHand, SETTINGS).kind).to.equal("inventory");
    expect(chooseFunding({ ...PLAN, leastProfit: 61n }, byHand, SETTINGS).kind).to.equal("none");
  });

  describe("for a take that may lose something", () => {
    const plan = { ...PLAN, leastProfit: -50n };
    const means = { ...MEANS, inventory: 0n };

    it("asks of the contract a base unit at least", () => {
      expect(chooseFunding({ ...plan, proceeds: 1_001n }, means, SETTINGS)).to.deep.equal({
        kind: "flash",
        sale: Sale.All,
        profit: -6n,
        minProfit: 1n,
      });
    });

    it("never sends a sale that brings no more than the payment", () => {
      expect(chooseFunding({ ...plan, proceeds: 1_001n }, means, SETTINGS).kind).to.equal("flash");
      expect(chooseFunding({ ...plan, proceeds: 1_000n }, means, SETTINGS)).to.deep.equal({
        kind: "none",
        reason: "notProfitable",
      });
    });

    it("may cost by hand what it may cost", () => {
      const byHand = { ...MEANS, hasFlash: false };
      // 969 less 1 % and less 5 and 4 of gas is 50 less than the payment.
      expect(chooseFunding({ ...plan, worth: 969n }, byHand, SETTINGS)).to.deep.equal({
        kind: "inventory",
        profit: -50n,
      });
      expect(chooseFunding({ ...plan, worth: 968n }, byHand, SETTINGS).kind).to.equal("none");
    });
  });

  it("never asks the contract for more than the quote, nor for less than gas and margin", () => {
    const amount = fc.bigInt(0n, 10n ** 12n);
    const plans = fc.record({
      payment: amount,
      more: amount,
      worth: amount,
      proceeds: amount,
      costOfPayment: amount,
    });
    const anything = fc.record({ leastProfit: amount, flashGasCost: amount, keeps: fc.boolean() });
    fc.assert(
      fc.property(plans, anything, (p, { leastProfit, flashGasCost, keeps }) => {
        const plan = { ...p, maxPayment: p.payment + p.more, leastProfit };
        const means = { ...MEANS, inventory: 0n, flashGasCost };
        const funding = chooseFunding(plan, means, { ...SETTINGS, keepsCollateral: keeps });
        if (funding.kind !== "flash") return;
        const left = funding.sale === Sale.All ? p.proceeds - p.payment : p.worth - p.costOfPayment;
        expect(funding.profit).to.equal(left - flashGasCost);
        expect(funding.minProfit <= left && funding.minProfit >= flashGasCost + leastProfit).to.equal(true);
      }),
    );
  });
});

describe("marginalProceeds", () => {
  it("is what each sale adds to those before it", () => {
    expect(runningSums([5n, 7n, 1n])).to.deep.equal([5n, 12n, 13n]);
    expect(marginalProceeds([100n, 190n, 200n])).to.deep.equal([100n, 90n, 10n]);
    expect(runningSums([])).to.deep.equal([]);
    expect(marginalProceeds([])).to.deep.equal([]);
  });

  it("is unknown where its own sum is, or the one before", () => {
    expect(marginalProceeds([100n, undefined, 300n, 350n])).to.deep.equal([100n, undefined, undefined, 50n]);
  });
});
