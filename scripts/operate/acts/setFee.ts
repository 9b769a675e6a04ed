import { getAddress, isAddress } from "ethers";
import { InputError } from "../../../sdk/inputError.ts";
import { integerIn, type Act } from "../act.ts";

const MOST_BPS = 3_000n;

export const setFee: Act = {
  name: "setFee",
  words: "the fee on interest and who has it (the zero address: the insurance)",
  on: "configurator",
  signature: "setFee(address,uint16,address)",
  parameters: ["bps", "recipient"],
  argumentsOf([bps, recipient], { deployment }) {
    if (!isAddress(recipient)) throw new InputError(`"${String(recipient)}" is not an address`);
    return [deployment.vault, integerIn(bps, "the fee in bps", MOST_BPS), getAddress(recipient)];
  },
};
