import type { Contract } from "ethers";
import {
  CLOCK_ROLES,
  CONFIGURATOR_ROLES,
  ROLE,
  selectorsByRole,
  type RoleName,
} from "../../sdk/governance.ts";
import type { VaultPlan } from "./plan.ts";

type Send = (step: string, transaction: Promise<{ wait: () => Promise<unknown> }>) => Promise<void>;

/** The contracts whose functions have roles, with which role each has. */
export function governedContracts(
  configurator: string,
  clock: string,
): readonly (readonly [string, Readonly<Record<string, RoleName>>])[] {
  return [
    [configurator, CONFIGURATOR_ROLES],
    [clock, CLOCK_ROLES],
  ];
}

/** Makes the deployer risk admin until the governance is sealed, so that it can set what was planned. */
export async function beginSetup(governance: Contract, deployer: string, send: Send): Promise<void> {
  if (await hasRole(governance, ROLE.riskAdmin, deployer)) return;
  await send("set up as risk admin", act(governance, "grantRole", ROLE.riskAdmin, deployer, 0));
}

/**
 * Gives each function to its role and the roles without a delay to whom the plan names, and lets the guardian cancel what
 * the risk admin schedules.
 */
export async function assignRoles(
  governance: Contract,
  plan: VaultPlan,
  contracts: ReturnType<typeof governedContracts>,
  send: Send,
): Promise<void> {
  for (const [target, functions] of contracts) {
    for (const [role, selectors] of selectorsByRole(functions)) {
      const present = await Promise.all(
        selectors.map((selector) => read(governance, "getTargetFunctionRole", target, selector)),
      );
      if (present.every((found) => found === ROLE[role])) continue;
      const transaction = act(governance, "setTargetFunctionRole", target, selectors, ROLE[role]);
      await send(`give functions to the role ${role}`, transaction);
    }
  }
  for (const [role, account] of [
    ["riskSteward", plan.steward],
    ["guardian", plan.guardian],
  ] as const) {
    if (await hasRole(governance, ROLE[role], account)) continue;
    await send(`name the ${role}`, act(governance, "grantRole", ROLE[role], account, 0));
  }
  if ((await read(governance, "getRoleGuardian", ROLE.riskAdmin)) !== ROLE.guardian) {
    const transaction = act(governance, "setRoleGuardian", ROLE.riskAdmin, ROLE.guardian);
    await send("let the guardian cancel", transaction);
  }
}

/** Seals: from then on the deployer has no more to say than the plan gives them. */
export async function sealGovernance(governance: Contract, plan: VaultPlan, send: Send): Promise<void> {
  const { admin, adminDelaySeconds, owner, riskDelaySeconds } = plan;
  const transaction = act(governance, "seal", admin, adminDelaySeconds, owner, riskDelaySeconds);
  await send("seal the governance", transaction);
}

/** Whether the governance's bounds hold for everybody. */
export async function isSealed(governance: Contract): Promise<boolean> {
  return (await read(governance, "isSealed")) as boolean;
}

async function hasRole(governance: Contract, role: bigint, account: string): Promise<boolean> {
  const [isMember] = (await read(governance, "hasRole", role, account)) as [boolean, bigint];
  return isMember;
}

function read(contract: Contract, name: string, ...args: unknown[]): Promise<unknown> {
  return contract.getFunction(name).staticCall(...args) as Promise<unknown>;
}

function act(contract: Contract, name: string, ...args: unknown[]) {
  return contract.getFunction(name).send(...args);
}
