import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import { feeCaps } from "../../keeper/executors/feeCaps.ts";
import {
  blocksBetweenOffers,
  firstFees,
  raisedFees,
  urgencyAfter,
  type Fees,
} from "../../keeper/executors/fees.ts";
import { GasBook } from "../../keeper/executors/gasBook.ts";
import type { Action } from "../../keeper/policy/action.ts";
import { feeTermsOf, lossesAt } from "../../keeper/policy/feeTerms.ts";
import { costOf } from "../../keeper/policy/gasCost.ts";
import { accountOf } from "./support/state.ts";
import { GWEI, price36, SETTINGS, USDC } from "./support/snapshot.ts";

const LIMITS = { tipGwei: GWEI / 10n, maxFeeGwei: 300n * GWEI };
const gasBook = new GasBook();
/** 2,000 USDC an ether. */
const gas = {
  weiPerGas: GWEI,
  nativePrice36: price36(2_000),
  perAccount: gasBook.perAccount,
  limitPerAccount: gasBook.limitPerAccount,
};
const settings = { ...SETTINGS, callMaxCost: 20n * USDC };
const nothingSpent = new Map();

function takeOf(duty: "liquidateCritical" | "liquidateProfitable", ...gains: bigint[]): Action {
  const items = gains.map((gain, i) => ({
    account: accountOf(i),
    asset: "0x00000000000000000000000000000000000000cc",
    payment: 1n,
    maxRepay: 1n,
    minSeized: 0n,
    gain,
    loss: 0n,
    stake: 1_000n * USDC,
    reason: "",
  }));
  return { duty, items, gasLimit: 1n, stake: 0n, reason: "" };
}

function callOf(...stakes: bigint[]): Action {
  const items = stakes.map((stake, i) => ({ account: accountOf(i), stake, reason: "" }));
  return { duty: "openCall", items, gasLimit: 1n, stake: 0n, reason: "" };
}

/** What a transaction costs at the gas it is expected to take, quote base units. */
const quoteFor = (wei: bigint) => costOf({ ...gas, weiPerGas: 1n }, wei)!;

describe("raisedFees", () => {
  const fees = fc.record({
    base: fc.bigInt(1n, 200n * GWEI),
    max: fc.bigInt(1n, 300n * GWEI),
    tipShare: fc.bigInt(0n, 100n),
    cap: fc.bigInt(1n, 400n * GWEI),
    urgencyPermille: fc.bigInt(0n, 1_000n),
  });

  it("K-06 raises both fees by at least 12.5 % or not at all, and never above cap and limit", () => {
    fc.assert(
      fc.property(fees, ({ base, max, tipShare, cap, urgencyPermille }) => {
        const previous: Fees = { maxFeePerGas: max, maxPriorityFeePerGas: (max * tipShare) / 100n };
        const raised = raisedFees(previous, base, LIMITS, { capPerGas: cap, urgencyPermille });
        if (raised === undefined) {
          expect(max * 1_130n >= 1_000n * (cap < LIMITS.maxFeeGwei ? cap : LIMITS.maxFeeGwei) - 2_000n).to.be
            .true;
          return;
        }
        expect(raised.maxFeePerGas <= cap && raised.maxFeePerGas <= LIMITS.maxFeeGwei).to.be.true;
        expect(raised.maxFeePerGas * 1_000n >= previous.maxFeePerGas * 1_125n).to.be.true;
        expect(raised.maxPriorityFeePerGas * 1_000n >= previous.maxPriorityFeePerGas * 1_125n).to.be.true;
        expect(raised.maxPriorityFeePerGas <= raised.maxFeePerGas).to.be.true;
      }),
    );
  });

  it("K-06 raises by more the nearer the deadline is: 13 % at first, twofold when late", () => {
    const previous = { maxFeePerGas: 10n * GWEI, maxPriorityFeePerGas: GWEI };
    const at = (urgencyPermille: bigint) =>
      raisedFees(previous, GWEI, LIMITS, { capPerGas: undefined, urgencyPermille })!.maxFeePerGas;
    expect(at(0n)).to.equal((113n * GWEI) / 10n + 1n);
    expect(at(1_000n)).to.equal(20n * GWEI + 1n);
    expect(at(500n) > at(0n) && at(500n) < at(1_000n)).to.be.true;
  });

  it("K-06 offers again each block when late, and every third block while there is time", () => {
    expect(urgencyAfter(0, 4)).to.equal(0n);
    expect(urgencyAfter(2, 4)).to.equal(500n);
    expect(urgencyAfter(9, 4)).to.equal(1_000n);
    expect([0n, 500n, 1_000n].map((urgency) => blocksBetweenOffers(3, urgency))).to.deep.equal([3, 2, 1]);
  });
});

describe("feeTermsOf", () => {
  it("K-17 a liquidation may cost what it earns less the margin, whatever gas costs", () => {
    const { budgetWei, expectedGas } = feeTermsOf(
      takeOf("liquidateProfitable", 30n * USDC, 5n * USDC),
      gas,
      settings,
      nothingSpent,
    );
    // A margin of 1 USDC for each.
    expect(quoteFor(budgetWei!)).to.equal(33n * USDC);
    expect(expectedGas).to.equal(500_000n);
    fc.assert(
      fc.property(fc.bigInt(0n, 1_000n * USDC), fc.bigInt(0n, 900n * GWEI), (gain, base) => {
        const terms = feeTermsOf(takeOf("liquidateProfitable", gain), gas, settings, nothingSpent);
        const [cap] = feeCaps([terms], base);
        const { maxFeePerGas } = firstFees(base, LIMITS, cap);
        const left = gain - quoteFor(terms.expectedGas * maxFeePerGas);
        expect(left >= settings.profitMargin - 1n || maxFeePerGas === 0n).to.be.true;
      }),
    );
  });

  it("K-17 a critical one may cost all it earns and what is left of the day's allowance for losses", () => {
    const spent = new Map([[accountOf(0), 4n * USDC]]);
    const { budgetWei } = feeTermsOf(takeOf("liquidateCritical", 3n * USDC), gas, settings, spent);
    expect(quoteFor(budgetWei!)).to.equal(9n * USDC);
    const strict = { ...settings, criticalAtAnyProfit: false };
    expect(
      quoteFor(feeTermsOf(takeOf("liquidateCritical", 3n * USDC), gas, strict, spent).budgetWei!),
    ).to.equal(2n * USDC);
  });

  it("K-17 a call may cost a hundredth of the debt and never more than configured", () => {
    const budget = (...stakes: bigint[]) =>
      quoteFor(feeTermsOf(callOf(...stakes), gas, settings, nothingSpent).budgetWei!);
    expect(budget(100n * USDC)).to.equal(USDC);
    expect(budget(1_000_000n * USDC)).to.equal(20n * USDC);
    expect(budget(100n * USDC, 300n * USDC)).to.equal(4n * USDC);
    // What a default left has no debt; that its sale pays was decided before.
    expect(budget(0n)).to.equal(20n * USDC);
  });

  it("has no budget while nobody knows what a coin is worth", () => {
    const unknown = { ...gas, nativePrice36: undefined };
    expect(feeTermsOf(callOf(USDC), unknown, settings, nothingSpent).budgetWei).to.equal(undefined);
  });
});

describe("lossesAt", () => {
  it("K-21 counts what each account of a liquidation would lose at a price of gas, and nothing for those that pay", () => {
    const terms = feeTermsOf(takeOf("liquidateCritical", 10n * USDC, USDC), gas, settings, nothingSpent);
    // 250,000 gas each: 0.5 USDC at 1 gwei.
    expect(lossesAt(terms, GWEI)).to.deep.equal([0n, 0n]);
    expect(lossesAt(terms, 10n * GWEI)).to.deep.equal([0n, 4n * USDC]);
  });
});

describe("feeCaps", () => {
  const fare = (budgetWei: bigint | undefined) => ({ expectedGas: 100n, budgetWei });

  it("K-17 caps each transaction at its own budget", () => {
    expect(feeCaps([fare(1_000n)], 5n)).to.deep.equal([10n]);
    expect(feeCaps([fare(undefined)], 5n)).to.deep.equal([undefined]);
  });

  it("K-17 what waits behind a transaction whose budget is used up buys its way, with what it can spare", () => {
    // The second needs 500 of its 2,000 for itself.
    expect(feeCaps([fare(100n), fare(2_000n)], 5n)).to.deep.equal([16n, 20n]);
    expect(feeCaps([fare(2_000n), fare(100n)], 5n)).to.deep.equal([20n, 1n]);
    expect(feeCaps([fare(100n), fare(undefined)], 5n)).to.deep.equal([undefined, undefined]);
  });

  it("never allows more in all than all budgets", () => {
    const budgets = fc.array(fc.bigInt(0n, 10_000n), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(budgets, fc.bigInt(1n, 50n), (all, price) => {
        const caps = feeCaps(all.map(fare), price);
        for (const [i, cap] of caps.entries()) {
          const behind = all.slice(i).reduce((sum, budget) => sum + budget, 0n);
          expect(cap! * 100n <= behind).to.be.true;
        }
      }),
    );
  });
});
