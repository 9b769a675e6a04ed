import type { Config } from "../config.ts";
import { DUTIES, type Duty } from "../policy/action.ts";
import type { BlockHeader } from "../sources/blockHeader.ts";
import type { BrakedBlocks, ComparedDeed, Outcome, SkipCount } from "./comparison.ts";
import type { ReplayRange } from "./replayRange.ts";

/**
 * How it ended. `stopped`: by whoever runs it. `reorganised`: the chain changed meanwhile, at or before `block`. `failed`:
 * no endpoint answered any more, or none had the state any more.
 */
export type Ending =
  | { readonly kind: "whole" | "stopped" }
  | { readonly kind: "reorganised"; readonly block: number }
  | { readonly kind: "failed"; readonly block: number; readonly error: string };

/** Of one duty. Amounts are quote base units. */
export interface DutyTotal extends Readonly<Record<Outcome, number>> {
  readonly duty: Duty | "all";
  /** What this keeper would have done: all but what it would have left alone. */
  readonly would: number;
  /** Of what was done on the chain, what was done by this keeper's own keys. */
  readonly own: number;
  readonly earned: bigint;
  readonly cost: bigint;
  readonly net: bigint;
  /** Of the net, what nobody would have been as early for. */
  readonly netAhead: bigint;
}

export interface ReplayReport {
  readonly vault: string;
  readonly range: ReplayRange;
  /** Blocks that were compared; fewer than the range has if it ended early. */
  readonly blocks: number;
  readonly to: number;
  /** Seconds since 1970; undefined if there was no block. */
  readonly fromTime: bigint | undefined;
  readonly toTime: bigint | undefined;
  readonly ending: Ending;
  /** By duty, where there is anything, and all together. */
  readonly totals: readonly DutyTotal[];
  readonly deeds: readonly ComparedDeed[];
  readonly skips: readonly SkipCount[];
  readonly brakes: readonly BrakedBlocks[];
}

export interface ReplayResult {
  readonly config: Pick<Config, "deployment">;
  readonly range: ReplayRange;
  readonly first: BlockHeader | undefined;
  readonly last: BlockHeader | undefined;
  readonly deeds: readonly ComparedDeed[];
  readonly skips: readonly SkipCount[];
  readonly brakes: readonly BrakedBlocks[];
  readonly ending: Ending;
}

/** Adds up what was compared. Pure. */
export function replayReport(result: ReplayResult): ReplayReport {
  const { config, range, first, last, deeds, skips, brakes, ending } = result;
  const to = last?.number ?? range.from - 1;
  const byDuty = DUTIES.flatMap((duty) => {
    const own = deeds.filter((deed) => deed.duty === duty);
    return own.length === 0 ? [] : [totalOf(duty, own)];
  });
  return {
    vault: config.deployment.vault,
    range,
    blocks: to - range.from + 1,
    to,
    fromTime: first?.timestamp,
    toTime: last?.timestamp,
    ending,
    totals: [...byDuty, totalOf("all", deeds)],
    deeds,
    skips,
    brakes,
  };
}

function totalOf(duty: Duty | "all", deeds: readonly ComparedDeed[]): DutyTotal {
  const count = (outcome: Outcome) => deeds.filter((deed) => deed.outcome === outcome).length;
  const sum = (list: readonly ComparedDeed[], amountOf: (deed: ComparedDeed) => bigint) =>
    list.reduce((total, deed) => total + amountOf(deed), 0n);
  const leftAlone = count("leftAlone");
  const earned = sum(deeds, (deed) => deed.earned);
  const cost = sum(deeds, (deed) => deed.cost);
  const ahead = deeds.filter(({ outcome }) => outcome === "later" || outcome === "nobody");
  return {
    duty,
    would: deeds.length - leftAlone,
    later: count("later"),
    same: count("same"),
    earlier: count("earlier"),
    nobody: count("nobody"),
    leftAlone,
    own: deeds.filter(({ done }) => done?.isOwn === true).length,
    earned,
    cost,
    net: earned - cost,
    netAhead: sum(ahead, (deed) => deed.earned - deed.cost),
  };
}
