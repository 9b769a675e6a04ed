import { id } from "ethers";

/** The roles of a `Governance`, by the numbers that it knows them by. */
export const ROLE = { admin: 0n, riskAdmin: 1n, riskSteward: 2n, guardian: 3n } as const;
export type RoleName = keyof typeof ROLE;

/** The bounds of `Governance`, seconds: what its members have to wait, the stewards and guardians not at all. */
export const MIN_DELAY_SECONDS: Readonly<Record<RoleName, number>> = {
  admin: 3 * 86_400,
  riskAdmin: 86_400,
  riskSteward: 0,
  guardian: 0,
};

/** Nobody has to wait longer. */
export const MAX_DELAY_SECONDS = 30 * 86_400;

/** What each governed function of the configurator asks for, by its signature. */
export const CONFIGURATOR_ROLES: Readonly<Record<string, RoleName>> = {
  "listCollaterals(address,(address,(uint16,uint16,uint16,uint16,uint128),(address,uint8,string,uint256,uint16))[],address)":
    "riskAdmin",
  "setCap(address,address,uint128)": "riskAdmin",
  "setInitialWeight(address,address,uint16)": "riskAdmin",
  "setMaintenanceWeight(address,address,uint16)": "riskAdmin",
  "setLiquidationWeight(address,address,uint16)": "riskAdmin",
  "setVolatility(address,address,address,uint16,uint16)": "riskAdmin",
  "setOracle(address,address)": "riskAdmin",
  "correctOracle(address,address,uint256[],uint16)": "riskAdmin",
  "setRiskTerms(address,(uint96,uint72,uint72,uint24,uint24,uint24,uint24))": "riskAdmin",
  "setBorrowCap(address,uint32)": "riskAdmin",
  "setBrake(address,address,(uint96,uint96))": "riskAdmin",
  "setFee(address,uint16,address)": "riskAdmin",
  "lowerCap(address,address,uint128)": "riskSteward",
  "lowerInitialWeight(address,address,uint16)": "riskSteward",
  "lowerBorrowCap(address,uint32)": "riskSteward",
};

/** The same of the clock. */
export const CLOCK_ROLES: Readonly<Record<string, RoleName>> = {
  "pause(uint8,uint256)": "guardian",
  "unpause(uint8)": "guardian",
};

/** The selectors that each role has in one contract. */
export function selectorsByRole(functions: Readonly<Record<string, RoleName>>): Map<RoleName, string[]> {
  const byRole = new Map<RoleName, string[]>();
  for (const [signature, role] of Object.entries(functions)) {
    byRole.set(role, [...(byRole.get(role) ?? []), id(signature).slice(0, 10)]);
  }
  return byRole;
}
