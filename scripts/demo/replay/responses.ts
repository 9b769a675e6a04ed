import type { Random } from "../world/random.ts";

/** How a called trader behaves. */
export type Response = "repay" | "deposit" | "part" | "late" | "none";

/** What a trader will do about a call, and how long it takes them, drawn before the call is known. */
export interface Temper {
  readonly response: Response;
  /** From 0, at once, to below 1. */
  readonly hesitation: number;
}

/** Dealt in the order of the calls, shuffled by seed: half respond, in every way. */
const DECK: readonly Response[] = [
  ...(["repay", "repay", "deposit", "deposit", "part", "late"] as const),
  ...(["none", "none", "none", "none", "none", "none"] as const),
];
const SOONEST_SECONDS = 45;
const LATEST_RESPONSE_SECONDS = 5_400;

/** Whoever means to cure looks again after so long, for prices may have moved on. */
export const RETRY_SECONDS = 240;
export const MAX_TRIES = 3;
/** Of what a cure takes. */
export const PART_BPS = 4_000n;
/** A deposit is reckoned with a price that may fall before it is mined. */
export const DEPOSIT_MARGIN_BPS = 10_150n;

/** Deals tempers, each way to respond as often as the deck has it. */
export class Tempers {
  readonly #random: Random;
  #deck: Response[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  next(): Temper {
    if (this.#deck.length === 0) this.#deck = this.#random.shuffled(DECK);
    const response = this.#deck.pop() ?? "none";
    return { response, hesitation: this.#random.next() };
  }
}

/** When a trader of this temper answers a call opened at `now`, unix seconds like it; undefined for never. */
export function answersAt(
  { response, hesitation }: Temper,
  now: number,
  deadline: number,
): number | undefined {
  if (response === "none") return undefined;
  if (response === "late") return deadline + Math.round(60 + hesitation * 1_500);
  const soon = Math.min(0.6 * (deadline - now), LATEST_RESPONSE_SECONDS);
  return now + Math.round(SOONEST_SECONDS + hesitation * hesitation * soon);
}
