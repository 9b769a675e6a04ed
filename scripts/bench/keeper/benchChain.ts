import { Contract, ContractFactory, JsonRpcProvider, type JsonRpcSigner } from "ethers";
import { network } from "hardhat";
import { connectVault, type VaultHandle } from "../../../sdk/vault.ts";
import { artifactsOf } from "../../deploy/artifacts.ts";
import { deployVault } from "../../deploy/deployVault.ts";
import { parsePlan } from "../../deploy/plan.ts";
import { answerOf, BENCH_COLLATERALS, BENCH_RISK, QUOTE_DECIMALS } from "./market.ts";

/** A vault with the bench's eight collaterals on a chain of its own. */
export interface BenchChain {
  readonly provider: JsonRpcProvider;
  readonly trader: JsonRpcSigner;
  readonly handle: VaultHandle;
  /** The vault, to be called by names. */
  readonly vault: Contract;
  readonly deployBlock: number;
  /** Tells the feeds prices in whole quote units, in one block. */
  setPrices(prices: readonly number[]): Promise<void>;
  /** Sends many transactions of the trader's and mines them. Throws when one of them reverts. */
  sendAll(calls: readonly { readonly to: string; readonly data: string }[]): Promise<void>;
  close(): Promise<void>;
}

const MAX = 2n ** 256n - 1n;
const LOAN_CAPITAL = 10n ** 15n;
const FOR_EVER_SECONDS = 10_000_000;
/** Together below a block's gas. */
const CALLS_PER_BLOCK = 20;
const CALL_GAS = "0xf4240";

/** Starts a chain, deploys, and gives the trader more of everything than a bench can use. */
export async function startBenchChain(): Promise<BenchChain> {
  const override = { initialDate: new Date(Date.UTC(2030, 0, 7)) };
  const server = await network.createServer({ network: "default", override }, "127.0.0.1", 0);
  const { address, port } = await server.listen();
  const options = { staticNetwork: true, batchMaxCount: 100, batchStallTime: 0, cacheTimeout: -1 };
  const provider = new JsonRpcProvider(`http://${address}:${port}`, undefined, {
    ...options,
    pollingInterval: 10,
  });
  const trader = await provider.getSigner(0);
  const { deployment, feeds, vault } = await deploy(trader);
  const sendAll = (calls: readonly { to: string; data: string }[]) => sendInBlocks(provider, trader, calls);
  return {
    provider,
    trader,
    handle: connectVault(deployment, provider),
    vault,
    deployBlock: deployment.deployBlock,
    sendAll,
    async setPrices(prices) {
      const calls = feeds.map(async (feed, i) => ({
        to: await feed.getAddress(),
        data: feed.interface.encodeFunctionData("push", [answerOf(prices[i] ?? 0)]),
      }));
      await sendAll(await Promise.all(calls));
    },
    async close() {
      provider.destroy();
      await server.close();
    },
  };
}

async function deploy(trader: JsonRpcSigner) {
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
  return { deployment, feeds, vault };
}

async function planOf(
  owner: string,
  quote: Contract,
  quoteFeed: Contract,
  tokens: readonly Contract[],
  feeds: readonly Contract[],
): Promise<unknown> {
  const listings = BENCH_COLLATERALS.map(async (collateral, i) => ({
    asset: await tokens[i]?.getAddress(),
    feed: await feeds[i]?.getAddress(),
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

async function sendInBlocks(
  provider: JsonRpcProvider,
  trader: JsonRpcSigner,
  calls: readonly { to: string; data: string }[],
): Promise<void> {
  await provider.send("evm_setAutomine", [false]);
  let nonce = await trader.getNonce();
  for (let from = 0; from < calls.length; from += CALLS_PER_BLOCK) {
    const part = calls.slice(from, from + CALLS_PER_BLOCK).map(({ to, data }) => {
      const transaction = { from: trader.address, to, data, gas: CALL_GAS, nonce: `0x${nonce.toString(16)}` };
      nonce += 1;
      return provider.send("eth_sendTransaction", [transaction]) as Promise<string>;
    });
    const hashes = await Promise.all(part);
    await provider.send("evm_mine", []);
    const receipts = await Promise.all(
      hashes.map((hash) => provider.send("eth_getTransactionReceipt", [hash]) as Promise<{ status: string }>),
    );
    const failed = receipts.findIndex(({ status }) => status !== "0x1");
    if (failed >= 0) throw new Error(`transaction ${from + failed} of ${calls.length} reverted`);
  }
  await provider.send("evm_setAutomine", [true]);
}
