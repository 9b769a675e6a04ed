import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Row } from "./rows.ts";
import { asStoreError } from "./storeError.ts";

type Value = string | number | bigint | null;

/** A database's tables, for those who keep something in them. Statements are prepared once. */
export class Tables {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** All or nothing. Throws a `RetryableError` when the disk does not take it, after which nothing has changed. */
  write(work: () => void): void {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      // A failed commit may have ended the transaction already.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw asStoreError(error);
    }
  }

  /** Within a `write`. Returns how many rows it changed. */
  run(sql: string, ...values: Value[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  get(sql: string, ...values: Value[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  all(sql: string, ...values: Value[]): Row[] {
    return this.#statement(sql).all(...values);
  }

  /** Rows as they are asked for, once. */
  iterate(sql: string, ...values: Value[]): Iterable<Row> {
    return this.#statement(sql).iterate(...values);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
