import { addressIn, integerIn, type Act } from "../act.ts";

const MOST_BPS = 3_000n;

export const setFee: Act = {
  name: "setFee",
  words: "the fee on interest and who has it (the zero address: the insurance)",
  on: "configurator",
  signature: "setFee(address,uint16,address)",
  parameters: ["bps", "recipient"],
  argumentsOf([bps, recipient], { deployment }) {
    return [deployment.vault, integerIn(bps, "the fee in bps", MOST_BPS), addressIn(recipient)];
  },
};
