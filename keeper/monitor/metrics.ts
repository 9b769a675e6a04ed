import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { ALERT_GAUGES } from "./alertGauges.ts";
import { BOOK_GAUGES } from "./bookGauges.ts";
import { CHAIN_GAUGES } from "./chainGauges.ts";
import type { GaugeSpec } from "./gaugeSpec.ts";
import { MONEY_GAUGES } from "./moneyGauges.ts";
import { VaultCounters } from "./vaultCounters.ts";
import type { VaultMonitor } from "./vaultMonitor.ts";

/** What the process exports to Prometheus: Node's own numbers, and those of each vault under its address. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #monitors: readonly VaultMonitor[];

  constructor(monitors: readonly VaultMonitor[]) {
    this.#monitors = monitors;
    collectDefaultMetrics({ register: this.#registry });
    this.register(...CHAIN_GAUGES, ...BOOK_GAUGES, ...MONEY_GAUGES, ...ALERT_GAUGES);
    this.#registerReadiness();
    const counters = new VaultCounters(this.#registry);
    for (const monitor of monitors) monitor.watch(counters.watcherOf(monitor));
  }

  /** For other rooms, which have numbers of their own. */
  register(...specs: readonly GaugeSpec[]): void {
    for (const spec of specs) this.#register(spec);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** In Prometheus' own format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #register({ name, help, labels = [], read }: GaugeSpec): void {
    const monitors = this.#monitors;
    new Gauge({
      name,
      help,
      labelNames: ["vault", ...labels],
      registers: [this.#registry],
      collect() {
        // What is not there any more must not stand at its last value.
        this.reset();
        for (const monitor of monitors) {
          if (monitor.view === undefined) continue;
          const { vault } = monitor.config.deployment;
          for (const [value, own] of read(monitor.view, monitor)) this.set({ vault, ...own }, value);
        }
      },
    });
  }

  #registerReadiness(): void {
    const monitors = this.#monitors;
    new Gauge({
      name: "tocsin_ready",
      help: "1 while a vault's keeper may be relied upon, as /readyz says.",
      labelNames: ["vault"],
      registers: [this.#registry],
      collect() {
        for (const { config, notReadyFor } of monitors)
          this.set({ vault: config.deployment.vault }, Number(notReadyFor.length === 0));
      },
    });
  }
}
