import { expect } from "chai";
import { mineAt, now } from "./support/clock.ts";
import { borrowMove, deployDeferrer, depositMove, repayMove } from "./support/deferrer.ts";
import { eventOf } from "./support/events.ts";
import { openPosition, setMaintenanceValue } from "./support/position.ts";
import { DECIMAL_PAIRS, loadWorld, type World } from "./support/world.ts";

const NO_CAP = 2n ** 32n - 1n;

function borrow(w: World, id: string, amount: bigint) {
  return w.vault.connect(w.trader).borrow(id, amount, w.trader);
}

describe("the borrow cap (I-11, I-37)", () => {
  for (const [quoteDecimals, collateralDecimals] of DECIMAL_PAIRS) {
    it(`is reached to the base unit and not passed, in whole tokens of ${quoteDecimals} decimals (C-08)`, async () => {
      const w = await loadWorld({ quoteDecimals, collateralDecimals });
      await w.configurator.setBorrowCap(w.vault, 1_000n);
      const id = await openPosition(w, { debt: w.usd(999n) });
      await expect(borrow(w, id, w.usd(1n) + 1n))
        .to.be.revertedWithCustomError(w.vault, "BorrowCapExceeded")
        .withArgs(w.usd(1_000n) + 1n, w.usd(1_000n));
      await borrow(w, id, w.usd(1n));
      await expect(borrow(w, id, 1n)).to.be.revertedWithCustomError(w.vault, "BorrowCapExceeded");
    });
  }

  it("is none until one is set, and zero stops all borrowing", async () => {
    const w = await loadWorld();
    expect(await w.vault.borrowCap()).to.equal(NO_CAP);
    const id = await openPosition(w);
    await w.configurator.setBorrowCap(w.vault, 0n);
    await expect(borrow(w, id, 1n))
      .to.be.revertedWithCustomError(w.vault, "BorrowCapExceeded")
      .withArgs(w.usd(1_500n) + 1n, 0n);
    await w.configurator.setBorrowCap(w.vault, NO_CAP);
    await borrow(w, id, 1n);
  });

  it("counts all accounts' debt with its interest", async () => {
    const w = await loadWorld({ ratesPercent: [100n, 100n, 100n] });
    await w.configurator.setBorrowCap(w.vault, 2_000n);
    await openPosition(w, { debt: w.usd(1_000n) });
    const other = await openPosition(w, { subAccount: 1n, debt: w.usd(900n) });
    await mineAt(w, (await now(w)) + 40n * 86_400n);
    for (const feed of [w.quoteFeed, ...w.collaterals.map((c) => c.feed)]) {
      await feed.push((await feed.latestRoundData())[1]);
    }
    expect(await w.vault.totalDebt()).to.be.greaterThan(w.usd(2_000n));
    await expect(borrow(w, other, 1n)).to.be.revertedWithCustomError(w.vault, "BorrowCapExceeded");
    // Debt above the cap stays as it is; what is repaid below it may be borrowed again.
    await w.vault.connect(w.trader).repay(other, w.usd(900n));
    await borrow(w, other, w.usd(500n));
  });

  it("keeps nobody from repaying, depositing, withdrawing, calling or being called (I-41)", async () => {
    const w = await loadWorld({ maxBounty: 5n });
    const id = await openPosition(w);
    await w.configurator.setBorrowCap(w.vault, 1n);
    const vault = w.vault.connect(w.trader);
    const { address } = w.collaterals[0]!;
    await vault.depositCollateral(id, address, 2n);
    await vault.withdrawCollateral(id, address, 2n, w.trader);
    await setMaintenanceValue(w, id, w.usd(1_450n));
    const opened = await eventOf(w.vault.connect(w.keeper).openCall(id), w.vault, "MarginCallOpened");
    expect((opened.notice as { bounty: bigint }).bounty).to.be.greaterThan(0n);
    await vault.repay(id, w.usd(1_000n));
  });

  it("holds within a deferral at each borrowing, not at its end", async () => {
    const w = await loadWorld();
    await w.configurator.setBorrowCap(w.vault, 1_000n);
    const trader = await deployDeferrer(w, 10_000n);
    const id = trader.account();
    await trader.act(depositMove(w, id, 0, w.collaterals[0]!.unit));
    await expect(
      trader.defer(borrowMove(w, id, w.usd(1_001n), trader.address), repayMove(w, id, w.usd(1n))),
    ).to.be.revertedWithCustomError(w.vault, "BorrowCapExceeded");
    await trader.defer(borrowMove(w, id, w.usd(1_000n), trader.address), repayMove(w, id, w.usd(1n)));
  });

  it("is the risk admin's to set, and says what it was (C-46)", async () => {
    const w = await loadWorld();
    await expect(w.vault.setBorrowCap(1n))
      .to.be.revertedWithCustomError(w.vault, "NotConfigurator")
      .withArgs(w.owner);
    await expect(w.configurator.connect(w.stranger).setBorrowCap(w.vault, 1n)).to.be.revertedWithCustomError(
      w.configurator,
      "AccessManagedUnauthorized",
    );
    const set = await eventOf(w.configurator.setBorrowCap(w.vault, 7n), w.vault, "BorrowCapSet");
    expect(set).to.deep.equal({ oldCap: NO_CAP, newCap: 7n });
    expect(await w.vault.borrowCap()).to.equal(7n);
  });
});
