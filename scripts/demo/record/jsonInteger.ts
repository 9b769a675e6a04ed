/** An integer in JSON: a number as long as every reader gets it right, else a decimal string. */
export type JsonInteger = number | string;

export function jsonInteger(value: bigint): JsonInteger {
  const safe = BigInt(Number.MAX_SAFE_INTEGER);
  return value <= safe && value >= -safe ? Number(value) : value.toString();
}
