import type { AccountId } from "../../sdk/accountId.ts";
import { RetryableError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Action, Duty } from "../policy/action.ts";
import type { FeeTerms } from "../policy/feeTerms.ts";
import type { BlockHeader } from "../sources/blockHeader.ts";
import type { Probe } from "../sources/probe.ts";
import type { Rpc, RpcAnswer } from "../sources/rpcClient.ts";
import { othersThan } from "../sources/withOne.ts";
import type { Store } from "../store/store.ts";
import type { AllowList } from "./allowList.ts";
import type { Delivery } from "./delivery.ts";
import type { ContractCall } from "./encodeAction.ts";
import { feeCaps } from "./feeCaps.ts";
import { firstFees, prudentBaseFee, raisedFees, type FeeLimits, type Fees } from "./fees.ts";
import type { GasBudget } from "./gasBudget.ts";
import type { KillSwitch } from "./killSwitch.ts";
import { isContested } from "./lane.ts";
import { isOutbid, mayHide, remedyFor, urgencyOf } from "./remedy.ts";
import { knownProbe } from "./receiptProbes.ts";
import { idleSenderProbe, senderProbe } from "./senderProbe.ts";
import {
  contentOf,
  journalEntryOf,
  lastAttempt,
  newSlot,
  purposeOf,
  slotsFrom,
  worstFeeOf,
  type Attempt,
  type Outcome,
  type Purpose,
  type Slot,
} from "./sentTransaction.ts";
import type { Signer } from "./signer.ts";
import { spendingOf } from "./spendingOf.ts";
import { SlotBook, type SenderState, type SettledSlot } from "./slotBook.ts";

export interface OutboxOptions {
  readonly rpc: Rpc;
  readonly delivery: Delivery;
  readonly store: Pick<Store, "journal" | "settle" | "unsettled">;
  readonly signer: Signer;
  readonly chainId: number;
  readonly allowList: AllowList;
  readonly fees: FeeLimits;
  readonly gasBudget: GasBudget;
  readonly killSwitch: Pick<KillSwitch, "isOn">;
  readonly replaceAfterBlocks: number;
  readonly giveUpAfterBlocks: number;
  readonly log: Log;
}

/** Something to send: an action that passed its simulation, and what it may cost. */
export interface Parcel {
  readonly action: Action;
  readonly call: ContractCall;
  readonly terms: FeeTerms;
}

/** A nonce whose end has just become known. */
export interface Settled extends Pick<Purpose, "duty" | "accounts" | "gasKind"> {
  readonly outcome: Outcome;
}

/**
 * What the keeper has sent with one key. Signed bytes are on the disk before anybody sees them, so a process that dies
 * sends the same again instead of something new. What became of a nonce is in its `SlotBook`.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #slots: SlotBook;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { store, signer, gasBudget } = options;
    this.#slots = new SlotBook(slotsFrom(store.unsettled(signer.address)));
    for (const slot of this.#slots.open) gasBudget.reserve(signer.address, slot.nonce, worstFeeOf(slot));
  }

  /** Whose transactions these are. */
  get address(): string {
    return this.#options.signer.address;
  }

  /** Accounts that a transaction on its way acts upon, at a block; after the time to give up they are free again. */
  busyAccounts(block: number): ReadonlySet<AccountId> {
    return this.#slots.busyAccounts(block, this.#options.giveUpAfterBlocks);
  }

  /** Duties on their way. */
  busyDuties(): ReadonlySet<Duty> {
    return this.#slots.busyDuties();
  }

  /** Asks for what became of everything on its way, as of `block`. */
  probe(block: number): Probe<SenderState> {
    const { open, chainNonce } = this.#slots;
    if (open.length === 0 && chainNonce !== undefined)
      return idleSenderProbe(this.address, chainNonce, block);
    return senderProbe(
      this.address,
      open.map(({ attempts }) => attempts.map(({ hash }) => hash)),
      block,
    );
  }

  /**
   * Takes in the answers of `probe`. Throws a `GiveUpError` when a nonce was used up by a transaction that is not ours:
   * somebody else sends with this key.
   */
  settle(block: number, state: SenderState): readonly Settled[] {
    const settled = this.#slots.settle(block, state);
    for (const each of settled) this.#record(each);
    if (this.#slots.isGapped) this.#options.log.warn("nonce.gap", { nonce: this.#slots.freeNonces(1)[0] });
    return settled.map(({ slot: { purpose }, outcome }) => ({ ...purpose, outcome }));
  }

  /** Opens again what was settled above `block`: the blocks that held it are gone. */
  rollBackTo(block: number): void {
    const { store, gasBudget } = this.#options;
    for (const slot of this.#slots.rollBackTo(block)) {
      for (const { hash } of slot.attempts) store.settle(hash, undefined);
      gasBudget.reopen(this.address, slot.nonce, worstFeeOf(slot));
    }
  }

  /**
   * Signs, journals and sends parcels in their order; the nonces are taken here and nowhere before. What its budget or
   * the day's does not pay for is left out and takes no nonce, so that it holds up nothing. Returns how many were sent.
   */
  async send(parcels: readonly Parcel[], head: BlockHeader): Promise<number> {
    const { store, killSwitch } = this.#options;
    if (parcels.length === 0) return 0;
    if (!this.#slots.isReady) throw new RetryableError("the next nonce is not known yet");
    if (killSwitch.isOn) return 0;
    const nonces = this.#slots.freeNonces(parcels.length);
    const slots: Slot[] = [];
    for (const parcel of parcels) {
      const nonce = nonces[slots.length];
      const slot = nonce === undefined ? undefined : await this.#sign(parcel, nonce, head);
      if (slot !== undefined) slots.push(slot);
    }
    if (slots.length === 0) return 0;
    const spending = slots.flatMap(({ purpose, attempts }) =>
      attempts.flatMap((attempt) => spendingOf(purpose, undefined, contentOf(attempt).fees, head)),
    );
    try {
      store.journal(
        slots.map((slot) => journalEntryOf(lastAttempt(slot), slot.purpose, this.address)),
        spending,
      );
    } catch (error) {
      for (const { nonce } of slots) this.#options.gasBudget.release(this.address, nonce);
      throw error;
    }
    this.#slots.add(slots);
    await this.#broadcast(await this.#clearTheWay(slots, head), "transaction.resent", head.number);
    await this.#broadcast(slots, "transaction.sent", head.number);
    return slots.length;
  }

  /**
   * Sends again what is still not mined: the same bytes when the pools have lost them, the same call at higher fees when
   * it has waited too long. Throws `RetryableError` when the endpoint gives no answer.
   */
  async maintain(head: BlockHeader, chainNonce: number): Promise<void> {
    const { killSwitch, replaceAfterBlocks, delivery, log } = this.#options;
    if (killSwitch.isOn) return;
    const waiting = this.#slots.open.filter(({ nonce }) => nonce >= chainNonce);
    const caps = this.#capsOf(waiting, head);
    const again: Slot[] = [];
    for (const [i, slot] of waiting.entries()) {
      const remedy = remedyFor(slot, head, { replaceAfterBlocks, privateBlocks: delivery.privateBlocks });
      if (remedy === "wait") continue;
      if (remedy === "resendDropped") {
        log.warn("transaction.dropped", { nonce: slot.nonce, hash: lastAttempt(slot).hash });
      }
      const raised = remedy === "raise" ? await this.#raise(slot, caps[i], head) : undefined;
      const isOutOfBudget = isOutbid(raised ?? slot, head);
      const resent = { ...(raised ?? slot), resentAt: head.number, isOutOfBudget };
      this.#slots.replace(resent);
      again.push(resent);
    }
    await this.#broadcast(again, "transaction.resent", head.number);
  }

  /** Sends everything on its way once more, for a process that has just started. */
  async resume(head: BlockHeader): Promise<void> {
    if (this.#options.killSwitch.isOn) return;
    await this.#broadcast(this.#slots.open, "transaction.resent", head.number);
  }

  /** Undefined when the budgets do not pay for the next block, in which case it would only stand in the way. */
  async #sign(parcel: Parcel, nonce: number, head: BlockHeader): Promise<Slot | undefined> {
    const { signer, chainId, allowList, gasBudget, delivery, log } = this.#options;
    const { action, call, terms } = parcel;
    const { duty, gasLimit, stake } = action;
    const fees = this.#firstOffer(parcel, head);
    if (typeof fees === "string") {
      log.warn("transaction.held", { duty, stake, reason: fees });
      return undefined;
    }
    const signed = await signer.sign({ ...call, nonce, gasLimit, fees }, chainId, allowList);
    gasBudget.reserve(this.address, nonce, gasLimit * fees.maxFeePerGas);
    const isPublic = delivery.privateBlocks === 0 || !isContested(duty);
    return newSlot({ ...signed, signedAtBlock: head.number }, purposeOf(action, terms), isPublic);
  }

  /** The fees to begin with, or what forbids to begin. */
  #firstOffer(
    { action, terms }: Parcel,
    head: BlockHeader,
  ): Fees | "feeBudget" | "maxFeeGwei" | "dailyGasBudget" {
    const { fees: limits, gasBudget } = this.#options;
    const baseFee = prudentBaseFee(head);
    const [cap] = feeCaps([terms], baseFee);
    const fees = firstFees(baseFee, limits, cap);
    if (limits.maxFeeGwei < baseFee) return "maxFeeGwei";
    if (fees.maxFeePerGas < baseFee) return "feeBudget";
    const worst = action.gasLimit * fees.maxFeePerGas;
    return gasBudget.allows(action.duty, worst, this.address) ? fees : "dailyGasBudget";
  }

  /** Raises what stands before new transactions and cannot be mined at its offer, at their cost. */
  async #clearTheWay(slots: readonly Slot[], head: BlockHeader): Promise<readonly Slot[]> {
    const first = Math.min(...slots.map(({ nonce }) => nonce));
    const { open } = this.#slots;
    const caps = this.#capsOf(open, head);
    const raised: Slot[] = [];
    for (const [i, slot] of open.entries()) {
      if (slot.nonce >= first || !isOutbid(slot, head)) continue;
      const better = await this.#raise(slot, caps[i], head);
      if (better !== undefined) raised.push(better);
    }
    return raised;
  }

  #capsOf(slots: readonly Slot[], head: BlockHeader): readonly (bigint | undefined)[] {
    const weiPerGas = prudentBaseFee(head) + this.#options.fees.tipGwei;
    return feeCaps(
      slots.map(({ purpose }) => purpose.terms),
      weiPerGas,
    );
  }

  /** The slot with a better offer, journalled; undefined when budgets and limits leave no room for one. */
  async #raise(slot: Slot, cap: bigint | undefined, head: BlockHeader): Promise<Slot | undefined> {
    const { signer, chainId, allowList, fees: limits, store, gasBudget, log } = this.#options;
    const last = contentOf(lastAttempt(slot));
    const urgencyPermille = urgencyOf(slot, head.number);
    const fees = raisedFees(last.fees, prudentBaseFee(head), limits, { capPerGas: cap, urgencyPermille });
    const { nonce, purpose } = slot;
    const { duty } = purpose;
    // Signed under an earlier configuration: the bytes may go out again, but nothing new is signed for it.
    if (!allowList.allows(last)) {
      log.error("transaction.notAllowed", { nonce, duty, to: last.to, offered: last.fees.maxFeePerGas });
      return undefined;
    }
    if (fees === undefined) {
      log.error("transaction.feeLimitReached", { nonce, duty, offered: last.fees.maxFeePerGas, cap });
      return undefined;
    }
    const worst = last.gasLimit * fees.maxFeePerGas;
    if (!gasBudget.allows(duty, worst, this.address, nonce)) return undefined;
    const signed = await signer.sign({ ...last, nonce, fees }, chainId, allowList);
    const attempt: Attempt = { ...signed, signedAtBlock: head.number };
    store.journal(
      [journalEntryOf(attempt, purpose, this.address)],
      spendingOf(purpose, last.fees, fees, head),
    );
    gasBudget.reserve(this.address, nonce, worst);
    const raised = { ...slot, attempts: [...slot.attempts, attempt], droppedSince: undefined };
    this.#slots.replace(raised);
    return raised;
  }

  async #broadcast(slots: readonly Slot[], event: string, block: number): Promise<void> {
    const { delivery, killSwitch, log } = this.#options;
    if (slots.length === 0 || killSwitch.isOn) return;
    const delivered = await delivery.deliver(
      slots.map((slot) => ({
        raw: lastAttempt(slot).raw,
        way: !slot.isPublic && mayHide(slot, block, delivery.privateBlocks) ? "relay" : "public",
      })),
    );
    const refused: Slot[] = [];
    for (const [i, slot] of slots.entries()) {
      const { answer, isPublic } = delivered[i] ?? {};
      const { hash, nonce } = lastAttempt(slot);
      const { duty, accounts } = slot.purpose;
      if (isPublic === true && !slot.isPublic) this.#slots.replace({ ...slot, isPublic });
      log.info(event, { duty, accounts: accounts.length, nonce, hash, public: isPublic, ...errorIn(answer) });
      if (answer?.ok === false) refused.push(slot);
    }
    // The last nonce first: one can only be taken back when none above it is in use.
    for (const slot of refused.reverse()) await this.#releaseIfUnknown(slot);
  }

  /**
   * An endpoint that refuses a transaction may have taken it all the same. Only when none knows the hash, and no later
   * nonce is in use, is the nonce free again; otherwise the bytes are sent again until something comes of them.
   */
  async #releaseIfUnknown(slot: Slot): Promise<void> {
    const { store, gasBudget, log } = this.#options;
    const { nonce, attempts } = slot;
    if (attempts.length > 1 || this.#slots.open.some((other) => other.nonce > nonce)) return;
    const { hash } = lastAttempt(slot);
    if (await this.#mayBeKnown(hash)) return;
    store.settle(hash, "rejected");
    this.#slots.takeBack(nonce);
    gasBudget.release(this.address, nonce);
    log.warn("transaction.rejected", { nonce, hash });
  }

  /** Whether any endpoint has a transaction, or does not say; one that has not seen it proves nothing for another. */
  async #mayBeKnown(hash: string): Promise<boolean> {
    const { rpc } = this.#options;
    const group = othersThan(rpc, rpc);
    const { calls } = knownProbe([hash]);
    const ends = await Promise.allSettled((group.length > 0 ? group : [rpc]).map((one) => one.batch(calls)));
    return ends.some((end) => {
      const [answer] = end.status === "fulfilled" ? end.value : [];
      return answer?.ok !== true || answer.result !== null;
    });
  }

  #record({ slot, outcome }: SettledSlot): void {
    const { store, gasBudget, log } = this.#options;
    for (const { hash } of slot.attempts) {
      store.settle(hash, hash === outcome.hash ? outcome.kind : "replaced");
    }
    gasBudget.settle(this.address, slot.nonce, outcome.feeWei);
    const { duty, accounts } = slot.purpose;
    const fields = { duty, accounts: accounts.length, nonce: slot.nonce, ...outcome };
    if (outcome.kind === "mined") log.info("transaction.mined", fields);
    else log.warn("transaction.reverted", fields);
  }
}

function errorIn(answer: RpcAnswer | undefined): { error?: string } {
  return answer?.ok === false ? { error: answer.message } : {};
}
