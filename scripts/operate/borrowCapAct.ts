import { integerIn, type Act } from "./act.ts";

const MOST = 2n ** 32n - 1n;

/** An act that sets the most that may be lent, in whole quote tokens. */
export function borrowCapAct(name: string, words: string): Act {
  return {
    name,
    words,
    on: "configurator",
    signature: `${name}(address,uint32)`,
    parameters: ["wholeTokens"],
    argumentsOf([cap], { deployment }) {
      return [deployment.vault, integerIn(cap, "the cap in whole tokens", MOST)];
    },
  };
}
