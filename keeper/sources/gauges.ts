import { Interface, type Result } from "ethers";
import type { Deployment } from "../../sdk/deployment.ts";
import type { CollateralTerms } from "../../sdk/vaultTypes.ts";
import type { Weights } from "../../sdk/volatility.ts";
import { UserError } from "../errors.ts";
import type { BlockHeader } from "./blockHeader.ts";
import { contractCall, decoded, type StateAt } from "./contractCall.ts";
import { ask, type Probe } from "./probe.ts";
import type { Rpc, RpcAnswer } from "./rpcClient.ts";

/** What a poke of a collateral's weights would do at a block. */
export interface PokeSeen {
  /** The collateral's, in the vault. */
  readonly number: number;
  /** The two of the vault's weights that volatility moves, after it. */
  readonly after: Weights;
  /** The liquidation weight before it, and what it does to that is not said. */
  readonly liquidationBps: bigint;
  /** Where the weights' ramps go. */
  readonly own: Weights & { readonly liquidationBps: bigint };
  /** The last round that its gauge has read, and the feed's latest; zeros without a gauge. */
  readonly gaugeRoundId: bigint;
  readonly latestRoundId: bigint;
}

/** What of a collateral is listed that decides whether to ask about it. */
type Listed = Pick<CollateralTerms, "asset" | "initialBps" | "maintenanceBps" | "liquidationBps">;

/** The weights of the vault that a poke moves: those that follow a gauge, and all others while they are on a ramp. */
export interface Gauges {
  /**
   * Asks about one collateral, in turn, and about none when it has asked less than a minute of block time ago: weights
   * move by hours. Those without a gauge are asked about in the second block, all at once, and from then on while they
   * are on a ramp. Undefined where nothing was asked, or answered, or there is nothing to poke.
   */
  probeAt(block: BlockHeader, collaterals: readonly Listed[]): Probe<PokeSeen | undefined>;
}

interface Gauge {
  readonly address: string;
  readonly feed: string;
}

/** When a collateral was last asked about, unix seconds of block time. */
interface Turn {
  readonly askedAt: bigint;
  /** Undefined where there was something to poke. */
  readonly rest: Rest | undefined;
}

/** Nothing to poke: until when it is not asked about, unless its weights move before, for a ramp moves them at once. */
interface Rest {
  readonly until: bigint;
  readonly weights: string;
}

const configuratorAbi = new Interface([
  "function poke(address vault, address asset) returns (uint256 initialBps, uint256 maintenanceBps)",
  "function ownWeights(address vault, address asset) view returns (uint256 initialBps, uint256 maintenanceBps, uint256 liquidationBps)",
]);
const gaugeAbi = new Interface([
  "function feed() view returns (address)",
  "function measurement() view returns ((uint80 roundId, uint128 answer, uint40 updatedAt, uint128 varianceWad))",
]);
const feedAbi = new Interface([
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
]);

const EVERY_SECONDS = 60n;
/** For a ramp that was set within the hour of another's last step, which moves nothing yet. */
const REST_SECONDS = 6n * 3_600n;
const NOTHING: Probe<undefined> = { calls: [], read: () => undefined };
const NEVER: Turn = { askedAt: 0n, rest: undefined };

/** Prepares the deployment's gauges. Throws a `UserError` when one is none, `RetryableError` when nobody answers. */
export async function openGauges(
  { vault, configurator, collaterals }: Pick<Deployment, "vault" | "configurator" | "collaterals">,
  rpc: Rpc,
): Promise<Gauges> {
  const measured = collaterals.flatMap(({ number, gauge }) =>
    gauge === undefined ? [] : [{ number, gauge }],
  );
  const feeds = await ask(rpc, ...measured.map(({ gauge }) => feedProbe(gauge)));
  const gauges = new Map<number, Gauge>();
  for (const [i, { number, gauge: address }] of measured.entries()) {
    const feed = feeds[i];
    if (feed === undefined) throw new UserError(`${address} of the deployment is no volatility gauge`);
    gauges.set(number, { address, feed });
  }
  const turns = new Map<number, Turn>();
  let askedAt = 0n;
  return {
    probeAt(block, listed) {
      const now = block.timestamp;
      const turnOf = (number: number) => turns.get(number) ?? NEVER;
      const isDue = (number: number, terms: Listed) => {
        const { rest } = turnOf(number);
        return rest === undefined || rest.until <= now || rest.weights !== weightsOf(terms);
      };
      const due = [...listed.entries()]
        .filter(([number, terms]) => isDue(number, terms))
        .sort(([a], [b]) => Number(turnOf(a).askedAt - turnOf(b).askedAt));
      const isTurn = now - askedAt >= EVERY_SECONDS;
      const chosen = isTurn
        ? due.slice(0, 1)
        : due.filter(([number]) => !turns.has(number) && !gauges.has(number));
      if (chosen.length === 0) return NOTHING;
      if (isTurn) askedAt = now;
      const parts = chosen.map(([number, terms]) => {
        turns.set(number, { askedAt: now, rest: undefined });
        const { asset } = terms;
        const probe = pokeProbe({ vault, configurator, asset, gauge: gauges.get(number) }, block);
        const read = (answers: readonly RpcAnswer[]): PokeSeen | undefined => {
          const seen = probe.read(answers);
          if (seen === "atRest") {
            const rest = { until: now + REST_SECONDS, weights: weightsOf(terms) };
            turns.set(number, { askedAt: now, rest });
          }
          const { liquidationBps } = terms;
          return typeof seen === "object" ? { number, liquidationBps, ...seen } : undefined;
        };
        return { calls: probe.calls, read };
      });
      return {
        calls: parts.flatMap(({ calls }) => calls),
        read: (answers) => {
          let from = 0;
          const seen = parts.map(({ calls, read }) => read(answers.slice(from, (from += calls.length))));
          // The others have their turns.
          return seen.find((one) => one !== undefined);
        },
      };
    },
  };
}

function weightsOf({ initialBps, maintenanceBps, liquidationBps }: Listed): string {
  return `${initialBps} ${maintenanceBps} ${liquidationBps}`;
}

interface PokeQuestion {
  readonly vault: string;
  readonly configurator: string;
  readonly asset: string;
  readonly gauge: Gauge | undefined;
}

/** The configurator's own answer; where it has nothing to poke, which it says by a revert, weights are at rest. */
function pokeProbe(
  { vault, configurator, asset, gauge }: PokeQuestion,
  block: StateAt,
): Probe<Omit<PokeSeen, "number" | "liquidationBps"> | "atRest" | undefined> {
  const weights = ["poke", "ownWeights"].map((name) =>
    contractCall(configurator, configuratorAbi, name, [vault, asset], block),
  );
  const rounds =
    gauge === undefined
      ? []
      : [
          contractCall(gauge.address, gaugeAbi, "measurement", [], block),
          contractCall(gauge.feed, feedAbi, "latestRoundData", [], block),
        ];
  return {
    calls: [...weights, ...rounds],
    read: ([poked, wanted, measured, latest]) => {
      const after = answered(configuratorAbi, "poke", poked);
      const own = answered(configuratorAbi, "ownWeights", wanted);
      if (own === undefined) return undefined;
      if (after === undefined) return gauge === undefined ? "atRest" : undefined;
      const seen = {
        after: weightsFrom(after),
        own: { ...weightsFrom(own), liquidationBps: own.liquidationBps as bigint },
      };
      if (gauge === undefined) return { ...seen, gaugeRoundId: 0n, latestRoundId: 0n };
      const measurement = answered(gaugeAbi, "measurement", measured)?.[0] as { roundId: bigint } | undefined;
      const round = answered(feedAbi, "latestRoundData", latest);
      if (measurement === undefined || round === undefined) return undefined;
      return { ...seen, gaugeRoundId: measurement.roundId, latestRoundId: round.roundId as bigint };
    },
  };
}

function weightsFrom({ initialBps, maintenanceBps }: Result): Weights {
  return { initialBps: initialBps as bigint, maintenanceBps: maintenanceBps as bigint };
}

/** Nobody's liquidation waits for a poke: where an endpoint gives no answer, there is none at this block. */
function answered(abi: Interface, name: string, answer: RpcAnswer | undefined): ReturnType<typeof decoded> {
  return answer?.ok === true ? decoded(abi, name, answer) : undefined;
}

function feedProbe(gauge: string): Probe<string | undefined> {
  return {
    calls: [contractCall(gauge, gaugeAbi, "feed", [], "latest")],
    read: ([answer]) => decoded(gaugeAbi, "feed", answer)?.[0] as string | undefined,
  };
}
