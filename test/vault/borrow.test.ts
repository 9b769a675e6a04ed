import { expect } from "chai";
import { accountIdOf } from "../../sdk/accountId.ts";
import { mineAt, now, passDeadline } from "./support/clock.ts";
import { openCalledPosition, openPosition, setMaintenanceValue } from "./support/position.ts";
import { poolOf, stateOf } from "./support/state.ts";
import { DECIMAL_PAIRS, loadWorld, MAX_UINT, type World } from "./support/world.ts";

function borrow(w: World, id: string, amount: bigint) {
  return w.vault.connect(w.trader).borrow(id, amount, w.stranger);
}

describe("borrow", () => {
  for (const [quoteDecimals, collateralDecimals] of DECIMAL_PAIRS) {
    it(`lends to the recipient (${quoteDecimals} and ${collateralDecimals} decimals)`, async () => {
      const w = await loadWorld({ quoteDecimals, collateralDecimals });
      const id = await openPosition(w, { debt: 0n });
      const amount = w.usd(1_000n);
      const transaction = borrow(w, id, amount);
      // At the index of 10^24 a base unit is a thousand shares.
      await expect(transaction)
        .to.emit(w.vault, "Borrowed")
        .withArgs(id, w.trader, w.trader, amount, w.stranger, amount * 1_000n, amount);
      await expect(transaction).to.changeTokenBalances(
        w.ethers,
        w.quote,
        [w.vault, w.stranger, w.trader],
        [-amount, amount, 0n],
      );
      expect(await w.vault.debtOf(id)).to.equal(amount);
      const pool = await poolOf(w);
      expect(pool.totalDebtShares).to.equal(amount * 1_000n);
      expect(pool.cash).to.equal(w.usd(999_000n));
      expect(await w.vault.totalAssets()).to.equal(w.usd(1_000_000n));
    });
  }

  describe("when the amount", () => {
    it("is zero, reverts (C-01)", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await expect(borrow(w, id, 0n)).to.be.revertedWithCustomError(w.vault, "ZeroAmount");
    });

    it("brings the debt to A_i exactly, passes; one base unit more does not (C-08, I-13)", async () => {
      const w = await loadWorld();
      const id = await openPosition(w, { debt: 0n });
      await expect(borrow(w, id, w.usd(1_520n) + 1n))
        .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
        .withArgs(id, w.usd(1_520n), w.usd(1_520n) + 1n);
      await borrow(w, id, w.usd(1_520n));
      await expect(borrow(w, id, 1n)).to.be.revertedWithCustomError(w.vault, "InsufficientMargin");
    });

    it("is one base unit under the minimum debt, reverts with both; the minimum passes (C-58)", async () => {
      const w = await loadWorld();
      const id = await openPosition(w, { debt: 0n });
      await expect(borrow(w, id, w.usd(100n) - 1n))
        .to.be.revertedWithCustomError(w.vault, "DebtBelowMinimum")
        .withArgs(id, w.usd(100n) - 1n, w.usd(100n));
      await borrow(w, id, w.usd(100n));
      await borrow(w, id, 1n);
      expect(await w.vault.debtOf(id)).to.equal(w.usd(100n) + 1n);
    });

    it("exceeds the cash, reverts with what there is; all of it passes (I-11, C-03, C-04)", async () => {
      const w = await loadWorld({ lent: 1_000n });
      const id = await openPosition(w, { debt: 0n });
      for (const amount of [w.usd(1_000n) + 1n, 2n ** 128n, 2n ** 255n, MAX_UINT]) {
        await expect(borrow(w, id, amount))
          .to.be.revertedWithCustomError(w.vault, "InsufficientCash")
          .withArgs(w.usd(1_000n), amount);
      }
      await borrow(w, id, w.usd(1_000n));
      expect((await poolOf(w)).cash).to.equal(0n);
    });

    it("cannot be paid from tokens that were only sent to the vault (I-04, I-05)", async () => {
      const w = await loadWorld({ lent: 500n });
      await w.quote.mint(w.vault, w.usd(10_000n));
      const id = await openPosition(w, { debt: 0n });
      await expect(borrow(w, id, w.usd(501n)))
        .to.be.revertedWithCustomError(w.vault, "InsufficientCash")
        .withArgs(w.usd(500n), w.usd(501n));
    });
  });

  describe("when a party is wrong", () => {
    it("refuses the zero address and a caller that is not the owner", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await expect(
        w.vault.connect(w.trader).borrow(id, 1n, w.ethers.ZeroAddress),
      ).to.be.revertedWithCustomError(w.vault, "ZeroAddress");
      await expect(w.vault.connect(w.stranger).borrow(id, 1n, w.stranger))
        .to.be.revertedWithCustomError(w.vault, "NotAuthorized")
        .withArgs(id, w.stranger);
    });
  });

  describe("given no collateral", () => {
    it("reverts with an initial value of zero (I-18)", async () => {
      const w = await loadWorld();
      const id = accountIdOf(w.trader.address);
      await expect(borrow(w, id, w.usd(100n)))
        .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
        .withArgs(id, 0n, w.usd(100n));
    });
  });

  describe("given an open call (I-32)", () => {
    it("reverts with the deadline, however well the account stands", async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      const { deadline } = await stateOf(w, id);
      await setMaintenanceValue(w, id, w.usd(9_000n));
      await expect(borrow(w, id, 1n))
        .to.be.revertedWithCustomError(w.vault, "CallOpen")
        .withArgs(id, deadline);
      await passDeadline(w, id);
      await expect(borrow(w, id, 1n))
        .to.be.revertedWithCustomError(w.vault, "CallOpen")
        .withArgs(id, deadline);
    });

    it("borrows again from another account of the owner", async () => {
      const w = await loadWorld();
      await openCalledPosition(w, w.usd(1_450n));
      await openPosition(w, { subAccount: 1n, debt: w.usd(1_000n) });
    });
  });

  describe("given a stale or dead price (rule 7, C-22)", () => {
    it("counts it as zero from the first second past its maximum age", async () => {
      const w = await loadWorld();
      const id = await openPosition(w, { debt: 0n });
      const { 3: updatedAt } = await w.collaterals[0]!.feed.latestRoundData();
      await w.quoteFeed.pushAt(10n ** 8n, updatedAt + 1n);
      await mineAt(w, updatedAt + 86_400n);
      await w.helpers.time.setNextBlockTimestamp(updatedAt + 86_401n);
      await expect(borrow(w, id, w.usd(100n)))
        .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
        .withArgs(id, 0n, w.usd(100n));
    });

    it("counts it in full at its maximum age exactly", async () => {
      const w = await loadWorld();
      const id = await openPosition(w, { debt: 0n });
      const { 3: updatedAt } = await w.collaterals[0]!.feed.latestRoundData();
      await mineAt(w, (await now(w)) + 1_000n);
      await w.quoteFeed.push(10n ** 8n);
      await w.helpers.time.setNextBlockTimestamp(updatedAt + 86_400n);
      await borrow(w, id, w.usd(100n));
    });

    it("counts every collateral as zero while the quote feed is stale", async () => {
      const w = await loadWorld();
      const id = await openPosition(w, { debt: 0n });
      await mineAt(w, (await now(w)) + 86_401n);
      for (const c of w.collaterals) await c.feed.push((await c.feed.latestRoundData())[1]);
      await expect(borrow(w, id, w.usd(100n)))
        .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
        .withArgs(id, 0n, w.usd(100n));
    });
  });

  describe("given a collateral above its cap (I-38)", () => {
    it("reverts while the account holds it, and only then", async () => {
      const w = await loadWorld();
      const { address, unit } = w.collaterals[0]!;
      const id = await openPosition(w, { debt: w.usd(100n) });
      const other = await openPosition(w, {
        subAccount: 1n,
        amounts: [0n, w.collaterals[1]!.unit],
        debt: w.usd(100n),
      });
      await w.configurator.setCap(w.vault, address, unit);
      await borrow(w, id, 1n);
      await w.configurator.setCap(w.vault, address, unit - 1n);
      await expect(borrow(w, id, 1n))
        .to.be.revertedWithCustomError(w.vault, "CollateralAboveCap")
        .withArgs(id, address, unit, unit - 1n);
      await borrow(w, other, 1n);
    });

    it("reverts after another account's deposit has passed the cap, and not after it has left again", async () => {
      const w = await loadWorld();
      const { address, unit } = w.collaterals[0]!;
      const id = await openPosition(w, { debt: w.usd(100n) });
      await w.configurator.setCap(w.vault, address, unit);
      const other = await openPosition(w, { owner: w.stranger, amounts: [1n], debt: 0n });
      await expect(borrow(w, id, 1n))
        .to.be.revertedWithCustomError(w.vault, "CollateralAboveCap")
        .withArgs(id, address, unit + 1n, unit);
      await w.vault.connect(w.stranger).withdrawCollateral(other, address, 1n, w.stranger);
      await borrow(w, id, 1n);
    });
  });
});
