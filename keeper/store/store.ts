import { DatabaseSync } from "node:sqlite";
import { toAccountId, type AccountId } from "../../sdk/accountId.ts";
import type { AccountState } from "../../sdk/vaultTypes.ts";
import { MAX_REORG_BLOCKS, type AppliedBlock, type BlockRef, type SavedBook } from "../book/book.ts";
import { NEW_VAULT, type VaultRecord } from "../book/vaultRecord.ts";
import { UserError, messageOf } from "../errors.ts";
import type { Since } from "../policy/standby.ts";
import { decode, encode } from "./codec.ts";
import { MIGRATIONS, SCHEMA_VERSION } from "./schema.ts";
import type { DeadLetter, GasFee, JournalEntry, Spending } from "./records.ts";
import { blockOf, journalEntryOf, text, type Row } from "./rows.ts";
import { openStoreLock, type StoreLock } from "./storeLock.ts";
import { Tables } from "./tables.ts";

/** What a store belongs to; it refuses to serve another. */
export interface StoreOwner {
  readonly chainId: number;
  readonly vault: string;
}

/** Blocks kept for finding where a reorganisation began: more than may be taken back. */
const KEPT_BLOCKS = 2 * MAX_REORG_BLOCKS;

const ACCOUNTS_FILE = "accountsFile";

/**
 * The keeper's memory on disk: see schema.ts. Every write is one transaction, on the disk when the method returns, or a
 * `RetryableError`; see `Tables`.
 */
export class Store {
  readonly #database: DatabaseSync;
  readonly #lock: StoreLock | undefined;
  /** For rooms that keep something of their own in it; see schema.ts for whose table is whose. */
  readonly tables: Tables;
  #prunedTo = 0;

  /**
   * Opens or creates `file`; to read, also beside a keeper that holds its lock, but only if it is there and up to date.
   * Throws a `UserError` when it is locked, damaged, of another version or another vault's.
   */
  constructor(file: string, owner: StoreOwner, access: "write" | "read" = "write") {
    const mayWrite = access === "write";
    this.#lock = mayWrite ? openStoreLock(file) : undefined;
    this.#database = new DatabaseSync(file, { readOnly: !mayWrite });
    this.tables = new Tables(this.#database);
    try {
      if (mayWrite) this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
      this.#prepareSchema(file, owner, mayWrite);
      if (mayWrite) this.#checkJournal(file);
    } catch (error) {
      this.close();
      if (error instanceof UserError) throw error;
      throw new UserError(`${file} cannot be used as a store: ${messageOf(error)}`, { cause: error });
    }
  }

  close(): void {
    this.#database.close();
    this.#lock?.release();
  }

  /**
   * The book as last saved, with the accounts that changed after block `since`; undefined when there is none yet. The
   * accounts are read as they are asked for, once.
   */
  loadBook(since = -1): SavedBook | undefined {
    const blocks = this.#all("SELECT number, hash, timestamp FROM blocks ORDER BY number").map(blockOf);
    const vault = this.#get("SELECT state FROM vault_versions ORDER BY block DESC LIMIT 1");
    if (blocks.length === 0 || vault === undefined) return undefined;
    // What an earlier version did not know of is as a new vault has it.
    const saved = { ...NEW_VAULT, ...(decode(text(vault.state)) as VaultRecord) };
    return { blocks, accounts: this.#accountsSince(since), vault: saved };
  }

  /** The newest block of the book as last saved. */
  headBlock(): BlockRef | undefined {
    return this.#all("SELECT number, hash, timestamp FROM blocks ORDER BY number DESC LIMIT 1").map(
      blockOf,
    )[0];
  }

  *#accountsSince(since: number): Generator<[AccountId, AccountState]> {
    // With one max() SQLite takes the other columns from the row of the maximum.
    const newest = "SELECT account, state, max(block) FROM account_versions WHERE block > ? GROUP BY account";
    for (const row of this.tables.iterate(newest, since)) {
      yield [toAccountId(text(row.account)), decode(text(row.state)) as AccountState];
    }
  }

  /** Notes that all accounts as of `block` are in a file of their own. */
  noteAccountsFile({ number, hash }: BlockRef): void {
    this.setNote(ACCOUNTS_FILE, `${number} ${hash}`);
  }

  /** The block of that file, as long as that block is part of the book. */
  accountsFileBlock(): { readonly number: number; readonly hash: string } | undefined {
    const [number, hash] = this.note(ACCOUNTS_FILE)?.split(" ") ?? [];
    return hash === undefined ? undefined : { number: Number(number), hash };
  }

  /** Adds blocks to the book, in ascending order, and forgets versions that no reorganisation can reach. */
  saveBlocks(applied: readonly AppliedBlock[]): void {
    if (applied.length === 0) return;
    this.#write(() => {
      for (const { block, accounts, vault } of applied) {
        const { number, hash, timestamp } = block;
        this.#run("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?)", number, hash, timestamp);
        for (const [account, state] of accounts) {
          const sql = "INSERT OR REPLACE INTO account_versions VALUES (?, ?, ?)";
          this.#run(sql, account, number, encode(state));
        }
        if (vault !== undefined) {
          this.#run("INSERT OR REPLACE INTO vault_versions VALUES (?, ?)", number, encode(vault));
        }
      }
      this.#prune((applied.at(-1)?.block.number ?? 0) - KEPT_BLOCKS);
    });
  }

  /** Takes back every block above `number`. */
  rollBackTo(number: number): void {
    this.#write(() => {
      for (const table of ["account_versions", "vault_versions"]) {
        this.#run(`DELETE FROM ${table} WHERE block > ?`, number);
      }
      this.#run("DELETE FROM blocks WHERE number > ?", number);
      // SQLite reads the number at its beginning.
      this.#run("DELETE FROM meta WHERE name = ? AND CAST(value AS INTEGER) > ?", ACCOUNTS_FILE, number);
    });
  }

  /** Puts signed transactions, and what they may lose, on the disk; only then may they be sent. */
  journal(entries: readonly JournalEntry[], spending: readonly Spending[]): void {
    this.#write(() => {
      for (const entry of entries) {
        const { hash, sender, nonce, raw, action, signedAtBlock } = entry;
        this.#run(
          "INSERT OR IGNORE INTO transactions VALUES (?, ?, ?, ?, ?, ?, NULL)",
          hash,
          sender,
          nonce,
          raw,
          action,
          signedAtBlock,
        );
      }
      for (const { account, day, amount } of spending) {
        const total = (this.spentOn(day).get(account) ?? 0n) + amount;
        this.#run("INSERT OR REPLACE INTO spending VALUES (?, ?, ?)", account, day, total.toString());
      }
    });
  }

  /** Notes what became of a transaction; undefined when a reorganisation has undone it. */
  settle(hash: string, outcome: string | undefined): void {
    this.#write(() => {
      this.#run("UPDATE transactions SET outcome = ? WHERE hash = ?", outcome ?? null, hash);
    });
  }

  /** Transactions of `sender` whose end is not known, by nonce and in the order of signing. */
  unsettled(sender: string): readonly JournalEntry[] {
    const sql = `SELECT hash, sender, nonce, raw, action, signed_at_block FROM transactions
      WHERE sender = ? AND outcome IS NULL ORDER BY nonce, signed_at_block`;
    return this.#all(sql, sender).map(journalEntryOf);
  }

  /** What was lost on accounts in a day of block time, quote base units. */
  spentOn(day: number): ReadonlyMap<AccountId, bigint> {
    const rows = this.#all("SELECT account, amount FROM spending WHERE day = ?", day);
    return new Map(rows.map((row) => [toAccountId(text(row.account)), BigInt(text(row.amount))]));
  }

  /** Notes what a nonce has cost; again with the same amount is the same. */
  addGasFee({ sender, nonce, day, wei }: GasFee): void {
    this.#write(() => {
      this.#run("INSERT OR REPLACE INTO gas_fees VALUES (?, ?, ?, ?)", sender, nonce, day, wei.toString());
    });
  }

  /** Takes that back: the block that held the transaction is gone. */
  removeGasFee(sender: string, nonce: number): void {
    this.#write(() => {
      this.#run("DELETE FROM gas_fees WHERE sender = ? AND nonce = ?", sender, nonce);
    });
  }

  /** Wei that all senders have paid for gas in a day of block time. */
  gasPaidOn(day: number): bigint {
    const rows = this.#all("SELECT wei FROM gas_fees WHERE day = ?", day);
    return rows.reduce((sum, row) => sum + BigInt(text(row.wei)), 0n);
  }

  setDeadLetter({ account, block, failures, reason }: DeadLetter): void {
    this.#write(() => {
      this.#run("INSERT OR REPLACE INTO dead_letters VALUES (?, ?, ?, ?)", account, block, failures, reason);
    });
  }

  removeDeadLetter(account: AccountId): void {
    this.#write(() => {
      this.#run("DELETE FROM dead_letters WHERE account = ?", account);
    });
  }

  deadLetters(): readonly DeadLetter[] {
    return this.#all("SELECT account, block, failures, reason FROM dead_letters ORDER BY account").map(
      (row) => ({
        account: toAccountId(text(row.account)),
        block: Number(row.block),
        failures: Number(row.failures),
        reason: text(row.reason),
      }),
    );
  }

  /** Since when something has been due about accounts. */
  dues(): readonly (readonly [AccountId, Since])[] {
    return this.#all("SELECT account, duty, block, timestamp FROM dues").map((row) => [
      toAccountId(text(row.account)),
      {
        duty: text(row.duty) as Since["duty"],
        block: Number(row.block),
        timestamp: BigInt(Number(row.timestamp)),
      },
    ]);
  }

  /** Notes what has become due, and of which accounts nothing is any more. */
  saveDues(due: ReadonlyMap<AccountId, Since>, gone: Iterable<AccountId>): void {
    this.#write(() => {
      for (const account of gone) this.#run("DELETE FROM dues WHERE account = ?", account);
      for (const [account, { duty, block, timestamp }] of due)
        this.#run("INSERT OR REPLACE INTO dues VALUES (?, ?, ?, ?)", account, duty, block, timestamp);
    });
  }

  /** A small fact by name. */
  note(name: string): string | undefined {
    return this.#all("SELECT value FROM meta WHERE name = ?", name).map(({ value }) => text(value))[0];
  }

  setNote(name: string, value: string): void {
    this.#write(() => {
      this.#run("INSERT OR REPLACE INTO meta VALUES (?, ?)", name, value);
    });
  }

  /** Keeps of each account the newest version at or below `number`, for a reorganisation may go back to it. */
  #prune(number: number): void {
    // It reads all accounts; once in so many blocks is enough.
    if (number < this.#prunedTo + MAX_REORG_BLOCKS) return;
    this.#prunedTo = number;
    this.#run("DELETE FROM blocks WHERE number < ?", number);
    this.#run(
      `DELETE FROM account_versions WHERE block < ? AND EXISTS (SELECT 1 FROM account_versions AS newer
        WHERE newer.account = account_versions.account AND newer.block > account_versions.block AND newer.block <= ?)`,
      number,
      number,
    );
    this.#run(
      `DELETE FROM vault_versions WHERE block < (SELECT max(block) FROM vault_versions WHERE block <= ?)`,
      number,
    );
    this.#run("DELETE FROM transactions WHERE outcome IS NOT NULL AND signed_at_block < ?", number);
    this.#run("DELETE FROM gas_fees WHERE day < (SELECT max(day) FROM gas_fees) - 2");
  }

  #prepareSchema(file: string, owner: StoreOwner, mayWrite: boolean): void {
    const version = Number(this.#get("PRAGMA user_version")?.user_version);
    if (version > SCHEMA_VERSION) {
      throw new UserError(
        `${file} has schema version ${version}; this keeper knows ${SCHEMA_VERSION}. Use the keeper that wrote it, or another storeFile`,
      );
    }
    if (version < SCHEMA_VERSION && !mayWrite) {
      throw new UserError(`${file} is an older keeper's; start the keeper, which brings it up to date`);
    }
    if (version < SCHEMA_VERSION) {
      // One transaction: a process killed in between finds the old version, whole.
      this.#write(() => {
        for (const step of MIGRATIONS.slice(version)) this.#database.exec(step);
        this.#database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
        if (version > 0) return;
        this.#run("INSERT INTO meta VALUES ('chainId', ?)", String(owner.chainId));
        this.#run("INSERT INTO meta VALUES ('vault', ?)", owner.vault);
      });
    }
    for (const [name, value] of Object.entries(owner)) {
      const found = this.note(name);
      if (found === String(value)) continue;
      throw new UserError(
        `${file} belongs to ${name} ${found ?? "unknown"}, not ${String(value)}; use another storeFile`,
      );
    }
  }

  /** What was signed is worth a look at every start; the book is only a copy, and the larger part of the file. */
  #checkJournal(file: string): void {
    const answer = this.#get("PRAGMA quick_check(transactions)")?.quick_check;
    if (answer !== "ok") {
      throw new UserError(`${file} is damaged where signed transactions are kept: ${String(answer)}`);
    }
  }

  #write(work: () => void): void {
    this.tables.write(work);
  }

  #run(sql: string, ...values: (string | number | bigint | null)[]): void {
    this.tables.run(sql, ...values);
  }

  #get(sql: string, ...values: (string | number)[]): Row | undefined {
    return this.tables.get(sql, ...values);
  }

  #all(sql: string, ...values: (string | number)[]): Row[] {
    return this.tables.all(sql, ...values);
  }
}
