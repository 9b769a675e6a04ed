import type { Config } from "../config.ts";
import { UserError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { MetricsConfig } from "../metricsConfig.ts";
import { Metrics } from "./metrics.ts";
import { openMonitorServer } from "./monitorServer.ts";
import { VaultMonitor } from "./vaultMonitor.ts";

/** Everything that watches the keepers of a process. */
export interface Monitoring {
  /** By configuration, in their order. */
  readonly monitors: readonly VaultMonitor[];
  /** For rooms that have numbers of their own. */
  readonly metrics: Metrics;
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Opens what the configurations want watched; undefined where they want nothing. Throws a `UserError` when they want it
 * at two places, or it cannot be served there.
 */
export async function openMonitoring(configs: readonly Config[], log: Log): Promise<Monitoring | undefined> {
  const first = sharedMetrics(configs);
  if (first === undefined) return undefined;
  const monitors = configs.map((config) => new VaultMonitor({ config, limits: config.metrics ?? first }));
  const metrics = new Metrics(monitors);
  const server = await openMonitorServer({ listen: first.listen, monitors, metrics, log });
  return { monitors, metrics, url: server.url, close: () => server.close() };
}

/** What all configurations of a process want; undefined where they want nothing. Throws a `UserError` as above. */
export function sharedMetrics(configs: readonly Pick<Config, "metrics">[]): MetricsConfig | undefined {
  const wishes = configs.flatMap(({ metrics }) => (metrics === undefined ? [] : [metrics]));
  const places = new Set(wishes.map(({ listen: { host, port } }) => `${host}:${port}`));
  if (places.size > 1 || (wishes.length > 0 && wishes.length < configs.length)) {
    throw new UserError('metrics: a process serves them at one place; put them beside "vaults"');
  }
  return wishes[0];
}
