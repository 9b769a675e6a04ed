import { readFileSync } from "node:fs";
import { join } from "node:path";
import { id, Interface, type InterfaceAbi } from "ethers";
import { artifactsOf } from "../deploy/artifacts.ts";
import { root } from "../compile.ts";

/** Where a run of test/sol/support/Tally.sol leaves its line. */
export const COUNTS_FILE = "cache/campaign/counts.jsonl";
export const HANDLERS_ARTIFACT = "artifacts/test/sol/Campaign.t.sol/CampaignHandlers.json";

export interface HandlerCount {
  readonly name: string;
  readonly calls: number;
  readonly successes: number;
}

/** What all runs of a campaign have counted. */
export interface Tally {
  readonly runs: number;
  readonly calls: number;
  readonly handlers: readonly HandlerCount[];
  /** How often each error refused a call, by its name. */
  readonly refusals: ReadonlyMap<string, number>;
  /** How often each invariant was asked inside handlers and at the end of runs; by its number. */
  readonly checks: readonly number[];
  /** How often an account was seen in each status, by its number in `Status`. */
  readonly statuses: readonly number[];
  /** How often a call ended for each reason, by its number in `CloseReason`. */
  readonly closings: readonly number[];
}

interface Line {
  readonly calls: number;
  readonly handlers: Record<string, readonly [calls: number, successes: number]>;
  readonly refusals: Record<string, number>;
  readonly checks: readonly number[];
  readonly statuses: readonly number[];
  readonly closings: readonly number[];
}

/** Adds up the runs so far. The runner ends its last run twice, which counts once. */
export function readTally(): Tally {
  const text = readFileSync(join(root, COUNTS_FILE), "utf8");
  // What comes after the last line break is being written at this moment.
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  // Two suites write at a time, each a line and then its break: two lines may stand before two breaks.
  const lines = [...new Set(whole.split(/\n|(?<=\})(?=\{)/))]
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
  const handlers = new Map<string, { calls: number; successes: number }>();
  for (const name of handlerNames())
    handlers.set(id(`${name}(uint256)`).slice(0, 10), { calls: 0, successes: 0 });
  const refusals = new Map<string, number>();
  const names = errorNames();
  for (const line of lines) {
    for (const [selector, [calls, successes]] of Object.entries(line.handlers)) {
      const count = handlers.get(selector);
      if (count === undefined) throw new Error(`The campaign counts an unknown handler ${selector}`);
      count.calls += calls;
      count.successes += successes;
    }
    for (const [selector, count] of Object.entries(line.refusals)) {
      const name = names.get(selector) ?? selector;
      refusals.set(name, (refusals.get(name) ?? 0) + count);
    }
  }
  const namesBySelector = new Map(handlerNames().map((name) => [id(`${name}(uint256)`).slice(0, 10), name]));
  return {
    runs: lines.length,
    calls: lines.reduce((sum, line) => sum + line.calls, 0),
    handlers: [...handlers].map(([selector, count]) => ({
      name: namesBySelector.get(selector) ?? selector,
      ...count,
    })),
    refusals,
    checks: sumOf(lines.map(({ checks }) => checks)),
    statuses: sumOf(lines.map(({ statuses }) => statuses)),
    closings: sumOf(lines.map(({ closings }) => closings)),
  };
}

/** The handlers, from the compiled campaign: public functions that change something and take one seed. */
export function handlerNames(): string[] {
  const { abi } = JSON.parse(readFileSync(join(root, HANDLERS_ARTIFACT), "utf8")) as { abi: InterfaceAbi };
  const names: string[] = [];
  new Interface(abi).forEachFunction((f) => {
    const takesSeed = f.inputs.length === 1 && f.inputs[0]?.type === "uint256";
    if (f.stateMutability === "nonpayable" && takesSeed) names.push(f.name);
  });
  return names;
}

/** Names of the errors of everything a handler calls, by selector. */
function errorNames(): Map<string, string> {
  const names = new Map<string, string>();
  const sources = ["MarginVault", "RiskConfigurator", "UptimeClock", "Authority", "Governance"];
  for (const source of sources) {
    new Interface(artifactsOf("default")(`${source}.sol`, source).abi).forEachError((error) => {
      names.set(error.selector, error.name);
    });
  }
  new Interface(["error ERC20InsufficientAllowance(address,uint256,uint256)"]).forEachError((error) => {
    names.set(error.selector, error.name);
  });
  return names.set("0x4e487b71", "Panic").set("0x00000000", "(nothing)");
}

function sumOf(lists: readonly (readonly number[])[]): number[] {
  const sums: number[] = [];
  for (const list of lists) for (const [i, count] of list.entries()) sums[i] = (sums[i] ?? 0) + count;
  return sums;
}
