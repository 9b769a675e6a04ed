import { setTimeout as sleep } from "node:timers/promises";
import type { AlertChannel } from "../../sdk/alertRequest.ts";
import { RetryableError, messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import type { AlertStore, Attempted, Message } from "./alertStore.ts";
import { Breaker } from "./breaker.ts";
import { failed, type Channel, type Sent } from "./channels/channel.ts";
import { isWarning } from "./notice.ts";
import type { Setting } from "./pageOf.ts";
import { comesBefore, type Queue, type Waiting } from "./queue.ts";
import { quietSecondsLeft } from "./quietHours.ts";
import type { Subscription } from "./subscription.ts";

export interface DispatcherOptions {
  readonly channels: ReadonlyMap<AlertChannel, Channel>;
  readonly store: AlertStore;
  readonly queue: Queue;
  /** What messages are written with; undefined before the first block, and nothing is sent. */
  readonly setting: () => Setting | undefined;
  /** A target has shown that it wants to be told. */
  readonly onEcho: (subscription: string) => void;
  /** Milliseconds; runs only forward. */
  readonly nowMs: () => number;
  /** For which an end waits for answers to what has been sent: who has it is not sent it again. */
  readonly endWithinMs: number;
  readonly log: Log;
}

interface Job {
  readonly waiting: Waiting;
  readonly message: Message;
  readonly to: Subscription;
}

interface Done {
  readonly waiting: Waiting;
  readonly attempted: Attempted;
}

const FIRST_WAIT_MS = 1_000;
/** A call's time is short: it is tried more often than anything else. */
const LONGEST_URGENT_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 900_000;
/** Between two looks at the queue, so that many messages are on the disk by few writes. */
const ROUND_MS = 25;
const IDLE_MS = 100;
const DOUBTFUL_WAIT_MS = 1_000;
/** Of a channel; half of it for those who have failed last time or have never answered yet. */
const MOST_IN_FLIGHT = 24;
const TARGET_TERMS = { after: 3, firstMs: 2_000, longestMs: 60_000 };
const CHANNEL_TERMS = { after: 5, firstMs: 2_000, longestMs: 60_000 };

/**
 * Sends what is in the queue, beside the keeper's work: one message to a target at a time, so that a slow one costs
 * itself alone, and few to those who do not answer. Before a message is tried that is on the disk: one that may have
 * arrived is sent again with the same key rather than forgotten.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #targets = new Map<string, Breaker>();
  readonly #breakers = new Map<AlertChannel, Breaker>();
  readonly #busy = new Map<string, AlertChannel>();
  #done: Done[] = [];

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Whether a whole channel has failed, and nothing has come through it since. */
  isDown(channel: AlertChannel): boolean {
    return this.#breakers.get(channel)?.isTripped === true;
  }

  /**
   * Until the signal aborts, and what is on its way then has been answered; what has not within `endWithinMs` is sent
   * again after the next start.
   */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isIdle = this.#round();
      await sleep(isIdle ? IDLE_MS : ROUND_MS, undefined, { signal }).catch(() => undefined);
    }
    const { nowMs, endWithinMs } = this.#options;
    for (const end = nowMs() + endWithinMs; this.#busy.size > 0 && nowMs() < end;) await sleep(ROUND_MS);
    try {
      this.#settle();
    } catch (error) {
      // Then it is sent again.
      this.#options.log.warn("alerts.notKept", { error: messageOf(error) });
    }
  }

  /**
   * While it runs: waits until all that is due now has been tried, at most `withinMs` and until the signal aborts. What
   * fails meanwhile is due later, and not waited for.
   */
  async handOut(withinMs: number, signal: AbortSignal): Promise<void> {
    const { nowMs } = this.#options;
    for (const end = nowMs() + withinMs; this.#hasWork() && nowMs() < end && !signal.aborted;) {
      await sleep(ROUND_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  #hasWork(): boolean {
    const { nowMs, queue, setting } = this.#options;
    if (this.#busy.size > 0 || this.#done.length > 0) return true;
    const now = nowMs();
    return setting() !== undefined && [...queue.firsts()].some(({ dueAtMs }) => dueAtMs <= now);
  }

  /** Whether there was nothing to do. */
  #round(): boolean {
    const { log } = this.#options;
    try {
      this.#settle();
      const setting = this.#options.setting();
      if (setting === undefined) return true;
      const jobs = this.#choose(setting);
      this.#begin(jobs);
      for (const job of jobs) void this.#send(job, setting);
      return jobs.length === 0 && this.#busy.size === 0;
    } catch (error) {
      // A disk that is full holds up what is sent, and nothing else; nor does a defect in here.
      if (error instanceof RetryableError) log.warn("alerts.notKept", { error: error.message });
      else log.error("alerts.broken", { error: messageOf(error) });
      return true;
    }
  }

  #choose(setting: Setting): Job[] {
    const now = this.#options.nowMs();
    const due = [...this.#options.queue.firsts()]
      .filter(({ dueAtMs, subscription }) => dueAtMs <= now && !this.#busy.has(subscription))
      .sort((a, b) => (comesBefore(a, b) ? -1 : 1));
    const load = new Map<AlertChannel, number>();
    for (const channel of this.#busy.values()) load.set(channel, (load.get(channel) ?? 0) + 1);
    return due.flatMap((waiting) => {
      const job = this.#jobOf(waiting, setting, now);
      if (job === undefined) return [];
      const { channel } = job.to;
      const used = load.get(channel) ?? 0;
      if (used >= this.#roomFor(job, now)) return [];
      load.set(channel, used + 1);
      return [job];
    });
  }

  /** Undefined for one that is not sent now; then that is noted. */
  #jobOf(waiting: Waiting, { clock }: Setting, now: number): Job | undefined {
    const { store, queue, log } = this.#options;
    const message = store.message(waiting.key);
    const to = store.subscription(waiting.subscription);
    const isWanted = to !== undefined && (to.state === "active" || isQuestion(message, to));
    if (message?.state !== "pending" || !isWanted) {
      this.#finish(waiting, "cancelled");
      return undefined;
    }
    if (clock.timestamp > waiting.expiresAt) {
      const { key, subscription } = waiting;
      log.warn("alerts.expired", {
        key,
        subscription,
        kind: message.notice.kind,
        channel: to.channel,
        attempts: message.attempts,
      });
      this.#finish(waiting, "expired");
      return undefined;
    }
    const waitMs = this.#waitMsOf(message, to, clock.timestamp, now);
    if (waitMs <= 0) return { waiting, message, to };
    queue.postpone(waiting, now + waitMs);
    return undefined;
  }

  /** How long a message has to wait that is due. */
  #waitMsOf(message: Message, to: Subscription, timestamp: bigint, now: number): number {
    if (this.#options.store.fact(message.fact)?.state === "doubtful") return DOUBTFUL_WAIT_MS;
    const openUntil = Math.max(
      this.#targetOf(to).openUntilMs,
      this.#breakers.get(to.channel)?.openUntilMs ?? 0,
    );
    const isQuiet = isWarning(message.notice) && to.quietHours !== undefined;
    // Looked at again each minute: the clock goes by blocks, and the sun by its own.
    const quietMs = isQuiet ? Math.min(60, quietSecondsLeft(to.quietHours, timestamp)) * 1_000 : 0;
    return Math.max(openUntil - now, quietMs);
  }

  #roomFor({ to }: Job, now: number): number {
    const breaker = this.#breakers.get(to.channel);
    if (breaker?.isTripped === true) return now >= breaker.openUntilMs ? 1 : 0;
    const isSuspect = to.state !== "active" || this.#targetOf(to).failures > 0;
    return isSuspect ? MOST_IN_FLIGHT / 2 : MOST_IN_FLIGHT;
  }

  #begin(jobs: readonly Job[]): void {
    if (jobs.length === 0) return;
    this.#options.store.write(() => {
      for (const { waiting } of jobs) this.#options.store.beginAttempt(waiting.key);
    });
    for (const { to } of jobs) this.#busy.set(to.id, to.channel);
  }

  async #send({ waiting, message, to }: Job, setting: Setting): Promise<void> {
    const channel = this.#options.channels.get(to.channel);
    let sent: Sent;
    try {
      sent =
        channel === undefined
          ? failed("the channel is switched off", "channel")
          : await channel.send({ message, to, setting });
    } catch (error) {
      // A defect in writing one message must not hold up the others, nor the keeper.
      sent = failed(`it could not be written: ${messageOf(error)}`, "target");
    }
    this.#note(this.#withEcho(sent, to), waiting, message, to);
    this.#busy.delete(to.id);
  }

  /** Asked again, where that it answered cannot be kept. */
  #withEcho(sent: Sent, { id }: Subscription): Sent {
    if (sent.kind !== "echoed") return sent;
    try {
      this.#options.onEcho(id);
      return sent;
    } catch (error) {
      return failed(`its answer could not be kept: ${messageOf(error)}`, "channel");
    }
  }

  #note(sent: Sent, waiting: Waiting, { notice, attempts }: Message, to: Subscription): void {
    const { log } = this.#options;
    const fields = {
      key: waiting.key,
      kind: notice.kind,
      channel: to.channel,
      subscription: to.id,
      attempt: attempts + 1,
    };
    if (sent.kind === "failed") {
      const retryInMs = this.#failed(sent, waiting, to);
      log.warn("alerts.failed", { ...fields, reason: sent.reason, retryInMs });
      return;
    }
    this.#targetOf(to).succeeded();
    if (sent.kind === "refused") {
      this.#finish(waiting, "refused");
      log.warn("alerts.rejected", { ...fields, reason: sent.reason });
      return;
    }
    this.#breakers.get(to.channel)?.succeeded();
    this.#finish(waiting, "sent");
    log.info("alerts.sent", fields);
  }

  /** When it is tried again, in milliseconds. */
  #failed(
    { blame, retryAfterMs = 0 }: Extract<Sent, { kind: "failed" }>,
    waiting: Waiting,
    to: Subscription,
  ): number {
    const { log, nowMs } = this.#options;
    const now = nowMs();
    if (blame === "target") this.#targetOf(to).failed(now, Math.min(retryAfterMs, LONGEST_WAIT_MS));
    else if (this.#breakerOf(to.channel).failed(now, Math.min(retryAfterMs, LONGEST_URGENT_WAIT_MS))) {
      log.error("alerts.channelDown", { channel: to.channel });
    }
    const longest = waiting.urgency === 0 ? LONGEST_URGENT_WAIT_MS : LONGEST_WAIT_MS;
    const backOff = Math.min(longest, FIRST_WAIT_MS * 2 ** Math.min(waiting.attempts, 20));
    // At random within the last half of it, so that messages do not come back in step.
    const waitMs = Math.round(Math.max(backOff * (0.5 + Math.random() / 2), Math.min(retryAfterMs, longest)));
    const attempted = { key: waiting.key, state: "pending", dueAtMs: now + waitMs } as const;
    this.#done.push({ waiting, attempted });
    return waitMs;
  }

  #finish(waiting: Waiting, state: Attempted["state"]): void {
    this.#done.push({ waiting, attempted: { key: waiting.key, state, dueAtMs: 0 } });
  }

  #settle(): void {
    const { store, queue } = this.#options;
    if (this.#done.length === 0) return;
    const done = this.#done;
    store.write(() => {
      for (const { waiting, attempted } of done) queue.settle(waiting, attempted);
    });
    this.#done = [];
  }

  #targetOf({ id }: Subscription): Breaker {
    const breaker = this.#targets.get(id) ?? new Breaker(TARGET_TERMS);
    this.#targets.set(id, breaker);
    return breaker;
  }

  #breakerOf(channel: AlertChannel): Breaker {
    const breaker = this.#breakers.get(channel) ?? new Breaker(CHANNEL_TERMS);
    this.#breakers.set(channel, breaker);
    return breaker;
  }
}

function isQuestion(message: Message | undefined, { state }: Subscription): boolean {
  return message?.notice.kind === "confirmation" && state === "unconfirmed";
}
