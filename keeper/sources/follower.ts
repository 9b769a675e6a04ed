import type { VaultEvent } from "../../sdk/vaultEvent.ts";
import { BookError } from "../book/applyEvent.ts";
import type { AppliedBlock, Book } from "../book/book.ts";
import type { Log } from "../log.ts";
import type { BlockHeader } from "./blockHeader.ts";
import { BlockLogs } from "./blockLogs.ts";
import { eventIn } from "./eventIn.ts";
import { findPath, type Path } from "./findPath.ts";
import { lastAccrual } from "./lastAccrual.ts";
import { RangeReader } from "./rangeReader.ts";
import type { Rpc } from "./rpcClient.ts";
import type { SourceLog } from "./sourceLog.ts";
import { othersThan, withOne } from "./withOne.ts";

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
 * book remembers; it has to be read again. `wrong`: logs contradict the book, so that some were left out before; it has
 * to be read again from the beginning.
 */
export type Following =
  | { readonly kind: "same" }
  | { readonly kind: "advanced"; readonly head: BlockHeader }
  | { readonly kind: "lost" }
  | { readonly kind: "wrong"; readonly cause: string };

export interface FollowerOptions {
  readonly rpc: Rpc;
  readonly book: Book;
  readonly deployBlock: number;
  readonly logRangeBlocks: number;
  readonly listener: FollowerListener;
  readonly log: Log;
}

/** Where to go from the book's head: blocks to take back, then blocks to apply. */
type Plan =
  | Exclude<Path, { kind: "near" }>
  | {
      readonly kind: "near";
      readonly backTo: number | undefined;
      readonly blocks: readonly (readonly [BlockHeader, readonly SeenEvent[]])[];
    };

/**
 * Brings the book to the newest block. A block is applied only on its parent's hash, with logs asked for by its own
 * hash, and the last blocks one by one so that they can be taken back. What is older than any reorganisation comes in
 * ranges. All that belongs to one step is read from one endpoint before anything changes. Throws `RetryableError`
 * between two steps, never within one: the next call goes on where this one stopped.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #blockLogs: BlockLogs;
  readonly #ranges: RangeReader;

  constructor(options: FollowerOptions) {
    const { rpc, book, logRangeBlocks, log } = options;
    this.#options = options;
    this.#blockLogs = new BlockLogs(book.vaultAddress, log);
    this.#ranges = new RangeReader({
      rpc,
      address: book.vaultAddress,
      maxBlocks: logRangeBlocks,
      // Of a range of blocks only one time matters: since when interest has not been reckoned.
      timedLog: (logs) => lastAccrual(logs, book),
      log,
    });
  }

  /** @param pushed The newest block, where an endpoint has told of it; otherwise it is asked for. */
  async advance(pushed?: BlockHeader): Promise<Following> {
    try {
      return await this.#advance(pushed);
    } catch (error) {
      if (error instanceof BookError) return { kind: "wrong", cause: error.message };
      throw error;
    }
  }

  async #advance(pushed: BlockHeader | undefined): Promise<Following> {
    for (;;) {
      const plan = await withOne(this.#options.rpc, (one) => this.#plan(one, pushed));
      if (plan.kind === "same" || plan.kind === "lost") return plan;
      if (plan.backTo !== undefined) this.#rollBackTo(plan.backTo);
      if (plan.kind === "far") {
        await this.#backfill(plan.until);
        continue;
      }
      for (const [header, seen] of plan.blocks) this.#apply(header, seen);
      const head = plan.blocks.at(-1)?.[0];
      if (head === undefined) throw new Error("a path led nowhere");
      return { kind: "advanced", head };
    }
  }

  async #plan(one: Rpc, pushed: BlockHeader | undefined): Promise<Plan> {
    const { rpc, book, deployBlock } = this.#options;
    const others = othersThan(rpc, one);
    const path = await findPath({ one, others, book, deployBlock, pushed });
    if (path.kind !== "near") return path;
    const logs = await this.#blockLogs.read(one, others, path.headers);
    return {
      kind: "near",
      backTo: path.backTo,
      blocks: path.headers.map((header, i) => [header, (logs[i] ?? []).flatMap(seenEvents)] as const),
    };
  }

  #rollBackTo(number: number): void {
    const { book, listener, log } = this.#options;
    for (let head = book.head; head !== undefined && head.number > number; head = book.head) {
      if (!book.rollBack()) throw new Error(`the book cannot go back to block ${number}`);
      const to = head.number - 1;
      listener.rolledBack(to);
      log.warn("block.rolledBack", { block: head.number, hash: head.hash, to });
    }
  }

  async #backfill(until: number): Promise<void> {
    const { book, deployBlock, log } = this.#options;
    for (;;) {
      const from = book.head === undefined ? deployBlock : book.head.number + 1;
      if (from > until) return;
      const { header, logs, timedAt } = await this.#ranges.read(from, until);
      this.#apply(header, logs.flatMap(seenEvents), timedAt);
      log.info("book.backfilled", {
        from,
        to: header.number,
        logs: logs.length,
        accounts: book.size,
      });
    }
  }

  /** @param accruedAt As in `Book.apply`. */
  #apply(header: BlockHeader, seen: readonly SeenEvent[], accruedAt?: bigint): void {
    const { book, listener } = this.#options;
    const { number, hash, timestamp } = header;
    const applied = book.apply(
      { number, hash, timestamp },
      seen.map(({ event }) => event),
      accruedAt,
    );
    listener.applied(applied, seen);
  }
}

function seenEvents(log: SourceLog): SeenEvent[] {
  const { blockNumber, transactionHash } = log;
  const event = eventIn(log);
  return event === undefined ? [] : [{ event, blockNumber, transactionHash }];
}
