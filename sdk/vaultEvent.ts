import type { AccountId } from "./accountId.ts";
import type { CloseReason, CollateralTerms, RiskTerms, Status } from "./vaultTypes.ts";

/** Who an event is about and who caused it; addresses are checksummed. */
interface OfAccount {
  readonly account: AccountId;
  readonly owner: string;
  readonly actor: string;
}

/** A margin call as it was issued. The arrays follow the bits of `collateralSet`, lowest first. */
export interface CallNotice {
  readonly nonce: number;
  readonly reopened: boolean;
  readonly calledAt: bigint;
  readonly deadline: bigint;
  readonly bounty: bigint;
  readonly debtShares: bigint;
  readonly debt: bigint;
  readonly cureLevelWad: bigint;
  readonly repayAmount: bigint;
  readonly collateralSet: number;
  readonly depositAmounts: readonly bigint[];
  readonly prices36: readonly bigint[];
}

/** A take as it was carried out. */
export interface LiquidationNotice {
  readonly status: Status;
  readonly asset: string;
  readonly repaid: bigint;
  readonly insured: bigint;
  readonly seized: bigint;
  readonly discountWad: bigint;
  readonly price36: bigint;
  readonly balance: bigint;
  readonly debtShares: bigint;
  readonly debt: bigint;
  readonly auctionStart: bigint;
}

/** Weights, deepest discount and cap of a collateral, as they are set. */
export type SetTerms = Omit<CollateralTerms, "asset">;

/** The arguments of every event of a vault, under the names they have in Solidity. */
export interface VaultEventArguments {
  CollateralDeposited: OfAccount & {
    readonly asset: string;
    readonly amount: bigint;
    readonly balance: bigint;
  };
  CollateralWithdrawn: OfAccount & {
    readonly asset: string;
    readonly amount: bigint;
    readonly to: string;
    readonly balance: bigint;
  };
  Borrowed: OfAccount & {
    readonly amount: bigint;
    readonly to: string;
    readonly debtShares: bigint;
    readonly debt: bigint;
  };
  Repaid: OfAccount & { readonly amount: bigint; readonly debtShares: bigint; readonly debt: bigint };
  MarginCallOpened: OfAccount & { readonly notice: CallNotice };
  MarginCallClosed: OfAccount & {
    readonly nonce: number;
    readonly reason: CloseReason;
    readonly late: boolean;
    readonly closedAt: bigint;
    readonly healthWad: bigint;
    readonly debt: bigint;
  };
  Liquidated: OfAccount & { readonly notice: LiquidationNotice };
  BadDebtRealized: OfAccount & {
    readonly loss: bigint;
    readonly insured: bigint;
    readonly burnedShares: bigint;
    readonly insuranceShares: bigint;
    readonly totalAssets: bigint;
    readonly totalShares: bigint;
  };
  CollateralForfeited: Omit<OfAccount, "actor"> & {
    readonly asset: string;
    readonly amount: bigint;
    readonly insuranceBalance: bigint;
  };
  InterestAccrued: { readonly debtIndex: bigint; readonly interest: bigint; readonly fee: bigint };
  FeeBooked: {
    readonly fee: bigint;
    readonly insuranceShares: bigint;
    readonly recipient: string;
    readonly recipientShares: bigint;
  };
  CollateralListed: { readonly asset: string; readonly index: number; readonly terms: SetTerms };
  CollateralTermsSet: { readonly asset: string; readonly oldTerms: SetTerms; readonly newTerms: SetTerms };
  BrakeSet: { readonly asset: string; readonly burst: bigint; readonly perHour: bigint };
  BrakeDrawn: { readonly asset: string; readonly value: bigint; readonly fullAtMicros: bigint };
  OracleSet: { readonly oldOracle: string; readonly newOracle: string };
  RiskTermsSet: { readonly oldTerms: RiskTerms; readonly newTerms: RiskTerms };
  BorrowCapSet: { readonly oldCap: bigint; readonly newCap: bigint };
  FeeSet: {
    readonly oldFeeBps: bigint;
    readonly newFeeBps: bigint;
    readonly oldRecipient: string;
    readonly newRecipient: string;
  };
  /** The lenders' shares: ERC-20 and ERC-4626. */
  Transfer: { readonly from: string; readonly to: string; readonly value: bigint };
  Approval: { readonly owner: string; readonly spender: string; readonly value: bigint };
  Deposit: {
    readonly sender: string;
    readonly owner: string;
    readonly assets: bigint;
    readonly shares: bigint;
  };
  Withdraw: {
    readonly sender: string;
    readonly receiver: string;
    readonly owner: string;
    readonly assets: bigint;
    readonly shares: bigint;
  };
}

export type VaultEventName = keyof VaultEventArguments;

/** Any event of a vault; `name` tells which. Amounts are bigint, sets and counters number. */
export type VaultEvent = {
  [Name in VaultEventName]: { readonly name: Name } & VaultEventArguments[Name];
}[VaultEventName];
