import type { AlertsView } from "../alerts/alertsView.ts";
import type { Config } from "../config.ts";
import type { Lane } from "../executors/lane.ts";
import type { Log, LogFields } from "../log.ts";
import { isUnsure, type BlockView } from "./blockView.ts";
import { notReadyFor, type ReadinessLimits } from "./readiness.ts";

export type Level = keyof Log;

/** Somebody who counts what happens. */
export interface Watcher {
  decided?(view: BlockView): void;
  logged?(level: Level, event: string, fields: LogFields): void;
}

/** A line about a transaction, for who wants to see the last ones. */
export interface TransactionLine {
  readonly event: string;
  readonly block: number | undefined;
  readonly fields: LogFields;
}

export interface VaultMonitorOptions {
  readonly config: Pick<
    Config,
    "deployment" | "mode" | "storeFile" | "standby" | "maxGasPerTransaction" | "alerts"
  >;
  readonly limits: ReadinessLimits;
  /** Milliseconds of a clock that only runs forward. */
  readonly now?: () => number;
  /** Seconds since 1970 by the machine's clock, to say how old the newest block is. */
  readonly wallSeconds?: () => number;
}

const REMEMBERED_TRANSACTIONS = 12;

/**
 * What is to be seen of one vault's keeper: its last block, and the lines of its log. It only listens; what it says
 * decides nothing.
 */
export class VaultMonitor {
  readonly config: VaultMonitorOptions["config"];
  readonly #options: VaultMonitorOptions;
  readonly #now: () => number;
  readonly #watchers: Watcher[] = [];
  readonly #nativeWei = new Map<Lane, bigint>();
  #view: BlockView | undefined;
  #alerts: AlertsView | undefined;
  #transactions: readonly TransactionLine[] = [];
  #newBlockAtMs: number;
  #unsureSinceMs: number | undefined;
  #failingSinceMs: number | undefined;
  #end: string | undefined;

  constructor(options: VaultMonitorOptions) {
    this.#options = options;
    this.config = options.config;
    this.#now = options.now ?? (() => performance.now());
    this.#newBlockAtMs = this.#now();
  }

  /** The last block decided upon; undefined before the first. */
  get view(): BlockView | undefined {
    return this.#view;
  }

  /** Undefined where nobody is told anything. */
  get alerts(): AlertsView | undefined {
    return this.#alerts;
  }

  /** By lane, what its key had for gas when it was last asked about, wei. */
  get nativeWei(): ReadonlyMap<Lane, bigint> {
    return this.#nativeWei;
  }

  /** The newest first. */
  get transactions(): readonly TransactionLine[] {
    return this.#transactions;
  }

  /** Since there was a new block. */
  get stillSeconds(): number {
    return (this.#now() - this.#newBlockAtMs) / 1_000;
  }

  /** By how much the newest block's time is behind the machine's; below zero on a chain that is ahead of it. */
  get ageSeconds(): number | undefined {
    const { wallSeconds = () => Date.now() / 1_000 } = this.#options;
    return this.#view === undefined ? undefined : wallSeconds() - Number(this.#view.head.timestamp);
  }

  /** Why it must not be relied upon now, a sentence each; empty when it may. */
  get notReadyFor(): readonly string[] {
    const since = (ms: number | undefined) => (ms === undefined ? 0 : (this.#now() - ms) / 1_000);
    return notReadyFor(
      {
        end: this.#end,
        hasDecided: this.#view !== undefined,
        stillSeconds: this.stillSeconds,
        ageSeconds: this.ageSeconds,
        endpointsInUse: this.#view?.endpoints.all.filter(({ isAside }) => !isAside).length,
        unsureSeconds: since(this.#unsureSinceMs),
        failingSeconds: since(this.#failingSinceMs),
      },
      this.#options.limits,
    );
  }

  show(alerts: AlertsView): void {
    this.#alerts = alerts;
  }

  watch(watcher: Watcher): void {
    this.#watchers.push(watcher);
  }

  /** The same log, listened to. */
  tap(log: Log): Log {
    const write =
      (level: Level) =>
      (event: string, fields: LogFields = {}) => {
        log[level](event, fields);
        this.#logged(level, event, fields);
      };
    return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  }

  decided(view: BlockView): void {
    if (this.#view?.head.hash !== view.head.hash) this.#newBlockAtMs = this.#now();
    this.#view = view;
    this.#failingSinceMs = undefined;
    this.#unsureSinceMs = isUnsure(view.times) ? (this.#unsureSinceMs ?? this.#now()) : undefined;
    for (const { lanes, nativeWei } of view.keys)
      for (const lane of lanes) this.#nativeWei.set(lane, nativeWei);
    for (const watcher of this.#watchers) watcher.decided?.(view);
  }

  /** It has stopped, and why. */
  ended(why: string): void {
    this.#end = why;
  }

  #logged(level: Level, event: string, fields: LogFields): void {
    if (event === "tick.failed") this.#failingSinceMs ??= this.#now();
    if (event.startsWith("transaction.")) {
      const line = { event, block: this.#view?.head.number, fields };
      this.#transactions = [line, ...this.#transactions].slice(0, REMEMBERED_TRANSACTIONS);
    }
    for (const watcher of this.#watchers) watcher.logged?.(level, event, fields);
  }
}
