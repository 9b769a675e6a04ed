import type { VaultEvent } from "../../sdk/vaultEvent.ts";
import { decodeVaultEvent } from "../../sdk/vaultEvents.ts";
import { MAX_REORG_BLOCKS, type AppliedBlock, type Book } from "../book/book.ts";
import { RetryableError, messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import type { BlockHeader } from "./blockHeader.ts";
import { blockLogsProbe, headerProbe, headersProbe, rangeLogsProbe } from "./chainReader.ts";
import { ask } from "./probe.ts";
import type { Rpc } from "./rpcClient.ts";
import type { SourceLog } from "./sourceLog.ts";

/** An event and where it happened. */
export interface SeenEvent {
  readonly event: VaultEvent;
  readonly blockNumber: number;
  readonly transactionHash: string;
}

/** Told of every change of the book at once, so that it misses none when a read fails between two blocks. */
export interface FollowerListener {
  applied(block: AppliedBlock, events: readonly SeenEvent[]): void;
  /** All blocks above `number` have been taken back. */
  rolledBack(number: number): void;
}

/**
 * What `advance` found. `same`: nothing new, or an endpoint that lags. `lost`: the reorganisation goes deeper than the
 * book remembers; it has to be read again.
 */
export type Following =
  | { readonly kind: "same" }
  | { readonly kind: "advanced"; readonly head: BlockHeader }
  | { readonly kind: "lost" };

export interface FollowerOptions {
  readonly rpc: Rpc;
  readonly book: Book;
  readonly deployBlock: number;
  readonly logRangeBlocks: number;
  readonly listener: FollowerListener;
  readonly log: Log;
}

/**
 * Brings the book to the newest block. A block is applied only on its parent's hash, with logs asked for by its own
 * hash, and the last blocks one by one so that they can be taken back. What is older than any reorganisation comes in
 * ranges. Throws `RetryableError` between two blocks, never within one: the next call goes on where this one stopped.
 */
export class Follower {
  readonly #options: FollowerOptions;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  async advance(): Promise<Following> {
    const { rpc, book } = this.#options;
    const [newest] = await ask(rpc, headerProbe("latest"));
    if (newest === undefined) throw new RetryableError("the endpoint has no newest block");
    if (newest.hash === book.head?.hash) return { kind: "same" };
    const position = await this.#rollBack(newest);
    if (position !== "ready") return { kind: position };
    await this.#backfill(newest);
    await this.#followTo(newest);
    return { kind: "advanced", head: newest };
  }

  /** Takes blocks back until the head is on the endpoint's chain. */
  async #rollBack(newest: BlockHeader): Promise<"ready" | "same" | "lost"> {
    const { rpc, book, listener, log } = this.#options;
    for (;;) {
      const head = book.head;
      if (head === undefined || newest.parentHash === head.hash) return "ready";
      if (newest.number <= head.number && book.hashAt(newest.number) === newest.hash) return "same";
      if (newest.number > head.number) {
        const [canonical] = await ask(rpc, headerProbe(head.number));
        if (canonical === undefined) throw new RetryableError("the endpoint lacks a block below its newest");
        if (canonical.hash === head.hash) return "ready";
      }
      if (!book.rollBack()) return "lost";
      const to = head.number - 1;
      listener.rolledBack(to);
      log.warn("block.rolledBack", { block: head.number, hash: head.hash, to });
    }
  }

  async #backfill(newest: BlockHeader): Promise<void> {
    const { rpc, book, logRangeBlocks, log } = this.#options;
    const until = newest.number - MAX_REORG_BLOCKS;
    let size = logRangeBlocks;
    while (this.#next() <= until) {
      const from = this.#next();
      const to = Math.min(until, from + size - 1);
      try {
        const [header, logs] = await ask(rpc, headerProbe(to), rangeLogsProbe(book.vaultAddress, from, to));
        if (header === undefined) throw new RetryableError(`the endpoint lacks block ${to}`);
        this.#apply(header, logs);
        log.info("book.backfilled", { from, to, logs: logs.length, accounts: book.accounts.size });
      } catch (error) {
        // Too many logs for one answer, perhaps. The range is asked again in halves, and never left out.
        if (!(error instanceof RetryableError) || size === 1) throw error;
        size = Math.max(1, Math.floor(size / 2));
        log.warn("rpc.rangeHalved", { from, to, size, error: error.message });
      }
    }
  }

  /** Applies the last blocks one by one. */
  async #followTo(newest: BlockHeader): Promise<void> {
    const { rpc, book } = this.#options;
    const from = this.#next();
    const between = from < newest.number ? (await ask(rpc, headersProbe(from, newest.number - 1)))[0] : [];
    const headers = [...between, newest].map((header) => {
      if (header === undefined) throw new RetryableError("the endpoint lacks a block below its newest");
      return header;
    });
    const logs = await ask(rpc, ...headers.map((header) => blockLogsProbe(book.vaultAddress, header)));
    for (const [i, header] of headers.entries()) {
      if (book.head !== undefined && header.parentHash !== book.head.hash) {
        throw new RetryableError(`block ${header.number} is no child of the head: the chain moved meanwhile`);
      }
      this.#apply(header, logs[i] ?? []);
    }
  }

  #next(): number {
    const { book, deployBlock } = this.#options;
    return book.head === undefined ? deployBlock : book.head.number + 1;
  }

  #apply(header: BlockHeader, logs: readonly SourceLog[]): void {
    const { book, listener } = this.#options;
    const seen = logs.flatMap(seenEvents);
    const { number, hash, timestamp } = header;
    const applied = book.apply(
      { number, hash, timestamp },
      seen.map(({ event }) => event),
    );
    listener.applied(applied, seen);
  }
}

function seenEvents(log: SourceLog): SeenEvent[] {
  const { blockNumber, transactionHash } = log;
  try {
    const event = decodeVaultEvent(log);
    return event === undefined ? [] : [{ event, blockNumber, transactionHash }];
  } catch (error) {
    throw new RetryableError(`the endpoint answered with a log that cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
