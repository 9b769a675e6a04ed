import { expect } from "chai";
import type { AccountId } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { deadlineOf, mineAt, now, passDeadline } from "./support/clock.ts";
import { openCalledPosition, openPosition, setPrice } from "./support/position.ts";
import { poolOf, stateOf } from "./support/state.ts";
import { deployOracle, loadWorld, MAX_UINT, WAD, type RiskTerms, type World } from "./support/world.ts";

const asset = (w: World) => w.collaterals[0]!.address;

async function discountOf(w: World, id: AccountId): Promise<bigint> {
  return (await w.vault.previewLiquidation(id, asset(w), MAX_UINT)).discountWad;
}

/** Everything the owner can change, in both directions. */
const changes: Record<string, (w: World) => Promise<unknown>> = {
  "a lower initial weight": (w) => w.configurator.setInitialWeight(w.vault, asset(w), 100n),
  "a higher initial weight": (w) => w.configurator.setInitialWeight(w.vault, asset(w), 7_800n),
  "a lower cap": (w) => w.configurator.setCap(w.vault, asset(w), 1n),
  "a higher cap": (w) => w.configurator.setCap(w.vault, asset(w), 2n ** 127n),
  "shorter times": (w) =>
    setTerms(w, { minGraceSeconds: 300n, maxGraceSeconds: 300n, auctionSeconds: 600n, rampSeconds: 300n }),
  "longer times": (w) =>
    setTerms(w, {
      minGraceSeconds: 86_400n,
      maxGraceSeconds: 86_400n,
      auctionSeconds: 86_400n,
      rampSeconds: 43_200n,
    }),
  "larger amounts": (w) =>
    setTerms(w, { minimumDebt: w.usd(1_000_000n), dustValue: w.usd(1_000n), maxBounty: w.usd(1_000n) }),
  "smaller amounts": (w) => setTerms(w, { minimumDebt: 1_000n, dustValue: 1_000n, maxBounty: 0n }),
  "no more lending": (w) => w.configurator.setBorrowCap(w.vault, 0n),
  "a higher fee": (w) => w.configurator.setFee(w.vault, 3_000n, w.owner),
  "another oracle with the same prices": async (w) =>
    w.configurator.setOracle(w.vault, await deployOracle(w.ethers, w.quote, w.quoteFeed, w.collaterals)),
};

function setTerms(w: World, terms: Partial<RiskTerms>) {
  return w.configurator.setRiskTerms(w.vault, { ...w.risk, ...terms });
}

describe("a parameter changed in the middle of a call (rule 5)", () => {
  for (const [what, change] of Object.entries(changes)) {
    it(`${what} moves no deadline and no status, and takes no way out (C-61, I-12, I-21)`, async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      const sound = await openPosition(w, { subAccount: 1n, amounts: [10n ** 18n], debt: w.usd(1_000n) });
      const before = await stateOf(w, id);
      await change(w);
      expect(await stateOf(w, id)).to.deep.equal(before);
      expect(await w.vault.statusOf(id)).to.equal(Status.Called);
      expect(await w.vault.statusOf(sound)).to.equal(Status.Healthy);
      for (const each of [id, sound]) {
        const sale = w.vault.liquidate.staticCall(each, asset(w), MAX_UINT, 0n, w.keeper, "0x");
        await expect(sale).to.be.revertedWithCustomError(w.vault, "NotLiquidatable");
      }
      const vault = w.vault.connect(w.trader);
      await vault.repay.staticCall(sound, MAX_UINT);
      await vault.cure(id, MAX_UINT);
      expect(await deadlineOf(w, id)).to.equal(0n);
    });
  }

  it("gives the call after it the new times, and only that (C-61)", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    const later = await openPosition(w, { subAccount: 1n, amounts: [10n ** 18n], debt: w.usd(1_300n) });
    await changes["shorter times"]!(w);
    await setPrice(w.collaterals[0]!, "1600");
    await w.vault.openCall(later);
    const { calledAt, deadline } = await stateOf(w, later);
    expect(deadline - calledAt).to.equal(300n);
    expect((await stateOf(w, id)).deadline - (await stateOf(w, id)).calledAt).to.be.greaterThan(900n);
  });
});

describe("a parameter changed in the middle of an auction", () => {
  async function inAuction(after: bigint) {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    await passDeadline(w, id, after);
    return { w, id };
  }

  for (const [what, change] of Object.entries(changes)) {
    it(`${what} moves neither deadline nor start, and asks no more of the trader than was owed (C-61)`, async () => {
      const { w, id } = await inAuction(200n);
      const before = await stateOf(w, id);
      await change(w);
      expect(await stateOf(w, id)).to.deep.equal(before);
      expect(await w.vault.statusOf(id)).to.equal(Status.Expired);
      await w.vault.connect(w.trader).cure(id, MAX_UINT);
    });
  }

  it("a shorter ramp deepens the discount at once, a longer one makes it shallower; never beyond d1 (C-61, I-26)", async () => {
    const { w, id } = await inAuction(900n);
    const before = await discountOf(w, id);
    const snapshot = await w.helpers.takeSnapshot();
    await setTerms(w, { rampSeconds: 300n });
    expect(await discountOf(w, id)).to.equal((WAD * 8n) / 100n);
    await snapshot.restore();
    await setTerms(w, { rampSeconds: 7_200n, auctionSeconds: 14_400n });
    expect(await discountOf(w, id)).to.be.lessThan(before);
    expect(await discountOf(w, id)).to.be.greaterThan((WAD * 25n) / 10_000n);
  });

  it("a shorter window lapses an auction that has outlived it: it is called again, not sold (C-61)", async () => {
    const { w, id } = await inAuction(900n);
    await setTerms(w, { auctionSeconds: 600n, rampSeconds: 300n });
    expect(await w.vault.statusOf(id)).to.equal(Status.Lapsed);
    await expect(
      w.vault.liquidate.staticCall(id, asset(w), MAX_UINT, 0n, w.keeper, "0x"),
    ).to.be.revertedWithCustomError(w.vault, "NotLiquidatable");
    await w.vault.openCall(id);
    expect(await w.vault.statusOf(id)).to.equal(Status.Called);
  });

  it("a longer window brings a lapsed auction back where it would be by now (C-61)", async () => {
    const { w, id } = await inAuction(4_000n);
    expect(await w.vault.statusOf(id)).to.equal(Status.Lapsed);
    await setTerms(w, { auctionSeconds: 86_400n });
    expect(await w.vault.statusOf(id)).to.equal(Status.Expired);
    expect(await discountOf(w, id)).to.equal((WAD * 8n) / 100n);
  });

  it("a larger minimum debt makes the tranche the whole; a smaller one, a part again (C-61, I-30)", async () => {
    const { w, id } = await inAuction(2_000n);
    const { repaid } = await w.vault.previewLiquidation(id, asset(w), MAX_UINT);
    expect(repaid).to.be.lessThan(w.usd(1_500n));
    await setTerms(w, { minimumDebt: w.usd(1_400n) });
    expect((await w.vault.previewLiquidation(id, asset(w), MAX_UINT)).repaid).to.equal(w.usd(1_500n));
    await setTerms(w, {});
    expect((await w.vault.previewLiquidation(id, asset(w), MAX_UINT)).repaid).to.equal(repaid);
  });

  it("a larger dust value writes off only what is insolvent (C-61, rule 9)", async () => {
    const { w, id } = await inAuction(200n);
    await setTerms(w, { minimumDebt: w.usd(10_000n), dustValue: w.usd(10_000n) });
    await w.vault.bookLoss([id]);
    expect(await w.vault.debtOf(id)).to.equal(w.usd(1_500n));
    await setPrice(w.collaterals[0]!, "1400");
    await w.vault.bookLoss([id]);
    expect(await w.vault.debtOf(id)).to.equal(0n);
  });

  it("a fee set while interest is unbooked leaves what has grown at the old one (C-61)", async () => {
    const w = await loadWorld({ ratesPercent: [10n, 10n, 10n], feeBps: 1_000n });
    await openCalledPosition(w, w.usd(1_450n));
    const { accruedAt, unbookedFee } = await poolOf(w);
    await mineAt(w, (await now(w)) + 1_000_000n);
    await w.configurator.setFee(w.vault, 0n, w.feeRecipient);
    const after = await poolOf(w);
    expect(after.accruedAt).to.be.greaterThan(accruedAt);
    expect(after.unbookedFee).to.be.greaterThan(unbookedFee);
    await mineAt(w, (await now(w)) + 1_000_000n);
    await w.vault.accrue();
    expect((await poolOf(w)).unbookedFee).to.equal(after.unbookedFee);
  });
});
