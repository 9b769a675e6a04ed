import { Contract, type Provider } from "ethers";
import type { Deployment } from "../../sdk/deployment.ts";
import { ROLE, selectorsByRole, type RoleName } from "../../sdk/governance.ts";
import type { LoadArtifact } from "./artifacts.ts";
import { governedContracts } from "./governVault.ts";
import type { VaultPlan } from "./plan.ts";

/** Compares who may do what on the chain, and after which delay, with the plan; tells `expect` each pair. */
export async function verifyGovernance(
  provider: Provider,
  { governance: address, configurator, clock }: Deployment,
  plan: VaultPlan,
  load: LoadArtifact,
  expect: (what: string, found: unknown, wanted: unknown) => void,
): Promise<void> {
  if (address === undefined) {
    expect("governance", "none", "one");
    return;
  }
  const governance = new Contract(address, load("Governance.sol", "Governance").abi, provider);
  const read = (name: string, ...args: unknown[]): Promise<unknown> =>
    governance.getFunction(name).staticCall(...args) as Promise<unknown>;
  expect("governance: sealed", await read("isSealed"), true);
  const planned: readonly (readonly [RoleName, string, number])[] = [
    ["admin", plan.admin, plan.adminDelaySeconds],
    ["riskAdmin", plan.owner, plan.riskDelaySeconds],
    ["riskSteward", plan.steward, 0],
    ["guardian", plan.guardian, 0],
  ];
  for (const [role, account, delaySeconds] of planned) {
    const [isMember, delay] = (await read("hasRole", ROLE[role], account)) as [boolean, bigint];
    expect(`role ${role} of ${account}`, isMember, true);
    if (isMember) expect(`delay of ${role} ${account}`, delay, delaySeconds);
  }
  expect("who may cancel", await read("getRoleGuardian", ROLE.riskAdmin), ROLE.guardian);
  for (const [target, functions] of governedContracts(configurator, clock)) {
    const governed = new Contract(target, ["function authority() view returns (address)"], provider);
    expect(`authority of ${target}`, await governed.getFunction("authority").staticCall(), address);
    for (const [role, selectors] of selectorsByRole(functions)) {
      for (const selector of selectors) {
        const found = await read("getTargetFunctionRole", target, selector);
        expect(`role of function ${selector} of ${target}`, found, ROLE[role]);
      }
    }
  }
}
