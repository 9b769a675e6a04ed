import { fullAtAfterUp, NO_BRAKE, roomOf, type Brake } from "../../../sdk/brake.ts";
import { deadlineAt, mayClose } from "../../../sdk/callClock.ts";
import { unstoppedMoment } from "../../../sdk/clockState.ts";
import { INITIAL_INDEX } from "../../../sdk/debtMath.ts";
import { valueDown } from "../../../sdk/healthMath.ts";
import type { Take } from "../../../sdk/liquidation.ts";
import { workOpening } from "../../../sdk/openCall.ts";
import { valuationOf } from "../../../sdk/valuation.ts";
import {
  Refusal,
  type AccountState,
  type CollateralTerms,
  type RiskTerms,
  type VaultMoment,
} from "../../../sdk/vaultTypes.ts";
import {
  isHopeless,
  withCallClosed,
  withCallOpened,
  withCollateral,
  withDebtWrittenOff,
  withRepaid,
  withSold,
} from "./accountMoves.ts";

/** Something that happened to an account, by its number in the replay. Amounts in quote base units unless said. */
export type Act =
  | { readonly kind: "opened"; readonly account: number; readonly bounty: bigint; readonly reopened: boolean }
  /** `unasked` when a repayment, a deposit or a sale has closed it. */
  | { readonly kind: "closed"; readonly account: number; readonly unasked: boolean }
  | { readonly kind: "repaid"; readonly account: number; readonly amount: bigint }
  /** `amount` is base units of collateral `number`. */
  | { readonly kind: "deposited"; readonly account: number; readonly number: number; readonly amount: bigint }
  /** `worth` is that of what was seized; `maxRepay` what was offered. */
  | {
      readonly kind: "taken";
      readonly account: number;
      readonly take: Take;
      readonly worth: bigint;
      readonly maxRepay: bigint;
    }
  /** `left` is base units by collateral; `unasked` when a sale has ended in it. */
  | {
      readonly kind: "writtenOff";
      readonly account: number;
      readonly loss: bigint;
      readonly left: readonly bigint[];
      readonly unasked: boolean;
    };

export interface VaultModelTerms {
  readonly collaterals: readonly CollateralTerms[];
  readonly risk: RiskTerms;
  readonly accounts: readonly AccountState[];
  /** By the collateral's number; with the bucket full where there is one. */
  readonly brakes: readonly (Pick<Brake, "burst" | "perHour"> | undefined)[];
}

/**
 * The vault's accounts and buckets in memory, moved by the SDK's mirror of what its entrances work out. There is no
 * interest: a day's would be less than two hundredths of a per cent.
 */
export class VaultModel {
  readonly #accounts: AccountState[];
  readonly #terms: VaultModelTerms;
  readonly #buckets: Brake[];
  #moment: VaultMoment;
  #acts: Act[] = [];

  constructor(terms: VaultModelTerms) {
    this.#terms = terms;
    this.#accounts = [...terms.accounts];
    this.#buckets = terms.brakes.map((brake) => ({ ...NO_BRAKE, ...brake }));
    this.#moment = this.#momentAt(0n, []);
  }

  get accounts(): readonly AccountState[] {
    return this.#accounts;
  }

  /** Everything but the accounts, with what the buckets hold now. */
  get moment(): VaultMoment {
    return this.#moment;
  }

  /** What has happened in this block. */
  get acts(): readonly Act[] {
    return this.#acts;
  }

  /** A block begins: prices by the collateral's number. */
  begin(uptime: bigint, price36: readonly bigint[]): void {
    this.#acts = [];
    this.#moment = this.#momentAt(uptime, price36);
  }

  /** The account of this number; throws a RangeError where there is none. */
  account(index: number): AccountState {
    const account = this.#accounts[index];
    if (account === undefined) throw new RangeError(`there is no account ${index}`);
    return account;
  }

  /** Returns whether a call was opened, or opened again. */
  open(index: number): boolean {
    const account = this.account(index);
    const opening = workOpening(account, this.#moment);
    if (opening.refusal !== Refusal.None) return false;
    this.#accounts[index] = withCallOpened(account, opening, this.#moment.clock);
    const { bounty, reopened } = opening;
    this.#acts.push({ kind: "opened", account: index, bounty, reopened });
    return true;
  }

  /** Closes the call of an account that may be closed; `unasked` as in `Act`. */
  close(index: number, unasked = false): void {
    const account = this.account(index);
    const { collaterals, prices, debtIndex, clock } = this.#moment;
    if (account.deadline === 0n) return;
    const v = valuationOf(account, collaterals, prices, debtIndex);
    if (v.debt !== 0n && !mayClose(v, deadlineAt(account, clock), clock.uptime)) return;
    this.#accounts[index] = withCallClosed(account, clock);
    this.#acts.push({ kind: "closed", account: index, unasked });
  }

  /** `amount` is quote base units, at most the debt. */
  repay(index: number, amount: bigint): void {
    this.#accounts[index] = withRepaid(this.account(index), amount, this.#moment.debtIndex);
    this.#acts.push({ kind: "repaid", account: index, amount });
    this.close(index, true);
  }

  /** `amount` is base units of a collateral that the account holds. */
  deposit(index: number, number: number, amount: bigint): void {
    this.#accounts[index] = withCollateral(this.account(index), number, amount);
    this.#acts.push({ kind: "deposited", account: index, number, amount });
    this.close(index, true);
  }

  /** Carries out a take that the vault does not refuse, worked out for at most `maxRepay`. */
  take(index: number, take: Take, maxRepay: bigint): void {
    const before = this.account(index);
    const { account, closes, loss } = withSold(before, take, this.#moment);
    this.#accounts[index] = account;
    const worth = valueDown(take.seized, take.price36);
    this.#draw(take.number, worth);
    this.#acts.push({ kind: "taken", account: index, take, worth, maxRepay });
    if (closes) this.#acts.push({ kind: "closed", account: index, unasked: true });
    if (loss === 0n) return;
    const left = withCollateral(before, take.number, -take.seized).collateral;
    this.#acts.push({ kind: "writtenOff", account: index, loss, left, unasked: true });
  }

  /** Writes off the debt of an account that holds nothing worth selling; does nothing for another. */
  bookLoss(index: number): void {
    const account = this.account(index);
    const { collaterals, prices, debtIndex, clock } = this.#moment;
    const v = valuationOf(account, collaterals, prices, debtIndex);
    if (!isHopeless(v, this.#moment)) return;
    this.#accounts[index] = withDebtWrittenOff(account, clock);
    const left = account.collateral;
    this.#acts.push({ kind: "writtenOff", account: index, loss: v.debt, left, unasked: false });
  }

  #draw(number: number, worth: bigint): void {
    const bucket = this.#buckets[number];
    if (bucket === undefined || bucket.perHour === 0n) return;
    const { uptime } = this.#moment.clock;
    this.#buckets[number] = { ...bucket, fullAtMicros: fullAtAfterUp(bucket, worth, uptime) };
    this.#moment = this.#momentAt(uptime, this.#moment.prices.price36);
  }

  #momentAt(uptime: bigint, price36: readonly bigint[]): VaultMoment {
    const { collaterals, risk } = this.#terms;
    return {
      collaterals,
      risk,
      prices: { available: true, freshSet: (1 << collaterals.length) - 1, price36 },
      debtIndex: INITIAL_INDEX,
      clock: unstoppedMoment(uptime),
      brakes: this.#buckets.map((bucket) => roomOf(bucket, uptime)),
    };
  }
}
