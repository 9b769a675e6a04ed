import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../scripts/compile.ts";
import { parseDecimal } from "../../../scripts/demo/prices/decimal.ts";
import { ETH_USD_ROUNDS } from "../../../scripts/demo/prices/flashCrash.ts";
import type { FeedRound } from "../../../sdk/index.ts";

/** A round with the id that a proxy gives it. */
export interface NumberedRound extends FeedRound {
  readonly id: bigint;
}

export interface RealRounds {
  readonly name: string;
  /** Ascending by id; answers in eight decimals. */
  readonly rounds: readonly NumberedRound[];
}

const FILE = join(root, "..", "shared", "data", "chainlink_eth_usd_rounds_2023-04_2024-01.csv");
const DECIMALS = 8;
/** Of the small set, these are left out, as five ids are missing in the large one. */
const LEFT_OUT = new Set([7, 40, 41]);

/** Ten months of ETH/USD where the data is beside the repository; else the demo's own days of August 2023. */
export function readRealRounds(): RealRounds {
  return existsSync(FILE) ? largeSet() : smallSet();
}

function largeSet(): RealRounds {
  const [, ...lines] = readFileSync(FILE, "utf8").trim().split("\n");
  const rounds = lines.map((line) => {
    const [at = "", price = "", id = ""] = line.trim().split(",");
    return { id: BigInt(id), answer: answerOf(price), updatedAt: BigInt(at) };
  });
  return { name: "ten months of ETH/USD", rounds };
}

function smallSet(): RealRounds {
  const rounds = ETH_USD_ROUNDS.trim()
    .split(/\s+/)
    .map((text, number) => {
      const [at = "", price = ""] = text.split(":");
      return { id: (6n << 64n) + BigInt(1 + number), answer: answerOf(price), updatedAt: BigInt(at) };
    })
    .filter((_, number) => !LEFT_OUT.has(number));
  return { name: "the flash crash of August 2023", rounds };
}

function answerOf(price: string): bigint {
  const answer = parseDecimal(price, DECIMALS);
  if (answer === undefined) throw new Error(`${price} is no price`);
  return answer;
}
