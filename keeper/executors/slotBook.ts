import type { AccountId } from "../../sdk/accountId.ts";
import { GiveUpError } from "../errors.ts";
import type { Duty } from "../policy/action.ts";
import type { Receipt } from "./receiptProbes.ts";
import { contentOf, firstBlock, lastAttempt, type Outcome, type Slot } from "./sentTransaction.ts";

/** What an endpoint says of one key's transactions, as of a block. */
export interface SenderState {
  /** How many of the key's transactions the chain holds. */
  readonly nonce: number;
  /** How many there are with those that wait in the endpoint's pool; undefined where it does not say. */
  readonly pendingNonce?: number | undefined;
  readonly receipts: ReadonlyMap<string, Receipt>;
  /** Hashes that the endpoint has in its pool or its chain. */
  readonly known: ReadonlySet<string>;
  /** Nobody else has confirmed it, though somebody was asked: enough to go on with, not to stop for. */
  readonly isDoubted?: boolean;
}

/** A nonce and what has just become known of it. */
export interface SettledSlot {
  readonly slot: Slot;
  readonly outcome: Outcome;
}

/** Settled nonces are remembered this long, for a reorganisation may open them again. */
const REMEMBERED_BLOCKS = 64;
/** An endpoint may know of a nonce before it knows of the receipt; this many blocks later it is somebody else's. */
const RECEIPT_PATIENCE_BLOCKS = 8;

/**
 * One key's nonces: mined, replaced, dropped and waiting told apart by the chain's nonce, the receipts of all hashes
 * signed for a nonce, and whether a pool knows the last of them. Nothing here waits, and no reply to a sending counts.
 */
export class SlotBook {
  #slots: readonly Slot[];
  /** The chain's nonce at the block last looked at; undefined before, and after a reorganisation. */
  #chainNonce: number | undefined;
  /** Above every nonce that was ever used here. */
  #highWater = 0;
  /** Above every nonce that was ever signed for here, also of what was taken back. */
  #signed = 0;

  constructor(slots: readonly Slot[]) {
    this.#slots = slots;
  }

  /** Nonces whose end is not known, lowest first. */
  get open(): readonly Slot[] {
    return this.#slots.filter(({ outcome }) => outcome === undefined).toSorted((a, b) => a.nonce - b.nonce);
  }

  /** How many of the key's transactions the chain held when it was last asked; undefined while nobody knows. */
  get chainNonce(): number | undefined {
    return this.#chainNonce;
  }

  get isReady(): boolean {
    return this.#chainNonce !== undefined;
  }

  /** Accounts of what is on its way, at a block; after `giveUpAfterBlocks` they are free again. */
  busyAccounts(block: number, giveUpAfterBlocks: number): ReadonlySet<AccountId> {
    // One that its budget leaves behind waits for nothing: decided anew, its accounts may be worth more by now, and what
    // is sent for them pays the way.
    const waiting = this.open.filter(
      (slot) => block < firstBlock(slot) + giveUpAfterBlocks && slot.isOutOfBudget !== true,
    );
    return new Set(waiting.flatMap(({ purpose }) => purpose.accounts));
  }

  busyDuties(): ReadonlySet<Duty> {
    return new Set(this.open.map(({ purpose }) => purpose.duty));
  }

  /** The next `count` nonces to use: gaps first, for nothing behind a gap is ever mined. */
  freeNonces(count: number): readonly number[] {
    const used = new Set(this.#slots.map(({ nonce }) => nonce));
    const free: number[] = [];
    for (let nonce = this.#chainNonce ?? 0; free.length < count; ++nonce)
      if (!used.has(nonce)) free.push(nonce);
    return free;
  }

  /** Nonces that wait for one which nobody has signed for. */
  get isGapped(): boolean {
    const last = this.open.at(-1)?.nonce ?? -1;
    return this.freeNonces(1).some((nonce) => nonce < last);
  }

  add(slots: readonly Slot[]): void {
    this.#slots = [...this.#slots, ...slots];
    this.#highWater = Math.max(this.#highWater, ...slots.map(({ nonce }) => nonce + 1));
    this.#signed = Math.max(this.#signed, this.#highWater);
  }

  replace(slot: Slot): void {
    this.#slots = this.#slots.map((other) => (other.nonce === slot.nonce ? slot : other));
  }

  /** Forgets the last nonce, which nobody has seen; whether it was the last. */
  takeBack(nonce: number): boolean {
    if (this.#slots.some((slot) => slot.nonce > nonce)) return false;
    this.#slots = this.#slots.filter((slot) => slot.nonce !== nonce);
    this.#highWater = nonce;
    return true;
  }

  /** Throws a `GiveUpError` when a nonce was used up by somebody else's transaction. */
  settle(block: number, state: SenderState): readonly SettledSlot[] {
    const settled: SettledSlot[] = [];
    this.#slots = this.#slots.flatMap((slot): Slot[] => {
      if (slot.outcome !== undefined) return slot.outcome.block + REMEMBERED_BLOCKS < block ? [] : [slot];
      const outcome = outcomeIn(slot, state.receipts);
      if (outcome === undefined) return [waitingOn(slot, state, block)];
      settled.push({ slot, outcome });
      return [{ ...slot, outcome, missingSince: undefined }];
    });
    const highest = Math.max(-1, ...this.#slots.map(({ nonce }) => nonce));
    const own = Math.max(this.#highWater, highest + 1);
    const isStrange = this.#chainNonce !== undefined && state.nonce > own;
    if (isStrange && state.isDoubted !== true) throw strangerError(state.nonce - 1);
    const nonce = isStrange ? own : state.nonce;
    this.#signed = Math.max(this.#signed, own, nonce);
    refuseWaiting(state, this.#signed);
    // An endpoint that lags says less than was true before.
    this.#chainNonce = Math.max(this.#chainNonce ?? 0, nonce);
    this.#highWater = Math.max(nonce, highest + 1);
    return settled;
  }

  /** Opens again what was settled above `block`, and returns it: the blocks that held it are gone. */
  rollBackTo(block: number): readonly Slot[] {
    const undone = this.#slots.filter(({ outcome }) => outcome !== undefined && outcome.block > block);
    this.#slots = this.#slots.map((slot) =>
      undone.includes(slot)
        ? // Unless a pool turns out to have it again, it is as good as dropped for long.
          { ...slot, outcome: undefined, missingSince: undefined, droppedSince: 0, resentAt: undefined }
        : slot,
    );
    this.#chainNonce = undefined;
    return undone;
  }
}

function waitingOn(slot: Slot, { nonce, known, isDoubted }: SenderState, block: number): Slot {
  if (slot.nonce < nonce && isDoubted !== true) {
    const missingSince = slot.missingSince ?? block;
    if (block - missingSince >= RECEIPT_PATIENCE_BLOCKS) throw strangerError(slot.nonce);
    return { ...slot, missingSince };
  }
  const droppedSince = known.has(lastAttempt(slot).hash) ? undefined : (slot.droppedSince ?? block);
  return { ...slot, missingSince: undefined, droppedSince };
}

function outcomeIn(slot: Slot, receipts: ReadonlyMap<string, Receipt>): Outcome | undefined {
  for (const attempt of slot.attempts) {
    const receipt = receipts.get(attempt.hash);
    if (receipt === undefined) continue;
    const { hash, block, gasUsed, succeeded, weiPerGas, skipped, measuredRoundId } = receipt;
    const feeWei = gasUsed * (weiPerGas ?? contentOf(attempt).fees.maxFeePerGas);
    const kind = succeeded ? "mined" : "reverted";
    return { kind, hash, block, gasUsed, feeWei, skipped, measuredRoundId };
  }
  return undefined;
}

/** What waits in a pool above everything signed for here was signed for elsewhere, and will be mined before ours. */
function refuseWaiting({ pendingNonce, isDoubted }: SenderState, signed: number): void {
  if (pendingNonce === undefined || pendingNonce <= signed || isDoubted === true) return;
  throw new GiveUpError(
    `a transaction with nonce ${pendingNonce - 1} that this keeper did not send waits to be mined: another process has its key`,
  );
}

function strangerError(nonce: number): GiveUpError {
  return new GiveUpError(
    `nonce ${nonce} was used by a transaction this keeper did not send: another process has its key`,
  );
}
