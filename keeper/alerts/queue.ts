import type { Log } from "../log.ts";
import { encode } from "../store/codec.ts";
import type { AlertStore, Attempted, Fact, Message } from "./alertStore.ts";
import { lifetimeOf, urgencyOf, type Notice } from "./notice.ts";
import { digest, type Subscription } from "./subscription.ts";

/** What the queue knows of a waiting message; what it says is in the store. */
export type Waiting = Pick<
  Message,
  "key" | "subscription" | "urgency" | "createdAt" | "expiresAt" | "dueAtMs" | "attempts"
>;

/** A block at which something was found out. */
export type FoundAt = Pick<Fact, "block" | "hash" | "at">;

export interface QueueOptions {
  readonly store: AlertStore;
  /** Messages in all; where there are more, the least urgent and then the oldest go. */
  readonly limit: number;
  /** Milliseconds; runs only forward. */
  readonly nowMs: () => number;
  readonly log: Log;
}

/** Messages that one subscription may have waiting: what a target that is gone costs is bounded. */
const MOST_FOR_ONE = 100;
/** A message that waits from before a restart waits no longer than this. */
const LONGEST_WAIT_MS = 900_000;

/** Messages on their way: on the disk, and in memory in the order in which they are to be sent. */
export class Queue {
  readonly #options: QueueOptions;
  /** By subscription; each in the order of sending. */
  readonly #waiting = new Map<string, Waiting[]>();
  #size = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
    const latestMs = options.nowMs() + LONGEST_WAIT_MS;
    for (const message of options.store.pending()) {
      this.#insert({ ...message, dueAtMs: Math.min(message.dueAtMs, latestMs) });
    }
  }

  get size(): number {
    return this.#size;
  }

  /** The first message of every subscription that has any. */
  *firsts(): Generator<Waiting> {
    for (const [first] of this.#waiting.values()) if (first !== undefined) yield first;
  }

  *all(): Generator<Waiting> {
    for (const list of this.#waiting.values()) yield* list;
  }

  /** Within a write of the store: a message to a subscription, once, however often it is asked for. */
  add(to: Subscription, fact: string, notice: Notice, { block, hash, at }: FoundAt): void {
    const { store, nowMs } = this.#options;
    const message: Message = {
      key: digest(to.id, fact, hash, encode(notice)),
      subscription: to.id,
      fact,
      notice,
      urgency: urgencyOf(notice),
      block,
      hash,
      createdAt: at,
      expiresAt: at + lifetimeOf(notice),
      dueAtMs: nowMs(),
      attempts: 0,
      state: "pending",
    };
    if (!store.addMessage(message)) return;
    this.#insert(message);
    this.#makeRoom(to.id);
  }

  /** Within a write of the store: it has been tried, or will not be. */
  settle(waiting: Waiting, attempted: Attempted): void {
    this.#options.store.attempted(attempted);
    this.#remove(waiting);
    if (attempted.state !== "pending") return;
    this.#insert({ ...waiting, dueAtMs: attempted.dueAtMs, attempts: waiting.attempts + 1 });
  }

  /** Not before `dueAtMs`, for now; after a restart it is looked at again. */
  postpone(waiting: Waiting, dueAtMs: number): void {
    this.#remove(waiting);
    this.#insert({ ...waiting, dueAtMs });
  }

  /** Within a write of the store: nothing more of what waits for a subscription is sent. */
  cancelAllTo(subscription: string): void {
    for (const waiting of [...(this.#waiting.get(subscription) ?? [])]) {
      this.settle(waiting, { key: waiting.key, state: "cancelled", dueAtMs: 0 });
    }
  }

  /** Within a write of the store. */
  cancel({ key, subscription }: Pick<Message, "key" | "subscription">): void {
    const waiting = this.#waiting.get(subscription)?.find((each) => each.key === key);
    if (waiting !== undefined) this.settle(waiting, { key, state: "cancelled", dueAtMs: 0 });
  }

  #makeRoom(subscription: string): void {
    const { limit } = this.#options;
    const own = this.#waiting.get(subscription) ?? [];
    if (own.length > MOST_FOR_ONE) this.#displace(own, 1);
    // Several at once, for all have to be looked at.
    if (this.#size > limit) this.#displace([...this.#waiting.values()].flat(), Math.ceil(limit / 100));
  }

  #displace(among: readonly Waiting[], count: number): void {
    const leftOut = among.toSorted(leastUrgentFirst).slice(0, count);
    for (const waiting of leftOut) this.settle(waiting, { key: waiting.key, state: "displaced", dueAtMs: 0 });
    const urgency = leftOut.at(-1)?.urgency;
    const fields = { messages: leftOut.length, urgency, waiting: this.#size };
    this.#options.log.error("alerts.displaced", { ...fields, channels: this.#channelsOf(leftOut) });
  }

  /** How many of them go where. */
  #channelsOf(messages: readonly Waiting[]): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { subscription } of messages) {
      const channel = this.#options.store.subscription(subscription)?.channel;
      if (channel !== undefined) counts[channel] = (counts[channel] ?? 0) + 1;
    }
    return counts;
  }

  #insert({ key, subscription, urgency, createdAt, expiresAt, dueAtMs, attempts }: Waiting): void {
    const waiting: Waiting = { key, subscription, urgency, createdAt, expiresAt, dueAtMs, attempts };
    const list = this.#waiting.get(subscription) ?? [];
    const place = list.findIndex((each) => comesBefore(waiting, each));
    list.splice(place === -1 ? list.length : place, 0, waiting);
    this.#waiting.set(subscription, list);
    this.#size += 1;
  }

  #remove({ key, subscription }: Waiting): void {
    const list = this.#waiting.get(subscription) ?? [];
    const place = list.findIndex((each) => each.key === key);
    if (place === -1) return;
    list.splice(place, 1);
    if (list.length === 0) this.#waiting.delete(subscription);
    this.#size -= 1;
  }
}

/** The more urgent and then the older. */
export function comesBefore(a: Waiting, b: Waiting): boolean {
  return a.urgency === b.urgency ? a.createdAt < b.createdAt : a.urgency < b.urgency;
}

/** The least urgent and of them the oldest. */
function leastUrgentFirst(a: Waiting, b: Waiting): number {
  return a.urgency === b.urgency ? Number(a.createdAt - b.createdAt) : b.urgency - a.urgency;
}
