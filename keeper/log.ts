import pino from "pino";

/** What the rooms log through: an event's stable name first, then its fields; a bigint is written as a decimal string. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, unknown>>;
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** JSON lines on standard output; `event` is the stable name to search and count by. */
export function createLog(level: LogLevel): Log {
  const sink = pino({ level, base: null }, pino.destination({ dest: 1, sync: true }));
  const write =
    (method: "debug" | "info" | "warn" | "error") =>
    (event: string, fields: LogFields = {}) => {
      sink[method]({ event, ...printable(fields) });
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** The same log with fields that every line has. */
export function taggedLog(log: Log, tags: LogFields): Log {
  const write =
    (method: "debug" | "info" | "warn" | "error") =>
    (event: string, fields: LogFields = {}) => {
      log[method](event, { ...tags, ...fields });
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** A log that nobody reads, for callers that have none. */
export const silentLog: Log = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
};

function ignore(): void {
  // Deliberately nothing.
}

function printable(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, printableValue(value)]));
}

function printableValue(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(printableValue);
  return value;
}
