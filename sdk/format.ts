import { MAX_UINT256, PRICE_SCALE, WAD } from "./fixedPoint.ts";

/** What amounts of a token are written with. */
export interface Unit {
  readonly symbol: string;
  readonly decimals: number;
}

export type Rounding = "down" | "up";

/**
 * An amount of base units as a decimal number with thousands separators: `1,234.5`. No floating point is involved.
 * @param places The most digits after the point; those left out are rounded in the given direction. Trailing zeros go.
 */
export function formatUnits(
  amount: bigint,
  decimals: number,
  places = decimals,
  rounding: Rounding = "down",
): string {
  if (amount < 0n) return `-${formatUnits(-amount, decimals, places, rounding)}`;
  const kept = Math.min(places, decimals);
  const dropped = 10n ** BigInt(decimals - kept);
  const scaled = (amount + (rounding === "up" ? dropped - 1n : 0n)) / dropped;
  const digits = scaled.toString().padStart(kept + 1, "0");
  const integer = digits.slice(0, digits.length - kept).replaceAll(/\B(?=(\d{3})+$)/g, ",");
  const fraction = digits.slice(digits.length - kept).replace(/0+$/, "");
  return fraction === "" ? integer : `${integer}.${fraction}`;
}

/** An amount with its symbol, every digit shown: `1,234.5 USDC`. The largest uint256 is "no amount". */
export function formatAmount(amount: bigint, unit: Unit, places?: number, rounding?: Rounding): string {
  if (amount === MAX_UINT256) return `no amount of ${unit.symbol}`;
  return `${formatUnits(amount, unit.decimals, places, rounding)} ${unit.symbol}`;
}

/**
 * Base units from a decimal number as people write it: digits, at most one point, thousands separators allowed.
 * Undefined when it is none, is negative, or is finer than the token.
 */
export function parseUnits(text: string, decimals: number): bigint | undefined {
  const plain = text.trim().replaceAll(/(?<=\d),(?=\d{3}(\D|$))/g, "");
  const match = /^(\d+)(?:\.(\d+))?$/.exec(plain);
  const [, integer = "", fraction = ""] = match ?? [];
  if (match === null || fraction.length > decimals) return undefined;
  return BigInt(integer + fraction.padEnd(decimals, "0"));
}

/** A ratio times 1e18 as a decimal number: `1.0196`. Rounded down, so that 0.99999 never reads as 1. */
export function formatWad(ratioWad: bigint, places = 4): string {
  return ratioWad === MAX_UINT256 ? "∞" : formatUnits(ratioWad, 18, places);
}

/** A share times 1e18 in percent: `2.35 %`, rounded down. */
export function formatPercentWad(shareWad: bigint, places = 2): string {
  return `${formatUnits(shareWad * 100n, 18, places)} %`;
}

/** A weight or fee in bps in percent: `80.2 %`. */
export function formatBps(bps: bigint): string {
  return `${formatUnits(bps, 2)} %`;
}

/** What one whole collateral token costs in whole quote tokens: `1,733.98 USDC`, rounded down. */
export function formatPrice(price36: bigint, collateral: Unit, quote: Unit, places = 2): string {
  const perToken = price36 * 10n ** BigInt(collateral.decimals);
  const digits = 18;
  const scaled = (perToken * 10n ** BigInt(digits)) / (PRICE_SCALE * 10n ** BigInt(quote.decimals));
  // A price so small that it would read as nothing is shown with all the digits there are.
  const isTiny = scaled !== 0n && scaled < WAD / 10n ** BigInt(places);
  return `${formatUnits(scaled, digits, isTiny ? digits : places)} ${quote.symbol}`;
}

/** Seconds as people say them, the two greatest units: `2 h 5 min`, `45 s`. Rounded down. */
export function formatDuration(seconds: bigint): string {
  if (seconds < 0n) return `-${formatDuration(-seconds)}`;
  const parts: readonly (readonly [bigint, string])[] = [
    [seconds / 86_400n, "d"],
    [(seconds / 3_600n) % 24n, "h"],
    [(seconds / 60n) % 60n, "min"],
    [seconds % 60n, "s"],
  ];
  const first = parts.findIndex(([count]) => count !== 0n);
  if (first === -1) return "0 s";
  const shown = parts.slice(first, first + 2).filter(([count]) => count !== 0n);
  return shown.map(([count, unit]) => `${count.toString()} ${unit}`).join(" ");
}

/** A timestamp in UTC: `2023-08-17 21:45:47 UTC`. An uptime is none: see `timeOf`. */
export function formatTime(timestamp: bigint): string {
  return `${new Date(Number(timestamp) * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
