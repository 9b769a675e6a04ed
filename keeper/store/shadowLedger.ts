import { DatabaseSync } from "node:sqlite";
import { toAccountId, type AccountId } from "../../sdk/accountId.ts";
import { MAX_REORG_BLOCKS } from "../book/book.ts";
import { text, type Row } from "./rows.ts";
import { Tables } from "./tables.ts";

/** What a dry run would have done about an account, or for the vault as a whole. Quote base units. */
export interface ShadowEntry {
  readonly block: number;
  /** Of the block, seconds since 1970. */
  readonly timestamp: bigint;
  readonly duty: string;
  /** Undefined for what is about no account. */
  readonly account: AccountId | undefined;
  /** The account as it stood, in short: about the same state the same is done once. */
  readonly state: string;
  /** What it would have brought, before gas. */
  readonly earned: bigint;
  /** Its gas. */
  readonly cost: bigint;
}

/** The entries of one duty together. */
export interface ShadowSum {
  readonly duty: string;
  readonly count: number;
  readonly earned: bigint;
  readonly cost: bigint;
}

/** What is kept of single entries; older ones are in the sums alone. */
export interface ShadowBounds {
  readonly entries: number;
  /** Block time. */
  readonly seconds: bigint;
}

const BOUNDS: ShadowBounds = { entries: 100_000, seconds: 90n * 86_400n };
const PRUNE_EVERY_SECONDS = 3_600n;

/**
 * The table `shadow` of a store that exists. It has a connection of its own; each entry is on the disk when it returns.
 * Old entries are added to `shadow_pruned`, so that the sums stay as they are. By the last entry about an account the
 * desk knows that nothing is to be entered again: that one goes by number alone, after all others, and not by its age.
 */
export class ShadowLedger {
  readonly #bounds: ShadowBounds;
  #size: number;
  #prunedAt = 0n;
  readonly #database: DatabaseSync;
  readonly #tables: Tables;

  constructor(storeFile: string, bounds = BOUNDS) {
    this.#database = new DatabaseSync(storeFile);
    this.#tables = new Tables(this.#database);
    this.#bounds = bounds;
    this.#size = this.#count();
  }

  close(): void {
    this.#database.close();
  }

  /** Throws a `RetryableError` when the disk does not take it. */
  add(entries: readonly ShadowEntry[]): void {
    const newest = entries.at(-1);
    if (newest === undefined) return;
    let added = 0;
    let pruned = 0;
    const insert = "INSERT OR IGNORE INTO shadow VALUES (?, ?, ?, ?, ?, ?, ?)";
    this.#tables.write(() => {
      for (const { block, timestamp, duty, account, state, earned, cost } of entries) {
        const row = [
          block,
          timestamp,
          duty,
          account ?? "",
          state,
          earned.toString(),
          cost.toString(),
        ] as const;
        added += this.#tables.run(insert, ...row);
      }
      pruned = this.#prune(newest, this.#size + added);
    });
    this.#size += added - pruned;
  }

  /** Takes back what was entered above block `number`: that chain is gone. */
  rollBackTo(number: number): void {
    this.#tables.write(() => this.#tables.run("DELETE FROM shadow WHERE block > ?", number));
    this.#size = this.#count();
  }

  /** All of them, oldest first. */
  entries(): readonly ShadowEntry[] {
    return readShadow(this.#database);
  }

  #count(): number {
    return Number(this.#tables.get("SELECT count(*) AS n FROM shadow")?.n);
  }

  /** Within a write. Returns how many went. What a reorganisation may take back stays, however much it is. */
  #prune({ block, timestamp }: ShadowEntry, size: number): number {
    const { entries, seconds } = this.#bounds;
    const isFull = size > entries;
    if (!isFull && timestamp < this.#prunedAt + PRUNE_EVERY_SECONDS) return 0;
    this.#prunedAt = timestamp;
    const reachable = block - MAX_REORG_BLOCKS;
    const isLast = "rowid IN (SELECT max(rowid) FROM shadow GROUP BY duty, account)";
    // A tenth more than it has to be, for all have to be looked at.
    const tooMany = isFull ? size - Math.floor(entries * 0.9) : 0;
    const old = `SELECT rowid AS id FROM shadow WHERE block < ? AND timestamp < ? AND NOT ${isLast}`;
    const first = `SELECT rowid AS id FROM shadow WHERE block < ? ORDER BY ${isLast}, block, rowid LIMIT ?`;
    const ids = [
      ...this.#tables.all(old, reachable, timestamp - seconds),
      ...this.#tables.all(first, reachable, tooMany),
    ];
    return this.#moveToSums([...new Set(ids.map(({ id }) => Number(id)))]);
  }

  /** Within a write. */
  #moveToSums(ids: readonly number[]): number {
    if (ids.length === 0) return 0;
    const read = "SELECT block, timestamp, duty, account, state, earned, cost FROM shadow WHERE rowid = ?";
    const gone = ids.flatMap((id): ShadowEntry[] => {
      const row = this.#tables.get(read, id);
      return row === undefined ? [] : [entryOf(row)];
    });
    for (const id of ids) this.#tables.run("DELETE FROM shadow WHERE rowid = ?", id);
    const upsert = "INSERT OR REPLACE INTO shadow_pruned VALUES (?, ?, ?, ?)";
    for (const { duty, count, earned, cost } of sumShadow(gone, readPruned(this.#database))) {
      this.#tables.run(upsert, duty, count, earned.toString(), cost.toString());
    }
    return ids.length;
  }
}

/** What all entries came to by duty, those that are not kept any more included. */
export function readShadowSums(database: DatabaseSync): readonly ShadowSum[] {
  return sumShadow(readShadow(database), readPruned(database));
}

function readPruned(database: DatabaseSync): readonly ShadowSum[] {
  const rows = database.prepare("SELECT duty, entries, earned, cost FROM shadow_pruned").all();
  return rows.map((row) => ({
    duty: text(row.duty),
    count: Number(row.entries),
    earned: BigInt(text(row.earned)),
    cost: BigInt(text(row.cost)),
  }));
}

/** The entries in an open store, oldest first. */
export function readShadow(database: DatabaseSync): readonly ShadowEntry[] {
  const sql = "SELECT block, timestamp, duty, account, state, earned, cost FROM shadow ORDER BY block, rowid";
  return database.prepare(sql).all().map(entryOf);
}

/** By duty, in the order in which they first came, on top of what there was before. */
export function sumShadow(
  entries: readonly ShadowEntry[],
  before: readonly ShadowSum[] = [],
): readonly ShadowSum[] {
  const singles = entries.map(({ duty, earned, cost }) => ({ duty, count: 1, earned, cost }));
  return [...Map.groupBy([...before, ...singles], ({ duty }) => duty)].map(([duty, own]) => ({
    duty,
    count: own.reduce((sum, { count }) => sum + count, 0),
    earned: own.reduce((sum, { earned }) => sum + earned, 0n),
    cost: own.reduce((sum, { cost }) => sum + cost, 0n),
  }));
}

function entryOf(row: Row): ShadowEntry {
  const account = text(row.account);
  return {
    block: Number(row.block),
    timestamp: BigInt(Number(row.timestamp)),
    duty: text(row.duty),
    account: account === "" ? undefined : toAccountId(account),
    state: text(row.state),
    earned: BigInt(text(row.earned)),
    cost: BigInt(text(row.cost)),
  };
}
