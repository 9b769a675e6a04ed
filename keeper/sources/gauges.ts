import { Interface } from "ethers";
import type { Deployment } from "../../sdk/deployment.ts";
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
  /** The vault's weights after it. */
  readonly after: Weights;
  /** The last round that its gauge has read, and the feed's latest. */
  readonly gaugeRoundId: bigint;
  readonly latestRoundId: bigint;
}

/** The gauges that weights of the vault follow. */
export interface Gauges {
  /**
   * Asks about one of them, in turn, and about none when it has asked less than a minute of block time ago: weights move
   * by hours. Undefined where nothing was asked, or answered.
   */
  probeAt(block: BlockHeader): Probe<PokeSeen | undefined>;
}

interface Gauge {
  readonly number: number;
  readonly asset: string;
  readonly address: string;
  readonly feed: string;
}

const configuratorAbi = new Interface([
  "function poke(address vault, address asset) returns (uint256 initialBps, uint256 maintenanceBps)",
]);
const gaugeAbi = new Interface([
  "function feed() view returns (address)",
  "function measurement() view returns ((uint80 roundId, uint128 answer, uint40 updatedAt, uint128 varianceWad))",
]);
const feedAbi = new Interface([
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
]);

const EVERY_SECONDS = 60n;
const NOTHING: Probe<undefined> = { calls: [], read: () => undefined };

/** Prepares the deployment's gauges. Throws a `UserError` when one is none, `RetryableError` when nobody answers. */
export async function openGauges(
  { vault, configurator, collaterals }: Pick<Deployment, "vault" | "configurator" | "collaterals">,
  rpc: Rpc,
): Promise<Gauges> {
  const measured = collaterals.flatMap(({ number, address: asset, gauge }) =>
    gauge === undefined ? [] : [{ number, asset, address: gauge }],
  );
  const feeds = await ask(rpc, ...measured.map(({ address }) => feedProbe(address)));
  const gauges = measured.map((gauge, i): Gauge => {
    const feed = feeds[i];
    if (feed === undefined) throw new UserError(`${gauge.address} of the deployment is no volatility gauge`);
    return { ...gauge, feed };
  });
  let askedAt = 0n;
  let turn = 0;
  return {
    probeAt(block) {
      if (block.timestamp - askedAt < EVERY_SECONDS) return NOTHING;
      const gauge = gauges[turn % gauges.length];
      if (gauge === undefined) return NOTHING;
      askedAt = block.timestamp;
      turn += 1;
      return pokeProbe(gauge, vault, configurator, block);
    },
  };
}

/** The configurator's own answer: what it would do is nowhere worked out a second time. */
function pokeProbe(
  { number, asset, address, feed }: Gauge,
  vault: string,
  configurator: string,
  block: StateAt,
): Probe<PokeSeen | undefined> {
  return {
    calls: [
      contractCall(configurator, configuratorAbi, "poke", [vault, asset], block),
      contractCall(address, gaugeAbi, "measurement", [], block),
      contractCall(feed, feedAbi, "latestRoundData", [], block),
    ],
    read: ([poked, measured, latest]) => {
      const after = answered(configuratorAbi, "poke", poked);
      const measurement = answered(gaugeAbi, "measurement", measured)?.[0] as { roundId: bigint } | undefined;
      const round = answered(feedAbi, "latestRoundData", latest);
      if (after === undefined || measurement === undefined || round === undefined) return undefined;
      return {
        number,
        after: {
          initialBps: after.initialBps as bigint,
          maintenanceBps: after.maintenanceBps as bigint,
        },
        gaugeRoundId: measurement.roundId,
        latestRoundId: round.roundId as bigint,
      };
    },
  };
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
