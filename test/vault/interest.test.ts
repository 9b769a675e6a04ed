import { expect } from "chai";
import type { KinkedRateModel } from "../../types/index.ts";
import { mineAt, now } from "./support/clock.ts";
import { eventOf } from "./support/events.ts";
import { openPosition } from "./support/position.ts";
import { poolOf } from "./support/state.ts";
import { deploy, loadWorld, MAX_UINT, WAD } from "./support/world.ts";

const YEAR = 31_557_600n;
const INDEX = 10n ** 24n;

describe("interest (I-10)", () => {
  it("starts at an index of 10^24 and does not run without debt", async () => {
    const w = await loadWorld({ ratesPercent: [10n, 10n, 10n] });
    await mineAt(w, (await now(w)) + YEAR);
    expect(await w.vault.currentDebtIndex()).to.equal(INDEX);
    await expect(w.vault.accrue()).not.to.emit(w.vault, "InterestAccrued");
    expect((await poolOf(w)).debtIndex).to.equal(INDEX);
  });

  it("grows by x + x^2/2 + x^3/6 over a year untouched, and reports index, interest and fee", async () => {
    const w = await loadWorld({ ratesPercent: [10n, 10n, 10n], feeBps: 1_000n });
    const id = await openPosition(w);
    const { accruedAt } = await poolOf(w);
    await w.helpers.time.setNextBlockTimestamp(accruedAt + YEAR);
    const event = await eventOf(w.vault.connect(w.stranger).accrue(), w.vault, "InterestAccrued");
    // 0.1 + 0.005 + 0.000166...
    const expected = (INDEX * 11_051_666n) / 10_000_000n;
    expect(event.debtIndex).to.be.closeTo(expected, INDEX / 10n ** 6n);
    expect(event.interest).to.be.closeTo(w.usd("157.75"), w.usd("0.01"));
    expect(event.fee).to.equal((event.interest as bigint) / 10n);
    expect(await w.vault.debtOf(id)).to.be.closeTo(w.usd(1_500n) + (event.interest as bigint), 1n);
    expect((await poolOf(w)).unbookedFee).to.equal(event.fee);
  });

  it("is seen by the views before anyone has accrued", async () => {
    const w = await loadWorld({ ratesPercent: [10n, 10n, 10n], feeBps: 1_000n });
    const id = await openPosition(w);
    await mineAt(w, (await now(w)) + 1_000_000n);
    const [index, debt, assets, total] = await Promise.all([
      w.vault.currentDebtIndex(),
      w.vault.debtOf(id),
      w.vault.totalAssets(),
      w.vault.totalDebt(),
    ]);
    expect((await w.vault.marginOf(id)).debt).to.equal(debt);
    expect(index).to.be.greaterThan((await poolOf(w)).debtIndex);
    await w.vault.accrue();
    // A second later it is a little more, and of the same size.
    expect(await w.vault.debtOf(id)).to.be.within(debt, debt + 10n);
    expect(await w.vault.totalAssets()).to.be.within(assets, assets + 10n);
    expect(await w.vault.totalDebt()).to.be.within(total, total + 10n);
  });

  it("accrues once in a second (C-07)", async () => {
    const w = await loadWorld({ ratesPercent: [50n, 50n, 50n] });
    await openPosition(w);
    await w.ethers.provider.send("evm_setAutomine", [false]);
    await w.helpers.time.setNextBlockTimestamp((await now(w)) + 100n);
    const first = await w.vault.accrue({ gasLimit: 500_000n });
    const second = await w.vault.accrue({ gasLimit: 500_000n });
    await w.ethers.provider.send("evm_setAutomine", [true]);
    await w.helpers.mine();
    const [a, b] = await Promise.all([first.wait(), second.wait()]);
    expect(a!.blockNumber).to.equal(b!.blockNumber);
    expect(a!.logs).to.have.length(1);
    expect(b!.logs).to.have.length(0);
  });

  it("in two steps charges no less than in one, and hardly more", async () => {
    const indexAfter = async (steps: bigint) => {
      const w = await loadWorld({ ratesPercent: [20n, 20n, 20n] });
      await openPosition(w);
      const { accruedAt } = await poolOf(w);
      for (let i = 1n; i <= steps; i++) {
        await w.helpers.time.setNextBlockTimestamp(accruedAt + (YEAR * i) / steps);
        await w.vault.accrue();
      }
      return (await poolOf(w)).debtIndex;
    };
    const [once, often] = [await indexAfter(1n), await indexAfter(8n)];
    expect(often).to.be.greaterThanOrEqual(once);
    expect(often - once).to.be.lessThan(once / 10_000n);
  });

  it("is what borrowers owe and lenders and fee receive, within a base unit an account", async () => {
    const w = await loadWorld({ ratesPercent: [5n, 20n, 80n], feeBps: 2_500n, lent: 5_000n });
    const a = await openPosition(w, { subAccount: 0n });
    const b = await openPosition(w, { subAccount: 1n, debt: w.usd(1_333n) });
    await mineAt(w, (await now(w)) + 40n * 86_400n);
    await w.vault.accrue();
    const owed = (await w.vault.debtOf(a)) + (await w.vault.debtOf(b));
    const { cash, unbookedFee } = await poolOf(w);
    const assets = await w.vault.totalAssets();
    expect(cash + owed - unbookedFee - assets).to.be.within(0n, 2n);
    expect(assets).to.be.greaterThan(w.usd(5_000n));
    expect(unbookedFee).to.be.closeTo((assets - w.usd(5_000n)) / 3n, 2n);
  });

  it("survives ten idle years at the highest rate, and everything works afterwards (C-07, C-19, I-10)", async () => {
    const w = await loadWorld({ ratesPercent: [900n, 900n, 900n], feeBps: 3_000n });
    const id = await openPosition(w);
    await mineAt(w, (await now(w)) + 10n * YEAR);
    await w.vault.accrue();
    expect(await w.vault.debtOf(id)).to.be.greaterThan(w.usd(1_500n));
    await w.quote.mint(w.trader, 10n ** 30n);
    await w.vault.connect(w.trader).repay(id, MAX_UINT);
    expect(await w.vault.debtOf(id)).to.equal(0n);
    await w.vault.bookFee();
    await w.vault.connect(w.lender).withdraw(w.usd(1n), w.lender, w.lender);
  });

  it("stops at what its field holds instead of failing", async () => {
    const w = await loadWorld({ ratesPercent: [900n, 900n, 900n], feeBps: 3_000n });
    await openPosition(w);
    for (let i = 0; i < 4; i++) {
      await mineAt(w, (await now(w)) + 7n * YEAR);
      await w.vault.accrue();
    }
    expect(await w.vault.currentDebtIndex()).to.equal(2n ** 112n - 1n);
    await w.vault.connect(w.stranger).deposit(w.usd(1n), w.stranger);
  });

  it("is nothing at rates of zero (C-19)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await mineAt(w, (await now(w)) + YEAR);
    await w.vault.accrue();
    expect(await w.vault.debtOf(id)).to.equal(w.usd(1_500n));
  });
});

describe("the interest fee", () => {
  const grown = async (recipientKeeps: boolean, insure = 0n) => {
    const w = await loadWorld({ ratesPercent: [20n, 20n, 20n], feeBps: 1_000n });
    if (!recipientKeeps) await w.configurator.setFee(w.vault, 1_000n, w.ethers.ZeroAddress);
    await openPosition(w, { amounts: [20n * w.collaterals[0]!.unit], debt: w.usd(20_000n) });
    if (insure > 0n) await w.vault.connect(w.stranger).deposit(insure, w.vault);
    await mineAt(w, (await now(w)) + YEAR);
    return w;
  };

  it("is no part of the lenders' assets before it is booked", async () => {
    const w = await grown(true);
    await w.vault.accrue();
    const { cash, unbookedFee } = await poolOf(w);
    expect(unbookedFee).to.be.greaterThan(0n);
    expect(await w.vault.totalAssets()).to.equal(cash + (await w.vault.totalDebt()) - unbookedFee);
  });

  it("becomes shares of the insurance until that holds 1 % of all debt, the rest the recipient's", async () => {
    const w = await grown(true);
    const event = await eventOf(w.vault.bookFee(), w.vault, "FeeBooked");
    const fee = event.fee as bigint;
    expect(fee).to.be.closeTo(w.usd(442n), w.usd(5n));
    const target = (await w.vault.totalDebt()) / 100n;
    expect(await w.vault.convertToAssets(await w.vault.insuranceShares())).to.be.closeTo(target, 2n);
    const received = await w.vault.balanceOf(w.feeRecipient);
    expect(await w.vault.convertToAssets(received)).to.be.closeTo(fee - target, 2n);
    expect(event).to.include({
      insuranceShares: await w.vault.insuranceShares(),
      recipient: w.feeRecipient.address,
      recipientShares: received,
    });
    expect((await poolOf(w)).unbookedFee).to.equal(0n);
  });

  it("fills up only what the insurance lacks", async () => {
    const w = await loadWorld({ ratesPercent: [20n, 20n, 20n], feeBps: 1_000n });
    await openPosition(w, { amounts: [20n * w.collaterals[0]!.unit], debt: w.usd(20_000n) });
    await w.vault.connect(w.stranger).deposit(w.usd(150n), w.vault);
    await mineAt(w, (await now(w)) + YEAR);
    await w.vault.bookFee();
    const target = (await w.vault.totalDebt()) / 100n;
    expect(target).to.be.greaterThan(w.usd(200n));
    expect(await w.vault.convertToAssets(await w.vault.insuranceShares())).to.be.closeTo(target, 2n);
  });

  it("is the recipient's alone once the insurance is full", async () => {
    const w = await grown(true, 5_000n * 10n ** 6n);
    const event = await eventOf(w.vault.bookFee(), w.vault, "FeeBooked");
    expect(event.insuranceShares).to.equal(0n);
    expect(event.recipientShares).to.be.greaterThan(0n);
  });

  it("is the insurance's alone without a recipient", async () => {
    const w = await grown(false);
    const event = await eventOf(w.vault.bookFee(), w.vault, "FeeBooked");
    expect(event.recipientShares).to.equal(0n);
    expect(event.recipient).to.equal(w.ethers.ZeroAddress);
    expect(await w.vault.convertToAssets(await w.vault.insuranceShares())).to.be.closeTo(event.fee, 2n);
  });

  it("does not change the share price by being booked (I-06)", async () => {
    const w = await grown(true);
    await w.vault.accrue();
    const one = 10n ** (await w.vault.decimals()) * WAD;
    const at = (await now(w)) + 1n;
    const before = await w.vault.convertToAssets(one, { blockTag: "pending" });
    await w.helpers.time.setNextBlockTimestamp(at);
    await w.vault.bookFee();
    expect(await w.vault.convertToAssets(one)).to.be.closeTo(before, before / 10n ** 8n);
  });

  it("is booked once, and nothing when there is none", async () => {
    const w = await loadWorld();
    expect(await w.vault.bookFee.staticCall()).to.equal(0n);
    await expect(w.vault.bookFee()).not.to.emit(w.vault, "FeeBooked");
  });

  it("applies to what grows after it was set, not to what grew before (C-61)", async () => {
    const w = await grown(true);
    await w.configurator.setFee(w.vault, 0n, w.feeRecipient);
    const { unbookedFee } = await poolOf(w);
    expect(unbookedFee).to.be.closeTo(w.usd(442n), w.usd(5n));
    await mineAt(w, (await now(w)) + YEAR);
    await w.vault.accrue();
    expect((await poolOf(w)).unbookedFee).to.equal(unbookedFee);
  });
});

describe("KinkedRateModel", () => {
  it("follows its two slopes, by second and rounded down (I-11)", async () => {
    const w = await loadWorld();
    const model = await deploy<KinkedRateModel>(w.ethers, "KinkedRateModel", [
      (WAD * 8n) / 10n,
      WAD / 100n,
      WAD / 10n,
      WAD,
    ]);
    const perSecond = (bps: bigint) => (WAD * bps) / 10_000n / YEAR;
    for (const [cash, debt, bps] of [
      [0n, 0n, 100n],
      [100n, 0n, 100n],
      [60n, 40n, 550n],
      [20n, 80n, 1_000n],
      [10n, 90n, 5_500n],
      [0n, 100n, 10_000n],
    ] as const) {
      expect(await model.ratePerSecondWad(cash, debt)).to.equal(perSecond(bps));
    }
  });

  it("refuses rates that fall and kinks at the ends, with all of them", async () => {
    const w = await loadWorld();
    for (const bad of [
      [0n, 1n, 2n, 3n],
      [WAD, 1n, 2n, 3n],
      [WAD / 2n, 2n, 1n, 3n],
      [WAD / 2n, 1n, 3n, 2n],
    ]) {
      await expect(deploy(w.ethers, "KinkedRateModel", bad))
        .to.be.revertedWithCustomError(w.model, "RatesOutOfOrder")
        .withArgs(...bad);
    }
  });
});
