import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import type { NetworkHelpers } from "@nomicfoundation/hardhat-network-helpers/types";
import { expect } from "chai";
import { network } from "hardhat";
import type { ChainlinkOracle, HostileFeed, MockERC20, MockFeed } from "../../types/index.ts";
import { deploy } from "../vault/support/world.ts";
import { NO_GUARD } from "../../scripts/deploy/plan.ts";

const MAX_AGE = 3_900n;
const DEAD_AGE = 259_200n;
const DAY = 86_400n;
const QUOTE = 255n;
const UNIT8 = 10n ** 8n;

/** Numbers of `HostileFeed.Conduct`. */
const Conduct = {
  Honest: 0,
  Reverts: 1,
  RevertsLoudly: 2,
  ReturnsNothing: 3,
  ReturnsTooLittle: 4,
  ReturnsTooMuch: 5,
  ReturnsAllItsGasBuys: 6,
  BurnsAllGas: 7,
  ReturnsDirtyRoundIds: 8,
} as const;

interface Bench {
  ethers: HardhatEthers;
  helpers: NetworkHelpers;
  oracle: ChainlinkOracle;
  quote: MockERC20;
  quoteFeed: HostileFeed;
  asset: string;
  feed: HostileFeed;
  /** A second, honest collateral. */
  other: string;
  otherFeed: MockFeed;
}

const { ethers, networkHelpers } = await network.create();

async function deployBench(): Promise<Bench> {
  const quote = await deploy<MockERC20>(ethers, "MockERC20", ["Quote", "USD", 6]);
  const token = await deploy<MockERC20>(ethers, "MockERC20", ["Ether", "ETH", 18]);
  const second = await deploy<MockERC20>(ethers, "MockERC20", ["Bitcoin", "BTC", 8]);
  const quoteFeed = await deploy<HostileFeed>(ethers, "HostileFeed", [8, UNIT8]);
  const feed = await deploy<HostileFeed>(ethers, "HostileFeed", [8, 2_000n * UNIT8]);
  const otherFeed = await deploy<MockFeed>(ethers, "MockFeed", [8, "BTC / USD", 30_000n * UNIT8]);
  const [asset, other] = [await token.getAddress(), await second.getAddress()];
  const oracle = await deployOracle(quote, quoteFeed, [
    [asset, feed],
    [other, otherFeed],
  ]);
  return { ethers, helpers: networkHelpers, oracle, quote, quoteFeed, asset, feed, other, otherFeed };
}

async function deployOracle(
  quote: MockERC20,
  quoteFeed: HostileFeed | MockFeed,
  pairs: readonly (readonly [string, HostileFeed | MockFeed | string])[],
  ages: readonly [bigint, bigint] = [MAX_AGE, DEAD_AGE],
): Promise<ChainlinkOracle> {
  const feeds = pairs.map(([asset, feed]) => ({
    asset,
    feed,
    maxAgeSeconds: ages[0],
    deadAgeSeconds: ages[1],
    guard: NO_GUARD,
  }));
  return deploy(ethers, "ChainlinkOracle", [quote, quoteFeed, MAX_AGE, feeds]);
}

function load(): Promise<Bench> {
  return networkHelpers.loadFixture(deployBench);
}

async function now(): Promise<bigint> {
  return BigInt(await networkHelpers.time.latest());
}

async function mineAt(timestamp: bigint): Promise<void> {
  await networkHelpers.time.setNextBlockTimestamp(timestamp);
  await networkHelpers.mine();
}

const ETH_PRICE36 = 2_000n * 10n ** 24n;

describe("ChainlinkOracle", () => {
  describe("price (C-15, C-16, I-40)", () => {
    for (const [assetDecimals, assetFeed, quoteDecimals, quoteFeed] of [
      [18, 8, 6, 8],
      [8, 8, 6, 8],
      [18, 18, 18, 8],
      [6, 8, 18, 18],
      [0, 0, 6, 8],
      [2, 6, 8, 8],
      [24, 20, 6, 8],
      [36, 8, 6, 6],
      [36, 20, 0, 0],
      [6, 8, 6, 20],
    ] as const) {
      it(`values one token of ${assetDecimals} decimals by feeds of ${assetFeed} and ${quoteFeed} in a quote of ${quoteDecimals}`, async () => {
        const quote = await deploy<MockERC20>(ethers, "MockERC20", ["Q", "Q", quoteDecimals]);
        const token = await deploy<MockERC20>(ethers, "MockERC20", ["A", "A", assetDecimals]);
        const asset = await token.getAddress();
        // 6 dollars against a quote asset at 2 dollars: three quote tokens each.
        const feed = await deploy<MockFeed>(ethers, "MockFeed", [
          assetFeed,
          "A",
          6n * 10n ** BigInt(assetFeed),
        ]);
        const inQuote = await deploy<MockFeed>(ethers, "MockFeed", [
          quoteFeed,
          "Q",
          2n * 10n ** BigInt(quoteFeed),
        ]);
        const oracle = await deployOracle(quote, inQuote, [[asset, feed]]);
        const { price36, fresh } = await oracle.price(asset);
        const exponent = 36 + quoteDecimals - assetDecimals;
        expect(price36).to.equal(exponent >= 0 ? 3n * 10n ** BigInt(exponent) : 0n);
        expect(fresh).to.equal(true);
      });
    }

    it("rounds down", async () => {
      const b = await load();
      await b.quoteFeed.set(3n * UNIT8, await now());
      expect((await b.oracle.price(b.asset)).price36).to.equal(ETH_PRICE36 / 3n);
    });

    it("is the smallest that its feed can say (C-17)", async () => {
      const b = await load();
      await b.feed.set(1n, await now());
      expect(await b.oracle.price(b.asset)).to.deep.equal([10n ** 16n, true]);
    });

    it("is zero, and not fresh, when it does not fit a price, and never reverts (C-17, C-20)", async () => {
      const b = await load();
      for (const answer of [2n ** 127n, 2n ** 128n - 1n]) {
        await b.feed.set(answer, await now());
        const { price36, fresh } = await b.oracle.price(b.asset);
        const exact = answer * 10n ** 16n;
        expect(price36).to.equal(exact < 2n ** 184n ? exact : 0n);
        expect(fresh).to.equal(exact < 2n ** 184n);
      }
    });

    it("is nothing for an unknown asset", async () => {
      const b = await load();
      expect(await b.oracle.price(await b.quote.getAddress())).to.deep.equal([0n, false]);
    });
  });

  describe("prices", () => {
    it("answers the bits asked for, lowest first, and zero for bits it does not know", async () => {
      const b = await load();
      const btc = 30_000n * 10n ** 34n;
      expect(await b.oracle.prices(0n)).to.deep.equal([[], 0n]);
      expect(await b.oracle.prices(1n)).to.deep.equal([[ETH_PRICE36], 1n]);
      expect(await b.oracle.prices(2n)).to.deep.equal([[btc], 2n]);
      expect(await b.oracle.prices(3n)).to.deep.equal([[ETH_PRICE36, btc], 3n]);
      expect(await b.oracle.prices(0b1011n)).to.deep.equal([[ETH_PRICE36, btc, 0n], 3n]);
    });

    it("agrees with price, and lists what it knows", async () => {
      const b = await load();
      expect(await b.oracle.assets()).to.deep.equal([b.asset, b.other]);
      expect(await b.oracle.quoteAsset()).to.equal(await b.quote.getAddress());
      const [prices36] = await b.oracle.prices(3n);
      expect(prices36[1]).to.equal((await b.oracle.price(b.other)).price36);
    });
  });

  describe("age of an answer (C-22)", () => {
    it("is fresh one second under and at the maximum, stale a second above, with its last answer", async () => {
      const b = await load();
      const updatedAt = await b.feed.updatedAt();
      for (const [age, fresh] of [
        [MAX_AGE - 1n, true],
        [MAX_AGE, true],
        [MAX_AGE + 1n, false],
      ] as const) {
        await networkHelpers.time.setNextBlockTimestamp(updatedAt + age);
        await b.quoteFeed.set(UNIT8, updatedAt + age);
        expect(await b.oracle.price(b.asset), `${age} s`).to.deep.equal([ETH_PRICE36, fresh]);
      }
    });

    it("counts at the dead age exactly, and as zero a second above", async () => {
      const b = await load();
      const updatedAt = await b.feed.updatedAt();
      await mineAt(updatedAt + DEAD_AGE);
      expect(await b.oracle.price(b.asset)).to.deep.equal([ETH_PRICE36, false]);
      await mineAt(updatedAt + DEAD_AGE + 1n);
      expect(await b.oracle.price(b.asset)).to.deep.equal([0n, false]);
    });

    it("of the quote feed makes every price stale and none zero, however old", async () => {
      const b = await load();
      const later = (await now()) + 400n * DAY;
      await networkHelpers.time.setNextBlockTimestamp(later);
      await b.feed.set(2_000n * UNIT8, later);
      await b.otherFeed.push(30_000n * UNIT8);
      expect(await b.oracle.prices(3n)).to.deep.equal([[ETH_PRICE36, 30_000n * 10n ** 34n], 0n]);
    });

    it("of the quote feed is fresh at its maximum", async () => {
      const b = await load();
      const updatedAt = await b.quoteFeed.updatedAt();
      await networkHelpers.time.setNextBlockTimestamp(updatedAt + MAX_AGE);
      await b.feed.set(2_000n * UNIT8, updatedAt + MAX_AGE);
      expect((await b.oracle.price(b.asset)).fresh).to.equal(true);
      await mineAt(updatedAt + MAX_AGE + 1n);
      expect((await b.oracle.price(b.asset)).fresh).to.equal(false);
    });
  });

  describe("an answer that is no answer (C-24, I-39)", () => {
    const unusable: [string, bigint, (at: bigint) => bigint][] = [
      ["zero", 0n, (at) => at],
      ["negative", -1n, (at) => at],
      ["the least int256", -(2n ** 255n), (at) => at],
      ["2^128", 2n ** 128n, (at) => at],
      ["the largest int256", 2n ** 255n - 1n, (at) => at],
      ["without a time", 2_100n * UNIT8, () => 0n],
      ["from the next second", 2_100n * UNIT8, (at) => at + 1n],
      ["from the end of time", 2_100n * UNIT8, () => 2n ** 256n - 1n],
    ];
    for (const [name, answer, time] of unusable) {
      it(`${name}: the recorded one stands in, and is not fresh`, async () => {
        const b = await load();
        const at = (await now()) + 10n;
        await networkHelpers.time.setNextBlockTimestamp(at);
        await b.feed.set(answer, time(at));
        expect(await b.oracle.price(b.asset)).to.deep.equal([ETH_PRICE36, false]);
        expect(await b.oracle.prices(3n)).to.deep.equal([[ETH_PRICE36, 30_000n * 10n ** 34n], 2n]);
      });
    }

    it("of the quote feed: every price stands at its last answer, none fresh", async () => {
      const b = await load();
      await b.quoteFeed.set(0n, await now());
      expect(await b.oracle.prices(3n)).to.deep.equal([[ETH_PRICE36, 30_000n * 10n ** 34n], 0n]);
    });

    it("is read as an answer again as soon as it is one, one second old or not", async () => {
      const b = await load();
      await b.feed.set(0n, await now());
      await b.feed.set(2_100n * UNIT8, await now());
      expect(await b.oracle.price(b.asset)).to.deep.equal([2_100n * 10n ** 24n, true]);
    });
  });

  describe("a hostile feed (C-29)", () => {
    for (const [name, conduct] of Object.entries(Conduct)) {
      const isAnswer = (
        ["Honest", "ReturnsTooMuch", "ReturnsAllItsGasBuys", "ReturnsDirtyRoundIds"] as string[]
      ).includes(name);
      it(`that ${name}: prices and record do not revert, and the other asset is as before`, async () => {
        const b = await load();
        await b.feed.setConduct(conduct);
        const { prices36, freshSet } = await b.oracle.prices(3n, { gasLimit: 1_000_000n });
        expect(prices36).to.deep.equal([ETH_PRICE36, 30_000n * 10n ** 34n]);
        expect(freshSet).to.equal(isAnswer ? 3n : 2n);
        await b.oracle.record({ gasLimit: 1_500_000n });
      });

      it(`that ${name} as the quote feed: prices do not revert and are ${isAnswer ? "" : "not "}fresh`, async () => {
        const b = await load();
        await b.quoteFeed.setConduct(conduct);
        const { prices36, freshSet } = await b.oracle.prices(3n, { gasLimit: 1_000_000n });
        expect(prices36).to.deep.equal([ETH_PRICE36, 30_000n * 10n ** 34n]);
        expect(freshSet).to.equal(isAnswer ? 3n : 0n);
      });
    }

    it("costs its reader a bounded amount of gas, whatever it does", async () => {
      const b = await load();
      const gasOf = async () => (await (await b.oracle.record({ gasLimit: 2_000_000n })).wait())!.gasUsed;
      const honest = await gasOf();
      for (const conduct of Object.values(Conduct)) {
        await b.feed.setConduct(conduct);
        expect((await gasOf()) - honest, `conduct ${conduct}`).to.be.lessThan(250_000n);
      }
    });

    it("whose code is gone counts at what was recorded", async () => {
      const b = await load();
      await networkHelpers.setCode(await b.feed.getAddress(), "0x");
      expect(await b.oracle.price(b.asset)).to.deep.equal([ETH_PRICE36, false]);
    });

    it("cannot be made to look dead by a caller who gives too little gas (C-63)", async () => {
      const b = await load();
      // Whatever the gas, a call of prices either fails as a whole or tells the truth.
      for (let gasLimit = 30_000n; gasLimit < 120_000n; gasLimit += 400n) {
        const answer = await b.oracle.prices(3n, { gasLimit }).catch(() => undefined);
        if (answer !== undefined) expect(answer.freshSet, `${gasLimit} gas`).to.equal(3n);
      }
    });

    it("cannot be recorded as failing by a caller who gives too little gas (C-63)", async () => {
      const b = await load();
      await mineAt((await now()) + 100n);
      for (let gasLimit = 40_000n; gasLimit < 160_000n; gasLimit += 700n) {
        await b.oracle.record({ gasLimit }).catch(() => undefined);
        for (const number of [0n, 1n, QUOTE]) {
          expect((await b.oracle.feedOf(number)).seen.failingSince, `${gasLimit} gas`).to.equal(0n);
        }
      }
    });
  });

  describe("record", () => {
    it("keeps later answers of all feeds and reports them", async () => {
      const b = await load();
      const at = (await now()) + 50n;
      await networkHelpers.time.setNextBlockTimestamp(at);
      await b.feed.set(2_100n * UNIT8, at);
      await expect(b.oracle.record())
        .to.emit(b.oracle, "AnswerRecorded")
        .withArgs(0n, 2_100n * UNIT8, at);
      const { feed, maxAgeSeconds, deadAgeSeconds, seen } = await b.oracle.feedOf(0n);
      expect([feed, maxAgeSeconds, deadAgeSeconds]).to.deep.equal([
        await b.feed.getAddress(),
        MAX_AGE,
        DEAD_AGE,
      ]);
      expect(seen).to.deep.equal([2_100n * UNIT8, at, 0n, 0n]);
      await b.feed.setConduct(Conduct.Reverts);
      expect(await b.oracle.price(b.asset)).to.deep.equal([2_100n * 10n ** 24n, false]);
    });

    it("passes over answers that are not later", async () => {
      const b = await load();
      const updatedAt = await b.feed.updatedAt();
      for (const time of [updatedAt, updatedAt - 1n]) {
        await b.feed.set(1n * UNIT8, time);
        await expect(b.oracle.record()).not.to.emit(b.oracle, "AnswerRecorded");
        expect((await b.oracle.feedOf(0n)).seen.answer).to.equal(2_000n * UNIT8);
      }
    });

    it("has the constructor's answers from the start", async () => {
      const b = await load();
      expect((await b.oracle.feedOf(0n)).seen.answer).to.equal(2_000n * UNIT8);
      expect((await b.oracle.feedOf(1n)).seen.answer).to.equal(30_000n * UNIT8);
      expect((await b.oracle.feedOf(QUOTE)).seen.answer).to.equal(UNIT8);
    });
  });

  describe("a feed that fails for long (rule 7)", () => {
    it("is never dead by one bad reading, however old the record", async () => {
      const b = await load();
      await mineAt((await now()) + 30n * DAY);
      await b.feed.set(2_500n * UNIT8, await now());
      await b.feed.setConduct(Conduct.Reverts);
      expect(await b.oracle.price(b.asset)).to.deep.equal([ETH_PRICE36, false]);
      await b.oracle.record();
      expect(await b.oracle.price(b.asset)).to.deep.equal([ETH_PRICE36, false]);
    });

    it("is dead once witnessed at least daily for longer than the dead age, and not a second before", async () => {
      const b = await load();
      await b.feed.setConduct(Conduct.Reverts);
      const since = (await now()) + 10n;
      for (const after of [0n, DAY, 2n * DAY, 3n * DAY]) {
        await networkHelpers.time.setNextBlockTimestamp(since + after);
        await expect(b.oracle.record()).to.emit(b.oracle, "FeedFailing").withArgs(0n, since);
        expect(await b.oracle.price(b.asset)).to.deep.equal([ETH_PRICE36, false]);
      }
      await networkHelpers.time.setNextBlockTimestamp(since + DEAD_AGE + 1n);
      await b.oracle.record();
      expect(await b.oracle.price(b.asset)).to.deep.equal([0n, false]);
    });

    it("begins anew when nobody has seen it for more than a day", async () => {
      const b = await load();
      await b.feed.setConduct(Conduct.BurnsAllGas);
      const since = (await now()) + 10n;
      await networkHelpers.time.setNextBlockTimestamp(since);
      await b.oracle.record();
      await networkHelpers.time.setNextBlockTimestamp(since + DAY + 1n);
      await expect(b.oracle.record())
        .to.emit(b.oracle, "FeedFailing")
        .withArgs(0n, since + DAY + 1n);
    });

    it("stays dead while nobody looks, and lives again with its next answer", async () => {
      const b = await load();
      await b.feed.setConduct(Conduct.Reverts);
      const since = (await now()) + 10n;
      for (const after of [0n, DAY, 2n * DAY, 3n * DAY, 3n * DAY + 1n]) {
        await networkHelpers.time.setNextBlockTimestamp(since + after);
        await b.oracle.record();
      }
      await mineAt(since + 30n * DAY);
      expect(await b.oracle.price(b.asset)).to.deep.equal([0n, false]);
      await b.feed.setConduct(Conduct.Honest);
      await b.feed.set(1_900n * UNIT8, await now());
      expect((await b.oracle.price(b.asset)).price36).to.equal(1_900n * 10n ** 24n);
      await b.oracle.record();
      await b.feed.setConduct(Conduct.Reverts);
      expect(await b.oracle.price(b.asset)).to.deep.equal([1_900n * 10n ** 24n, false]);
    });

    it("is never dead as the quote feed", async () => {
      const b = await load();
      await b.quoteFeed.setConduct(Conduct.Reverts);
      const since = (await now()) + 10n;
      for (let day = 0n; day < 8n; day++) {
        await networkHelpers.time.setNextBlockTimestamp(since + day * DAY);
        await b.feed.set(2_000n * UNIT8, since + day * DAY);
        await b.oracle.record();
      }
      expect(await b.oracle.price(b.asset)).to.deep.equal([ETH_PRICE36, false]);
    });
  });

  describe("the feed's extremes (C-23)", () => {
    it("are answers like all others: bounds are another adapter's", async () => {
      const b = await load();
      await b.feed.set(1n, await now());
      expect((await b.oracle.price(b.asset)).fresh).to.equal(true);
    });
  });

  describe("constructor", () => {
    it("refuses a feed without a usable answer, naming asset and feed, for either side", async () => {
      const b = await load();
      const dead = await deploy<HostileFeed>(ethers, "HostileFeed", [8, 0n]);
      const [account] = await ethers.getSigners();
      for (const bad of [await dead.getAddress(), account!.address, b.asset]) {
        await expect(deployOracle(b.quote, b.quoteFeed, [[b.asset, bad]]))
          .to.be.revertedWithCustomError(b.oracle, "FeedUnusable")
          .withArgs(b.asset, bad);
      }
      await expect(deployOracle(b.quote, dead, [[b.asset, b.feed]]))
        .to.be.revertedWithCustomError(b.oracle, "FeedUnusable")
        .withArgs(b.quote, dead);
    });

    it("refuses ages that do not rise", async () => {
      const b = await load();
      for (const [maxAge, deadAge] of [
        [0n, 100n],
        [100n, 100n],
        [101n, 100n],
      ] as const) {
        await expect(deployOracle(b.quote, b.quoteFeed, [[b.asset, b.feed]], [maxAge, deadAge]))
          .to.be.revertedWithCustomError(b.oracle, "AgesOutOfOrder")
          .withArgs(b.asset, maxAge, deadAge);
      }
      await deployOracle(b.quote, b.quoteFeed, [[b.asset, b.feed]], [99n, 100n]);
    });

    it("refuses more than 16 collaterals", async () => {
      const b = await load();
      const pairs = Array.from({ length: 17 }, () => [b.asset, b.feed] as const);
      await expect(deployOracle(b.quote, b.quoteFeed, pairs))
        .to.be.revertedWithCustomError(b.oracle, "TooManyFeeds")
        .withArgs(17n);
    });

    it("refuses decimals beyond 10^76", async () => {
      const b = await load();
      const wide = await deploy<MockERC20>(ethers, "MockERC20", ["W", "W", 60]);
      const fine = await deploy<HostileFeed>(ethers, "HostileFeed", [70, 10n]);
      // 36 + 6 + 8 - 60 - 70
      await expect(deployOracle(b.quote, b.quoteFeed, [[await wide.getAddress(), fine]]))
        .to.be.revertedWithCustomError(b.oracle, "DecimalsOutOfRange")
        .withArgs(wide, -80n);
    });

    it("reads each of 16 collaterals by its own number", async () => {
      const b = await load();
      const feeds = await Promise.all(
        Array.from({ length: 16 }, (_, i) =>
          deploy<MockFeed>(ethers, "MockFeed", [8, "x", BigInt(i + 1) * UNIT8]),
        ),
      );
      const oracle = await deployOracle(
        b.quote,
        b.quoteFeed,
        feeds.map((feed) => [b.asset, feed]),
      );
      const { prices36, freshSet } = await oracle.prices(0xffffn);
      expect(prices36).to.deep.equal(feeds.map((_, i) => BigInt(i + 1) * 10n ** 24n));
      expect(freshSet).to.equal(0xffffn);
    });
  });
});
