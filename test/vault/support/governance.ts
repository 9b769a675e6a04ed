import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { CLOCK_ROLES, CONFIGURATOR_ROLES, ROLE, selectorsByRole } from "../../../sdk/governance.ts";
import type { Governance } from "../../../types/index.ts";
import { deploy, type World } from "./world.ts";

/** A governance that is not sealed yet, in which its deployer, `owner`, may do everything without a delay. */
export async function deployGovernance(
  ethers: HardhatEthers,
  owner: HardhatEthersSigner,
  guardian: HardhatEthersSigner,
): Promise<Governance> {
  const governance = await deploy<Governance>(ethers, "Governance", [owner.address]);
  await governance.grantRole(ROLE.riskAdmin, owner, 0n);
  await governance.grantRole(ROLE.riskSteward, owner, 0n);
  await governance.grantRole(ROLE.guardian, guardian, 0n);
  await governance.setRoleGuardian(ROLE.riskAdmin, ROLE.guardian);
  return governance;
}

/** Gives each function of a configurator and a clock to its role. */
export async function assignRoles({
  governance,
  configurator,
  clock,
}: Pick<World, "governance" | "clock"> & Partial<Pick<World, "configurator">>): Promise<void> {
  for (const [contract, functions] of [
    [configurator, CONFIGURATOR_ROLES],
    [clock, CLOCK_ROLES],
  ] as const) {
    if (contract === undefined) continue;
    for (const [role, selectors] of selectorsByRole(functions)) {
      await governance.setTargetFunctionRole(contract, selectors, ROLE[role]);
    }
  }
}
