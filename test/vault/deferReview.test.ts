import { expect } from "chai";
import type { AccountId } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { Permission } from "./support/authority.ts";
import { mineAt, now } from "./support/clock.ts";
import {
  borrowMove,
  depositMove,
  deployDeferrer,
  moveOf,
  repayMove,
  withdrawMove,
  type DeferringTrader,
} from "./support/deferrer.ts";
import { withCollateral } from "./support/listing.ts";
import { openPosition, setPrice } from "./support/position.ts";
import { loadWorld, MAX_UINT, STRONG, WAD, type Terms, type World } from "./support/world.ts";

/** A collateral whose forced sale may cost 15 %. */
const RISKY: Terms = {
  initialBps: 6_000n,
  maintenanceBps: 6_500n,
  liquidationBps: 8_000n,
  maxDiscountBps: 1_500n,
  cap: STRONG.cap,
};
/** One that moves with the quote asset: its forced sale costs 2 % at most. */
const CALM: Terms = {
  initialBps: 8_500n,
  maintenanceBps: 8_800n,
  liquidationBps: 9_300n,
  maxDiscountBps: 200n,
  cap: STRONG.cap,
};

describe("defer, attacked by an improver who adds a new asset (rule 10, I-37)", () => {
  /** Ten ETH of the trader's against 15,000, an improver, and a risky third collateral that the account lacks. */
  async function improverBesideRisky() {
    const w = await withCollateral(await loadWorld(), { terms: RISKY, price: "1" });
    const id = await openPosition(w, { amounts: [10n * w.collaterals[0]!.unit], debt: w.usd(15_000n) });
    const bot = await deployDeferrer(w, 100_000n);
    await w.authority.connect(w.trader).setOperator(bot.address, Permission.Improve);
    return { w, id, bot };
  }

  it("does not come by dust of it to the larger penalty, in a deferral or before it", async () => {
    const { w, id, bot } = await improverBesideRisky();
    // Worth 17,640 for 15,000: the 15 % of the third collateral would allow it, the 8 % of ETH do not.
    const out = withdrawMove(w, id, 0, (17_640n * w.collaterals[0]!.unit) / 2_000n, bot.address);
    const dust = depositMove(w, id, 2, 1n);
    const repayAll = repayMove(w, id, MAX_UINT);
    for (const attempt of [bot.act(dust), bot.defer(dust, repayAll, out), bot.defer(repayAll, dust, out)])
      await expect(attempt).to.be.revertedWithCustomError(w.vault, "NotAuthorized").withArgs(id, bot.address);
    await expect(bot.defer(repayAll, out))
      .to.be.revertedWithCustomError(w.vault, "NotImproved")
      .withArgs(id, w.usd(15_000n), 0n);
    // What the account holds it may top up, as anybody may.
    await bot.act(depositMove(w, id, 0, 1n));
  });

  it("does not spoil the owner's cure by a sale with a base unit of an asset whose feed is silent", async () => {
    const w = await withCollateral(await loadWorld(), { terms: RISKY, price: "1" });
    const owner = await deployDeferrer(w, 100_000n);
    const id = owner.account();
    const { unit } = w.collaterals[0]!;
    await owner.act(depositMove(w, id, 0, 10n * unit), borrowMove(w, id, w.usd(15_000n), owner.address));
    const bot = await deployDeferrer(w, 100_000n);
    const authority = await w.authority.getAddress();
    await owner.act(moveOf(w.authority, authority, "setOperator", bot.address, Permission.Improve));
    await mineAt(w, (await now(w)) + 90_000n);
    await w.quoteFeed.push(10n ** 8n);
    await setPrice(w.collaterals[0]!, "1840");
    await setPrice(w.collaterals[1]!, "30000");
    await w.vault.openCall(id);
    await expect(bot.act(depositMove(w, id, 2, 1n)))
      .to.be.revertedWithCustomError(w.vault, "NotAuthorized")
      .withArgs(id, bot.address);
    const sale = withdrawMove(w, id, 0, 2n * unit, owner.address);
    await owner.defer(sale, repayMove(w, id, w.usd(3_680n)));
    expect((await w.vault.marginOf(id)).deadline).to.equal(0n);
  });

  it("leaves new assets to the owner and to who may do everything", async () => {
    const { w, id, bot } = await improverBesideRisky();
    const { address } = w.collaterals[2]!;
    await w.authority.connect(w.trader).setOperator(bot.address, Permission.Everything);
    await bot.act(depositMove(w, id, 2, 1n));
    await w.vault.connect(w.trader).depositCollateral(id, w.collaterals[1]!.address, 1n);
    expect(await w.vault.collateralOf(id, address)).to.equal(1n);
  });
});

describe("defer, attacked by selling out of an account below the floor (rules 4 and 8, I-24)", () => {
  /** 36 ETH and 51,000 of a calm collateral against 97,000, ETH at `price`. */
  async function halfCalm(price: string) {
    const w = await withCollateral(await loadWorld(), { terms: CALM, price: "1" });
    const owner = await deployDeferrer(w, 1_000_000n);
    const id = owner.account();
    await owner.act(
      depositMove(w, id, 0, 36n * w.collaterals[0]!.unit),
      depositMove(w, id, 2, 51_000n * w.collaterals[2]!.unit),
      borrowMove(w, id, w.usd(97_000n), owner.address),
    );
    await setPrice(w.collaterals[0]!, price);
    return { w, owner, id };
  }

  /** The owner takes all ETH and pays for it `percent` of what it is worth. */
  function sellEth(s: { w: World; owner: DeferringTrader; id: AccountId }, price: string, percent: bigint) {
    const paid = (36n * s.w.usd(price) * percent) / 100n;
    return s.owner.defer(repayMove(s.w, s.id, paid), withdrawMove(s.w, s.id, 0, MAX_UINT, s.owner.address));
  }

  it("takes no equity that the lenders would miss: the worth of each unit of debt must not fall", async () => {
    const price = "1331.67";
    const s = await halfCalm(price);
    const { w, owner, id } = s;
    expect(await w.vault.statusOf(id)).to.equal(Status.Critical);
    // Both ratios rise, and 5 % stay under the penalty of 8 % on what is repaid; but V / D falls from 1.02 below 1.
    const before = await w.vault.marginOf(id);
    expect(before.value).to.be.greaterThan(before.debt);
    const debtAfter = w.usd(97_000n) - (36n * w.usd(price) * 95n) / 100n;
    expect(debtAfter).to.be.greaterThan(w.usd(51_000n));
    await expect(sellEth(s, price, 95n))
      .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
      .withArgs(id, (w.usd(51_000n) * 85n) / 100n, debtAfter);

    // At what the collateral is worth, V / D only rises: its owner may still sell.
    await sellEth(s, price, 100n);
    const after = await w.vault.marginOf(id);
    expect(after.value * before.debt).to.be.greaterThanOrEqual(before.value * after.debt);
    expect(await w.quote.balanceOf(owner.address)).to.be.greaterThan(0n);
  });

  it("holds for an improver and for a called account as well", async () => {
    const price = "1331.67";
    const { w, owner, id } = await halfCalm("1650");
    await w.vault.openCall(id);
    const { deadline } = await w.vault.marginOf(id);
    await setPrice(w.collaterals[0]!, price);
    await expect(sellEth({ w, owner, id }, price, 95n))
      .to.be.revertedWithCustomError(w.vault, "CallOpen")
      .withArgs(id, deadline);

    const second = await halfCalm(price);
    const bot = await deployDeferrer(second.w, 1_000_000n);
    const authority = await second.w.authority.getAddress();
    await second.owner.act(
      moveOf(second.w.authority, authority, "setOperator", bot.address, Permission.Improve),
    );
    const paid = (36n * second.w.usd(price) * 95n) / 100n;
    const out = withdrawMove(second.w, second.id, 0, MAX_UINT, bot.address);
    await expect(bot.defer(repayMove(second.w, second.id, paid), out))
      .to.be.revertedWithCustomError(second.w.vault, "NotImproved")
      .withArgs(second.id, second.w.usd(97_000n), second.w.usd(97_000n) - paid);
  });

  it("given an account at the floor or above it, lets it be cured by a sale that costs up to the penalty", async () => {
    const { w, owner, id } = await halfCalm("1650");
    const before = await w.vault.marginOf(id);
    expect(before.floorHealthWad).to.be.greaterThanOrEqual(WAD);
    await w.vault.openCall(id);
    // A sale at 5 % under the price lowers V / D where the rest is worth less than 1.05 of its debt, and may.
    await sellEth({ w, owner, id }, "1650", 95n);
    const after = await w.vault.marginOf(id);
    expect(after.floorHealthWad).to.be.greaterThanOrEqual(WAD);
    expect(after.deadline).to.equal(0n);
  });
});
