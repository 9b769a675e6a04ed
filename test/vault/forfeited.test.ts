import { expect } from "chai";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { mineAt, now } from "./support/clock.ts";
import { depositMove, deployDeferrer, liquidateMove } from "./support/deferrer.ts";
import { eventOf, eventsOf } from "./support/events.ts";
import { auctionDiscountWad } from "./support/formulas.ts";
import { withMockOracle } from "./support/listing.ts";
import { ceilDiv, openPosition, setPrice } from "./support/position.ts";
import { stateOf } from "./support/state.ts";
import {
  BPS,
  DEAD_AGE_SECONDS,
  DECIMAL_PAIRS,
  loadWorld,
  MAX_UINT,
  WAD,
  type World,
} from "./support/world.ts";

type Options = Parameters<typeof loadWorld>[0];
const BTC = 1;

/** The insurance's own account for what defaults leave of a collateral. */
function lotOf(w: World, number = BTC): AccountId {
  return accountIdOf(w.vaultAddress, BigInt(number));
}

function take(w: World, maxRepay = MAX_UINT, minSeized = 0n, number = BTC) {
  const { address } = w.collaterals[number]!;
  return w.vault
    .connect(w.keeper)
    .liquidate(lotOf(w, number), address, maxRepay, minSeized, w.stranger, "0x");
}

/** Defaults with one BTC whose feed is dead: one BTC is the insurance's, and counts for nothing as yet. */
async function forfeited(options: Options = {}) {
  const w = await loadWorld(options);
  const { unit } = w.collaterals[BTC]!;
  const id = await openPosition(w, { amounts: [w.collaterals[0]!.unit, unit] });
  await mineAt(w, (await now(w)) + DEAD_AGE_SECONDS);
  await w.quoteFeed.push(10n ** 8n);
  await setPrice(w.collaterals[0]!, "1000");
  const { address } = w.collaterals[0]!;
  const transaction = await w.vault.connect(w.keeper).liquidate(id, address, MAX_UINT, 0n, w.keeper, "0x");
  return { w, id, unit, transaction };
}

/** As `forfeited`, with the feed alive again at 30,000, the sale called, and `elapsed` seconds into its auction. */
async function onSale(elapsed = 0n, options: Options = {}) {
  const base = await forfeited(options);
  const { w } = base;
  await setPrice(w.collaterals[BTC]!, "30000");
  await w.vault.openCall(lotOf(w));
  const { deadline } = await stateOf(w, lotOf(w));
  await mineAt(w, deadline + elapsed);
  return { ...base, deadline };
}

describe("what a default leaves (rule 9, I-34)", () => {
  it("passes to the insurance's account of that collateral, and no total changes (I-02)", async () => {
    const { w, id, unit, transaction } = await forfeited();
    const { address } = w.collaterals[BTC]!;
    expect(await eventOf(transaction, w.vault, "CollateralForfeited")).to.deep.equal({
      account: id,
      owner: w.trader.address,
      asset: address,
      amount: unit,
      insuranceBalance: unit,
    });
    expect(await w.vault.collateralOf(lotOf(w), address)).to.equal(unit);
    expect(await w.vault.collateralOf(id, address)).to.equal(0n);
    expect((await w.vault.collateralAt(BTC))[2]).to.equal(unit);
    expect(await stateOf(w, id)).to.include({ collateralSet: 0n, debtShares: 0n });
    expect(await stateOf(w, lotOf(w))).to.include({ collateralSet: 2n, debtShares: 0n, deadline: 0n });
  });

  it("is nobody's to withdraw, borrow against, or add an asset to", async () => {
    const { w } = await forfeited();
    const { address } = w.collaterals[BTC]!;
    for (const caller of [w.trader, w.owner, w.guardian, w.lender]) {
      const vault = w.vault.connect(caller);
      for (const refused of [
        () => vault.withdrawCollateral(lotOf(w), address, 1n, caller),
        () => vault.borrow(lotOf(w), 1n, caller),
        () => vault.depositCollateral(lotOf(w), w.collaterals[0]!.address, 1n),
      ]) {
        await expect(refused())
          .to.be.revertedWithCustomError(w.vault, "NotAuthorized")
          .withArgs(lotOf(w), caller);
      }
    }
  });

  it("is no asset of the lenders' until it is sold (I-33)", async () => {
    const { w } = await forfeited();
    // A million less the 520 that ETH did not bring; one BTC more on sale is nothing yet.
    expect(await w.vault.totalAssets()).to.equal(w.usd(1_000_000n - 520n));
    await setPrice(w.collaterals[BTC]!, "30000");
    expect(await w.vault.totalAssets()).to.equal(w.usd(1_000_000n - 520n));
  });
});

describe("the call of a lot", () => {
  it("is needed before anything is sold, and needs a fresh price (rule 7)", async () => {
    const { w } = await forfeited();
    const { address } = w.collaterals[BTC]!;
    await expect(w.vault.openCall(lotOf(w)))
      .to.be.revertedWithCustomError(w.vault, "PriceNotFresh")
      .withArgs(address);
    await setPrice(w.collaterals[BTC]!, "30000");
    await expect(take(w))
      .to.be.revertedWithCustomError(w.vault, "NotLiquidatable")
      .withArgs(lotOf(w), Status.Healthy);
  });

  it("gives the minimum grace and pays nobody (I-25)", async () => {
    const { w } = await forfeited({ maxBounty: 5n });
    await setPrice(w.collaterals[BTC]!, "30000");
    const transaction = w.vault.connect(w.stranger).openCall(lotOf(w));
    const { notice } = (await eventOf(transaction, w.vault, "MarginCallOpened")) as {
      notice: Record<string, bigint>;
    };
    expect(notice).to.include({ bounty: 0n, debt: 0n, debtShares: 0n, repayAmount: 0n, reopened: false });
    expect(notice.deadline! - notice.calledAt!).to.equal(w.risk.minGraceSeconds);
    expect(await w.vault.balanceOf(w.stranger)).to.equal(0n);
    await expect(take(w))
      .to.be.revertedWithCustomError(w.vault, "NotLiquidatable")
      .withArgs(lotOf(w), Status.Called);
    await expect(w.vault.openCall(lotOf(w))).to.be.revertedWithCustomError(w.vault, "NotCallable");
  });

  it("is refused where nothing was left", async () => {
    const w = await loadWorld();
    for (const number of [0, 1, 15, 400]) {
      await expect(w.vault.openCall(lotOf(w, number))).to.be.revertedWithCustomError(w.vault, "NotCallable");
    }
  });

  it("may be opened again when its window is over, and only then", async () => {
    const { w, deadline } = await onSale();
    await mineAt(w, deadline + w.risk.auctionSeconds - 2n);
    await expect(w.vault.openCall(lotOf(w))).to.be.revertedWithCustomError(w.vault, "NotCallable");
    await mineAt(w, deadline + w.risk.auctionSeconds);
    await expect(take(w))
      .to.be.revertedWithCustomError(w.vault, "NotLiquidatable")
      .withArgs(lotOf(w), Status.Lapsed);
    const { notice } = (await eventOf(w.vault.openCall(lotOf(w)), w.vault, "MarginCallOpened")) as {
      notice: { reopened: boolean };
    };
    expect(notice.reopened).to.equal(true);
  });

  it("is opened in a batch among others", async () => {
    const { w } = await forfeited();
    await setPrice(w.collaterals[BTC]!, "30000");
    const opened = await eventsOf(w.vault.openCalls([lotOf(w, 0), lotOf(w)]), w.vault, "MarginCallOpened");
    expect(opened.map(({ account }) => account)).to.deep.equal([lotOf(w)]);
  });
});

describe("the sale of a lot", () => {
  for (const [quoteDecimals, collateralDecimals] of DECIMAL_PAIRS) {
    it(`goes by the auction, and all that is paid is the insurance's (${quoteDecimals} and ${collateralDecimals} decimals; I-26, I-27)`, async () => {
      const { w, unit, deadline } = await onSale(899n, { quoteDecimals, collateralDecimals });
      const { address, token, terms } = w.collaterals[BTC]!;
      const discountWad = auctionDiscountWad(900n, terms.maxDiscountBps, w.risk.rampSeconds);
      const price = ceilDiv(w.usd(30_000n) * (WAD - discountWad), WAD);
      const one = 10n ** (await w.vault.decimals()) * WAD;
      const sharePrice = await w.vault.convertToAssets(one);
      const transaction = take(w);
      const { notice } = (await eventOf(transaction, w.vault, "Liquidated")) as {
        notice: Record<string, unknown>;
      };
      expect(notice).to.include({ asset: address, repaid: 0n, insured: price, seized: unit, balance: 0n });
      expect(notice).to.include({ discountWad, debt: 0n, debtShares: 0n, auctionStart: 0n });
      await expect(transaction).to.changeTokenBalances(w.ethers, token, [w.vault, w.stranger], [-unit, unit]);
      await expect(transaction).to.changeTokenBalances(
        w.ethers,
        w.quote,
        [w.keeper, w.vault],
        [-price, price],
      );
      expect(await w.vault.convertToAssets(await w.vault.insuranceShares())).to.be.closeTo(price, 1n);
      expect(await w.vault.convertToAssets(one)).to.be.within(
        sharePrice,
        sharePrice + sharePrice / 10n ** 6n,
      );
      expect((await w.vault.collateralAt(BTC))[2]).to.equal(0n);
      expect(await stateOf(w, lotOf(w))).to.include({ collateralSet: 0n, deadline: 0n, auctionStart: 0n });
      expect(deadline).to.be.greaterThan(0n);
    });
  }

  it("begins at 0.25 % and does not wait at its end for whoever comes first when a feed revives", async () => {
    const { w } = await onSale();
    const [repaid, insured, seized, discountWad] = await w.vault.previewLiquidation(
      lotOf(w),
      w.collaterals[BTC]!.address,
      MAX_UINT,
    );
    expect([repaid, insured, seized, discountWad]).to.deep.equal([
      0n,
      (w.usd(30_000n) * 9_975n) / BPS,
      w.collaterals[BTC]!.unit,
      (WAD * 25n) / BPS,
    ]);
  });

  it("takes at least a quarter of the lot or all of it, and starts the auction again (I-31)", async () => {
    const { w } = await onSale(1_799n);
    const price = (w.usd(30_000n) * 92n) / 100n;
    const quarter = price / 4n;
    await expect(take(w, quarter - 1n))
      .to.be.revertedWithCustomError(w.vault, "TakeTooSmall")
      .withArgs(quarter - 1n, quarter);
    const transaction = take(w, quarter);
    const { notice } = (await eventOf(transaction, w.vault, "Liquidated")) as {
      notice: { seized: bigint; insured: bigint; auctionStart: bigint };
    };
    expect(notice.insured).to.equal(quarter);
    expect(notice.seized).to.equal(w.collaterals[BTC]!.unit / 4n);
    const { auctionStart } = await stateOf(w, lotOf(w));
    expect([auctionStart, notice.auctionStart]).to.deep.equal([await now(w), await now(w)]);
    const [, , , discountWad] = await w.vault.previewLiquidation(
      lotOf(w),
      w.collaterals[BTC]!.address,
      MAX_UINT,
    );
    expect(discountWad).to.equal((WAD * 25n) / BPS);
  });

  it("gives at least what the taker asked for, or nothing (I-28)", async () => {
    const { w, unit } = await onSale();
    await expect(take(w, MAX_UINT, unit + 1n))
      .to.be.revertedWithCustomError(w.vault, "SeizedTooLittle")
      .withArgs(unit, unit + 1n);
    await take(w, MAX_UINT, unit);
  });

  it("sells nothing at a price that is not fresh, nor without an oracle, nor while liquidation is paused", async () => {
    const { w } = await onSale();
    const { address } = w.collaterals[BTC]!;
    const oracle = await withMockOracle(w);
    await oracle.set(BTC, 10n ** 36n, false);
    await expect(take(w)).to.be.revertedWithCustomError(w.vault, "PriceNotFresh").withArgs(address);
    await oracle.setConduct(1);
    await expect(take(w)).to.be.revertedWithCustomError(w.vault, "OracleUnavailable").withArgs(oracle);
    await w.configurator.setOracle(w.vault, w.oracle);
    await w.clock.connect(w.guardian).pause(1, 60n);
    await expect(take(w)).to.be.revertedWithCustomError(w.vault, "LiquidationPaused");
    await mineAt(w, (await now(w)) + 60n);
    await take(w);
  });

  it("sells nothing that the lot does not hold", async () => {
    const { w } = await onSale();
    const { address } = w.collaterals[0]!;
    await expect(w.vault.liquidate(lotOf(w), address, MAX_UINT, 0n, w.keeper, "0x"))
      .to.be.revertedWithCustomError(w.vault, "CollateralNotHeld")
      .withArgs(lotOf(w), address);
  });

  it("goes in a batch among others, paid at once", async () => {
    const { w, unit } = await onSale();
    const request = {
      account: lotOf(w),
      asset: w.collaterals[BTC]!.address,
      maxRepay: MAX_UINT,
      minSeized: 0n,
    };
    const healthy = await openPosition(w, { subAccount: 9n, debt: w.usd(500n) });
    const requests = [{ ...request, account: healthy, asset: w.collaterals[0]!.address }, request];
    const transaction = w.vault.connect(w.keeper).liquidateMany(requests, w.keeper);
    const [sold, ...others] = await eventsOf(transaction, w.vault, "Liquidated");
    const { insured, seized } = (sold as { notice: { insured: bigint; seized: bigint } }).notice;
    expect([others.length, seized]).to.deep.equal([0, unit]);
    await expect(transaction).to.changeTokenBalance(w.ethers, w.quote, w.keeper, -insured);
  });

  describe("stalled (I-31, I-45)", () => {
    it("is not ended by a top-up, a closing or a cure, nor by any of them in a deferral", async () => {
      const { w } = await onSale();
      const griefer = await deployDeferrer(w, 10n);
      const before = await stateOf(w, lotOf(w));
      await w.vault.connect(w.stranger).depositCollateral(lotOf(w), w.collaterals[BTC]!.address, 1n);
      await griefer.defer(depositMove(w, lotOf(w), BTC, 1n));
      await expect(w.vault.closeCall(lotOf(w))).to.be.revertedWithCustomError(w.vault, "NotClosable");
      await w.vault.closeCalls([lotOf(w)]);
      await w.vault.connect(w.stranger).cure(lotOf(w), MAX_UINT);
      await expect(w.vault.repay(lotOf(w), 1n)).to.be.revertedWithCustomError(w.vault, "NoDebt");
      await w.vault.bookLoss([lotOf(w)]);
      expect(await stateOf(w, lotOf(w))).to.deep.equal(before);
      await take(w);
    });

    it("is not begun again by the sale of another lot", async () => {
      const { w } = await onSale(300n);
      // Another default, of the BTC lent against; what stays is nine dollars of ETH.
      const [eth, btc] = [w.collaterals[0]!, w.collaterals[BTC]!];
      const amounts = [(eth.unit * 9n) / 1_000n, btc.unit / 10n];
      const id = await openPosition(w, { subAccount: 5n, amounts, debt: w.usd(2_000n) });
      await setPrice(btc, "15000");
      const sold = w.vault.connect(w.keeper).liquidate(id, btc.address, MAX_UINT, 0n, w.keeper, "0x");
      expect((await eventOf(sold, w.vault, "CollateralForfeited")).asset).to.equal(eth.address);
      const before = await stateOf(w, lotOf(w));
      await w.vault.openCall(lotOf(w, 0));
      await mineAt(w, (await stateOf(w, lotOf(w, 0))).deadline);
      await take(w, MAX_UINT, 0n, 0);
      expect(await stateOf(w, lotOf(w))).to.deep.equal(before);
    });

    it("is pending for whoever touched it in a deferral, and for nobody else", async () => {
      const { w } = await onSale();
      const griefer = await deployDeferrer(w, 100_000n);
      const sale = liquidateMove(w, lotOf(w), BTC, griefer.address);
      await expect(griefer.defer(depositMove(w, lotOf(w), BTC, 1n), sale))
        .to.be.revertedWithCustomError(w.vault, "CheckPending")
        .withArgs(lotOf(w));
      await griefer.defer(sale);
    });
  });
});
