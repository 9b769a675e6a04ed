import type { AccountId } from "../../sdk/accountId.ts";
import { encode } from "../store/codec.ts";
import type { AlertStore, Fact } from "./alertStore.ts";
import { levelOf, type AccountNotice } from "./notice.ts";
import type { FoundAt, Queue } from "./queue.ts";
import type { Subscription } from "./subscription.ts";
import type { SubscriptionBook } from "./subscriptionBook.ts";

/** Something found out about an account; the same key is the same thing, found again. */
export interface Finding {
  readonly key: string;
  readonly notice: AccountNotice;
}

/**
 * What has been told of accounts, so that it is told once, and taken back when the chain takes it back. All of it
 * happens within a write of the store: a fact and its messages are on the disk together or not at all.
 */
export class FactBook {
  readonly #store: AlertStore;
  readonly #queue: Queue;
  readonly #book: SubscriptionBook;

  constructor(store: AlertStore, queue: Queue, book: SubscriptionBook) {
    this.#store = store;
    this.#queue = queue;
    this.#book = book;
  }

  /** Within a write. Tells whoever asked for it, if it is new or not what was told. */
  report({ key, notice }: Finding, found: FoundAt): void {
    const before = this.#store.fact(key);
    const isSame = before !== undefined && encode(before.notice) === encode(notice);
    if (isSame && before.state === "standing") return;
    const isTaleTold = isSame && before.state === "doubtful";
    if (before?.state === "doubtful" && !isSame) this.retract(before, found);
    this.#store.putFact({ key, notice, ...found, state: "standing" });
    if (isTaleTold) return;
    for (const to of this.#book.activeOf(notice.account)) {
      // What a block held before somebody asked is no news to them.
      if (found.at >= to.changedAt) this.#tell(to, key, notice, found);
    }
  }

  /** Within a write. It was never so: who may have been told is told that. */
  retract(fact: Fact, found: FoundAt): void {
    this.#store.setFactState(fact.key, "retracted");
    for (const message of this.#store.messagesOf(fact.key)) {
      const { key, notice, attempts, subscription } = message;
      this.#queue.cancel(message);
      const wasTold = attempts > 0 && notice.kind !== "retraction";
      const to = this.#book.activeOf(fact.notice.account).find(({ id }) => id === subscription);
      if (!wasTold || to === undefined) continue;
      const retraction = { kind: "retraction", of: fact.notice, ofKey: key } as const;
      this.#queue.add(to, `retraction:${fact.key}`, retraction, found);
    }
  }

  /** Within a write. It was so, and is over: what has not been sent of it is out of date. */
  end(key: string): void {
    this.#store.setFactState(key, "over");
    for (const message of this.#store.messagesOf(key)) this.#queue.cancel(message);
  }

  /** Within a write. Who has just begun to listen is told what holds of an account and still wants an answer. */
  tellStanding(to: Subscription, account: AccountId, isCalled: (nonce: number) => boolean): void {
    for (const { key, notice, ...found } of this.#store.factsOf(account)) {
      const isOpenCall = notice.kind === "called" && isCalled(notice.nonce);
      if (isOpenCall || notice.kind === "approaching") this.#tell(to, key, notice, found);
    }
  }

  #tell(to: Subscription, key: string, notice: AccountNotice, found: FoundAt): void {
    if (to.levels.includes(levelOf(notice))) this.#queue.add(to, key, notice, found);
  }
}
