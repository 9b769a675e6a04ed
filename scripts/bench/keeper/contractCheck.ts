import { statusIn } from "../../../keeper/index/standing.ts";
import { accountIdOf, type AccountId } from "../../../sdk/accountId.ts";
import { toDebtUp, INITIAL_INDEX } from "../../../sdk/debtMath.ts";
import { readMoment } from "../../../sdk/readVault.ts";
import { Status, statusName } from "../../../sdk/vaultTypes.ts";
import { startBenchChain, type BenchChain } from "./benchChain.ts";
import { ChainFollower } from "./chainFollower.ts";
import { BENCH_COLLATERALS, BENCH_RISK } from "./market.ts";
import { population } from "./population.ts";
import { scan } from "./scan.ts";

/** The reference scan and the index against the contract itself, and what peers' ways cost beside it. */
export interface ContractCheck {
  readonly accounts: number;
  readonly comparisons: number;
  /** Statuses on which scan, index and contract were not of one mind. */
  readonly differences: number;
  /** How often the contract said what. */
  readonly seen: Readonly<Record<string, number>>;
  /** Milliseconds to ask the contract for one account, in batches of a hundred. */
  readonly callMs: number;
  /** How many times as long `queryFilter` takes for a book as raw logs with a decoder of our own. */
  readonly queryFilterRatio: number;
}

/** Prices while accounts are opened, so that none is refused; then what is left of the first prices, stage by stage. */
const OPENING = 3;
const STAGES = [1, 0.93, 0.88, 0.84, 0.8, 0.8, 0.74, 0.6, 0.9];
/** At these stages calls are opened; time passes before the next. */
const CALLING = [1, 3, 5];
const SECONDS_PER_STAGE = 2_500;
const IDS_PER_CALL = 10;

/** Opens `accounts` on a Hardhat chain and takes them through a crash. */
export async function contractCheck(
  accounts: number,
  seed: number,
  say: (text: string) => void,
): Promise<ContractCheck> {
  const chain = await startBenchChain();
  try {
    const ids = await openAccounts(chain, accounts, seed);
    const reader = followerOf(chain);
    const seen: Record<string, number> = {};
    let differences = 0;
    let comparisons = 0;
    let askedMs = 0;
    for (const [stage, share] of STAGES.entries()) {
      say(`${accounts} accounts on a chain, prices at ${Math.round(share * 100)} %`);
      await chain.setPrices(BENCH_COLLATERALS.map(({ price }) => price * share));
      const compared = await compare(chain, reader, ids, seen);
      differences += compared.differences;
      comparisons += ids.length;
      askedMs += compared.askedMs;
      if (CALLING.includes(stage)) await openCalls(chain, ids);
      await chain.provider.send("evm_increaseTime", [SECONDS_PER_STAGE]);
    }
    const queryFilterRatio = await raceQueryFilter(chain);
    return { accounts, comparisons, differences, seen, callMs: askedMs / comparisons, queryFilterRatio };
  } finally {
    await chain.close();
  }
}

async function openAccounts(chain: BenchChain, count: number, seed: number): Promise<AccountId[]> {
  await chain.setPrices(BENCH_COLLATERALS.map(({ price }) => price * OPENING));
  const ids: AccountId[] = [];
  const calls: { to: string; data: string }[] = [];
  const { interface: abi } = chain.vault;
  const to = await chain.vault.getAddress();
  for (const { holdings, debtShares } of population(count * 4, seed)) {
    const debt = toDebtUp(debtShares, INITIAL_INDEX);
    if (debt < BENCH_RISK.minimumDebt) continue;
    const id = accountIdOf(chain.trader.address, BigInt(ids.length));
    for (const { number, amount } of holdings) {
      const asset = await chain.handle.collaterals[number]?.getAddress();
      calls.push({ to, data: abi.encodeFunctionData("depositCollateral", [id, asset, amount]) });
    }
    calls.push({ to, data: abi.encodeFunctionData("borrow", [id, debt, chain.trader.address]) });
    ids.push(id);
    if (ids.length === count) break;
  }
  await chain.sendAll(calls);
  return ids;
}

/** A batch passes over those that cannot be called. */
async function openCalls(chain: BenchChain, ids: readonly AccountId[]): Promise<void> {
  const to = await chain.vault.getAddress();
  const calls: { to: string; data: string }[] = [];
  for (let from = 0; from < ids.length; from += IDS_PER_CALL) {
    // Every other batch, so that some stay as they are.
    if ((from / IDS_PER_CALL) % 2 === 0) continue;
    const part = ids.slice(from, from + IDS_PER_CALL);
    calls.push({ to, data: chain.vault.interface.encodeFunctionData("openCalls", [part]) });
  }
  await chain.sendAll(calls);
}

async function compare(
  { handle }: BenchChain,
  reader: ChainFollower,
  ids: readonly AccountId[],
  seen: Record<string, number>,
) {
  const block = await reader.readOn();
  const { vault, oracle, clock } = handle;
  const moment = await readMoment({ vault, oracle, clock }, block);
  reader.index.advance(moment);
  const startedAt = performance.now();
  const asked = await Promise.all(ids.map((id) => vault.statusOf(id, { blockTag: block })));
  const askedMs = performance.now() - startedAt;
  let differences = 0;
  for (const [i, id] of ids.entries()) {
    const state = reader.index.state(id);
    const said = Number(asked[i]);
    const scanned = state === undefined ? undefined : statusIn(scan(state, moment));
    const indexed = reader.index.standingOf(id)?.status ?? Status.Healthy;
    if (scanned !== said || indexed !== said) differences += 1;
    seen[statusName(said)] = (seen[statusName(said)] ?? 0) + 1;
  }
  return { differences, askedMs };
}

function followerOf({ provider, handle, deployBlock }: BenchChain): ChainFollower {
  return new ChainFollower(provider, handle.deployment.vault, deployBlock);
}

/** Both read the same logs of the same chain and make the same book of them. */
async function raceQueryFilter(chain: BenchChain): Promise<number> {
  const ours = performance.now();
  await followerOf(chain).readOn();
  const theirs = performance.now();
  const events = await chain.vault.queryFilter("*", chain.deployBlock);
  const states = new Map<unknown, unknown>();
  for (const event of events) if ("args" in event) states.set(event.args[0], event.args);
  return (performance.now() - theirs) / (theirs - ours);
}
