import type { AccountId } from "../../sdk/accountId.ts";
import type { ClockState } from "../../sdk/clockState.ts";
import type { KinkedRates } from "../../sdk/interest.ts";
import type { AccountState, Prices } from "../../sdk/vaultTypes.ts";
import type { VaultRecord } from "../book/vaultRecord.ts";
import type { FlashSettings, FlashView } from "./flash.ts";
import type { BrakeSettings, BrakeState } from "./brake.ts";
import type { PokeView } from "./poke.ts";
import type { StandbySettings, StandbyView } from "./standby.ts";
import type { PriceOpinion } from "./secondOpinion.ts";

/** Everything a decision depends on, at one block. Nothing in it changes while it is looked at. */
export interface Snapshot {
  readonly block: { readonly number: number; readonly timestamp: bigint };
  /** When the next block is expected, which is where an action takes effect; seconds since 1970. */
  readonly actAt: bigint;
  /** The protocol's clock at the block, which is not block time once it has stood still. */
  readonly clock: ClockState;
  /** Its own accounts are what defaults have left. */
  readonly vaultAddress: string;
  /** Everybody that something may have to be done about; who else is in it changes nothing. */
  readonly accounts: ReadonlyMap<AccountId, AccountState>;
  readonly vault: VaultRecord;
  readonly rates: KinkedRates;
  readonly prices: Prices;
  /** What second sources say of the prices, by collateral number. */
  readonly opinions: readonly PriceOpinion[];
  readonly brake: BrakeState;
  /** Undefined for who is first in the row and leaves nothing to anybody. */
  readonly standby?: StandbyView | undefined;
  readonly gas: GasView;
  readonly wallet: Wallet;
  /** Undefined where there is no flash liquidator, or none that would serve this keeper now. */
  readonly flash?: FlashView | undefined;
  /** Accounts that a transaction on its way acts upon, or that refused lately: nothing is planned for them. */
  readonly busy: ReadonlySet<AccountId>;
  /** Quote base units lost so far in this day of block time on critical accounts. */
  readonly spentToday: ReadonlyMap<AccountId, bigint>;
  /** Of one collateral a block; undefined where its weights follow no volatility, or nobody knows. */
  readonly poke?: PokeView | undefined;
  /** Whether an approval, a recording, a fee booking or a poke is on its way. */
  readonly busyDuties: ReadonlySet<string>;
  /** Block time at which these were last done. */
  readonly lastRecordAt: bigint;
  readonly lastBookFeeAt: bigint;
}

/** What gas costs and what things take of it. */
export interface GasView {
  /** Wei for a unit of gas in the next block, tip included. */
  readonly weiPerGas: bigint;
  /** Quote base units for a wei, times 1e36; undefined while nobody knows. */
  readonly nativePrice36: bigint | undefined;
  /** Gas one account takes, by duty, as learned from receipts. */
  readonly perAccount: Readonly<Record<GasKind, bigint>>;
  /** Gas to allow for one account, by duty: never less than the first guess, however little was seen. */
  readonly limitPerAccount: Readonly<Record<GasKind, bigint>>;
}

export type GasKind = "take" | "flashTake" | "open" | "close" | "bookLoss" | "housekeeping" | "poke";

/** What the keeper can pay with. Quote base units and wei. */
export interface Wallet {
  readonly quote: bigint;
  readonly allowance: bigint;
  readonly native: bigint;
}

/** The operator's wishes, as far as deciding needs them. Amounts are quote base units. */
export interface PolicySettings {
  /** What a liquidation has to earn on top of its gas. */
  readonly profitMargin: bigint;
  readonly criticalAtAnyProfit: boolean;
  readonly criticalLossPerAccountPerDay: bigint;
  /** Undefined: exactly what the next liquidations need. */
  readonly allowanceCeiling: bigint | undefined;
  /** Accounts that owe less are not called. */
  readonly minimumCallDebt: bigint;
  readonly callsPerTransaction: number;
  readonly takesPerTransaction: number;
  readonly maxGasPerTransaction: number;
  readonly recordEverySeconds: number;
  readonly bookFeeEverySeconds: number;
  readonly housekeepingMaxCost: bigint;
  /** For a poke that tightens a weight. */
  readonly pokeMaxCost: bigint;
  /** A gauge may lag by fewer rounds than these. */
  readonly pokeAfterRounds: number;
  /** Undefined without a flash liquidator: all takes are paid for by hand. */
  readonly flashLiquidator?: FlashSettings | undefined;
  readonly brake: BrakeSettings;
  /** Undefined: first in the row. */
  readonly standby?: StandbySettings | undefined;
}
