import { QUOTE } from "../world/terms.ts";

/** Quote base units as people read them: whole tokens with separators, cents where they count. */
export function amountText(amount: bigint): string {
  const unit = 10n ** BigInt(QUOTE.decimals);
  const sign = amount < 0n ? "-" : "";
  const cents = ((amount < 0n ? -amount : amount) * 100n + unit / 2n) / unit;
  const whole = (cents / 100n).toString().replaceAll(/\B(?=(\d{3})+$)/g, ",");
  const fraction = (cents % 100n).toString().padStart(2, "0");
  return `${sign}${whole}.${fraction}`;
}

export function signedText(amount: bigint): string {
  return amount < 0n ? amountText(amount) : `+${amountText(amount)}`;
}

/** A ratio times 1e18 in percent. */
export function percentText(ratioWad: bigint): string {
  return `${(Number(ratioWad / 10n ** 10n) / 1e6).toFixed(2)} %`;
}

/** A feed's answer, dollars times 1e8; small prices keep their digits. */
export function priceText(answer: bigint): string {
  const dollars = Number(answer) / 1e8;
  return dollars >= 1 ? dollars.toFixed(2) : dollars.toPrecision(4);
}

/** The chain's time of day. */
export function timeText(at: number): string {
  return new Date(at * 1_000).toISOString().slice(5, 19).replace("T", " ");
}

/** As in `1,800 s`. */
export function secondsText(seconds: number): string {
  return `${String(seconds).replaceAll(/\B(?=(\d{3})+$)/g, ",")} s`;
}
