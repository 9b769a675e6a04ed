import { expect } from "chai";
import { mineAt, now, refreshFeeds } from "./support/clock.ts";
import { openPosition, setPrice } from "./support/position.ts";
import { poolOf } from "./support/state.ts";
import { loadWorld, MAX_UINT, type World } from "./support/world.ts";

const OFFSET = 10n ** 6n;

/** A vault in which interest has grown, so that a share is not worth a round number. */
async function worldWithInterest(): Promise<World> {
  const w = await loadWorld({ lent: 10_000n, ratesPercent: [5n, 20n, 50n], feeBps: 1_000n });
  await openPosition(w, { amounts: [4n * w.collaterals[0]!.unit], debt: w.usd(6_000n) });
  await mineAt(w, (await now(w)) + 40n * 86_400n);
  await refreshFeeds(w);
  return w;
}

describe("lenders", () => {
  for (const quoteDecimals of [6, 8, 18]) {
    describe(`with a quote asset of ${quoteDecimals} decimals`, () => {
      it("has six decimals more than it and one million shares a base unit at first", async () => {
        const w = await loadWorld({ quoteDecimals, lent: 0n });
        expect(await w.vault.decimals()).to.equal(BigInt(quoteDecimals + 6));
        const assets = w.usd(1_000n);
        const transaction = w.vault.connect(w.lender).deposit(assets, w.stranger);
        await expect(transaction)
          .to.emit(w.vault, "Deposit")
          .withArgs(w.lender, w.stranger, assets, assets * OFFSET);
        await expect(transaction).to.changeTokenBalances(
          w.ethers,
          w.quote,
          [w.lender, w.vault],
          [-assets, assets],
        );
        await expect(transaction).to.changeTokenBalances(
          w.ethers,
          w.vault,
          [w.stranger, w.lender],
          [assets * OFFSET, 0n],
        );
        expect(await w.vault.totalAssets()).to.equal(assets);
        expect((await poolOf(w)).cash).to.equal(assets);
      });

      it("takes for minted shares what they cost, and pays out what redeemed ones are worth", async () => {
        const w = await loadWorld({ quoteDecimals, lent: 0n });
        const shares = w.usd(500n) * OFFSET;
        await expect(w.vault.connect(w.lender).mint(shares, w.lender)).to.changeTokenBalances(
          w.ethers,
          w.quote,
          [w.lender, w.vault],
          [-w.usd(500n), w.usd(500n)],
        );
        await expect(
          w.vault.connect(w.lender).redeem(shares / 5n, w.stranger, w.lender),
        ).to.changeTokenBalances(
          w.ethers,
          w.quote,
          [w.stranger, w.lender, w.vault],
          [w.usd(100n), 0n, -w.usd(100n)],
        );
        const transaction = w.vault.connect(w.lender).withdraw(w.usd(400n), w.lender, w.lender);
        await expect(transaction)
          .to.emit(w.vault, "Withdraw")
          .withArgs(w.lender, w.lender, w.lender, w.usd(400n), (shares * 4n) / 5n);
        expect(await w.vault.totalSupply()).to.equal(0n);
        expect(await w.vault.totalAssets()).to.equal(0n);
      });
    });
  }

  describe("when the amount is zero (C-01)", () => {
    it("does nothing in each entrance", async () => {
      const w = await worldWithInterest();
      const supply = await w.vault.totalSupply();
      const vault = w.vault.connect(w.stranger);
      await vault.deposit(0n, w.stranger);
      await vault.mint(0n, w.stranger);
      await vault.withdraw(0n, w.stranger, w.stranger);
      await vault.redeem(0n, w.stranger, w.stranger);
      expect(await w.vault.totalSupply()).to.equal(supply);
    });
  });

  describe("when the amount is one base unit (C-02, C-05)", () => {
    it("never gives a share for nothing and never pays a base unit for nothing", async () => {
      const w = await worldWithInterest();
      const vault = w.vault.connect(w.stranger);
      expect(await vault.mint.staticCall(1n, w.stranger)).to.equal(1n);
      await vault.deposit(w.usd(1n), w.stranger);
      expect(await vault.redeem.staticCall(1n, w.stranger, w.stranger)).to.equal(0n);
      expect(await vault.withdraw.staticCall(1n, w.stranger, w.stranger)).to.be.greaterThan(900_000n);
    });
  });

  describe("when the amount is enormous (C-03, C-04)", () => {
    it("refuses a deposit above the ledger's limit with the limit", async () => {
      const w = await loadWorld();
      const limit = 2n ** 104n - 1n - (await poolOf(w)).cash;
      expect(await w.vault.maxDeposit(w.stranger)).to.equal(limit);
      await expect(w.vault.deposit(MAX_UINT, w.stranger))
        .to.be.revertedWithCustomError(w.vault, "ERC4626ExceededMaxDeposit")
        .withArgs(w.stranger, MAX_UINT, limit);
      await expect(w.vault.mint(MAX_UINT, w.stranger)).to.be.revertedWithCustomError(
        w.vault,
        "ERC4626ExceededMaxMint",
      );
    });

    it("accepts exactly the largest deposit and mint (I-09)", async () => {
      const w = await loadWorld();
      await w.quote.mint(w.stranger, 2n ** 105n);
      const vault = w.vault.connect(w.stranger);
      await vault.mint.staticCall(await w.vault.maxMint(w.stranger), w.stranger);
      await vault.deposit(await w.vault.maxDeposit(w.stranger), w.stranger);
      expect(await w.vault.maxDeposit(w.stranger)).to.equal(0n);
      expect(await w.vault.maxMint(w.stranger)).to.equal(0n);
    });

    it("refuses more than the owner's shares with what the owner has", async () => {
      const w = await loadWorld();
      const held = await w.vault.balanceOf(w.lender);
      await expect(w.vault.connect(w.lender).redeem(held + 1n, w.lender, w.lender))
        .to.be.revertedWithCustomError(w.vault, "ERC4626ExceededMaxRedeem")
        .withArgs(w.lender, held + 1n, held);
      await expect(w.vault.connect(w.lender).withdraw(w.usd(1_000_000n) + 1n, w.lender, w.lender))
        .to.be.revertedWithCustomError(w.vault, "ERC4626ExceededMaxWithdraw")
        .withArgs(w.lender, w.usd(1_000_000n) + 1n, w.usd(1_000_000n));
    });
  });

  describe("when someone else's shares are used", () => {
    it("needs and uses up an allowance", async () => {
      const w = await loadWorld();
      const shares = 10n * OFFSET;
      await expect(w.vault.connect(w.stranger).redeem(shares, w.stranger, w.lender))
        .to.be.revertedWithCustomError(w.vault, "ERC20InsufficientAllowance")
        .withArgs(w.stranger, 0n, shares);
      await w.vault.connect(w.lender).approve(w.stranger, shares);
      await w.vault.connect(w.stranger).redeem(shares, w.stranger, w.lender);
      expect(await w.vault.allowance(w.lender, w.stranger)).to.equal(0n);
    });

    it("never lets anyone take the insurance's (C-49, I-36)", async () => {
      const w = await loadWorld();
      await w.vault.connect(w.lender).transfer(w.vault, 1_000n * OFFSET);
      await expect(w.vault.connect(w.stranger).redeem(OFFSET, w.stranger, w.vault))
        .to.be.revertedWithCustomError(w.vault, "ERC20InsufficientAllowance")
        .withArgs(w.stranger, 0n, OFFSET);
      expect(await w.vault.insuranceShares()).to.equal(1_000n * OFFSET);
    });
  });

  describe("given debts outstanding (C-14)", () => {
    it("pays out the free cash and no more (C-14)", async () => {
      const w = await loadWorld({ lent: 2_000n });
      await openPosition(w);
      const vault = w.vault.connect(w.lender);
      const held = await w.vault.balanceOf(w.lender);
      expect(await w.vault.maxWithdraw(w.lender)).to.equal(w.usd(500n));
      const payable = await w.vault.maxRedeem(w.lender);
      await expect(vault.redeem(held, w.lender, w.lender))
        .to.be.revertedWithCustomError(w.vault, "ERC4626ExceededMaxRedeem")
        .withArgs(w.lender, held, payable);
      await vault.redeem(payable, w.lender, w.lender);
      expect((await poolOf(w)).cash).to.equal(0n);
      expect(await w.vault.maxWithdraw(w.lender)).to.equal(0n);
      expect(await w.vault.maxRedeem(w.lender)).to.equal(0n);
    });

    it("can do what maxWithdraw and maxRedeem say, interest or not (I-09)", async () => {
      const w = await worldWithInterest();
      const vault = w.vault.connect(w.lender);
      await vault.withdraw.staticCall(await w.vault.maxWithdraw(w.lender), w.lender, w.lender);
      await vault.redeem.staticCall(await w.vault.maxRedeem(w.lender), w.lender, w.lender);
    });

    it("can redeem every share once the debt is gone, though a loss made a unit of cash worth many (I-09)", async () => {
      const w = await loadWorld({ lent: 296_546n });
      const { address, unit } = w.collaterals[0]!;
      const id = await openPosition(w, { amounts: [unit] });
      await setPrice(w.collaterals[0]!, "700");
      await w.vault.connect(w.keeper).liquidate(id, address, MAX_UINT, 0n, w.keeper, "0x");
      expect(await w.vault.debtOf(id)).to.equal(0n);
      const held = await w.vault.balanceOf(w.lender);
      const { cash } = await poolOf(w);
      // What the cash is worth in shares is less than what is held: the lesser of the two would leave some behind.
      expect(await w.vault.convertToShares(cash)).to.be.lessThan(held);
      expect(await w.vault.maxRedeem(w.lender)).to.equal(held);
      await w.vault.connect(w.lender).redeem(held, w.lender, w.lender);
      expect(await w.vault.balanceOf(w.lender)).to.equal(0n);
    });
  });

  describe("previews in the same block (I-09)", () => {
    it("are never better for the caller than what happens", async () => {
      const w = await worldWithInterest();
      const v = w.vault.connect(w.lender);
      for (const amount of [1n, 999n, w.usd("12.345678"), w.usd(1_000n)]) {
        expect(await v.previewDeposit(amount)).to.equal(await v.deposit.staticCall(amount, w.lender));
        expect(await v.previewWithdraw(amount)).to.equal(
          await v.withdraw.staticCall(amount, w.lender, w.lender),
        );
        const shares = amount * OFFSET;
        expect(await v.previewMint(shares)).to.equal(await v.mint.staticCall(shares, w.lender));
        expect(await v.previewRedeem(shares)).to.equal(await v.redeem.staticCall(shares, w.lender, w.lender));
      }
    });
  });

  describe("given donations", () => {
    it("changes nothing for tokens sent to the vault (I-04, C-12)", async () => {
      const w = await loadWorld({ lent: 0n });
      await w.quote.mint(w.vault, w.usd(10n ** 12n));
      expect(await w.vault.totalAssets()).to.equal(0n);
      await w.vault.connect(w.lender).deposit(w.usd(1n), w.lender);
      expect(await w.vault.balanceOf(w.lender)).to.equal(w.usd(1n) * OFFSET);
      expect(await w.vault.maxWithdraw(w.lender)).to.equal(w.usd(1n));
    });

    it("costs the second lender less than a ten-thousandth, whatever the first does (C-11, I-07)", async () => {
      const w = await loadWorld({ lent: 0n });
      await w.vault.connect(w.stranger).deposit(1n, w.stranger);
      // The only ways to add assets without shares: a transfer (ignored) and a gift of shares to the insurance.
      await w.quote.mint(w.vault, 10n ** 24n);
      await w.vault.connect(w.stranger).deposit(w.usd(100_000n), w.vault);
      const paid = w.usd(100n) + 1n;
      await w.vault.connect(w.lender).deposit(paid, w.lender);
      const claim = await w.vault.convertToAssets(await w.vault.balanceOf(w.lender));
      expect(claim).to.be.greaterThanOrEqual(paid - paid / 10_000n - 1n);
    });
  });

  describe("given that everyone has left (C-13, I-08)", () => {
    it("leaves nothing that the next lender could be hurt by or could take (C-13)", async () => {
      const w = await worldWithInterest();
      const { trader, lender, stranger } = w;
      const id = await openPosition(w, { owner: trader, amounts: [], debt: 0n });
      await w.vault.connect(trader).repay(id, MAX_UINT);
      await w.vault.connect(lender).redeem(await w.vault.balanceOf(lender), lender, lender);
      const left = await w.vault.totalAssets();
      await w.vault.connect(stranger).deposit(w.usd(1_000n), stranger);
      const claim = await w.vault.convertToAssets(await w.vault.balanceOf(stranger));
      expect(claim).to.be.lessThanOrEqual(w.usd(1_000n) + left);
      expect(claim).to.be.closeTo(w.usd(1_000n), 2n);
    });
  });

  describe("any order of moves in one block (I-07)", () => {
    it("never makes a lender richer", async () => {
      const w = await worldWithInterest();
      const vault = w.vault.connect(w.stranger);
      const worth = async () =>
        (await w.quote.balanceOf(w.stranger)) +
        (await w.vault.convertToAssets(await w.vault.balanceOf(w.stranger)));
      let seed = 7n;
      const random = (limit: bigint) => {
        seed = (seed * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 2n ** 64n;
        return (seed >> 16n) % limit;
      };
      await w.ethers.provider.send("evm_setAutomine", [false]);
      const at = (await now(w)) + 10n;
      await w.helpers.time.setNextBlockTimestamp(at);
      const sent = [];
      for (let i = 0; i < 40; i++) {
        const assets = random(w.usd(50n));
        const overrides = { gasLimit: 300_000n };
        const kind = random(4n);
        if (kind === 0n) sent.push(await vault.deposit(assets, w.stranger, overrides));
        if (kind === 1n) sent.push(await vault.mint(assets * OFFSET + random(OFFSET), w.stranger, overrides));
        if (kind === 2n) sent.push(await vault.withdraw(assets, w.stranger, w.stranger, overrides));
        if (kind === 3n) sent.push(await vault.redeem(assets * OFFSET, w.stranger, w.stranger, overrides));
      }
      // What the interest up to that second makes of the pool is there before the first of them.
      await w.ethers.provider.send("evm_setAutomine", [true]);
      const before = await worth();
      await w.helpers.mine();
      expect(await worth()).to.be.lessThanOrEqual(before);
      const receipts = await Promise.all(sent.map((s) => w.ethers.provider.getTransactionReceipt(s.hash)));
      expect(receipts.filter((r) => r?.status === 1).length).to.be.greaterThan(20);
    });
  });
});
