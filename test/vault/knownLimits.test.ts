import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/compile.ts";
import { accountIdOf } from "../../sdk/accountId.ts";
import { Refusal, Status } from "../../sdk/vaultTypes.ts";
import type { HostileFeed, MockOracle } from "../../types/index.ts";
import { replaceOracle } from "./support/listing.ts";
import { Permission } from "./support/authority.ts";
import { mineAt, now, passDeadline, refreshFeeds } from "./support/clock.ts";
import {
  borrowMove,
  depositMove,
  deployDeferrer,
  liquidateMove,
  repayMove,
  vaultMove,
  withdrawMove,
} from "./support/deferrer.ts";
import { openPosition, setLiquidationValue, setPrice, setValue } from "./support/position.ts";
import { deploy, deployOracle, loadWorld, MAX_UINT, WAD, type World } from "./support/world.ts";

/**
 * One block in which an account that owes 1,500 is sold for 490 and a lender of 1,000 leaves beside one of 4,000: what
 * it is paid, and what the other's shares are worth then.
 */
async function leave(when: "before the sale" | "after the sale", insured: bigint) {
  const w = await loadWorld({ lent: 4_000n });
  const leaver = w.vault.connect(w.stranger);
  await leaver.deposit(w.usd(1_000n), w.stranger);
  if (insured > 0n) await w.vault.connect(w.keeper).deposit(w.usd(insured), w.vault);
  const id = await openPosition(w);
  await setValue(w, id, w.usd(500n));
  expect(await w.vault.statusOf(id)).to.equal(Status.Insolvent);
  const shares = await w.vault.balanceOf(w.stranger);
  const before = await w.quote.balanceOf(w.stranger);
  const gas = { gasLimit: 2_000_000n };
  const moves = [
    () => leaver.redeem(shares, w.stranger, w.stranger, gas),
    () =>
      w.vault.connect(w.keeper).liquidate(id, w.collaterals[0]!.address, MAX_UINT, 0n, w.keeper, "0x", gas),
  ];
  await w.ethers.provider.send("evm_setAutomine", [false]);
  for (const move of when === "before the sale" ? moves : moves.reverse()) await move();
  await w.ethers.provider.send("evm_setAutomine", [true]);
  await w.helpers.mine();
  expect(await w.vault.debtOf(id)).to.equal(0n);
  return {
    paid: (await w.quote.balanceOf(w.stranger)) - before,
    others: await w.vault.convertToAssets(await w.vault.balanceOf(w.lender)),
  };
}

/** A world whose recipient has a month of fee to come from 10,000 of debt, and whose insurance is full for that debt. */
async function feeToCome() {
  const w = await loadWorld({ feeBps: 2_000n, ratesPercent: [20n, 20n, 20n], lent: 100_000n });
  await openPosition(w, {
    owner: w.stranger,
    amounts: [10n * w.collaterals[0]!.unit],
    debt: w.usd(10_000n),
  });
  const lost = await openPosition(w, { amounts: [w.collaterals[0]!.unit] });
  const attacker = await deployDeferrer(w, 1_000_000n);
  await w.vault.connect(w.lender).transfer(w.vault, w.usd(150n) * 10n ** 6n);
  await mineAt(w, (await now(w)) + 30n * 86_400n);
  await refreshFeeds(w);
  return { w, lost, attacker, mine: attacker.account() };
}

/** The discount at which the first collateral of `id` is offered now, in millionths. */
async function discountPpm(w: World, id: string): Promise<bigint> {
  const preview = await w.vault.previewLiquidation(id, w.collaterals[0]!.address, MAX_UINT);
  return preview.discountWad / (WAD / 1_000_000n);
}

/** Days go by in which the feeds answer the same. */
async function passDays(w: World, days: number) {
  for (let day = 0; day < days; day++) {
    await mineAt(w, (await now(w)) + 80_000n);
    await refreshFeeds(w);
  }
}

/** docs/known-limits.md: what those limits that code can show look like, so that nobody has to believe the page. */
describe("known limits", () => {
  for (const [insured, kept, left, stayed] of [
    [0n, 202n, 2_990n, 3_192n],
    [300n, 142n, 3_290n, 3_432n],
  ] as const) {
    it(`4. with ${insured} insured, a lender who leaves in the transaction before a loss of 1,010 keeps ${kept} of its 1,000; the others have ${left} left instead of ${stayed}`, async () => {
      const ahead = await leave("before the sale", insured);
      const after = await leave("after the sale", insured);
      const { usd } = await loadWorld({ lent: 4_000n });
      expect(ahead.paid).to.equal(usd(1_000n));
      expect(ahead.paid - after.paid).to.be.closeTo(usd(kept), 1n);
      expect(ahead.others).to.be.closeTo(usd(left), 1n);
      expect(after.others).to.be.closeTo(usd(stayed), 1n);
      // What one keeps the others lose, to the base unit and a rounding.
      expect(after.others - ahead.others).to.be.closeTo(ahead.paid - after.paid, 1n);
    });
  }

  it("4. is stated with these figures", () => {
    const page = readFileSync(join(root, "docs", "known-limits.md"), "utf8").replaceAll(/\s+/g, " ");
    const stated = /4\. \*\*A lender.*?5\. /.exec(page)?.[0] ?? "";
    for (const figure of [
      "loss of 1,010",
      "1,000 instead of 798",
      "2,990 instead of 3,192",
      "142 instead of 202",
    ])
      expect(stated).to.contain(figure);
  });

  it("4. leaves with free cash only: who comes to an empty vault bears the loss", async () => {
    const w = await loadWorld({ lent: 1_600n });
    const id = await openPosition(w);
    await setValue(w, id, w.usd(500n));
    const vault = w.vault.connect(w.lender);
    expect(await vault.maxWithdraw(w.lender)).to.equal(w.usd(100n));
    await vault.withdraw(w.usd(100n), w.lender, w.lender);
    expect(await vault.maxRedeem(w.lender)).to.equal(0n);
  });

  for (const toppedUp of [false, true]) {
    const what = toppedUp
      ? "topped up with 12 of it, stays with the lenders unbooked"
      : "is booked by the take";
    it(`4. a loss beside dust of a collateral whose feed is silent ${what}`, async () => {
      const w = await loadWorld();
      const [eth, btc] = w.collaterals;
      const id = await openPosition(w, { amounts: [eth!.unit, 1_000n] });
      await mineAt(w, (await now(w)) + 90_000n);
      await w.quoteFeed.push(10n ** 8n);
      await setPrice(eth!, "1000");
      if (toppedUp) await w.vault.connect(w.lender).depositCollateral(id, btc!.address, 40_000n);
      await w.vault.connect(w.keeper).liquidate(id, eth!.address, MAX_UINT, 0n, w.keeper, "0x");
      const left = toppedUp ? w.usd(520n) : 0n;
      expect(await w.vault.debtOf(id)).to.equal(left);
      expect(await w.vault.bookLoss.staticCall([id])).to.deep.equal([BigInt(Refusal.NoLossToBook)]);
      expect(await w.vault.totalAssets()).to.equal(w.usd(1_000_000n) - w.usd(520n) + left);
    });
  }

  it("5. a stranger fills a cap: holders cannot borrow, but deposit, repay and are liquidated", async () => {
    const w = await loadWorld();
    const { address, unit } = w.collaterals[0]!;
    const id = await openPosition(w, { debt: w.usd(1_000n) });
    await w.configurator.setCap(w.vault, address, 5n * unit);
    await openPosition(w, { owner: w.stranger, amounts: [5n * unit], debt: 0n });
    const vault = w.vault.connect(w.trader);
    await expect(vault.borrow(id, w.usd(1n), w.trader))
      .to.be.revertedWithCustomError(w.vault, "CollateralAboveCap")
      .withArgs(id, address, 6n * unit, 5n * unit);
    await vault.depositCollateral(id, address, 1n);
    await vault.repay(id, 1n);
    await setPrice(w.collaterals[0]!, "1100");
    await w.vault.connect(w.keeper).liquidate(id, address, MAX_UINT, 0n, w.keeper, "0x");
  });

  it("5. a stranger fills a cap: a called trader cannot swap into that collateral, and can without", async () => {
    const w = await loadWorld();
    const [eth, btc] = w.collaterals;
    const trader = await deployDeferrer(w, 1_000n);
    const id = trader.account();
    await trader.act(
      depositMove(w, id, 0, 10n * eth!.unit),
      borrowMove(w, id, w.usd(15_000n), trader.address),
    );
    await w.configurator.setCap(w.vault, btc!.address, 10n * btc!.unit);
    await setPrice(eth!, "1840");
    await w.vault.openCall(id);
    const { deadline } = await w.vault.marginOf(id);
    const swap = [withdrawMove(w, id, 0, 5n * eth!.unit, trader.address), depositMove(w, id, 1, btc!.unit)];
    const uncapped = await w.helpers.takeSnapshot();
    await trader.defer(...swap);
    await uncapped.restore();
    const stranger = accountIdOf(w.stranger.address);
    await w.vault.connect(w.stranger).depositCollateral(stranger, btc!.address, 10n * btc!.unit);
    await expect(trader.defer(...swap))
      .to.be.revertedWithCustomError(w.vault, "CallOpen")
      .withArgs(id, deadline);
    // Added, not swapped in, it cures all the same.
    await trader.act(depositMove(w, id, 1, btc!.unit));
    expect((await w.vault.marginOf(id)).deadline).to.equal(0n);
  });

  it("8. deep below the floor a collateral is sold whole or not at all", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setValue(w, id, w.usd(1_200n));
    const vault = w.vault.connect(w.keeper);
    const { address, unit } = w.collaterals[0]!;
    const left = unit - (unit * 1_000n) / 1_200n;
    await expect(vault.liquidate(id, address, w.usd(1_000n), 0n, w.keeper, "0x"))
      .to.be.revertedWithCustomError(w.vault, "NoImprovement")
      .withArgs(id, address, (remaining: bigint) => remaining > left / 2n && remaining < 2n * left);
  });

  it("10. one sub-account owes at most 2^96 debt shares; the next one takes the rest", async () => {
    const w = await loadWorld({ quoteDecimals: 18, lent: 200_000_000n });
    const amounts = [100_000n * w.collaterals[0]!.unit];
    const most = 2n ** 96n / 1_000n;
    await expect(openPosition(w, { amounts, debt: most + 1n }))
      .to.be.revertedWithCustomError(w.vault, "SafeCastOverflowedUintDowncast")
      .withArgs(96n, (most + 1n) * 1_000n);
    await openPosition(w, { subAccount: 1n, amounts, debt: most });
    await openPosition(w, { subAccount: 2n, amounts, debt: most });
  });

  it("11. sixteen hostile feeds make reading prices expensive, and not impossible", async () => {
    const w = await loadWorld({ collateralCount: 16 });
    const id = await openPosition(w);
    const feeds = await Promise.all(
      w.collaterals.map(() => deploy<HostileFeed>(w.ethers, "HostileFeed", [24, 10n ** 24n])),
    );
    const pairs = w.collaterals.map((c, i) => (i === 0 ? c : { ...c, feed: feeds[i]! }));
    const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, pairs);
    await replaceOracle(w, oracle);
    for (const feed of feeds) await feed.setConduct(6);
    await setPrice(w.collaterals[0]!, "1800");
    const { gasUsed } = (await (await w.vault.openCalls([id], { gasLimit: 16_000_000n })).wait())!;
    expect(gasUsed).to.be.within(3_000_000n, 12_000_000n);
    // One account alone pays for its own feeds only.
    await w.vault.connect(w.trader).repay(id, w.usd(1_000n));
  });

  it("13. an operator who may only improve swaps held assets at the oracle's price and repays nothing", async () => {
    const w = await loadWorld();
    const [eth, btc] = w.collaterals;
    const id = await openPosition(w, { amounts: [30n * eth!.unit, 1n], debt: w.usd(30_000n) });
    const bot = await deployDeferrer(w, 100_000n);
    await w.authority.connect(w.trader).setOperator(bot.address, Permission.Improve);
    // Two BTC count for 60,000 here, whatever they cost elsewhere at the moment.
    const out = withdrawMove(w, id, 0, MAX_UINT, bot.address);
    await bot.defer(out, depositMove(w, id, 1, 2n * btc!.unit));
    expect(await w.vault.debtOf(id)).to.equal(w.usd(30_000n));
    expect(await w.vault.collateralOf(id, eth!.address)).to.equal(0n);
  });

  it("16. debt that stands for one transaction sends the recipient's fee to the insurance, by a loss in a deferral", async () => {
    const recipientShares: bigint[] = [];
    for (const flash of [false, true]) {
      const { w, lost, attacker, mine } = await feeToCome();
      await setPrice(w.collaterals[0]!, "1450");
      const sale = liquidateMove(w, lost, 0, attacker.address);
      const borrow = borrowMove(w, mine, w.usd(85_000n), attacker.address);
      await (flash ? attacker.defer(borrow, sale, repayMove(w, mine, MAX_UINT)) : attacker.act(sale));
      recipientShares.push(await w.vault.balanceOf(w.feeRecipient));
    }
    expect(recipientShares[0]).to.be.greaterThan(0n);
    expect(recipientShares[1]).to.equal(0n);
  });

  it("16. and by bookFee beside collateral that is lent for the transaction", async () => {
    const recipientShares: bigint[] = [];
    for (const flash of [false, true]) {
      const { w, attacker, mine } = await feeToCome();
      const book = vaultMove(w, "bookFee");
      const amount = 100n * w.collaterals[0]!.unit;
      const moves = [
        depositMove(w, mine, 0, amount),
        borrowMove(w, mine, w.usd(85_000n), attacker.address),
        book,
        repayMove(w, mine, MAX_UINT),
        withdrawMove(w, mine, 0, amount, attacker.address),
      ];
      await attacker.act(...(flash ? moves : [book]));
      recipientShares.push(await w.vault.balanceOf(w.feeRecipient));
    }
    expect(recipientShares[0]).to.be.greaterThan(0n);
    expect(recipientShares[1]).to.equal(0n);
  });

  it("17. an account that was never called and lies just below its floor is offered at 2.1 %, five days later as on the first, and cannot be called", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    const debt = await w.vault.debtOf(id);
    await setLiquidationValue(w, id, (debt * 9_995n) / 10_000n);
    await expect(w.vault.openCall(id))
      .to.be.revertedWithCustomError(w.vault, "NotCallable")
      .withArgs(id, Status.Critical);
    expect(await discountPpm(w, id)).to.be.closeTo(21_000n, 10n);
    await passDays(w, 5);
    expect(await discountPpm(w, id)).to.be.closeTo(21_000n, 10n);
    // It rises only as the account falls: half a percent lower, one percent more.
    await setLiquidationValue(w, id, (debt * 9_945n) / 10_000n);
    expect(await discountPpm(w, id)).to.be.closeTo(31_000n, 10n);
  });

  it("17. one that falls there in its auction is offered at 8 % until the window ends, then at 2.1 %, and cannot be called again", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    const debt = await w.vault.debtOf(id);
    await setPrice(w.collaterals[0]!, "1800");
    await w.vault.openCall(id);
    await setLiquidationValue(w, id, (debt * 9_995n) / 10_000n);
    await passDeadline(w, id, 3_500n);
    expect(await discountPpm(w, id)).to.equal(80_000n);
    await mineAt(w, (await now(w)) + 200n);
    expect(await discountPpm(w, id)).to.be.closeTo(21_000n, 10n);
    await expect(w.vault.openCall(id))
      .to.be.revertedWithCustomError(w.vault, "NotCallable")
      .withArgs(id, Status.Critical);
  });

  it("17. an insolvent one is offered at 2 %, a month later as on the first day, while its debt earns interest", async () => {
    const w = await loadWorld({ ratesPercent: [20n, 20n, 20n] });
    const id = await openPosition(w, {
      amounts: [100n * w.collaterals[0]!.unit],
      debt: w.usd(150_000n),
    });
    await setPrice(w.collaterals[0]!, "1490");
    expect(await w.vault.statusOf(id)).to.equal(Status.Insolvent);
    expect(await discountPpm(w, id)).to.equal(20_000n);
    const assets = await w.vault.totalAssets();
    await passDays(w, 30);
    expect(await discountPpm(w, id)).to.equal(20_000n);
    expect(await w.vault.totalAssets()).to.be.greaterThan(assets);
    await expect(w.vault.openCall(id)).to.be.revertedWithCustomError(w.vault, "NotCallable");
  });

  it("18. dust of a held weaker collateral, lifted above the dust value, has to be taken first, once", async () => {
    const w = await loadWorld({ secondIsWeaker: true });
    const [eth, btc] = w.collaterals;
    const id = await openPosition(w, { amounts: [eth!.unit, 10_000n] });
    await setPrice(eth!, "1850");
    await w.vault.openCall(id);
    await passDeadline(w, id, 60n);
    const take = (asset: string) =>
      w.vault.connect(w.keeper).liquidate(id, asset, MAX_UINT, 0n, w.keeper, "0x");
    const dust = await w.helpers.takeSnapshot();
    await take(eth!.address);
    await dust.restore();
    // 3 of it held, 7.20 more: 10.20 against a dust value of 10.
    await w.vault.connect(w.stranger).depositCollateral(id, btc!.address, 24_000n);
    await expect(take(eth!.address)).to.be.revertedWithCustomError(w.vault, "WrongCollateral");
    await take(btc!.address);
    await take(eth!.address);
  });

  it("19. the least discount of 2 % exceeds the equity of an account that is all but insolvent: lenders pay the rest", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setValue(w, id, w.usd(1_500n));
    const { value, debt } = await w.vault.marginOf(id);
    expect(value).to.be.closeTo(debt, w.usd("0.01"));
    const before = await w.vault.totalAssets();
    // Its owner may be who takes it.
    const { address } = w.collaterals[0]!;
    await w.vault.connect(w.trader).liquidate(id, address, MAX_UINT, 0n, w.trader, "0x");
    expect(before - (await w.vault.totalAssets())).to.be.closeTo(w.usd(30n), w.usd("0.02"));
  });

  it("an oracle contract that answers with what is no answer stops what needs a price, called repayments included", async () => {
    const w = await loadWorld();
    const oracle = await deploy<MockOracle>(w.ethers, "MockOracle", [
      w.quoteAddress,
      w.collaterals.map((c) => c.address),
    ]);
    const { price36 } = await w.oracle.price(w.collaterals[0]!.address);
    for (const c of w.collaterals) await oracle.set(c.number, price36, true);
    await replaceOracle(w, oracle);
    const id = await openPosition(w);
    await oracle.set(0, (price36 * 92n) / 100n, true);
    await w.vault.openCall(id);
    await oracle.setConduct(4);
    const vault = w.vault.connect(w.trader);
    await expect(vault.repay(id, w.usd(1n))).to.be.revertedWithoutReason(w.ethers);
    // All of it needs no price, and the owner can point the vault at another oracle.
    await vault.repay(id, MAX_UINT);
    await replaceOracle(w, w.oracle);
  });
});
