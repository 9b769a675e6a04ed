import { expect } from "chai";
import type { AccountId } from "../../sdk/accountId.ts";
import { Refusal, Status } from "../../sdk/vaultTypes.ts";
import type { HostileFeed, HostileUptimeFeed } from "../../types/index.ts";
import { atNext, mineAt, now, passDeadline } from "./support/clock.ts";
import { answerOf, openPosition, setPrice } from "./support/position.ts";
import { stateOf } from "./support/state.ts";
import {
  deploy,
  deployFeed,
  deployOracle,
  DEAD_AGE_SECONDS,
  loadWorld,
  MAX_AGE_SECONDS,
  MAX_UINT,
  STRONG,
  type World,
  listingsOf,
} from "./support/world.ts";

const ETH = 0;
const BTC = 1;

/** What one taker and the lenders have, quote and collateral at the present price; quote base units. */
async function wealthOf(w: World) {
  const { address, token } = w.collaterals[ETH]!;
  const { price36 } = await w.oracle.price(address);
  const held = await token.balanceOf(w.keeper);
  return {
    taker: (await w.quote.balanceOf(w.keeper)) + (held * price36) / 10n ** 36n,
    lenders: await w.vault.totalAssets(),
  };
}

function takeAll(w: World, id: AccountId, number = ETH) {
  const asset = w.collaterals[number]!.address;
  return w.vault.connect(w.keeper).liquidate(id, asset, MAX_UINT, 0n, w.keeper, "0x");
}

/** One ETH each at 2,000, against what their loan-to-value says. */
async function openAt(w: World, loanBps: readonly bigint[]): Promise<AccountId[]> {
  const ids: AccountId[] = [];
  for (const [i, bps] of loanBps.entries())
    ids.push(await openPosition(w, { subAccount: BigInt(i), debt: (w.usd(2_000n) * bps) / 10_000n }));
  return ids;
}

describe("a price that jumps", () => {
  it("by half in one round: takers gain 2 %, lenders lose what nothing covered, the rest stand (C-25)", async () => {
    const w = await loadWorld();
    const ids = await openAt(w, [7_600n, 6_000n, 4_000n]);
    await setPrice(w.collaterals[ETH]!, "1000");
    const statuses = await Promise.all(ids.map((id) => w.vault.statusOf(id)));
    expect(statuses).to.deep.equal([Status.Insolvent, Status.Insolvent, Status.Warned].map(BigInt));
    const before = await wealthOf(w);
    for (const id of ids.slice(0, 2)) await takeAll(w, id);
    const after = await wealthOf(w);
    // 1,520 and 1,200 were owed; each ETH brought 980 and was worth 1,000.
    expect(after.taker - before.taker).to.equal(w.usd(40n));
    expect(before.lenders - after.lenders).to.equal(w.usd(1_520n - 980n + (1_200n - 980n)));
    await expect(takeAll(w, ids[2]!)).to.be.revertedWithCustomError(w.vault, "NotLiquidatable");
    // Back up in the next round, nobody has a claim on what was sold, and nobody else has gained.
    await setPrice(w.collaterals[ETH]!, "2000");
    for (const id of ids.slice(0, 2)) expect(await w.vault.debtOf(id)).to.equal(0n);
    expect(await w.vault.totalAssets()).to.equal(after.lenders);
  });

  for (const [who, sleeps] of [
    ["at work", false],
    ["asleep until the end", true],
  ] as const) {
    it(`by 99 % in three rounds, the takers ${who}: nobody gains beyond the discount (C-25)`, async () => {
      const w = await loadWorld();
      const [id] = await openAt(w, [7_600n]);
      let taken = 0n;
      for (const price of ["430", "93", "20"]) {
        const { lenders } = await wealthOf(w);
        await setPrice(w.collaterals[ETH]!, price);
        expect((await wealthOf(w)).lenders, "a price alone books nothing").to.equal(lenders);
        if (sleeps && price !== "20") continue;
        if ((await w.vault.debtOf(id!)) === 0n) continue;
        const before = await wealthOf(w);
        await takeAll(w, id!);
        const after = await wealthOf(w);
        const value = w.usd(price);
        expect(after.taker - before.taker).to.equal((value * 2n) / 100n);
        expect(before.lenders - after.lenders).to.equal(w.usd(1_520n) - (value * 98n) / 100n);
        taken++;
      }
      expect(taken).to.equal(1n);
      expect(await w.vault.debtOf(id!)).to.equal(0n);
      expect(await w.vault.collateralOf(id!, w.collaterals[ETH]!.address)).to.equal(0n);
    });
  }

  it("up by half is believed: what it costs when it was wrong is the initial margin's rest (C-25, known limit 6)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w, { debt: 0n });
    await setPrice(w.collaterals[ETH]!, "3000");
    const vault = w.vault.connect(w.trader);
    await expect(vault.borrow(id, w.usd(2_280n) + 1n, w.trader)).to.be.revertedWithCustomError(
      w.vault,
      "InsufficientMargin",
    );
    await vault.borrow(id, w.usd(2_280n), w.trader);
    await setPrice(w.collaterals[ETH]!, "2000");
    const before = await wealthOf(w);
    await takeAll(w, id);
    const after = await wealthOf(w);
    expect(before.lenders - after.lenders).to.equal(w.usd(2_280n - 1_960n));
    expect(after.taker - before.taker).to.equal(w.usd(40n));
  });

  it("between two rounds of one block is sold at the last of them, whole transactions at one price (C-25, C-31, I-40)", async () => {
    const w = await loadWorld();
    const [first, second] = await openAt(w, [7_600n, 7_600n]);
    const eth = w.collaterals[ETH]!;
    await w.ethers.provider.send("evm_setAutomine", [false]);
    const gas = { gasLimit: 2_000_000n };
    await eth.feed.push(answerOf("1400"), gas);
    const high = await w.vault
      .connect(w.keeper)
      .liquidate(first!, eth.address, MAX_UINT, 0n, w.keeper, "0x", gas);
    await eth.feed.push(answerOf("1000"), gas);
    const low = await w.vault
      .connect(w.keeper)
      .liquidate(second!, eth.address, MAX_UINT, 0n, w.keeper, "0x", gas);
    await w.ethers.provider.send("evm_setAutomine", [true]);
    await w.helpers.mine();
    const prices: unknown[] = [];
    for (const sale of [high, low]) {
      const receipt = await w.ethers.provider.getTransactionReceipt(sale.hash);
      const log = receipt!.logs
        .map((each) => w.vault.interface.parseLog(each))
        .find((parsed) => parsed?.name === "Liquidated");
      prices.push((log!.args.notice as { price36: bigint }).price36);
    }
    expect(prices).to.deep.equal([1_400n * 10n ** 24n, 1_000n * 10n ** 24n]);
  });
});

describe("a collateral's feed and the quote's of different ages", () => {
  /** Both feeds answer, the collateral's `base` and the quote's `quote` seconds before the block that is then latest. */
  async function aged(w: World, base: bigint, quote: bigint, answers: readonly [string, string]) {
    const at = (await now(w)) + 400_000n;
    await mineAt(w, at);
    await w.collaterals[ETH]!.feed.pushAt(answerOf(answers[0]), at + 100n - base);
    await w.quoteFeed.pushAt(w.ethers.parseUnits(answers[1], 8), at + 100n - quote);
    await mineAt(w, at + 100n);
    return w.oracle.price(w.collaterals[ETH]!.address);
  }

  const AGE = MAX_AGE_SECONDS;
  for (const [base, quote, fresh] of [
    [0n, 0n, true],
    [0n, AGE, true],
    [AGE, 0n, true],
    [AGE, AGE, true],
    [0n, AGE + 1n, false],
    [AGE + 1n, 0n, false],
    [AGE, AGE + 1n, false],
  ] as const) {
    it(`${base} and ${quote} seconds old are ${fresh ? "" : "not "}fresh, each by its own age, at both last answers (C-27)`, async () => {
      const w = await loadWorld();
      const answer = await aged(w, base, quote, ["1500", "1.25"]);
      expect(answer).to.deep.equal([1_200n * 10n ** 24n, fresh]);
    });
  }

  it("count a dead collateral as zero beside a living quote, and never the other way round (C-27, C-30)", async () => {
    const w = await loadWorld();
    expect(await aged(w, DEAD_AGE_SECONDS + 1n, 0n, ["1500", "1.25"])).to.deep.equal([0n, false]);
    expect(await aged(w, 0n, DEAD_AGE_SECONDS + 1n, ["1500", "1.25"])).to.deep.equal([
      1_200n * 10n ** 24n,
      false,
    ]);
  });

  it("are read at one moment: a quote that moved is in the price in the same second (C-27)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await w.quoteFeed.push(w.ethers.parseUnits("1.10", 8));
    // 2,000 / 1.10 at 80.2 % against 1,500.
    expect(await w.vault.statusOf(id)).to.equal(Status.Callable);
    const { value } = await w.vault.marginOf(id);
    expect(value).to.equal((w.usd(2_000n) * 100n) / 110n);
  });
});

describe("linked parameters", () => {
  it("are replaced together or not at all: assets, weights, feeds and scales of a listing (C-27, rule 5)", async () => {
    const w = await loadWorld();
    const listed = await deploy<World["quote"]>(w.ethers, "MockERC20", ["New", "NEW", 18]);
    const asset = await listed.getAddress();
    const stale = await deployFeed(w.ethers, 8, "10");
    await stale.pushAt(10n ** 9n, 1n);
    const withStale = await deployOracle(w.ethers, w.quote, w.quoteFeed, [
      ...w.collaterals,
      { address: asset, feed: stale },
    ]);
    const list = async () => {
      const listings = await listingsOf(withStale, [{ address: asset, feed: stale, terms: STRONG }]);
      return w.configurator.listCollaterals(w.vault, listings, withStale);
    };
    await expect(list()).to.be.revertedWithCustomError(w.configurator, "OraclePriceMissing");
    expect([await w.vault.collateralCount(), await w.vault.oracle()]).to.deep.equal([
      2n,
      await w.oracle.getAddress(),
    ]);
    await stale.push(10n ** 9n);
    await list();
    expect(await w.vault.collateralCount()).to.equal(3n);
    expect(await w.vault.oracle()).to.equal(await withStale.getAddress());
  });

  it("keep what is not changed: a cap or an initial weight touches no other term, in one event with old and new (C-27)", async () => {
    const w = await loadWorld();
    const { address, terms } = w.collaterals[ETH]!;
    const weighed = { ...terms, initialBps: 5_000n };
    const capped = { ...weighed, cap: 7n };
    await expect(w.configurator.setInitialWeight(w.vault, address, 5_000n))
      .to.emit(w.vault, "CollateralTermsSet")
      .withArgs(address, Object.values(terms), Object.values(weighed));
    await expect(w.configurator.setCap(w.vault, address, 7n))
      .to.emit(w.vault, "CollateralTermsSet")
      .withArgs(address, Object.values(weighed), Object.values(capped));
  });

  it("of times and amounts change in one go or not at all (C-27)", async () => {
    const w = await loadWorld();
    const half = { ...w.risk, minGraceSeconds: 600n, auctionSeconds: 1n };
    await expect(w.configurator.setRiskTerms(w.vault, half)).to.be.revertedWithCustomError(
      w.configurator,
      "AuctionOutOfRange",
    );
    expect(await w.vault.riskTerms()).to.deep.equal(Object.values(w.risk));
  });
});

describe("the gate of an oracle", () => {
  it("refuses what is out of all proportion or nothing; one source cannot contradict itself (C-26, known limit 6)", async () => {
    const w = await loadWorld();
    const oracleAt = async (price: string) => {
      const ratio = await deployFeed(w.ethers, 8, price);
      const pairs = w.collaterals.map((c, i) => (i === ETH ? { ...c, feed: ratio } : c));
      return deployOracle(w.ethers, w.quote, w.quoteFeed, pairs);
    };
    // A base unit of ether worth more than a hundredth of the dust value: 10^17 dollars an ether.
    const huge = await oracleAt("200000000000000000");
    await expect(w.configurator.setOracle(w.vault, huge)).to.be.revertedWithCustomError(
      w.configurator,
      "UnitTooValuable",
    );
    const nothing = deployFeed(w.ethers, 8, "0").then((feed) =>
      deployOracle(w.ethers, w.quote, w.quoteFeed, [{ ...w.collaterals[ETH]!, feed }]),
    );
    await expect(nothing).to.be.revertedWithCustomError(w.oracle, "FeedUnusable");
  });
});

describe("one of two feeds dead or stale, the other fine (two sources of one price come later)", () => {
  async function both(w: World): Promise<AccountId> {
    const amounts = [w.collaterals[ETH]!.unit, w.collaterals[BTC]!.unit / 10n];
    return openPosition(w, { amounts, debt: w.usd(3_500n) });
  }

  /** Time passes; only the quote's and the second collateral's feeds answer again. */
  async function onlyBtcAnswers(w: World, after: bigint, btc: string): Promise<void> {
    const at = (await now(w)) + after;
    await mineAt(w, at - 3n);
    await atNext(w, at - 2n);
    await w.quoteFeed.push(10n ** 8n);
    await atNext(w, at - 1n);
    await setPrice(w.collaterals[BTC]!, btc);
    await mineAt(w, at);
  }

  it("dead: counts for nothing and cannot be taken; the other is valued, taken and lent against as ever (C-30)", async () => {
    const w = await loadWorld();
    const id = await both(w);
    const btcOnly = await openPosition(w, {
      owner: w.stranger,
      amounts: [0n, w.collaterals[BTC]!.unit],
      debt: w.usd(1_000n),
    });
    await onlyBtcAnswers(w, DEAD_AGE_SECONDS + 100n, "30000");
    expect((await w.vault.marginOf(id)).value).to.equal(w.usd(3_000n));
    expect(await w.vault.statusOf(id)).to.equal(Status.Insolvent);
    await expect(takeAll(w, id, ETH))
      .to.be.revertedWithCustomError(w.vault, "PriceNotFresh")
      .withArgs(w.collaterals[ETH]!.address);
    await w.vault.connect(w.stranger).borrow(btcOnly, w.usd(1_000n), w.stranger);
    await takeAll(w, id, BTC);
    // What the dead one may be worth some day is the insurance's (rule 9).
    expect(await w.vault.debtOf(id)).to.equal(0n);
    expect((await stateOf(w, id)).collateralSet).to.equal(0n);
  });

  it("stale: calls at its last answer, expires, and only the other is sold (C-30)", async () => {
    const w = await loadWorld();
    const id = await both(w);
    await onlyBtcAnswers(w, MAX_AGE_SECONDS + 100n, "23000");
    // (2,000 + 2,300) * 0.802 = 3,448.6 against 3,500.
    await w.vault.openCall(id);
    const vault = w.vault.connect(w.trader);
    await expect(vault.borrow(id, 1n, w.trader)).to.be.revertedWithCustomError(w.vault, "CallOpen");
    const { deadline } = await stateOf(w, id);
    await onlyBtcAnswers(w, deadline - (await now(w)) + 5n, "23000");
    await expect(takeAll(w, id, ETH)).to.be.revertedWithCustomError(w.vault, "PriceNotFresh");
    await takeAll(w, id, BTC);
  });

  it("stale: withdrawing and borrowing count only the other (C-30, rule 7)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w, {
      amounts: [w.collaterals[ETH]!.unit, w.collaterals[BTC]!.unit / 10n],
      debt: w.usd(1_000n),
    });
    await onlyBtcAnswers(w, MAX_AGE_SECONDS + 100n, "30000");
    const vault = w.vault.connect(w.trader);
    await expect(vault.borrow(id, w.usd(1_280n) + 1n, w.trader))
      .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
      .withArgs(id, w.usd(2_280n), w.usd(2_280n) + 1n);
    await vault.withdrawCollateral(id, w.collaterals[ETH]!.address, MAX_UINT, w.trader);
    await vault.borrow(id, w.usd(1_280n), w.trader);
  });

  it("the quote's stale: calls go on, nothing is sold or lent, and all that needs no price is as ever (C-30)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    const free = await openPosition(w, { owner: w.stranger, debt: 0n });
    const at = (await now(w)) + MAX_AGE_SECONDS + 10n;
    await mineAt(w, at);
    await setPrice(w.collaterals[ETH]!, "1800");
    await w.vault.openCall(id);
    await mineAt(w, (await stateOf(w, id)).deadline);
    expect(await w.vault.statusOf(id)).to.equal(Status.Expired);
    await expect(takeAll(w, id)).to.be.revertedWithCustomError(w.vault, "PriceNotFresh");
    const stranger = w.vault.connect(w.stranger);
    await expect(stranger.borrow(free, w.usd(100n), w.stranger))
      .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
      .withArgs(free, 0n, w.usd(100n));
    await stranger.withdrawCollateral(free, w.collaterals[ETH]!.address, MAX_UINT, w.stranger);
    await w.vault.connect(w.lender).withdraw(w.usd(1_000n), w.lender, w.lender);
    await w.vault.connect(w.trader).depositCollateral(id, w.collaterals[ETH]!.address, 1n);
    await w.vault.connect(w.trader).cure(id, MAX_UINT);
    expect(await w.vault.statusOf(id)).to.equal(Status.Warned);
  });

  it("the quote's silent for a year: nothing is worthless, nothing is written off (C-30)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await mineAt(w, (await now(w)) + 31_557_600n);
    await setPrice(w.collaterals[ETH]!, "2000");
    expect((await w.vault.marginOf(id)).value).to.equal(w.usd(2_000n));
    expect(await w.vault.bookLoss.staticCall([id])).to.deep.equal([BigInt(Refusal.NoLossToBook)]);
  });

  it("failing outright: stands at what was recorded, and the other as ever (C-30, C-29)", async () => {
    const w = await loadWorld();
    const feed = await deploy<HostileFeed>(w.ethers, "HostileFeed", [24, answerOf("2000")]);
    const pairs = w.collaterals.map((c, i) => (i === ETH ? { ...c, feed } : c));
    await w.configurator.setOracle(w.vault, await deployOracle(w.ethers, w.quote, w.quoteFeed, pairs));
    const id = await both(w);
    const reverts = 1;
    await feed.setConduct(reverts);
    await setPrice(w.collaterals[BTC]!, "20000");
    expect((await w.vault.marginOf(id)).value).to.equal(w.usd(4_000n));
    await expect(takeAll(w, id, ETH)).to.be.revertedWithCustomError(w.vault, "PriceNotFresh");
    await takeAll(w, id, BTC);
  });
});

describe("a feed's rounds", () => {
  it("may be numbered backwards: what it answers and when is all that counts (C-24)", async () => {
    const w = await loadWorld();
    // Asked for its decimals it answers with its round's number, too: 8.
    const feed = await deploy<HostileUptimeFeed>(w.ethers, "HostileUptimeFeed");
    await feed.push(8n, 2_000n * 10n ** 8n, await now(w));
    const pairs = w.collaterals.map((c, i) => (i === ETH ? { ...c, feed } : c));
    const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, pairs);
    await feed.push(7n, 1_900n * 10n ** 8n, await now(w));
    expect(await oracle.price(w.collaterals[ETH]!.address)).to.deep.equal([1_900n * 10n ** 24n, true]);
  });
});

describe("tokens and feeds of any decimals, from deposit to sale", () => {
  for (const [decimals, price, fall] of [
    [0, "0.05", "0.046"],
    [2, "5", "4.6"],
    [24, "2000", "1840"],
    [36, "2000", "1840"],
  ] as const) {
    it(`a collateral of ${decimals} decimals is called and sold like any other (C-15)`, async () => {
      const w = await loadWorld({ collateralDecimals: 18 });
      const token = await deploy<World["quote"]>(w.ethers, "MockERC20", ["T", "T", decimals]);
      const address = await token.getAddress();
      const feed = await deployFeed(w.ethers, 24, price);
      const added = { ...w.collaterals[ETH]!, token, address, feed, number: 2, decimals };
      const collaterals = [...w.collaterals, added];
      const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, collaterals);
      await w.configurator.listCollaterals(w.vault, await listingsOf(oracle, [added]), oracle);
      // 2,000 worth of it.
      const amount = (2_000n * 10n ** BigInt(decimals) * 100n) / BigInt(Number(price) * 100);
      await token.mint(w.trader, amount);
      await token.connect(w.trader).approve(w.vault, MAX_UINT);
      const id = await openPosition({ ...w, collaterals }, { amounts: [0n, 0n, amount] });
      expect((await w.vault.marginOf(id)).value).to.equal(w.usd(2_000n));
      await feed.push(answerOf(fall));
      await w.vault.openCall(id);
      // At the end of the ramp, where the discount stays.
      await passDeadline({ ...w, collaterals }, id, 2_000n);
      const { seized, repaid } = await w.vault.previewLiquidation(id, address, MAX_UINT);
      await w.vault.connect(w.keeper).liquidate(id, address, MAX_UINT, 0n, w.keeper, "0x");
      expect(await token.balanceOf(w.keeper)).to.equal(seized);
      expect(await w.vault.debtOf(id)).to.equal(w.usd(1_500n) - repaid);
    });
  }
});

describe("feeds of any decimals", () => {
  for (const decimals of [0, 6, 8, 18, 20]) {
    it(`say the same, ${decimals} for the collateral or for the quote (C-16, I-40)`, async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      const before = await w.vault.marginOf(id);
      const eth = w.collaterals[ETH]!;
      const feed = await deployFeed(w.ethers, decimals, "2000");
      const pairs = w.collaterals.map((c, i) => (i === ETH ? { ...c, feed } : c));
      const quoteFeed = await deployFeed(w.ethers, decimals, "1");
      for (const oracle of [
        await deployOracle(w.ethers, w.quote, w.quoteFeed, pairs),
        await deployOracle(w.ethers, w.quote, quoteFeed, w.collaterals),
        await deployOracle(w.ethers, w.quote, quoteFeed, pairs),
      ]) {
        await w.configurator.setOracle(w.vault, oracle);
        expect(await oracle.price(eth.address)).to.deep.equal([2_000n * 10n ** 24n, true]);
        expect(await w.vault.marginOf(id)).to.deep.equal(before);
      }
    });
  }
});

describe("a feed that stops at its own floor", () => {
  it("is believed as long as it answers: bounds are another adapter's (C-23, known limit 6)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w, { debt: w.usd(1_000n) });
    // The market is at 1; the aggregator's least answer is 100 and it goes on saying so.
    const floor = answerOf("100");
    await w.collaterals[ETH]!.feed.push(floor);
    const { price36, fresh } = await w.oracle.price(w.collaterals[ETH]!.address);
    expect([price36, fresh]).to.deep.equal([100n * 10n ** 24n, true]);
    // It is sold at what it says: a taker who knows better does not come, and it is written off only when it says less.
    expect(await w.vault.statusOf(id)).to.equal(Status.Insolvent);
    expect(await w.vault.bookLoss.staticCall([id])).to.deep.equal([BigInt(Refusal.NoLossToBook)]);
    await takeAll(w, id);
    expect(await w.vault.debtOf(id)).to.equal(0n);
  });

  it("at the largest and the least answers there are, values to the base unit or to nothing (C-23, C-17)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w, { debt: 0n });
    const { address, feed } = w.collaterals[ETH]!;
    await feed.push(2n ** 127n);
    // 2^127 / 10^24 dollars an ether, in base units of a millionth.
    expect((await w.vault.marginOf(id)).value).to.equal((2n ** 127n * 10n ** 6n) / 10n ** 24n);
    await feed.push(1n);
    expect(await w.oracle.price(address)).to.deep.equal([1n, true]);
    expect((await w.vault.marginOf(id)).value).to.equal(0n);
  });
});
