import { readFileSync, statSync } from "node:fs";
import { PriceInputError } from "./priceInputError.ts";

/** A table read from a CSV file. */
export interface CsvTable<Columns> {
  /** Where the caller finds what it needs. */
  readonly columns: Columns;
  readonly rows: readonly CsvRow[];
}

export interface CsvRow {
  /** Counted from 1 in the file, the header included. */
  readonly line: number;
  /** Trimmed; as many as the header has. */
  readonly fields: readonly string[];
}

const MAX_BYTES = 50 * 1024 * 1024;

/**
 * Reads a comma-separated file with a header: LF or CRLF, with or without a byte-order mark, fields quoted or not;
 * blank lines are passed over.
 * @param findColumns Gets the header's names, trimmed, in lower case, with underscores; throws a PriceInputError when it misses one.
 * @throws PriceInputError also when there is no such file, when it is no text, has no rows, or a row has not the
 * header's number of fields.
 */
export function readCsv<Columns>(
  file: string,
  findColumns: (header: readonly string[]) => Columns,
): CsvTable<Columns> {
  const lines = readText(file).split(/\r\n|\n|\r/);
  const filled = lines
    .map((text, index) => ({ text, line: index + 1 }))
    .filter(({ text }) => text.trim() !== "");
  const [head, ...body] = filled;
  if (head === undefined) {
    throw new PriceInputError(
      file,
      undefined,
      "the file is empty; it needs a header and a row for each price",
    );
  }
  const header = splitFields(file, head.line, head.text).map((name) =>
    name.toLowerCase().replaceAll(/[\s-]+/g, "_"),
  );
  const columns = findColumns(header);
  if (body.length === 0) {
    throw new PriceInputError(file, head.line, "there is a header but no row follows; add the rows");
  }
  const rows = body.map(({ text, line }) => {
    const fields = splitFields(file, line, text);
    if (fields.length !== header.length) {
      const counts = `the row has ${count(fields.length)} where the header has ${header.length}`;
      throw new PriceInputError(file, line, `${counts}; mend or remove the row`);
    }
    return { line, fields };
  });
  return { columns, rows };
}

function count(fields: number): string {
  return `${fields} ${fields === 1 ? "field" : "fields"}`;
}

function readText(file: string): string {
  const bytes = readBytes(file);
  try {
    // Drops a byte-order mark; refuses what is not UTF-8.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw new PriceInputError(file, undefined, "the file is not text in UTF-8; save it as a CSV file in UTF-8");
}

function readBytes(file: string): Buffer {
  try {
    const stat = statSync(file);
    if (!stat.isFile()) {
      const what = stat.isDirectory() ? "a folder" : "no ordinary file";
      throw new PriceInputError(file, undefined, `this is ${what}; name a CSV file`);
    }
    if (stat.size > MAX_BYTES) {
      const size = `${Math.ceil(stat.size / 1024 / 1024)} MB`;
      throw new PriceInputError(file, undefined, `the file has ${size}, the most allowed is 50; cut it down`);
    }
    return readFileSync(file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const what =
      error.code === "ENOENT" || error.code === "ENOTDIR"
        ? "there is no such file; check the path"
        : `the file cannot be read (${String(error.code)}); check the path and its permissions`;
    throw new PriceInputError(file, undefined, what);
  }
}

const FIELD = /(?:[ \t]*"((?:[^"]|"")*)"[ \t]*|([^",]*))(,|$)/y;

function splitFields(file: string, line: number, text: string): string[] {
  const fields: string[] = [];
  FIELD.lastIndex = 0;
  for (;;) {
    const match = FIELD.exec(text);
    if (match === null) {
      throw new PriceInputError(file, line, "a quotation mark stands where none belongs; mend the row");
    }
    const [, quoted, bare = "", end] = match;
    fields.push((quoted?.replaceAll('""', '"') ?? bare).trim());
    if (end === "") return fields;
  }
}

/** Text of a file within a sentence: without control characters, and not endless. */
export function shown(text: string): string {
  const plain = text.replaceAll(/\p{C}/gu, "?");
  return `"${plain.length > 40 ? `${plain.slice(0, 40)}…` : plain}"`;
}
