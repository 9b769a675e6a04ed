import { Interface } from "ethers";
import type { DeployedCollateral } from "../../sdk/deployment.ts";
import { BPS, WAD } from "../../sdk/fixedPoint.ts";
import {
  firstEstimate,
  nextEstimate,
  volatilityWadDown,
  type VolatilityEstimate,
} from "../../sdk/volatility.ts";
import type { Prices } from "../../sdk/vaultTypes.ts";
import { RetryableError } from "../errors.ts";
import { contractCall, decoded } from "../sources/contractCall.ts";
import { ask } from "../sources/probe.ts";
import type { Rpc } from "../sources/rpcClient.ts";

export interface VolatilityWatchOptions {
  readonly collaterals: readonly DeployedCollateral[];
  /** What is assumed before anything was seen, bps a year. */
  readonly referenceBps: number;
  readonly rpc: Rpc;
}

const abi = new Interface(["function volatilityWad() view returns (uint256)"]);
/** After so long a move of a price that this process has seen counts for half. */
const HALF_LIFE_SECONDS = 86_400n;
const READ_EVERY_SECONDS = 600n;

/**
 * How much each collateral moves: by its gauge where the deployment has one, and otherwise by the prices this process
 * has seen, as a gauge would measure them, beginning with what is assumed. Not kept: a restart begins again.
 */
export class VolatilityWatch {
  readonly #options: VolatilityWatchOptions;
  readonly #seen = new Map<number, VolatilityEstimate>();
  readonly #gauged = new Map<number, bigint>();
  #readAt: bigint | undefined;

  constructor(options: VolatilityWatchOptions) {
    this.#options = options;
  }

  /** Of a collateral, a year's, times 1e18. */
  volatilityWad(number: number): bigint {
    const gauged = this.#gauged.get(number);
    if (gauged !== undefined) return gauged;
    const seen = this.#seen.get(number);
    return seen === undefined ? this.#referenceWad : volatilityWadDown(seen.varianceWad);
  }

  /** Prices of a block, by the time of that block. */
  seen({ price36 }: Prices, timestamp: bigint): void {
    for (const { number } of this.#options.collaterals) {
      const answer = price36[number] ?? 0n;
      if (answer === 0n) continue;
      const round = { answer, updatedAt: timestamp };
      const before = this.#seen.get(number);
      if (before === undefined) this.#seen.set(number, firstEstimate(round, this.#referenceWad));
      else if (before.answer !== answer)
        this.#seen.set(number, nextEstimate(before, round, HALF_LIFE_SECONDS));
    }
  }

  /** Asks the gauges, now and then; an endpoint that fails is asked the next time. */
  async read(timestamp: bigint): Promise<void> {
    if (this.#readAt !== undefined && timestamp < this.#readAt + READ_EVERY_SECONDS) return;
    this.#readAt = timestamp;
    const gauged = this.#options.collaterals.flatMap(({ number, gauge }) =>
      gauge === undefined ? [] : [{ number, gauge }],
    );
    if (gauged.length === 0) return;
    try {
      const probes = gauged.map(({ gauge }) => ({
        calls: [contractCall(gauge, abi, "volatilityWad", [], "latest")],
        read: ([answer]: Parameters<typeof readWad>[0]) => readWad([answer]),
      }));
      const answers = await ask(this.#options.rpc, ...probes);
      for (const [i, { number }] of gauged.entries()) {
        const answer = answers[i];
        if (answer === undefined) this.#gauged.delete(number);
        else this.#gauged.set(number, answer);
      }
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
    }
  }

  get #referenceWad(): bigint {
    return (BigInt(this.#options.referenceBps) * WAD) / BPS;
  }
}

function readWad([answer]: readonly Parameters<typeof decoded>[2][]): bigint | undefined {
  const value: unknown = decoded(abi, "volatilityWad", answer)?.[0];
  return typeof value === "bigint" ? value : undefined;
}
