import { expect } from "chai";
import { network } from "hardhat";
import type { ChainlinkOracle, HostileFeed, MockERC20, MockFeed, TwoHopFeed } from "../../types/index.ts";
import { deploy } from "../vault/support/world.ts";
import { NO_GUARD } from "../../scripts/deploy/plan.ts";

const HOUR = 3_600n;
const DAY = 86_400n;
const FIRST_AGE = DAY + 300n;
const SECOND_AGE = HOUR + 300n;
const DEAD_AGE = 3n * DAY;
const UNIT8 = 10n ** 8n;
const UNIT18 = 10n ** 18n;

/** Numbers of `HostileFeed.Conduct`, each of which is no answer. */
const NO_ANSWER = { Reverts: 1, RevertsLoudly: 2, ReturnsNothing: 3, ReturnsTooLittle: 4, BurnsAllGas: 7 };

const { ethers, networkHelpers } = await network.create();

interface Bench {
  feed: TwoHopFeed;
  first: HostileFeed;
  second: MockFeed;
  oracle: ChainlinkOracle;
  asset: string;
}

/** stETH at 0.999 ETH (18 decimals), ETH at 2,000 USD (8), in an oracle that quotes a token of 6 decimals. */
async function deployBench(): Promise<Bench> {
  const first = await deploy<HostileFeed>(ethers, "HostileFeed", [18, (999n * UNIT18) / 1_000n]);
  const second = await deploy<MockFeed>(ethers, "MockFeed", [8, "ETH / USD", 2_000n * UNIT8]);
  const terms = [first, FIRST_AGE, second, SECOND_AGE, "stETH / USD"];
  const feed = await deploy<TwoHopFeed>(ethers, "TwoHopFeed", terms);
  const quote = await deploy<MockERC20>(ethers, "MockERC20", ["Quote", "USD", 6]);
  const quoteFeed = await deploy<MockFeed>(ethers, "MockFeed", [8, "USDC / USD", UNIT8]);
  const token = await deploy<MockERC20>(ethers, "MockERC20", ["Staked", "stETH", 18]);
  const asset = await token.getAddress();
  const feeds = [
    { asset, feed, maxAgeSeconds: await feed.maxAgeSeconds(), deadAgeSeconds: DEAD_AGE, guard: NO_GUARD },
  ];
  const oracle = await deploy<ChainlinkOracle>(ethers, "ChainlinkOracle", [
    quote,
    quoteFeed,
    100n * DAY,
    feeds,
  ]);
  return { feed, first, second, oracle, asset };
}

const load = () => networkHelpers.loadFixture(deployBench);

async function after(seconds: bigint): Promise<void> {
  await networkHelpers.time.increase(seconds);
}

describe("TwoHopFeed", () => {
  it("is the product in the second feed's decimals, rounded down (I-40)", async () => {
    const { feed, second, oracle, asset } = await load();
    expect((await feed.latestRoundData()).answer).to.equal(1_998n * UNIT8);
    expect(await feed.decimals()).to.equal(8n);
    expect(await feed.description()).to.equal("stETH / USD");
    expect((await oracle.price(asset)).price36).to.equal(1_998n * 10n ** 24n);
    await second.push(200_000_000_001n);
    expect((await feed.latestRoundData()).answer).to.equal((999n * 200_000_000_001n) / 1_000n);
  });

  it("is fresh exactly while both hops are, each by its own heartbeat (rule 7, C-22)", async () => {
    const { feed, first, second, oracle, asset } = await load();
    expect(await feed.maxAgeSeconds()).to.equal(SECOND_AGE);
    const fresh = async () => (await oracle.price(asset)).fresh;
    const firstAt = await first.updatedAt();
    // The quicker feed's age binds while the slower one has time left.
    await after(SECOND_AGE - 10n);
    expect(await fresh()).to.equal(true);
    await after(20n);
    expect(await fresh()).to.equal(false);
    await second.push(2_000n * UNIT8);
    expect(await fresh()).to.equal(true);
    // And the slower one's to the second, however lively the quicker one is.
    await networkHelpers.time.setNextBlockTimestamp(firstAt + FIRST_AGE);
    await second.push(2_000n * UNIT8);
    expect(await fresh()).to.equal(true);
    await networkHelpers.time.setNextBlockTimestamp(firstAt + FIRST_AGE + 1n);
    await second.push(2_000n * UNIT8);
    expect(await fresh()).to.equal(false);
  });

  it("never tells a time ahead of the block's, in whichever order the slower feed comes", async () => {
    const { first, second } = await load();
    await after(HOUR);
    await second.push(2_000n * UNIT8);
    const at = BigInt(await networkHelpers.time.latest());
    for (const [one, oneAge, two, twoAge] of [
      [first, FIRST_AGE, second, SECOND_AGE],
      [second, SECOND_AGE, first, FIRST_AGE],
    ] as const) {
      const feed = await deploy<TwoHopFeed>(ethers, "TwoHopFeed", [one, oneAge, two, twoAge, "x"]);
      // The slower feed answered an hour ago and has most of its day left: the quicker one's time is the answer's.
      expect((await feed.latestRoundData()).updatedAt).to.equal(at);
    }
  });

  describe("given a hop without an answer (C-24, C-29, I-39)", () => {
    for (const [name, conduct] of Object.entries(NO_ANSWER)) {
      it(`${name}: has none itself, and the oracle goes on with the last one, not as a fresh one`, async () => {
        const { feed, first, oracle, asset } = await load();
        await oracle.record();
        await first.setConduct(conduct);
        await expect(feed.latestRoundData())
          .to.be.revertedWithCustomError(feed, "HopUnusable")
          .withArgs(await first.getAddress());
        const { price36, fresh } = await oracle.price(asset);
        expect(price36).to.equal(1_998n * 10n ** 24n);
        expect(fresh).to.equal(false);
      });
    }

    for (const [what, answer, age] of [
      ["zero", 0n, 0n],
      ["negative", -1n, 0n],
      ["of 2^128", 1n << 128n, 0n],
      ["of the future", UNIT18, -100n],
      ["without a time", UNIT18, undefined],
    ] as const) {
      it(`one ${what} is none`, async () => {
        const { feed, first } = await load();
        const at = BigInt(await networkHelpers.time.latest());
        await first.set(answer, age === undefined ? 0n : at - age);
        await expect(feed.latestRoundData()).to.be.revertedWithCustomError(feed, "HopUnusable");
      });
    }

    it("a product that rounds to nothing is none", async () => {
      const { feed, first, second } = await load();
      await first.set(1n, await first.updatedAt());
      await second.push(1n);
      await expect(feed.latestRoundData()).to.be.revertedWithCustomError(feed, "HopUnusable");
    });
  });

  it("refuses at deployment what could never work: no age, no answer, too many decimals (C-47)", async () => {
    const { first, second } = await load();
    const factory = await ethers.getContractFactory("TwoHopFeed");
    await expect(factory.deploy(first, 0n, second, SECOND_AGE, ""))
      .to.be.revertedWithCustomError(factory, "HopOutOfRange")
      .withArgs(await first.getAddress(), 0n, 18n);
    const wide = await deploy<HostileFeed>(ethers, "HostileFeed", [37, 1n]);
    await expect(factory.deploy(wide, FIRST_AGE, second, SECOND_AGE, ""))
      .to.be.revertedWithCustomError(factory, "HopOutOfRange")
      .withArgs(await wide.getAddress(), FIRST_AGE, 37n);
    await first.set(0n, await first.updatedAt());
    await expect(factory.deploy(first, FIRST_AGE, second, SECOND_AGE, ""))
      .to.be.revertedWithCustomError(factory, "HopUnusable")
      .withArgs(await first.getAddress());
  });

  it("has no rounds to ask for", async () => {
    const { feed } = await load();
    await expect(feed.getRoundData(1n)).to.be.revertedWithCustomError(feed, "NoRounds");
  });

  it("fits the gas an oracle gives a feed, both hops cold and one burning all of its own", async () => {
    const { feed, first, second, oracle, asset } = await load();
    expect(await feed.latestRoundData.estimateGas()).to.be.lessThan(21_000n + 30_000n);
    // The second hop burns what it gets; the first one's answer is not mistaken, and nothing reverts in the oracle.
    const greedy = await deploy<HostileFeed>(ethers, "HostileFeed", [8, UNIT8]);
    const chained = await deploy<TwoHopFeed>(ethers, "TwoHopFeed", [
      first,
      FIRST_AGE,
      greedy,
      SECOND_AGE,
      "",
    ]);
    await greedy.setConduct(NO_ANSWER.BurnsAllGas);
    await expect(chained.latestRoundData()).to.be.revertedWithCustomError(chained, "HopUnusable");
    await second.push(2_100n * UNIT8);
    expect((await oracle.price(asset)).fresh).to.equal(true);
  });
});
