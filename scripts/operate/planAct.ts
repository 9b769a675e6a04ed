import { Interface, type Provider } from "ethers";
import type { Deployment } from "../../sdk/deployment.ts";
import { MIN_DELAY_SECONDS, type RoleName } from "../../sdk/governance.ts";
import { formatAmount, formatDuration, formatTime, formatWad } from "../../sdk/format.ts";
import { InputError } from "../../sdk/inputError.ts";
import { readMoment } from "../../sdk/readVault.ts";
import { connectVault } from "../../sdk/vault.ts";
import { statusName } from "../../sdk/vaultTypes.ts";
import type { Act } from "./act.ts";
import { effectOf, tallyOf, type Tally } from "./effectOf.ts";
import { openAccounts } from "./openAccounts.ts";
import { governanceAt, permissionFor, type GovernedCall, type Permission } from "./permission.ts";

/** An act, looked at before anybody does it. */
export interface ActPlan {
  readonly act: Act;
  readonly values: readonly string[];
  readonly governance: string;
  readonly call: GovernedCall;
  readonly permission: Permission;
  readonly tally: Tally;
  readonly notes: readonly string[];
  /** The block's time that it was looked at, unix seconds. */
  readonly now: bigint;
}

/** Reads what an act would do, and who may do it, at the latest block. Sends nothing. */
export async function planAct(
  provider: Provider,
  deployment: Deployment,
  act: Act,
  values: readonly string[],
  caller?: string,
): Promise<ActPlan> {
  const { governance } = deployment;
  if (governance === undefined) throw new InputError("the deployment names no governance");
  if (values.length !== act.parameters.length) {
    throw new InputError(`${act.name} takes ${act.parameters.join(", ")}`);
  }
  const context = { deployment, runner: provider };
  const args = await act.argumentsOf(values, context);
  const name = act.signature.slice(0, act.signature.indexOf("("));
  const data = new Interface([`function ${act.signature}`]).encodeFunctionData(name, args);
  const call = {
    target: act.on === "governance" ? governance : deployment[act.on],
    signature: act.signature,
    data,
  };
  const block = await provider.getBlock("latest");
  if (block === null) throw new Error("the endpoint has no latest block");
  const handle = connectVault(deployment, provider);
  const oracle = connectVault({ ...deployment, oracle: await handle.vault.oracle() }, provider).oracle;
  const before = await readMoment({ ...handle, oracle }, block.number);
  const after = (await act.after?.(before, values, context)) ?? before;
  const accounts = await openAccounts(provider, deployment, block.number);
  const effects = await effectOf(handle, accounts, before, after, block.number);
  return {
    act,
    values,
    governance,
    call,
    permission: await permissionFor(governanceAt(governance, provider), call, caller),
    tally: tallyOf(effects, statusName),
    notes: (await act.notes?.(values, context)) ?? [],
    now: BigInt(block.timestamp),
  };
}

/** A plan in words, a line each. */
export function describeAct(plan: ActPlan, { quote }: Deployment): string[] {
  const { act, values, tally } = plan;
  const given = act.parameters.map((name, i) => `${name} ${values[i] ?? ""}`).join(", ");
  const moves = [...tally.moves].map(
    ([move, { accounts, debt }]) => `  ${move}: ${accounts} accounts owing ${formatAmount(debt, quote)}`,
  );
  return [
    `${act.name}: ${given}`,
    ...describePermission(plan),
    ...plan.notes,
    `What it does to ${tally.accounts} accounts owing ${formatAmount(tally.debt, quote)}, when it is complete, at the prices of now:`,
    ...(moves.length === 0 ? ["  no account changes its status"] : moves),
    `  ${tally.boundNow} accounts that could borrow or withdraw no longer can`,
    `  lowest health factor ${formatWad(tally.worstBeforeWad)}, then ${formatWad(tally.worstAfterWad)}`,
  ];
}

function describePermission({ permission, now }: ActPlan): string[] {
  const { role, caller, readyAt } = permission;
  const least = MIN_DELAY_SECONDS[role as RoleName] as number | undefined;
  if (caller === undefined) {
    const wait =
      least === undefined || least === 0 ? "" : `, after ${formatDuration(BigInt(least))} at least`;
    return [`May be done by: ${role}${wait}`];
  }
  if (!caller.may) return [`May be done by: ${role}, which the caller is not`];
  if (caller.delaySeconds === 0n) return [`May be done by: ${role}, at once`];
  const delay = formatDuration(caller.delaySeconds);
  if (readyAt === 0n) {
    const earliest = formatTime(now + caller.delaySeconds);
    return [`May be done by: ${role}, after ${delay}; scheduled now it can be executed from ${earliest} on`];
  }
  const verb = now < readyAt ? "can be executed from" : "is ready since";
  return [`May be done by: ${role}, after ${delay}; scheduled, it ${verb} ${formatTime(readyAt)}`];
}
