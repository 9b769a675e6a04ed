import { expect } from "chai";
import { accountIdOf } from "../../sdk/accountId.ts";
import type { HostileFeed, MockOracle } from "../../types/index.ts";
import { replaceOracle } from "./support/listing.ts";
import { mineAt, now, passDeadline, refreshFeeds } from "./support/clock.ts";
import { openCalledPosition, openPosition, setMaintenanceValue, setPrice } from "./support/position.ts";
import { stateOf } from "./support/state.ts";
import { deploy, deployOracle, DECIMAL_PAIRS, loadWorld, MAX_UINT, type World } from "./support/world.ts";

function withdraw(w: World, id: string, amount: bigint, number = 0) {
  return w.vault.connect(w.trader).withdrawCollateral(id, w.collaterals[number]!.address, amount, w.stranger);
}

describe("withdrawCollateral", () => {
  for (const [quoteDecimals, collateralDecimals] of DECIMAL_PAIRS) {
    it(`sends it to the recipient (${quoteDecimals} and ${collateralDecimals} decimals)`, async () => {
      const w = await loadWorld({ quoteDecimals, collateralDecimals });
      const { token, address, unit } = w.collaterals[0]!;
      const id = await openPosition(w, { debt: 0n });
      const transaction = withdraw(w, id, unit / 4n);
      await expect(transaction)
        .to.emit(w.vault, "CollateralWithdrawn")
        .withArgs(id, w.trader, w.trader, address, unit / 4n, w.stranger, (unit * 3n) / 4n);
      await expect(transaction).to.changeTokenBalances(
        w.ethers,
        token,
        [w.vault, w.stranger, w.trader],
        [-unit / 4n, unit / 4n, 0n],
      );
      expect((await w.vault.collateralAt(0n))[2]).to.equal((unit * 3n) / 4n);
    });
  }

  describe("when the amount", () => {
    it("is zero, reverts (C-01)", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await expect(withdraw(w, id, 0n)).to.be.revertedWithCustomError(w.vault, "ZeroAmount");
    });

    it("is the largest uint256, takes all and clears the bit (C-03)", async () => {
      const w = await loadWorld();
      const { address, unit } = w.collaterals[0]!;
      const id = await openPosition(w, { amounts: [unit, 100n], debt: 0n });
      expect(
        await w.vault.connect(w.trader).withdrawCollateral.staticCall(id, address, MAX_UINT, w.trader),
      ).to.equal(unit);
      await withdraw(w, id, MAX_UINT);
      expect((await stateOf(w, id)).collateralSet).to.equal(2n);
      await expect(withdraw(w, id, MAX_UINT))
        .to.be.revertedWithCustomError(w.vault, "InsufficientCollateral")
        .withArgs(id, address, 0n, 0n);
    });

    it("is one base unit more than is held, reverts with both (C-04)", async () => {
      const w = await loadWorld();
      const { address, unit } = w.collaterals[0]!;
      const id = await openPosition(w, { debt: 0n });
      await expect(withdraw(w, id, unit + 1n))
        .to.be.revertedWithCustomError(w.vault, "InsufficientCollateral")
        .withArgs(id, address, unit, unit + 1n);
    });
  });

  describe("when a party is wrong", () => {
    it("refuses a caller that is not the owner", async () => {
      const w = await loadWorld();
      const id = await openPosition(w, { debt: 0n });
      const { address } = w.collaterals[0]!;
      await expect(w.vault.connect(w.stranger).withdrawCollateral(id, address, 1n, w.stranger))
        .to.be.revertedWithCustomError(w.vault, "NotAuthorized")
        .withArgs(id, w.stranger);
    });

    it("refuses the zero address and an unknown asset", async () => {
      const w = await loadWorld();
      const id = await openPosition(w, { debt: 0n });
      const vault = w.vault.connect(w.trader);
      await expect(
        vault.withdrawCollateral(id, w.collaterals[0]!.address, 1n, w.ethers.ZeroAddress),
      ).to.be.revertedWithCustomError(w.vault, "ZeroAddress");
      await expect(vault.withdrawCollateral(id, w.quoteAddress, 1n, w.trader))
        .to.be.revertedWithCustomError(w.vault, "UnknownCollateral")
        .withArgs(w.quoteAddress);
    });
  });

  describe("given a debt", () => {
    it("leaves exactly A_i = D and not one base unit less (I-13)", async () => {
      const w = await loadWorld({ quoteDecimals: 6, collateralDecimals: 6 });
      // 76 % of 2,000 a token against 1,140: three quarters of a token must stay.
      const id = await openPosition(w, { debt: w.usd(1_140n) });
      await expect(withdraw(w, id, 250_001n))
        .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
        .withArgs(id, w.usd(1_140n) - 1_520n, w.usd(1_140n));
      await withdraw(w, id, 250_000n);
      expect((await w.vault.marginOf(id)).initialValue).to.equal(w.usd(1_140n));
    });

    it("refuses while a call is open, also past the deadline and well above it (I-32)", async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      const { deadline } = await stateOf(w, id);
      await expect(withdraw(w, id, 1n))
        .to.be.revertedWithCustomError(w.vault, "CallOpen")
        .withArgs(id, deadline);
      await passDeadline(w, id);
      await setMaintenanceValue(w, id, w.usd(5_000n));
      await expect(withdraw(w, id, 1n))
        .to.be.revertedWithCustomError(w.vault, "CallOpen")
        .withArgs(id, deadline);
      await w.vault.closeCall(id);
      await withdraw(w, id, 1n);
    });

    it("refuses when the debt was repaid to under the minimum, until it is zero (rule 9)", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await w.vault.connect(w.trader).repay(id, w.usd(1_400n) + 1n);
      await expect(withdraw(w, id, 1n))
        .to.be.revertedWithCustomError(w.vault, "DebtBelowMinimum")
        .withArgs(id, w.usd(100n) - 1n, w.usd(100n));
      await w.vault.connect(w.trader).repay(id, MAX_UINT);
      await withdraw(w, id, MAX_UINT);
    });

    it("passes at exactly the minimum debt (C-58)", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await w.vault.connect(w.trader).repay(id, w.usd(1_400n));
      await withdraw(w, id, 1n);
    });

    it("counts interest up to now", async () => {
      const w = await loadWorld({ ratesPercent: [100n, 100n, 100n] });
      const id = await openPosition(w, { debt: w.usd(1_519n) });
      await mineAt(w, (await now(w)) + 86_400n);
      await refreshFeeds(w);
      await expect(withdraw(w, id, 1n)).to.be.revertedWithCustomError(w.vault, "InsufficientMargin");
    });

    it("does not count a stale collateral, even another one (rule 7)", async () => {
      const w = await loadWorld();
      const { unit } = w.collaterals[0]!;
      const id = await openPosition(w, { amounts: [2n * unit, w.collaterals[1]!.unit] });
      await mineAt(w, (await now(w)) + 86_400n);
      await w.quoteFeed.push(10n ** 8n);
      await setPrice(w.collaterals[1]!, "30000");
      // 30,000 of fresh BTC carry the debt; without them the stale ETH carries nothing.
      await withdraw(w, id, 1n, 0);
      await expect(withdraw(w, id, MAX_UINT, 1))
        .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
        .withArgs(id, 0n, w.usd(1_500n));
    });
  });

  describe("given a collateral above its cap (I-38)", () => {
    it("refuses with a debt while holding it, whichever asset is withdrawn", async () => {
      const w = await loadWorld();
      const { address, unit } = w.collaterals[0]!;
      const id = await openPosition(w, { amounts: [3n * unit, 100n] });
      await w.configurator.setCap(w.vault, address, 2n * unit);
      await expect(withdraw(w, id, 1n, 1))
        .to.be.revertedWithCustomError(w.vault, "CollateralAboveCap")
        .withArgs(id, address, 3n * unit, 2n * unit);
    });

    it("passes without a debt, and when the withdrawal itself brings it to the cap", async () => {
      const w = await loadWorld();
      const { address, unit } = w.collaterals[0]!;
      const indebted = await openPosition(w, { amounts: [3n * unit] });
      await w.configurator.setCap(w.vault, address, 2n * unit);
      await expect(withdraw(w, indebted, unit - 1n))
        .to.be.revertedWithCustomError(w.vault, "CollateralAboveCap")
        .withArgs(indebted, address, 2n * unit + 1n, 2n * unit);
      await withdraw(w, indebted, unit);
      const debtFree = await openPosition(w, { subAccount: 1n, debt: 0n });
      await withdraw(w, debtFree, MAX_UINT);
    });
  });

  describe("given an oracle that fails", () => {
    it("pays out an account without debt (I-39, I-41)", async () => {
      const w = await loadWorld();
      const oracle = await deploy<MockOracle>(w.ethers, "MockOracle", [
        w.quoteAddress,
        w.collaterals.map((c) => c.address),
      ]);
      for (const c of w.collaterals) await oracle.set(c.number, 10n ** 36n, true);
      await replaceOracle(w, oracle);
      for (const conduct of [1, 2, 3, 4]) {
        await oracle.setConduct(conduct);
        const id = await openPosition(w, { subAccount: BigInt(conduct), debt: 0n });
        await withdraw(w, id, MAX_UINT);
      }
    });

    it("refuses with a debt, naming the oracle", async () => {
      const w = await loadWorld();
      const oracle = await deploy<MockOracle>(w.ethers, "MockOracle", [
        w.quoteAddress,
        w.collaterals.map((c) => c.address),
      ]);
      const { price36 } = await w.oracle.price(w.collaterals[0]!.address);
      for (const c of w.collaterals) await oracle.set(c.number, price36, true);
      await replaceOracle(w, oracle);
      const id = await openPosition(w);
      for (const conduct of [1, 3]) {
        await oracle.setConduct(conduct);
        await expect(withdraw(w, id, 1n))
          .to.be.revertedWithCustomError(w.vault, "OracleUnavailable")
          .withArgs(oracle);
      }
    });

    it("refuses against a feed that fails", async () => {
      const w = await loadWorld();
      const { address } = w.collaterals[0]!;
      const feed = await deploy<HostileFeed>(w.ethers, "HostileFeed", [18, 2_000n * 10n ** 18n]);
      const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, [
        { address, feed },
        ...w.collaterals.slice(1),
      ]);
      await replaceOracle(w, oracle);
      const id = await openPosition(w, { debt: w.usd(200n) });
      await feed.setConduct(1);
      await expect(withdraw(w, id, 1n))
        .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
        .withArgs(id, 0n, w.usd(200n));
    });
  });

  describe("given another account of the same owner", () => {
    it("neither touches nor needs it (isolated margin)", async () => {
      const w = await loadWorld();
      await openPosition(w, { subAccount: 1n });
      const id = await openPosition(w, { subAccount: 2n, debt: 0n });
      await setPrice(w.collaterals[0]!, "100");
      await withdraw(w, id, MAX_UINT);
      const other = accountIdOf(w.trader.address, 1n);
      expect(await w.vault.collateralOf(other, w.collaterals[0]!.address)).to.equal(w.collaterals[0]!.unit);
    });
  });
});
