import { expect } from "chai";
import { Refusal, Status } from "../../sdk/vaultTypes.ts";
import type { HookToken } from "../../types/index.ts";
import { mineAt, now, passDeadline } from "./support/clock.ts";
import { eventsOf } from "./support/events.ts";
import { withCollateral } from "./support/listing.ts";
import { openPosition, setPrice } from "./support/position.ts";
import { deploy, loadWorld, MAX_UINT, STRONG, WAD, type World } from "./support/world.ts";

/** Assets for one whole share, times 1e18: what must never fall but by a loss (I-06). */
async function sharePriceWad(w: World): Promise<bigint> {
  return w.vault.convertToAssets(10n ** (await w.vault.decimals()) * WAD);
}

function request(w: World, account: string, options: { maxRepay?: bigint; minSeized?: bigint } = {}) {
  return {
    account,
    asset: w.collaterals[0]!.address,
    maxRepay: options.maxRepay ?? MAX_UINT,
    minSeized: options.minSeized ?? 0n,
  };
}

/** Three accounts of the trader, called, past their deadline: a small, a middling and a large one. */
async function threeExpired(lent = 1_000_000n) {
  const w = await loadWorld({ lent });
  const unit = w.collaterals[0]!.unit;
  const ids = [
    await openPosition(w, { subAccount: 0n }),
    await openPosition(w, { subAccount: 1n, amounts: [10n * unit], debt: w.usd(15_000n) }),
    await openPosition(w, { subAccount: 2n, amounts: [100n * unit], debt: w.usd(150_000n) }),
  ] as const;
  await setPrice(w.collaterals[0]!, "1760");
  await w.vault.openCalls([...ids]);
  await passDeadline(w, ids[0]);
  return { w, ids };
}

describe("liquidateMany", () => {
  describe("given several expired accounts", () => {
    it("takes of each what liquidate would have taken, in one payment", async () => {
      const { w, ids } = await threeExpired();
      const previews = await Promise.all(
        ids.map((id) => w.vault.previewLiquidation(id, w.collaterals[0]!.address, MAX_UINT)),
      );
      const results = await w.vault.connect(w.keeper).liquidateMany.staticCall(
        [...ids].map((id) => request(w, id)),
        w.stranger,
      );
      for (const [i, preview] of previews.entries()) {
        expect(results[i]!.refusal).to.equal(Refusal.None);
        expect(results[i]!.repaid).to.equal(preview.repaid);
        expect(results[i]!.insured).to.equal(preview.insured);
        expect(results[i]!.seized).to.equal(preview.seized);
      }
      const transaction = w.vault.connect(w.keeper).liquidateMany(
        ids.map((id) => request(w, id)),
        w.stranger,
      );
      const notices = (await eventsOf(transaction, w.vault, "Liquidated")).map(
        (event) => event.notice as Record<string, bigint>,
      );
      expect(notices).to.have.length(3);
      const paid = notices.reduce((sum, n) => sum + n.repaid! + n.insured!, 0n);
      const seized = notices.reduce((sum, n) => sum + n.seized!, 0n);
      await expect(transaction).to.changeTokenBalances(w.ethers, w.quote, [w.keeper, w.vault], [-paid, paid]);
      await expect(transaction).to.changeTokenBalances(
        w.ethers,
        w.collaterals[0]!.token,
        [w.vault, w.stranger, w.keeper],
        [-seized, seized, 0n],
      );
    });

    it("gives the insurance shares worth its part, whatever the order (I-06)", async () => {
      // Nearly everything lent stands in the batch: a price taken in the middle of it would be far off.
      const { w, ids } = await threeExpired(166_500n);
      const before = await sharePriceWad(w);
      const requests = [...ids].map((id) => request(w, id));
      const transaction = w.vault.connect(w.keeper).liquidateMany(requests, w.keeper);
      const insured = (await eventsOf(transaction, w.vault, "Liquidated")).reduce(
        (sum, event) => sum + (event.notice as { insured: bigint }).insured,
        0n,
      );
      expect(insured).to.be.greaterThan(0n);
      expect(await w.vault.convertToAssets(await w.vault.insuranceShares())).to.be.closeTo(insured, 3n);
      expect(await sharePriceWad(w)).to.be.greaterThanOrEqual(before);
    });

    it("skips what is not eligible and says why (C-51)", async () => {
      const { w, ids } = await threeExpired();
      const healthy = await openPosition(w, {
        owner: w.stranger,
        amounts: [w.collaterals[0]!.unit],
        debt: w.usd(500n),
      });
      const requests = [
        request(w, healthy),
        request(w, ids[0], { maxRepay: 1n }),
        { ...request(w, ids[0]), asset: w.collaterals[1]!.address },
        request(w, ids[1], { minSeized: MAX_UINT }),
        request(w, ids[2]),
      ];
      const vault = w.vault.connect(w.keeper);
      const results = await vault.liquidateMany.staticCall(requests, w.keeper);
      expect(results.map((r) => r.refusal)).to.deep.equal([
        BigInt(Refusal.NotLiquidatable),
        BigInt(Refusal.TakeTooSmall),
        BigInt(Refusal.CollateralNotHeld),
        BigInt(Refusal.SeizedTooLittle),
        BigInt(Refusal.None),
      ]);
      for (const skipped of results.slice(0, 4)) {
        expect([skipped.repaid, skipped.insured, skipped.seized]).to.deep.equal([0n, 0n, 0n]);
      }
      expect(await eventsOf(vault.liquidateMany(requests, w.keeper), w.vault, "Liquidated")).to.have.length(
        1,
      );
    });

    it("takes a second tranche of the same account only as a second liquidate would", async () => {
      const { w, ids } = await threeExpired();
      const [, second] = await w.vault
        .connect(w.keeper)
        .liquidateMany.staticCall([request(w, ids[2]), request(w, ids[2])], w.keeper);
      await w.vault
        .connect(w.keeper)
        .liquidate(ids[2], w.collaterals[0]!.address, MAX_UINT, 0n, w.keeper, "0x");
      await mineAt(w, (await now(w)) + 1n);
      const alone = await w.vault.previewLiquidation(ids[2], w.collaterals[0]!.address, MAX_UINT);
      // One second later the auction, which the first take started again, offers a hair more.
      expect(second!.repaid).to.be.closeTo(alone.repaid, alone.repaid / 10_000n);
    });
  });

  describe("when the batch is empty, or nothing in it is eligible", () => {
    it("takes no payment", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      const transaction = w.vault.connect(w.keeper).liquidateMany([request(w, id)], w.keeper);
      await expect(transaction).to.changeTokenBalances(w.ethers, w.quote, [w.keeper, w.vault], [0n, 0n]);
      expect(await w.vault.connect(w.keeper).liquidateMany.staticCall([], w.keeper)).to.deep.equal([]);
    });
  });

  describe("when the recipient is zero", () => {
    it("reverts", async () => {
      const w = await loadWorld();
      await expect(
        w.vault.connect(w.keeper).liquidateMany([], w.ethers.ZeroAddress),
      ).to.be.revertedWithCustomError(w.vault, "ZeroAddress");
    });
  });

  describe("given insolvent accounts in the batch", () => {
    it("books each loss at the price before it, as one by one (I-34)", async () => {
      const w = await loadWorld({ lent: 20_000n });
      const ids = [
        await openPosition(w, { subAccount: 0n }),
        await openPosition(w, {
          subAccount: 1n,
          amounts: [10n * w.collaterals[0]!.unit],
          debt: w.usd(15_000n),
        }),
      ];
      // Someone gives the insurance a hundredth of the pool.
      await w.vault.connect(w.lender).transfer(w.vault, (await w.vault.balanceOf(w.lender)) / 100n);
      await setPrice(w.collaterals[0]!, "1000");
      for (const id of ids) expect(await w.vault.statusOf(id)).to.equal(Status.Insolvent);
      const assetsBefore = await w.vault.totalAssets();
      const sharesBefore = await w.vault.totalSupply();

      const transaction = await w.vault.connect(w.keeper).liquidateMany(
        ids.map((id) => request(w, id)),
        w.keeper,
      );
      const losses = await eventsOf(transaction, w.vault, "BadDebtRealized");
      expect(losses).to.have.length(2);
      const loss = losses.reduce((sum, e) => sum + (e.loss as bigint), 0n);
      const [first] = losses;
      expect(first!.totalAssets).to.equal(assetsBefore - (first!.loss as bigint));
      expect(losses[1]!.totalAssets).to.equal(assetsBefore - loss);
      // The insurance was worth less than the first loss: all of it went, and no more.
      expect(first!.burnedShares).to.be.equal(sharesBefore / 100n);
      expect(losses[1]!.burnedShares).to.equal(0n);
      expect(first!.insured).to.be.closeTo(assetsBefore / 100n, 1n);
    });
  });

  describe("given a collateral that calls back while it is sent (I-35, C-41)", () => {
    it("shows a share's worth as it is at the end, the losses of later requests booked", async () => {
      const base = await loadWorld();
      const token = await deploy<HookToken>(base.ethers, "HookToken", [18]);
      const w = await withCollateral(base, { terms: STRONG, price: "2000", token });
      const [eth, , hook] = w.collaterals;
      const sold = await openPosition(w, { amounts: [0n, 0n, hook!.unit] });
      const lost = await openPosition(w, {
        owner: w.stranger,
        amounts: [100n * eth!.unit],
        debt: w.usd(150_000n),
      });
      // The insurance covers all that is lost: a share is worth the same before and after.
      await w.vault.connect(w.lender).transfer(w.vault, w.usd(150_000n) * 10n ** 6n);
      await setPrice(hook!, "1600");
      await setPrice(eth!, "1000");
      const before = await sharePriceWad(w);
      const shares = 10n ** (await w.vault.decimals()) * WAD;
      await token.setHook(w.vaultAddress, w.vault.interface.encodeFunctionData("convertToAssets", [shares]));
      const requests = [{ ...request(w, sold), asset: hook!.address }, request(w, lost)];
      const transaction = w.vault.connect(w.keeper).liquidateMany(requests, w.keeper);
      expect(await eventsOf(transaction, w.vault, "BadDebtRealized")).to.have.length(1);
      expect(await token.called()).to.equal(true);
      const during = BigInt(await token.result());
      expect(during).to.equal(await sharePriceWad(w));
      expect(during).to.be.greaterThanOrEqual(before);
    });
  });
});
