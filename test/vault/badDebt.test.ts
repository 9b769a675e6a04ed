import { expect } from "chai";
import { CloseReason, Refusal, Status } from "../../sdk/vaultTypes.ts";
import { accountIdOf } from "../../sdk/accountId.ts";
import { mineAt, now, refreshFeeds } from "./support/clock.ts";
import { eventOf } from "./support/events.ts";
import { openCalledPosition, openPosition, setPrice, setValue } from "./support/position.ts";
import { poolOf, stateOf } from "./support/state.ts";
import { DECIMAL_PAIRS, loadWorld, MAX_UINT, WAD, type World } from "./support/world.ts";

async function liquidateAll(w: World, id: string) {
  return w.vault.connect(w.keeper).liquidate(id, w.collaterals[0]!.address, MAX_UINT, 0n, w.keeper, "0x");
}

/** Gives the insurance shares worth `assets`. */
async function insure(w: World, assets: bigint): Promise<void> {
  await w.vault.connect(w.stranger).deposit(assets, w.vault);
}

describe("bad debt", () => {
  for (const [quoteDecimals, collateralDecimals] of DECIMAL_PAIRS) {
    describe(`with ${quoteDecimals} decimals of quote and ${collateralDecimals} of collateral`, () => {
      it("lowers the share price to exactly (assets - loss) / shares when nothing insures it (I-06, I-34)", async () => {
        const w = await loadWorld({ quoteDecimals, collateralDecimals });
        const id = await openPosition(w);
        await setValue(w, id, w.usd(1_000n));
        const assets = await w.vault.totalAssets();
        const event = await eventOf(liquidateAll(w, id), w.vault, "BadDebtRealized");
        // 2 % under the price of what was worth 1,000: 980 of 1,500 are recovered.
        expect(event.loss).to.equal(w.usd(520n));
        expect(event.insured).to.equal(0n);
        expect(event.burnedShares).to.equal(0n);
        expect(event.totalAssets).to.equal(assets - w.usd(520n));
        expect(await w.vault.totalAssets()).to.equal(assets - w.usd(520n));
        expect(await w.vault.debtOf(id)).to.equal(0n);
        expect((await poolOf(w)).totalDebtShares).to.equal(0n);
      });

      it("burns insurance worth the loss and leaves the share price (I-06, I-34)", async () => {
        const w = await loadWorld({ quoteDecimals, collateralDecimals });
        await insure(w, w.usd(2_000n));
        const id = await openPosition(w);
        await setValue(w, id, w.usd(1_000n));
        const oneShare = 10n ** (await w.vault.decimals());
        const price = await w.vault.convertToAssets(oneShare * WAD);
        const insurance = await w.vault.insuranceShares();
        const event = await eventOf(liquidateAll(w, id), w.vault, "BadDebtRealized");
        expect(event.insured).to.equal(w.usd(520n));
        expect(event.burnedShares).to.be.closeTo((insurance * 26n) / 100n, insurance / 1_000_000n);
        expect(await w.vault.insuranceShares()).to.equal(insurance - (event.burnedShares as bigint));
        expect(event.totalShares).to.equal(await w.vault.totalSupply());
        const after = await w.vault.convertToAssets(oneShare * WAD);
        expect(after).to.be.greaterThanOrEqual(price);
        expect(after).to.be.closeTo(price, price / 10n ** 6n);
      });
    });
  }

  describe("given an insurance worth less than the loss", () => {
    it("burns all of it and spreads the rest over the lenders", async () => {
      const w = await loadWorld();
      await insure(w, w.usd(200n));
      const id = await openPosition(w);
      await setValue(w, id, w.usd(1_000n));
      const held = await w.vault.insuranceShares();
      const assets = await w.vault.totalAssets();
      const supply = await w.vault.totalSupply();
      const lenderShares = await w.vault.balanceOf(w.lender);
      const event = await eventOf(liquidateAll(w, id), w.vault, "BadDebtRealized");
      expect(event.burnedShares).to.equal(held);
      expect(event.insured).to.be.closeTo(w.usd(200n), 1n);
      expect(await w.vault.insuranceShares()).to.equal(0n);
      const expected = ((assets - w.usd(520n)) * lenderShares) / (supply - held);
      expect(await w.vault.convertToAssets(lenderShares)).to.be.closeTo(expected, 2n);
    });
  });

  describe("given a call open on the account", () => {
    it("ends the call as written off, after the sale", async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_499n));
      await setValue(w, id, w.usd(1_000n));
      const transaction = await liquidateAll(w, id);
      const closed = await eventOf(transaction, w.vault, "MarginCallClosed");
      expect(closed.reason).to.equal(CloseReason.WrittenOff);
      expect(closed.late).to.equal(false);
      expect(closed.debt).to.equal(0n);
      expect(closed.healthWad).to.equal(MAX_UINT);
      expect(await w.vault.statusOf(id)).to.equal(Status.Healthy);
      expect((await stateOf(w, id)).deadline).to.equal(0n);
    });
  });

  describe("given another collateral that still counts", () => {
    it("books nothing until that is sold too (rule 9)", async () => {
      const w = await loadWorld();
      const id = await openPosition(w, {
        amounts: [w.collaterals[0]!.unit, w.collaterals[1]!.unit / 300n],
        debt: w.usd(1_500n),
      });
      await setPrice(w.collaterals[0]!, "1000");
      await liquidateAll(w, id);
      expect(await w.vault.debtOf(id)).to.equal(w.usd(520n));
      expect(await w.vault.bookLoss.staticCall([id])).to.deep.equal([BigInt(Refusal.NoLossToBook)]);
      const sale = w.vault
        .connect(w.keeper)
        .liquidate(id, w.collaterals[1]!.address, MAX_UINT, 0n, w.keeper, "0x");
      expect((await eventOf(sale, w.vault, "BadDebtRealized")).loss).to.be.greaterThan(0n);
      expect(await w.vault.debtOf(id)).to.equal(0n);
    });

    it("forfeits dust of it to the insurance account and books the rest (rule 9, I-34)", async () => {
      const w = await loadWorld();
      // 9 dollars of BTC under a dust value of 10.
      const dust = (w.collaterals[1]!.unit * 9n) / 30_000n;
      const id = await openPosition(w, { amounts: [w.collaterals[0]!.unit, dust] });
      await setPrice(w.collaterals[0]!, "1000");
      const transaction = await liquidateAll(w, id);
      const forfeited = await eventOf(transaction, w.vault, "CollateralForfeited");
      expect(forfeited).to.deep.equal({
        account: id,
        owner: w.trader.address,
        asset: w.collaterals[1]!.address,
        amount: dust,
        insuranceBalance: dust,
      });
      // Each collateral has a sub-account of its own, to be sold by itself.
      const insuranceAccount = accountIdOf(w.vaultAddress, 1n);
      expect(await w.vault.collateralOf(insuranceAccount, w.collaterals[1]!.address)).to.equal(dust);
      expect((await stateOf(w, insuranceAccount)).collateralSet).to.equal(2n);
      const state = await stateOf(w, id);
      expect([state.collateralSet, state.debtShares]).to.deep.equal([0n, 0n]);
      // The vault's total of the asset has not changed: it only has another owner.
      expect((await w.vault.collateralAt(1n))[2]).to.equal(dust);
    });
  });

  describe("bookLoss", () => {
    it("cancels a debt whose only collateral is dead, and forfeits the collateral", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await mineAt(w, (await now(w)) + 260_000n);
      await w.quoteFeed.push(10n ** 8n);
      expect(await w.vault.statusOf(id)).to.equal(Status.Insolvent);
      const transaction = await w.vault.connect(w.stranger).bookLoss([id]);
      expect(await eventOf(transaction, w.vault, "BadDebtRealized")).to.deep.equal({
        account: id,
        owner: w.trader.address,
        actor: w.stranger.address,
        loss: w.usd(1_500n),
        insured: 0n,
        burnedShares: 0n,
        insuranceShares: await w.vault.insuranceShares(),
        totalAssets: w.usd(998_500n),
        totalShares: await w.vault.totalSupply(),
      });
      expect(await w.vault.collateralOf(accountIdOf(w.vaultAddress), w.collaterals[0]!.address)).to.equal(
        w.collaterals[0]!.unit,
      );
      await refreshFeeds(w);
      expect(await w.vault.statusOf(id)).to.equal(Status.Healthy);
    });

    it("says of each account why it books nothing", async () => {
      const w = await loadWorld();
      const solvent = await openPosition(w);
      const debtFree = await openPosition(w, { owner: w.stranger, debt: 0n });
      const none = BigInt(Refusal.NoLossToBook);
      expect(await w.vault.bookLoss.staticCall([solvent, debtFree, solvent])).to.deep.equal([
        none,
        none,
        none,
      ]);
      await expect(w.vault.bookLoss([solvent, debtFree])).not.to.emit(w.vault, "BadDebtRealized");
    });

    it("books an account once when it is named twice (C-07)", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await setPrice(w.collaterals[0]!, "1");
      expect(await w.vault.bookLoss.staticCall([id, id])).to.deep.equal([
        BigInt(Refusal.None),
        BigInt(Refusal.NoLossToBook),
      ]);
    });

    it("does not touch an insolvent account whose collateral is worth the dust value exactly (C-58)", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await setValue(w, id, w.usd(10n));
      expect(await w.vault.bookLoss.staticCall([id])).to.deep.equal([BigInt(Refusal.NoLossToBook)]);
      await setValue(w, id, w.usd(10n) - 1n);
      expect(await w.vault.bookLoss.staticCall([id])).to.deep.equal([BigInt(Refusal.None)]);
    });

    it("never touches an account that is worth more than its debt, however little both are", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await w.vault.connect(w.trader).repay(id, w.usd(1_495n));
      await setValue(w, id, w.usd(8n));
      expect(await w.vault.bookLoss.staticCall([id])).to.deep.equal([BigInt(Refusal.NoLossToBook)]);
      await setValue(w, id, w.usd(5n));
      expect(await w.vault.bookLoss.staticCall([id])).to.deep.equal([BigInt(Refusal.NoLossToBook)]);
      await setValue(w, id, w.usd(5n) - 1n);
      expect(await w.vault.bookLoss.staticCall([id])).to.deep.equal([BigInt(Refusal.None)]);
    });

    it("leaves a working vault when a loss takes more than the lenders have beside the fee", async () => {
      const w = await loadWorld({ lent: 1_500n, ratesPercent: [10n, 10n, 10n], feeBps: 3000n });
      const id = await openPosition(w);
      await mineAt(w, (await now(w)) + 31_557_600n);
      await refreshFeeds(w);
      await w.vault.accrue();
      expect((await poolOf(w)).unbookedFee).to.be.greaterThan(0n);
      await setPrice(w.collaterals[0]!, "0.000001");
      await w.vault.bookLoss([id]);
      expect(await w.vault.totalAssets()).to.equal(0n);
      expect(await w.vault.debtOf(id)).to.equal(0n);
      // Lenders can still come, and those who come afterwards own what they put in.
      await w.vault.connect(w.stranger).deposit(w.usd(1_000n), w.stranger);
      const claim = await w.vault.convertToAssets(await w.vault.balanceOf(w.stranger));
      expect(claim).to.be.closeTo(w.usd(1_000n), w.usd("0.1"));
    });
  });
});
