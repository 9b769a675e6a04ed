import type { CallOutcome, RecordedCollateral, RecordedToken } from "./recording.ts";

const MINUS = "\u2212";

export interface OutcomeWords {
  readonly outcome: CallOutcome;
  readonly label: string;
}

/** In the order in which they are shown. */
export const OUTCOMES: readonly OutcomeWords[] = [
  { outcome: "repaid", label: "cured by repayment" },
  { outcome: "deposited", label: "cured by deposit" },
  { outcome: "recovered", label: "recovered with prices" },
  { outcome: "liquidated", label: "liquidated" },
  { outcome: "lapsed", label: "lapsed" },
  { outcome: "writtenOff", label: "written off" },
  { outcome: "open", label: "still open" },
];

export function outcomeLabel(outcome: CallOutcome): string {
  return OUTCOMES.find((words) => words.outcome === outcome)?.label ?? outcome;
}

/** Dollars of the quote for one whole token; display only. */
export function priceOf(price36: bigint, collateral: RecordedCollateral, quote: RecordedToken): number {
  const scaled = price36 * 10n ** BigInt(collateral.decimals);
  return Number(scaled / 10n ** BigInt(quote.decimals) / 10n ** 24n) / 1e12;
}

/** A number for a chart's last step; display only. */
export function ratioOf(wad: bigint): number {
  return Number(wad / 10n ** 9n) / 1e9;
}

/** Base units as whole tokens; display only. */
export function tokensOf(amount: bigint, decimals: number): number {
  return Number(amount) / 10 ** decimals;
}

export function grouped(value: number, digits = 0): string {
  const text = Math.abs(value).toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return value < 0 && Number(text.replaceAll(",", "")) !== 0 ? MINUS + text : text;
}

/** A price with as many digits as its size asks for. */
export function priceText(price: number): string {
  return grouped(price, price >= 1000 ? 0 : price >= 10 ? 2 : 4);
}

export function percentText(share: number, digits = 0): string {
  return `${grouped(share * 100, digits)} %`;
}

/** An amount to the last base unit, with its sign. */
export function exactAmount(amount: bigint, decimals: number): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals);
  return `${amount < 0n ? MINUS : "+"}${whole}${decimals > 0 ? `.${fraction}` : ""}`;
}

/** Hours and minutes in UTC. */
export function clockText(at: number): string {
  return new Date(at * 1000).toISOString().slice(11, 16);
}

/** Day and time in UTC, as in `17 Aug 21:45`. */
export function momentText(at: number): string {
  const day = new Date(at * 1000).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "short",
    timeZone: "UTC",
  });
  return `${day} ${clockText(at)}`;
}

export function dayText(at: number): string {
  return momentText(at).slice(0, -6);
}

/** As in `3 h 20 min`, `12 min` or `40 s`. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${(minutes - rest) / 60} h ${rest} min`;
}

/** The owner's first and last digits, and the sub-account when it is not the first. */
export function shortAccount(account: string): string {
  const owner = account.slice(0, 42);
  const sub = BigInt(`0x${account.slice(42) === "" ? "0" : account.slice(42)}`);
  const short = `${owner.slice(0, 6)}…${owner.slice(-4)}`;
  return sub === 0n ? short : `${short}/${sub}`;
}
