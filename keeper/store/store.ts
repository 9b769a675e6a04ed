import { DatabaseSync, type StatementSync } from "node:sqlite";
import { toAccountId, type AccountId } from "../../sdk/accountId.ts";
import type { AccountState } from "../../sdk/vaultTypes.ts";
import { MAX_REORG_BLOCKS, type AppliedBlock, type BlockRef, type SavedBook } from "../book/book.ts";
import type { VaultRecord } from "../book/vaultRecord.ts";
import { UserError, messageOf } from "../errors.ts";
import { decode, encode } from "./codec.ts";
import { SCHEMA, SCHEMA_VERSION } from "./schema.ts";
import { lockStore, type StoreLock } from "./storeLock.ts";

/** What a store belongs to; it refuses to serve another. */
export interface StoreOwner {
  readonly chainId: number;
  readonly vault: string;
}

/** A transaction as it was signed, before anyone saw it. */
export interface JournalEntry {
  readonly hash: string;
  readonly sender: string;
  readonly nonce: number;
  /** The signed bytes, sent again identically after a crash. */
  readonly raw: string;
  /** What it does, as `encode` writes it; opaque here. */
  readonly action: string;
  readonly signedAtBlock: number;
}

/** Quote base units lost on an account in the day of block time numbered `day`. */
export interface Spending {
  readonly account: AccountId;
  readonly day: number;
  readonly amount: bigint;
}

/** Blocks kept for finding where a reorganisation began: more than may be taken back. */
const KEPT_BLOCKS = 2 * MAX_REORG_BLOCKS;

/** The keeper's memory on disk: see schema.ts. Every write is one transaction, on the disk when the method returns. */
export class Store {
  readonly #database: DatabaseSync;
  readonly #lock: StoreLock;
  readonly #statements = new Map<string, StatementSync>();
  #prunedTo = 0;

  /** Opens or creates `file`. Throws a `UserError` when it is locked, damaged, of another version or another vault's. */
  constructor(file: string, owner: StoreOwner) {
    this.#lock = openLock(file);
    this.#database = new DatabaseSync(file);
    try {
      this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
      this.#prepareSchema(file, owner);
    } catch (error) {
      this.close();
      if (error instanceof UserError) throw error;
      throw new UserError(`${file} cannot be used as a store: ${messageOf(error)}`, { cause: error });
    }
  }

  close(): void {
    this.#database.close();
    this.#lock.release();
  }

  /** The book as last saved; undefined when there is none yet. */
  loadBook(): SavedBook | undefined {
    const blocks = this.#all("SELECT number, hash, timestamp FROM blocks ORDER BY number").map(blockOf);
    const vault = this.#get("SELECT state FROM vault_versions ORDER BY block DESC LIMIT 1");
    if (blocks.length === 0 || vault === undefined) return undefined;
    const accounts = new Map<AccountId, AccountState>();
    // With one max() SQLite takes the other columns from the row of the maximum.
    for (const row of this.#all("SELECT account, state, max(block) FROM account_versions GROUP BY account")) {
      accounts.set(toAccountId(text(row.account)), decode(text(row.state)) as AccountState);
    }
    return { blocks, accounts, vault: decode(text(vault.state)) as VaultRecord };
  }

  /** Adds blocks to the book, in ascending order, and forgets versions that no reorganisation can reach. */
  saveBlocks(applied: readonly AppliedBlock[]): void {
    if (applied.length === 0) return;
    this.#write(() => {
      for (const { block, accounts, vault } of applied) {
        this.#run(
          "INSERT OR REPLACE INTO blocks VALUES (?, ?, ?)",
          block.number,
          block.hash,
          block.timestamp,
        );
        for (const [account, state] of accounts) {
          this.#run(
            "INSERT OR REPLACE INTO account_versions VALUES (?, ?, ?)",
            account,
            block.number,
            encode(state),
          );
        }
        if (vault !== undefined) {
          this.#run("INSERT OR REPLACE INTO vault_versions VALUES (?, ?)", block.number, encode(vault));
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
    return this.#all(sql, sender).map((row) => ({
      hash: text(row.hash),
      sender: text(row.sender),
      nonce: Number(row.nonce),
      raw: text(row.raw),
      action: text(row.action),
      signedAtBlock: Number(row.signed_at_block),
    }));
  }

  /** What was lost on accounts in a day of block time, quote base units. */
  spentOn(day: number): ReadonlyMap<AccountId, bigint> {
    const rows = this.#all("SELECT account, amount FROM spending WHERE day = ?", day);
    return new Map(rows.map((row) => [toAccountId(text(row.account)), BigInt(text(row.amount))]));
  }

  /** A small fact by name. */
  note(name: string): string | undefined {
    const row = this.#get("SELECT value FROM meta WHERE name = ?", name);
    return row === undefined ? undefined : text(row.value);
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
  }

  #prepareSchema(file: string, owner: StoreOwner): void {
    const version = Number(this.#get("PRAGMA user_version")?.user_version);
    if (version === 0) {
      this.#write(() => {
        this.#database.exec(`${SCHEMA}; PRAGMA user_version = ${SCHEMA_VERSION}`);
        this.#run("INSERT INTO meta VALUES ('chainId', ?)", String(owner.chainId));
        this.#run("INSERT INTO meta VALUES ('vault', ?)", owner.vault);
      });
    } else if (version !== SCHEMA_VERSION) {
      throw new UserError(
        `${file} has schema version ${version}; this keeper knows ${SCHEMA_VERSION}. Use the keeper that wrote it, or another storeFile`,
      );
    }
    for (const [name, value] of Object.entries(owner)) {
      const found = this.note(name);
      if (found === String(value)) continue;
      throw new UserError(
        `${file} belongs to ${name} ${found ?? "unknown"}, not ${String(value)}; use another storeFile`,
      );
    }
  }

  #write(work: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #run(sql: string, ...values: (string | number | bigint | null)[]): void {
    this.#statement(sql).run(...values);
  }

  #get(sql: string, ...values: (string | number)[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  #all(sql: string, ...values: (string | number)[]): Row[] {
    return this.#statement(sql).all(...values);
  }
}

type Row = Record<string, unknown>;

function openLock(file: string): StoreLock {
  try {
    return lockStore(file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file} cannot be opened: ${messageOf(error)}`, { cause: error });
  }
}

function blockOf(row: Row): BlockRef {
  return { number: Number(row.number), hash: text(row.hash), timestamp: BigInt(Number(row.timestamp)) };
}

function text(value: unknown): string {
  if (typeof value !== "string")
    throw new UserError("the store is damaged: a text column holds something else");
  return value;
}
