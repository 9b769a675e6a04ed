import { auctionStartAt, deadlineAt } from "../../sdk/callClock.ts";
import { timeOf } from "../../sdk/clockState.ts";
import { Status, type VaultMoment } from "../../sdk/vaultTypes.ts";
import type { Assessment } from "./assess.ts";
import { profitableAt } from "./bestTake.ts";
import { costOf } from "./gasCost.ts";
import type { PolicySettings, Snapshot } from "./snapshot.ts";

/**
 * Block time at which time alone makes the next difference: a deadline, an auction that pays or lapses, a pause that
 * ends. Undefined when there is none, and in an outage, whose end nobody knows.
 */
export function nextMoment(
  assessments: readonly Assessment[],
  { clock, gas, actAt }: Snapshot,
  settings: PolicySettings,
  moment: VaultMoment,
): bigint | undefined {
  const needed = (costOf(gas, gas.perAccount.take) ?? 0n) + settings.profitMargin;
  const times = assessments.map((assessment) => {
    const uptime = uptimeOf(assessment, moment, needed);
    return uptime === undefined ? undefined : timeOf(clock, uptime);
  });
  let next: bigint | undefined;
  for (const time of [clock.callingPausedUntil, clock.liquidationPausedUntil, ...times]) {
    if (time !== undefined && time > actAt && (next === undefined || time < next)) next = time;
  }
  return next;
}

/** The uptime at which an account stands differently, or is worth taking, by time alone. */
function uptimeOf(assessment: Assessment, moment: VaultMoment, needed: bigint): bigint | undefined {
  const { account, status } = assessment;
  if (status === Status.Called) return deadlineAt(account, moment.clock);
  if (status !== Status.Expired) return undefined;
  const lapse = auctionStartAt(account, moment.clock) + moment.risk.auctionSeconds;
  return profitableAt(assessment, moment, needed) ?? lapse;
}
