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

/** The weights of the vault that a poke moves: those that follow a gauge, and all others while they are on a ramp. */
export interface Gauges {
  /**
   * Asks about one collateral, in turn, and about none when it has asked less than a minute of block time ago: weights
   * move by hours. Undefined where nothing was asked, or answered, or there is nothing to poke.
   */
  probeAt(
    block: BlockHeader,
    collaterals: readonly Pick<CollateralTerms, "asset" | "liquidationBps">[],
  ): Probe<PokeSeen | undefined>;
}

interface Gauge {
  readonly address: string;
  readonly feed: string;
}

/** When a collateral was last asked about, and until when it is not, unix seconds of block time. */
interface Turn {
  readonly askedAt: bigint;
  readonly restsUntil: bigint;
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
/** A collateral without a gauge and a ramp is not asked about for so long: a ramp that begins has taken its first step. */
const REST_SECONDS = 600n;
const NOTHING: Probe<undefined> = { calls: [], read: () => undefined };
const NEVER: Turn = { askedAt: 0n, restsUntil: 0n };

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
      if (now - askedAt < EVERY_SECONDS) return NOTHING;
      const turnOf = (number: number) => turns.get(number) ?? NEVER;
      const [next] = [...listed.entries()]
        .filter(([number]) => turnOf(number).restsUntil <= now)
        .sort(([a], [b]) => Number(turnOf(a).askedAt - turnOf(b).askedAt));
      if (next === undefined) return NOTHING;
      const [number, { asset, liquidationBps }] = next;
      askedAt = now;
      turns.set(number, { askedAt: now, restsUntil: 0n });
      const probe = pokeProbe({ vault, configurator, asset, gauge: gauges.get(number) }, block);
      return {
        calls: probe.calls,
        read: (answers) => {
          const seen = probe.read(answers);
          if (seen === "atRest") turns.set(number, { askedAt: now, restsUntil: now + REST_SECONDS });
          return typeof seen === "object" ? { number, liquidationBps, ...seen } : undefined;
        },
      };
    },
  };
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
