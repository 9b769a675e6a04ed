import { pauseEnd, stopOf, type ClockState, type PastTime } from "../../sdk/clockState.ts";
import type { Deployment } from "../../sdk/deployment.ts";
import { formatAmount, formatDuration, formatTime, formatWad } from "../../sdk/format.ts";
import { CLOSE_LEVEL_WAD, CURE_LEVEL_WAD } from "../../sdk/healthMath.ts";
import { Status, statusName } from "../../sdk/vaultTypes.ts";
import type { AccountView, CallView } from "./accountView.ts";

/** The account as lines of text, with what to do about it. */
export function describeAccount(view: AccountView, deployment: Deployment): string {
  const { quote } = deployment;
  const held = view.collaterals.map((c) => formatAmount(c.amount, c.token)).join(", ");
  const lines = [
    `status        ${statusName(view.status)}`,
    `collateral    ${held === "" ? "none" : held} (worth ${formatAmount(view.value, quote, 2)})`,
    `debt          ${formatAmount(view.debt, quote, 2, "up")}`,
    `health        ${formatWad(view.healthWad)} (called below 1)`,
    `floor health  ${formatWad(view.floorHealthWad)} (sold at once below 1)`,
    "",
    ...describeCall(view),
  ];
  if (view.call !== undefined || view.cureRepay !== 0n) lines.push(...describeCures(view, deployment));
  return lines.join("\n");
}

function describeCall({ call, clock, status }: AccountView): string[] {
  const stop = describeStop(clock);
  if (call === undefined) return [adviceOf(status, clock), ...stop];
  const called = `Margin call of ${describePast(call.calledAt)}.`;
  const { timestamp } = clock;
  if (call.secondsLeft > 0n) {
    return [
      `${called} ${describeDeadline(call, timestamp)} Until then nothing is sold above the floor.`,
      ...stop,
      `It closes at a health factor of ${formatWad(CLOSE_LEVEL_WAD)}.`,
    ];
  }
  return [
    `${called} ${describePassed(call, timestamp)} ${adviceOf(status, clock)}`,
    ...stop,
    `It closes at a health factor of 1.`,
  ];
}

function describeDeadline({ deadline, secondsLeft }: CallView, now: bigint): string {
  if (deadline !== undefined) {
    return `Deadline ${formatTime(deadline.timestamp)}, in ${formatDuration(deadline.timestamp - now)}.`;
  }
  return `Its deadline passes when the protocol's clock has run for another ${formatDuration(secondsLeft)}.`;
}

function describePassed({ deadline }: CallView, now: bigint): string {
  if (deadline?.isExact !== true) return "Its deadline has passed.";
  const ago = formatDuration(now - deadline.timestamp);
  return `Its deadline, ${formatTime(deadline.timestamp)}, passed ${ago} ago.`;
}

/** The clock tells how long it has stood still in all, and not always when. */
function describePast({ timestamp, isExact }: PastTime): string {
  return isExact ? formatTime(timestamp) : `${formatTime(timestamp)} or earlier`;
}

/** That the clock stands still, for what and until when; nothing while it runs. */
function describeStop(clock: ClockState): string[] {
  const stop = stopOf(clock);
  if (stop === undefined) return [];
  const still = "The protocol's clock stands still: no deadline passes and no discount grows,";
  if (stop === "sequencerDown") return [`${still} until the sequencer is back.`];
  const what = stop === "callingPaused" ? "calling" : "liquidation";
  return [`${still} until ${formatTime(pauseEnd(clock))}, while ${what} is paused.`];
}

function adviceOf(status: Status, { moment }: ClockState): string {
  const isUncalled = status === Status.Callable || status === Status.Lapsed;
  if (isUncalled && moment.isCallingPaused) return "No margin call may be opened while calling is paused.";
  if (status === Status.Expired && moment.isLiquidationPaused) {
    return "The auction has begun, and nothing is sold while liquidation is paused.";
  }
  return advice(status);
}

function advice(status: Status): string {
  switch (status) {
    case Status.Healthy:
      return "No margin call is open.";
    case Status.Warned:
      return "No margin call is open, but the account is near one.";
    case Status.Callable:
      return "No margin call is open yet; anyone may open one now.";
    case Status.Called:
      return "A margin call is open.";
    case Status.Recovering:
      return "Prices have recovered: anyone may close the call.";
    case Status.Expired:
      return "The auction runs: a part may be sold at any moment.";
    case Status.Lapsed:
      return "The auction found no taker: the call may be opened again.";
    case Status.Critical:
      return "The account is below its floor: it may be sold at any moment.";
    case Status.Insolvent:
      return "The collateral is worth less than the debt: all of it may be sold at any moment.";
  }
}

function describeCures(view: AccountView, deployment: Deployment): string[] {
  const forms = [`  repay    ${formatAmount(view.cureRepay, deployment.quote)}`];
  for (const { token, cureDeposit } of view.collaterals) {
    forms.push(`  deposit  ${formatAmount(cureDeposit, token)}`);
  }
  return [
    "",
    `Any one of these lifts the health factor to ${formatWad(CURE_LEVEL_WAD)} at block ${view.block}:`,
    ...forms,
  ];
}
