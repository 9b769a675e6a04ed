import type { AccountId } from "../../sdk/accountId.ts";
import { GiveUpError, RetryableError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Action, Duty } from "../policy/action.ts";
import type { BlockHeader } from "../sources/blockHeader.ts";
import type { Probe } from "../sources/probe.ts";
import type { Rpc, RpcAnswer, RpcCall } from "../sources/rpcClient.ts";
import type { Spending, Store } from "../store/store.ts";
import type { AllowList } from "./allowList.ts";
import type { ContractCall } from "./encodeAction.ts";
import { firstFees, nextBaseFee, raisedFees, type FeeLimits } from "./fees.ts";
import { nonceProbe, receiptsProbe, type Receipt } from "./receiptProbes.ts";
import {
  contentOf,
  journalEntryOf,
  lastAttempt,
  purposeOf,
  slotsFrom,
  type Attempt,
  type Outcome,
  type Slot,
} from "./sentTransaction.ts";
import type { Signer } from "./signer.ts";

export interface OutboxOptions {
  readonly rpc: Rpc;
  readonly store: Pick<Store, "journal" | "settle" | "unsettled">;
  readonly signer: Signer;
  readonly chainId: number;
  readonly allowList: AllowList;
  readonly fees: FeeLimits;
  readonly replaceAfterBlocks: number;
  readonly giveUpAfterBlocks: number;
  readonly log: Log;
}

/** Something to send: an action that passed its simulation. */
export interface Parcel {
  readonly action: Action;
  readonly call: ContractCall;
  readonly spending: readonly Spending[];
}

/** A nonce whose end has just become known. */
export interface Settled {
  readonly duty: Duty;
  readonly accounts: readonly AccountId[];
  readonly outcome: Outcome;
}

/** Settled nonces are remembered this long, for a reorganisation may open them again. */
const REMEMBERED_BLOCKS = 64;
/** An endpoint may know of a nonce before it knows of the receipt; this many blocks later it is somebody else's. */
const RECEIPT_PATIENCE_BLOCKS = 8;

/**
 * What the keeper has sent with one key. The truth about a transaction is the chain's nonce and the receipts of all
 * hashes signed for it; no reply to a sending is believed, and nothing waits for one. Signed bytes are on the disk before
 * anybody sees them, so a process that dies sends the same again instead of something new.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  #slots: Slot[];
  /** The nonce for the next signature; undefined before the chain has been asked. */
  #next: number | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#slots = slotsFrom(options.store.unsettled(options.signer.address));
  }

  /** Accounts that a transaction on its way acts upon, at a block; after the time to give up they are free again. */
  busyAccounts(block: number): ReadonlySet<AccountId> {
    const isWaiting = (slot: Slot) =>
      slot.outcome === undefined && block < firstBlock(slot) + this.#options.giveUpAfterBlocks;
    return new Set(this.#slots.filter(isWaiting).flatMap(({ purpose }) => purpose.accounts));
  }

  /** Duties on their way. */
  busyDuties(): ReadonlySet<Duty> {
    return new Set(this.#open().map(({ purpose }) => purpose.duty));
  }

  /** Asks for what became of everything on its way, as of `block`. */
  probe(block: number): Probe<{ nonce: number; receipts: ReadonlyMap<string, Receipt> }> {
    const count = nonceProbe(this.#options.signer.address, block);
    const hashes = this.#open().flatMap(({ attempts }) => attempts.map(({ hash }) => hash));
    const receipts = receiptsProbe(hashes, block);
    return {
      calls: [...count.calls, ...receipts.calls],
      read: ([first, ...rest]) => ({
        nonce: count.read(first === undefined ? [] : [first]),
        receipts: receipts.read(rest),
      }),
    };
  }

  /**
   * Takes in the answers of `probe`. Throws a `GiveUpError` when a nonce was used up by a transaction that is not ours:
   * somebody else sends with this key.
   */
  settle(block: number, nonce: number, receipts: ReadonlyMap<string, Receipt>): readonly Settled[] {
    const settled: Settled[] = [];
    this.#slots = this.#slots.flatMap((slot): Slot[] => {
      if (slot.outcome !== undefined) return slot.outcome.block + REMEMBERED_BLOCKS < block ? [] : [slot];
      const outcome = outcomeIn(slot, receipts);
      if (outcome === undefined) return [{ ...slot, missingSince: this.#missing(slot, nonce, block) }];
      this.#record(slot, outcome);
      settled.push({ ...slot.purpose, outcome });
      return [{ ...slot, outcome, missingSince: undefined }];
    });
    const highest = Math.max(-1, ...this.#slots.map((slot) => slot.nonce));
    if (this.#next !== undefined && nonce > Math.max(this.#next, highest + 1)) throw strangerError(nonce - 1);
    this.#next = Math.max(nonce, highest + 1);
    return settled;
  }

  /** Opens again what was settled above `block`: the blocks that held it are gone. */
  rollBackTo(block: number): void {
    this.#slots = this.#slots.map((slot) => {
      if (slot.outcome === undefined || slot.outcome.block <= block) return slot;
      for (const { hash } of slot.attempts) this.#options.store.settle(hash, undefined);
      return { ...slot, outcome: undefined, missingSince: undefined };
    });
    this.#next = undefined;
  }

  /** Signs, journals and sends parcels in their order; the nonces are taken here and nowhere before. */
  async send(parcels: readonly Parcel[], head: BlockHeader): Promise<void> {
    const { signer, chainId, allowList, fees, store } = this.#options;
    if (parcels.length === 0) return;
    if (this.#next === undefined) throw new RetryableError("the next nonce is not known yet");
    let nonce = this.#next;
    const slots: Slot[] = [];
    for (const { action, call } of parcels) {
      const unsigned = {
        ...call,
        nonce,
        gasLimit: action.gasLimit,
        fees: firstFees(nextBaseFee(head), fees),
      };
      const signed = await signer.sign(unsigned, chainId, allowList);
      const attempt: Attempt = { ...signed, signedAtBlock: head.number };
      slots.push({
        nonce,
        purpose: purposeOf(action),
        attempts: [attempt],
        outcome: undefined,
        missingSince: undefined,
      });
      nonce += 1;
    }
    store.journal(
      slots.map((slot) => journalEntryOf(lastAttempt(slot), slot.purpose, signer.address)),
      parcels.flatMap(({ spending }) => spending),
    );
    this.#slots.push(...slots);
    this.#next = nonce;
    await this.#broadcast(slots, "transaction.sent");
  }

  /**
   * Sends again what is still not mined: the same bytes when a node may have lost them, the same call at higher fees
   * when it has waited too long. Throws `RetryableError` when the endpoint gives no answer.
   */
  async maintain(head: BlockHeader, chainNonce: number): Promise<void> {
    const waiting = this.#open().filter(({ nonce }) => nonce >= chainNonce);
    const { replaceAfterBlocks } = this.#options;
    const overdue = waiting.filter((slot) => {
      const age = head.number - lastAttempt(slot).signedAtBlock;
      return age >= replaceAfterBlocks || age < 0;
    });
    for (const slot of overdue) await this.#raise(slot, head);
    const again = this.#open().filter(({ nonce }) => overdue.some((slot) => slot.nonce === nonce));
    if (again.length > 0) await this.#broadcast(again, "transaction.resent");
  }

  /** Sends everything on its way once more, for a process that has just started. */
  async resume(): Promise<void> {
    await this.#broadcast(this.#open(), "transaction.resent");
  }

  async #raise(slot: Slot, head: BlockHeader): Promise<void> {
    const { signer, chainId, allowList, fees, store, log } = this.#options;
    const last = contentOf(lastAttempt(slot));
    const raised = raisedFees(last.fees, nextBaseFee(head), fees);
    if (raised === undefined) {
      log.error("transaction.feeLimitReached", { nonce: slot.nonce, maxFeePerGas: last.fees.maxFeePerGas });
      return;
    }
    const unsigned = { ...last, nonce: slot.nonce, fees: raised };
    const attempt: Attempt = {
      ...(await signer.sign(unsigned, chainId, allowList)),
      signedAtBlock: head.number,
    };
    store.journal([journalEntryOf(attempt, slot.purpose, signer.address)], []);
    this.#replace({ ...slot, attempts: [...slot.attempts, attempt] });
  }

  async #broadcast(slots: readonly Slot[], event: string): Promise<void> {
    const { rpc, log } = this.#options;
    const answers = await rpc.batch(
      slots.map((slot): RpcCall => ({
        method: "eth_sendRawTransaction",
        params: [lastAttempt(slot).raw],
      })),
    );
    for (const [i, slot] of slots.entries()) {
      const { hash } = lastAttempt(slot);
      const { duty, accounts } = slot.purpose;
      const answer = answers[i];
      log.info(event, { duty, accounts: accounts.length, nonce: slot.nonce, hash, ...errorIn(answer) });
      if (answer?.ok === false) await this.#releaseIfUnknown(slot);
    }
  }

  /**
   * An endpoint that refuses a transaction may have taken it all the same. Only when it does not know the hash, and no
   * later nonce is in use, is the nonce free again; otherwise the bytes are sent again until something comes of them.
   */
  async #releaseIfUnknown(slot: Slot): Promise<void> {
    const { rpc, store, log } = this.#options;
    if (slot.attempts.length > 1 || this.#next !== slot.nonce + 1) return;
    const { hash } = lastAttempt(slot);
    const [answer] = await rpc.batch([{ method: "eth_getTransactionByHash", params: [hash] }]);
    if (answer?.ok !== true || answer.result !== null) return;
    store.settle(hash, "rejected");
    this.#slots = this.#slots.filter(({ nonce }) => nonce !== slot.nonce);
    this.#next = slot.nonce;
    log.warn("transaction.rejected", { nonce: slot.nonce, hash });
  }

  #missing(slot: Slot, nonce: number, block: number): number | undefined {
    if (slot.nonce >= nonce) return undefined;
    const since = slot.missingSince ?? block;
    if (block - since >= RECEIPT_PATIENCE_BLOCKS) throw strangerError(slot.nonce);
    return since;
  }

  #record(slot: Slot, outcome: Outcome): void {
    const { store, log } = this.#options;
    for (const { hash } of slot.attempts) {
      store.settle(hash, hash === outcome.hash ? outcome.kind : "replaced");
    }
    const { duty, accounts } = slot.purpose;
    const fields = { duty, accounts: accounts.length, nonce: slot.nonce, ...outcome };
    if (outcome.kind === "mined") log.info("transaction.mined", fields);
    else log.warn("transaction.reverted", fields);
  }

  #open(): Slot[] {
    return this.#slots.filter(({ outcome }) => outcome === undefined);
  }

  #replace(slot: Slot): void {
    this.#slots = this.#slots.map((other) => (other.nonce === slot.nonce ? slot : other));
  }
}

function firstBlock(slot: Slot): number {
  return slot.attempts[0]?.signedAtBlock ?? 0;
}

function outcomeIn(slot: Slot, receipts: ReadonlyMap<string, Receipt>): Outcome | undefined {
  for (const { hash } of slot.attempts) {
    const receipt = receipts.get(hash);
    if (receipt === undefined) continue;
    const { block, gasUsed, succeeded } = receipt;
    return { kind: succeeded ? "mined" : "reverted", hash, block, gasUsed };
  }
  return undefined;
}

function errorIn(answer: RpcAnswer | undefined): { error?: string } {
  return answer?.ok === false ? { error: answer.message } : {};
}

function strangerError(nonce: number): GiveUpError {
  return new GiveUpError(
    `nonce ${nonce} was used by a transaction this keeper did not send: another process has its key`,
  );
}
