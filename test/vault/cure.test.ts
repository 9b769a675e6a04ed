import { expect } from "chai";
import { CloseReason, Status } from "../../sdk/vaultTypes.ts";
import { deadlineOf, passDeadline } from "./support/clock.ts";
import { eventOf } from "./support/events.ts";
import {
  ceilDiv,
  openCalledPosition,
  openPosition,
  setMaintenanceValue,
  setPrice,
} from "./support/position.ts";
import { DECIMAL_PAIRS, loadWorld, MAX_UINT } from "./support/world.ts";

describe("cure", () => {
  for (const [quoteDecimals, collateralDecimals] of DECIMAL_PAIRS) {
    it(`repays S / K, rounded up, and closes the call (${quoteDecimals} and ${collateralDecimals} decimals)`, async () => {
      const w = await loadWorld({ quoteDecimals, collateralDecimals });
      const id = await openCalledPosition(w, w.usd(1_450n));
      // S = 1.02 * 1,500 - 1,450 = 80
      const needed = ceilDiv(w.usd(80n) * 100n, 102n);
      const transaction = w.vault.connect(w.stranger).cure(id, needed);
      await expect(transaction).to.changeTokenBalances(
        w.ethers,
        w.quote,
        [w.stranger, w.vault, w.trader],
        [-needed, needed, 0n],
      );
      const closed = await eventOf(transaction, w.vault, "MarginCallClosed");
      expect(closed).to.include({ account: id, actor: w.stranger.address, nonce: 1n, late: false });
      expect(closed.reason).to.equal(CloseReason.Repaid);
      expect(closed.debt).to.equal(w.usd(1_500n) - needed);
      expect(closed.healthWad).to.be.greaterThanOrEqual(102n * 10n ** 16n);
    });
  }

  it("pays what previewCure said, which marginOf's shortfall explains (I-09)", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    const preview = await w.vault.previewCure(id);
    expect(preview.shortfall).to.equal(w.usd(80n));
    expect((await w.vault.marginOf(id)).shortfall).to.equal(w.usd(80n));
    expect(await w.vault.connect(w.trader).cure.staticCall(id, MAX_UINT)).to.equal(preview.repay);
  });

  it("is reached by depositing what previewCure said, and not by one base unit less than K_close needs", async () => {
    const w = await loadWorld({ collateralDecimals: 8 });
    const id = await openCalledPosition(w, w.usd(1_450n));
    const { assets, deposits } = await w.vault.previewCure(id);
    expect(assets).to.deep.equal([w.collaterals[0]!.address]);
    const transaction = w.vault.connect(w.trader).depositCollateral(id, assets[0]!, deposits[0]!);
    expect((await eventOf(transaction, w.vault, "MarginCallClosed")).healthWad).to.be.greaterThanOrEqual(
      102n * 10n ** 16n,
    );
  });

  it("rounds the shortfall and the repayment up, each for itself", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n), { debt: w.usd(1_500n) + 1n });
    // 1.02 * 1,500.000001 = 1,530.00000102; over 1.02 again what is missing are 78.4313...
    const shortfall = w.usd(80n) + 2n;
    const preview = await w.vault.previewCure(id);
    expect(preview.shortfall).to.equal(shortfall);
    expect(preview.repay).to.equal(ceilDiv(shortfall * 100n, 102n));
  });

  describe("when the caller pays at most one base unit too little", () => {
    it("reverts with both amounts", async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      const needed = ceilDiv(w.usd(80n) * 100n, 102n);
      await expect(w.vault.connect(w.trader).cure(id, needed - 1n))
        .to.be.revertedWithCustomError(w.vault, "CureTooExpensive")
        .withArgs(needed, needed - 1n);
    });
  });

  describe("given no call", () => {
    it("reverts, callable or not", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await expect(w.vault.cure(id, MAX_UINT))
        .to.be.revertedWithCustomError(w.vault, "NoCallOpen")
        .withArgs(id);
      await setMaintenanceValue(w, id, w.usd(1_450n));
      await expect(w.vault.cure(id, MAX_UINT))
        .to.be.revertedWithCustomError(w.vault, "NoCallOpen")
        .withArgs(id);
    });
  });

  describe("given that prices have cured the account", () => {
    it("closes the call for nothing at the cure level exactly", async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      await setMaintenanceValue(w, id, w.usd(1_530n));
      const transaction = w.vault.connect(w.stranger).cure(id, 0n);
      await expect(transaction).to.changeTokenBalances(w.ethers, w.quote, [w.stranger, w.vault], [0n, 0n]);
      expect((await eventOf(transaction, w.vault, "MarginCallClosed")).reason).to.equal(
        CloseReason.Recovered,
      );
    });

    it("pays the last base unit when one is missing", async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      await setMaintenanceValue(w, id, w.usd(1_530n) - 1n);
      expect(await w.vault.connect(w.trader).cure.staticCall(id, 1n)).to.equal(1n);
    });
  });

  describe("given a deadline that has passed", () => {
    it("cures and closes late", async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      await passDeadline(w, id, 60n);
      const closed = await eventOf(w.vault.connect(w.trader).cure(id, MAX_UINT), w.vault, "MarginCallClosed");
      expect(closed.late).to.equal(true);
      expect(await deadlineOf(w, id)).to.equal(0n);
    });
  });

  describe("given an account below the floor, or worth nothing", () => {
    it("repays up to the whole debt and frees it", async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      await setPrice(w.collaterals[0]!, "0.000001");
      expect(await w.vault.statusOf(id)).to.equal(Status.Insolvent);
      const closed = await eventOf(w.vault.connect(w.trader).cure(id, MAX_UINT), w.vault, "MarginCallClosed");
      expect(closed.reason).to.equal(CloseReason.DebtFree);
      expect(await w.vault.debtOf(id)).to.equal(0n);
    });
  });
});
