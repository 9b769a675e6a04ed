import { createHash, type Hash } from "node:crypto";
import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../errors.ts";
import { AccountTable, STATE_WORDS, type TableParts } from "./accountTable.ts";
import { ID_WORDS } from "./idTable.ts";
import { AMOUNT_WORDS } from "./legArena.ts";

/** A snapshot as it was found. What is damaged is to be rebuilt from the chain; nothing of it is used. */
export type ReadSnapshot =
  | { readonly kind: "read"; readonly table: AccountTable; readonly note: string }
  | { readonly kind: "absent" }
  | { readonly kind: "damaged"; readonly reason: string };

/*
 * The file: eight words of header, the note in UTF-8 filled up to whole words, then ids, states and amounts of all
 * accounts in the order of `TableParts`, then the SHA-256 of everything before. Words are 32 bits, in the byte order of
 * the machine, which the first word tells.
 */
const MAGIC = 0x54534958;
const VERSION = 1;
const HEADER_WORDS = 8;
const HASH_BYTES = 32;
/** Words gathered before they are written. */
const CHUNK_WORDS = 2 ** 18;
/** What an account's longest piece takes: sixteen amounts. */
const PIECE_WORDS = 16 * AMOUNT_WORDS;

/**
 * Puts all accounts into `file`, all at once or not at all: what was there stays until the new one is on the disk.
 * Blocks until then. `note` is the caller's, for what goes with the accounts: the block they are of, the vault.
 */
export function writeSnapshot(file: string, table: AccountTable, note: string): void {
  const draft = `${file}.new`;
  const handle = openSync(draft, "w", 0o600);
  try {
    const hash = createHash("sha256");
    const noteBytes = Buffer.from(note, "utf8");
    const header = Uint32Array.of(MAGIC, VERSION, table.size, legsIn(table), noteBytes.length, 0, 0, 0);
    write(handle, header, hash);
    write(handle, padded(noteBytes), hash);
    for (const part of ["id", "state", "amounts"] as const) writePart(handle, hash, table, part);
    write(handle, hash.digest());
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, file);
  syncFolder(dirname(file));
}

/** Reads what `writeSnapshot` wrote. Errors of the disk other than a missing file are thrown. */
export function readSnapshot(file: string): ReadSnapshot {
  let handle: number;
  try {
    handle = openSync(file, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return { kind: "absent" };
    throw error;
  }
  try {
    return readFrom(handle);
  } finally {
    closeSync(handle);
  }
}

function readFrom(handle: number): ReadSnapshot {
  const hash = createHash("sha256");
  const header = new Uint32Array(HEADER_WORDS);
  if (!read(handle, header, hash)) return damaged("it ends within its header");
  const [magic, version, accounts = 0, legs = 0, noteLength = 0] = header;
  if (magic !== MAGIC) return damaged("it is no snapshot, or of a machine with another byte order");
  if (version !== VERSION) return damaged(`it has version ${version ?? 0}, this keeper knows ${VERSION}`);
  const noteWords = Math.ceil(noteLength / 4);
  const words = HEADER_WORDS + noteWords + accounts * (ID_WORDS + STATE_WORDS) + legs * AMOUNT_WORDS;
  // Before anything is made room for: a damaged number may be of any size.
  if (fstatSync(handle).size !== words * 4 + HASH_BYTES)
    return damaged("it is longer or shorter than it says");
  const note = new Uint8Array(noteWords * 4);
  const parts: TableParts = {
    ids: new Uint32Array(accounts * ID_WORDS),
    states: new Uint32Array(accounts * STATE_WORDS),
    amounts: new Uint32Array(legs * AMOUNT_WORDS),
  };
  for (const part of [note, parts.ids, parts.states, parts.amounts]) {
    if (!read(handle, part, hash)) return damaged("it ended while it was read");
  }
  const sum = new Uint8Array(HASH_BYTES);
  if (!read(handle, sum) || !hash.digest().equals(sum)) return damaged("its checksum is wrong");
  try {
    const table = new AccountTable(parts);
    return { kind: "read", table, note: Buffer.from(note).toString("utf8", 0, noteLength) };
  } catch (error) {
    return damaged(messageOf(error));
  }
}

function damaged(reason: string): ReadSnapshot {
  return { kind: "damaged", reason };
}

/** Writes one kind of words of all accounts, in the order of their slots. */
function writePart(handle: number, hash: Hash, table: AccountTable, part: "id" | "state" | "amounts"): void {
  const chunk = new Uint32Array(CHUNK_WORDS);
  let used = 0;
  for (let slot = 0; slot < table.end; ++slot) {
    if (!table.isUsed(slot)) continue;
    if (used + PIECE_WORDS > CHUNK_WORDS) {
      write(handle, chunk.subarray(0, used), hash);
      used = 0;
    }
    const words = table.wordsOf(slot, part);
    chunk.set(words, used);
    used += words.length;
  }
  write(handle, chunk.subarray(0, used), hash);
}

function legsIn(table: AccountTable): number {
  let legs = 0;
  for (let slot = 0; slot < table.end; ++slot) {
    if (table.isUsed(slot)) legs += table.wordsOf(slot, "amounts").length / AMOUNT_WORDS;
  }
  return legs;
}

function write(handle: number, what: Uint32Array | Uint8Array, hash?: Hash): void {
  const bytes = new Uint8Array(what.buffer, what.byteOffset, what.byteLength);
  hash?.update(bytes);
  let done = 0;
  while (done < bytes.length) done += writeSync(handle, bytes, done);
}

/** Fills `into`; false when the file ends before it is full. */
function read(handle: number, into: Uint32Array | Uint8Array, hash?: Hash): boolean {
  const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
  let done = 0;
  while (done < bytes.length) {
    const got = readSync(handle, bytes, done, bytes.length - done, null);
    if (got === 0) return false;
    done += got;
  }
  hash?.update(bytes);
  return true;
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  whole.set(bytes);
  return whole;
}

/** A rename is on the disk when its folder is. Windows has no way to ask for that, and no need. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
