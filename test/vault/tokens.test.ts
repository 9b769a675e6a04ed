import { expect } from "chai";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { Refusal } from "../../sdk/vaultTypes.ts";
import type {
  AnsweringToken,
  DoubleEntryToken,
  FlashMintToken,
  MockERC20,
  MutableDecimalsToken,
  PickyToken,
  RebasingToken,
  SecondEntry,
} from "../../types/index.ts";
import { mineAt, now, passDeadline } from "./support/clock.ts";
import {
  borrowMove,
  depositMove,
  deployDeferrer,
  vaultMove,
  withdrawMove,
  type DeferringTrader,
  type Move,
} from "./support/deferrer.ts";
import { eventOf } from "./support/events.ts";
import { withCollateral } from "./support/listing.ts";
import { openPosition, setPrice } from "./support/position.ts";
import { withQuote } from "./support/quote.ts";
import { poolOf } from "./support/state.ts";
import { deploy, deployOracle, loadWorld, MAX_UINT, STRONG, WAD, type World } from "./support/world.ts";

/** The number of the collateral under test. */
const ODD = 2;

/** A world whose third collateral, at 2,000, is `name`; every token here has the functions of a `MockERC20` used. */
async function withOdd<Token>(name: string, price = "2000", base?: World) {
  const before = base ?? (await loadWorld());
  const odd = await deploy<Token>(before.ethers, name, [18]);
  const w = await withCollateral(before, { token: odd as MockERC20, terms: STRONG, price });
  return { w, odd, asset: w.collaterals[ODD]!.address, unit: w.collaterals[ODD]!.unit };
}

async function oddPosition(w: World, plan: { owner?: World["trader"]; debt?: bigint } = {}) {
  return openPosition(w, { ...plan, amounts: [0n, 0n, w.collaterals[ODD]!.unit] });
}

/** A called position in the odd collateral whose deadline has passed. */
async function expiredPosition(w: World): Promise<AccountId> {
  const id = await oddPosition(w);
  await setPrice(w.collaterals[ODD]!, "1800");
  await w.vault.openCall(id);
  await passDeadline(w, id);
  return id;
}

function sell(w: World, id: AccountId, maxRepay = MAX_UINT) {
  const asset = w.collaterals[ODD]!.address;
  return w.vault.connect(w.keeper).liquidate(id, asset, maxRepay, 0n, w.keeper, "0x");
}

/** Numbers of `AnsweringToken.Answer`. */
const ANSWERS = {
  true: [0, true],
  "false, moving nothing": [1, false],
  "false, though it moved": [2, false],
  nothing: [3, true],
  "the number 2": [4, false],
  "a true and 4 kB": [5, true],
  "4 kB of nothing": [6, false],
  "one byte": [7, false],
} as const;

describe("a token whose transfers answer", () => {
  for (const [what, [answer, isAnswer]] of Object.entries(ANSWERS)) {
    it(`${what}: ${isAnswer ? "is taken at its word" : "has failed"}, coming in and going out (C-34)`, async () => {
      const { w, odd, asset, unit } = await withOdd<AnsweringToken>("AnsweringToken");
      const id = await expiredPosition(w);
      await odd.setAnswer(answer);
      const vault = w.vault.connect(w.trader);
      const free = accountIdOf(w.stranger.address);
      await odd.setAnswer(0);
      await w.vault.connect(w.stranger).depositCollateral(free, asset, unit);
      await odd.setAnswer(answer);
      const moves = [
        () => vault.depositCollateral(id, asset, 5n),
        () => w.vault.connect(w.stranger).withdrawCollateral(free, asset, 5n, w.stranger),
        () => sell(w, id),
      ];
      for (const move of moves) {
        const before = await odd.balanceOf(w.vault);
        if (isAnswer) {
          await move();
          expect(await odd.balanceOf(w.vault)).not.to.equal(before);
          continue;
        }
        await expect(move())
          .to.be.revertedWithCustomError(w.vault, "SafeERC20FailedOperation")
          .withArgs(asset);
        expect(await odd.balanceOf(w.vault)).to.equal(before);
      }
      const held = (await w.vault.collateralAt(ODD)).total;
      expect(await odd.balanceOf(w.vault)).to.equal(held);
    });

    it(`${what}, as the quote token: ${isAnswer ? "is lent and pays debts" : "neither is lent nor pays a debt"} (C-34)`, async () => {
      const base = await loadWorld();
      const odd = await deploy<AnsweringToken>(base.ethers, "AnsweringToken", [6]);
      const w = await withQuote(base, odd as unknown as MockERC20);
      const id = await openPosition(w);
      await odd.setAnswer(answer);
      const moves = [
        () => w.vault.connect(w.lender).deposit(5n, w.lender),
        () => w.vault.connect(w.lender).withdraw(5n, w.lender, w.lender),
        () => w.vault.connect(w.trader).borrow(id, 5n, w.trader),
        () => w.vault.connect(w.trader).repay(id, 5n),
      ];
      for (const move of moves) {
        if (isAnswer) await move();
        else {
          await expect(move())
            .to.be.revertedWithCustomError(w.vault, "SafeERC20FailedOperation")
            .withArgs(w.quoteAddress);
        }
      }
      expect(await odd.balanceOf(w.vault)).to.equal((await poolOf(w)).cash);
    });
  }
});

describe("tokens that refuse to move nothing, to approve nothing, and to approve over an approval", () => {
  async function pedantic() {
    const base = await loadWorld();
    const quote = await deploy<PickyToken>(base.ethers, "PickyToken", [6]);
    const lending = await withQuote(base, quote);
    const { w, odd, asset, unit } = await withOdd<PickyToken>("PickyToken", "2000", lending);
    for (const token of [quote, odd]) await token.setPedantic(true);
    return { w, quote, asset, unit };
  }

  it("go through a whole life: called, cured for nothing, sold, written off, left (C-35)", async () => {
    const { w, asset } = await pedantic();
    const id = await oddPosition(w);
    const vault = w.vault.connect(w.trader);
    await setPrice(w.collaterals[ODD]!, "1800");
    await w.vault.openCall(id);
    await setPrice(w.collaterals[ODD]!, "2000");
    // At the cure level by price alone: nothing is needed, so nothing may be asked of the token.
    await vault.cure(id, 0n);
    await setPrice(w.collaterals[ODD]!, "1800");
    await w.vault.openCall(id);
    await w.vault
      .connect(w.keeper)
      .liquidateMany([{ account: id, asset, maxRepay: MAX_UINT, minSeized: 0n }], w.keeper);
    await passDeadline(w, id);
    await sell(w, id);
    await vault.repay(id, MAX_UINT);
    await vault.withdrawCollateral(id, asset, MAX_UINT, w.trader);

    await setPrice(w.collaterals[ODD]!, "2000");
    await oddPosition(w);
    // Insolvent: the sale asks nothing for the insurance.
    await setPrice(w.collaterals[ODD]!, "1000");
    await sell(w, id);
    expect(await w.vault.debtOf(id)).to.equal(0n);
    await w.vault.connect(w.lender).redeem(await w.vault.maxRedeem(w.lender), w.lender, w.lender);
  });

  it("fail only for who moves nothing as a lender (C-35)", async () => {
    const { w, quote } = await pedantic();
    const vault = w.vault.connect(w.lender);
    for (const nothing of [
      () => vault.deposit(0n, w.lender),
      () => vault.mint(0n, w.lender),
      () => vault.withdraw(0n, w.lender, w.lender),
      () => vault.redeem(0n, w.lender, w.lender),
    ]) {
      await expect(nothing()).to.be.revertedWithCustomError(quote, "ZeroRefused");
    }
  });

  it("need no approval of the vault's, and let one be used up exactly and given again (C-35)", async () => {
    const { w, quote } = await pedantic();
    const id = await oddPosition(w);
    const payer = w.owner;
    await quote.mint(payer, w.usd(1_000n));
    for (const amount of [w.usd(100n), w.usd(200n)]) {
      await quote.connect(payer).approve(w.vault, amount);
      const paid = w.vault.connect(payer).repay(id, amount);
      await expect(paid).not.to.emit(quote, "Approval");
      expect(await quote.allowance(payer, w.vault)).to.equal(0n);
    }
  });
});

describe("a rebasing collateral (known limit 9)", () => {
  it("that grows is nobody's gain: accounts, totals and values stay, and the surplus is no one's to take (C-33)", async () => {
    const { w, odd, asset, unit } = await withOdd<RebasingToken>("RebasingToken");
    const id = await oddPosition(w);
    const before = await w.vault.marginOf(id);
    await odd.rebase((WAD * 11n) / 10n);
    expect(await odd.balanceOf(w.vault)).to.equal((unit * 11n) / 10n);
    expect(await w.vault.collateralOf(id, asset)).to.equal(unit);
    expect((await w.vault.collateralAt(ODD)).total).to.equal(unit);
    expect((await w.vault.marginOf(id)).value).to.equal(before.value);
    const vault = w.vault.connect(w.trader);
    await vault.repay(id, MAX_UINT);
    await expect(vault.withdrawCollateral(id, asset, unit + 1n, w.trader)).to.be.revertedWithCustomError(
      w.vault,
      "InsufficientCollateral",
    );
    await vault.withdrawCollateral(id, asset, MAX_UINT, w.trader);
    expect(await odd.balanceOf(w.vault)).to.be.closeTo(unit / 10n, 1n);
  });

  it("that delivers a unit less than was sent is refused, with what came (C-33)", async () => {
    const { w, odd, asset } = await withOdd<RebasingToken>("RebasingToken");
    await odd.rebase((WAD * 11n) / 10n);
    const id = accountIdOf(w.trader.address);
    await expect(w.vault.connect(w.trader).depositCollateral(id, asset, 10n))
      .to.be.revertedWithCustomError(w.vault, "TransferMismatch")
      .withArgs(asset, 10n, 9n);
    await w.vault.connect(w.trader).depositCollateral(id, asset, 11n);
  });

  it("that shrinks pays out whoever comes first, and stops nobody who does not hold it (C-33)", async () => {
    const { w, odd, asset, unit } = await withOdd<RebasingToken>("RebasingToken");
    const first = await oddPosition(w, { debt: 0n });
    const last = await openPosition(w, {
      owner: w.stranger,
      amounts: [w.collaterals[0]!.unit, 0n, unit],
      debt: w.usd(1_500n),
    });
    await odd.rebase(WAD / 2n);
    const vault = w.vault.connect(w.trader);
    await expect(vault.withdrawCollateral(first, asset, MAX_UINT, w.trader)).to.changeTokenBalances(
      w.ethers,
      odd,
      [w.trader, w.vault],
      [unit, -unit],
    );
    const asStranger = w.vault.connect(w.stranger);
    await expect(asStranger.withdrawCollateral(last, asset, 2n, w.stranger)).to.be.revertedWithCustomError(
      odd,
      "ERC20InsufficientBalance",
    );
    // The holder's other collateral, debt, and everybody else.
    await asStranger.repay(last, w.usd(100n));
    await asStranger.withdrawCollateral(last, w.collaterals[0]!.address, unit / 10n, w.stranger);
    await asStranger.depositCollateral(last, asset, 2n);
    await openPosition(w, { owner: w.lender });
    await w.vault.connect(w.lender).redeem(await w.vault.maxRedeem(w.lender), w.lender, w.lender);
  });

  it("that shrinks fails the taker of what is not there, not the taker of another (C-33)", async () => {
    const { w, odd, asset, unit } = await withOdd<RebasingToken>("RebasingToken");
    const id = await openPosition(w, { amounts: [w.collaterals[0]!.unit, 0n, unit], debt: w.usd(3_000n) });
    await odd.rebase(WAD / 1_000n);
    await setPrice(w.collaterals[0]!, "1000");
    await setPrice(w.collaterals[ODD]!, "1500");
    const vault = w.vault.connect(w.keeper);
    await expect(vault.liquidate(id, asset, MAX_UINT, 0n, w.keeper, "0x")).to.be.revertedWithCustomError(
      odd,
      "ERC20InsufficientBalance",
    );
    await vault.liquidate(id, w.collaterals[0]!.address, MAX_UINT, 0n, w.keeper, "0x");
  });

  it("as the quote token, shrunk: who leaves first is paid, debts are paid back in full (C-33)", async () => {
    const base = await loadWorld();
    const odd = await deploy<RebasingToken>(base.ethers, "RebasingToken", [6]);
    const w = await withQuote(base, odd, 1_000n);
    const id = await openPosition(w, { debt: w.usd(400n) });
    await odd.rebase(WAD / 2n);
    const vault = w.vault.connect(w.lender);
    // 600 on the books, 300 there.
    await vault.withdraw(w.usd(300n), w.lender, w.lender);
    await expect(vault.withdraw(2n, w.lender, w.lender)).to.be.revertedWithCustomError(
      odd,
      "ERC20InsufficientBalance",
    );
    await w.vault.connect(w.trader).repay(id, MAX_UINT);
    await vault.withdraw(w.usd(400n), w.lender, w.lender);
    await w.vault.connect(w.trader).withdrawCollateral(id, w.collaterals[0]!.address, MAX_UINT, w.trader);
  });
});

describe("a token that changes its decimals", () => {
  it("is worth what it was: the oracle in place keeps its scale (C-38)", async () => {
    const { w, odd, asset, unit } = await withOdd<MutableDecimalsToken>("MutableDecimalsToken");
    const id = await oddPosition(w);
    const before = await w.vault.marginOf(id);
    await odd.setDecimals(6);
    expect((await w.vault.marginOf(id)).value).to.equal(before.value);
    const vault = w.vault.connect(w.trader);
    await vault.repay(id, w.usd(500n));
    await vault.withdrawCollateral(id, asset, unit / 10n, w.trader);
    await vault.depositCollateral(id, asset, unit);
    expect(await w.vault.collateralOf(id, asset)).to.equal((unit * 19n) / 10n);
  });

  it("is rescaled by an oracle deployed afterwards, which is the owner's to see (C-38)", async () => {
    const { w, odd, asset } = await withOdd<MutableDecimalsToken>("MutableDecimalsToken");
    const { price36 } = await w.oracle.price(asset);
    await odd.setDecimals(20);
    const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, w.collaterals);
    expect((await oracle.price(asset)).price36).to.equal(price36 / 100n);
  });

  it("as the quote token moves neither the share's decimals nor the borrow cap (C-38)", async () => {
    const base = await loadWorld();
    const odd = await deploy<MutableDecimalsToken>(base.ethers, "MutableDecimalsToken", [6]);
    const w = await withQuote(base, odd);
    await w.configurator.setBorrowCap(w.vault, 1_000n);
    await odd.setDecimals(18);
    expect(await w.vault.decimals()).to.equal(12n);
    await expect(openPosition(w, { debt: w.usd(1_000n) + 1n }))
      .to.be.revertedWithCustomError(w.vault, "BorrowCapExceeded")
      .withArgs(w.usd(1_000n) + 1n, w.usd(1_000n));
  });
});

describe("a token with two addresses and one balance", () => {
  it("listed at both counts what was paid in at each, once (C-39, I-01)", async () => {
    const { w: first, odd, asset, unit } = await withOdd<DoubleEntryToken>("DoubleEntryToken");
    const second = await deploy<SecondEntry>(first.ethers, "SecondEntry", [asset]);
    const w = await withCollateral(first, {
      token: second as unknown as MockERC20,
      terms: STRONG,
      price: "2000",
    });
    const id = await openPosition(w, { amounts: [0n, 0n, unit, 2n * unit], debt: 0n });
    const { address: alias } = w.collaterals[3]!;
    const ledger = async () => (await w.vault.collateralAt(2)).total + (await w.vault.collateralAt(3)).total;
    expect([await odd.balanceOf(w.vault), await ledger()]).to.deep.equal([3n * unit, 3n * unit]);
    // What is in at one address cannot be taken out at the other.
    const vault = w.vault.connect(w.trader);
    await expect(vault.withdrawCollateral(id, asset, 2n * unit, w.trader))
      .to.be.revertedWithCustomError(w.vault, "InsufficientCollateral")
      .withArgs(id, asset, unit, 2n * unit);
    await vault.withdrawCollateral(id, alias, MAX_UINT, w.trader);
    await vault.withdrawCollateral(id, asset, MAX_UINT, w.trader);
    expect([await odd.balanceOf(w.vault), await ledger()]).to.deep.equal([0n, 0n]);
  });

  it("lent at one and held as collateral at the other: neither side pays for the other (C-39, I-01)", async () => {
    const base = await loadWorld({ lent: 0n });
    const quote = await deploy<DoubleEntryToken>(base.ethers, "DoubleEntryToken", [6]);
    const lending = await withQuote(base, quote, 10_000n);
    const alias = await deploy<SecondEntry>(base.ethers, "SecondEntry", [quote]);
    const w = await withCollateral(lending, {
      token: alias as unknown as MockERC20,
      terms: STRONG,
      price: "1",
    });
    const solvent = async () =>
      expect(await quote.balanceOf(w.vault)).to.equal(
        (await poolOf(w)).cash + (await w.vault.collateralAt(ODD)).total,
      );
    const id = await openPosition(w, { amounts: [0n, 0n, w.usd(2_000n)], debt: w.usd(1_500n) });
    await solvent();
    await w.vault.connect(w.lender).redeem(await w.vault.maxRedeem(w.lender), w.lender, w.lender);
    expect((await poolOf(w)).cash).to.equal(0n);
    await solvent();
    await setPrice(w.collaterals[ODD]!, "0.82");
    await sell(w, id);
    await solvent();
  });
});

describe("a token that moves only so much at once", () => {
  it("is taken out and sold in parts, as far as the parts may be sold (C-42)", async () => {
    const { w, odd, asset, unit } = await withOdd<PickyToken>("PickyToken");
    const free = await oddPosition(w, { owner: w.stranger, debt: 0n });
    const id = await expiredPosition(w);
    const { seized, repaid, insured } = await w.vault.previewLiquidation(id, asset, MAX_UINT);
    await odd.setMaxTransfer(seized / 2n);
    await expect(sell(w, id))
      .to.be.revertedWithCustomError(odd, "AboveMaximum")
      .withArgs((amount: bigint) => amount >= seized, seized / 2n);
    await sell(w, id, (repaid + insured) / 3n);
    const vault = w.vault.connect(w.stranger);
    await expect(vault.withdrawCollateral(free, asset, unit, w.stranger)).to.be.revertedWithCustomError(
      odd,
      "AboveMaximum",
    );
    await vault.withdrawCollateral(free, asset, seized / 2n, w.stranger);
  });

  it("cannot be sold where it has to be sold whole: known limit 8 (C-42)", async () => {
    const { w, odd, asset, unit } = await withOdd<PickyToken>("PickyToken");
    const id = await oddPosition(w);
    await odd.setMaxTransfer(unit / 2n);
    await setPrice(w.collaterals[ODD]!, "1200");
    await expect(sell(w, id))
      .to.be.revertedWithCustomError(odd, "AboveMaximum")
      .withArgs(unit, unit / 2n);
    await expect(sell(w, id, w.usd(500n)))
      .to.be.revertedWithCustomError(w.vault, "NoImprovement")
      .withArgs(id, asset, (left: bigint) => left > unit / 2n);
    // Nobody else is in its way.
    const other = await openPosition(w, { owner: w.stranger });
    expect(await w.vault.bookLoss.staticCall([other])).to.deep.equal([BigInt(Refusal.NoLossToBook)]);
  });
});

describe("a token of which anybody mints any amount for a transaction", () => {
  async function flashing() {
    const made = await withOdd<FlashMintToken>("FlashMintToken");
    const attacker = await deployDeferrer(made.w);
    return { ...made, attacker, id: attacker.account() };
  }

  /** Mints, makes the moves, and burns. */
  function flash(odd: FlashMintToken, attacker: DeferringTrader, amount: bigint, moves: Move[]) {
    const data = attacker.contract.interface.encodeFunctionData("act", [moves]);
    return odd.flash(attacker.address, amount, attacker.address, data);
  }

  const HUGE = 10n ** 36n;

  it("as collateral carries no loan out of the transaction (C-42, C-57)", async () => {
    const { w, odd, attacker, id } = await flashing();
    const cash = w.usd(900_000n);
    const loan = [depositMove(w, id, ODD, HUGE), borrowMove(w, id, cash, attacker.address)];
    await expect(flash(odd, attacker, HUGE, loan))
      .to.be.revertedWithCustomError(odd, "ERC20InsufficientBalance")
      .withArgs(attacker.address, 0n, HUGE);
    const out = withdrawMove(w, id, ODD, HUGE, attacker.address);
    await expect(flash(odd, attacker, HUGE, [...loan, out])).to.be.revertedWithCustomError(
      w.vault,
      "InsufficientMargin",
    );
    const deferred = attacker.contract.interface.encodeFunctionData("deferAll", [[...loan, out]]);
    await expect(odd.flash(attacker.address, HUGE, attacker.address, deferred)).to.be.revertedWithCustomError(
      w.vault,
      "InsufficientMargin",
    );
  });

  it("fills a cap for the transaction, and not after it (C-42, I-38)", async () => {
    const { w, odd, attacker, id, asset, unit } = await flashing();
    const holder = await oddPosition(w, { debt: w.usd(1_000n) });
    await w.configurator.setCap(w.vault, asset, 10n * unit);
    const [into, out] = [depositMove(w, id, ODD, HUGE), withdrawMove(w, id, ODD, HUGE, attacker.address)];
    await expect(
      flash(odd, attacker, HUGE, [into, borrowMove(w, id, w.usd(100n), attacker.address), out]),
    ).to.be.revertedWithCustomError(w.vault, "CollateralAboveCap");
    await flash(odd, attacker, HUGE, [into, out]);
    await w.vault.connect(w.trader).borrow(holder, w.usd(1n), w.trader);
  });

  it("as the quote token is lent and taken back at one price, and books the same fee (C-42, C-57, I-07)", async () => {
    const base = await loadWorld({ ratesPercent: [5n, 20n, 50n] });
    const odd = await deploy<FlashMintToken>(base.ethers, "FlashMintToken", [6]);
    const w = await withQuote(base, odd, 10_000n);
    await w.configurator.setFee(w.vault, 2_000n, w.feeRecipient);
    const attacker = await deployDeferrer(w);
    await openPosition(w, { amounts: [10n * w.collaterals[0]!.unit], debt: w.usd(9_000n) });
    await mineAt(w, (await now(w)) + 10_000_000n);
    await w.vault.accrue();
    const assets = await w.vault.totalAssets();
    const huge = w.usd(10n ** 9n);
    const snapshot = await w.helpers.takeSnapshot();
    const honest = await eventOf(w.vault.bookFee(), w.vault, "FeeBooked");
    await snapshot.restore();
    const lent = vaultMove(w, "deposit", huge, attacker.address);
    const book = vaultMove(w, "bookFee");
    const back = (amount: bigint) => vaultMove(w, "withdraw", amount, attacker.address, attacker.address);
    await expect(flash(odd, attacker, huge, [lent, book, back(huge + 1n)])).to.be.revertedWithCustomError(
      w.vault,
      "ERC4626ExceededMaxWithdraw",
    );
    await odd.mint(attacker.address, 1n);
    const flashed = await eventOf(
      flash(odd, attacker, huge, [lent, book, back(huge - 1n)]),
      w.vault,
      "FeeBooked",
    );
    // It was neither more nor less: the insurance is measured by debt, and a deposit moves no price.
    for (const name of ["insuranceShares", "recipientShares"]) {
      const [a, b] = [flashed[name] as bigint, honest[name] as bigint];
      expect(a).to.be.closeTo(b, b / 10n ** 4n);
    }
    expect(await odd.balanceOf(attacker.address)).to.equal(0n);
    expect(await w.vault.convertToAssets(await w.vault.balanceOf(attacker.address))).to.be.at.most(1n);
    expect(await w.vault.totalAssets()).to.be.greaterThanOrEqual(assets);
  });
});
