import { VAULT_EVENT_TOPICS } from "../../sdk/vaultEvents.ts";
import { FalseAnswerError, RetryableError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { BlockHeader } from "./blockHeader.ts";
import { blockLogsProbe } from "./chainReader.ts";
import { LogsBloom } from "./logsBloom.ts";
import { ask } from "./probe.ts";
import type { Rpc } from "./rpcClient.ts";
import type { SourceLog } from "./sourceLog.ts";

/** After a break there may be 64 blocks to read, and all their logs in one answer would be more than is accepted. */
const BLOCKS_PER_REQUEST = 8;

/** What a chain's blooms are worth: unknown until a log was seen, and for good useless once one failed to show a log. */
type Trust = "unknown" | "proven" | "useless";

/**
 * The vault's logs block by block. Where the chain's blooms have proved right, a block whose bloom rules them out is not
 * asked about; where a bloom promises logs and none come, another endpoint is asked.
 */
export class BlockLogs {
  readonly #address: string;
  readonly #bloom: LogsBloom;
  readonly #log: Log;
  #trust: Trust = "unknown";

  constructor(address: string, log: Log) {
    this.#address = address;
    this.#bloom = new LogsBloom(address, Object.values(VAULT_EVENT_TOPICS));
    this.#log = log;
  }

  /**
   * The logs of each of `headers` as `one` has them.
   * @param others Endpoints for a second opinion; throws a `FalseAnswerError` when they have what `one` left out.
   */
  async read(
    one: Rpc,
    others: readonly Rpc[],
    headers: readonly BlockHeader[],
  ): Promise<readonly (readonly SourceLog[])[]> {
    const wanted = headers.filter((header) => this.#mayHold(header));
    const lists: (readonly SourceLog[])[] = [];
    for (let from = 0; from < wanted.length; from += BLOCKS_PER_REQUEST) {
      const part = wanted.slice(from, from + BLOCKS_PER_REQUEST);
      lists.push(...(await ask(one, ...part.map((header) => blockLogsProbe(this.#address, header)))));
    }
    const logs = new Map(wanted.map((header, i) => [header.hash, lists[i] ?? []]));
    for (const header of wanted) {
      const found = logs.get(header.hash) ?? [];
      if (found.length > 0) this.#learn(header);
      else if (this.#isPromised(header)) logs.set(header.hash, await this.#askAgain(one, others, header));
    }
    return headers.map(({ hash }) => logs.get(hash) ?? []);
  }

  #mayHold({ logsBloom }: BlockHeader): boolean {
    return this.#trust !== "proven" || logsBloom === undefined || this.#bloom.mayHold(logsBloom);
  }

  #isPromised({ logsBloom }: BlockHeader): boolean {
    return this.#trust !== "useless" && logsBloom !== undefined && this.#bloom.mayHold(logsBloom);
  }

  #learn({ number, logsBloom }: BlockHeader): void {
    if (this.#trust === "useless") return;
    this.#trust = logsBloom !== undefined && this.#bloom.mayHold(logsBloom) ? "proven" : "useless";
    if (this.#trust === "useless") this.#log.warn("bloom.useless", { block: number });
  }

  /** Another contract may have set the same bits. One that has the logs settles it; so does one more that has none. */
  async #askAgain(one: Rpc, others: readonly Rpc[], header: BlockHeader): Promise<readonly SourceLog[]> {
    // With nobody else to ask: the same again, for logs may be indexed a moment after their block is known.
    for (const rpc of others.length === 0 ? [one] : others) {
      try {
        const [logs] = await ask(rpc, blockLogsProbe(this.#address, header));
        if (logs.length > 0 && rpc !== one) {
          throw new FalseAnswerError(`the endpoint left out the vault's logs of block ${header.number}`);
        }
        return logs;
      } catch (error) {
        if (!(error instanceof RetryableError) || error instanceof FalseAnswerError) throw error;
      }
    }
    this.#log.debug("logs.unconfirmed", { block: header.number });
    return [];
  }
}
