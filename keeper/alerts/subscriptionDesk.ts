import { randomBytes, timingSafeEqual } from "node:crypto";
import {
  NO_SECRET_HASH,
  secretHashOf,
  subscribeTypedData,
  unsubscribeTypedData,
  type AlertChannel,
} from "../../sdk/alertRequest.ts";
import type { Deployment } from "../../sdk/deployment.ts";
import { RetryableError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Rpc } from "../sources/rpcClient.ts";
import {
  parseAlertRequest,
  type CodeRequest,
  type SubscribeRequest,
  type UnsubscribeRequest,
} from "./alertRequest.ts";
import type { AlertStore } from "./alertStore.ts";
import { isSignedBy } from "./ownerSignature.ts";
import { parseQuietHours, type QuietHours } from "./quietHours.ts";
import { digest, subscriptionId, type Subscription } from "./subscription.ts";
import type { SubscriptionBook } from "./subscriptionBook.ts";
import { targetFrom } from "./target.ts";

/** Why a request was not taken in. */
export type Refusal =
  | "malformed"
  | "channelOff"
  | "notNow"
  | "stale"
  | "tooMany"
  | "notSigned"
  | "unknown"
  | "wrongCode"
  | "notReady";

/** What came of a request. */
export type Taken =
  | { readonly kind: "taken"; readonly id: string; readonly state: Subscription["state"] }
  | { readonly kind: "refused"; readonly reason: Refusal; readonly sentence: string };

export interface SubscriptionDeskOptions {
  readonly deployment: Pick<Deployment, "chainId" | "vault">;
  readonly channels: ReadonlySet<AlertChannel>;
  /** `host:port` that webhooks may reach whatever their address. */
  readonly allowed: ReadonlySet<string>;
  readonly limits: { readonly subscriptionsPerOwner: number; readonly maxSubscriptions: number };
  readonly store: AlertStore;
  readonly book: SubscriptionBook;
  readonly rpc: Rpc;
  /** Block time; undefined before the first block is known. */
  readonly now: () => bigint | undefined;
  readonly log: Log;
}

/** Between signing and handing in; also how long what has ended is kept against replays. */
export const LONGEST_VALIDITY_SECONDS = 7 * 86_400;
/** Blocks and clocks differ by so much. */
const CLOCK_TOLERANCE_SECONDS = 300;
const MOST_CODE_TRIES = 5;
/** Unconfirmed subscriptions that one target may be asked about within a day, by whomever. */
const MOST_QUESTIONS = 3;
const DAY = 86_400n;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * Takes in what traders sign: who asks is who owns the accounts, and nothing but a question goes to a target before it
 * has shown that it wants to be told. Of several words about the same target the one that was signed last counts.
 */
export class SubscriptionDesk {
  readonly #options: SubscriptionDeskOptions;

  constructor(options: SubscriptionDeskOptions) {
    this.#options = options;
  }

  /** Takes in a request as it was handed in. Never throws for what somebody has sent. */
  async take(json: unknown): Promise<Taken> {
    const parsed = parseAlertRequest(json);
    if ("fault" in parsed) return refused("malformed", parsed.fault);
    const { request } = parsed;
    const now = this.#options.now();
    if (now === undefined) return refused("notReady", "the keeper does not know the newest block yet");
    try {
      const taken = await this.#takeParsed(request, now);
      const isTaken = taken.kind === "taken";
      this.#options.log.info(isTaken ? "alerts.taken" : "alerts.refused", {
        request: request.kind,
        ...(isTaken ? { id: taken.id, state: taken.state } : { reason: taken.reason }),
      });
      return taken;
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      return refused("notReady", "it could not be checked or kept just now; try again in a minute");
    }
  }

  /** A webhook has echoed the code it was sent. Throws `RetryableError` when the store does not take it. */
  echoed(id: string): void {
    const found = this.#options.store.subscription(id);
    if (found?.state === "unconfirmed") this.#options.book.activate(found, this.#options.now() ?? 0n);
  }

  #takeParsed(request: SubscribeRequest | UnsubscribeRequest | CodeRequest, now: bigint): Promise<Taken> {
    switch (request.kind) {
      case "subscribe":
        return this.#subscribe(request, now);
      case "unsubscribe":
        return this.#unsubscribe(request, now);
      case "confirm":
      case "stop":
        return Promise.resolve(this.#byCode(request, now));
    }
  }

  async #subscribe(request: SubscribeRequest, now: bigint): Promise<Taken> {
    const { deployment, channels, allowed, store, book } = this.#options;
    const { message, signature, secret = "" } = request;
    const { channel, owner, levels, issuedAt } = message;
    if (!channels.has(channel)) return refused("channelOff", `this keeper sends nothing by ${channel}`);
    const target = targetFrom(channel, message.target, allowed);
    if (target.kind === "bad") return refused("malformed", `message.target: ${target.fault}`);
    const quietHours = quietHoursFrom(message.quietHours);
    if (quietHours === "bad") {
      return refused(
        "malformed",
        'message.quietHours: must be such as "22:00-07:00 Europe/Berlin", or empty',
      );
    }
    const secretFault = secretFaultOf(channel, secret, message.secretHash);
    if (secretFault !== undefined) return refused("malformed", secretFault);
    const id = subscriptionId(owner, channel, target.target);
    const early =
      timeFaultOf(message, now) ??
      this.#staleOf(id, issuedAt) ??
      this.#limitOf(id, request, target.target, now);
    if (early !== undefined) return early;
    const data = subscribeTypedData(deployment.chainId, deployment.vault, message);
    const unsigned = await this.#unsigned(owner, data, signature);
    // Another may have come while the endpoint was asked.
    const late = unsigned ?? this.#staleOf(id, issuedAt);
    if (late !== undefined) return late;
    const before = store.subscription(id);
    const code = newCode();
    const isKnown = before?.state === "active";
    const subscription: Subscription = {
      id,
      owner,
      channel,
      target: target.target,
      levels,
      quietHours,
      secret,
      issuedAt,
      state: isKnown ? "active" : "unconfirmed",
      code: isKnown ? before.code : digest(code),
      codeTries: 0,
      changedAt: now,
    };
    book.put(subscription, isKnown ? undefined : code, now);
    return { kind: "taken", id, state: subscription.state };
  }

  async #unsubscribe({ message, signature }: UnsubscribeRequest, now: bigint): Promise<Taken> {
    const { deployment, allowed, store, book } = this.#options;
    const { owner, channel, issuedAt } = message;
    const target = targetFrom(channel, message.target, allowed);
    if (target.kind === "bad") return refused("malformed", `message.target: ${target.fault}`);
    const id = subscriptionId(owner, channel, target.target);
    const early = timeFaultOf(message, now) ?? this.#staleOf(id, issuedAt);
    if (early !== undefined) return early;
    if (store.subscription(id) === undefined) return refused("unknown", "there is no such subscription");
    const data = unsubscribeTypedData(deployment.chainId, deployment.vault, message);
    const late = (await this.#unsigned(owner, data, signature)) ?? this.#staleOf(id, issuedAt);
    if (late !== undefined) return late;
    const found = store.subscription(id);
    if (found === undefined) return refused("unknown", "there is no such subscription");
    book.end({ ...found, issuedAt }, now);
    return { kind: "taken", id, state: "ended" };
  }

  #byCode({ kind, id, code }: CodeRequest, now: bigint): Taken {
    const { store, book } = this.#options;
    const found = store.subscription(id);
    if (found === undefined || found.state === "ended")
      return refused("unknown", "there is no such subscription");
    if (found.codeTries >= MOST_CODE_TRIES) {
      return refused("wrongCode", "too many wrong codes: the owner has to sign a new subscription");
    }
    if (!isSame(found.code, digest(code))) {
      book.noteWrongCode(found);
      return refused("wrongCode", "that is not the code that was sent");
    }
    if (kind === "stop") book.end(found, now);
    else if (found.state === "unconfirmed") book.activate(found, now);
    return { kind: "taken", id, state: kind === "stop" ? "ended" : "active" };
  }

  #staleOf(id: string, issuedAt: number): Taken | undefined {
    const before = this.#options.store.subscription(id);
    if (before === undefined || issuedAt > before.issuedAt) return undefined;
    return refused("stale", "something that was signed later, or this, has been handed in already");
  }

  #limitOf(id: string, { message }: SubscribeRequest, target: string, now: bigint): Taken | undefined {
    const { limits, store, book } = this.#options;
    const known = store.subscription(id)?.state;
    if (known === "active") return undefined;
    if (known !== "unconfirmed") {
      if (book.countOf(message.owner) >= limits.subscriptionsPerOwner) {
        return refused("tooMany", `an owner has ${limits.subscriptionsPerOwner} subscriptions at most`);
      }
      if (book.size >= limits.maxSubscriptions)
        return refused("tooMany", "this keeper takes no more subscriptions");
    }
    if (store.questionsTo(message.channel, target, now - DAY) >= MOST_QUESTIONS) {
      return refused("tooMany", "this target has been asked often enough today");
    }
    return undefined;
  }

  async #unsigned(
    owner: string,
    data: Parameters<typeof isSignedBy>[1],
    signature: string,
  ): Promise<Taken | undefined> {
    if (await isSignedBy(owner, data, signature, this.#options.rpc)) return undefined;
    const { chainId, vault } = this.#options.deployment;
    return refused("notSigned", `it is not signed by ${owner} for vault ${vault} on chain ${chainId}`);
  }
}

function refused(reason: Refusal, sentence: string): Taken {
  return { kind: "refused", reason, sentence };
}

function timeFaultOf(
  { issuedAt, validUntil }: { readonly issuedAt: number; readonly validUntil: number },
  now: bigint,
): Taken | undefined {
  const time = Number(now);
  const fault =
    issuedAt > time + CLOCK_TOLERANCE_SECONDS
      ? "issuedAt is ahead of"
      : validUntil < time
        ? "validUntil is before"
        : undefined;
  if (fault !== undefined) return refused("notNow", `message.${fault} the chain's time, which is ${time}`);
  if (validUntil > issuedAt + LONGEST_VALIDITY_SECONDS) {
    return refused("notNow", "message.validUntil is more than 7 days after issuedAt");
  }
  return undefined;
}

function quietHoursFrom(text: string): QuietHours | undefined | "bad" {
  return text === "" ? undefined : (parseQuietHours(text) ?? "bad");
}

function secretFaultOf(channel: AlertChannel, secret: string, secretHash: string): string | undefined {
  if (channel !== "webhook") {
    const isNone = secret === "" && secretHash === NO_SECRET_HASH;
    return isNone ? undefined : "secret: is for webhooks alone; message.secretHash has to be zero";
  }
  if (secret === "") return "secret: a webhook needs one, to know its messages by";
  return secretHashOf(secret) === secretHash.toLowerCase()
    ? undefined
    : "secret: is not the one whose hash is signed";
}

/** 128 random bits and two more, as people can type them. */
function newCode(): string {
  return Array.from(randomBytes(26), (byte) => ALPHABET[byte & 31] ?? "").join("");
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
