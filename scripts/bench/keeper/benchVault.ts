import { Contract, ContractFactory, type JsonRpcSigner } from "ethers";
import type { Deployment } from "../../../sdk/deployment.ts";
import { artifactsOf } from "../../deploy/artifacts.ts";
import { deployVault } from "../../deploy/deployVault.ts";
import { feedAsItIs } from "../../deploy/feedAsItIs.ts";
import { parsePlan } from "../../deploy/plan.ts";
import { answerOf, BENCH_COLLATERALS, BENCH_RISK, QUOTE_DECIMALS } from "./market.ts";

const MAX = 2n ** 256n - 1n;
const LOAN_CAPITAL = 10n ** 15n;
const FOR_EVER_SECONDS = 10_000_000;

/** A vault with the bench's eight collaterals, and what a bench needs to move it. */
export interface BenchVault {
  readonly deployment: Deployment;
  /** The vault, to be called by names. */
  readonly vault: Contract;
  readonly quote: Contract;
  readonly tokens: readonly Contract[];
  readonly feeds: readonly Contract[];
  /** Deploys one of `contracts/mocks/`. */
  readonly mock: (name: string, ...args: unknown[]) => Promise<Contract>;
}

/** Deploys it on a chain that mines every transaction, with loan capital and more of everything than a bench can use. */
export async function deployBenchVault(trader: JsonRpcSigner): Promise<BenchVault> {
  const load = artifactsOf("default");
  const mock = async (name: string, ...args: unknown[]): Promise<Contract> => {
    const { abi, bytecode } = load(`mocks/${name}.sol`, name);
    const contract = await new ContractFactory(abi, bytecode, trader).deploy(...args);
    await contract.waitForDeployment();
    return new Contract(await contract.getAddress(), abi, trader);
  };
  const quote = await mock("MockERC20", "USD Coin", "USDC", QUOTE_DECIMALS);
  const quoteFeed = await mock("MockFeed", 8, "USDC / USD", answerOf(1));
  const tokens: Contract[] = [];
  const feeds: Contract[] = [];
  for (const { symbol, decimals, price } of BENCH_COLLATERALS) {
    tokens.push(await mock("MockERC20", symbol, symbol, decimals));
    feeds.push(await mock("MockFeed", 8, `${symbol} / USD`, answerOf(price)));
  }
  const plan = parsePlan(await planOf(trader.address, quote, quoteFeed, tokens, feeds), "the bench's plan");
  const deployment = await deployVault(trader, plan, load);
  const vault = new Contract(deployment.vault, load("MarginVault.sol", "MarginVault").abi, trader);
  for (const token of [quote, ...tokens]) {
    await token.getFunction("mint").send(trader.address, 10n ** 36n);
    await token.getFunction("approve").send(deployment.vault, MAX);
  }
  await vault.getFunction("deposit").send(LOAN_CAPITAL, trader.address);
  return { deployment, vault, quote, tokens, feeds, mock };
}

async function planOf(
  owner: string,
  quote: Contract,
  quoteFeed: Contract,
  tokens: readonly Contract[],
  feeds: readonly Contract[],
): Promise<unknown> {
  const { runner } = quoteFeed;
  if (runner === null) throw new Error("the quote feed has no chain to ask");
  const listings = BENCH_COLLATERALS.map(async (collateral, i) => ({
    asset: await tokens[i]?.getAddress(),
    feed: await feeds[i]?.getAddress(),
    expected: await feedAsItIs(runner, (await feeds[i]?.getAddress()) ?? "", await quoteFeed.getAddress()),
    maxAgeSeconds: FOR_EVER_SECONDS,
    deadAgeSeconds: FOR_EVER_SECONDS + 1,
    initialBps: Number(collateral.initialBps),
    maintenanceBps: Number(collateral.maintenanceBps),
    liquidationBps: Number(collateral.liquidationBps),
    maxDiscountBps: Number(collateral.maxDiscountBps),
    cap: (2n ** 128n - 1n).toString(),
  }));
  const { minimumDebt, dustValue, maxBounty, ...seconds } = BENCH_RISK;
  const times = Object.entries(seconds).map(([name, value]) => [name, Number(value)] as const);
  return {
    shareName: "Bench",
    shareSymbol: "BENCH",
    owner,
    guardian: owner,
    quote: {
      asset: await quote.getAddress(),
      feed: await quoteFeed.getAddress(),
      maxAgeSeconds: FOR_EVER_SECONDS,
    },
    rates: {
      kinkWad: "800000000000000000",
      baseRateWad: "10000000000000000",
      kinkRateWad: "60000000000000000",
      fullRateWad: "600000000000000000",
    },
    fee: { feeBps: 1000, recipient: owner },
    riskTerms: {
      minimumDebt: minimumDebt.toString(),
      dustValue: dustValue.toString(),
      maxBounty: maxBounty.toString(),
      ...Object.fromEntries(times),
    },
    collaterals: await Promise.all(listings),
  };
}
