import type { AccountId } from "../../../sdk/accountId.ts";
import type { GasProbe } from "../../../types/index.ts";
import { moveOf, vaultMove, type Move } from "./deferrer.ts";
import { deploy, MAX_UINT, type World } from "./world.ts";

const FAILED = `0x${"0".repeat(64)}`;
/** What a transaction may use (EIP-7825), less what the sweep itself needs. */
const TRANSACTION_GAS = 16_000_000n;
/** Less than any transaction needs. */
const LEAST_GAS = 15_000n;

/** A call to be made with little gas. */
export interface Starved {
  move: Move;
  /** Calls that come before it in the same transaction, so that what they read is cheap. */
  warmUp?: Move[];
  /** What tells its outcomes apart. */
  questions: Move[];
  /** What the call does at least whenever it succeeds; by default nothing. */
  idleMove?: Move;
  /** Surely enough gas. */
  plenty?: bigint;
  step?: bigint;
}

/** With which gas a call did not fail and did not come to the same end as with plenty, either. */
export interface Starvation {
  /** The least gas that is enough, to a step. */
  enough: bigint;
  /** It did no more than it always does and said that it had succeeded. */
  idle: bigint[];
  /** It did something else. */
  astray: bigint[];
}

/** Deploys a contract that owns accounts, holds `tokens` whole tokens of everything and counts gas. */
export async function deployGasProbe(w: World, tokens: bigint): Promise<GasProbe> {
  const probe = await deploy<GasProbe>(w.ethers, "GasProbe", [w.vaultAddress]);
  for (const { token, unit } of [{ token: w.quote, unit: w.usd(1n) }, ...w.collaterals]) {
    await token.mint(probe, tokens * unit);
    await probe.act([moveOf(token, await token.getAddress(), "approve", w.vaultAddress, MAX_UINT)]);
  }
  return probe;
}

/** Makes a call with every `step`th amount of gas below what is enough. */
export async function starve(probe: GasProbe, starved: Starved): Promise<Starvation> {
  const { move, questions, idleMove = questions[0]!, plenty = 2_000_000n, step = 1_511n } = starved;
  const outcomeOf = async (what: Move, gas: bigint) =>
    (await sweep(probe, { ...starved, move: what }, gas, gas + 1n, step))[0] ?? FAILED;
  const expected = await outcomeOf(move, plenty);
  const nothing = await outcomeOf(idleMove, plenty);
  if (expected === FAILED) throw new Error(`${plenty} gas is not enough`);
  if (expected === nothing) throw new Error("the call does nothing that the questions notice");
  let [low, enough] = [0n, plenty];
  while (enough - low > step) {
    const middle = (low + enough) / 2n;
    if ((await outcomeOf(move, middle)) === expected) enough = middle;
    else low = middle;
  }
  const [idle, astray]: [bigint[], bigint[]] = [[], []];
  for (const [i, outcome] of (await sweep(probe, starved, LEAST_GAS, enough, step)).entries()) {
    if (outcome === expected || outcome === FAILED) continue;
    (outcome === nothing ? idle : astray).push(LEAST_GAS + BigInt(i) * step);
  }
  return { enough, idle, astray };
}

/** With how many amounts of gas up to `most` a call succeeds. */
export async function successes(probe: GasProbe, starved: Starved, most: bigint): Promise<number> {
  const outcomes = await sweep(probe, starved, LEAST_GAS, most, starved.step ?? 6_007n);
  return outcomes.filter((outcome) => outcome !== FAILED).length;
}

async function sweep(
  probe: GasProbe,
  { warmUp = [], move, questions }: Starved,
  from: bigint,
  until: bigint,
  step: bigint,
): Promise<string[]> {
  const outcomes: string[] = [];
  // As many in one call as surely fit its own gas.
  const width = (TRANSACTION_GAS / (3n * until + 200_000n)) * step;
  for (; from < until; from += width) {
    const end = from + width < until ? from + width : until;
    const limit = { gasLimit: TRANSACTION_GAS };
    outcomes.push(...(await probe.sweep.staticCall(warmUp, move, questions, from, end, step, limit)));
  }
  return outcomes;
}

/** Everything the vault says of an account and of itself. */
export function questionsAbout(w: World, id: AccountId): Move[] {
  return [
    vaultMove(w, "accountState", id),
    vaultMove(w, "collateralOf", id, w.collaterals[0]!.address),
    vaultMove(w, "pool"),
    vaultMove(w, "totalSupply"),
    vaultMove(w, "uptime"),
  ];
}
