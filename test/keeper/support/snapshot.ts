import type { AccountId } from "../../../sdk/accountId.ts";
import { unstoppedMoment, type ClockState } from "../../../sdk/clockState.ts";
import type { AccountState, CollateralTerms } from "../../../sdk/vaultTypes.ts";
import { GasBook } from "../../../keeper/executors/gasBook.ts";
import { NEW_VAULT } from "../../../keeper/book/vaultRecord.ts";
import type { PolicySettings, Snapshot } from "../../../keeper/policy/snapshot.ts";
import { VAULT } from "./vaultLogs.ts";

export const USDC = 10n ** 6n;
export const ETHER = 10n ** 18n;
export const GWEI = 10n ** 9n;
/** 12 s before `ACT_AT`. */
export const NOW = 1_900_000_000n;
export const ACT_AT = NOW + 12n;

/** Price36 of a collateral of 18 decimals at a price in whole quote units of 6. */
export function price36(price: number): bigint {
  return BigInt(Math.round(price * 100)) * 10n ** 22n;
}

export const WETH: CollateralTerms = {
  asset: "0x00000000000000000000000000000000000000C1",
  initialBps: 7600n,
  maintenanceBps: 8020n,
  liquidationBps: 8740n,
  maxDiscountBps: 800n,
  cap: 10n ** 30n,
};
/** A second collateral with a lower maintenance weight. */
export const ALT: CollateralTerms = {
  ...WETH,
  asset: "0x00000000000000000000000000000000000000C2",
  initialBps: 7000n,
  maintenanceBps: 7500n,
};

/** The protocol's clock, which has never stood still. */
export const RUNNING: ClockState = {
  timestamp: NOW,
  moment: unstoppedMoment(NOW),
  callingPausedUntil: 0n,
  liquidationPausedUntil: 0n,
  isSequencerDown: false,
};

/** Debt index 1 quote base unit a share: shares and debt are the same number. No interest accrues. */
export function snapshotOf(
  accounts: readonly (readonly [AccountId, AccountState])[],
  changes: Partial<Snapshot> = {},
): Snapshot {
  const gasBook = new GasBook();
  return {
    block: { number: 100, timestamp: NOW },
    actAt: ACT_AT,
    clock: RUNNING,
    vaultAddress: VAULT,
    accounts: new Map(accounts),
    vault: {
      ...NEW_VAULT,
      pool: {
        ...NEW_VAULT.pool,
        debtIndex: 10n ** 27n,
        cash: 10n ** 13n,
        totalDebtShares: accounts.reduce((sum, [, { debtShares }]) => sum + debtShares, 0n),
        accruedAt: NOW,
      },
      risk: {
        minimumDebt: 100n * USDC,
        dustValue: 10n * USDC,
        maxBounty: 5n * USDC,
        minGraceSeconds: 900n,
        maxGraceSeconds: 14_400n,
        auctionSeconds: 3_600n,
        rampSeconds: 1_800n,
      },
      collaterals: [WETH, ALT],
    },
    rates: { kinkWad: ETHER / 2n, baseRateWad: 0n, kinkRateWad: 0n, fullRateWad: 0n },
    prices: { available: true, freshSet: 3, price36: [price36(2_000), price36(1_000)] },
    opinions: ["none", "none"],
    brake: { wasEngaged: false, isConfirmed: false },
    gas: {
      // 250,000 gas at 1 gwei and 2,000 USDC an ether: a take costs 0.5 USDC.
      weiPerGas: GWEI,
      nativePrice36: price36(2_000),
      perAccount: gasBook.perAccount,
      limitPerAccount: gasBook.limitPerAccount,
    },
    wallet: { quote: 10n ** 12n, allowance: 10n ** 12n, native: ETHER },
    busy: new Set(),
    busyDuties: new Set(),
    spentToday: new Map(),
    lastRecordAt: NOW,
    lastBookFeeAt: NOW,
    ...changes,
  };
}

export const SETTINGS: PolicySettings = {
  profitMargin: 1n * USDC,
  criticalAtAnyProfit: true,
  criticalLossPerAccountPerDay: 10n * USDC,
  allowanceCeiling: undefined,
  minimumCallDebt: 0n,
  callsPerTransaction: 150,
  takesPerTransaction: 20,
  maxGasPerTransaction: 16_000_000,
  recordEverySeconds: 14_400,
  bookFeeEverySeconds: 604_800,
  housekeepingMaxCost: 2n * USDC,
  pokeMaxCost: 20n * USDC,
  pokeAfterRounds: 24,
  // Never: what else is decided does not depend on how many it is about.
  brake: { maxShareBps: 10_000, minAccounts: 20 },
};
