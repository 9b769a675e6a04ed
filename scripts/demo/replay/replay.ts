import { logsOf } from "../chain/logs.ts";
import type { Rpc } from "../chain/rpc.ts";
import type { CheckTerms } from "../check/arithmetic.ts";
import { blockReaderOf } from "../check/blockReader.ts";
import { Checker, type CheckedBlock } from "../check/checker.ts";
import { ConservationWatch } from "../check/conservation.ts";
import { accountIdOf, type AccountId } from "../../../sdk/accountId.ts";
import { breakLedger, type Fault } from "../fault.ts";
import type { PriceSeries } from "../prices/priceSeries.ts";
import type { PopulatedWorld } from "../world/buildWorld.ts";
import { deadAgeOf } from "../world/deployWorld.ts";
import { CALM_ANSWER, COLLATERALS, QUOTE, RATES, RISK_TERMS } from "../world/terms.ts";
import { requireGauges } from "../world/addGauges.ts";
import { mineAt } from "../world/miner.ts";
import { Beat } from "./beat.ts";
import { Driver } from "./driver.ts";
import { Feeds, type Misreport } from "./feeds.ts";
import { Lenders } from "./lenders.ts";
import { Outage } from "./outage.ts";
import { OutagePlan } from "./outagePlan.ts";
import { Traders } from "./traders.ts";

/** The parts of a running replay. */
export interface Replay {
  readonly driver: Driver;
  readonly beat: Beat;
  readonly feeds: Feeds;
  readonly traders: Traders;
  readonly lenders: Lenders;
  readonly checker: Checker;
  readonly conservation: ConservationWatch;
  readonly terms: CheckTerms;
  /** Undefined when nothing fails. */
  readonly outage: Outage | undefined;
}

export interface ReplayOptions {
  readonly rpc: Rpc;
  readonly world: PopulatedWorld;
  readonly series: PriceSeries;
  readonly seed: number;
  readonly beatMs: number;
  /** Unix seconds of the block in which the feeds have their first rounds. */
  readonly opensAt: number;
  readonly fault: Fault | undefined;
  /** Whether a feed and the sequencer fail in the middle of it. */
  readonly hasOutage: boolean;
  /** When the first feed answers too low; undefined when it never does. */
  readonly accident: Misreport | undefined;
  readonly onChecked: (checked: CheckedBlock) => void;
}

/** A fault strikes so many blocks into the replay. */
const FAULT_BLOCK = 8;

/** So long the replay waits for what a keeper has failed to do in time; it may come late. */
const PATIENCE_BLOCKS = 40;

/** Sets the feeds to the first round and makes everything ready to go on from there. */
export async function prepareReplay(options: ReplayOptions): Promise<Replay> {
  const { rpc, world, series, seed, opensAt } = options;
  const { deployment, maxAgeSeconds, secondFeeds, traders: people } = world;
  const vault = deployment.vault.toLowerCase();
  const feeds = new Feeds(
    rpc,
    deployment,
    world.oracle,
    [...series.rounds, [{ at: opensAt, answer: CALM_ANSWER }]],
    maxAgeSeconds,
    opensAt,
    secondFeeds,
    options.accident,
  );
  await feeds.pushFirst(opensAt);
  await mineAt(rpc, opensAt);
  await requireGauges(rpc, deployment);
  const firstBlock = Number(await rpc<string>("eth_blockNumber"));

  const conservation = new ConservationWatch({
    vault,
    tokens: [deployment.quote, ...deployment.collaterals].map(({ address, symbol }) => ({
      address: address.toLowerCase(),
      symbol,
    })),
    shareSymbol: "tUSDC",
  });
  const past = await logsOf(rpc, vault, 0, firstBlock);
  for (const movement of past.movements) conservation.move(movement);

  const beat = new Beat(options.beatMs);
  const outage = options.hasOutage ? outageOf(options, feeds) : undefined;
  const timeOf = (deadline: number) => outage?.timeOf(deadline) ?? deadline;
  const traders = new Traders(rpc, deployment, people, seed, timeOf);
  const lenders = new Lenders(rpc, deployment, world.lenders, world.lenderFunds, seed);
  const ids = checkedAccounts(world);
  const terms = checkTermsOf(maxAgeSeconds);
  const missedAt = new Map<string, number>();
  const checker: Checker = new Checker({
    reader: blockReaderOf(rpc, world),
    ids,
    assets: deployment.collaterals.map(({ address }) => address.toLowerCase()),
    terms,
    conservation,
    turn: () => beat.turn(checker.backlog),
    onChecked: (checked) => {
      for (const { account, found } of checker.watch.misses) missedAt.set(account, found);
      const patientSince = checked.vault.block - PATIENCE_BLOCKS;
      driver.learn(checked, (i) => (missedAt.get(ids[i] ?? "") ?? Infinity) < patientSince);
      options.onChecked(checked);
    },
  });
  const driver = new Driver({
    rpc,
    vault,
    beat,
    feeds,
    traders,
    lenders,
    outage,
    firstBlock,
    firstAt: opensAt,
    lastRoundAt: Math.max(...series.rounds.map((rounds) => rounds.at(-1)?.at ?? 0)),
    onBlock: (block, logs) => {
      checker.add(block, logs);
    },
    settled: () => checker.settled(),
    beforeBlock: async (block) => {
      if (options.fault === "ledger" && block === firstBlock + FAULT_BLOCK)
        await breakLedger(rpc, deployment);
    },
  });
  return { driver, beat, feeds, traders, lenders, checker, conservation, terms, outage };
}

function outageOf({ rpc, world, series }: ReplayOptions, feeds: Feeds): Outage {
  return new Outage({
    rpc,
    chainId: world.deployment.chainId,
    sequencerFeed: world.sequencerFeed,
    wallet: world.oracle,
    feeds,
    plan: new OutagePlan(series.rounds[0], world.maxAgeSeconds),
    graceSeconds: Number(RISK_TERMS.minGraceSeconds),
  });
}

/** The accounts that are checked: the population's and, last, the insurance's, one a collateral. */
export function checkedAccounts({ traders, deployment }: PopulatedWorld): AccountId[] {
  const { vault, collaterals } = deployment;
  const insurance = collaterals.map(({ number }) => accountIdOf(vault, BigInt(number)));
  return [...traders.map(({ account }) => account), ...insurance];
}

function checkTermsOf(maxAgeSeconds: number): CheckTerms {
  return {
    collaterals: COLLATERALS.map((collateral) => ({
      decimals: collateral.decimals,
      initialBps: BigInt(collateral.initialBps),
      maintenanceBps: BigInt(collateral.maintenanceBps),
      liquidationBps: BigInt(collateral.liquidationBps),
      maxDiscountBps: BigInt(collateral.maxDiscountBps),
    })),
    quoteDecimals: QUOTE.decimals,
    maxAgeSeconds: BigInt(maxAgeSeconds),
    deadAgeSeconds: BigInt(deadAgeOf(maxAgeSeconds)),
    rates: RATES,
    minimumDebt: RISK_TERMS.minimumDebt,
    dustValue: RISK_TERMS.dustValue,
    minGraceSeconds: RISK_TERMS.minGraceSeconds,
    auctionSeconds: RISK_TERMS.auctionSeconds,
    rampSeconds: RISK_TERMS.rampSeconds,
  };
}
