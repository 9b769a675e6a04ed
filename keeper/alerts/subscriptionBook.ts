import type { AlertStore } from "./alertStore.ts";
import type { AccountId } from "../../sdk/accountId.ts";
import type { Queue } from "./queue.ts";
import { digest, type Subscription } from "./subscription.ts";

/** Told when an owner is told of things from now on. */
export type ActivationListener = (subscription: Subscription, now: bigint) => void;

/** Who is told of what: on the disk, and in memory by owner. */
export class SubscriptionBook {
  readonly #store: AlertStore;
  readonly #queue: Queue;
  readonly #byOwner = new Map<string, Map<string, Subscription>>();
  #size = 0;
  /** Within the write that makes it active. */
  onActivated: ActivationListener = () => undefined;

  constructor(store: AlertStore, queue: Queue) {
    this.#store = store;
    this.#queue = queue;
    for (const subscription of store.subscriptions()) this.#set(subscription);
  }

  /** Those that have not ended. */
  get size(): number {
    return this.#size;
  }

  /** Those that have not ended. */
  *all(): Generator<Subscription> {
    for (const own of this.#byOwner.values()) yield* own.values();
  }

  /** Of an owner, the unconfirmed ones included. */
  countOf(owner: string): number {
    return this.#byOwner.get(prefixOf(owner))?.size ?? 0;
  }

  get(id: string, owner?: string): Subscription | undefined {
    return owner === undefined ? this.#store.subscription(id) : this.#byOwner.get(prefixOf(owner))?.get(id);
  }

  /** Whether anybody is to be told about an account. */
  isWatched(account: AccountId): boolean {
    return this.#byOwner.has(account.slice(0, 42)) && this.activeOf(account).length > 0;
  }

  /** Who is told about an account. */
  activeOf(account: AccountId): readonly Subscription[] {
    const all = this.#byOwner.get(account.slice(0, 42));
    return all === undefined ? [] : [...all.values()].filter(({ state }) => state === "active");
  }

  /** Owners of whom somebody is told. */
  owners(): readonly string[] {
    return [...this.#byOwner.values()].flatMap((all) => {
      const [active] = [...all.values()].filter(({ state }) => state === "active");
      return active === undefined ? [] : [active.owner];
    });
  }

  /** Takes in a subscription; with a `code` its target is asked. Throws `RetryableError` as the store does. */
  put(subscription: Subscription, code: string | undefined, now: bigint): void {
    const { id, owner, issuedAt } = subscription;
    this.#store.write(() => {
      this.#store.putSubscription(subscription);
      if (code === undefined) return;
      this.#queue.cancelAllTo(id);
      const found = { block: 0, hash: digest(code), at: now };
      this.#queue.add(
        subscription,
        `confirmation:${issuedAt}`,
        { kind: "confirmation", owner, id, code },
        found,
      );
    });
    this.#set(subscription);
  }

  /** Its target wants it. Throws `RetryableError` as the store does. */
  activate(subscription: Subscription, now: bigint): void {
    const active: Subscription = { ...subscription, state: "active", changedAt: now };
    this.#set(active);
    this.#store.write(() => {
      this.#queue.cancelAllTo(active.id);
      this.#store.putSubscription(active);
      this.onActivated(active, now);
    });
  }

  /** It is kept until nothing older can be handed in. Throws `RetryableError` as the store does. */
  end(subscription: Subscription, now: bigint): void {
    const ended: Subscription = { ...subscription, state: "ended", secret: "", changedAt: now };
    this.#store.write(() => {
      this.#queue.cancelAllTo(ended.id);
      this.#store.putSubscription(ended);
    });
    this.#delete(ended);
  }

  noteWrongCode(subscription: Subscription): void {
    const noted = { ...subscription, codeTries: subscription.codeTries + 1 };
    this.#store.write(() => {
      this.#store.putSubscription(noted);
    });
    this.#set(noted);
  }

  /** Forgets what was never confirmed, and what ended before anything that can still be handed in. */
  prune(before: bigint): void {
    this.#store.write(() => {
      this.#store.pruneSubscriptions(before);
    });
    for (const all of [...this.#byOwner.values()]) {
      for (const each of [...all.values()]) {
        if (each.state !== "active" && each.changedAt < before) this.#delete(each);
      }
    }
  }

  #set(subscription: Subscription): void {
    const { id, owner, state } = subscription;
    if (state === "ended") return;
    const all = this.#byOwner.get(prefixOf(owner)) ?? new Map<string, Subscription>();
    if (!all.has(id)) this.#size += 1;
    all.set(id, subscription);
    this.#byOwner.set(prefixOf(owner), all);
  }

  #delete({ id, owner }: Subscription): void {
    const all = this.#byOwner.get(prefixOf(owner));
    if (all?.delete(id) === true) this.#size -= 1;
    if (all?.size === 0) this.#byOwner.delete(prefixOf(owner));
  }
}

/** How all accounts of an owner begin. */
export function prefixOf(owner: string): string {
  return owner.toLowerCase();
}
