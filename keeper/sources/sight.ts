import type { AccountId } from "../../sdk/accountId.ts";
import type { ClockState } from "../../sdk/clockState.ts";
import type { Margin } from "../../sdk/margin.ts";
import type { AccountState, Prices } from "../../sdk/vaultTypes.ts";
import type { Wallet } from "../policy/snapshot.ts";

/** What a block's state says beside the logs. */
export interface Sight {
  readonly prices: Prices;
  readonly clock: ClockState;
  /** By the keepers asked for. */
  readonly wallets: readonly Wallet[];
  /** By the feeds asked for; undefined for a silent one. */
  readonly answers: readonly (FeedAnswer | undefined)[];
  /** What to hold the book against; undefined from an endpoint that cannot show it. */
  readonly vault: VaultSeen | undefined;
}

/** A feed's last answer, above zero, and the block time at which it was given. */
export interface FeedAnswer {
  readonly answer: bigint;
  readonly updatedAt: bigint;
}

/** The vault as it is stored, for comparison with what logs made of it. Amounts in base units. */
export interface VaultSeen {
  readonly cash: bigint;
  readonly debtIndex: bigint;
  readonly totalDebtShares: bigint;
  readonly unbookedFee: bigint;
  readonly accruedAt: bigint;
  /** What all accounts hold of each collateral, by number. */
  readonly collateralTotals: readonly bigint[];
  readonly accounts: ReadonlyMap<AccountId, AccountSeen>;
}

/** An account as the vault has it; `margin` is undefined where the vault cannot value it. */
export interface AccountSeen {
  readonly state: AccountState;
  readonly margin: Margin | undefined;
}
