/*
 * The demo's own judgement of an account, written from the design page and from nothing else: it shares no code with
 * the contracts or with sdk/, so that an error would have to be made twice to stay hidden. Integers throughout.
 */
import type { AccountFacts, TokenFacts, VaultFacts } from "./facts.ts";

/** What the vault was deployed with and the check takes as given. */
export interface CheckTerms {
  /** By the collateral's number. */
  readonly collaterals: readonly CheckCollateral[];
  readonly quoteDecimals: number;
  readonly maxAgeSeconds: bigint;
  readonly deadAgeSeconds: bigint;
  readonly rates: CheckRates;
  readonly minimumDebt: bigint;
  readonly dustValue: bigint;
  readonly minGraceSeconds: bigint;
  readonly auctionSeconds: bigint;
  readonly rampSeconds: bigint;
}

export interface CheckCollateral {
  readonly decimals: number;
  readonly initialBps: bigint;
  readonly maintenanceBps: bigint;
  readonly liquidationBps: bigint;
  readonly maxDiscountBps: bigint;
}

/** The kinked curve, per year, times 1e18. */
export interface CheckRates {
  readonly kinkWad: bigint;
  readonly baseRateWad: bigint;
  readonly kinkRateWad: bigint;
  readonly fullRateWad: bigint;
}

export interface CheckPrice {
  /** Quote base units per base unit, times 1e36; zero when dead. */
  readonly price36: bigint;
  readonly fresh: boolean;
}

/** An account in numbers, quote base units. */
export interface Standing {
  readonly value: bigint;
  readonly maintenanceValue: bigint;
  readonly liquidationValue: bigint;
  readonly debt: bigint;
  readonly status: CheckStatus;
}

/** In the order of the contract's enum: the index is its number. */
export const STATUSES = [
  "Healthy",
  "Warned",
  "Callable",
  "Called",
  "Recovering",
  "Expired",
  "Lapsed",
  "Critical",
  "Insolvent",
] as const;
export type CheckStatus = (typeof STATUSES)[number];

export const WAD = 10n ** 18n;
const BPS = 10n ** 4n;
const RAY27 = 10n ** 27n;
const YEAR_SECONDS = 31_557_600n;
const MAX_PRICE36 = 1n << 184n;
const MAX_HEALTH_WAD = (1n << 256n) - 1n;

/** The debt index with the interest since the last accrual. */
export function debtIndexAt(vault: VaultFacts, rates: CheckRates): bigint {
  const seconds = vault.at - vault.accruedAt;
  if (seconds === 0n || vault.totalDebtShares === 0n) return vault.debtIndex;
  const debt = (vault.totalDebtShares * vault.debtIndex) / RAY27;
  const x = rateOf(vault.cash, debt, rates) * seconds;
  const square = (x * x) / (2n * WAD);
  const growth = x + square + (square * x) / (3n * WAD);
  return vault.debtIndex + (vault.debtIndex * growth) / WAD;
}

function rateOf(cash: bigint, debt: bigint, rates: CheckRates): bigint {
  if (debt === 0n) return rates.baseRateWad / YEAR_SECONDS;
  const used = (debt * WAD) / (cash + debt);
  const yearly =
    used <= rates.kinkWad
      ? rates.baseRateWad + ((rates.kinkRateWad - rates.baseRateWad) * used) / rates.kinkWad
      : rates.kinkRateWad +
        ((rates.fullRateWad - rates.kinkRateWad) * (used - rates.kinkWad)) / (WAD - rates.kinkWad);
  return yearly / YEAR_SECONDS;
}

/** The collaterals' prices by number, from the rounds of their feeds and of the quote asset's. */
export function pricesOf(vault: VaultFacts, terms: CheckTerms): CheckPrice[] {
  const [quote, ...tokens] = vault.tokens;
  if (quote === undefined) throw new Error("The check was given no quote asset.");
  const quoteFresh = vault.at - quote.updatedAt <= terms.maxAgeSeconds;
  return tokens.map((token, j) => {
    const age = vault.at - token.updatedAt;
    if (age > terms.deadAgeSeconds) return { price36: 0n, fresh: false };
    const price36 = scaledPrice(token, quote, terms.collaterals[j]?.decimals ?? 18, terms.quoteDecimals);
    const usable = price36 < MAX_PRICE36 ? price36 : 0n;
    return { price36: usable, fresh: usable > 0n && quoteFresh && age <= terms.maxAgeSeconds };
  });
}

function scaledPrice(token: TokenFacts, quote: TokenFacts, decimals: number, quoteDecimals: number): bigint {
  // Both feeds have eight decimals, which cancel out.
  return (token.answer * 10n ** BigInt(36 + quoteDecimals - decimals)) / quote.answer;
}

/** Where an account stands at a block; deadline and auction as the clock has them. */
export function standingOf(
  account: AccountFacts,
  prices: readonly CheckPrice[],
  debtIndex: bigint,
  uptime: bigint,
  terms: CheckTerms,
): Standing {
  let [value, maintenance, liquidation] = [0n, 0n, 0n];
  for (const [j, { maintenanceBps, liquidationBps }] of terms.collaterals.entries()) {
    const worth = ((account.amounts[j] ?? 0n) * (prices[j]?.price36 ?? 0n)) / 10n ** 36n;
    value += worth;
    maintenance += worth * maintenanceBps;
    liquidation += worth * liquidationBps;
  }
  const maintenanceValue = maintenance / BPS;
  const liquidationValue = liquidation / BPS;
  const debt = (account.debtShares * debtIndex + RAY27 - 1n) / RAY27;
  const status = statusOf(
    { value, maintenanceValue, liquidationValue, debt },
    account,
    uptime,
    terms.auctionSeconds,
  );
  return { value, maintenanceValue, liquidationValue, debt, status };
}

/** The most severe status that holds, from the table of the design page. */
function statusOf(
  numbers: Omit<Standing, "status">,
  { deadline, auctionStart }: AccountFacts,
  uptime: bigint,
  auctionSeconds: bigint,
): CheckStatus {
  const { value, maintenanceValue, liquidationValue, debt } = numbers;
  if (value < debt) return "Insolvent";
  if (liquidationValue < debt) return "Critical";
  const called = deadline !== 0n;
  if (called && uptime < deadline) return "Called";
  // A call without debt sells what a default left to the insurance; it ends by being sold.
  if (called && maintenanceValue >= debt && debt > 0n) return "Recovering";
  if (called) return uptime < auctionStart + auctionSeconds ? "Expired" : "Lapsed";
  if (maintenanceValue < debt) return "Callable";
  return 10n * maintenanceValue < 11n * debt ? "Warned" : "Healthy";
}

/** The health factor times 1e18, rounded down; the largest uint256 without debt. */
export function healthWadOf({ maintenanceValue, debt }: Standing): bigint {
  return debt === 0n ? MAX_HEALTH_WAD : (maintenanceValue * WAD) / debt;
}
