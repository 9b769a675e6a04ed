import { getAddress } from "ethers";
import { toAccountId, type AccountId } from "./accountId.ts";

/** A log as a node answers it. */
export interface RawLog {
  readonly topics: readonly string[];
  readonly data: string;
}

/** A log that its emitter cannot have written: the node that answered it is not to be believed. */
export class MalformedLogError extends Error {
  override readonly name = "MalformedLogError";
}

const WORD_DIGITS = 64;
/** Checksums cost a hash each and the same few actors, assets and owners come again and again. */
const MAX_REMEMBERED_ADDRESSES = 100_000;
const checksummed = new Map<string, string>();

/** Reads a log's words in order: some 2 µs a log against 145 of a general decoder, and a book is rebuilt from millions. */
export class LogReader {
  readonly #log: RawLog;
  #topic = 1;
  #word = 0;

  constructor(log: RawLog) {
    this.#log = log;
  }

  indexedAccount(): AccountId {
    return toAccountId(this.#nextTopic());
  }

  indexedAddress(): string {
    return addressIn(this.#nextTopic().slice("0x".length));
  }

  address(): string {
    return addressIn(this.#next());
  }

  uint(): bigint {
    return BigInt(`0x${this.#next()}`);
  }

  /** A counter, a bitmap or an enum. Throws a `MalformedLogError` above 65,535. */
  small(): number {
    return smallIn(this.uint());
  }

  /** An enum of which `last` is the greatest member. */
  enumeration<Member extends number>(last: Member): Member {
    const value = this.small();
    if (value > last) throw new MalformedLogError(`no member ${value} in an enum that ends with ${last}`);
    return value as Member;
  }

  bool(): boolean {
    return this.small() === 1;
  }

  /** Passes over the offset of a struct that holds arrays, the event's last argument, and makes its start the origin. */
  struct(): { list: () => bigint[] } {
    const start = this.#offset();
    this.#word = start;
    return { list: () => this.#listAt(start + this.#offset()) };
  }

  #offset(): number {
    return Number(this.uint()) / 32;
  }

  #listAt(start: number): bigint[] {
    const returnTo = this.#word;
    this.#word = start;
    const length = this.small();
    const list = Array.from({ length }, () => this.uint());
    this.#word = returnTo;
    return list;
  }

  #next(): string {
    const from = "0x".length + this.#word * WORD_DIGITS;
    const word = this.#log.data.slice(from, from + WORD_DIGITS);
    if (word.length !== WORD_DIGITS) throw new MalformedLogError("a log's data ends too early");
    this.#word += 1;
    return word;
  }

  #nextTopic(): string {
    const topic = this.#log.topics[this.#topic];
    if (topic?.length !== "0x".length + WORD_DIGITS) throw new MalformedLogError("a log lacks a topic");
    this.#topic += 1;
    return topic;
  }
}

function smallIn(value: bigint): number {
  if (value > 0xffffn) throw new MalformedLogError(`${value.toString()} is no 16-bit number`);
  return Number(value);
}

function addressIn(word: string): string {
  const lower = `0x${word.slice(24)}`;
  const known = checksummed.get(lower);
  if (known !== undefined) return known;
  if (checksummed.size >= MAX_REMEMBERED_ADDRESSES) checksummed.clear();
  const address = getAddress(lower);
  checksummed.set(lower, address);
  return address;
}
