import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { accountIdOf, ownerOf, type AccountId } from "../../../../sdk/accountId.ts";
import { ALERT_LEVELS, type AlertChannel } from "../../../../sdk/alertRequest.ts";
import { unstoppedMoment } from "../../../../sdk/clockState.ts";
import type { Deployment } from "../../../../sdk/deployment.ts";
import type { VaultEvent } from "../../../../sdk/vaultEvent.ts";
import type { AccountState, Prices } from "../../../../sdk/vaultTypes.ts";
import { Alerts } from "../../../../keeper/alerts/alerts.ts";
import { AlertStore } from "../../../../keeper/alerts/alertStore.ts";
import type { Channel, Letter, Sent } from "../../../../keeper/alerts/channels/channel.ts";
import { Dispatcher } from "../../../../keeper/alerts/dispatcher.ts";
import { FactBook } from "../../../../keeper/alerts/factBook.ts";
import { Queue } from "../../../../keeper/alerts/queue.ts";
import { subscriptionId, type Subscription } from "../../../../keeper/alerts/subscription.ts";
import { SubscriptionBook } from "../../../../keeper/alerts/subscriptionBook.ts";
import { VolatilityWatch } from "../../../../keeper/alerts/volatilityWatch.ts";
import { NEW_VAULT } from "../../../../keeper/book/vaultRecord.ts";
import { Store } from "../../../../keeper/store/store.ts";
import type { Log } from "../../../../keeper/log.ts";
import { recordingLog, type RecordingLog } from "../../support/recordingLog.ts";
import { NOW, price36, WETH } from "../../support/snapshot.ts";
import { VAULT } from "../../support/vaultLogs.ts";

export const OWNER = ownerOf(accountIdOf("0x00000000000000000000000000000000000000DD"));
export const ACCOUNT = accountIdOf(OWNER);
export const USDC_ADDRESS = "0x00000000000000000000000000000000000000E1";
const CHAIN_ID = 31_337;

/** A vault of one collateral; what its tokens are called may be hostile. */
export function deploymentOf(symbol = "WETH", quote = "USDC"): Deployment {
  const feed = "0x00000000000000000000000000000000000000F1";
  return {
    chainId: CHAIN_ID,
    vault: VAULT,
    quote: { address: USDC_ADDRESS, symbol: quote, decimals: 6, feed },
    collaterals: [{ number: 0, address: WETH.asset, symbol, decimals: 18, feed }],
    rates: { kinkWad: "800000000000000000", baseRateWad: "0", kinkRateWad: "0", fullRateWad: "0" },
  } as unknown as Deployment;
}

export const VAULT_RECORD = {
  ...NEW_VAULT,
  pool: { ...NEW_VAULT.pool, debtIndex: 10n ** 27n, accruedAt: NOW },
  risk: { ...NEW_VAULT.risk, auctionSeconds: 3_600n, minGraceSeconds: 900n, maxGraceSeconds: 14_400n },
  collaterals: [WETH],
};

/** A channel that keeps its letters and does as it is told. */
export interface FakeChannel extends Channel {
  readonly letters: Letter[];
  answer: (letter: Letter) => Sent | Promise<Sent>;
}

export function fakeChannel(): FakeChannel {
  const letters: Letter[] = [];
  const channel: FakeChannel = {
    letters,
    answer: () => ({ kind: "sent" }),
    async send(letter) {
      letters.push(letter);
      return channel.answer(letter);
    },
  };
  return channel;
}

/** All of alerts on a store in a folder, without a chain: blocks are what the test says they are. */
export class AlertsBench {
  readonly folder = mkdtempSync(join(tmpdir(), "tocsin-alerts-"));
  readonly log: RecordingLog = recordingLog();
  readonly accounts = new Map<AccountId, AccountState>();
  readonly channels = new Map<AlertChannel, Channel>();
  readonly deployment = deploymentOf();
  readonly queueLimit: number;
  price = 2_000;
  store!: Store;
  alertStore!: AlertStore;
  queue!: Queue;
  subscriptions!: SubscriptionBook;
  alerts!: Alerts;
  dispatcher!: Dispatcher;
  /** A kill waits for nobody. */
  endWithinMs = 0;
  /** Whoever listens to the log, from the next opening on. */
  tap: (log: Log) => Log = (log) => log;
  /** Of this machine; a test may move it. */
  skippedMs = 0;
  #end = new AbortController();
  #running: Promise<void> | undefined;

  constructor(queueLimit = 1_000) {
    this.queueLimit = queueLimit;
    this.open();
  }

  open(): void {
    this.store = new Store(join(this.folder, "keeper.sqlite"), { chainId: CHAIN_ID, vault: VAULT });
    this.#end = new AbortController();
    const { deployment } = this;
    const log = this.tap(this.log);
    const store = new AlertStore(this.store.tables);
    const queue = new Queue({ store, limit: this.queueLimit, nowMs: this.nowMs, log });
    const subscriptions = new SubscriptionBook(store, queue);
    const rpc = { batch: () => Promise.reject(new Error("nobody is to be asked")) };
    this.alerts = new Alerts({
      deployment,
      store,
      facts: new FactBook(store, queue, subscriptions),
      subscriptions,
      volatility: new VolatilityWatch({ collaterals: deployment.collaterals, referenceBps: 8_000, rpc }),
      minProbabilityBps: 2_500,
      log,
      signal: this.#end.signal,
    });
    Object.assign(this, { alertStore: store, queue, subscriptions });
  }

  /** Before anything is sent. */
  reopen(): void {
    this.store.close();
    this.open();
  }

  readonly nowMs = (): number => Date.now() + this.skippedMs;

  /** As a kill would leave it: nothing is written any more. */
  async kill(): Promise<void> {
    await this.stopSending();
    this.store.close();
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }

  startSending(): void {
    this.dispatcher = new Dispatcher({
      channels: this.channels,
      store: this.alertStore,
      queue: this.queue,
      setting: () => this.alerts.setting,
      onEcho: () => undefined,
      nowMs: this.nowMs,
      endWithinMs: this.endWithinMs,
      log: this.tap(this.log),
    });
    this.#running = this.dispatcher.run(this.#end.signal);
  }

  async stopSending(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  /** A subscription as if it had been confirmed before anything happened. */
  subscribe(channel: AlertChannel, target: string, changes: Partial<Subscription> = {}): Subscription {
    const owner = changes.owner ?? OWNER;
    const subscription: Subscription = {
      id: subscriptionId(owner, channel, target),
      owner,
      channel,
      target,
      levels: ALERT_LEVELS,
      quietHours: undefined,
      secret: `0x${"5a".repeat(32)}`,
      issuedAt: Number(NOW) - 100,
      state: "unconfirmed",
      code: "",
      codeTries: 0,
      changedAt: NOW - 100n,
      ...changes,
    };
    this.subscriptions.put(subscription, undefined, NOW - 100n);
    if (changes.state === undefined) this.subscriptions.activate(subscription, NOW - 100n);
    return subscription;
  }

  /** The nth block after `NOW`, its events, and what the keeper does at it. */
  block(number: number, events: readonly VaultEvent[] = [], fork = "a"): void {
    const timestamp = NOW + BigInt(number) * 12n;
    const block = { number, hash: `0x${fork}${number}`, timestamp };
    const changed = new Map([...this.accounts].slice(0, 1_000));
    const book = { vault: VAULT_RECORD, account: (id: AccountId) => this.accounts.get(id) };
    const seen = events.map((event, i) => ({ event, blockNumber: number, transactionHash: `0xt${i}` }));
    this.alerts.applied({ block, accounts: changed, vault: undefined }, seen, book);
    this.alerts.decided(block, book, {
      prices: this.prices,
      clock: {
        timestamp,
        moment: unstoppedMoment(timestamp),
        callingPausedUntil: 0n,
        liquidationPausedUntil: 0n,
        isSequencerDown: false,
      },
    });
  }

  get prices(): Prices {
    return { available: true, freshSet: 1, price36: [price36(this.price)] };
  }

  /** What is kept of messages, oldest first. */
  messages(): { kind: string; state: string; attempts: number; key: string }[] {
    return this.store.tables
      .all("SELECT kind, state, attempts, key FROM alert_messages ORDER BY block, urgency, key")
      .map((row) => ({
        kind: String(row.kind),
        state: String(row.state),
        attempts: Number(row.attempts),
        key: String(row.key),
      }));
  }

  kinds(): string[] {
    return this.messages().map(({ kind }) => kind);
  }
}

/** Lets slices and rounds have their turn until something is so. */
export async function until(isSo: () => boolean, withinMs = 5_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms`);
    await sleep(5);
  }
}
