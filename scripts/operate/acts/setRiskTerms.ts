import { InputError } from "../../../sdk/inputError.ts";
import type { RiskTerms } from "../../../sdk/vaultTypes.ts";
import { integerIn, type Act } from "../act.ts";

const NAMES = [
  ...["minimumDebt", "dustValue", "maxBounty"],
  ...["minGraceSeconds", "maxGraceSeconds", "auctionSeconds", "rampSeconds"],
] as const satisfies readonly string[];
const MOST = 2n ** 96n - 1n;

export const setRiskTerms: Act = {
  name: "setRiskTerms",
  words: "amounts in quote base units, times in seconds, all seven",
  on: "configurator",
  signature: "setRiskTerms(address,(uint96,uint72,uint72,uint24,uint24,uint24,uint24))",
  parameters: NAMES,
  argumentsOf(values, { deployment }) {
    return [deployment.vault, Object.values(termsIn(values))];
  },
  after(moment, values) {
    return { ...moment, risk: termsIn(values) as unknown as RiskTerms };
  },
};

function termsIn(values: readonly string[]): Record<string, bigint> {
  if (values.length !== NAMES.length) throw new InputError(`give all of ${NAMES.join(", ")}`);
  return Object.fromEntries(NAMES.map((name, i) => [name, integerIn(values[i], name, MOST)]));
}
