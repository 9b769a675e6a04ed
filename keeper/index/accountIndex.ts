import type { AccountId } from "../../sdk/accountId.ts";
import { Status, type AccountState, type VaultMoment } from "../../sdk/vaultTypes.ts";
import { AccountTable } from "./accountTable.ts";
import { Crossings } from "./crossings.ts";
import { Judge } from "./judge.ts";
import { Moments } from "./moments.ts";
import { isOrdered } from "./rungs.ts";
import { HEALTHY, isHopelessIn, mayCloseIn, statusIn, type Standing } from "./standing.ts";
import { Standings } from "./standings.ts";
import { withRoomFor } from "./withRoomFor.ts";

/** How an account stood at the last `advance`. */
export interface AccountStanding {
  readonly status: Status;
  /** Whether an open call may end. */
  readonly mayClose: boolean;
  /** Whether the loss may be booked: worth less than the debt and than the vault's dust value. */
  readonly isHopeless: boolean;
}

/** A status that an account has for a reason; what is healthy is not listed. */
export type ListedStatus = Exclude<Status, typeof Status.Healthy>;

/**
 * Every account of a vault, and how each one stands. The door of this room: `set` what the logs say, `advance` to a
 * moment, and it tells who stands differently than before; it looks only at those whose price, time or state has
 * passed what they waited for. What it answers is what a scan of all accounts by the exact mirror would answer
 * (docs/decisions/0011-account-index.md says why). Taking a block back is setting the earlier states again.
 *
 *     index.set(id, state);                  // for each account a block changed; or delete(id)
 *     for (const { id, to } of index.advance(moment)) …
 *     for (const id of index.withStatus(Status.Callable)) decide(id, index.state(id));
 *     index.moments.next(clock);             // when time alone makes the next difference
 */
export class AccountIndex {
  readonly moments = new Moments();
  /** The exact states, by slot, for who saves them; change them through the index alone. */
  readonly table: AccountTable;
  readonly #judge: Judge;
  readonly #standings = new Standings();
  readonly #crossings = new Crossings();
  #moment: VaultMoment | undefined;
  /** One for the slots in `#work`. */
  #marks = new Uint8Array(0);
  #work = new Uint32Array(0);
  #workCount = 0;
  #debtors = 0;

  /** Takes over `table`; everything in it is judged with the first `advance`. */
  constructor(table = new AccountTable()) {
    this.table = table;
    this.#judge = new Judge(table, this.moments);
    this.#reserve();
    this.#markAll();
    for (let slot = 0; slot < table.end; ++slot)
      if (table.approximateSharesOf(slot) !== 0) this.#debtors += 1;
  }

  /** How many accounts there are. */
  get size(): number {
    return this.table.size;
  }

  /** How many of them owe. */
  get debtors(): number {
    return this.#debtors;
  }

  state(id: AccountId): AccountState | undefined {
    const slot = this.table.slotOf(id);
    return slot === undefined ? undefined : this.table.read(slot);
  }

  /** Adds an account or changes it. Throws a RangeError for a state that the contract cannot have. */
  set(id: AccountId, state: AccountState): void {
    const known = this.table.slotOf(id);
    const slot = known ?? this.table.add(id);
    const hadDebt = this.table.approximateSharesOf(slot) !== 0;
    // Legs that move must not be waited for where they were.
    if (this.table.setOf(slot) !== state.collateralSet) this.#judge.forget(slot);
    try {
      this.table.write(slot, state);
    } catch (error) {
      if (known === undefined) this.table.remove(slot);
      throw error;
    } finally {
      this.#reserve();
      this.#mark(slot);
    }
    if (state.deadline === 0n) this.moments.clear("call", slot);
    this.#debtors += Number(state.debtShares !== 0n) - Number(hadDebt);
  }

  /** Forgets an account, for a block that created it may be taken back; whether it was there. */
  delete(id: AccountId): boolean {
    const slot = this.table.slotOf(id);
    if (slot === undefined) return false;
    if (this.table.approximateSharesOf(slot) !== 0) this.#debtors -= 1;
    this.#judge.forget(slot);
    this.moments.clear("call", slot);
    this.moments.clear("auction", slot);
    this.#standings.set(slot, HEALTHY);
    this.table.remove(slot);
    return true;
  }

  /**
   * Judges who may stand differently at `moment`, and says who does. The answer is valid until the next `advance`.
   * Throws a RangeError without prices, for then nobody can be judged, and nothing has changed.
   */
  advance(moment: VaultMoment): Crossings {
    if (!moment.prices.available) throw new RangeError("nobody can be judged without prices");
    const before = this.#moment;
    this.#moment = moment;
    this.#judge.update(moment);
    this.#markDoubtful(before, moment);
    const { triggers, restless } = this.#judge;
    triggers.takePassed((leg) => {
      this.#mark(this.table.legs.ownerOf(leg));
    });
    this.moments.takeDue("call", moment.clock.uptime, (slot) => {
      this.#mark(slot);
    });
    for (const slot of restless.splice(0)) this.#mark(slot);
    return this.#judgeMarked();
  }

  /** How an account stood at the last `advance`; undefined for an unknown one. */
  standingOf(id: AccountId): AccountStanding | undefined {
    const slot = this.table.slotOf(id);
    return slot === undefined ? undefined : standingFrom(this.#standings.of(slot));
  }

  /** How many accounts had `status` at the last `advance`; deleted ones no longer count. */
  count(status: ListedStatus): number {
    return this.#standings.count(status);
  }

  /** The accounts that had `status` at the last `advance`, in no order. */
  *withStatus(status: ListedStatus): Generator<AccountId> {
    for (const slot of this.#standings.slotsWith(status).slice()) yield this.table.idOf(slot);
  }

  #judgeMarked(): Crossings {
    const crossings = this.#crossings;
    crossings.begin(this.table);
    // In the order of their slots, for memory is what this waits for.
    this.#work.subarray(0, this.#workCount).sort();
    for (let i = 0; i < this.#workCount; ++i) {
      const slot = this.#work[i] ?? 0;
      this.#marks[slot] = 0;
      const from: Standing = this.#standings.of(slot);
      const to = this.#judge.judge(slot);
      if (from === to) continue;
      this.#standings.set(slot, to);
      crossings.add(slot, from, to);
    }
    this.#workCount = 0;
    return crossings;
  }

  /** Marks whoever waits for something that `moment` does not go past but moves, which is rare. */
  #markDoubtful(before: VaultMoment | undefined, moment: VaultMoment): void {
    if (before === undefined) return;
    const isShorter = moment.collaterals.length < before.collaterals.length;
    if (isShorter || !isOrdered(moment)) this.#markAll();
    // A hopeless account waits for its own worth alone: its debt only grows, unless a block is taken back.
    if (moment.debtIndex < before.debtIndex || moment.risk.dustValue !== before.risk.dustValue) {
      this.#markStatus(Status.Insolvent);
    }
    if (haveCallsMoved(before, moment)) {
      for (let status: number = Status.Called; status <= Status.Insolvent; ++status) {
        this.#markStatus(status as ListedStatus);
      }
    }
  }

  #markStatus(status: ListedStatus): void {
    for (const slot of this.#standings.slotsWith(status)) this.#mark(slot);
  }

  #markAll(): void {
    for (let slot = 0; slot < this.table.end; ++slot) this.#mark(slot);
  }

  #mark(slot: number): void {
    if (this.#marks[slot] === 1) return;
    this.#marks[slot] = 1;
    this.#work = withRoomFor(this.#work, this.#workCount + 1);
    this.#work[this.#workCount] = slot;
    this.#workCount += 1;
  }

  #reserve(): void {
    this.#judge.triggers.reserve(this.table.legs.end);
    this.#standings.reserve(this.table.end);
    this.#marks = withRoomFor(this.#marks, this.table.end);
  }
}

/** Whether a deadline or the end of an auction may be elsewhere, or the clock has been put back. */
function haveCallsMoved(before: VaultMoment, moment: VaultMoment): boolean {
  const [a, b] = [before.clock, moment.clock];
  return (
    b.uptime < a.uptime ||
    moment.risk.auctionSeconds !== before.risk.auctionSeconds ||
    a.protectedFrom !== b.protectedFrom ||
    a.protectedUntil !== b.protectedUntil ||
    a.earlierFrom !== b.earlierFrom ||
    a.earlierUntil !== b.earlierUntil
  );
}

export function standingFrom(of: Standing): AccountStanding {
  return { status: statusIn(of), mayClose: mayCloseIn(of), isHopeless: isHopelessIn(of) };
}
