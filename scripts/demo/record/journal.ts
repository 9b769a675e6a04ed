import type { AccountId } from "../../../sdk/accountId.ts";
import { CloseReason, Status } from "../../../sdk/vaultTypes.ts";
import type { VaultEvent } from "../../../sdk/vaultEvent.ts";
import type { CheckedBlock } from "../check/checker.ts";
import { deadlineInForce, timeOf, type CheckClock } from "../check/clock.ts";
import type { CallOutcome, RecordedTake } from "../report/recording.ts";

/** A margin call from opening to end. */
export interface JournalCall {
  readonly account: AccountId;
  readonly nonce: number;
  readonly mainCollateral: number;
  readonly openedBlock: number;
  readonly openedAt: number;
  /** In uptime, as the call gave it. */
  readonly deadlineUptime: bigint;
  /** Unix seconds; later than first thought when the clock has stood still. */
  deadline: number;
  /** Uptime from which the discount counts, as stored: not before the deadline in force. */
  auctionStart: bigint;
  readonly reopened: boolean;
  /** Quote base units. */
  readonly debt: bigint;
  closedAt: number | undefined;
  outcome: CallOutcome;
  /** Its deadline passed with the account still not well. */
  expired: boolean;
  takes: number;
}

/** A take and who took. */
export interface JournalTake extends RecordedTake {
  readonly account: AccountId;
  readonly actor: string;
  /** Quote base units that what was seized was worth at the oracle's price. */
  readonly worth: bigint;
  readonly debtBefore: bigint;
}

/** What one block brought, for the running account. */
export interface Happenings {
  readonly called: number;
  readonly cured: number;
  readonly recovered: number;
  readonly takes: readonly JournalTake[];
  /** Quote base units. */
  readonly loss: bigint;
}

/** The story of calls, takes and losses, told block by block. */
export class Journal {
  readonly calls: JournalCall[] = [];
  readonly takes: JournalTake[] = [];
  readonly latencyBlocks: number[] = [];
  badDebt = 0n;
  /** Of losses, the part that burned insurance shares were worth. */
  insuredLoss = 0n;
  /** Paid in bounties by account openers, by who opened. */
  readonly bounties = new Map<string, bigint>();
  readonly #open = new Map<AccountId, JournalCall>();
  readonly #index: ReadonlyMap<AccountId, number>;
  readonly #assets: readonly string[];

  /** @param assets The collaterals' addresses by number. */
  constructor(ids: readonly AccountId[], assets: readonly string[]) {
    this.#index = new Map(ids.map((id, i) => [id, i]));
    this.#assets = assets.map((asset) => asset.toLowerCase());
  }

  /** Adds a block; they must come in order. */
  add(checked: CheckedBlock): Happenings {
    this.latencyBlocks.push(...checked.latencyBlocks);
    const before = { calls: this.calls.length, takes: this.takes.length, loss: this.badDebt };
    let [cured, recovered] = [0, 0];
    for (const { event } of checked.logs.events) {
      this.#note(event, checked);
      if (event.name !== "MarginCallClosed") continue;
      const outcome = outcomeOf(event.reason);
      if (outcome === "repaid" || outcome === "deposited") cured += 1;
      if (outcome === "recovered") recovered += 1;
    }
    for (const [account, call] of this.#open) {
      call.deadline = deadlineAt(call.deadlineUptime, checked.clock);
      const status = checked.standings[this.#index.get(account) ?? -1]?.status;
      if (status === "Expired" || status === "Lapsed") call.expired = true;
    }
    return {
      called: this.calls.length - before.calls,
      cured,
      recovered,
      takes: this.takes.slice(before.takes),
      loss: this.badDebt - before.loss,
    };
  }

  #note(event: VaultEvent, checked: CheckedBlock): void {
    const at = Number(checked.vault.at);
    if (event.name === "MarginCallOpened") this.#opened(event, checked, at);
    if (event.name === "Liquidated") this.#taken(event, checked.clock, at);
    if (event.name === "MarginCallClosed") {
      const call = this.#open.get(event.account);
      if (call === undefined) return;
      call.closedAt = at;
      call.outcome = outcomeOf(event.reason);
      this.#open.delete(event.account);
    }
    if (event.name === "BadDebtRealized") {
      this.badDebt += event.loss;
      this.insuredLoss += event.insured;
    }
  }

  #opened(
    { account, actor, notice }: VaultEvent & { name: "MarginCallOpened" },
    checked: CheckedBlock,
    at: number,
  ): void {
    const former = this.#open.get(account);
    if (former !== undefined) {
      former.outcome = "lapsed";
      former.expired = true;
      former.closedAt = at;
    }
    const call: JournalCall = {
      account,
      nonce: notice.nonce,
      mainCollateral: this.#mainCollateral(account, checked),
      openedBlock: checked.vault.block,
      openedAt: at,
      deadlineUptime: notice.deadline,
      deadline: deadlineAt(notice.deadline, checked.clock),
      auctionStart: notice.deadline,
      reopened: notice.reopened,
      debt: notice.debt,
      closedAt: undefined,
      outcome: "open",
      expired: false,
      takes: 0,
    };
    this.calls.push(call);
    this.#open.set(account, call);
    this.bounties.set(actor, (this.bounties.get(actor) ?? 0n) + notice.bounty);
  }

  #taken(
    { account, actor, notice }: VaultEvent & { name: "Liquidated" },
    clock: CheckClock,
    at: number,
  ): void {
    const call = this.#open.get(account);
    const sinceAuctionStart = call === undefined ? undefined : ageOfAuction(call, clock);
    if (call !== undefined) {
      call.takes += 1;
      // A take too small to matter leaves the auction where it is; the last one closes the call.
      if (notice.auctionStart > 0n) call.auctionStart = notice.auctionStart;
      if (notice.status === Status.Expired) call.expired = true;
    }
    const { repaid, insured, seized, discountWad, price36, debt } = notice;
    this.takes.push({
      account,
      actor,
      at,
      collateral: this.#assets.indexOf(notice.asset.toLowerCase()),
      repaid,
      insured,
      seized,
      discountWad,
      critical: notice.status === Status.Critical || notice.status === Status.Insolvent,
      sinceAuctionStart,
      worth: (seized * price36) / 10n ** 36n,
      debtBefore: debt + repaid,
    });
  }

  #mainCollateral(account: AccountId, { facts, prices }: CheckedBlock): number {
    const amounts = facts[this.#index.get(account) ?? -1]?.amounts ?? [];
    const values = amounts.map((amount, j) => amount * (prices[j]?.price36 ?? 0n));
    return values.reduce((main, value, j) => (value > (values[main] ?? 0n) ? j : main), 0);
  }
}

/** When the clock shows a deadline that it may have put off, unix seconds. */
function deadlineAt(uptime: bigint, clock: CheckClock): number {
  return Number(timeOf(deadlineInForce(uptime, clock), clock));
}

/** Seconds of uptime since the auction began or began again; undefined before the deadline. */
function ageOfAuction({ deadlineUptime, auctionStart }: JournalCall, clock: CheckClock): number | undefined {
  const deadline = deadlineInForce(deadlineUptime, clock);
  if (clock.uptime < deadline) return undefined;
  return Number(clock.uptime - (auctionStart > deadline ? auctionStart : deadline));
}

function outcomeOf(reason: CloseReason): CallOutcome {
  switch (reason) {
    case CloseReason.Deposited:
      return "deposited";
    case CloseReason.Repaid:
    case CloseReason.DebtFree:
      return "repaid";
    case CloseReason.Recovered:
      return "recovered";
    case CloseReason.Liquidated:
      return "liquidated";
    case CloseReason.WrittenOff:
      return "writtenOff";
  }
}
