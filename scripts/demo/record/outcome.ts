import type { Replay } from "../replay/replay.ts";
import type { PopulatedWorld } from "../world/buildWorld.ts";
import type { CheckedBlock } from "../check/checker.ts";
import type { Journal } from "./journal.ts";
import type { Wealth } from "./measure.ts";
import {
  callCountsOf,
  latencyOf,
  liquidationCountsOf,
  penaltiesOf,
  takingsOf,
  type Outcome,
} from "./summary.ts";

export interface OutcomeParts {
  readonly world: PopulatedWorld;
  readonly replay: Replay;
  readonly journal: Journal;
  readonly last: CheckedBlock;
  readonly before: Wealth;
  readonly after: Wealth;
  /** Quote base units. */
  readonly insurance: bigint;
}

/** The numbers of the closing table. */
export function outcomeOf(parts: OutcomeParts): Outcome {
  const { world, replay, journal, last, before, after } = parts;
  const spentWei = before.keeperWei - after.keeperWei;
  const keeperGas = (spentWei * (last.prices[0]?.price36 ?? 0n)) / 10n ** 36n;
  const bounties = [...journal.bounties]
    .filter(([opener]) => opener.toLowerCase() === world.keeper.address.toLowerCase())
    .reduce((sum, [, bounty]) => sum + bounty, 0n);
  return {
    accounts: world.traders.length,
    calls: callCountsOf(journal),
    liquidations: liquidationCountsOf(journal),
    ...penaltiesOf(journal, replay.traders.responses),
    keeperIncome: takingsOf(journal.takes, world.keeper.address) + bounties - keeperGas,
    keeperGas,
    insurance: parts.insurance,
    badDebt: journal.badDebt,
    lenders: { before: before.lenders, after: after.lenders },
    latencyBlocks: latencyOf(journal.latencyBlocks),
  };
}
