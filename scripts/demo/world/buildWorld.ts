import { blockReaderOf } from "../check/blockReader.ts";
import { DemoError } from "../demoError.ts";
import type { PriceSeries } from "../prices/priceSeries.ts";
import type { Rpc } from "../chain/rpc.ts";
import { deployWorld, type World } from "./deployWorld.ts";
import { addGauges } from "./addGauges.ts";
import { openLoans, type Trader } from "./openLoans.ts";
import type { AccountPlan } from "./population.ts";
import { price36Of } from "./price36Of.ts";
import { CALM_ANSWER, COLLATERALS, OPENING_PREMIUM_BPS } from "./terms.ts";
import { mint } from "./mint.ts";
import { fund, walletOf, type Wallet } from "./wallet.ts";

/** A vault with lenders and loans, and everyone who acts on it. */
export interface PopulatedWorld extends World {
  readonly traders: readonly Trader[];
  readonly lenders: readonly Wallet[];
  /** Quote base units that each lender had at first. */
  readonly lenderFunds: bigint;
  readonly oracle: Wallet;
  readonly keeper: Wallet;
  /** Quote base units that the keeper has. */
  readonly keeperFunds: bigint;
  /** Unix seconds for the next block. */
  readonly endsAt: number;
}

export interface BuildOptions {
  readonly rpc: Rpc;
  readonly url: string;
  readonly seed: number;
  readonly banker: Wallet;
  readonly series: PriceSeries;
  readonly plans: readonly AccountPlan[];
  /** Unix seconds of the first loan's block. */
  readonly startsAt: number;
  readonly onProgress: (done: number, all: number) => void;
}

const LENDERS = 12;
/** Lenders own twice what is borrowed and lend seven tenths of it. */
const LENDER_PARTS = 2n;
const LENT_BPS = 7_000n;
const LEAST_KEEPER_FUNDS = 10n ** 12n;
const ACCOUNTS_PER_CALL = 100;

export async function buildWorld(options: BuildOptions): Promise<PopulatedWorld> {
  const { rpc, seed, banker, series, plans } = options;
  await rpc("evm_setAutomine", [true]);
  const firstAnswers = [...series.rounds.map((rounds) => rounds[0]?.answer ?? 0n), CALM_ANSWER];
  const openingAnswers = firstAnswers.map(
    (answer) => (answer * (10_000n + OPENING_PREMIUM_BPS)) / 10_000n + 1n,
  );
  const world = await deployWorld({
    url: options.url,
    banker,
    openingAnswers,
    maxGapSeconds: series.maxGapSeconds,
  });
  const borrowed = plans.reduce((sum, { debt }) => sum + debt, 0n);
  const oracle = walletOf(seed, "oracle");
  const keeper = walletOf(seed, "keeper");
  const keeperFunds = borrowed > LEAST_KEEPER_FUNDS ? borrowed : LEAST_KEEPER_FUNDS;
  await fund(rpc, [oracle, keeper]);
  const { chainId, quote } = world.deployment;
  const { reader } = world;
  await mint(rpc, banker, { chainId, reader, asset: quote.address }, [[keeper.address, keeperFunds]]);
  await rpc("evm_setAutomine", [false]);
  const lenders = Array.from({ length: LENDERS }, (_, i) => walletOf(seed, `lender ${i}`));
  const lenderFunds = (borrowed * LENDER_PARTS) / BigInt(LENDERS) + 1n;
  const { traders, endsAt } = await openLoans({
    ...options,
    deployment: world.deployment,
    reader: world.reader,
    lenders,
    lenderFunds,
    lentBps: LENT_BPS,
    openingAnswers,
    prices36: firstAnswers.map((answer, j) => price36Of(answer, COLLATERALS[j]?.decimals ?? 18)),
  });
  await requireLoans(rpc, world, traders);
  const deployment = await addGauges(rpc, banker, world.deployment);
  return { ...world, deployment, traders, lenders, lenderFunds, oracle, keeper, keeperFunds, endsAt };
}

async function requireLoans(rpc: Rpc, world: World, traders: readonly Trader[]): Promise<void> {
  const head = Number(await rpc<string>("eth_blockNumber"));
  const { accounts } = blockReaderOf(rpc, world);
  let missing = 0;
  for (let from = 0; from < traders.length; from += ACCOUNTS_PER_CALL) {
    const ids = traders.slice(from, from + ACCOUNTS_PER_CALL).map(({ account }) => account);
    missing += (await accounts(head, ids)).filter(({ debtShares }) => debtShares === 0n).length;
  }
  if (missing > 0) throw new DemoError(`${missing} of ${traders.length} loans could not be opened.`);
}
