import type { Contract } from "ethers";
import { JsonRpcProvider, Wallet } from "ethers";
import { accountIdOf, type AccountId } from "../../../../sdk/accountId.ts";
import { INITIAL_INDEX, toDebtUp } from "../../../../sdk/debtMath.ts";
import { connectVault, type VaultHandle } from "../../../../sdk/vault.ts";
import { deployBenchVault, type BenchVault } from "../benchVault.ts";
import { answerOf, BENCH_COLLATERALS, BENCH_RISK } from "../market.ts";
import { startAnvil } from "../node/anvil.ts";
import { LANE_KEYS } from "../node/keeperChild.ts";
import { population } from "../population.ts";
import { BLOCK_SECONDS } from "./crashPrices.ts";

/** A bench vault on anvil, on a chain that mines when it is told to. */
export interface CrashChain {
  readonly url: string;
  readonly wsUrl: string;
  readonly provider: JsonRpcProvider;
  readonly handle: VaultHandle;
  /** A `DemoReader`: many accounts in one call. */
  readonly reader: Contract;
  /** By account number. */
  readonly ids: readonly AccountId[];
  /** Mines a block, 12 s after the last, in which feeds say `prices`; those that said so before say nothing. */
  mine(prices?: readonly number[]): Promise<number>;
  close(): Promise<void>;
}

const STARTS_AT = 1_900_000_000;
const SEED_GAS_LIMIT = 2_000_000_000;
/** What Ethereum's blocks have. */
const GAS_LIMIT = 60_000_000;
/** Held there: what a keeper does about dear gas is tested elsewhere, and a crash that fills blocks would end in it. */
const BASE_FEE_WEI = 1_000_000_000;
const TRANSACTION_GAS = 16_777_216;
const ACCOUNTS_PER_TRANSACTION = 30;
const TRANSACTIONS_PER_BLOCK = 50;
/** Between the opening of accounts and the first look at them: more than a reorganisation can take back. */
const SETTLED_BLOCKS = 70;
/** Prices while accounts are opened, so that none is refused. */
const OPENING = 3;
const MAX = 2n ** 256n - 1n;
/** More than it can take. */
const KEEPER_QUOTE = 10n ** 15n;
const FEED_TIP_WEI = 100_000_000_000;

type Progress = (text: string) => void;

/** Starts a chain, opens `accounts` of the bench's on it, all healthy at the first prices, and endows the keeper. */
export async function startCrashChain(
  program: string,
  { accounts, seed, say }: { readonly accounts: number; readonly seed: number; readonly say: Progress },
): Promise<CrashChain> {
  const anvil = await startAnvil(program, {
    startsAt: STARTS_AT,
    gasLimit: SEED_GAS_LIMIT,
    baseFeeWei: BASE_FEE_WEI,
  });
  const provider = new JsonRpcProvider(anvil.url, undefined, {
    staticNetwork: true,
    batchMaxCount: 100,
    batchStallTime: 0,
    cacheTimeout: -1,
    pollingInterval: 10,
  });
  const trader = await provider.getSigner(0);
  const bench = await deployBenchVault(trader);
  const owner = await bench.mock("Deferrer", bench.deployment.vault);
  const reader = await bench.mock("DemoReader");
  await endow(provider, bench, owner);
  const first = BENCH_COLLATERALS.map(({ price }) => price);
  await provider.send("evm_setAutomine", [false]);
  const miner = new Miner(provider, bench, trader.address);
  await miner.mine(first.map((price) => price * OPENING));
  const ids = await openAccounts({ provider, bench, owner, from: trader.address }, accounts, seed, say);
  await provider.send("anvil_mine", [`0x${SETTLED_BLOCKS.toString(16)}`, "0xc"]);
  await provider.send("evm_setBlockGasLimit", [`0x${GAS_LIMIT.toString(16)}`]);
  await miner.mine(first);
  return {
    url: anvil.url,
    wsUrl: anvil.wsUrl,
    provider,
    handle: connectVault(bench.deployment, provider),
    reader,
    ids,
    mine: (prices) => miner.mine(prices),
    async close() {
      provider.destroy();
      await anvil.close();
    },
  };
}

async function endow(
  provider: JsonRpcProvider,
  { vault, quote, tokens }: BenchVault,
  owner: Contract,
): Promise<void> {
  const ownerAddress = await owner.getAddress();
  const vaultAddress = await vault.getAddress();
  const approvals = await Promise.all(
    tokens.map(async (token) => [
      await token.getAddress(),
      token.interface.encodeFunctionData("approve", [vaultAddress, MAX]),
    ]),
  );
  for (const token of tokens) await token.getFunction("mint").send(ownerAddress, 10n ** 36n);
  await owner.getFunction("act").send(approvals);
  for (const key of Object.values(LANE_KEYS)) {
    const { address } = new Wallet(key);
    await provider.send("anvil_setBalance", [address, "0x3635c9adc5dea00000"]);
    await quote.getFunction("mint").send(address, KEEPER_QUOTE);
  }
}

interface Opening {
  readonly provider: JsonRpcProvider;
  readonly bench: BenchVault;
  readonly owner: Contract;
  readonly from: string;
}

async function openAccounts(
  opening: Opening,
  count: number,
  seed: number,
  say: Progress,
): Promise<AccountId[]> {
  const { bench, owner } = opening;
  const ownerAddress = await owner.getAddress();
  const vaultAddress = await bench.vault.getAddress();
  const assets = bench.deployment.collaterals.map(({ address }) => address);
  const { interface: abi } = bench.vault;
  const ids: AccountId[] = [];
  let moves: [string, string][] = [];
  let waiting: string[] = [];
  const flush = async () => {
    waiting.push(owner.interface.encodeFunctionData("act", [moves]));
    moves = [];
    if (waiting.length < TRANSACTIONS_PER_BLOCK && ids.length < count) return;
    await sendBlock(opening, ownerAddress, waiting);
    waiting = [];
    say(`${ids.length.toLocaleString("en")} accounts opened on anvil`);
  };
  for (const { holdings, debtShares, call } of population(count * 2, seed)) {
    const debt = toDebtUp(debtShares, INITIAL_INDEX);
    // Whoever has a call in the population is below a threshold before anything has happened.
    if (debt < BENCH_RISK.minimumDebt || call !== undefined) continue;
    const id = accountIdOf(ownerAddress, BigInt(ids.length));
    for (const { number, amount } of holdings) {
      moves.push([vaultAddress, abi.encodeFunctionData("depositCollateral", [id, assets[number], amount])]);
    }
    moves.push([vaultAddress, abi.encodeFunctionData("borrow", [id, debt, opening.from])]);
    ids.push(id);
    if (ids.length % ACCOUNTS_PER_TRANSACTION === 0 || ids.length === count) await flush();
    if (ids.length === count) return ids;
  }
  throw new Error(`the population has only ${ids.length} accounts that may borrow`);
}

async function sendBlock({ provider, from }: Opening, to: string, calls: readonly string[]): Promise<void> {
  const gas = `0x${TRANSACTION_GAS.toString(16)}`;
  const hashes: string[] = [];
  // One after another: nonces are the node's own affair.
  for (const data of calls) {
    hashes.push((await provider.send("eth_sendTransaction", [{ from, to, data, gas }])) as string);
  }
  await provider.send("evm_mine", []);
  for (const hash of hashes) {
    const receipt = (await provider.send("eth_getTransactionReceipt", [hash])) as { status: string } | null;
    if (receipt?.status !== "0x1") throw new Error("accounts could not be opened");
  }
}

/** Moves prices and time. */
class Miner {
  readonly #provider: JsonRpcProvider;
  readonly #bench: BenchVault;
  readonly #from: string;
  #said: readonly bigint[] = [];

  constructor(provider: JsonRpcProvider, bench: BenchVault, from: string) {
    this.#provider = provider;
    this.#bench = bench;
    this.#from = from;
  }

  async mine(prices: readonly number[] = []): Promise<number> {
    const answers = prices.map(answerOf);
    for (const [i, answer] of answers.entries()) {
      if (this.#said[i] !== answer) await this.#push(i, answer);
    }
    if (answers.length > 0) this.#said = answers;
    const head = (await this.#provider.send("eth_getBlockByNumber", ["latest", false])) as {
      timestamp: string;
    };
    await this.#provider.send("anvil_setNextBlockBaseFeePerGas", [`0x${BASE_FEE_WEI.toString(16)}`]);
    await this.#provider.send("evm_setNextBlockTimestamp", [Number(head.timestamp) + BLOCK_SECONDS]);
    await this.#provider.send("evm_mine", []);
    return Number(await this.#provider.send("eth_blockNumber", []));
  }

  /** With a tip that puts it before whatever else waits: the keeper's calls meet the new price, as they would. */
  async #push(number: number, answer: bigint): Promise<void> {
    const feed = this.#bench.feeds[number];
    if (feed === undefined) return;
    const tip = `0x${FEED_TIP_WEI.toString(16)}`;
    const transaction = {
      from: this.#from,
      to: await feed.getAddress(),
      data: feed.interface.encodeFunctionData("push", [answer]),
      gas: "0x30d40",
      maxPriorityFeePerGas: tip,
      maxFeePerGas: `0x${(2 * FEED_TIP_WEI).toString(16)}`,
    };
    await this.#provider.send("eth_sendTransaction", [transaction]);
  }
}
