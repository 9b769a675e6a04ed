import { join } from "node:path";
import type { FeedRound } from "../../../sdk/volatility.ts";
import { root } from "../../compile.ts";
import { readCsv } from "../../demo/prices/csv.ts";
import { parseDecimal } from "../../demo/prices/decimal.ts";
import { PriceInputError } from "../../demo/prices/priceInputError.ts";

/** A round with the id that a proxy gives it. */
export interface NumberedRound extends FeedRound {
  readonly id: bigint;
}

/** Ten months of ETH/USD, in the data that lies beside the repository; a plain clone has none. */
export const ROUNDS_FILE = join(root, "..", "shared", "data", "chainlink_eth_usd_rounds_2023-04_2024-01.csv");

const COLUMNS = ["timestamp_utc_seconds", "price", "round_id"] as const;
const DECIMALS = 8;

/**
 * Reads a feed's rounds, `timestamp_utc_seconds,price,round_id`, as the file has them. Answers get eight decimals.
 * @throws PriceInputError
 */
export function readFeedRounds(file: string): NumberedRound[] {
  const { columns, rows } = readCsv(file, (header) => COLUMNS.map((name) => header.indexOf(name)));
  return rows.map(({ line, fields }) => {
    const [at, answer, id] = columns.map((column, i) =>
      parseDecimal(fields[column] ?? "", i === 1 ? DECIMALS : 0),
    );
    if (at === undefined || answer === undefined || id === undefined) {
      throw new PriceInputError(file, line, `the row is no round; write ${COLUMNS.join(",")}`);
    }
    return { id, answer, updatedAt: at };
  });
}
