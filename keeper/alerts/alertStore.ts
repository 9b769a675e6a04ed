import { toAccountId, type AccountId } from "../../sdk/accountId.ts";
import type { AlertChannel, AlertLevel } from "../../sdk/alertRequest.ts";
import { decode, encode } from "../store/codec.ts";
import { text, type Row } from "../store/rows.ts";
import type { Tables } from "../store/tables.ts";
import type { AccountNotice, Notice } from "./notice.ts";
import type { QuietHours } from "./quietHours.ts";
import type { Subscription, SubscriptionState } from "./subscription.ts";

/** `standing`: it holds. `doubtful`: its block was taken back. `over`: it held, and does no more. */
export type FactState = "standing" | "doubtful" | "retracted" | "over";

/** Something that was found out about an account, once. */
export interface Fact {
  readonly key: string;
  readonly notice: AccountNotice;
  readonly block: number;
  readonly hash: string;
  /** Block time. */
  readonly at: bigint;
  readonly state: FactState;
}

export type MessageState = "pending" | "sent" | "cancelled" | "refused" | "expired" | "displaced";

/** A fact on its way to a subscription. */
export interface Message {
  /** The same for every attempt: who receives it twice can tell. */
  readonly key: string;
  readonly subscription: string;
  readonly fact: string;
  readonly notice: Notice;
  readonly urgency: number;
  readonly block: number;
  readonly hash: string;
  readonly createdAt: bigint;
  /** Block time after which it is not tried again. */
  readonly expiresAt: bigint;
  readonly dueAtMs: number;
  readonly attempts: number;
  readonly state: MessageState;
}

/** A message that has been tried: what it is now, and when it is due again. */
export interface Attempted {
  readonly key: string;
  readonly state: MessageState;
  readonly dueAtMs: number;
}

const INSERT_SUBSCRIPTION =
  "INSERT OR REPLACE INTO alert_subscriptions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/** What alerts keep in the keeper's store. Writes throw a `RetryableError` when the disk does not take them. */
export class AlertStore {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** All that `work` writes, or nothing of it. */
  write(work: () => void): void {
    this.#tables.write(work);
  }

  subscription(id: string): Subscription | undefined {
    const row = this.#tables.get("SELECT * FROM alert_subscriptions WHERE id = ?", id);
    return row === undefined ? undefined : subscriptionFrom(row);
  }

  /** Those that have not ended. */
  subscriptions(): readonly Subscription[] {
    return this.#tables.all("SELECT * FROM alert_subscriptions WHERE state <> 'ended'").map(subscriptionFrom);
  }

  /** Within a `write`. */
  putSubscription(each: Subscription): void {
    const { id, owner, channel, target, levels, quietHours, secret, issuedAt, state } = each;
    const quiet = quietHours === undefined ? "" : JSON.stringify(quietHours);
    const listed = levels.join(" ");
    const rest = [each.code, each.codeTries, each.changedAt] as const;
    const plain = [id, owner, channel, target, listed, quiet, secret, issuedAt, state] as const;
    this.#tables.run(INSERT_SUBSCRIPTION, ...plain, ...rest);
  }

  /** Within a `write`: forgets what ended, or was never confirmed, before a time. */
  pruneSubscriptions(before: bigint): void {
    this.#tables.run("DELETE FROM alert_subscriptions WHERE state <> 'active' AND changed_at < ?", before);
  }

  fact(key: string): Fact | undefined {
    const row = this.#tables.get("SELECT * FROM alert_facts WHERE key = ?", key);
    return row === undefined ? undefined : factFrom(row);
  }

  facts(state: FactState): readonly Fact[] {
    return this.#tables.all("SELECT * FROM alert_facts WHERE state = ? ORDER BY block", state).map(factFrom);
  }

  /** What holds of an account, oldest first. */
  factsOf(account: AccountId): readonly Fact[] {
    const sql = "SELECT * FROM alert_facts WHERE account = ? AND state = 'standing' ORDER BY block";
    return this.#tables.all(sql, account).map(factFrom);
  }

  /** Within a `write`. */
  putFact({ key, notice, block, hash, at, state }: Fact): void {
    const { account, kind } = notice;
    const sql = "INSERT OR REPLACE INTO alert_facts VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    this.#tables.run(sql, key, account, kind, encode(notice), block, hash, at, state);
  }

  /** Within a `write`. */
  setFactState(key: string, state: FactState): void {
    this.#tables.run("UPDATE alert_facts SET state = ? WHERE key = ?", state, key);
  }

  /** Within a `write`: everything above a block may not have happened. */
  doubtAbove(block: number): void {
    this.#tables.run(
      "UPDATE alert_facts SET state = 'doubtful' WHERE state = 'standing' AND block > ?",
      block,
    );
  }

  /** Within a `write`: likewise what was found in blocks that are not, or no longer, saved as they were. */
  doubtUnsaved(): void {
    this.#tables.run(`UPDATE alert_facts SET state = 'doubtful' WHERE state = 'standing'
      AND block >= coalesce((SELECT min(number) FROM blocks), 0)
      AND NOT EXISTS (SELECT 1 FROM blocks WHERE number = block AND blocks.hash = alert_facts.hash)`);
  }

  /** Within a `write`. Whether it was new. */
  addMessage(message: Message): boolean {
    const { key, subscription, fact, notice, urgency, block, hash } = message;
    const { createdAt, expiresAt, dueAtMs, attempts, state } = message;
    const sql = "INSERT OR IGNORE INTO alert_messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    const what = [key, subscription, fact, notice.kind, urgency, encode(notice), block, hash] as const;
    return this.#tables.run(sql, ...what, createdAt, expiresAt, dueAtMs, attempts, state) > 0;
  }

  message(key: string): Message | undefined {
    const row = this.#tables.get("SELECT * FROM alert_messages WHERE key = ?", key);
    return row === undefined ? undefined : messageFrom(row);
  }

  messagesOf(fact: string): readonly Message[] {
    return this.#tables.all("SELECT * FROM alert_messages WHERE fact = ?", fact).map(messageFrom);
  }

  /** Everything that waits to be sent. */
  pending(): readonly Message[] {
    return this.#tables.all("SELECT * FROM alert_messages WHERE state = 'pending'").map(messageFrom);
  }

  /** How often a target was asked whether it wants to be told since a time. */
  questionsTo(channel: AlertChannel, target: string, since: bigint): number {
    const sql = `SELECT count(*) AS n FROM alert_subscriptions AS s JOIN alert_messages AS m ON m.subscription = s.id
      WHERE s.channel = ? AND s.target = ? AND m.kind = 'confirmation' AND m.created_at > ?`;
    return Number(this.#tables.get(sql, channel, target, since)?.n);
  }

  /** Within a `write`: it is about to be tried, so that whoever finds it later knows that it may have arrived. */
  beginAttempt(key: string): void {
    this.#tables.run("UPDATE alert_messages SET attempts = attempts + 1 WHERE key = ?", key);
  }

  /** Within a `write`. One that was cancelled meanwhile stays so. */
  attempted({ key, state, dueAtMs }: Attempted): void {
    const sql = "UPDATE alert_messages SET state = ?, due_at_ms = ? WHERE key = ? AND state = 'pending'";
    this.#tables.run(sql, state, dueAtMs, key);
  }

  /** Within a `write`: forgets what is done and older than a time. */
  pruneMessages(before: bigint): void {
    this.#tables.run("DELETE FROM alert_messages WHERE state <> 'pending' AND created_at < ?", before);
    this.#tables.run("DELETE FROM alert_facts WHERE state <> 'doubtful' AND at < ?", before);
  }

  /** The accounts of an owner that the store's book has. */
  accountsOf(owner: string): readonly AccountId[] {
    const first = toAccountId(`${owner.toLowerCase()}${"0".repeat(24)}`);
    const last = toAccountId(`${owner.toLowerCase()}${"f".repeat(24)}`);
    const sql = "SELECT DISTINCT account FROM account_versions WHERE account BETWEEN ? AND ?";
    return this.#tables.all(sql, first, last).map(({ account }) => toAccountId(text(account)));
  }
}

function subscriptionFrom(row: Row): Subscription {
  const quietHours = text(row.quiet_hours);
  return {
    id: text(row.id),
    owner: text(row.owner),
    channel: text(row.channel) as AlertChannel,
    target: text(row.target),
    levels: text(row.levels).split(" ") as AlertLevel[],
    quietHours: quietHours === "" ? undefined : (JSON.parse(quietHours) as QuietHours),
    secret: text(row.secret),
    issuedAt: Number(row.issued_at),
    state: text(row.state) as SubscriptionState,
    code: text(row.code),
    codeTries: Number(row.code_tries),
    changedAt: BigInt(Number(row.changed_at)),
  };
}

function factFrom(row: Row): Fact {
  return {
    key: text(row.key),
    notice: decode(text(row.notice)) as AccountNotice,
    block: Number(row.block),
    hash: text(row.hash),
    at: BigInt(Number(row.at)),
    state: text(row.state) as FactState,
  };
}

function messageFrom(row: Row): Message {
  return {
    key: text(row.key),
    subscription: text(row.subscription),
    fact: text(row.fact),
    notice: decode(text(row.notice)) as Notice,
    urgency: Number(row.urgency),
    block: Number(row.block),
    hash: text(row.hash),
    createdAt: BigInt(Number(row.created_at)),
    expiresAt: BigInt(Number(row.expires_at)),
    dueAtMs: Number(row.due_at_ms),
    attempts: Number(row.attempts),
    state: text(row.state) as MessageState,
  };
}
