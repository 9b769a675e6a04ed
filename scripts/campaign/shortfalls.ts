import { CloseReason, Status } from "../../sdk/vaultTypes.ts";
import type { Tally } from "./tally.ts";

/** Below this share of successes a handler tries too much that cannot be, and proves too little. */
const LEAST_SUCCESS = 0.3;
/** A handler called less often than this says nothing about its share. */
const LEAST_CALLS = 20;

/** What a campaign has not done that it should have; empty when it is worth something. */
export function shortfallsOf(tally: Tally): string[] {
  const shortfalls: string[] = [];
  for (const { name, calls, successes } of tally.handlers) {
    if (calls < LEAST_CALLS) shortfalls.push(`${name} was called ${String(calls)} times`);
    else if (successes / calls < LEAST_SUCCESS) {
      shortfalls.push(`${name} succeeded in ${String(successes)} of ${String(calls)} calls, under 30 %`);
    }
  }
  for (const [name, number] of Object.entries(Status)) {
    if ((tally.statuses[number] ?? 0) === 0) shortfalls.push(`no account was ever ${name}`);
  }
  for (const [name, number] of Object.entries(CloseReason)) {
    if ((tally.closings[number] ?? 0) === 0) shortfalls.push(`no call was ever closed as ${name}`);
  }
  if ((tally.refusals.get("Panic") ?? 0) > 0) shortfalls.push("a call ended in a panic");
  return shortfalls;
}
