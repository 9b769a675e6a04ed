import { NEW_ACCOUNT } from "../book/vaultRecord.ts";
import { Book, type BlockRef } from "../book/book.ts";
import { RetryableError, UserError } from "../errors.ts";
import { silentLog } from "../log.ts";
import { stateOf } from "../shadowDesk.ts";
import type { BlockHeader } from "../sources/blockHeader.ts";
import { headerProbe, headersProbe } from "../sources/chainReader.ts";
import { Follower, type SeenEvent } from "../sources/follower.ts";
import { ask } from "../sources/probe.ts";
import { restoreBook } from "../sources/restoreBook.ts";
import { readOnlyShelf, type ViewParts } from "../commands/openParts.ts";
import { BlockFeed } from "./blockFeed.ts";
import { Comparison } from "./comparison.ts";
import { deedsIn } from "./deedsIn.ts";
import { firstWhole } from "./firstWhole.ts";
import { PaperKeeper } from "./paperKeeper.ts";
import { replayReport, type Ending, type ReplayReport } from "./replayReport.ts";
import type { ReplayRange } from "./replayRange.ts";
import { requireState } from "./requireState.ts";

export interface ReplayOptions {
  readonly parts: ViewParts;
  readonly range: ReplayRange;
  /** The chain's newest block. */
  readonly head: number;
  /** Addresses whose doings on the vault are this keeper's, as events have them. */
  readonly own: ReadonlySet<string>;
  /** Told before each block; `reading` while the book is read up to the first. */
  readonly onProgress: (block: number, step: "reading" | "deciding") => void;
  /** Ends it with what was done so far. */
  readonly signal: AbortSignal;
}

/**
 * What a keeper with this configuration would have done in each block of the range, held against what was done. Each
 * block is decided upon as it was: nothing that this keeper would have done changes a later one. Throws a `UserError` where
 * no endpoint has the state that it takes, and a `RetryableError` when nobody answers before the first block; later it ends
 * with what there is.
 */
export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  return new Replay(options).run();
}

/** From which a keeper guesses when the next block comes. */
const CLOCK_BLOCKS = 6;

/** One replay on its way. */
class Replay {
  readonly #options: ReplayOptions;
  readonly #feed: BlockFeed;
  readonly #keeper: PaperKeeper;
  readonly #comparison: Comparison;
  /** Those of what was applied last. */
  #events: readonly SeenEvent[] = [];
  #first: BlockHeader | undefined;
  /** The last block that was compared. */
  #last: BlockHeader | undefined;

  constructor(options: ReplayOptions) {
    const { parts, range, head, own, signal } = options;
    const { config, endpoints, sightReader, nativePrice, secondSources } = parts;
    this.#options = options;
    this.#feed = new BlockFeed({
      endpoints,
      sightReader,
      last: range.to,
      onFailure: (block) => requireState(endpoints.all, config.deployment.vault, block, head),
      signal,
    });
    this.#keeper = new PaperKeeper({ config, rpc: endpoints, nativePrice, secondSources, own });
    this.#comparison = new Comparison(own);
  }

  async run(): Promise<ReplayReport> {
    try {
      return this.#report(await this.#run());
    } catch (error) {
      if (this.#isStopped()) return this.#report({ kind: "stopped" });
      throw error;
    }
  }

  async #run(): Promise<Ending> {
    const { parts, range, head, onProgress } = this.#options;
    const { endpoints, config } = parts;
    const start = range.from - 1;
    const { vault, clock, oracle } = config.deployment;
    await this.#feed.persist("state", () => requireState(endpoints.all, vault, start, head));
    onProgress(start, "reading");
    const whole = await this.#feed.persist("code", () =>
      firstWhole(endpoints, [vault, clock, oracle], start, range.to),
    );
    if (whole === undefined) throw new UserError(`in block ${range.to} the vault was not deployed yet`);
    const before = await this.#feed.header(whole);
    const { book, follower } = await this.#openBook(before);
    return this.#follow(before, book, follower);
  }

  /** Decides upon a block and looks at what came in the next, one after the other. */
  async #follow(before: BlockHeader, book: Book, follower: Follower): Promise<Ending> {
    const { range, onProgress } = this.#options;
    let head = before;
    while (head.number < range.to) {
      if (this.#isStopped()) return { kind: "stopped" };
      onProgress(head.number + 1, "deciding");
      try {
        await this.#decide(head, book);
        const next = await this.#feed.header(head.number + 1);
        if (next.parentHash !== head.hash) return { kind: "reorganised", block: next.number };
        await this.#advance(follower, next);
        this.#comparison.happened(deedsIn(this.#events));
        this.#first ??= next;
        this.#last = next;
        head = next;
      } catch (error) {
        if (this.#isStopped()) return { kind: "stopped" };
        const isTold = error instanceof RetryableError || error instanceof UserError;
        if (!isTold || this.#last === undefined) throw error;
        return { kind: "failed", block: head.number + 1, error: error.message };
      }
    }
    return this.#isStill(head);
  }

  #isStopped(): boolean {
    return this.#options.signal.aborted;
  }

  async #decide(head: BlockHeader, book: Book): Promise<void> {
    const view = { oracle: book.vault.oracle, collateralCount: book.vault.collaterals.length };
    const sight = await this.#feed.sight(head, view);
    const decision = await this.#feed.persist("simulation", () => this.#keeper.decide(head, book, sight));
    this.#comparison.decided(decision, (account) => stateOf(book.account(account) ?? NEW_ACCOUNT));
  }

  /** The chain may have changed below the last block while the blocks before it were read. */
  async #isStill(last: BlockRef): Promise<Ending> {
    const isThere = await this.#isOnChain(last);
    return isThere ? { kind: "whole" } : { kind: "reorganised", block: last.number };
  }

  async #isOnChain({ number, hash }: BlockRef): Promise<boolean> {
    const [now] = await this.#feed.persist("headers", () =>
      ask(this.#options.parts.endpoints, headerProbe(number)),
    );
    return now?.hash === hash;
  }

  /** The book at a block, from what is saved where that is older, and from the beginning where it is not. */
  async #openBook(at: BlockHeader): Promise<{ readonly book: Book; readonly follower: Follower }> {
    const { config, endpoints, store } = this.#options.parts;
    const { deployment, storeFile, logRangeBlocks } = config;
    const { vault, deployBlock } = deployment;
    const saved = store?.headBlock();
    const isUsable = saved !== undefined && saved.number <= at.number && (await this.#isOnChain(saved));
    const book = isUsable
      ? await restoreBook(endpoints, readOnlyShelf(storeFile, store), vault, silentLog)
      : new Book(vault);
    const follower = new Follower({
      rpc: endpoints,
      book,
      deployBlock,
      logRangeBlocks,
      listener: {
        applied: ({ block }, events) => {
          this.#events = events;
          this.#keeper.seen(block, events);
          if (this.#first === undefined) this.#read(block.number, at.number);
        },
        rolledBack: () => undefined,
      },
      log: silentLog,
    });
    await this.#seedClock(at.number);
    await this.#advance(follower, at);
    if (book.head?.hash !== at.hash) throw changed(at.number);
    return { book, follower };
  }

  /** Years of logs are read before the first block is decided upon, and whoever waits may have enough of it. */
  #read(block: number, until: number): void {
    if (block >= until) return;
    this.#options.signal.throwIfAborted();
    this.#options.onProgress(block, "reading");
  }

  /** When blocks came before the first, for a saved book may stand right before it. */
  async #seedClock(until: number): Promise<void> {
    const [headers] = await this.#feed.persist("headers", () =>
      ask(this.#options.parts.endpoints, headersProbe(Math.max(0, until - CLOCK_BLOCKS), until)),
    );
    for (const header of headers) if (header !== undefined) this.#keeper.seen(header, []);
  }

  async #advance(follower: Follower, to: BlockHeader): Promise<void> {
    const following = await this.#feed.persist("logs", () => follower.advance(to));
    if (following.kind === "lost") throw changed(to.number);
    if (following.kind === "wrong")
      throw new UserError(
        `the vault's logs up to block ${to.number} contradict each other (${following.cause}): the endpoint has left some out`,
      );
  }

  #report(ending: Ending): ReplayReport {
    const { parts, range } = this.#options;
    return replayReport({
      config: parts.config,
      range: { ...range, from: this.#first?.number ?? range.from },
      first: this.#first,
      last: this.#last,
      deeds: this.#comparison.deeds(),
      skips: this.#comparison.skips(),
      brakes: this.#comparison.brakes(),
      ending,
    });
  }
}

function changed(block: number): RetryableError {
  return new RetryableError(`the chain has changed at block ${block} while it was read; try again`);
}
