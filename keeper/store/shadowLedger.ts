import { DatabaseSync } from "node:sqlite";
import { toAccountId, type AccountId } from "../../sdk/accountId.ts";
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

/** The table `shadow` of a store that exists. It has a connection of its own; each entry is on the disk when it returns. */
export class ShadowLedger {
  readonly #database: DatabaseSync;
  readonly #tables: Tables;

  constructor(storeFile: string) {
    this.#database = new DatabaseSync(storeFile);
    this.#tables = new Tables(this.#database);
  }

  close(): void {
    this.#database.close();
  }

  /** Throws a `RetryableError` when the disk does not take it. */
  add(entries: readonly ShadowEntry[]): void {
    if (entries.length === 0) return;
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
        this.#tables.run(insert, ...row);
      }
    });
  }

  /** Takes back what was entered above block `number`: that chain is gone. */
  rollBackTo(number: number): void {
    this.#tables.write(() => this.#tables.run("DELETE FROM shadow WHERE block > ?", number));
  }

  /** All of them, oldest first. */
  entries(): readonly ShadowEntry[] {
    return readShadow(this.#database);
  }
}

/** The entries in an open store, oldest first. */
export function readShadow(database: DatabaseSync): readonly ShadowEntry[] {
  const sql = "SELECT block, timestamp, duty, account, state, earned, cost FROM shadow ORDER BY block, rowid";
  return database.prepare(sql).all().map(entryOf);
}

/** By duty, in the order in which they first came. */
export function sumShadow(entries: readonly ShadowEntry[]): readonly ShadowSum[] {
  return [...Map.groupBy(entries, ({ duty }) => duty)].map(([duty, own]) => ({
    duty,
    count: own.length,
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
