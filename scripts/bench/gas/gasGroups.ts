/** What a transaction's gas is spent on. A refund is negative. */
export const GROUPS = [
  "transaction",
  "call cold",
  "call warm",
  "sload cold",
  "sload warm",
  "sstore new",
  "sstore change",
  "sstore again",
  "transient",
  "log",
  "keccak",
  "rest",
  "refund",
] as const;

export type Group = (typeof GROUPS)[number];

/** Gas by group, of everything or of one contract's code. */
export type GasByGroup = Record<Group, number>;

/** The gas of a transaction, or of one call in it, by what it was spent on and by whose code spent it. */
export interface GasBreakdown {
  readonly total: GasByGroup;
  /** By address in lower case, "unknown" for those a long trace does not name; what is the transaction's own and the refund belong to nobody. */
  readonly byCode: ReadonlyMap<string, GasByGroup>;
}

/** A line of a trace as nodes answer it; `gas` is what is left before the step. */
export interface TraceStep {
  readonly op: string;
  readonly gas: string | number;
  readonly gasCost: string | number;
  readonly depth: number;
  /** Left out of long traces. */
  readonly stack?: readonly string[] | null;
}

const CALLS = new Set(["CALL", "STATICCALL", "DELEGATECALL", "CALLCODE", "CREATE", "CREATE2"]);
const COLD_ACCOUNT_GAS = 2_600;
const COLD_SLOT_GAS = 2_100;
const NEW_SLOT_GAS = 20_000;
const CHANGED_SLOT_GAS = 2_900;

/** Splits the gas of a transaction to `to`; the parts sum to `gasUsed`. Throws when a frame ran out of gas. */
export function gasBreakdown(
  steps: readonly TraceStep[],
  { to, gasUsed, gasLimit }: { readonly to: string; readonly gasUsed: number; readonly gasLimit: number },
): GasBreakdown {
  const reader = new TraceReader(steps);
  const executed = reader.readFrame(to);
  reader.total.transaction = gasLimit - Number(steps[0]?.gas ?? gasLimit);
  reader.total.refund = gasUsed - reader.total.transaction - executed;
  return reader;
}

/** As `gasBreakdown` for what the outermost frame, of `meter`, does between its first and its last question for gas. */
export function meteredBreakdown(steps: readonly TraceStep[], meter: string): GasBreakdown {
  const isAsking = ({ op, depth }: TraceStep): boolean => op === "GAS" && depth === 1;
  const reader = new TraceReader(
    steps.slice(steps.findIndex(isAsking) + 1, steps.findLastIndex(isAsking) + 1),
  );
  reader.readFrame(meter);
  return reader;
}

class TraceReader implements GasBreakdown {
  readonly total = nothing();
  readonly byCode = new Map<string, GasByGroup>();
  readonly #steps: readonly TraceStep[];
  #at = 0;

  constructor(steps: readonly TraceStep[]) {
    this.#steps = steps;
  }

  /** Reads on until the frame of `code` that begins here ends; returns what it and those it called have used. */
  readFrame(code: string): number {
    const depth = this.#steps[this.#at]?.depth ?? 0;
    let used = 0;
    for (;;) {
      const step = this.#steps[this.#at];
      if (step?.depth !== depth) return used;
      this.#at += 1;
      const isCalling = (this.#steps[this.#at]?.depth ?? 0) > depth;
      const inner = isCalling ? this.readFrame(calledBy(step)) : 0;
      const next = this.#steps[this.#at];
      const cost = next?.depth === depth ? Number(step.gas) - Number(next.gas) - inner : Number(step.gasCost);
      this.#book(code, groupOf(step.op, cost), cost);
      used += cost + inner;
    }
  }

  #book(code: string, group: Group, gas: number): void {
    const key = code.toLowerCase();
    const own = this.byCode.get(key) ?? nothing();
    this.byCode.set(key, own);
    own[group] += gas;
    this.total[group] += gas;
  }
}

function calledBy({ op, stack }: TraceStep): string {
  if (op.startsWith("CREATE")) return "created";
  if (!stack) return "unknown";
  return `0x${(stack.at(-2) ?? "").replace(/^0x/, "").padStart(40, "0").slice(-40)}`;
}

function groupOf(op: string, cost: number): Group {
  if (CALLS.has(op)) return cost >= COLD_ACCOUNT_GAS ? "call cold" : "call warm";
  // Whoever asks whether there is code before calling pays for the first touch of the address there.
  if (op === "EXTCODESIZE" && cost >= COLD_ACCOUNT_GAS) return "call cold";
  if (op === "SLOAD") return cost >= COLD_SLOT_GAS ? "sload cold" : "sload warm";
  if (op === "SSTORE") {
    if (cost >= NEW_SLOT_GAS) return "sstore new";
    return cost >= CHANGED_SLOT_GAS ? "sstore change" : "sstore again";
  }
  if (op === "TLOAD" || op === "TSTORE") return "transient";
  if (op.startsWith("LOG")) return "log";
  return op === "KECCAK256" || op === "SHA3" ? "keccak" : "rest";
}

function nothing(): GasByGroup {
  return Object.fromEntries(GROUPS.map((group) => [group, 0])) as GasByGroup;
}
