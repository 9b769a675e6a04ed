import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { valueDown } from "../../sdk/healthMath.ts";
import type { LogFields } from "../log.ts";
import { DUTIES } from "../policy/action.ts";
import { AlertCounter } from "./alertCounter.ts";
import type { BlockView } from "./blockView.ts";
import { wholeUnits } from "./gaugeSpec.ts";
import type { VaultMonitor, Watcher } from "./vaultMonitor.ts";

const STAGE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 12];
const COIN_DECIMALS = 18;
/** What becomes of transactions; the names of the log behind the point. */
const OUTCOMES: ReadonlySet<string> = new Set([
  "sent",
  "resent",
  "mined",
  "reverted",
  "rejected",
  "dropped",
  "held",
  "feeLimitReached",
]);

/** What is counted as it happens, for all vaults; each vault's monitor is watched by one of `watcherOf`. */
export class VaultCounters {
  readonly #blocks: Counter<"vault" | "trust">;
  readonly #passedOver: Counter<"vault">;
  readonly #stages: Histogram<"vault" | "stage">;
  readonly #transactions: Counter<"vault" | "duty" | "outcome">;
  readonly #gas: Counter<"vault">;
  readonly #income: Gauge<"vault">;
  readonly #taken: Counter<"vault">;
  readonly #differences: Counter<"vault">;
  readonly #lines: Counter<"vault" | "level" | "event">;
  readonly #alerts: AlertCounter;

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
      new Counter({ name, help, labelNames, registers });
    this.#blocks = counter("tocsin_blocks_total", "Blocks decided upon.", ["vault", "trust"]);
    this.#passedOver = counter(
      "tocsin_blocks_passed_over_total",
      "Blocks that came and went while another was worked on.",
      ["vault"],
    );
    this.#stages = new Histogram({
      name: "tocsin_stage_seconds",
      help: "Time of a block's stages: wait, read, decide, send.",
      labelNames: ["vault", "stage"],
      buckets: STAGE_BUCKETS,
      registers,
    });
    this.#transactions = counter("tocsin_transactions_total", "Transactions by what became of them.", [
      "vault",
      "duty",
      "outcome",
    ]);
    this.#gas = counter("tocsin_gas_spent_native_total", "Coins paid for gas.", ["vault"]);
    this.#income = new Gauge({
      name: "tocsin_liquidation_income_quote",
      help: "What own liquidations brought since the start at the oracle's price, before gas, in whole quote tokens.",
      labelNames: ["vault"],
      registers,
    });
    this.#taken = counter("tocsin_liquidations_total", "Own liquidations on the chain.", ["vault"]);
    this.#differences = counter(
      "tocsin_audit_differences_total",
      "Times an account or the pool was not as the contract has it.",
      ["vault"],
    );
    this.#lines = counter("tocsin_log_lines_total", "Warnings and errors in the log, by event.", [
      "vault",
      "level",
      "event",
    ]);
    this.#alerts = new AlertCounter(registry);
  }

  watcherOf(monitor: VaultMonitor): Watcher {
    const { vault } = monitor.config.deployment;
    let last: number | undefined;
    // So that what has not happened yet is a zero, and its first time is seen as an increase.
    for (const duty of DUTIES) this.#transactions.inc({ vault, duty, outcome: "sent" }, 0);
    for (const own of [this.#passedOver, this.#gas, this.#taken, this.#differences]) own.inc({ vault }, 0);
    this.#income.set({ vault }, 0);
    this.#alerts.open(monitor.config);
    return {
      decided: (view) => {
        this.#decided(vault, view, last);
        last = view.head.number;
      },
      logged: (level, event, fields) => {
        if (level === "warn" || level === "error") this.#lines.inc({ vault, level, event });
        this.#logged(monitor, event, fields);
        this.#alerts.logged(vault, event, fields);
      },
    };
  }

  #decided(vault: string, { head, times }: BlockView, last: number | undefined): void {
    this.#blocks.inc({ vault, trust: times.trust });
    if (last !== undefined && head.number > last + 1) this.#passedOver.inc({ vault }, head.number - last - 1);
    const { seenAtMs, startedAtMs, observedAtMs, decidedAtMs, doneAtMs } = times;
    const stages = [
      ["wait", seenAtMs, startedAtMs],
      ["read", startedAtMs, observedAtMs],
      ["decide", observedAtMs, decidedAtMs],
      ["send", decidedAtMs, doneAtMs],
    ] as const;
    for (const [stage, from, to] of stages)
      this.#stages.observe({ vault, stage }, Math.max(0, to - from) / 1_000);
  }

  #logged(monitor: VaultMonitor, event: string, fields: LogFields): void {
    const { vault } = monitor.config.deployment;
    if (event === "audit.different" || event === "audit.poolDifferent") this.#differences.inc({ vault });
    if (event === "account.liquidated" && fields.own === true) this.#tookCollateral(monitor, fields);
    const [room, outcome = ""] = event.split(".");
    if (room !== "transaction" || !OUTCOMES.has(outcome)) return;
    const duty = typeof fields.duty === "string" ? fields.duty : "unknown";
    this.#transactions.inc({ vault, duty, outcome });
    if (typeof fields.feeWei === "bigint") this.#gas.inc({ vault }, wholeUnits(fields.feeWei, COIN_DECIMALS));
  }

  #tookCollateral({ view, config }: VaultMonitor, { asset, repaid, insured, seized }: LogFields): void {
    const { vault, collaterals, quote } = config.deployment;
    this.#taken.inc({ vault });
    const number = collaterals.findIndex(({ address }) => address === asset);
    const price36 = view?.snapshot.prices.price36[number];
    if (price36 === undefined || typeof seized !== "bigint") return;
    if (typeof repaid !== "bigint" || typeof insured !== "bigint") return;
    this.#income.inc({ vault }, wholeUnits(valueDown(seized, price36) - repaid - insured, quote.decimals));
  }
}
