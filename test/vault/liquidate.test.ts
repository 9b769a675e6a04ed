import { expect } from "chai";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { CloseReason, Status } from "../../sdk/vaultTypes.ts";
import { mineAt, now, passDeadline, refreshFeeds } from "./support/clock.ts";
import { eventOf } from "./support/events.ts";
import { cureBySale, insuranceShare, seizedFor } from "./support/formulas.ts";
import {
  answerOf,
  ceilDiv,
  openPosition,
  setLiquidationValue,
  setMaintenanceValue,
  setPrice,
  setValue,
} from "./support/position.ts";
import { poolOf, stateOf } from "./support/state.ts";
import { DECIMAL_PAIRS, loadWorld, MAX_UINT, WAD, type World } from "./support/world.ts";

function take(
  w: World,
  id: AccountId,
  options: { maxRepay?: bigint; minSeized?: bigint; number?: number } = {},
) {
  const { address } = w.collaterals[options.number ?? 0]!;
  return w.vault
    .connect(w.keeper)
    .liquidate(id, address, options.maxRepay ?? MAX_UINT, options.minSeized ?? 0n, w.stranger, "0x");
}

function preview(w: World, id: AccountId, maxRepay = MAX_UINT, number = 0) {
  return w.vault.previewLiquidation(id, w.collaterals[number]!.address, maxRepay);
}

/** `tokens` whole ETH against 1,500 a token, called and past the deadline with `A_m` of `perToken` a token. */
async function expired(w: World, perToken = 1_450n, tokens = 10n, after = 0n): Promise<AccountId> {
  const id = await openPosition(w, {
    amounts: [tokens * w.collaterals[0]!.unit],
    debt: w.usd(1_500n * tokens),
  });
  await setMaintenanceValue(w, id, w.usd(perToken * tokens));
  await w.vault.openCall(id);
  await passDeadline(w, id, after);
  return id;
}

describe("liquidate", () => {
  for (const [quoteDecimals, collateralDecimals] of DECIMAL_PAIRS) {
    describe(`with ${quoteDecimals} decimals of quote and ${collateralDecimals} of collateral`, () => {
      it("moves collateral, payment and debt by the same formulas that the notice shows (I-27, I-28)", async () => {
        const w = await loadWorld({ quoteDecimals, collateralDecimals });
        const id = await expired(w, 1_480n, 10n, 900n);
        const { token, address, unit } = w.collaterals[0]!;
        const before = await w.vault.marginOf(id);
        const pool = await poolOf(w);
        const transaction = take(w, id);
        const event = await eventOf(transaction, w.vault, "Liquidated");
        expect(event).to.include({ account: id, owner: w.trader.address, actor: w.keeper.address });
        const notice = event.notice as Record<string, bigint>;
        const { repaid, insured, seized, discountWad, price36 } = notice as {
          repaid: bigint;
          insured: bigint;
          seized: bigint;
          discountWad: bigint;
          price36: bigint;
        };
        // S = 15,300 - 14,800 = 500; x = S / (K - m / (1 - d))
        const cured = cureBySale(before, 8020n, discountWad);
        expect(repaid).to.be.closeTo(cured, 1n + cured / 10n ** 15n);
        expect(insured).to.be.closeTo(insuranceShare(repaid, discountWad), 1n);
        expect(seized).to.be.closeTo(
          seizedFor(repaid, discountWad, price36),
          // A base unit of the quote in base units of the collateral, and one.
          2n * (10n ** 36n / price36 + 1n),
        );
        expect(seized).to.be.lessThanOrEqual(seizedFor(repaid, discountWad, price36));
        expect(notice).to.include({
          status: BigInt(Status.Expired),
          asset: address,
          balance: 10n * unit - seized,
          debt: before.debt - repaid,
        });
        await expect(transaction).to.changeTokenBalances(
          w.ethers,
          token,
          [w.vault, w.stranger, w.keeper, w.trader],
          [-seized, seized, 0n, 0n],
        );
        await expect(transaction).to.changeTokenBalances(
          w.ethers,
          w.quote,
          [w.keeper, w.vault, w.stranger, w.trader],
          [-(repaid + insured), repaid + insured, 0n, 0n],
        );
        expect((await poolOf(w)).cash).to.equal(pool.cash + repaid + insured);
        expect(await w.vault.totalAssets()).to.equal(w.usd(1_000_000n) + insured);
        expect((await w.vault.collateralAt(0n))[2]).to.equal(10n * unit - seized);
      });

      it("gives the insurance shares worth its part and leaves the share price (I-06)", async () => {
        const w = await loadWorld({ quoteDecimals, collateralDecimals });
        const id = await expired(w, 1_450n, 10n, 900n);
        const one = 10n ** (await w.vault.decimals()) * WAD;
        const price = await w.vault.convertToAssets(one);
        const { notice } = (await eventOf(take(w, id), w.vault, "Liquidated")) as {
          notice: { insured: bigint };
        };
        expect(await w.vault.convertToAssets(await w.vault.insuranceShares())).to.be.closeTo(
          notice.insured,
          1n,
        );
        expect(await w.vault.convertToAssets(one)).to.be.greaterThanOrEqual(price);
      });
    });
  }

  it("brings the account to the cure level when the tranche may be large enough, and closes its call", async () => {
    const w = await loadWorld();
    const id = await expired(w, 1_480n);
    const transaction = await take(w, id);
    const closed = await eventOf(transaction, w.vault, "MarginCallClosed");
    expect(closed).to.include({ account: id, actor: w.keeper.address, late: true, nonce: 1n });
    expect(closed.reason).to.equal(BigInt(CloseReason.Liquidated));
    expect(closed.healthWad).to.be.within((WAD * 102n) / 100n - 10n ** 12n, (WAD * 102n) / 100n + 10n ** 12n);
    expect(await stateOf(w, id)).to.include({ deadline: 0n, auctionStart: 0n });
    const { notice } = (await eventOf(transaction, w.vault, "Liquidated")) as {
      notice: { auctionStart: bigint };
    };
    expect(notice.auctionStart).to.equal(0n);
    // The surplus stays with the owner (I-29).
    expect(await w.vault.collateralOf(id, w.collaterals[0]!.address)).to.be.greaterThan(0n);
  });

  describe("how much at once (I-29, I-30)", () => {
    it("is at most 20 % of the debt above the floor, rounded up", async () => {
      const w = await loadWorld();
      const id = await expired(w, 1_400n);
      expect((await preview(w, id)).repaid).to.equal(w.usd(3_000n));
    });

    it("is at least the minimum debt", async () => {
      const w = await loadWorld();
      const id = await openPosition(w, { amounts: [w.collaterals[0]!.unit / 4n], debt: w.usd(375n) });
      await setMaintenanceValue(w, id, w.usd(374n));
      await w.vault.openCall(id);
      await passDeadline(w, id);
      // S / (K - m / (1 - d)) is 39.4 and 20 % are 75.
      expect((await preview(w, id)).repaid).to.equal(w.usd(100n));
    });

    it("is all of it when less than the minimum debt would be left (C-58)", async () => {
      const w = await loadWorld();
      const id = await openPosition(w, { amounts: [w.collaterals[0]!.unit / 8n], debt: w.usd(187n) });
      await setMaintenanceValue(w, id, w.usd(186n));
      await w.vault.openCall(id);
      await passDeadline(w, id);
      expect((await preview(w, id)).repaid).to.equal(w.usd(187n));
      const closed = await eventOf(take(w, id), w.vault, "MarginCallClosed");
      expect(closed).to.include({ debt: 0n, healthWad: MAX_UINT });
    });

    it("leaves exactly the minimum debt when that is what is left", async () => {
      const w = await loadWorld();
      const id = await openPosition(w, { amounts: [w.collaterals[0]!.unit / 7n], debt: w.usd(200n) });
      await setMaintenanceValue(w, id, w.usd(199n));
      await w.vault.openCall(id);
      await passDeadline(w, id);
      const { repaid } = await preview(w, id);
      expect(repaid).to.equal(w.usd(100n));
      await take(w, id);
      expect(await w.vault.debtOf(id)).to.equal(w.usd(100n));
    });

    it("refuses one base unit under a quarter of the tranche and accepts the quarter", async () => {
      const w = await loadWorld();
      const id = await expired(w, 1_400n, 10n, 3_000n);
      // The tranche is 3,000. At 8 % discount a payment of p repays p * 0.92 / (0.92 + 0.2 * 0.08), rounded down.
      const costOf = (repaid: bigint) => ceilDiv(repaid * 936n, 920n);
      const quarter = w.usd(750n);
      await expect(take(w, id, { maxRepay: costOf(quarter) - 1n }))
        .to.be.revertedWithCustomError(w.vault, "TakeTooSmall")
        .withArgs(quarter - 1n, quarter);
      await expect(preview(w, id, costOf(quarter) - 1n)).to.be.revertedWithCustomError(
        w.vault,
        "TakeTooSmall",
      );
      const { notice } = (await eventOf(
        take(w, id, { maxRepay: costOf(quarter) }),
        w.vault,
        "Liquidated",
      )) as {
        notice: { repaid: bigint; auctionStart: bigint };
      };
      expect(notice.repaid).to.equal(quarter);
      // Exactly a quarter starts the auction again.
      expect(notice.auctionStart).to.equal(await now(w));
    });

    it("refuses nothing at all (C-01)", async () => {
      const w = await loadWorld();
      const id = await expired(w, 1_400n);
      await expect(take(w, id, { maxRepay: 0n }))
        .to.be.revertedWithCustomError(w.vault, "TakeTooSmall")
        .withArgs(0n, w.usd(750n));
    });

    it("refuses to leave a debt under the minimum while collateral remains", async () => {
      const w = await loadWorld();
      const id = await openPosition(w, { amounts: [w.collaterals[0]!.unit / 8n], debt: w.usd(187n) });
      await setMaintenanceValue(w, id, w.usd(186n));
      await w.vault.openCall(id);
      await passDeadline(w, id);
      await expect(take(w, id, { maxRepay: w.usd(100n) })).to.be.revertedWithCustomError(
        w.vault,
        "RemainingDebtTooSmall",
      );
    });

    it("never costs the taker more than the maximum, insurance included", async () => {
      const w = await loadWorld();
      const id = await expired(w, 1_400n, 10n, 1_234n);
      for (const maxRepay of [w.usd(1_000n) + 1n, w.usd(1_234n) + 567n, w.usd(2_999n) + 999n]) {
        const { repaid, insured } = await preview(w, id, maxRepay);
        expect(repaid + insured).to.be.within(maxRepay - 2n, maxRepay);
      }
      expect((await preview(w, id, MAX_UINT)).repaid).to.equal((await preview(w, id, 2n ** 255n)).repaid);
    });
  });

  describe("what the taker gets at least", () => {
    it("is what it asked for, or nothing happens", async () => {
      const w = await loadWorld();
      const id = await expired(w, 1_400n);
      const { seized } = await preview(w, id);
      const { address } = w.collaterals[0]!;
      const vault = w.vault.connect(w.keeper);
      await expect(vault.liquidate.staticCall(id, address, MAX_UINT, seized + 1n, w.keeper, "0x"))
        .to.be.revertedWithCustomError(w.vault, "SeizedTooLittle")
        .withArgs(seized, seized + 1n);
      await take(w, id, { minSeized: seized });
    });
  });

  describe("what is refused at the gate (rule 2, C-54)", () => {
    it("a collateral that the account does not hold, listed or not", async () => {
      const w = await loadWorld();
      const id = await expired(w);
      for (const asset of [w.collaterals[1]!.address, w.quoteAddress, w.vaultAddress]) {
        await expect(w.vault.connect(w.keeper).liquidate(id, asset, MAX_UINT, 0n, w.keeper, "0x"))
          .to.be.revertedWithCustomError(w.vault, "CollateralNotHeld")
          .withArgs(id, asset);
      }
    });

    it("a recipient of zero", async () => {
      const w = await loadWorld();
      const id = await expired(w);
      const { address } = w.collaterals[0]!;
      await expect(
        w.vault.connect(w.keeper).liquidate(id, address, MAX_UINT, 0n, w.ethers.ZeroAddress, "0x"),
      ).to.be.revertedWithCustomError(w.vault, "ZeroAddress");
    });

    it("a collateral whose price is not fresh, expired, critical or insolvent (rule 7)", async () => {
      const w = await loadWorld();
      const id = await expired(w);
      const { address, feed } = w.collaterals[0]!;
      const { 3: updatedAt } = await feed.latestRoundData();
      await mineAt(w, updatedAt + 86_401n);
      await w.quoteFeed.push(10n ** 8n);
      await w.vault.openCall(id);
      await mineAt(w, (await stateOf(w, id)).deadline);
      await expect(take(w, id)).to.be.revertedWithCustomError(w.vault, "PriceNotFresh").withArgs(address);
      for (const price of ["1700", "1300"]) {
        await feed.pushAt(answerOf(price), (await now(w)) - 90_000n);
        expect(await w.vault.statusOf(id)).to.equal(price === "1700" ? Status.Critical : Status.Insolvent);
        await expect(take(w, id)).to.be.revertedWithCustomError(w.vault, "PriceNotFresh").withArgs(address);
      }
    });

    it("everything while the quote feed is stale", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await mineAt(w, (await now(w)) + 86_401n);
      await setLiquidationValue(w, id, w.usd(1_450n));
      await expect(take(w, id))
        .to.be.revertedWithCustomError(w.vault, "PriceNotFresh")
        .withArgs(w.collaterals[0]!.address);
    });

    it("a taker without the tokens, leaving everything as it was (C-04)", async () => {
      const w = await loadWorld();
      const id = await expired(w);
      await w.quote.connect(w.keeper).approve(w.vault, 0n);
      const before = await w.vault.accountState(id);
      await expect(take(w, id)).to.be.revertedWithCustomError(w.quote, "ERC20InsufficientAllowance");
      expect(await w.vault.accountState(id)).to.deep.equal(before);
    });
  });

  describe("which collateral (rule 8)", () => {
    /** ETH (weights 80.2 / 87.4) and BTC (75 / 82), expired. */
    async function mixed(w: World, after: bigint, btcPrice = "24500"): Promise<AccountId> {
      const id = await openPosition(w, {
        amounts: [w.collaterals[0]!.unit, w.collaterals[1]!.unit / 10n],
        debt: w.usd(3_400n),
      });
      await setPrice(w.collaterals[0]!, "1900");
      await setPrice(w.collaterals[1]!, btcPrice);
      await w.vault.openCall(id);
      await passDeadline(w, id, after);
      return id;
    }

    it("is the one with the lowest maintenance weight in the first half of the auction", async () => {
      const w = await loadWorld({ secondIsWeaker: true });
      const id = await mixed(w, 1_799n - 1n);
      await w.helpers.time.setNextBlockTimestamp((await now(w)) + 1n);
      await expect(take(w, id))
        .to.be.revertedWithCustomError(w.vault, "WrongCollateral")
        .withArgs(w.collaterals[0]!.address, 8020n, 7500n);
      await preview(w, id, MAX_UINT, 1);
    });

    it("is any from the second half on", async () => {
      const w = await loadWorld({ secondIsWeaker: true });
      const id = await mixed(w, 1_800n);
      await preview(w, id, MAX_UINT, 0);
      await preview(w, id, MAX_UINT, 1);
    });

    it("is any with the same lowest weight", async () => {
      const w = await loadWorld();
      const id = await mixed(w, 0n, "23000");
      await preview(w, id, MAX_UINT, 0);
      await preview(w, id, MAX_UINT, 1);
    });

    it("passes over a stale one with a lower weight", async () => {
      const w = await loadWorld({ secondIsWeaker: true });
      const id = await mixed(w, 0n);
      const { feed, address } = w.collaterals[1]!;
      await feed.pushAt(answerOf("24500"), (await now(w)) - 86_500n);
      await preview(w, id, MAX_UINT, 0);
      await expect(preview(w, id, MAX_UINT, 1))
        .to.be.revertedWithCustomError(w.vault, "PriceNotFresh")
        .withArgs(address);
    });

    it("passes over one worth the dust value exactly, and does not allow it (C-58)", async () => {
      const w = await loadWorld({ secondIsWeaker: true });
      const { unit } = w.collaterals[0]!;
      const id = await openPosition(w, { amounts: [unit, 40_000n], debt: w.usd(1_500n) });
      await setPrice(w.collaterals[0]!, "1820");
      // 40,000 base units of BTC at 25,000 are worth 10.
      await setPrice(w.collaterals[1]!, "25000");
      await w.vault.openCall(id);
      await passDeadline(w, id);
      expect(await w.vault.statusOf(id)).to.equal(Status.Expired);
      await preview(w, id, MAX_UINT, 0);
      await expect(preview(w, id, MAX_UINT, 1))
        .to.be.revertedWithCustomError(w.vault, "WrongCollateral")
        .withArgs(w.collaterals[1]!.address, 7500n, 8020n);
      await setPrice(w.collaterals[1]!, "25000.01");
      await preview(w, id, MAX_UINT, 1);
      await expect(preview(w, id, MAX_UINT, 0)).to.be.revertedWithCustomError(w.vault, "WrongCollateral");
    });

    it("is any for a critical account", async () => {
      const w = await loadWorld({ secondIsWeaker: true });
      const id = await mixed(w, 0n);
      await setPrice(w.collaterals[0]!, "1580");
      expect(await w.vault.statusOf(id)).to.equal(Status.Critical);
      await preview(w, id, MAX_UINT, 0);
      await preview(w, id, MAX_UINT, 1);
    });

    it("cannot be delayed by adding one just above dust: a batch takes it and the next (I-45)", async () => {
      const w = await loadWorld({ secondIsWeaker: true });
      const id = await expired(w, 1_440n);
      await w.vault.connect(w.trader).depositCollateral(id, w.collaterals[1]!.address, 40_000n);
      await expect(take(w, id)).to.be.revertedWithCustomError(w.vault, "WrongCollateral");
      const requests = [1, 0].map((number) => ({
        account: id,
        asset: w.collaterals[number]!.address,
        maxRepay: MAX_UINT,
        minSeized: 0n,
      }));
      const results = await w.vault.connect(w.keeper).liquidateMany.staticCall(requests, w.keeper);
      expect(results.map((r) => r.refusal)).to.deep.equal([0n, 0n]);
    });
  });

  describe("what a take leaves (rule 8, I-27, I-29)", () => {
    it("is a smaller shortfall and a higher floor health, take after take", async () => {
      const w = await loadWorld();
      const id = await expired(w, 1_395n);
      let takes = 0;
      while ((await w.vault.statusOf(id)) === BigInt(Status.Expired)) {
        const before = await w.vault.marginOf(id);
        await take(w, id);
        const after = await w.vault.marginOf(id);
        expect(after.shortfall).to.be.lessThan(before.shortfall);
        expect(after.floorHealthWad).to.be.greaterThan(before.floorHealthWad);
        expect(after.debt).to.be.lessThan(before.debt);
        expect(after.value).to.be.lessThan(before.value);
        takes++;
        await mineAt(w, (await now(w)) + 1_700n);
        await refreshFeeds(w);
      }
      expect(takes).to.be.greaterThan(2);
    });

    it("is all of a critical account's debt when no part of a sale would raise its floor health", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await setValue(w, id, w.usd(1_520n));
      const { repaid } = await preview(w, id);
      expect(repaid).to.be.greaterThan(w.usd(1_480n));
      await expect(take(w, id, { maxRepay: w.usd(1_000n) })).to.be.revertedWithCustomError(
        w.vault,
        "NoImprovement",
      );
    });

    it("is a cured account when a critical one still has equity to pay for it", async () => {
      const w = await loadWorld();
      const id = await openPosition(w, { amounts: [10n * w.collaterals[0]!.unit], debt: w.usd(15_000n) });
      await setLiquidationValue(w, id, w.usd(14_950n));
      const event = await eventOf(take(w, id), w.vault, "Liquidated");
      expect((event.notice as { status: bigint }).status).to.equal(BigInt(Status.Critical));
      expect((await w.vault.marginOf(id)).healthWad).to.be.within(
        (WAD * 102n) / 100n - 10n ** 12n,
        (WAD * 102n) / 100n + 10n ** 12n,
      );
    });
  });

  describe("what the taker pays is rounded up (I-28)", () => {
    it("for all of a collateral", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await setValue(w, id, w.usd(1_000n) + 1n);
      // 98 % of 1,000.000001 are 980.00000098.
      expect((await preview(w, id)).repaid).to.equal(w.usd(980n) + 1n);
    });

    it("for the insurance", async () => {
      const w = await loadWorld();
      const id = await expired(w, 1_400n, 10n, 777n);
      const { repaid, insured, discountWad } = await preview(w, id);
      const exact = repaid * 2_000n * discountWad;
      expect(exact % (10_000n * (WAD - discountWad))).to.be.greaterThan(0n);
      expect(insured).to.equal(ceilDiv(exact, 10_000n * (WAD - discountWad)));
    });
  });

  describe("the insurance share", () => {
    it("is accepted as the maximum when it is what the preview said, insured or not", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      for (const value of [1_650n, 1_520n, 1_200n]) {
        await setValue(w, id, w.usd(value));
        const { repaid, insured } = await preview(w, id);
        expect((await preview(w, id, repaid + insured)).repaid, `V = ${value}`).to.equal(repaid);
      }
    });

    it("is not asked where bad debt remains (design: split)", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await setValue(w, id, w.usd(1_520n));
      // 2 % off 1,520 is 1,489.6, under the debt of 1,500.
      expect((await preview(w, id)).insured).to.equal(0n);
      await setValue(w, id, w.usd(1_560n));
      expect((await preview(w, id)).insured).to.be.greaterThan(0n);
    });
  });

  describe("given a borrower who repays one base unit just ahead (C-53)", () => {
    it("still succeeds", async () => {
      const w = await loadWorld();
      const id = await expired(w, 1_400n);
      for (let i = 0; i < 2; i++) {
        const { repaid, insured } = await preview(w, id);
        await w.vault.connect(w.trader).repay(id, 1n);
        await take(w, id, { maxRepay: repaid + insured + w.usd(1n) });
      }
    });
  });

  describe("given that the liquidator is", () => {
    it("the borrower: he pays for it, and is no richer than by repaying (C-56, I-24)", async () => {
      const w = await loadWorld();
      const id = await expired(w, 1_400n, 10n, 1_800n);
      const { price36 } = await w.oracle.price(w.collaterals[0]!.address);
      const { token, address } = w.collaterals[0]!;
      const worth = async () =>
        (await w.quote.balanceOf(w.trader)) +
        (((await token.balanceOf(w.trader)) + (await w.vault.collateralOf(id, address))) * price36) /
          10n ** 36n -
        (await w.vault.debtOf(id));
      const before = await worth();
      await w.vault.connect(w.trader).liquidate(id, address, MAX_UINT, 0n, w.trader, "0x");
      // What he loses is the insurance share: 20 % of what the discount is worth.
      expect(before - (await worth())).to.be.greaterThan(w.usd(50n));
    });

    it("a lender: his shares are worth no less (C-56, I-24)", async () => {
      const w = await loadWorld();
      const id = await expired(w, 1_400n, 10n, 1_800n);
      const before = await w.vault.convertToAssets(await w.vault.balanceOf(w.lender));
      await w.vault.connect(w.lender).liquidate(id, w.collaterals[0]!.address, MAX_UINT, 0n, w.lender, "0x");
      expect(await w.vault.convertToAssets(await w.vault.balanceOf(w.lender))).to.be.greaterThanOrEqual(
        before,
      );
    });

    it("the fund that receives the fee: it pays like anybody, and its shares are worth no less (C-56)", async () => {
      const w = await loadWorld();
      const id = await expired(w, 1_400n, 10n, 1_800n);
      const fund = w.feeRecipient;
      await w.quote.mint(fund, w.usd(10_000n));
      await w.quote.connect(fund).approve(w.vault, MAX_UINT);
      await w.vault.connect(w.lender).transfer(fund, 10n ** 12n);
      const before = await w.vault.convertToAssets(10n ** 12n);
      const { repaid, insured, seized } = await preview(w, id);
      const asset = w.collaterals[0]!;
      const sale = w.vault.connect(fund).liquidate(id, asset.address, MAX_UINT, 0n, fund, "0x");
      await expect(sale).to.changeTokenBalances(
        w.ethers,
        w.quote,
        [fund, w.vault],
        [-repaid - insured, repaid + insured],
      );
      expect(await asset.token.balanceOf(fund)).to.equal(seized);
      expect(await w.vault.convertToAssets(10n ** 12n)).to.be.greaterThanOrEqual(before);
    });

    it("a taker who names the vault as recipient: he has paid for a gift that no ledger counts (C-56, C-49, I-33)", async () => {
      const w = await loadWorld();
      const id = await expired(w, 1_400n, 10n, 1_800n);
      const { token, address } = w.collaterals[0]!;
      const held = await token.balanceOf(w.vault);
      const { total } = await w.vault.collateralAt(0n);
      const { seized } = await preview(w, id);
      await w.vault.connect(w.keeper).liquidate(id, address, MAX_UINT, 0n, w.vault, "0x");
      expect(await token.balanceOf(w.vault)).to.equal(held);
      expect((await w.vault.collateralAt(0n)).total).to.equal(total - seized);
      expect(await w.vault.collateralOf(accountIdOf(w.vaultAddress), address)).to.equal(0n);
    });
  });

  it("works with the collateral above its cap, and clears the mark", async () => {
    const w = await loadWorld();
    const id = await expired(w, 1_480n);
    const { address, unit } = w.collaterals[0]!;
    await w.configurator.setCap(w.vault, address, 10n * unit - 1n);
    await take(w, id);
    await setPrice(w.collaterals[0]!, "3000");
    await w.vault.connect(w.trader).borrow(id, 1n, w.trader);
  });

  it("takes a position in another account of the same owner into no account", async () => {
    const w = await loadWorld();
    const rich = await openPosition(w, {
      subAccount: 9n,
      amounts: [500n * w.collaterals[0]!.unit],
      debt: 0n,
    });
    const id = await expired(w, 1_400n);
    const before = await w.vault.accountState(rich);
    await take(w, id);
    expect(await w.vault.accountState(rich)).to.deep.equal(before);
  });
});
