import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { NO_BRAKE, type Brake } from "../../sdk/brake.ts";
import type { VaultEvent, VaultEventName } from "../../sdk/vaultEvent.ts";
import type { AccountState, CollateralTerms, PoolState } from "../../sdk/vaultTypes.ts";
import { NEW_ACCOUNT, type VaultRecord } from "./vaultRecord.ts";

/** What an event is applied to; the answers are the state right before it. */
export interface BookView {
  readonly vaultAddress: string;
  readonly vault: VaultRecord;
  account(id: AccountId): AccountState | undefined;
}

/** What an event changes; what it does not mention stays. */
export interface BookChange {
  readonly accounts: readonly (readonly [AccountId, AccountState])[];
  readonly vault: VaultRecord;
}

/** Raised when logs contradict each other: the endpoint left some out, or this version does not understand them. */
export class BookError extends Error {
  override readonly name = "BookError";
}

/** What the vault logs only after it has accrued, whatever the account. Debts and calls change by no other logs. */
export const ACCRUING: ReadonlySet<VaultEventName> = new Set([
  "Borrowed",
  "Repaid",
  "MarginCallOpened",
  "MarginCallClosed",
  "Liquidated",
  "BadDebtRealized",
  "InterestAccrued",
  "FeeBooked",
  "FeeSet",
  "Deposit",
  "Withdraw",
]);

/**
 * Whether the vault accrues where it logs `event`, with its account as `view` shows it right before. That collateral
 * moved says so by itself: where nothing grows, at a rate of zero or with a model that reverts, the time moves on and
 * no other log tells.
 */
export function hasAccrued(view: Pick<BookView, "account">, event: VaultEvent): boolean {
  switch (event.name) {
    case "CollateralDeposited":
      // It accrues only to measure an open call.
      return (view.account(event.account)?.deadline ?? 0n) !== 0n;
    case "CollateralWithdrawn":
      return (view.account(event.account)?.debtShares ?? 0n) !== 0n;
    default:
      return ACCRUING.has(event.name);
  }
}

/**
 * The state after `event`, logged at block time `timestamp`. Pure. Every event carries the state that results, so that
 * applying one twice changes no account; only the pool's sums depend on each being applied once.
 */
export function applyEvent(view: BookView, event: VaultEvent, timestamp: bigint): BookChange {
  const { accounts, vault } = changeBy(view, event);
  if (!hasAccrued(view, event)) return { accounts, vault };
  return { accounts, vault: { ...vault, pool: { ...vault.pool, accruedAt: timestamp } } };
}

function changeBy(view: BookView, event: VaultEvent): BookChange {
  switch (event.name) {
    case "CollateralDeposited":
    case "CollateralWithdrawn":
    case "Borrowed":
    case "Repaid":
    case "MarginCallOpened":
    case "MarginCallClosed":
    case "Liquidated":
    case "BadDebtRealized":
      return applyToAccount(view, event);
    case "CollateralForfeited":
      return forfeit(view, event);
    default:
      return { accounts: [], vault: applyToVault(view.vault, event) };
  }
}

type AccountEvent = Extract<VaultEvent, { actor: string }>;
type ForfeitEvent = Extract<VaultEvent, { name: "CollateralForfeited" }>;
type PlainEvent = Exclude<VaultEvent, AccountEvent | ForfeitEvent>;

function applyToAccount(view: BookView, event: AccountEvent): BookChange {
  const before = view.account(event.account) ?? NEW_ACCOUNT;
  const after = accountAfter(view.vault, before, event);
  const pool = poolAfter(view.vault.pool, before, after, event);
  return { accounts: [[event.account, after]], vault: { ...view.vault, pool } };
}

function accountAfter(vault: VaultRecord, before: AccountState, event: AccountEvent): AccountState {
  switch (event.name) {
    case "CollateralDeposited":
    case "CollateralWithdrawn":
      return withBalance(before, numberOf(vault, event.asset), event.balance);
    case "Borrowed":
    case "Repaid":
      return { ...before, debtShares: event.debtShares };
    case "MarginCallOpened": {
      const { nonce, calledAt, deadline, debtShares } = event.notice;
      return { ...before, callNonce: nonce, calledAt, deadline, auctionStart: deadline, debtShares };
    }
    case "MarginCallClosed": {
      const closedLateAt = event.late ? event.closedAt : before.closedLateAt;
      return { ...before, deadline: 0n, auctionStart: 0n, closedLateAt };
    }
    case "Liquidated": {
      const { asset, balance, debtShares, auctionStart } = event.notice;
      return { ...withBalance(before, numberOf(vault, asset), balance), debtShares, auctionStart };
    }
    case "BadDebtRealized":
      return { ...before, debtShares: 0n };
  }
}

function poolAfter(
  pool: PoolState,
  before: AccountState,
  after: AccountState,
  event: AccountEvent,
): PoolState {
  const totalDebtShares = pool.totalDebtShares + after.debtShares - before.debtShares;
  return { ...pool, totalDebtShares, cash: pool.cash + cashOf(event) };
}

function cashOf(event: AccountEvent): bigint {
  switch (event.name) {
    case "Borrowed":
      return -event.amount;
    case "Repaid":
      return event.amount;
    case "Liquidated":
      return event.notice.repaid + event.notice.insured;
    default:
      return 0n;
  }
}

/** The collateral of an account written off becomes the vault's own sub-account's of its number. */
function forfeit(view: BookView, event: ForfeitEvent): BookChange {
  const number = numberOf(view.vault, event.asset);
  const insuranceId = accountIdOf(view.vaultAddress, BigInt(number));
  const account = view.account(event.account) ?? NEW_ACCOUNT;
  const insurance = view.account(insuranceId) ?? NEW_ACCOUNT;
  return {
    accounts: [
      [event.account, withBalance(account, number, 0n)],
      [insuranceId, withBalance(insurance, number, event.insuranceBalance)],
    ],
    vault: view.vault,
  };
}

function applyToVault(vault: VaultRecord, event: PlainEvent): VaultRecord {
  const { pool } = vault;
  const withPool = (changes: Partial<PoolState>): VaultRecord => ({
    ...vault,
    pool: { ...pool, ...changes },
  });
  switch (event.name) {
    case "InterestAccrued":
      return withPool({ debtIndex: event.debtIndex, unbookedFee: pool.unbookedFee + event.fee });
    case "FeeBooked":
      return withPool({ unbookedFee: 0n });
    case "FeeSet":
      return withPool({ feeBps: event.newFeeBps });
    case "Deposit":
      return withPool({ cash: pool.cash + event.assets });
    case "Withdraw":
      return withPool({ cash: pool.cash - event.assets });
    case "RiskTermsSet":
      return { ...vault, risk: event.newTerms };
    case "OracleSet":
      return { ...vault, oracle: event.newOracle };
    case "CollateralListed":
      return withTerms(vault, event.index, { asset: event.asset, ...event.terms });
    case "CollateralTermsSet": {
      const terms = { asset: event.asset, ...event.newTerms };
      return withTerms(vault, numberOf(vault, event.asset), terms);
    }
    case "BrakeSet": {
      const { burst, perHour } = event;
      return withBrake(vault, event.asset, { burst, perHour, fullAtMicros: 0n });
    }
    case "BrakeDrawn":
      return withBrake(vault, event.asset, { fullAtMicros: event.fullAtMicros });
    case "BorrowCapSet":
    case "Transfer":
    case "Approval":
      return vault;
  }
}

function withBrake(vault: VaultRecord, asset: string, change: Partial<Brake>): VaultRecord {
  const number = numberOf(vault, asset);
  const brakes = vault.collaterals.map((_, j) => vault.brakes[j] ?? NO_BRAKE);
  return { ...vault, brakes: brakes.with(number, { ...(brakes[number] ?? NO_BRAKE), ...change }) };
}

function withTerms(vault: VaultRecord, number: number, terms: CollateralTerms): VaultRecord {
  if (number > vault.collaterals.length) throw new BookError(`collateral ${number} was listed out of order`);
  const collaterals = [...vault.collaterals];
  collaterals[number] = terms;
  return { ...vault, collaterals };
}

function withBalance(account: AccountState, number: number, balance: bigint): AccountState {
  const bit = 1 << number;
  const collateralSet = balance === 0n ? account.collateralSet & ~bit : account.collateralSet | bit;
  return { ...account, collateralSet, collateral: account.collateral.with(number, balance) };
}

function numberOf(vault: VaultRecord, asset: string): number {
  const number = vault.collaterals.findIndex((terms) => terms.asset === asset);
  if (number < 0) throw new BookError(`a log names ${asset}, which was never listed`);
  return number;
}
