import type { AccountId } from "./accountId.ts";
import type { Margin } from "./margin.ts";
import type { Moment, RiskTerms } from "./vaultTypes.ts";

/*
 * What `VaultLens` answers, as plain objects: integers as bigint, but for a status and the numbers of collaterals.
 * Amounts in base units, prices times 1e36, times in uptime, unless said otherwise; `IVaultLens.sol` says each in full.
 */

/** What was asked is known; or why it is not. */
export type Reading =
  | { readonly known: true }
  | {
      readonly known: false;
      /** The error's data as hex; `0x` where what was read ran out of its gas, is no answer, or was not asked for. */
      readonly reason: string;
      /** It in a sentence. */
      readonly sentence: string;
    };

/** A listed collateral; its number is its place in the list. */
export interface CollateralSeen {
  readonly asset: string;
  readonly terms: {
    readonly initialBps: bigint;
    readonly maintenanceBps: bigint;
    readonly liquidationBps: bigint;
    readonly maxDiscountBps: bigint;
    readonly cap: bigint;
  };
  readonly total: bigint;
  readonly price36: bigint;
  readonly fresh: boolean;
  readonly disputed: boolean;
}

/** What decides about every account alike. */
export interface VaultSeen {
  readonly terms: Reading;
  readonly riskTerms: RiskTerms;
  readonly collaterals: readonly CollateralSeen[];
  readonly debtIndex: bigint;
  readonly oracle: string;
  readonly clock: string;
  readonly prices: Reading;
  readonly time: Reading;
  readonly moment: Moment;
}

/** The vault's books with interest up to now, quote base units. */
export interface PoolSeen {
  readonly reading: Reading;
  readonly cash: bigint;
  readonly debt: bigint;
  readonly assets: bigint;
  readonly shares: bigint;
  readonly feeBps: bigint;
  readonly feeRecipient: string;
  /** Whole quote tokens; the largest uint32 is no cap. */
  readonly borrowCap: bigint;
  readonly utilisationWad: bigint;
  readonly borrowRatePerSecondWad: bigint;
  readonly supplyRatePerSecondWad: bigint;
  readonly insuranceShares: bigint;
  readonly insuranceAssets: bigint;
  /** The insurance as a share of all debt, times 1e18; the largest uint256 without debt. */
  readonly insuranceRatioWad: bigint;
}

/** A lender's part. */
export interface LenderSeen {
  readonly reading: Reading;
  readonly shares: bigint;
  readonly assets: bigint;
  readonly withdrawable: bigint;
  readonly redeemable: bigint;
}

/** A feed's latest round, in unix seconds. */
export interface RoundSeen {
  readonly known: boolean;
  readonly roundId: bigint;
  readonly answer: bigint;
  readonly startedAt: bigint;
  readonly updatedAt: bigint;
}

/** What the vault stands on. The lists go by collateral number. */
export interface DetailsSeen {
  readonly stops: {
    readonly reading: Reading;
    readonly downtime: bigint;
    /** Unix seconds. */
    readonly callingPausedUntil: bigint;
    readonly liquidationPausedUntil: bigint;
    readonly sequencer: RoundSeen;
  };
  readonly feeds: readonly {
    readonly reading: Reading;
    readonly feed: string;
    readonly maxAgeSeconds: bigint;
    readonly deadAgeSeconds: bigint;
    readonly round: RoundSeen;
  }[];
  readonly volatilities: readonly {
    readonly reading: Reading;
    readonly terms: {
      readonly gauge: string;
      readonly slopeBps: bigint;
      readonly capBps: bigint;
      readonly initialBps: bigint;
      readonly maintenanceBps: bigint;
      readonly loweredAt: bigint;
    };
    readonly volatilityWad: bigint;
    readonly targetInitialBps: bigint;
    readonly targetMaintenanceBps: bigint;
  }[];
  /** How much may be sold above the floor now, quote base units; the largest uint256 without a brake. */
  readonly brakes: readonly {
    readonly reading: Reading;
    readonly room: bigint;
    readonly burst: bigint;
    readonly perHour: bigint;
  }[];
}

/** What an account holds of one collateral, and what would become of it. */
export interface HoldingSeen {
  readonly number: number;
  readonly amount: bigint;
  readonly value: bigint;
  /** The largest uint256 where it cannot cure. */
  readonly cure: { readonly deposit: bigint; readonly sell: bigint; readonly repayFromSale: bigint };
  /** The highest prices at which it is so; zero for none, the largest uint256 for all. */
  readonly triggers: {
    readonly warningPrice36: bigint;
    readonly callPrice36: bigint;
    readonly floorPrice36: bigint;
  };
  readonly take: {
    /** Known: `liquidate` takes all that may be taken at once, now. A part may pass where it is `Braked`. */
    readonly reading: Reading;
    readonly discountWad: bigint;
    /** The largest uint256 where the discount asked for never comes. */
    readonly reachedAt: bigint;
    readonly repaid: bigint;
    readonly insured: bigint;
    readonly seized: bigint;
  };
}

/** An account as the vault has it, or why it is not known. */
export type AccountSeen = AccountView | UnknownAccount;

/** An account that could not be read. */
export interface UnknownAccount {
  readonly account: AccountId;
  readonly reading: Exclude<Reading, { readonly known: true }>;
}

/** An account as the vault has it. */
export interface AccountView {
  readonly account: AccountId;
  readonly reading: Extract<Reading, { readonly known: true }>;
  readonly state: {
    readonly collateralSet: bigint;
    readonly callNonce: bigint;
    readonly calledAt: bigint;
    readonly deadline: bigint;
    readonly auctionStart: bigint;
    readonly closedLateAt: bigint;
    readonly debtShares: bigint;
  };
  readonly debt: bigint;
  readonly holdings: readonly HoldingSeen[];
  /** Of all that follows, and of what holdings say beside number and amount. */
  readonly valuation: Reading;
  readonly margin: Margin;
  readonly cureRepay: bigint;
  readonly mayOpenCall: boolean;
  readonly bounty: bigint;
  readonly mayCloseCall: boolean;
  readonly unbookedLoss: bigint;
}

/** Everything asked for, at one block. */
export interface LensAnswer {
  readonly blockNumber: bigint;
  readonly timestamp: bigint;
  readonly vault: VaultSeen;
  readonly pool: PoolSeen;
  readonly lender: LenderSeen;
  readonly details: DetailsSeen;
  readonly accounts: readonly AccountSeen[];
  /** The sum of their unbooked losses. */
  readonly unbookedLoss: bigint;
  /** How many of them could not be valued and may have losses as well. */
  readonly unvalued: number;
}

/** Some of an owner's accounts. */
export interface OwnedAccounts {
  /** Unknown: the vault gave no answer for the sub-account `next`. */
  readonly reading: Reading;
  readonly accounts: readonly AccountId[];
  /** The sub-account to go on with. */
  readonly next: bigint;
}
