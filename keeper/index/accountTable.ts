import type { AccountId } from "../../sdk/accountId.ts";
import { numbersIn } from "../../sdk/valuation.ts";
import type { AccountState } from "../../sdk/vaultTypes.ts";
import { IdTable } from "./idTable.ts";
import { LegArena } from "./legArena.ts";
import { withRoomFor } from "./withRoomFor.ts";

/** 32-bit words of an account's state but for its collateral. */
export const STATE_WORDS = 8;
// Debt shares take words 0 to 2, lowest first; the set is the low half of word 7 and the call's nonce the high half.
const CALLED_AT = 3;
const DEADLINE = 4;
const AUCTION_START = 5;
const CLOSED_LATE_AT = 6;
const SET_AND_NONCE = 7;

const WORD = 0xffffffffn;

/** What `AccountTable` was made of, each array exactly as long as what it holds. */
export interface TableParts {
  readonly ids: Uint32Array<ArrayBuffer>;
  readonly states: Uint32Array<ArrayBuffer>;
  /** By account in the order of their slots, then by the collateral's number. */
  readonly amounts: Uint32Array<ArrayBuffer>;
}

/**
 * The exact state of every account in numbered slots: 64 bytes an account, 16 a collateral, in typed arrays that no
 * garbage collector looks into. A slot is an account's until it is removed, and then, empty, waits for another.
 */
export class AccountTable {
  readonly legs: LegArena;
  readonly #ids: IdTable;
  #states: Uint32Array<ArrayBuffer>;
  /** Where an account's legs begin. */
  #firstLegs: Uint32Array<ArrayBuffer>;
  /** One in use, zero free. */
  #uses: Uint8Array<ArrayBuffer>;
  #end: number;
  readonly #free: number[] = [];

  /** Takes over the arrays in `parts`. Throws a RangeError when they contradict each other. */
  constructor(parts?: TableParts) {
    const { ids, states, amounts } = parts ?? {
      ids: new Uint32Array(0),
      states: new Uint32Array(0),
      amounts: new Uint32Array(0),
    };
    this.#end = states.length / STATE_WORDS;
    this.#ids = new IdTable(ids, this.#end);
    this.legs = new LegArena(amounts, amounts.length / 4);
    this.#states = states;
    this.#firstLegs = new Uint32Array(this.#end);
    this.#uses = new Uint8Array(this.#end).fill(1);
    let leg = 0;
    for (let slot = 0; slot < this.#end; ++slot) {
      const count = legCount(this.setOf(slot));
      this.#firstLegs[slot] = leg;
      if (leg + count <= this.legs.end) this.legs.claim(leg, count, slot);
      leg += count;
    }
    if (leg !== this.legs.end) throw new RangeError(`${leg} collaterals were expected, not ${this.legs.end}`);
  }

  get size(): number {
    return this.#end - this.#free.length;
  }

  /** One above the highest slot that was ever used. */
  get end(): number {
    return this.#end;
  }

  isUsed(slot: number): boolean {
    return this.#uses[slot] === 1;
  }

  slotOf(id: AccountId): number | undefined {
    return this.#ids.slotOf(id);
  }

  idOf(slot: number): AccountId {
    return this.#ids.idOf(slot);
  }

  /** A slot for the unknown account `id`, without debt, collateral or call. */
  add(id: AccountId): number {
    const slot = this.#free.pop() ?? this.#end;
    if (slot === this.#end) {
      this.#end += 1;
      this.#states = withRoomFor(this.#states, this.#end * STATE_WORDS);
      this.#firstLegs = withRoomFor(this.#firstLegs, this.#end);
      this.#uses = withRoomFor(this.#uses, this.#end);
    }
    this.#ids.add(id, slot);
    this.#uses[slot] = 1;
    return slot;
  }

  remove(slot: number): void {
    this.legs.free(this.firstLegOf(slot), legCount(this.setOf(slot)));
    this.#ids.remove(slot);
    this.#states.fill(0, slot * STATE_WORDS, (slot + 1) * STATE_WORDS);
    this.#uses[slot] = 0;
    this.#free.push(slot);
  }

  /** Throws a RangeError for what the contract cannot hold, and then nothing has changed. */
  write(slot: number, state: AccountState): void {
    check(state);
    const numbers = numbersIn(state.collateralSet);
    if (state.collateralSet !== this.setOf(slot)) {
      this.legs.free(this.firstLegOf(slot), legCount(this.setOf(slot)));
      this.#firstLegs[slot] = this.legs.allocate(numbers.length, slot);
    }
    this.#writeState(slot, state);
    const first = this.firstLegOf(slot);
    for (const [i, number] of numbers.entries()) this.legs.write(first + i, state.collateral[number] ?? 0n);
  }

  read(slot: number): AccountState {
    const collateral = new Array<bigint>(16).fill(0n);
    const collateralSet = this.setOf(slot);
    let leg = this.firstLegOf(slot);
    for (let number = 0; collateralSet >> number !== 0; ++number) {
      if (((collateralSet >> number) & 1) === 1) collateral[number] = this.legs.read(leg++);
    }
    const from = slot * STATE_WORDS;
    return {
      collateralSet,
      callNonce: (this.#states[from + SET_AND_NONCE] ?? 0) >>> 16,
      calledAt: this.#word(from + CALLED_AT),
      deadline: this.#word(from + DEADLINE),
      auctionStart: this.#word(from + AUCTION_START),
      closedLateAt: this.#word(from + CLOSED_LATE_AT),
      debtShares: this.#word(from) | (this.#word(from + 1) << 32n) | (this.#word(from + 2) << 64n),
      collateral,
    };
  }

  setOf(slot: number): number {
    return (this.#states[slot * STATE_WORDS + SET_AND_NONCE] ?? 0) & 0xffff;
  }

  firstLegOf(slot: number): number {
    return this.#firstLegs[slot] ?? 0;
  }

  deadlineOf(slot: number): number {
    return this.#states[slot * STATE_WORDS + DEADLINE] ?? 0;
  }

  auctionStartOf(slot: number): number {
    return this.#states[slot * STATE_WORDS + AUCTION_START] ?? 0;
  }

  /** The debt shares to within two roundings of a double; zero only for none. */
  approximateSharesOf(slot: number): number {
    const from = slot * STATE_WORDS;
    const low = (this.#states[from + 1] ?? 0) * 2 ** 32 + (this.#states[from] ?? 0);
    return (this.#states[from + 2] ?? 0) * 2 ** 64 + low;
  }

  /** The words of a slot's id, state or amounts; valid until the table changes. */
  wordsOf(slot: number, part: "id" | "state" | "amounts"): Uint32Array {
    if (part === "id") return this.#ids.wordsOf(slot);
    if (part === "state") return this.#states.subarray(slot * STATE_WORDS, (slot + 1) * STATE_WORDS);
    return this.legs.wordsOf(this.firstLegOf(slot), legCount(this.setOf(slot)));
  }

  #writeState(slot: number, state: AccountState): void {
    const from = slot * STATE_WORDS;
    const { debtShares } = state;
    this.#states[from] = Number(debtShares & WORD);
    this.#states[from + 1] = Number((debtShares >> 32n) & WORD);
    this.#states[from + 2] = Number(debtShares >> 64n);
    this.#states[from + CALLED_AT] = Number(state.calledAt);
    this.#states[from + DEADLINE] = Number(state.deadline);
    this.#states[from + AUCTION_START] = Number(state.auctionStart);
    this.#states[from + CLOSED_LATE_AT] = Number(state.closedLateAt);
    this.#states[from + SET_AND_NONCE] = state.collateralSet | (state.callNonce << 16);
  }

  #word(at: number): bigint {
    return BigInt(this.#states[at] ?? 0);
  }
}

/** Throws a RangeError for what would not come back as it went in. */
function check(state: AccountState): void {
  const { collateralSet, callNonce, calledAt, deadline, auctionStart, closedLateAt, debtShares } = state;
  if (!isSmall(collateralSet)) throw new RangeError(`${collateralSet} is no set of collaterals`);
  if (!isSmall(callNonce)) throw new RangeError(`${callNonce} is no nonce of a call`);
  for (const time of [calledAt, deadline, auctionStart, closedLateAt]) checkBits(time, 32n, "time");
  checkBits(debtShares, 96n, "number of debt shares");
  for (const [number, amount] of state.collateral.entries()) {
    if (amount === 0n) continue;
    checkBits(amount, 128n, "amount of collateral");
    if (((collateralSet >>> number) & 1) === 1) continue;
    throw new RangeError(`${amount} of collateral ${number}, which is not in the set`);
  }
}

function isSmall(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff;
}

function checkBits(value: bigint, bits: bigint, what: string): void {
  if (value < 0n || value >> bits !== 0n) throw new RangeError(`${value} is no ${what}`);
}

/** How many bits of a 16-bit set are set. */
function legCount(set: number): number {
  let pairs = set - ((set >>> 1) & 0x5555);
  pairs = (pairs & 0x3333) + ((pairs >>> 2) & 0x3333);
  const bytes = (pairs + (pairs >>> 4)) & 0x0f0f;
  return (bytes + (bytes >>> 8)) & 0x1f;
}
