import { expect } from "chai";
import { accountIdOf } from "../../sdk/accountId.ts";
import { CloseReason, Status } from "../../sdk/vaultTypes.ts";
import type { FeeOnTransferToken, HostileFeed } from "../../types/index.ts";
import { deadlineOf, passDeadline } from "./support/clock.ts";
import { eventOf } from "./support/events.ts";
import { openCalledPosition, openPosition, setMaintenanceValue } from "./support/position.ts";
import { poolOf, stateOf } from "./support/state.ts";
import {
  deploy,
  deployOracle,
  DECIMAL_PAIRS,
  loadWorld,
  MAX_UINT,
  STRONG,
  listingsOf,
} from "./support/world.ts";

describe("depositCollateral", () => {
  for (const [quoteDecimals, collateralDecimals] of DECIMAL_PAIRS) {
    it(`credits the account (${quoteDecimals} and ${collateralDecimals} decimals)`, async () => {
      const w = await loadWorld({ quoteDecimals, collateralDecimals });
      const { token, address, unit } = w.collaterals[0]!;
      const id = accountIdOf(w.trader.address, 7n);
      const transaction = w.vault.connect(w.trader).depositCollateral(id, address, unit);
      await expect(transaction)
        .to.emit(w.vault, "CollateralDeposited")
        .withArgs(id, w.trader, w.trader, address, unit, unit);
      await expect(transaction).to.changeTokenBalances(w.ethers, token, [w.trader, w.vault], [-unit, unit]);
      expect(await w.vault.collateralOf(id, address)).to.equal(unit);
      expect((await w.vault.collateralAt(0n))[2]).to.equal(unit);
      expect((await stateOf(w, id)).collateralSet).to.equal(1n);
      expect((await w.vault.marginOf(id)).value).to.equal(w.usd(2_000n));
    });
  }

  describe("when the caller is not the owner (rule 10, I-17)", () => {
    it("tops up a collateral that the account holds", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      const { address, unit } = w.collaterals[0]!;
      await expect(w.vault.connect(w.stranger).depositCollateral(id, address, unit))
        .to.emit(w.vault, "CollateralDeposited")
        .withArgs(id, w.trader, w.stranger, address, unit, 2n * unit);
    });

    it("refuses to add an asset that the account does not hold", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await expect(w.vault.connect(w.stranger).depositCollateral(id, w.collaterals[1]!.address, 1n))
        .to.be.revertedWithCustomError(w.vault, "NotAuthorized")
        .withArgs(id, w.stranger);
    });

    it("refuses the accounts of nobody and of the vault (C-49)", async () => {
      const w = await loadWorld();
      for (const owner of [w.ethers.ZeroAddress, w.vaultAddress]) {
        const id = accountIdOf(owner);
        await expect(w.vault.connect(w.stranger).depositCollateral(id, w.collaterals[0]!.address, 1n))
          .to.be.revertedWithCustomError(w.vault, "NotAuthorized")
          .withArgs(id, w.stranger);
      }
    });
  });

  describe("when the amount", () => {
    it("is zero, reverts (C-01)", async () => {
      const w = await loadWorld();
      const id = accountIdOf(w.trader.address);
      await expect(
        w.vault.connect(w.trader).depositCollateral(id, w.collaterals[0]!.address, 0n),
      ).to.be.revertedWithCustomError(w.vault, "ZeroAmount");
    });

    it("is one base unit, credits it (C-02)", async () => {
      const w = await loadWorld();
      const id = accountIdOf(w.trader.address);
      await w.vault.connect(w.trader).depositCollateral(id, w.collaterals[0]!.address, 1n);
      expect(await w.vault.collateralOf(id, w.collaterals[0]!.address)).to.equal(1n);
    });

    it("is more than 128 bits, or makes all that is held more than 120, reverts as documented (C-03)", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      for (const amount of [MAX_UINT, 2n ** 255n, 2n ** 128n]) {
        await expect(w.vault.connect(w.trader).depositCollateral(id, w.collaterals[0]!.address, amount))
          .to.be.revertedWithCustomError(w.vault, "SafeCastOverflowedUintDowncast")
          .withArgs(128n, amount);
      }
      const { address, unit } = w.collaterals[0]!;
      const stranger = accountIdOf(w.stranger.address);
      await expect(w.vault.connect(w.stranger).depositCollateral(stranger, address, 2n ** 120n - unit))
        .to.be.revertedWithCustomError(w.vault, "SafeCastOverflowedUintDowncast")
        .withArgs(120n, 2n ** 120n);
    });

    it("is more than the caller has, reverts with the token's error (C-04)", async () => {
      const w = await loadWorld();
      const id = accountIdOf(w.trader.address);
      const { token, address } = w.collaterals[0]!;
      const held = await token.balanceOf(w.trader);
      await expect(w.vault.connect(w.trader).depositCollateral(id, address, held + 1n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
        .withArgs(w.trader, held, held + 1n);
    });
  });

  describe("when the asset", () => {
    it("is not listed, reverts; the quote asset and the share are not", async () => {
      const w = await loadWorld();
      const id = accountIdOf(w.trader.address);
      for (const asset of [w.quoteAddress, w.vaultAddress, w.stranger.address]) {
        await expect(w.vault.connect(w.trader).depositCollateral(id, asset, 1n))
          .to.be.revertedWithCustomError(w.vault, "UnknownCollateral")
          .withArgs(asset);
      }
    });

    it("is the account's ninth, reverts; the eighth does not", async () => {
      const w = await loadWorld({ collateralCount: 9 });
      const id = await openPosition(w, { amounts: Array<bigint>(8).fill(10n ** 8n), debt: 0n });
      await expect(w.vault.connect(w.trader).depositCollateral(id, w.collaterals[8]!.address, 1n))
        .to.be.revertedWithCustomError(w.vault, "TooManyCollaterals")
        .withArgs(id, 8n);
      await w.vault.connect(w.trader).withdrawCollateral(id, w.collaterals[3]!.address, MAX_UINT, w.trader);
      await w.vault.connect(w.trader).depositCollateral(id, w.collaterals[8]!.address, 1n);
      expect((await stateOf(w, id)).collateralSet).to.equal(0b1_1111_0111n);
    });

    it("takes a fee on transfers, reverts with what arrived (C-32)", async () => {
      const w = await loadWorld();
      const token = await deploy<FeeOnTransferToken>(w.ethers, "FeeOnTransferToken", [18n]);
      const address = await token.getAddress();
      const added = { address, feed: w.collaterals[0]!.feed, terms: STRONG };
      const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, [...w.collaterals, added]);
      await w.configurator.listCollaterals(w.vault, await listingsOf(oracle, [added]), oracle);
      await token.mint(w.trader, 1_000n);
      await token.connect(w.trader).approve(w.vault, MAX_UINT);
      const id = accountIdOf(w.trader.address);
      await w.vault.connect(w.trader).depositCollateral(id, address, 100n);
      await token.setFee(true);
      await expect(w.vault.connect(w.trader).depositCollateral(id, address, 100n))
        .to.be.revertedWithCustomError(w.vault, "TransferMismatch")
        .withArgs(address, 100n, 99n);
    });
  });

  describe("given an open call", () => {
    it("closes it in the same transaction at K_close exactly, and not one base unit below (C-08, I-23)", async () => {
      const w = await loadWorld();
      // A_m = 1,450 against a debt of 1,500; K_close needs 1,515.
      const id = await openCalledPosition(w, w.usd(1_450n));
      const { address } = w.collaterals[0]!;
      const { maintenanceBps } = w.collaterals[0]!.terms;
      const margin = await w.vault.marginOf(id);
      const price36 = (await w.oracle.price(address)).price36;
      // The least deposit whose value, weighted, reaches 1,515.
      const valueNeeded = (w.usd(1_515n) * 10_000n + maintenanceBps - 1n) / maintenanceBps;
      const amountNeeded = (valueNeeded * 10n ** 36n + price36 - 1n) / price36;
      const held = await w.vault.collateralOf(id, address);
      await expect(
        w.vault.connect(w.stranger).depositCollateral(id, address, amountNeeded - held - 10n ** 12n),
      ).not.to.emit(w.vault, "MarginCallClosed");
      expect((await w.vault.marginOf(id)).maintenanceValue).to.be.lessThan(w.usd(1_515n));
      expect(await w.vault.statusOf(id)).to.equal(Status.Called);
      expect(await deadlineOf(w, id)).to.equal(margin.deadline);

      const transaction = w.vault.connect(w.stranger).depositCollateral(id, address, 10n ** 12n);
      const closed = await eventOf(transaction, w.vault, "MarginCallClosed");
      expect(closed).to.include({
        account: id,
        owner: w.trader.address,
        actor: w.stranger.address,
        nonce: 1n,
        late: false,
        debt: w.usd(1_500n),
        healthWad: 1_010_000_000_000_000_000n,
      });
      expect(closed.reason).to.equal(CloseReason.Deposited);
      expect(await w.vault.statusOf(id)).to.equal(Status.Warned);
    });

    it("leaves the deadline where it was when the deposit is too small (rule 1, I-21)", async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      const before = await stateOf(w, id);
      await w.vault.connect(w.trader).depositCollateral(id, w.collaterals[0]!.address, 10n ** 15n);
      expect(await stateOf(w, id)).to.deep.equal(before);
    });

    it("closes it late at a health factor of 1 once the deadline has passed, not one base unit below (C-08)", async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      await passDeadline(w, id);
      await setMaintenanceValue(w, id, w.usd(1_500n) - 1n);
      await w.vault.connect(w.trader).depositCollateral(id, w.collaterals[0]!.address, 1n);
      expect(await w.vault.statusOf(id)).to.equal(Status.Expired);
      await setMaintenanceValue(w, id, w.usd(1_500n));
      const closed = await eventOf(
        w.vault.connect(w.trader).depositCollateral(id, w.collaterals[0]!.address, 1n),
        w.vault,
        "MarginCallClosed",
      );
      expect(closed.late).to.equal(true);
      expect(closed.reason).to.equal(CloseReason.Deposited);
      expect((await stateOf(w, id)).closedLateAt).to.equal(closed.closedAt);
    });

    it("measures the debt with interest up to now", async () => {
      const w = await loadWorld({ ratesPercent: [100n, 100n, 100n] });
      const id = await openPosition(w);
      await setMaintenanceValue(w, id, w.usd(1_499n));
      await w.vault.openCall(id);
      const { accruedAt } = await poolOf(w);
      await w.vault.connect(w.trader).depositCollateral(id, w.collaterals[0]!.address, 1n);
      expect((await poolOf(w)).accruedAt).to.be.greaterThan(accruedAt);
    });
  });

  describe("given an oracle that fails (rule 3, I-16)", () => {
    it("accepts the deposit and leaves the call open, whatever the feed does", async () => {
      const w = await loadWorld();
      const { address, unit } = w.collaterals[0]!;
      const answer = 2_000n * 10n ** 18n;
      const feed = await deploy<HostileFeed>(w.ethers, "HostileFeed", [18, answer]);
      const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, [
        { address, feed },
        ...w.collaterals.slice(1),
      ]);
      await w.configurator.setOracle(w.vault, oracle);
      const id = await openPosition(w);
      await feed.set((answer * 93n) / 100n, BigInt(await w.helpers.time.latest()));
      await oracle.record();
      await w.vault.openCall(id);
      for (const conduct of [1, 2, 3, 4, 5, 6, 7, 8]) {
        await feed.setConduct(conduct);
        await w.vault.connect(w.trader).depositCollateral(id, address, 1n);
        await w.vault.connect(w.trader).repay(id, 1n);
      }
      await feed.setConduct(1);
      expect(await w.vault.collateralOf(id, address)).to.equal(unit + 8n);
      expect(await w.vault.statusOf(id)).to.equal(Status.Called);
    });
  });

  describe("given a collateral above its cap (rule 3)", () => {
    it("still accepts deposits of it", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      const { address, unit } = w.collaterals[0]!;
      await w.configurator.setCap(w.vault, address, 1n);
      await w.vault.connect(w.trader).depositCollateral(id, address, unit);
      expect(await w.vault.collateralOf(id, address)).to.equal(2n * unit);
    });
  });
});
