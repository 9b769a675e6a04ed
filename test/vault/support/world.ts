import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { NetworkHelpers } from "@nomicfoundation/hardhat-network-helpers/types";
import { parseUnits } from "ethers";
import { artifacts, network } from "hardhat";
import type {
  Authority,
  ChainlinkOracle,
  Governance,
  KinkedRateModel,
  MarginVault,
  MockERC20,
  MockFeed,
  RiskConfigurator,
  UptimeClock,
} from "../../../types/index.ts";
import type { ListingStruct } from "../../../types/interfaces/IRiskConfigurator.ts";
import { IPriceFeed__factory } from "../../../types/factories/interfaces/IPriceFeed.sol/IPriceFeed__factory.ts";
import { NO_GUARD } from "../../../scripts/deploy/plan.ts";
import { assignRoles, deployGovernance } from "./governance.ts";

export interface Terms {
  initialBps: bigint;
  maintenanceBps: bigint;
  liquidationBps: bigint;
  maxDiscountBps: bigint;
  cap: bigint;
}

export interface RiskTerms {
  minimumDebt: bigint;
  dustValue: bigint;
  maxBounty: bigint;
  minGraceSeconds: bigint;
  maxGraceSeconds: bigint;
  auctionSeconds: bigint;
  rampSeconds: bigint;
}

export interface ListedCollateral {
  token: MockERC20;
  address: string;
  feed: MockFeed;
  number: number;
  decimals: number;
  /** Base units of one whole token. */
  unit: bigint;
  terms: Terms;
}

export interface WorldOptions {
  quoteDecimals?: number;
  /** Decimals of the first collateral; the second has 8. */
  collateralDecimals?: number;
  /** Whole quote tokens that the lender has put in. */
  lent?: bigint;
  /** Whole quote tokens; zero keeps debts round, so that thresholds can be hit exactly. */
  maxBounty?: bigint;
  /** Rates a year in per cent, empty, at the kink and full; zeros keep debts round. */
  ratesPercent?: readonly [bigint, bigint, bigint];
  feeBps?: bigint;
  /** Weights and discount of the second collateral are the first's unless this is set. */
  secondIsWeaker?: boolean;
  /** How many collaterals are listed; from the third on they have 18 decimals and cost 1. */
  collateralCount?: number;
}

export interface World {
  ethers: HardhatEthers;
  helpers: NetworkHelpers;
  vault: MarginVault;
  vaultAddress: string;
  configurator: RiskConfigurator;
  /** Not sealed: its deployer, the owner, may do everything without a delay. */
  governance: Governance;
  oracle: ChainlinkOracle;
  model: KinkedRateModel;
  authority: Authority;
  clock: UptimeClock;
  /** Says 0 while the sequencer is up, 1 while it is down. */
  uptimeFeed: MockFeed;
  quote: MockERC20;
  quoteAddress: string;
  quoteDecimals: number;
  quoteFeed: MockFeed;
  collaterals: ListedCollateral[];
  risk: RiskTerms;
  owner: HardhatEthersSigner;
  lender: HardhatEthersSigner;
  trader: HardhatEthersSigner;
  keeper: HardhatEthersSigner;
  stranger: HardhatEthersSigner;
  feeRecipient: HardhatEthersSigner;
  guardian: HardhatEthersSigner;
  /** Quote base units of a decimal number of quote tokens. */
  usd: (amount: string | bigint) => bigint;
}

export const WAD = 10n ** 18n;
export const BPS = 10_000n;
/** More than any real feed's, so that every value of every position can be hit to the base unit. */
export const FEED_DECIMALS = 24;
/** Long, so that a test may wait for a deadline without pushing prices; the oracle's own tests use short ones. */
export const MAX_AGE_SECONDS = 86_400n;
export const DEAD_AGE_SECONDS = 259_200n;
export const MAX_UINT = 2n ** 256n - 1n;
/** Decimals of quote and collateral with which everything that moves money is tried. */
export const DECIMAL_PAIRS = [
  [6, 18],
  [6, 6],
  [8, 8],
  [18, 6],
  [18, 18],
] as const;
const QUOTE_FEED_DECIMALS = 8;

export const STRONG: Terms = {
  initialBps: 7600n,
  maintenanceBps: 8020n,
  liquidationBps: 8740n,
  maxDiscountBps: 800n,
  cap: 2n ** 128n - 1n,
};
export const WEAK: Terms = {
  initialBps: 7000n,
  maintenanceBps: 7500n,
  liquidationBps: 8200n,
  maxDiscountBps: 1000n,
  cap: 2n ** 128n - 1n,
};

const loaders = new Map<string, Promise<() => Promise<World>>>();

/** A vault with its surroundings, as fresh from its deployment: one chain for each set of options, by snapshots. */
export async function loadWorld(options: WorldOptions = {}): Promise<World> {
  const key = JSON.stringify(options, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
  let loader = loaders.get(key);
  if (loader === undefined) {
    loader = prepare(options);
    loaders.set(key, loader);
  }
  return (await loader)();
}

async function prepare(options: WorldOptions): Promise<() => Promise<World>> {
  const { ethers, networkHelpers } = await network.create();
  const freshWorld = () => deployWorld(ethers, networkHelpers, options);
  return () => networkHelpers.loadFixture(freshWorld);
}

async function deployWorld(
  ethers: HardhatEthers,
  helpers: NetworkHelpers,
  options: WorldOptions,
): Promise<World> {
  const quoteDecimals = options.quoteDecimals ?? 6;
  const usd = (amount: string | bigint) => parseUnits(amount.toString(), quoteDecimals);
  const [owner, lender, trader, keeper, stranger, feeRecipient, guardian] = await ethers.getSigners();
  const quote = await deploy<MockERC20>(ethers, "MockERC20", ["Quote", "USD", quoteDecimals]);
  const quoteFeed = await deployFeed(ethers, QUOTE_FEED_DECIMALS, "1");
  const [empty, kink, full] = options.ratesPercent ?? [0n, 0n, 0n];
  const percent = WAD / 100n;
  const model = await deploy<KinkedRateModel>(ethers, "KinkedRateModel", [
    (WAD * 9n) / 10n,
    empty * percent,
    kink * percent,
    full * percent,
  ]);
  const governance = await deployGovernance(ethers, owner!, guardian!);
  const configurator = await deploy<RiskConfigurator>(ethers, "RiskConfigurator", [governance]);
  const authority = await deploy<Authority>(ethers, "Authority");
  const uptimeFeed = await deploy<MockFeed>(ethers, "MockFeed", [0, "uptime", 0n]);
  const clock = await deploy<UptimeClock>(ethers, "UptimeClock", [governance, uptimeFeed, 900n]);
  await assignRoles({ governance, configurator, clock });
  const vault = await deployVault(ethers, { quote, model, configurator, authority, clock });

  const risk: RiskTerms = {
    minimumDebt: usd(100n),
    dustValue: usd(10n),
    maxBounty: usd(options.maxBounty ?? 0n),
    minGraceSeconds: 900n,
    maxGraceSeconds: 14_400n,
    auctionSeconds: 3_600n,
    rampSeconds: 1_800n,
  };
  await configurator.setRiskTerms(vault, risk);
  await configurator.setFee(vault, options.feeBps ?? 0n, feeRecipient!);
  const collaterals = await deployCollaterals(ethers, options);
  const oracle = await deployOracle(ethers, quote, quoteFeed, collaterals);
  await configurator.listCollaterals(vault, await listingsOf(oracle, collaterals), oracle);

  for (const actor of [lender!, trader!, keeper!, stranger!]) {
    for (const token of [quote, ...collaterals.map((c) => c.token)]) {
      await token.mint(actor, 10n ** (9n + (await token.decimals())));
      await token.connect(actor).approve(vault, ethers.MaxUint256);
    }
  }
  const lent = usd(options.lent ?? 1_000_000n);
  if (lent > 0n) await vault.connect(lender).deposit(lent, lender!);
  return {
    ethers,
    helpers,
    vault,
    vaultAddress: await vault.getAddress(),
    configurator,
    governance,
    oracle,
    model,
    authority,
    clock,
    uptimeFeed,
    quote,
    quoteAddress: await quote.getAddress(),
    quoteDecimals,
    quoteFeed,
    collaterals,
    risk,
    owner: owner!,
    lender: lender!,
    trader: trader!,
    keeper: keeper!,
    stranger: stranger!,
    feeRecipient: feeRecipient!,
    guardian: guardian!,
    usd,
  };
}

async function deployCollaterals(ethers: HardhatEthers, options: WorldOptions): Promise<ListedCollateral[]> {
  const plans = [
    { symbol: "ETH", decimals: options.collateralDecimals ?? 18, price: "2000", terms: STRONG },
    { symbol: "BTC", decimals: 8, price: "30000", terms: options.secondIsWeaker === true ? WEAK : STRONG },
  ];
  while (plans.length < (options.collateralCount ?? 2)) {
    plans.push({ symbol: `C${plans.length}`, decimals: 18, price: "1", terms: STRONG });
  }
  const listed: ListedCollateral[] = [];
  for (const [number, { symbol, decimals, price, terms }] of plans.entries()) {
    const token = await deploy<MockERC20>(ethers, "MockERC20", [symbol, symbol, decimals]);
    const feed = await deployFeed(ethers, FEED_DECIMALS, price);
    const address = await token.getAddress();
    listed.push({ token, address, feed, number, decimals, unit: 10n ** BigInt(decimals), terms });
  }
  return listed;
}

/** What a vault stands on. */
export type Foundations = Pick<World, "quote" | "model" | "configurator" | "authority" | "clock">;

/** Deploys a vault whatever libraries it needs. */
export async function deployVault(ethers: HardhatEthers, on: Foundations): Promise<MarginVault> {
  const { linkReferences } = await artifacts.readArtifact("MarginVault");
  const libraries: Record<string, string> = {};
  for (const name of Object.values(linkReferences).flatMap((file) => Object.keys(file))) {
    libraries[name] = await (await ethers.deployContract(name)).getAddress();
  }
  const args = [on.quote, on.model, on.configurator, on.authority, on.clock, "Tocsin USD", "tUSD"];
  return await ethers.deployContract("MarginVault", args, { libraries });
}

/** An oracle over the feeds of `collaterals`, with the ages of this world. */
export async function deployOracle(
  ethers: HardhatEthers,
  quote: MockERC20,
  quoteFeed: MockFeed,
  collaterals: readonly { address: string; feed: { getAddress: () => Promise<string> } }[],
): Promise<ChainlinkOracle> {
  const feeds = await Promise.all(
    collaterals.map(async (c) => ({
      asset: c.address,
      feed: await c.feed.getAddress(),
      maxAgeSeconds: MAX_AGE_SECONDS,
      deadAgeSeconds: DEAD_AGE_SECONDS,
      guard: NO_GUARD,
    })),
  );
  return deploy(ethers, "ChainlinkOracle", [quote, quoteFeed, MAX_AGE_SECONDS, feeds]);
}

/** Listings that expect of each feed what it says, and the price that `oracle` has. */
export function listingsOf(
  oracle: ChainlinkOracle,
  collaterals: readonly { address: string; feed: { getAddress: () => Promise<string> }; terms: Terms }[],
): Promise<ListingStruct[]> {
  return Promise.all(
    collaterals.map(async ({ address, feed, terms }) => {
      const { provider } = oracle.runner ?? {};
      const self = IPriceFeed__factory.connect(await feed.getAddress(), provider);
      const [price36] = await oracle.price(address);
      const check = {
        feed: await self.getAddress(),
        feedDecimals: await self.decimals(),
        description: await self.description(),
        price36,
        toleranceBps: 1n,
      };
      return { asset: address, terms, check };
    }),
  );
}

/** A feed of `decimals` whose first answer is `price`. */
export function deployFeed(ethers: HardhatEthers, decimals: number, price: string): Promise<MockFeed> {
  return deploy(ethers, "MockFeed", [decimals, "test", parseUnits(price, decimals)]);
}

/** `deployContract` with the type that typechain has for `name`; the caller names both. */
export async function deploy<Contract>(
  ethers: HardhatEthers,
  name: string,
  args: unknown[] = [],
): Promise<Contract> {
  return (await ethers.deployContract(name, args)) as unknown as Contract;
}
