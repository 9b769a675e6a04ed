import { Contract, ContractFactory, JsonRpcProvider, Wallet as EthersWallet } from "ethers";
import type { Deployment } from "../../../sdk/deployment.ts";
import { artifactsOf, type LoadArtifact } from "../../deploy/artifacts.ts";
import { deployVault } from "../../deploy/deployVault.ts";
import { feedAsItIs } from "../../deploy/feedAsItIs.ts";
import { parsePlan } from "../../deploy/plan.ts";
import type { Wallet } from "./wallet.ts";
import {
  COLLATERALS,
  FEE_BPS,
  FEED_DECIMALS,
  QUOTE,
  QUOTE_ANSWER,
  RATES,
  RISK_TERMS,
  SEQUENCER_UP,
} from "./terms.ts";

/** What stands on the demo's chain. */
export interface World {
  readonly deployment: Deployment;
  /** Address of the `DemoReader`. */
  readonly reader: string;
  /** Address of the chain's uptime feed. */
  readonly sequencerFeed: string;
  /** Feeds of the collaterals' prices that the vault does not read, by number: the keeper's second source. */
  readonly secondFeeds: readonly string[];
  /** How old an answer of a feed may be, seconds. */
  readonly maxAgeSeconds: number;
}

export interface WorldOptions {
  readonly url: string;
  readonly banker: Wallet;
  /** The feeds' answers while loans are opened, by the collateral's number. */
  readonly openingAnswers: readonly bigint[];
  /** The longest time in which the replayed prices stay without a round. */
  readonly maxGapSeconds: number;
}

const DAY_SECONDS = 86_400;
const DEAD_AGE_SECONDS = 3 * DAY_SECONDS;
/** Ages have 24 bits; a longer gap is bridged by repeating the answer. */
const LONGEST_AGE_SECONDS = 90 * DAY_SECONDS;
const AGE_MARGIN_SECONDS = 300;
const UNLIMITED = (1n << 128n) - 1n;

/** Deploys tokens, feeds, the vault and the reader; needs a chain that mines each transaction at once. */
export async function deployWorld(options: WorldOptions): Promise<World> {
  const provider = new JsonRpcProvider(options.url, undefined, {
    staticNetwork: true,
    batchMaxCount: 1,
    cacheTimeout: -1,
    pollingInterval: 20,
  });
  try {
    return await deploy(options, provider);
  } finally {
    provider.destroy();
  }
}

async function deploy(options: WorldOptions, provider: JsonRpcProvider): Promise<World> {
  const banker = new EthersWallet(options.banker.privateKey, provider);
  const load = artifactsOf("default");
  let nonce = 0;
  const mock = async (name: string, ...args: unknown[]): Promise<string> => {
    const { abi, bytecode } = load(`mocks/${name}.sol`, name);
    const contract = await new ContractFactory(abi, bytecode, banker).deploy(...args, { nonce });
    nonce += 1;
    return contract.getAddress();
  };
  const token = (terms: { name: string; symbol: string; decimals: number }) =>
    mock("MockERC20", terms.name, terms.symbol, terms.decimals);
  const feed = (symbol: string, answer: bigint) => mock("MockFeed", FEED_DECIMALS, `${symbol} / USD`, answer);

  const reader = await mock("DemoReader");
  const sequencerFeed = await mock("MockFeed", 0, "L2 Sequencer Uptime Status Feed", SEQUENCER_UP);
  const quote = { asset: await token(QUOTE), feed: await feed(QUOTE.symbol, QUOTE_ANSWER) };
  const maxAgeSeconds = Math.min(options.maxGapSeconds + AGE_MARGIN_SECONDS, LONGEST_AGE_SECONDS);
  const collaterals = [];
  const secondFeeds: string[] = [];
  for (const [number, terms] of COLLATERALS.entries()) {
    const { initialBps, maintenanceBps, liquidationBps, maxDiscountBps } = terms;
    const priceFeed = await feed(terms.symbol, options.openingAnswers[number] ?? 0n);
    collaterals.push({
      asset: await token(terms),
      feed: priceFeed,
      expected: await feedAsItIs(provider, priceFeed, quote.feed),
      maxAgeSeconds,
      deadAgeSeconds: deadAgeOf(maxAgeSeconds),
      initialBps,
      maintenanceBps,
      liquidationBps,
      maxDiscountBps,
      cap: UNLIMITED.toString(),
    });
    secondFeeds.push(await feed(terms.symbol, options.openingAnswers[number] ?? 0n));
  }
  const plan = parsePlan(
    {
      shareName: "Tocsin USDC",
      shareSymbol: "tUSDC",
      owner: banker.address,
      guardian: banker.address,
      sequencerFeed,
      quote: { ...quote, maxAgeSeconds },
      rates: asText(RATES),
      fee: { feeBps: FEE_BPS, recipient: banker.address },
      riskTerms: {
        ...asText(RISK_TERMS),
        minGraceSeconds: Number(RISK_TERMS.minGraceSeconds),
        maxGraceSeconds: Number(RISK_TERMS.maxGraceSeconds),
        auctionSeconds: Number(RISK_TERMS.auctionSeconds),
        rampSeconds: Number(RISK_TERMS.rampSeconds),
      },
      collaterals,
    },
    "the demo's plan",
  );
  const deployment = await deployVault(banker, plan, load, { leavesOpen: true });
  await takeNote(deployment, banker, load);
  options.banker.nonce = await banker.getNonce();
  return { deployment, reader, sequencerFeed, secondFeeds, maxAgeSeconds };
}

/** Has the clock see the uptime feed's first round: of what came before the first one it sees it takes no account. */
async function takeNote({ clock }: Deployment, banker: EthersWallet, load: LoadArtifact): Promise<void> {
  const { abi } = load("UptimeClock.sol", "UptimeClock");
  await new Contract(clock, abi, banker).getFunction("sync").send();
}

/** After how many seconds without a word a feed counts as dead. */
export function deadAgeOf(maxAgeSeconds: number): number {
  return Math.max(DEAD_AGE_SECONDS, 2 * maxAgeSeconds);
}

function asText(amounts: object): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, String(amount)]));
}
