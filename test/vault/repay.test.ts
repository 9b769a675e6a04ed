import { expect } from "chai";
import { accountIdOf } from "../../sdk/accountId.ts";
import { CloseReason, Status } from "../../sdk/vaultTypes.ts";
import { mineAt, now, passDeadline } from "./support/clock.ts";
import { eventOf } from "./support/events.ts";
import { openCalledPosition, openPosition, setMaintenanceValue, setValue } from "./support/position.ts";
import { poolOf, stateOf } from "./support/state.ts";
import { DECIMAL_PAIRS, loadWorld, MAX_UINT, type World } from "./support/world.ts";

function repay(w: World, id: string, amount: bigint) {
  return w.vault.connect(w.stranger).repay(id, amount);
}

describe("repay", () => {
  for (const [quoteDecimals, collateralDecimals] of DECIMAL_PAIRS) {
    it(`lowers the debt by what anyone pays (${quoteDecimals} and ${collateralDecimals} decimals)`, async () => {
      const w = await loadWorld({ quoteDecimals, collateralDecimals });
      const id = await openPosition(w);
      const amount = w.usd(400n);
      const left = w.usd(1_100n);
      const transaction = repay(w, id, amount);
      await expect(transaction)
        .to.emit(w.vault, "Repaid")
        .withArgs(id, w.trader, w.stranger, amount, left * 1_000n, left);
      await expect(transaction).to.changeTokenBalances(
        w.ethers,
        w.quote,
        [w.stranger, w.vault, w.trader],
        [-amount, amount, 0n],
      );
      expect(await w.vault.debtOf(id)).to.equal(left);
      expect((await poolOf(w)).cash).to.equal(w.usd(998_900n));
      expect(await w.vault.totalAssets()).to.equal(w.usd(1_000_000n));
    });
  }

  describe("when the amount", () => {
    it("is zero, reverts (C-01)", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await expect(repay(w, id, 0n)).to.be.revertedWithCustomError(w.vault, "ZeroAmount");
    });

    it("is more than the debt, takes only the debt (C-03, C-04)", async () => {
      const w = await loadWorld();
      for (const [i, amount] of [w.usd(1_500n) + 1n, 2n ** 128n, 2n ** 255n, MAX_UINT].entries()) {
        const id = await openPosition(w, { subAccount: BigInt(i) });
        await expect(repay(w, id, amount)).to.changeTokenBalances(
          w.ethers,
          w.quote,
          [w.stranger, w.vault],
          [-w.usd(1_500n), w.usd(1_500n)],
        );
        expect((await stateOf(w, id)).debtShares).to.equal(0n);
      }
      expect((await poolOf(w)).totalDebtShares).to.equal(0n);
    });

    it("is one base unit, lowers the debt by it even after years of interest (C-02, C-05, I-16)", async () => {
      const w = await loadWorld({ ratesPercent: [50n, 50n, 50n] });
      const id = await openPosition(w);
      await mineAt(w, (await now(w)) + 4n * 31_557_600n);
      await w.vault.accrue();
      await w.ethers.provider.send("evm_setAutomine", [false]);
      await w.helpers.time.setNextBlockTimestamp((await now(w)) + 1n);
      await w.vault.accrue({ gasLimit: 1_000_000n });
      const transaction = await w.vault.connect(w.stranger).repay(id, 1n, { gasLimit: 1_000_000n });
      await w.ethers.provider.send("evm_setAutomine", [true]);
      await w.helpers.mine();
      const { debt, debtShares } = await eventOf(transaction, w.vault, "Repaid");
      const { debtIndex } = await poolOf(w);
      const sharesBefore = w.usd(1_500n) * 1_000n;
      const debtBefore = (sharesBefore * debtIndex + 10n ** 27n - 1n) / 10n ** 27n;
      // Shares removed are rounded down: the lenders never lose a part of a base unit.
      expect(debtShares).to.equal(sharesBefore - 10n ** 27n / debtIndex);
      expect(debt).to.be.within(debtBefore - 1n, debtBefore);
    });

    it("leaves less than the minimum debt, passes (rule 3, rule 9)", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await repay(w, id, w.usd(1_500n) - 1n);
      expect(await w.vault.debtOf(id)).to.equal(1n);
    });
  });

  describe("given no debt", () => {
    it("reverts, also for accounts of nobody (C-49)", async () => {
      const w = await loadWorld();
      for (const id of [accountIdOf(w.trader.address), accountIdOf(w.ethers.ZeroAddress)]) {
        await expect(repay(w, id, 1n))
          .to.be.revertedWithCustomError(w.vault, "NoDebt")
          .withArgs(id);
      }
    });
  });

  describe("given an open call", () => {
    it("closes it when the repayment reaches K_close exactly, not one base unit before (C-08, I-23)", async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      // A_m = 1,450 stays; the debt must fall to 1,450 / 1.01 = 1,435.643564356...
      const goal = (w.usd(1_450n) * 100n) / 101n;
      await expect(repay(w, id, w.usd(1_500n) - goal - 1n)).not.to.emit(w.vault, "MarginCallClosed");
      expect(await w.vault.statusOf(id)).to.equal(Status.Called);
      const closed = await eventOf(repay(w, id, 1n), w.vault, "MarginCallClosed");
      expect(closed).to.include({ account: id, actor: w.stranger.address, nonce: 1n, late: false });
      expect(closed.reason).to.equal(CloseReason.Repaid);
      expect(closed.debt).to.equal(goal);
      expect(closed.healthWad).to.equal((w.usd(1_450n) * 10n ** 18n) / goal);
      const { deadline, auctionStart, closedLateAt } = await stateOf(w, id);
      expect([deadline, auctionStart, closedLateAt]).to.deep.equal([0n, 0n, 0n]);
    });

    it("leaves deadline and auction where they were when it is too small (rule 1, I-21)", async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      const before = await stateOf(w, id);
      await repay(w, id, w.usd(10n));
      expect(await stateOf(w, id)).to.deep.equal({
        ...before,
        debtShares: before.debtShares - w.usd(10n) * 1_000n,
      });
      await passDeadline(w, id, 100n);
      await repay(w, id, w.usd(10n));
      expect((await stateOf(w, id)).auctionStart).to.equal(before.deadline);
      expect(await w.vault.statusOf(id)).to.equal(Status.Expired);
    });

    it("closes it at once when all is repaid, whatever the health, and reads no price", async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      await setValue(w, id, w.usd(1n));
      await mineAt(w, (await now(w)) + 500_000n);
      const closed = await eventOf(repay(w, id, MAX_UINT), w.vault, "MarginCallClosed");
      expect(closed.reason).to.equal(CloseReason.DebtFree);
      expect(closed.healthWad).to.equal(MAX_UINT);
      expect(closed.debt).to.equal(0n);
      expect(closed.late).to.equal(true);
    });

    it("closes it late at a health factor of 1 exactly past the deadline (C-08)", async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      await passDeadline(w, id);
      await repay(w, id, w.usd(50n) - 1n);
      expect(await w.vault.statusOf(id)).to.equal(Status.Expired);
      const closed = await eventOf(repay(w, id, 1n), w.vault, "MarginCallClosed");
      expect(closed).to.include({ late: true, healthWad: 10n ** 18n });
      expect(closed.reason).to.equal(CloseReason.Repaid);
    });

    it("is possible in the auction and below the floor (I-32)", async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      await setMaintenanceValue(w, id, w.usd(1_300n));
      expect(await w.vault.statusOf(id)).to.equal(Status.Critical);
      await repay(w, id, w.usd(300n));
      expect(await w.vault.statusOf(id)).to.equal(Status.Warned);
    });
  });

  describe("given the collateral above its cap and every price dead (rule 3)", () => {
    it("passes", async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      await w.configurator.setCap(w.vault, w.collaterals[0]!.address, 0n);
      await mineAt(w, (await now(w)) + 10n * 86_400n);
      await repay(w, id, w.usd(200n));
      expect(await w.vault.debtOf(id)).to.equal(w.usd(1_300n));
    });
  });
});
