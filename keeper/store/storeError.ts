import { RetryableError, messageOf } from "../errors.ts";

/** SQLite's primary result codes for a disk that does not take a write; none of them leaves half of it behind. */
const UNWRITABLE: ReadonlyMap<number, string> = new Map([
  [8, "it is read-only"],
  [10, "the disk does not answer"],
  [13, "the disk is full"],
  [14, "it cannot be opened"],
]);

/**
 * A write that the disk refused as a `RetryableError`: nothing was written, so nothing was sent, and once there is room
 * the same will work. Everything else as it is.
 */
export function asStoreError(error: unknown): unknown {
  const words = UNWRITABLE.get(codeOf(error) & 0xff);
  if (words === undefined) return error;
  return new RetryableError(
    `the store cannot be written, so nothing is sent: ${words} (${messageOf(error)})`,
    {
      cause: error,
    },
  );
}

function codeOf(error: unknown): number {
  const code = typeof error === "object" && error !== null && "errcode" in error ? error.errcode : undefined;
  return typeof code === "number" ? code : 0;
}
