import { expect } from "chai";
import { Refusal, Status } from "../../sdk/vaultTypes.ts";
import type { MathHarness } from "../../types/index.ts";
import { mineAt, now } from "./support/clock.ts";
import { unitAnswer, withMockOracle } from "./support/listing.ts";
import { openPosition, setMaintenanceValue } from "./support/position.ts";
import { poolOf, stateOf } from "./support/state.ts";
import { deploy, loadWorld, MAX_UINT, WAD } from "./support/world.ts";

/** Quote base units per debt share at first, times 1e27. */
const FIRST_INDEX = 10n ** 24n;
/** Debt has grown ten thousandfold. */
const LATE_INDEX = 10n ** 28n;
const EIGHT_PERCENT = (WAD * 8n) / 100n;

const nothing = { value: 0n, initialValue: 0n, maintenanceValue: 0n, liquidationValue: 0n, debt: 0n };

async function harness(): Promise<MathHarness> {
  const { ethers } = await loadWorld();
  return deploy(ethers, "MathHarness");
}

describe("a division whose numerator is smaller than its denominator", () => {
  it("is nothing rounded down and one rounded up (C-21)", async () => {
    const math = await harness();
    const big = 2n ** 255n;
    const outputs = await math.mulDiv([
      { x: 1n, y: 1n, denominator: 2n },
      { x: big, y: big - 1n, denominator: 2n ** 256n - 1n },
      { x: 0n, y: big, denominator: 1n },
      { x: 1n, y: big, denominator: big + 1n },
    ]);
    expect(outputs[0]).to.deep.equal([0n, 1n]);
    expect(outputs[2]).to.deep.equal([0n, 0n]);
    expect(outputs[3]).to.deep.equal([0n, 1n]);
    expect(outputs[1]!.up - outputs[1]!.down).to.equal(1n);
  });

  it("never makes a debt free, nor a payment more than it was (C-21, I-18)", async () => {
    const math = await harness();
    const rate = { ratePerSecondWad: 1n, elapsed: 1n };
    const [first, late] = await math.debt([
      { amount: 1n, shares: 1n, index: FIRST_INDEX, ...rate },
      { amount: 1n, shares: 1n, index: LATE_INDEX, ...rate },
    ]);
    // A share is a thousandth of a base unit at first: owed, it is one.
    expect([first!.debtUp, first!.debtDown]).to.deep.equal([1n, 0n]);
    // When a share is worth ten base units, one base unit borrowed is still a share, and one repaid is none.
    expect([late!.sharesUp, late!.sharesDown]).to.deep.equal([1n, 0n]);
    // One wei of rate for a second: only the first term of three is left.
    expect(first!.compoundedWad).to.equal(1n);
  });

  it("never makes a value out of nothing, and a shortfall is never nothing (C-21, I-18)", async () => {
    const math = await harness();
    const v = { ...nothing, value: 1n, debt: 1n };
    const rest = { levelWad: 1n, amount: 1n, maintenanceBps: 8_020n, discountWad: EIGHT_PERCENT };
    const [tiny, deep, dear] = await math.health([
      { v, price36: 1n, ...rest },
      { v: { ...v, maintenanceValue: 1n, liquidationValue: 1n, debt: 10n ** 30n }, price36: 1n, ...rest },
      { v: { ...v, debt: 10n ** 18n }, price36: 2n ** 183n, ...rest },
    ]);
    expect([tiny!.valueDown, tiny!.valueUp]).to.deep.equal([0n, 1n]);
    expect([tiny!.isAtLeast, tiny!.isAboveFloor, tiny!.healthWad]).to.deep.equal([false, false, 0n]);
    // K * 1, rounded up, is 2; repaying that much is capped at the debt.
    expect([tiny!.shortfall, tiny!.cureRepay]).to.deep.equal([2n, 1n]);
    expect(tiny!.cureDeposit).to.be.greaterThan(10n ** 36n);
    // A health factor under 1e-18 shows as zero, and is not taken for one without debt.
    expect([deep!.healthWad, deep!.floorHealthWad, deep!.isAtLeast]).to.deep.equal([0n, 0n, false]);
    // The smallest unit is worth more than all that is missing: one is enough.
    expect(dear!.cureDeposit).to.equal(1n);
  });

  it("never makes a discount larger than its place in the ramp (C-21)", async () => {
    const math = await harness();
    const v = { ...nothing, value: 3n, liquidationValue: 1n, debt: 2n };
    const [first, least] = await math.auction([
      { v, elapsed: 1n, maxDiscountBps: 26n, rampSeconds: 86_400n, runningDiscountWad: 0n },
      {
        v: { ...v, value: 10n ** 40n, debt: 10n ** 40n - 1n },
        elapsed: 0n,
        maxDiscountBps: 1n,
        rampSeconds: 300n,
        runningDiscountWad: 0n,
      },
    ]);
    const start = (WAD * 25n) / 10_000n;
    expect(first!.auctionDiscountWad).to.equal(start + WAD / 10_000n / 86_400n);
    // The equity's share rounds to nothing; the least discount stands, within the collateral's own.
    expect(least!.criticalDiscountWad).to.equal(WAD / 10_000n);
  });

  it("never sells for nothing, nor gives more than was paid for (C-21, I-28)", async () => {
    const math = await harness();
    const v = { ...nothing, value: 2n, maintenanceValue: 1n, liquidationValue: 1n, debt: 2n };
    const lot = {
      amount: 10n ** 18n,
      price36: 1n,
      maintenanceBps: 8_020n,
      liquidationBps: 8_740n,
      discountWad: EIGHT_PERCENT,
    };
    const [cheap, dear] = await math.tranche([
      { v, lot, minimumDebt: 1n, repaid: 1n, maxPay: 1n },
      { v, lot: { ...lot, amount: 5n, price36: 2n ** 183n }, minimumDebt: 1n, repaid: 1n, maxPay: 1n },
    ]);
    // A lot worth less than a base unit costs one.
    expect(cheap!.reach).to.equal(1n);
    // One base unit pays no debt when a part of it is the insurance's; the insurance's own part rounds up.
    expect([cheap!.affordable, cheap!.insured]).to.deep.equal([0n, 1n]);
    // What one base unit buys of a unit worth 10^19: nothing.
    expect(dear!.seized).to.equal(0n);
  });

  it("in the curve: one base unit lent out of all pays the lowest rate (C-21, I-11)", async () => {
    const w = await loadWorld({ ratesPercent: [5n, 20n, 50n] });
    const empty = await w.model.ratePerSecondWad(1n, 0n);
    expect(empty).to.equal((WAD * 5n) / 100n / 31_557_600n);
    expect(await w.model.ratePerSecondWad(2n ** 103n, 1n)).to.equal(empty);
    expect(await w.model.ratePerSecondWad(0n, 1n)).to.equal((WAD * 50n) / 100n / 31_557_600n);
  });
});

describe("in the vault, a division whose numerator is smaller", () => {
  it("values collateral worth less than a base unit at nothing: its debt is insolvent, not healthy (C-21, I-18)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w, { amounts: [0n, 1n], debt: 0n });
    // One base unit of a token of 8 decimals at half a base unit of the quote.
    await w.collaterals[1]!.feed.push(unitAnswer(w, 1, 50n));
    expect((await w.vault.marginOf(id)).value).to.equal(0n);
    await expect(w.vault.connect(w.trader).borrow(id, w.usd(100n), w.trader))
      .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
      .withArgs(id, 0n, w.usd(100n));
  });

  it("reads a price that rounds to nothing as none: nothing is lent, taken or written off at it (C-21, Resupply)", async () => {
    const w = await loadWorld({ collateralDecimals: 36 });
    const id = await openPosition(w);
    // 10^-36 of a base unit for a base unit of 36 decimals.
    await w.collaterals[0]!.feed.push(1n);
    const { price36, fresh } = await w.oracle.price(w.collaterals[0]!.address);
    expect([price36, fresh]).to.deep.equal([0n, false]);
    expect(await w.vault.statusOf(id)).to.equal(Status.Insolvent);
    await expect(
      w.vault.connect(w.keeper).liquidate(id, w.collaterals[0]!.address, MAX_UINT, 0n, w.keeper, "0x"),
    ).to.be.revertedWithCustomError(w.vault, "PriceNotFresh");
  });

  it("takes a repayment smaller than a debt share as a gift, and fails nobody (C-21, C-05, I-16)", async () => {
    const w = await loadWorld({ ratesPercent: [1_000n, 1_000n, 1_000n] });
    const id = await openPosition(w, { amounts: [1_000n * w.collaterals[0]!.unit], debt: w.usd(100n) });
    for (let years = 0; (await w.vault.currentDebtIndex()) < 2n * 10n ** 27n; years++) {
      await mineAt(w, (await now(w)) + 31_557_600n);
      await w.vault.accrue();
      expect(years).to.be.lessThan(20);
    }
    const { debtShares } = await stateOf(w, id);
    const { cash } = await poolOf(w);
    await w.vault.connect(w.trader).repay(id, 1n);
    expect((await stateOf(w, id)).debtShares).to.equal(debtShares);
    expect((await poolOf(w)).cash).to.equal(cash + 1n);
    await w.vault.connect(w.trader).repay(id, MAX_UINT);
    expect((await stateOf(w, id)).debtShares).to.equal(0n);
  });

  it("refuses a take that would buy nothing, or that pays for the insurance alone (C-21, I-28)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setMaintenanceValue(w, id, w.usd(1_300n));
    const asset = w.collaterals[0]!.address;
    const request = { account: id, asset, maxRepay: 1n, minSeized: 0n };
    const [taken] = await w.vault.connect(w.keeper).liquidateMany.staticCall([request], w.keeper);
    expect(taken!.refusal).to.equal(BigInt(Refusal.TakeTooSmall));
  });

  it("opens a call for no bounty when 0.1 % of the debt is less than a base unit (C-21, I-25)", async () => {
    const w = await loadWorld({ maxBounty: 5n });
    const id = await openPosition(w);
    await w.vault.connect(w.trader).repay(id, w.usd(1_500n) - 999n);
    await setMaintenanceValue(w, id, 990n);
    const supply = await w.vault.totalSupply();
    await w.vault.connect(w.keeper).openCall(id);
    expect(await w.vault.totalSupply()).to.equal(supply);
    expect(await w.vault.debtOf(id)).to.equal(999n);
  });

  it("gives the minimum grace when the unused share of the band rounds to nothing (C-21, I-21)", async () => {
    const w = await loadWorld();
    const oracle = await withMockOracle(w);
    const amounts = [100_000_000n * w.collaterals[0]!.unit];
    await w.quote.mint(w.lender, w.usd(10n ** 12n));
    await w.vault.connect(w.lender).deposit(w.usd(10n ** 12n), w.lender);
    const id = await openPosition(w, { amounts, debt: w.usd(10n ** 11n) });
    // One base unit above the floor of 10^17.
    const debt = await w.vault.debtOf(id);
    const price36 = ((debt + 1n) * 10_000n * 10n ** 36n) / (8_740n * amounts[0]!) + 1n;
    await oracle.set(0, price36, true);
    expect(await w.vault.statusOf(id)).to.equal(Status.Callable);
    await w.vault.openCall(id);
    const { calledAt, deadline } = await stateOf(w, id);
    expect(deadline - calledAt).to.equal(w.risk.minGraceSeconds);
  });

  it("mints no share for a fee worth less than one, and loses no asset (C-21, I-36)", async () => {
    const w = await loadWorld({ ratesPercent: [10n, 10n, 10n], feeBps: 1n });
    await openPosition(w, { debt: w.usd(100n) });
    await mineAt(w, (await now(w)) + 60n);
    await w.vault.accrue();
    // Interest of 20 base units a minute: a fee of 0.01 % of it is none.
    expect((await poolOf(w)).unbookedFee).to.equal(0n);
    expect(await w.vault.bookFee.staticCall()).to.equal(0n);
  });

  it("counts interest of less than a base unit in the index, second by second, until it is one (C-21, I-10)", async () => {
    const w = await loadWorld({ ratesPercent: [0n, 1n, 1n] });
    await openPosition(w, { debt: w.usd(100n) });
    await w.vault.accrue();
    const debt = await w.vault.totalDebt();
    for (let second = 0; second < 5; second++) {
      const { debtIndex } = await poolOf(w);
      await w.vault.accrue();
      expect((await poolOf(w)).debtIndex).to.be.greaterThan(debtIndex);
      expect(await w.vault.totalDebt()).to.equal(debt);
    }
    await mineAt(w, (await now(w)) + 31_557_600n);
    expect(await w.vault.totalDebt()).to.be.greaterThan(debt);
  });
});
