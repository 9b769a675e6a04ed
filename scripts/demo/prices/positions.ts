import { readCsv, shown, type CsvRow } from "./csv.ts";
import { parseDecimal } from "./decimal.ts";
import { PriceInputError } from "./priceInputError.ts";

/** One real borrower. */
export interface Position {
  /** Dollars, times 1e8. */
  readonly debtUsd8: bigint;
  readonly healthWad: bigint;
}

export interface Positions {
  /** Rows of the file, the header apart. */
  readonly rows: number;
  /** Left out because they carry a flag: bad data, dust or already under water. */
  readonly flagged: number;
  /** Left out because their health factor is under 1.02. */
  readonly underMinimum: number;
  readonly positions: readonly Position[];
}

const MIN_HEALTH_WAD = 1_020_000_000_000_000_000n;
const MAX_DEBT_USD8 = 10n ** 20n;
const MAX_HEALTH_WAD = 10n ** 27n;

/**
 * Reads real positions: a CSV file with the columns `debt_value_usd` and `health_factor` and, if there are flags,
 * `flag`. Rows with a flag are not looked into.
 * @throws PriceInputError
 */
export function loadPositions(file: string): Positions {
  const { columns, rows } = readCsv(file, (header) => ({
    debt: columnOf(file, header, "debt_value_usd"),
    health: columnOf(file, header, "health_factor"),
    flag: header.indexOf("flag"),
  }));
  const unflagged = rows.filter(({ fields }) => (fields[columns.flag] ?? "") === "");
  const all = unflagged.map((row) => ({
    debtUsd8: readPositive(file, row, columns.debt, 8, MAX_DEBT_USD8, "debt"),
    healthWad: readPositive(file, row, columns.health, 18, MAX_HEALTH_WAD, "health factor"),
  }));
  const positions = all.filter(({ healthWad }) => healthWad >= MIN_HEALTH_WAD);
  if (positions.length === 0) {
    const what = "no row without a flag has a health factor of 1.02 or more; give a file that has some";
    throw new PriceInputError(file, undefined, what);
  }
  return {
    rows: rows.length,
    flagged: rows.length - unflagged.length,
    underMinimum: all.length - positions.length,
    positions,
  };
}

function columnOf(file: string, header: readonly string[], name: string): number {
  const column = header.indexOf(name);
  if (column >= 0) return column;
  const found = shown(header.join(","));
  throw new PriceInputError(
    file,
    1,
    `the header ${found} has no ${name}; write debt_value_usd,health_factor,flag`,
  );
}

function readPositive(
  file: string,
  row: CsvRow,
  column: number,
  decimals: number,
  max: bigint,
  what: string,
): bigint {
  const text = row.fields[column] ?? "";
  const value = parseDecimal(text, decimals);
  if (value !== undefined && value > 0n && value <= max) return value;
  const fault = value !== undefined && value > max ? "too large a" : "no positive";
  throw new PriceInputError(
    file,
    row.line,
    `${shown(text)} is ${fault} ${what}; write a number such as 1.25 or remove the row`,
  );
}
