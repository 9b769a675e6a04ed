import { RetryableError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { BlockHeader } from "./blockHeader.ts";
import { headerProbe, rangeLogsProbe } from "./chainReader.ts";
import { ask } from "./probe.ts";
import type { Rpc } from "./rpcClient.ts";
import type { SourceLog } from "./sourceLog.ts";
import { withOne } from "./withOne.ts";

/** The logs of a range of blocks, and its last block. */
export interface LogRange {
  readonly from: number;
  readonly header: BlockHeader;
  readonly logs: readonly SourceLog[];
  /** When the last log came whose time matters; undefined where there is none. */
  readonly timedAt: bigint | undefined;
}

export interface RangeReaderOptions {
  readonly rpc: Rpc;
  readonly address: string;
  /** The widest range asked for. */
  readonly maxBlocks: number;
  /** The last of a range's logs whose time matters; undefined where none does. */
  readonly timedLog: (logs: readonly SourceLog[]) => SourceLog | undefined;
  readonly log: Log;
}

/**
 * Reads the past in ranges as wide as the endpoint allows: half as wide after a failure, wider again after a success. A
 * range counts only when its last block is the same before and after, for a reorganisation may come in between.
 */
export class RangeReader {
  readonly #options: RangeReaderOptions;
  #blocks: number;
  /** The last block of the next range as it was right after the last range. */
  #ahead: BlockHeader | undefined;

  constructor(options: RangeReaderOptions) {
    this.#options = options;
    this.#blocks = options.maxBlocks;
  }

  /** The logs from `from` on, not beyond `until`. Throws `RetryableError` when not even one block can be had. */
  read(from: number, until: number): Promise<LogRange> {
    // Patient: a second endpoint would be asked for the same megabytes.
    return withOne(this.#options.rpc, (one) => this.#readFrom(one, from, until), "patient");
  }

  async #readFrom(one: Rpc, from: number, until: number): Promise<LogRange> {
    for (;;) {
      const to = Math.min(until, from + this.#blocks - 1);
      try {
        const range = await this.#readRange(one, from, to, until);
        const { maxBlocks } = this.#options;
        this.#blocks = Math.min(maxBlocks, Math.ceil(this.#blocks * 1.25));
        return range;
      } catch (error) {
        this.#ahead = undefined;
        if (!(error instanceof RetryableError)) throw error;
        // Too many logs for one answer, perhaps. The range is asked again in halves, and never left out.
        if (from === to || error.retryAfterMs !== undefined) throw error;
        this.#blocks = Math.max(1, Math.floor((to - from + 1) / 2));
        this.#options.log.warn("rpc.rangeHalved", { from, to, blocks: this.#blocks, error: error.message });
      }
    }
  }

  async #readRange(one: Rpc, from: number, to: number, until: number): Promise<LogRange> {
    const { address, timedLog } = this.#options;
    const before = this.#ahead?.number === to ? this.#ahead : (await ask(one, headerProbe(to)))[0];
    const [logs] = await ask(one, rangeLogsProbe(address, from, to));
    const next = Math.min(until, to + this.#blocks);
    const timed = timedLog(logs);
    const [after, ahead, timedBlock] = await ask(
      one,
      headerProbe(to),
      headerProbe(next),
      headerProbe(timed?.blockNumber ?? to),
    );
    if (before === undefined || after === undefined)
      throw new RetryableError(`the endpoint lacks block ${to}`);
    const strays = logs.filter(
      ({ blockNumber, blockHash }) => blockNumber === to && blockHash !== after.hash,
    );
    if (before.hash !== after.hash || strays.length > 0) {
      throw new RetryableError(`block ${to} changed while the logs before it were read`);
    }
    if (timed !== undefined && timedBlock?.hash !== timed.blockHash) {
      throw new RetryableError(`the endpoint has another block ${timed.blockNumber} than its logs say`);
    }
    this.#ahead = ahead;
    return { from, header: after, logs, timedAt: timed && timedBlock?.timestamp };
  }
}
