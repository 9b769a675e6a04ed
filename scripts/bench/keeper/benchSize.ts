import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { idleRpc, type IdleRpc } from "./idle/idleRpc.ts";
import type { Weather } from "./market.ts";
import type { Message, Order } from "./messages.ts";
import { quantile } from "./quantile.ts";
import { runChild } from "./runChild.ts";

/** One size, measured. Milliseconds and megabytes. */
export interface SizeResult {
  readonly calmP50Ms: number;
  readonly calmP99Ms: number;
  readonly crashP50Ms: number;
  readonly crashP99Ms: number;
  readonly coldMs: number;
  readonly warmMs: number;
  readonly rssMb: number;
  /** Most JSON-RPC calls that an endpoint got in one idle block, the audit included. */
  readonly idleRpc: number;
  /** Accounts whose standing differed from the full scan's, over all checks. */
  readonly missed: number;
  /** Accounts that stood differently from one check to the next, by the full scan. */
  readonly crossed: number;
}

/** What goes beside it in the tables. */
export interface SizeDetails {
  /** A full scan in bigint. */
  readonly scanMs: number;
  readonly checks: number;
  /** Most accounts that stood differently after one block. */
  readonly mostCrossed: number;
  readonly idle: IdleRpc;
}

export interface SizeOptions {
  readonly accounts: number;
  readonly seed: number;
  readonly isThorough: boolean;
  readonly say: (text: string) => void;
}

/** Measures one size: the keeper, its restart, the full scan that everything is compared with, and idle blocks. */
export async function benchSize(options: SizeOptions): Promise<{ result: SizeResult; details: SizeDetails }> {
  const { accounts, seed, isThorough, say } = options;
  const folder = mkdtempSync(join(tmpdir(), "tocsin-bench-"));
  try {
    const order = { accounts, seed, isThorough, file: join(folder, "accounts") };
    const found = new Findings(say);
    const keeper = await runChild({ ...order, role: "keeper" }, found.hear("keeper"));
    say("starting again from what was saved");
    const restarted = await runChild({ ...order, role: "restart" }, found.hear("restart"));
    say("the full scan");
    const peer = await runChild({ ...order, role: "peer" }, found.hear("peer"));
    const idle = await idleRpc(options);
    const calm = found.timesOf("calm");
    const crash = found.timesOf("crash");
    return {
      result: {
        calmP50Ms: quantile(calm, 0.5),
        calmP99Ms: quantile(calm, 0.99),
        crashP50Ms: quantile(crash, 0.5),
        crashP99Ms: quantile(crash, 0.99),
        coldMs: keeper.ms,
        warmMs: restarted.ms,
        rssMb: Math.max(keeper.rssMb, restarted.rssMb),
        idleRpc: idle.most,
        missed: found.missed,
        crossed: found.crossed,
      },
      details: { scanMs: peer.ms, checks: found.checks, mostCrossed: found.mostCrossed, idle },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the children said, set against each other. */
class Findings {
  missed = 0;
  crossed = 0;
  checks = 0;
  mostCrossed = 0;
  readonly #say: (text: string) => void;
  readonly #times: Record<Weather, number[]> = { calm: [], crash: [] };
  /** By block, what the keeper and the restarted keeper said. */
  readonly #said = new Map<number, Uint8Array[]>();
  #scanned: Uint8Array | undefined;

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  hear(role: Order["role"]): (message: Message) => void {
    return (message) => {
      if (message.kind === "progress") this.#say(message.text);
      if (message.kind === "block") {
        this.#times[message.weather].push(message.ms);
        this.mostCrossed = Math.max(this.mostCrossed, message.crossed);
      }
      if (message.kind !== "standings") return;
      const { block, standings } = message;
      if (role === "peer") this.#compare(block, standings);
      else this.#said.set(block, [...(this.#said.get(block) ?? []), standings]);
    };
  }

  timesOf(weather: Weather): number[] {
    return this.#times[weather].toSorted((a, b) => a - b);
  }

  #compare(block: number, scanned: Uint8Array): void {
    const said = this.#said.get(block) ?? [];
    // A check that nobody answered is a check in which everybody was missed.
    if (said.length === 0) this.missed += scanned.length;
    for (const standings of said) this.missed += differences(standings, scanned);
    if (this.#scanned !== undefined) this.crossed += differences(this.#scanned, scanned);
    this.#scanned = scanned;
    this.checks += said.length;
  }
}

function differences(a: Uint8Array, b: Uint8Array): number {
  let count = Math.abs(a.length - b.length);
  for (let i = 0; i < Math.min(a.length, b.length); ++i) if (a[i] !== b[i]) count += 1;
  return count;
}
