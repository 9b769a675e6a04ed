const NUMBER = /^([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * A decimal number, times 10 to the `decimals`, to the nearest integer, halves away from zero; undefined when the
 * text is none. No floating point: every digit counts. An exponent is understood because programs that write CSV
 * files use one for very small numbers.
 */
export function parseDecimal(text: string, decimals: number): bigint | undefined {
  const match = NUMBER.exec(text);
  if (match === null || text.length > 100) return undefined;
  const [, sign = "", mantissa = "", exponent = "0"] = match;
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = BigInt(whole + fraction);
  const shift = decimals + Number(exponent) - fraction.length;
  const scaled = shift >= 0 ? digits * 10n ** BigInt(shift) : divideNearest(digits, 10n ** BigInt(-shift));
  return sign === "-" ? -scaled : scaled;
}

function divideNearest(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor);
}
