import { MaxUint256, type Signer } from "ethers";
import { network } from "hardhat";
import { artifactsOf } from "../../../scripts/deploy/artifacts.ts";
import { feedAsItIs } from "../../../scripts/deploy/feedAsItIs.ts";
import { deployVault } from "../../../scripts/deploy/deployVault.ts";
import { connectVault, type VaultHandle } from "../../../sdk/index.ts";
import { MockERC20__factory } from "../../../types/factories/mocks/MockERC20__factory.ts";
import { MockFeed__factory } from "../../../types/factories/mocks/MockFeed__factory.ts";
import type { MockFeed } from "../../../types/mocks/MockFeed.ts";

const HOUR = 3_600;
const DAY = 24 * HOUR;
/** PUSH0 PUSH0 REVERT */
const REVERTS = "0x5f5ffd";
/** Dollars with the eight decimals of a feed. */
export const FIRST_ANSWERS = [170_000_000_000n, 2_700_000_000_000n, 250_000_000n] as const;

const COLLATERALS = [
  { decimals: 18, initialBps: 7_600, maintenanceBps: 8_020, liquidationBps: 8_740, maxDiscountBps: 800 },
  { decimals: 8, initialBps: 8_700, maintenanceBps: 8_950, liquidationBps: 9_310, maxDiscountBps: 200 },
  { decimals: 6, initialBps: 5_000, maintenanceBps: 6_000, liquidationBps: 7_000, maxDiscountBps: 1_500 },
];

export interface LiveVault {
  readonly handle: VaultHandle;
  readonly owner: Signer;
  readonly feeds: readonly MockFeed[];
  /** The sequencer's: 0 is up, 1 is down. */
  readonly uptimeFeed: MockFeed;
  /** From now on every call to `address` reverts. */
  readonly breakContract: (address: string) => Promise<void>;
  /** Remembers the chain as it is; the answer takes it back there, once. */
  readonly remember: () => Promise<() => Promise<void>>;
  /** Mines a block `seconds` after the last one. */
  readonly pass: (seconds: bigint) => Promise<void>;
  readonly blockNumber: () => Promise<number>;
  /** The time of block `number`. */
  readonly timeOf: (number: number) => Promise<bigint>;
}

/** A vault on a chain of its own, lending a token of `quoteDecimals` against three of 18, 8 and 6, with cash to lend. */
export async function deployLiveVault(quoteDecimals: number): Promise<LiveVault> {
  const { ethers, provider } = await network.create();
  const [owner] = await ethers.getSigners();
  if (owner === undefined) throw new Error("the chain has no signer");
  const token = async (symbol: string, decimals: number) => {
    const mock = await new MockERC20__factory(owner).deploy(symbol, symbol, decimals);
    await mock.mint(owner, 10n ** 36n);
    return mock.getAddress();
  };
  const feed = (answer: bigint) => new MockFeed__factory(owner).deploy(8, "", answer);
  const quote = await token("QUOTE", quoteDecimals);
  const quoteFeed = await feed(100_000_000n);
  const feeds = [await feed(FIRST_ANSWERS[0]), await feed(FIRST_ANSWERS[1]), await feed(FIRST_ANSWERS[2])];
  const uptimeFeed = await new MockFeed__factory(owner).deploy(0, "", 0n);
  const unit = 10n ** BigInt(quoteDecimals);
  const deployment = await deployVault(
    owner,
    {
      shareName: "Test",
      shareSymbol: "TEST",
      owner: owner.address,
      admin: owner.address,
      steward: owner.address,
      guardian: owner.address,
      riskDelaySeconds: 172_800,
      adminDelaySeconds: 432_000,
      sequencerFeed: await uptimeFeed.getAddress(),
      quote: { asset: quote, feed: await quoteFeed.getAddress(), maxAgeSeconds: 10_000_000 },
      rates: {
        kinkWad: 9n * 10n ** 17n,
        baseRateWad: 10n ** 16n,
        kinkRateWad: 6n * 10n ** 16n,
        fullRateWad: 6n * 10n ** 17n,
      },
      fee: { feeBps: 1_000, recipient: owner.address },
      riskTerms: {
        minimumDebt: 100n * unit,
        dustValue: 10n * unit,
        maxBounty: 5n * unit,
        minGraceSeconds: 900,
        maxGraceSeconds: 14_400,
        auctionSeconds: HOUR,
        rampSeconds: HOUR / 2,
      },
      collaterals: await Promise.all(
        COLLATERALS.map(async ({ decimals, ...terms }, number) => ({
          asset: await token(`C${decimals}`, decimals),
          feed: await feeds[number]!.getAddress(),
          expected: await feedAsItIs(owner, await feeds[number]!.getAddress(), await quoteFeed.getAddress()),
          maxAgeSeconds: HOUR + 300,
          deadAgeSeconds: 3 * DAY,
          ...terms,
          cap: 10n ** 34n,
        })),
      ),
    },
    artifactsOf("default"),
  );

  const handle = connectVault(deployment, owner);
  for (const asset of [handle.quote, ...handle.collaterals])
    await asset.approve(deployment.vault, MaxUint256);
  await handle.shares.deposit(5_000_000n * unit, owner);
  return {
    handle,
    owner,
    feeds,
    uptimeFeed,
    async breakContract(address) {
      await provider.request({ method: "hardhat_setCode", params: [address, REVERTS] });
    },
    async remember() {
      const snapshot: unknown = await provider.request({ method: "evm_snapshot" });
      return async () => {
        await provider.request({ method: "evm_revert", params: [snapshot] });
      };
    },
    async pass(seconds) {
      await provider.request({ method: "evm_increaseTime", params: [Number(seconds)] });
      await provider.request({ method: "evm_mine", params: [] });
    },
    blockNumber: () => ethers.provider.getBlockNumber(),
    async timeOf(number) {
      const block = await ethers.provider.getBlock(number);
      if (block === null) throw new Error(`there is no block ${number}`);
      return BigInt(block.timestamp);
    },
  };
}
