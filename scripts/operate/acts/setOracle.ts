import { getAddress, isAddress } from "ethers";
import { InputError } from "../../../sdk/inputError.ts";
import { readPrices } from "../../../sdk/readVault.ts";
import { IOracle__factory } from "../../../types/factories/interfaces/IOracle__factory.ts";
import type { Act } from "../act.ts";

export const setOracle: Act = {
  name: "setOracle",
  words: "another oracle, whose prices are within 2 % of the present ones",
  on: "configurator",
  signature: "setOracle(address,address)",
  parameters: ["oracle"],
  argumentsOf([oracle], { deployment }) {
    return [deployment.vault, addressOf(oracle)];
  },
  async after(moment, [oracle], { runner }) {
    const contract = IOracle__factory.connect(addressOf(oracle), runner);
    return { ...moment, prices: await readPrices(contract, moment.collaterals.length, "latest") };
  },
};

function addressOf(text: string | undefined): string {
  if (!isAddress(text)) throw new InputError(`"${String(text)}" is not an address`);
  return getAddress(text);
}
