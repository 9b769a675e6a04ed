import { readPrices } from "../../sdk/readVault.ts";
import type { VaultMoment } from "../../sdk/vaultTypes.ts";
import { IOracle__factory } from "../../types/factories/interfaces/IOracle__factory.ts";
import { addressIn, type ActContext } from "./act.ts";

/** The moment with the prices of another oracle for the collaterals that are listed now. */
export async function pricedBy(
  moment: VaultMoment,
  oracle: string | undefined,
  { runner }: ActContext,
): Promise<VaultMoment> {
  const contract = IOracle__factory.connect(addressIn(oracle), runner);
  return { ...moment, prices: await readPrices(contract, moment.collaterals.length, "latest") };
}
