import { getAddress } from "ethers";
import type { Deployment } from "../../../sdk/deployment.ts";
import { VAULT } from "./vaultLogs.ts";

const ADDRESS = getAddress(VAULT);

/** A deployment for tests that have no chain; everything in it is at one address. */
export const madeUpDeployment: Deployment = {
  chainId: 31_337,
  deployBlock: 1,
  vault: ADDRESS,
  configurator: ADDRESS,
  authority: ADDRESS,
  clock: ADDRESS,
  oracle: ADDRESS,
  interestRateModel: ADDRESS,
  callLogic: ADDRESS,
  liquidationLogic: ADDRESS,
  quote: { address: ADDRESS, symbol: "USDC", decimals: 6, feed: ADDRESS },
  collaterals: [],
  rates: { kinkWad: "1", baseRateWad: "1", kinkRateWad: "1", fullRateWad: "1" },
  contracts: {},
};
