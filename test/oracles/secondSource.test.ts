import { expect } from "chai";
import { network } from "hardhat";
import type { ChainlinkOracle, HostileFeed, MockERC20, MockFeed } from "../../types/index.ts";
import { NO_GUARD } from "../../scripts/deploy/plan.ts";
import { deploy } from "../vault/support/world.ts";

const DAY = 86_400n;
const UNIT8 = 10n ** 8n;
const UNIT18 = 10n ** 18n;
const ETH_PRICE36 = 2_000n * 10n ** 24n;
/** As `freshSet` has them: the only asset is fresh, or in dispute. */
const FRESH = 1n;
const DISPUTED = 1n << 16n;
/** Numbers of `HostileFeed.Conduct`. */
const NO_ANSWER = { Reverts: 1, RevertsLoudly: 2, ReturnsNothing: 3, ReturnsTooLittle: 4, BurnsAllGas: 7 };

const { ethers, networkHelpers } = await network.create();

interface Bench {
  oracle: ChainlinkOracle;
  asset: string;
  feed: MockFeed;
  second: HostileFeed;
}

type Guard = Partial<Record<keyof typeof NO_GUARD, unknown>>;

async function surroundings(feedDecimals = 8) {
  const quote = await deploy<MockERC20>(ethers, "MockERC20", ["Quote", "USD", 6]);
  const quoteFeed = await deploy<MockFeed>(ethers, "MockFeed", [8, "USDC / USD", UNIT8]);
  const token = await deploy<MockERC20>(ethers, "MockERC20", ["Ether", "ETH", 18]);
  const answer = 2_000n * 10n ** BigInt(feedDecimals);
  const feed = await deploy<MockFeed>(ethers, "MockFeed", [feedDecimals, "ETH / USD", answer]);
  const asset = await token.getAddress();
  const oracleOf = (guard: Guard) =>
    deploy<ChainlinkOracle>(ethers, "ChainlinkOracle", [
      quote,
      quoteFeed,
      100n * DAY,
      [{ asset, feed, maxAgeSeconds: DAY, deadAgeSeconds: 3n * DAY, guard: { ...NO_GUARD, ...guard } }],
    ]);
  return { asset, feed, oracleOf };
}

/** ETH at 2,000 by a feed of 8 decimals, confirmed within 2 % by one of 18 that may be an hour old. */
async function deployBench(): Promise<Bench> {
  const { asset, feed, oracleOf } = await surroundings();
  const second = await deploy<HostileFeed>(ethers, "HostileFeed", [18, 2_000n * UNIT18]);
  const oracle = await oracleOf({ second, secondMaxAgeSeconds: 3_600n, maxDeviationBps: 200n });
  return { oracle, asset, feed, second };
}

const load = () => networkHelpers.loadFixture(deployBench);
const freshSetOf = async ({ oracle }: Pick<Bench, "oracle">) => (await oracle.prices(1n)).freshSet;
const now = async () => BigInt(await networkHelpers.time.latest());

describe("a second source (rule 7)", () => {
  it("that agrees changes nothing", async () => {
    const b = await load();
    const { prices36, freshSet } = await b.oracle.prices(1n);
    expect([...prices36]).to.deep.equal([ETH_PRICE36]);
    expect(freshSet).to.equal(FRESH);
    expect(await b.oracle.price(b.asset)).to.deep.equal([ETH_PRICE36, true]);
  });

  for (const [side, edge, beyond] of [
    ["above", 2_040n * UNIT8, 2_040n * UNIT8 + 1n],
    ["below", 1_960n * UNIT8, 1_960n * UNIT8 - 1n],
  ] as const) {
    it(`disputes an answer ${side} it by more than the deviation, and not one by exactly that`, async () => {
      const b = await load();
      await b.feed.push(edge);
      expect(await freshSetOf(b)).to.equal(FRESH);
      await b.feed.push(beyond);
      expect(await freshSetOf(b)).to.equal(DISPUTED);
      // It counts all the same, and for whoever asks from outside it is not fresh.
      expect(await b.oracle.price(b.asset)).to.deep.equal([beyond * 10n ** 16n, false]);
      await b.second.set((beyond * UNIT18) / UNIT8, await now());
      expect(await freshSetOf(b)).to.equal(FRESH);
    });
  }

  it("that is older than its age contradicts nothing", async () => {
    const b = await load();
    await b.feed.push(1_000n * UNIT8);
    const at = await now();
    await b.second.set(2_000n * UNIT18, at);
    await networkHelpers.time.increaseTo(at + 3_600n);
    expect(await freshSetOf(b)).to.equal(DISPUTED);
    await networkHelpers.time.increaseTo(at + 3_601n);
    expect(await freshSetOf(b)).to.equal(FRESH);
  });

  for (const [name, conduct] of Object.entries(NO_ANSWER)) {
    it(`that ${name} contradicts nothing (C-45)`, async () => {
      const b = await load();
      await b.feed.push(1_000n * UNIT8);
      await b.second.setConduct(conduct);
      expect(await freshSetOf(b)).to.equal(FRESH);
    });
  }

  it("cannot make the oracle revert, whatever it and the feed say", async () => {
    const b = await load();
    const largest = 2n ** 128n - 1n;
    for (const said of [1n, largest, -1n, 0n, largest + 1n, 2n ** 255n - 1n]) {
      await b.second.set(said, await now());
      for (const answer of [1n, largest]) {
        await b.feed.push(answer);
        const isSaid = said > 0n && said <= largest;
        // The largest answer gives no price that fits, which is not fresh either way.
        const isPriced = (await b.oracle.prices(1n)).prices36[0] !== 0n;
        expect(await freshSetOf(b), `${answer} and ${said}`).to.equal(
          !isPriced ? 0n : isSaid ? DISPUTED : FRESH,
        );
      }
    }
  });

  it("is not asked about an answer that is old anyway", async () => {
    const b = await load();
    await networkHelpers.time.increase(DAY + 1n);
    expect(await freshSetOf(b)).to.equal(0n);
  });

  it("of fewer decimals than the feed is brought to the same scale", async () => {
    const { feed, oracleOf } = await surroundings(18);
    const second = await deploy<MockFeed>(ethers, "MockFeed", [8, "ETH / USD", 2_000n * UNIT8]);
    const oracle = await oracleOf({ second, secondMaxAgeSeconds: DAY, maxDeviationBps: 1n });
    expect(await freshSetOf({ oracle })).to.equal(FRESH);
    await feed.push(2_000n * UNIT18 + UNIT18 / 5n + 1n);
    expect(await freshSetOf({ oracle })).to.equal(DISPUTED);
  });

  it("is shown with the rest of the guard", async () => {
    const { oracle, second } = await load();
    expect(await oracle.guardOf(0n)).to.deep.equal([await second.getAddress(), 3_600n, 200n, 0n, 0n]);
  });
});

describe("bounds of an answer (C-23)", () => {
  const bounds = { minAnswer: 100n * UNIT8, maxAnswer: 10_000n * UNIT8 };

  it("dispute what is at them or beyond, where a feed stands that may go no further", async () => {
    const { feed, oracleOf } = await surroundings();
    const oracle = await oracleOf(bounds);
    for (const [answer, freshSet] of [
      [100n * UNIT8 + 1n, FRESH],
      [100n * UNIT8, DISPUTED],
      [1n, DISPUTED],
      [10_000n * UNIT8 - 1n, FRESH],
      [10_000n * UNIT8, DISPUTED],
    ] as const) {
      await feed.push(answer);
      expect(await freshSetOf({ oracle }), `${answer}`).to.equal(freshSet);
      expect((await oracle.prices(1n)).prices36[0]).to.equal(answer * 10n ** 16n);
    }
  });

  it("may be one alone", async () => {
    const { feed, oracleOf } = await surroundings();
    const oracle = await oracleOf({ maxAnswer: 3_000n * UNIT8 });
    await feed.push(1n);
    expect(await freshSetOf({ oracle })).to.equal(FRESH);
    await feed.push(3_000n * UNIT8);
    expect(await freshSetOf({ oracle })).to.equal(DISPUTED);
  });
});

describe("a guard is refused", () => {
  it("whose second source has no age, no deviation or too much, is the feed, or has too many decimals", async () => {
    const { asset, feed, oracleOf } = await surroundings();
    const second = await deploy<MockFeed>(ethers, "MockFeed", [8, "ETH / USD", 2_000n * UNIT8]);
    const many = await deploy<MockFeed>(ethers, "MockFeed", [37, "ETH / USD", 2_000n * UNIT8]);
    const good = { second, secondMaxAgeSeconds: DAY, maxDeviationBps: 200n };
    const oracle = await oracleOf(good);
    for (const changes of [
      { secondMaxAgeSeconds: 0n },
      { maxDeviationBps: 0n },
      { maxDeviationBps: 2_001n },
      { second: feed },
      { second: many },
      { second: ethers.ZeroAddress },
    ]) {
      const guard = { ...good, ...changes };
      await expect(oracleOf(guard))
        .to.be.revertedWithCustomError(oracle, "SecondSourceUnfit")
        .withArgs(asset, guard.second, guard.secondMaxAgeSeconds, guard.maxDeviationBps);
    }
  });

  it("whose bounds the present answer is at, or that do not rise", async () => {
    const { asset, oracleOf } = await surroundings();
    const oracle = await oracleOf({ minAnswer: 1n });
    for (const [minAnswer, maxAnswer] of [
      [2_000n * UNIT8, 0n],
      [0n, 2_000n * UNIT8],
      [3_000n * UNIT8, 1_000n * UNIT8],
    ] as const) {
      await expect(oracleOf({ minAnswer, maxAnswer }))
        .to.be.revertedWithCustomError(oracle, "AnswerOutOfBounds")
        .withArgs(asset, 2_000n * UNIT8, minAnswer, maxAnswer);
    }
  });

  it("whose second source says nothing now, or something else", async () => {
    const { asset, oracleOf } = await surroundings();
    const second = await deploy<HostileFeed>(ethers, "HostileFeed", [8, 2_100n * UNIT8]);
    const oracle = await oracleOf({});
    const guard = { second, secondMaxAgeSeconds: DAY, maxDeviationBps: 400n };
    await expect(oracleOf(guard))
      .to.be.revertedWithCustomError(oracle, "SecondSourceDisagrees")
      .withArgs(asset, second, 477n, 400n);
    await second.setConduct(NO_ANSWER.Reverts);
    await expect(oracleOf(guard))
      .to.be.revertedWithCustomError(oracle, "SecondSourceDisagrees")
      .withArgs(asset, second, ethers.MaxUint256, 400n);
  });
});
