import { Counter, type Registry } from "prom-client";
import { ALERT_CHANNELS } from "../../sdk/alertRequest.ts";
import type { Config } from "../config.ts";
import type { LogFields } from "../log.ts";

/** What becomes of messages; the names of the log behind the point, but for what takes an earlier one back. */
const OUTCOMES = ["sent", "retracted", "failed", "rejected", "expired", "displaced"] as const;

/** Counts by the log what became of messages to traders, and of attempts that failed. */
export class AlertCounter {
  readonly #messages: Counter<"vault" | "channel" | "outcome">;

  constructor(registry: Registry) {
    this.#messages = new Counter({
      name: "tocsin_alerts_total",
      help: "Messages by what became of them, and attempts that failed.",
      labelNames: ["vault", "channel", "outcome"],
      registers: [registry],
    });
  }

  /** So that what has not happened yet is a zero. */
  open({ deployment: { vault }, alerts }: Pick<Config, "deployment" | "alerts">): void {
    const offered = ALERT_CHANNELS.filter((channel) => alerts?.[channel] !== undefined);
    for (const channel of offered)
      for (const outcome of OUTCOMES) this.#messages.inc({ vault, channel, outcome }, 0);
  }

  logged(vault: string, event: string, fields: LogFields): void {
    const outcome = outcomeOf(event, fields);
    if (outcome === undefined) return;
    for (const [channel, messages] of countsIn(fields))
      this.#messages.inc({ vault, channel, outcome }, messages);
  }
}

function outcomeOf(event: string, { kind }: LogFields): (typeof OUTCOMES)[number] | undefined {
  // One for each fact; what is sent of it is counted where it is sent.
  if (event === "alerts.retracted") return undefined;
  if (event === "alerts.sent" && kind === "retraction") return "retracted";
  return OUTCOMES.find((outcome) => event === `alerts.${outcome}`);
}

/** A line is about one message, or says how many there are of each channel. */
function countsIn({ channel, channels }: LogFields): readonly (readonly [string, number])[] {
  if (typeof channel === "string") return [[channel, 1]];
  if (typeof channels !== "object" || channels === null) return [];
  return Object.entries(channels).filter((entry): entry is [string, number] => typeof entry[1] === "number");
}
