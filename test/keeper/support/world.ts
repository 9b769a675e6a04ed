import { Contract, ContractFactory, JsonRpcProvider, Wallet } from "ethers";
import { artifactsOf } from "../../../scripts/deploy/artifacts.ts";
import { deployVault } from "../../../scripts/deploy/deployVault.ts";
import { feedAsItIs } from "../../../scripts/deploy/feedAsItIs.ts";
import { parsePlan } from "../../../scripts/deploy/plan.ts";
import type { AccountId } from "../../../sdk/accountId.ts";
import { accountIdOf } from "../../../sdk/accountId.ts";
import type { Deployment } from "../../../sdk/deployment.ts";
import { KEYS, type Chain } from "./chain.ts";

const USDC = 10n ** 6n;
const FEED_SCALE = 10n ** 8n;
const MAX = 2n ** 256n - 1n;

/** A vault with two collaterals on a chain that mines each transaction at once, and one trader with many sub-accounts. */
export interface World {
  readonly deployment: Deployment;
  readonly provider: JsonRpcProvider;
  readonly trader: Wallet;
  readonly keeper: Wallet;
  readonly vault: Contract;
  readonly quote: Contract;
  readonly tokens: readonly Contract[];
  readonly feeds: readonly Contract[];
  readonly quoteFeed: Contract;
  /** The protocol's clock; the trader is its guardian. */
  readonly clock: Contract;
  /** The sequencer's feed: 0 is up, 1 is down. */
  readonly uptimeFeed: Contract;
  /** Deposits `amount` base units of collateral `number` and borrows `debt` quote base units. */
  open(subAccount: bigint, number: number, amount: bigint, debt: bigint): Promise<AccountId>;
  /** Sends a transaction of the trader's, with a nonce of its own count so that many may wait together. */
  act(contract: Contract, name: string, ...args: unknown[]): Promise<unknown>;
  /** Sets the price of collateral `number` in whole quote units. */
  setPrice(number: number, price: number): Promise<void>;
  /** Deploys one more of the contracts in `contracts/mocks/`; needs a chain that mines each transaction at once. */
  mock(name: string, ...args: unknown[]): Promise<Contract>;
  /** After the chain was taken back to an earlier state. */
  resetNonce(): Promise<void>;
  close(): void;
}

export const PRICES = [2_000, 30_000] as const;

/** How the weights of the first collateral follow its price's volatility, as a plan says it. */
export interface WorldVolatility {
  readonly halfLifeSeconds: number;
  readonly referenceWad: string;
  readonly slopeBps: number;
  readonly capBps: number;
}

export async function buildWorld(chain: Chain, volatility?: WorldVolatility): Promise<World> {
  const provider = new JsonRpcProvider(chain.url, undefined, {
    staticNetwork: true,
    batchMaxCount: 1,
    cacheTimeout: -1,
    pollingInterval: 10,
  });
  const trader = new Wallet(KEYS.deployer, provider);
  const keeper = new Wallet(KEYS.keeper, provider);
  const load = artifactsOf("default");
  const mock = async (name: string, ...args: unknown[]): Promise<Contract> => {
    const { abi, bytecode } = load(`mocks/${name}.sol`, name);
    const contract = await new ContractFactory(abi, bytecode, trader).deploy(...args);
    await contract.waitForDeployment();
    return new Contract(await contract.getAddress(), abi, trader);
  };
  const quote = await mock("MockERC20", "USD Coin", "USDC", 6);
  const quoteFeed = await mock("MockFeed", 8, "USDC / USD", FEED_SCALE);
  const uptimeFeed = await mock("MockFeed", 0, "sequencer", 0n);
  const tokens = [
    await mock("MockERC20", "Ether", "WETH", 18),
    await mock("MockERC20", "Bitcoin", "WBTC", 8),
  ];
  const feeds = [
    await mock("MockFeed", 8, "ETH / USD", BigInt(PRICES[0]) * FEED_SCALE),
    await mock("MockFeed", 8, "BTC / USD", BigInt(PRICES[1]) * FEED_SCALE),
  ];
  const at = async (contract: Contract) => contract.getAddress();
  const collaterals = await Promise.all(
    tokens.map(async (token, i) => ({
      asset: await at(token),
      feed: await at(feeds[i]!),
      expected: await feedAsItIs(provider, await at(feeds[i]!), await at(quoteFeed)),
      maxAgeSeconds: 500_000,
      deadAgeSeconds: 1_000_000,
      initialBps: 7600,
      maintenanceBps: 8020,
      liquidationBps: 8740,
      maxDiscountBps: 800,
      cap: (2n ** 128n - 1n).toString(),
      ...(i === 0 && volatility !== undefined ? { volatility } : {}),
    })),
  );
  const plan = parsePlan(
    {
      shareName: "Tocsin USDC",
      shareSymbol: "tUSDC",
      owner: trader.address,
      guardian: trader.address,
      sequencerFeed: await at(uptimeFeed),
      quote: { asset: await at(quote), feed: await at(quoteFeed), maxAgeSeconds: 500_000 },
      rates: {
        kinkWad: "800000000000000000",
        baseRateWad: "10000000000000000",
        kinkRateWad: "60000000000000000",
        fullRateWad: "600000000000000000",
      },
      fee: { feeBps: 1000, recipient: trader.address },
      riskTerms: {
        minimumDebt: (100n * USDC).toString(),
        dustValue: (10n * USDC).toString(),
        maxBounty: (5n * USDC).toString(),
        minGraceSeconds: 900,
        maxGraceSeconds: 14_400,
        auctionSeconds: 3_600,
        rampSeconds: 1_800,
      },
      collaterals,
    },
    "plan",
  );
  const deployment = await deployVault(trader, plan, load);
  const vault = new Contract(deployment.vault, load("MarginVault.sol", "MarginVault").abi, trader);

  let nonce = await trader.getNonce();
  const act = (contract: Contract, name: string, ...args: unknown[]): Promise<unknown> => {
    const overrides = { nonce, gasLimit: 3_000_000 };
    nonce += 1;
    return contract.getFunction(name).send(...args, overrides);
  };
  await act(quote, "mint", trader.address, 10n ** 15n);
  await act(quote, "mint", keeper.address, 10n ** 13n);
  await act(quote, "approve", deployment.vault, MAX);
  for (const token of tokens) {
    await act(token, "mint", trader.address, 10n ** 30n);
    await act(token, "approve", deployment.vault, MAX);
  }
  await act(vault, "deposit", 10n ** 14n, trader.address);
  return {
    deployment,
    provider,
    trader,
    keeper,
    vault,
    quote,
    tokens,
    feeds,
    quoteFeed,
    clock: new Contract(deployment.clock, load("UptimeClock.sol", "UptimeClock").abi, trader),
    uptimeFeed,
    act,
    async open(subAccount, number, amount, debt) {
      const account = accountIdOf(trader.address, subAccount);
      await act(vault, "depositCollateral", account, await at(tokens[number]!), amount);
      await act(vault, "borrow", account, debt, trader.address);
      return account;
    },
    async mock(name, ...args) {
      const contract = await mock(name, ...args);
      nonce = await trader.getNonce();
      return contract;
    },
    async setPrice(number, price) {
      await act(feeds[number]!, "push", BigInt(Math.round(price * 1e8)));
    },
    async resetNonce() {
      nonce = await trader.getNonce();
    },
    close() {
      provider.destroy();
    },
  };
}
