import { expect } from "chai";
import type { AccountId } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { deadlineOf, mineAt, now, passDeadline, refreshFeeds } from "./support/clock.ts";
import { eventOf } from "./support/events.ts";
import { auctionDiscountWad, criticalDiscountWad } from "./support/formulas.ts";
import {
  openPosition,
  setLiquidationValue,
  setMaintenanceValue,
  setPrice,
  setValue,
} from "./support/position.ts";
import { stateOf } from "./support/state.ts";
import { loadWorld, MAX_UINT, WAD, type World } from "./support/world.ts";

async function discountNow(w: World, id: AccountId, number = 0): Promise<bigint> {
  return (await w.vault.previewLiquidation(id, w.collaterals[number]!.address, MAX_UINT)).discountWad;
}

/** Ten ETH against 15,000 in quote, called at A_m = 14,100, deep in the band: one tranche does not cure it. */
async function expiredLarge(w: World, after = 0n): Promise<AccountId> {
  const id = await openPosition(w, { amounts: [10n * w.collaterals[0]!.unit], debt: w.usd(15_000n) });
  await setMaintenanceValue(w, id, w.usd(14_100n));
  await w.vault.openCall(id);
  await passDeadline(w, id, after);
  return id;
}

function take(w: World, id: AccountId, maxRepay = MAX_UINT, number = 0) {
  return w.vault
    .connect(w.keeper)
    .liquidate(id, w.collaterals[number]!.address, maxRepay, 0n, w.keeper, "0x");
}

describe("the auction of an expired account", () => {
  it("starts at 0.25 % in the second of the deadline (C-10, I-26)", async () => {
    const w = await loadWorld();
    const id = await expiredLarge(w);
    expect(await discountNow(w, id)).to.equal((WAD * 25n) / 10_000n);
  });

  it("deepens in a straight line, to a wei, and stays at the maximum after the ramp (C-10)", async () => {
    const w = await loadWorld();
    const id = await expiredLarge(w);
    const start = await deadlineOf(w, id);
    for (const elapsed of [1n, 450n, 900n, 1_799n, 1_800n, 1_801n, 3_599n]) {
      await mineAt(w, start + elapsed);
      expect(await discountNow(w, id), `${elapsed} s`).to.equal(auctionDiscountWad(elapsed, 800n, 1_800n));
    }
    expect(auctionDiscountWad(1_800n, 800n, 1_800n)).to.equal((WAD * 8n) / 100n);
  });

  it("never becomes dearer for the taker as time passes (I-26)", async () => {
    const w = await loadWorld();
    const id = await expiredLarge(w);
    const start = await deadlineOf(w, id);
    let last = 0n;
    for (let elapsed = 100n; elapsed < 3_600n; elapsed += 350n) {
      await mineAt(w, start + elapsed);
      const discount = await discountNow(w, id);
      expect(discount).to.be.greaterThanOrEqual(last);
      last = discount;
    }
  });

  it("follows the maximum discount of the collateral taken", async () => {
    const w = await loadWorld({ secondIsWeaker: true });
    const { unit } = w.collaterals[0]!;
    const id = await openPosition(w, {
      amounts: [unit, w.collaterals[1]!.unit / 10n],
      debt: w.usd(3_500n),
    });
    await setPrice(w.collaterals[1]!, "25000");
    await w.vault.openCall(id);
    await passDeadline(w, id, 1_800n);
    expect(await discountNow(w, id, 0)).to.equal((WAD * 8n) / 100n);
    expect(await discountNow(w, id, 1)).to.equal((WAD * 10n) / 100n);
  });

  it("sells at the live price, not at the price of the call (C-31)", async () => {
    const w = await loadWorld();
    const id = await expiredLarge(w);
    const { price36: old } = await w.oracle.price(w.collaterals[0]!.address);
    await setMaintenanceValue(w, id, w.usd(14_050n));
    const { price36 } = await w.oracle.price(w.collaterals[0]!.address);
    expect(price36).to.be.lessThan(old);
    const { notice } = (await eventOf(take(w, id), w.vault, "Liquidated")) as {
      notice: { price36: bigint };
    };
    expect(notice.price36).to.equal(price36);
  });

  describe("when a take repays a quarter of the tranche or more", () => {
    it("starts again from 0.25 %, and the deadline stays (I-21)", async () => {
      const w = await loadWorld();
      const id = await expiredLarge(w, 1_000n);
      const deadline = await deadlineOf(w, id);
      const { notice } = (await eventOf(take(w, id), w.vault, "Liquidated")) as {
        notice: { auctionStart: bigint };
      };
      const at = await now(w);
      expect(notice.auctionStart).to.equal(at);
      expect(await stateOf(w, id)).to.include({ auctionStart: at, deadline });
      expect(await discountNow(w, id)).to.equal((WAD * 25n) / 10_000n);
      await mineAt(w, at + 900n);
      expect(await discountNow(w, id)).to.equal(auctionDiscountWad(900n, 800n, 1_800n));
    });

    it("starts again at exactly a quarter, rounded up", async () => {
      const w = await loadWorld();
      const id = await expiredLarge(w, 1_800n);
      const { repaid: tranche } = await w.vault.previewLiquidation(id, w.collaterals[0]!.address, MAX_UINT);
      const quarter = (tranche + 3n) / 4n;
      // Repaying x costs x plus a fifth of x * d / (1 - d); at 8 % x * 1.01739...
      const pay = (quarter * 10_174n) / 10_000n;
      const { repaid } = await w.vault.previewLiquidation(id, w.collaterals[0]!.address, pay);
      expect(repaid).to.be.greaterThanOrEqual(quarter);
      await take(w, id, pay);
      expect((await stateOf(w, id)).auctionStart).to.equal(await now(w));
    });

    it("gives the next tranche its own window", async () => {
      const w = await loadWorld();
      const id = await expiredLarge(w, 3_500n);
      await w.helpers.time.setNextBlockTimestamp((await deadlineOf(w, id)) + 3_599n);
      await take(w, id);
      const start = await now(w);
      await mineAt(w, start + 3_599n);
      expect(await w.vault.statusOf(id)).to.equal(Status.Expired);
      await mineAt(w, start + 3_600n);
      expect(await w.vault.statusOf(id)).to.equal(Status.Lapsed);
    });
  });

  describe("when a take is smaller and only empties a collateral (I-30, I-31)", () => {
    it("goes on where it was", async () => {
      const w = await loadWorld();
      const { unit } = w.collaterals[0]!;
      // 60 dollars of BTC beside ten ETH.
      const id = await openPosition(w, {
        amounts: [10n * unit, w.collaterals[1]!.unit / 500n],
        debt: w.usd(15_000n),
      });
      await setPrice(w.collaterals[0]!, "1750");
      await w.vault.openCall(id);
      await passDeadline(w, id, 1_800n);
      const start = (await stateOf(w, id)).auctionStart;
      const { notice } = (await eventOf(take(w, id, MAX_UINT, 1), w.vault, "Liquidated")) as {
        notice: { auctionStart: bigint; balance: bigint };
      };
      expect(notice.balance).to.equal(0n);
      expect(notice.auctionStart).to.equal(start);
      expect((await stateOf(w, id)).auctionStart).to.equal(start);
      expect(await discountNow(w, id)).to.equal((WAD * 8n) / 100n);
    });
  });

  describe("when its window ends", () => {
    it("lapses, is called again with the minimum grace, and starts anew after that", async () => {
      const w = await loadWorld();
      const id = await expiredLarge(w, 3_600n);
      await expect(take(w, id))
        .to.be.revertedWithCustomError(w.vault, "NotLiquidatable")
        .withArgs(id, Status.Lapsed);
      await w.vault.openCall(id);
      const { calledAt, deadline, auctionStart } = await stateOf(w, id);
      expect([deadline - calledAt, auctionStart]).to.deep.equal([900n, deadline]);
      await mineAt(w, deadline);
      await refreshFeeds(w);
      await mineAt(w, deadline + 90n);
      expect(await discountNow(w, id)).to.equal(auctionDiscountWad(90n, 800n, 1_800n));
    });
  });

  it("previews what the same second executes (I-26)", async () => {
    const w = await loadWorld();
    const id = await expiredLarge(w, 700n);
    const preview = await w.vault.previewLiquidation(id, w.collaterals[0]!.address, MAX_UINT);
    const execution = await w.vault
      .connect(w.keeper)
      .liquidate.staticCall(id, w.collaterals[0]!.address, MAX_UINT, 0n, w.keeper, "0x");
    expect([...execution]).to.deep.equal([preview.repaid, preview.insured, preview.seized]);
  });
});

describe("the discount of a critical account (I-26)", () => {
  const at = async (w: World, set: typeof setValue, amount: bigint) => {
    const id = await openPosition(w);
    await set(w, id, amount);
    return id;
  };

  it("is 2 % just below the floor, and nothing with an uncalled account's clock", async () => {
    const w = await loadWorld();
    const id = await at(w, setLiquidationValue, w.usd(1_500n) - 1n);
    expect(await discountNow(w, id)).to.be.within((WAD * 2n) / 100n, (WAD * 2n) / 100n + 10n ** 10n);
  });

  it("grows by twice the depth below the floor", async () => {
    const w = await loadWorld();
    const id = await at(w, setLiquidationValue, w.usd(1_470n));
    // F = 0.98: 2 % + 2 * 2 % = 6 %
    expect(await discountNow(w, id)).to.equal((WAD * 6n) / 100n);
  });

  it("never exceeds the equity that pays for it, nor the collateral's maximum", async () => {
    const w = await loadWorld();
    const capped = await at(w, setLiquidationValue, w.usd(1_450n));
    // F = 0.9667: 8.67 % by depth, 8 % at most, equity 9.6 %.
    expect(await discountNow(w, capped)).to.equal((WAD * 8n) / 100n);
    await setValue(w, capped, w.usd(1_600n));
    // 1 - 1,500 / 1,600 = 6.25 %
    expect(await discountNow(w, capped)).to.equal((WAD * 625n) / 10_000n);
    await setValue(w, capped, w.usd(1_515n));
    // 0.99 % of equity: 2 % at least.
    expect(await discountNow(w, capped)).to.equal((WAD * 2n) / 100n);
  });

  it("is 2 % for an insolvent account", async () => {
    const w = await loadWorld();
    const id = await at(w, setValue, w.usd(1_200n));
    expect(await w.vault.statusOf(id)).to.equal(Status.Insolvent);
    expect(await discountNow(w, id)).to.equal((WAD * 2n) / 100n);
  });

  it("is at least that of the auction it interrupts, within the equity", async () => {
    const w = await loadWorld();
    const id = await expiredLarge(w, 1_500n);
    await setLiquidationValue(w, id, w.usd(14_900n));
    const running = auctionDiscountWad((await now(w)) - (await deadlineOf(w, id)), 800n, 1_800n);
    const margin = await w.vault.marginOf(id);
    expect(await discountNow(w, id)).to.equal(criticalDiscountWad(margin, 800n, running));
    expect(await discountNow(w, id)).to.equal(running);
  });

  it("forgets the auction once that has lapsed", async () => {
    const w = await loadWorld();
    const id = await expiredLarge(w, 3_600n);
    await setLiquidationValue(w, id, w.usd(14_900n));
    expect(await w.vault.statusOf(id)).to.equal(Status.Critical);
    const expected = criticalDiscountWad(await w.vault.marginOf(id), 800n, 0n);
    expect(expected).to.be.lessThan((WAD * 4n) / 100n);
    expect(await discountNow(w, id)).to.be.within(expected - 2n, expected);
  });

  it("agrees with the formula all the way down (C-08)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    for (let value = 1_716n; value > 1_400n; value -= 9n) {
      await setValue(w, id, w.usd(value));
      const margin = await w.vault.marginOf(id);
      const expected = criticalDiscountWad(margin, 800n, 0n);
      expect(await discountNow(w, id), `V = ${value}`).to.be.within(expected - 2n, expected);
    }
  });
});
