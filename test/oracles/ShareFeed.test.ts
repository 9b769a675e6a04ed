import { expect } from "chai";
import { network } from "hardhat";
import type {
  ChainlinkOracle,
  HostileFeed,
  MockERC20,
  MockFeed,
  MockShares,
  RateMover,
  ShareFeed,
} from "../../types/index.ts";
import { deploy } from "../vault/support/world.ts";
import { NO_GUARD } from "../../scripts/deploy/plan.ts";

const DAY = 86_400n;
const YEAR = 31_557_600n;
const UNIT8 = 10n ** 8n;
/** 20 % a year. */
const GROWTH_BPS = 2_000n;
const BPS = 10_000n;
const WHOLE = 10n ** 6n;
const DEPOSITED = 1_000_000n * WHOLE;
const MINIMUM = 1_000n * WHOLE;

const { ethers, networkHelpers } = await network.create();

/** Shares of a token of 6 decimals at 2,000, a million of them deposited. */
async function deployBench() {
  const [someone] = await ethers.getSigners();
  const token = await deploy<MockERC20>(ethers, "MockERC20", ["Asset", "AST", 6]);
  const shares = await deploy<MockShares>(ethers, "MockShares", [token]);
  await token.mint(someone!, DEPOSITED);
  await token.approve(shares, DEPOSITED);
  await shares.deposit(DEPOSITED, someone!);
  const assetFeed = await deploy<HostileFeed>(ethers, "HostileFeed", [8, 2_000n * UNIT8]);
  const terms = [shares, assetFeed, GROWTH_BPS, MINIMUM, "SHARE / USD"];
  const feed = await deploy<ShareFeed>(ethers, "ShareFeed", terms);
  const mover = await deploy<RateMover>(ethers, "RateMover", []);
  return { someone: someone!, token, shares, assetFeed, feed, mover };
}

const load = () => networkHelpers.loadFixture(deployBench);
const answerOf = async (feed: ShareFeed) => (await feed.latestRoundData())[1];

async function after(seconds: bigint): Promise<void> {
  await networkHelpers.time.increase(seconds);
}

describe("ShareFeed", () => {
  it("is the rate times the asset's price, in its decimals and at its time, rounded down (I-40)", async () => {
    const { feed, assetFeed, shares, token } = await load();
    expect(await answerOf(feed)).to.equal(2_000n * UNIT8);
    expect(await feed.decimals()).to.equal(8n);
    expect(await feed.description()).to.equal("SHARE / USD");
    const [, , , updatedAt] = await feed.latestRoundData();
    expect(updatedAt).to.equal(await assetFeed.updatedAt());
    await token.mint(shares, DEPOSITED / 100n);
    await after(DAY * 365n);
    await feed.note();
    await networkHelpers.mine();
    const rate = await shares.convertToAssets(WHOLE);
    expect(rate).to.be.greaterThan(WHOLE);
    expect(await feed.countedRate()).to.equal(rate);
    expect(await answerOf(feed)).to.equal((2_000n * UNIT8 * rate) / WHOLE);
  });

  describe("given a gift (I-04, C-33)", () => {
    for (const notes of [false, true]) {
      it(`answers the same in the same transaction, ${notes ? "noted or not" : "whoever reads"}`, async () => {
        const { feed, mover, shares } = await load();
        await after(30n * DAY);
        const [before, afterwards] = await mover.giveAndRead.staticCall(shares, 50n * DEPOSITED, feed, notes);
        expect(before).to.equal(2_000n * UNIT8);
        expect(afterwards).to.equal(before);
      });
    }

    it("counts from the next block, and only as much as could have grown since the last note", async () => {
      const { feed, mover, shares } = await load();
      await after(DAY - 2n);
      const notedAt = BigInt(await networkHelpers.time.latest());
      await feed.note();
      await after(DAY - 1n);
      await mover.giveAndRead(shares, DEPOSITED, feed, true);
      const seconds = BigInt(await networkHelpers.time.latest()) - notedAt - 1n;
      expect(await shares.convertToAssets(WHOLE)).to.be.greaterThan((19n * WHOLE) / 10n);
      await networkHelpers.mine();
      const most = WHOLE + (WHOLE * GROWTH_BPS * seconds) / (BPS * YEAR);
      expect(await feed.countedRate()).to.equal(most);
      // A day of it is 0.055 %: what the gift of as much as there was has moved the price by.
      expect(most - WHOLE).to.be.lessThan(WHOLE / 1_800n);
    });

    it("noted again and again in one block counts once", async () => {
      const { feed, mover, shares } = await load();
      await after(DAY);
      await mover.giveAndRead(shares, DEPOSITED, feed, true);
      await ethers.provider.send("evm_setAutomine", [false]);
      await feed.note({ gasLimit: 200_000n });
      await feed.note({ gasLimit: 200_000n });
      await networkHelpers.mine();
      await ethers.provider.send("evm_setAutomine", [true]);
      const first = await feed.countedRate();
      expect(first).to.be.greaterThan(WHOLE - 1n);
      expect(first).to.be.lessThan(WHOLE + WHOLE / 1_800n);
    });
  });

  it("counts a loss at once, also in the block in which the rate was noted", async () => {
    const { feed, shares, someone } = await load();
    await shares.lose(DEPOSITED / 4n, someone);
    const fallen = await shares.convertToAssets(WHOLE);
    expect(fallen).to.be.lessThan((76n * WHOLE) / 100n);
    expect(await feed.countedRate()).to.equal(fallen);
    // What comes back afterwards has to grow again.
    await feed.note();
    await networkHelpers.mine();
    await networkHelpers.mine();
    expect(await feed.countedRate()).to.equal(fallen);
  });

  it("counts at the last rate noted for as long as nobody notes: never too much", async () => {
    const { feed, shares, token } = await load();
    for (let month = 0; month < 6; ++month) {
      await token.mint(shares, DEPOSITED / 200n);
      await after(30n * DAY);
      expect(await feed.countedRate()).to.equal(WHOLE);
    }
    await feed.note();
    await networkHelpers.mine();
    expect(await feed.countedRate()).to.equal(await shares.convertToAssets(WHOLE));
  });

  describe("given what is no price (C-24, I-39)", () => {
    it("has no answer while there are too few shares", async () => {
      const { feed, shares, someone } = await load();
      await shares.redeem(DEPOSITED - MINIMUM, someone, someone);
      expect(await answerOf(feed)).to.equal(2_000n * UNIT8);
      await shares.redeem(1n, someone, someone);
      await expect(feed.latestRoundData())
        .to.be.revertedWithCustomError(feed, "SupplyTooSmall")
        .withArgs(MINIMUM - 1n, MINIMUM);
      await expect(feed.note()).to.be.revertedWithCustomError(feed, "SupplyTooSmall");
    });

    for (const answer of [0n, -1n, 1n << 128n]) {
      it(`has none when the asset's is ${answer}`, async () => {
        const { feed, assetFeed } = await load();
        await assetFeed.set(answer, await assetFeed.updatedAt());
        await expect(feed.latestRoundData()).to.be.revertedWithCustomError(feed, "ShareUnusable");
      });
    }

    it("leaves an oracle with its last answer, not as a fresh one", async () => {
      const { feed, assetFeed, shares } = await load();
      const quote = await deploy<MockERC20>(ethers, "MockERC20", ["Quote", "USD", 6]);
      const quoteFeed = await deploy<MockFeed>(ethers, "MockFeed", [8, "USDC / USD", UNIT8]);
      const asset = await shares.getAddress();
      const feeds = [{ asset, feed, maxAgeSeconds: DAY, deadAgeSeconds: 3n * DAY, guard: NO_GUARD }];
      const oracle = await deploy<ChainlinkOracle>(ethers, "ChainlinkOracle", [quote, quoteFeed, DAY, feeds]);
      const price36 = 2_000n * 10n ** 36n;
      expect(await oracle.price(asset)).to.deep.equal([price36, true]);
      await assetFeed.setConduct(1);
      expect(await oracle.price(asset)).to.deep.equal([price36, false]);
    });
  });

  it("refuses terms with which the rate could be anything (C-47)", async () => {
    const { shares, assetFeed, someone } = await load();
    const factory = await ethers.getContractFactory("ShareFeed");
    for (const [growth, minimum] of [
      [10_001n, MINIMUM],
      [GROWTH_BPS, WHOLE - 1n],
    ]) {
      await expect(factory.deploy(shares, assetFeed, growth!, minimum!, ""))
        .to.be.revertedWithCustomError(factory, "ShareTermsOutOfRange")
        .withArgs(growth, minimum);
    }
    await shares.redeem(DEPOSITED, someone, someone);
    await expect(factory.deploy(shares, assetFeed, GROWTH_BPS, WHOLE, "")).to.be.revertedWithCustomError(
      factory,
      "SupplyTooSmall",
    );
  });

  it("has no rounds to ask for", async () => {
    const { feed } = await load();
    await expect(feed.getRoundData(1n)).to.be.revertedWithCustomError(feed, "NoShareRounds");
  });
});
