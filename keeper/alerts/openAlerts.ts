import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import type { Endpoints } from "../sources/endpoints.ts";
import type { Store } from "../store/store.ts";
import { Alerts } from "./alerts.ts";
import { startAlertServer } from "./alertServer.ts";
import { AlertStore } from "./alertStore.ts";
import { alertsView, type AlertsView } from "./alertsView.ts";
import { Dispatcher } from "./dispatcher.ts";
import { FactBook } from "./factBook.ts";
import { Inbox } from "./inbox.ts";
import { openChannels } from "./openChannels.ts";
import { Queue } from "./queue.ts";
import { SubscriptionBook } from "./subscriptionBook.ts";
import { SubscriptionDesk } from "./subscriptionDesk.ts";
import { VolatilityWatch } from "./volatilityWatch.ts";

export interface AlertsParts {
  readonly config: Pick<Config, "deployment" | "alerts">;
  readonly store: Pick<Store, "tables">;
  readonly endpoints: Endpoints;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
  /** Ends the sending and the listening. */
  readonly signal: AbortSignal;
}

/** Alerts that go on beside the keeper. */
export interface OpenedAlerts {
  readonly alerts: Alerts;
  readonly view: AlertsView;
  /** For a keeper that is about to end: tells what there is to tell now, and logs what is left for its next run. */
  readonly handOut: (signal: AbortSignal) => Promise<void>;
  /** For before the store is closed. */
  readonly ended: Promise<void>;
}

/** For which `once` hands out what is due; each attempt has its channel's own time besides. */
const HAND_OUT_MS = 30_000;
/** For which an end waits for what is being sent. Most services answer in a second; a stop must not wait for the others. */
const END_WITHIN_MS = 5_000;

/**
 * Puts alerts together and sets them going beside the keeper; undefined where none are configured. Throws a `UserError`
 * for a secret that is missing or an address that cannot be used.
 */
export async function openAlerts(parts: AlertsParts): Promise<OpenedAlerts | undefined> {
  const { store: keeperStore, endpoints, environment, log, signal } = parts;
  const { alerts: config, deployment } = parts.config;
  if (config === undefined) return undefined;
  const startedAtMs = Date.now() - performance.now();
  // Whole, as the store keeps it.
  const nowMs = () => Math.floor(startedAtMs + performance.now());
  const store = new AlertStore(keeperStore.tables);
  const queue = new Queue({ store, limit: config.queueLimit, nowMs, log });
  const subscriptions = new SubscriptionBook(store, queue);
  const facts = new FactBook(store, queue, subscriptions);
  const { minProbabilityBps, volatilityBps: referenceBps } = config.forecast;
  const { collaterals } = deployment;
  const volatility = new VolatilityWatch({ collaterals, referenceBps, rpc: endpoints });
  const alerts = new Alerts({
    deployment,
    store,
    facts,
    subscriptions,
    volatility,
    minProbabilityBps,
    log,
    signal,
  });
  const channels = openChannels(config, environment);
  const names = new Set(channels.keys());
  const now = () => alerts.now;
  const desk = new SubscriptionDesk({
    deployment,
    channels: names,
    allowed: new Set(config.webhook?.allowed),
    limits: config,
    store,
    book: subscriptions,
    rpc: endpoints,
    now,
    log,
  });
  const onEcho = desk.echoed.bind(desk);
  const dispatcher = new Dispatcher({
    channels,
    store,
    queue,
    setting: () => alerts.setting,
    onEcho,
    nowMs,
    endWithinMs: END_WITHIN_MS,
    log,
  });
  const { listen, clientHeader, requestsPerMinute, inboxFolder } = config;
  const server =
    listen === undefined
      ? undefined
      : await startAlertServer({
          listen,
          clientHeader,
          requestsPerMinute,
          desk,
          deployment,
          channels: names,
          now,
          nowMs,
          log,
        });
  const inbox = new Inbox({ folder: inboxFolder, desk, nowMs, log });
  const ended = Promise.all([dispatcher.run(signal), inbox.run(signal)]).then(() => {
    server?.close();
  });
  const handOut = async (until: AbortSignal) => {
    await inbox.look();
    await alerts.looked();
    await dispatcher.handOut(HAND_OUT_MS, until);
    if (queue.size > 0) log.info("alerts.left", { messages: queue.size });
  };
  return { alerts, view: alertsView({ channels: names, queue, subscriptions, dispatcher }), handOut, ended };
}
