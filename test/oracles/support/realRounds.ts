import { existsSync } from "node:fs";
import { parseDecimal } from "../../../scripts/demo/prices/decimal.ts";
import { ETH_USD_ROUNDS } from "../../../scripts/demo/prices/flashCrash.ts";
import {
  readFeedRounds,
  ROUNDS_FILE,
  type NumberedRound,
} from "../../../scripts/docs/volatility/readFeedRounds.ts";

export interface RealRounds {
  readonly name: string;
  /** Ascending by id; answers in eight decimals. */
  readonly rounds: readonly NumberedRound[];
}

const DECIMALS = 8;
/** Of the small set, these are left out, as five ids are missing in the large one. */
const LEFT_OUT = new Set([7, 20, 21]);

/** Ten months of ETH/USD where the data is beside the repository; else the demo's own night of August 2023. */
export function readRealRounds(): RealRounds {
  if (existsSync(ROUNDS_FILE)) return { name: "ten months of ETH/USD", rounds: readFeedRounds(ROUNDS_FILE) };
  const rounds = crashRounds().filter((_, number) => !LEFT_OUT.has(number));
  return { name: "the flash crash of August 2023", rounds };
}

/** The rounds of the night of 17 August 2023 that the demo replays, under ids of a proxy. */
export function crashRounds(): NumberedRound[] {
  return ETH_USD_ROUNDS.trim()
    .split(/\s+/)
    .map((text, number) => {
      const [at = "", price = ""] = text.split(":");
      const answer = parseDecimal(price, DECIMALS);
      if (answer === undefined) throw new Error(`${price} is no price`);
      return { id: (6n << 64n) + BigInt(1 + number), answer, updatedAt: BigInt(at) };
    });
}
