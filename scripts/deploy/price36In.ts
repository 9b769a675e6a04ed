import { InputError } from "../../sdk/inputError.ts";
import { parseDecimal } from "../demo/prices/decimal.ts";

const PRICE_DECIMALS = 36;

/** Quote base units per base unit, times 1e36, from whole quote tokens for one whole token as a decimal number. */
export function price36In(text: string, tokenDecimals: number, quoteDecimals: number): bigint {
  const price36 = parseDecimal(text, PRICE_DECIMALS + quoteDecimals - tokenDecimals);
  if (price36 === undefined || price36 <= 0n) throw new InputError(`"${text}" is not a price`);
  return price36;
}
