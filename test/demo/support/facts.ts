import type { CheckTerms } from "../../../scripts/demo/check/arithmetic.ts";
import type { AccountFacts, VaultFacts } from "../../../scripts/demo/check/facts.ts";

export const WAD = 10n ** 18n;
export const USDC = 10n ** 6n;
export const ETHER = 10n ** 18n;
export const NOW = 1_700_000_000n;

export const TERMS: CheckTerms = {
  collaterals: [
    { decimals: 18, initialBps: 7600n, maintenanceBps: 8000n, liquidationBps: 8740n, maxDiscountBps: 800n },
    { decimals: 8, initialBps: 7800n, maintenanceBps: 8150n, liquidationBps: 8740n, maxDiscountBps: 800n },
  ],
  quoteDecimals: 6,
  maxAgeSeconds: 3_900n,
  deadAgeSeconds: 259_200n,
  rates: {
    kinkWad: (9n * WAD) / 10n,
    baseRateWad: 0n,
    kinkRateWad: (6n * WAD) / 100n,
    fullRateWad: (6n * WAD) / 10n,
  },
  minimumDebt: 100n * USDC,
  dustValue: 10n * USDC,
  minGraceSeconds: 900n,
  auctionSeconds: 3_600n,
  rampSeconds: 1_800n,
};

/** A vault at rest: ether at 2,000 dollars, bitcoin at 30,000, everything just updated. */
export function vaultFacts(changes: Partial<VaultFacts> = {}): VaultFacts {
  const token = { vaultBalance: 0n, supply: 0n, recordedTotal: 0n, updatedAt: NOW };
  return {
    block: 1,
    at: NOW,
    baseFeeWei: 8_000_000_000n,
    uptime: NOW,
    cash: 0n,
    debtIndex: 10n ** 24n,
    totalDebtShares: 0n,
    unbookedFee: 0n,
    accruedAt: NOW,
    shareSupply: 0n,
    insuranceShares: 0n,
    sequencer: [{ isDown: false, startedAt: NOW - 1_000_000n }],
    tokens: [
      { ...token, answer: 10n ** 8n },
      { ...token, answer: 2_000n * 10n ** 8n },
      { ...token, answer: 30_000n * 10n ** 8n },
    ],
    ...changes,
  };
}

/** An account with a debt in quote base units while the index stands at its beginning. */
export function accountFacts(
  debt: bigint,
  amounts: readonly bigint[],
  changes: Partial<AccountFacts> = {},
): AccountFacts {
  return {
    status: undefined,
    collateralSet: amounts.reduce((set, amount, j) => (amount > 0n ? set | (1 << j) : set), 0),
    callNonce: 0,
    calledAt: 0n,
    deadline: 0n,
    auctionStart: 0n,
    closedLateAt: 0n,
    debtShares: debt * 1_000n,
    amounts,
    ...changes,
  };
}
