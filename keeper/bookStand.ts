import type { Alerts } from "./alerts/alerts.ts";
import type { AppliedBlock, Book } from "./book/book.ts";
import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import type { BlockHeader } from "./sources/blockHeader.ts";
import type { Endpoints } from "./sources/endpoints.ts";
import { Follower, type FollowerListener, type SeenEvent } from "./sources/follower.ts";
import { restoreBook } from "./sources/restoreBook.ts";
import type { AccountsFile } from "./store/accountsFile.ts";
import type { Store } from "./store/store.ts";

export interface BookStandOptions {
  readonly config: Pick<Config, "deployment" | "logRangeBlocks">;
  readonly endpoints: Endpoints;
  readonly store: Store;
  readonly accountsFile: AccountsFile;
  /** Told of what happens to the book. */
  readonly listener: FollowerListener;
  /** Told likewise, and keeps what it was told of before the book is kept. */
  readonly alerts: Alerts | undefined;
  readonly log: Log;
}

/** Unsaved blocks are cheap to read again; saving each would cost a write to the disk a block. */
const SAVE_EVERY_BLOCKS = 16;
/** A range of the past is saved at once, so that a long rebuild goes on where it stopped. */
const MANY_ACCOUNTS = 1_000;

/** The book, where it comes from and where it goes: restored, brought to the newest block, saved, read again if need be. */
export class BookStand implements FollowerListener {
  readonly #options: BookStandOptions;
  #book: Book | undefined;
  #follower: Follower | undefined;
  /** The newest block that has not been decided upon; whoever failed on the way does it again. */
  #undecided: BlockHeader | undefined;
  #unsaved: AppliedBlock[] = [];
  #isFresh = false;

  constructor(options: BookStandOptions) {
    this.#options = options;
  }

  get book(): Book | undefined {
    return this.#book;
  }

  /** Whether the book has been read from the disk or in ranges since this was last asked, so that it wants a proof. */
  takeFresh(): boolean {
    const isFresh = this.#isFresh;
    this.#isFresh = false;
    return isFresh;
  }

  /** Brings the book to the newest block; returns what is to be decided upon. Throws `RetryableError`. */
  async follow(pushed: BlockHeader | undefined): Promise<BlockHeader | undefined> {
    const follower = this.#follower ?? (await this.#open());
    const following = await follower.advance(pushed);
    if (following.kind === "lost") this.#forget();
    if (following.kind === "wrong") this.readAgain(following.cause);
    if (following.kind === "advanced") this.#undecided = following.head;
    return this.#undecided;
  }

  /** The block has been decided upon. */
  decided(head: BlockHeader): void {
    if (this.#undecided?.hash === head.hash) this.#undecided = undefined;
    if (this.#unsaved.length >= SAVE_EVERY_BLOCKS) this.save();
  }

  /** Forgets everything, for something was left out of it, and another endpoint is followed. */
  readAgain(cause: string): void {
    const { store, endpoints, log } = this.#options;
    log.error("book.wrong", { block: this.#book?.head?.number, cause });
    store.rollBackTo(-1);
    endpoints.rotate();
    this.#forget();
  }

  /** Notes a repair of the book at its head. */
  repaired(change: AppliedBlock): void {
    this.#unsaved.push(change);
    this.save();
  }

  /** Puts the book on the disk. */
  save(): void {
    this.#options.alerts?.keep();
    this.#options.store.saveBlocks(this.#unsaved);
    this.#unsaved = [];
  }

  /** Puts the book on the disk such that the next start is quick; for the end, since it takes a while. */
  putAway(): void {
    this.save();
    if (this.#book !== undefined) this.#options.accountsFile.write(this.#book);
  }

  applied(block: AppliedBlock, events: readonly SeenEvent[]): void {
    this.#unsaved.push(block);
    this.#options.listener.applied(block, events);
    this.#options.alerts?.applied(block, events, this.#book);
    if (block.accounts.size > MANY_ACCOUNTS) this.save();
  }

  rolledBack(number: number): void {
    this.#unsaved = this.#unsaved.filter(({ block }) => block.number <= number);
    this.#options.store.rollBackTo(number);
    this.#undecided = undefined;
    this.#options.listener.rolledBack(number);
    this.#options.alerts?.rolledBack(number);
  }

  async #open(): Promise<Follower> {
    const { config, endpoints, store, accountsFile, log } = this.#options;
    const { deployment, logRangeBlocks } = config;
    const { deployBlock, vault } = deployment;
    const book = await restoreBook(endpoints, { store, accountsFile }, vault, log);
    log.info("book.opened", { block: book.head?.number, accounts: book.size });
    this.#book = book;
    this.#isFresh = true;
    this.#follower = new Follower({ rpc: endpoints, book, deployBlock, logRangeBlocks, listener: this, log });
    return this.#follower;
  }

  /** What is saved goes back further than the book in memory. */
  #forget(): void {
    this.#options.log.warn("book.lost", { block: this.#book?.head?.number });
    this.#unsaved = [];
    this.#book = undefined;
    this.#follower = undefined;
    this.#undecided = undefined;
  }
}
