import { readCsv, shown, type CsvRow } from "./csv.ts";
import { parseDecimal } from "./decimal.ts";
import { PriceInputError } from "./priceInputError.ts";
import type { Round } from "./priceSeries.ts";

/** What a price file says, before an oracle would have thinned it. */
export interface PriceFile {
  readonly points: number;
  readonly rounds: readonly Round[];
}

interface Columns {
  readonly time: number;
  /** One column of prices, or open, high, low and close. */
  readonly prices: readonly [number] | readonly [number, number, number, number];
}

interface TimedRow {
  readonly row: CsvRow;
  readonly at: number;
}

const TIME_NAMES = [
  "timestamp_utc_seconds",
  "timestamp",
  "timestamp_ms",
  "unix_timestamp",
  "unix_seconds",
  "unix",
  "time",
  "open_time",
  "date",
];
const CANDLE_NAMES = ["open", "high", "low", "close"] as const;
const EARLIEST = 1_000_000_000;
/** The vault keeps times in 32 bits. */
const LATEST = 4_102_444_800;
const DECIMALS = 8;
const MAX_ANSWER = 10n ** 20n;
const ROUNDS_OF_CANDLE = 4;

/**
 * Reads a CSV file of prices, `timestamp_utc_seconds,price[,...]` or candles (open, high, low, close by name, in any
 * order). Times are unix seconds, milliseconds or microseconds, told apart by their size, and strictly ascending.
 * @throws PriceInputError
 */
export function readPriceFile(file: string): PriceFile {
  const table = readCsv(file, (header) => findColumns(file, header));
  const { columns } = table;
  const rows = readTimes(file, table.rows, columns.time);
  if (rows.length < 2) {
    throw new PriceInputError(file, rows[0]?.row.line, "this is the only row; a replay needs at least two");
  }
  const intervalSeconds = medianGap(rows.map(({ at }) => at));
  const rounds = rows.flatMap(({ row, at }, index) => {
    const prices = columns.prices.map((column) => readPrice(file, row, column));
    const nextAt = rows[index + 1]?.at ?? Infinity;
    return spread(orderWithin(file, row.line, prices), at, Math.min(intervalSeconds, nextAt - at));
  });
  return { points: rows.length, rounds: lastOfEachSecond(rounds) };
}

function findColumns(file: string, header: readonly string[]): Columns {
  const time = TIME_NAMES.map((name) => header.indexOf(name)).find((column) => column >= 0);
  const [open, high, low, close] = CANDLE_NAMES.map((name) => header.indexOf(name)) as [
    number,
    number,
    number,
    number,
  ];
  const price = header.indexOf("price");
  if (time === undefined || (price < 0 && close < 0)) {
    const found = shown(header.join(","));
    const wanted = "timestamp_utc_seconds,price or timestamp_utc_seconds,open,high,low,close";
    throw new PriceInputError(file, 1, `the header ${found} is unknown; write ${wanted}`);
  }
  if (price >= 0) return { time, prices: [price] };
  return { time, prices: Math.min(open, high, low) >= 0 ? [open, high, low, close] : [close] };
}

function readTimes(file: string, rows: readonly CsvRow[], column: number): TimedRow[] {
  let unit = 0n;
  let before: bigint | undefined;
  return rows.map((row) => {
    const text = row.fields[column] ?? "";
    const micros = parseDecimal(text, 6);
    if (micros === undefined) {
      throw new PriceInputError(file, row.line, `${shown(text)} is no time; write it in unix seconds`);
    }
    if (before !== undefined && micros <= before) {
      const what = `the time ${text} does not come after that of the row before`;
      throw new PriceInputError(file, row.line, `${what}; sort the rows by time and remove doubles`);
    }
    before = micros;
    unit = unit === 0n ? unitOf(micros / 1_000_000n) : unit;
    const at = Number(micros / (unit * 1_000_000n));
    if (at < EARLIEST || at > LATEST) {
      const what = `the time ${shown(text)} lies outside the years 2001 to 2100`;
      throw new PriceInputError(file, row.line, `${what}; write it in unix seconds`);
    }
    return { row, at };
  });
}

/** Ticks a second: of seconds, milliseconds or microseconds. */
function unitOf(time: bigint): bigint {
  if (time < 10n ** 11n) return 1n;
  return time < 10n ** 14n ? 1_000n : 1_000_000n;
}

function readPrice(file: string, row: CsvRow, column: number): bigint {
  const text = row.fields[column] ?? "";
  const answer = parseDecimal(text, DECIMALS);
  const wanted = "write a positive number such as 1733.98";
  const fail = (what: string) => new PriceInputError(file, row.line, `${what}; ${wanted} or remove the row`);
  if (answer === undefined) throw fail(text === "" ? "the price is missing" : `${shown(text)} is no price`);
  if (answer < 0n) throw fail(`the price ${shown(text)} is negative`);
  if (answer === 0n) throw fail(`the price ${shown(text)} is zero in a feed with eight decimals`);
  if (answer > MAX_ANSWER) throw fail(`the price ${shown(text)} is too large`);
  return answer;
}

/** The prices of a row in the order in which they are replayed: the low first in a falling candle. */
function orderWithin(file: string, line: number, prices: readonly bigint[]): readonly bigint[] {
  const [open, high, low, close] = prices;
  if (open === undefined || high === undefined || low === undefined || close === undefined) return prices;
  if (low > high) {
    throw new PriceInputError(file, line, "the low is above the high; mend or remove the row");
  }
  return close < open ? [open, low, high, close] : [open, high, low, close];
}

function spread(answers: readonly bigint[], at: number, seconds: number): Round[] {
  return answers.map((answer, index) => ({
    at: at + Math.floor((index * seconds) / ROUNDS_OF_CANDLE),
    answer,
  }));
}

function medianGap(times: readonly number[]): number {
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
  return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
}

/** A chain's clock counts seconds: of several answers in one, the last holds. */
function lastOfEachSecond(rounds: readonly Round[]): Round[] {
  return rounds.filter(({ at }, index) => at !== rounds[index + 1]?.at);
}
