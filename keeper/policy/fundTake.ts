import { BPS, mulDivDown } from "../../sdk/fixedPoint.ts";
import { Sale } from "../../sdk/flashLiquidator.ts";
import { valueDown, valueUp } from "../../sdk/healthMath.ts";
import { statusName, type VaultMoment } from "../../sdk/vaultTypes.ts";
import type { FlashItem, Skip, TakeItem } from "./action.ts";
import { bestTake, type BestTake } from "./bestTake.ts";
import { leastProfitOf, stakeOf, type Candidate } from "./candidates.ts";
import { routesOf, type FlashQuote } from "./flash.ts";
import {
  chooseFunding,
  type Funding,
  type FundingMeans,
  type FundingPlan,
  type FundingSettings,
} from "./funding.ts";
import { costOf, costPerAccount } from "./gasCost.ts";
import type { PolicySettings, Snapshot } from "./snapshot.ts";

/** The debt grows until the next block and the discount moves; the vault takes what is right and at most this more. */
const PAYMENT_ROOM_BPS = 200n;
/** What a quote promises beyond this above the oracle's price is not counted on, nor spent on gas. */
const MOST_PREMIUM_BPS = 500n;
/** Gas of selling by hand what was taken by hand. */
const LATER_SALE_GAS = 200_000n;

/** Without a flash liquidator collateral counts at the oracle's price: nobody has said that it is sold. */
const NO_SALES: Pick<FundingSettings, "keepsCollateral" | "assumedSaleCostBps" | "toleranceBps"> = {
  keepsCollateral: true,
  assumedSaleCostBps: 0n,
  toleranceBps: 0n,
};

/** What a decision about a take depends on beside the take. */
export interface FundingScene {
  readonly snapshot: Snapshot;
  readonly settings: PolicySettings;
  readonly moment: VaultMoment;
}

const NO_QUOTE: FlashQuote = { sale: undefined, purchase: undefined };

/** What of a quote can be used, and whether there was one. */
interface Usable {
  readonly quote: FlashQuote;
  readonly isKnown: boolean;
}

/**
 * The take, paid for by whichever way leaves most: out of `balance` or out of its own sale; with too little for a whole
 * one, the part that can be paid, if the vault accepts one that pays. Otherwise why not.
 */
export function fundTake(
  candidate: Candidate,
  balance: bigint,
  scene: FundingScene,
): TakeItem | FlashItem | Skip["reason"] {
  const { snapshot, settings, moment } = scene;
  const { best, assessment } = candidate;
  const payable = best.limit ?? withRoom(best.payment);
  const { quote, isKnown } = usableQuote(candidate, snapshot);
  const funding = chooseFunding(
    planOf(candidate, best, payable, quote, scene),
    // Out of its own sale only a whole tranche is paid.
    meansOf(balance, snapshot, best.limit === undefined),
    wishesOf(scene),
  );
  if (funding.kind === "flash") return flashItemOf(candidate, funding, payable, quote, snapshot);
  if (funding.kind === "inventory") return itemOf(candidate, best, payable, funding.profit, snapshot);
  const partly = payable > balance ? bestTake(assessment, moment, balance) : undefined;
  if (partly !== undefined) {
    const plan = planOf(candidate, partly, balance, undefined, scene);
    const part = chooseFunding(plan, meansOf(balance, snapshot, false), wishesOf(scene));
    if (part.kind === "inventory") return itemOf(candidate, partly, balance, part.profit, snapshot);
  }
  if (isKnown) return "swapTooDear";
  if (payable <= balance) return "notProfitable";
  return routesOf(settings.flashLiquidator, best.asset).length > 0 ? "noSwapQuote" : "quoteBalance";
}

function planOf(
  candidate: Candidate,
  { payment, gain, take: { price36 } }: BestTake,
  maxPayment: bigint,
  quote: FlashQuote | undefined,
  { snapshot, settings }: FundingScene,
): FundingPlan {
  return {
    payment,
    maxPayment,
    worth: payment + gain,
    proceeds: quote?.sale?.amount,
    costOfPayment:
      quote?.purchase &&
      larger(valueUp(quote.purchase.amount, price36), lessShareUp(payment, MOST_PREMIUM_BPS)),
    leastProfit: leastProfitOf(candidate, snapshot, settings),
  };
}

function meansOf(inventory: bigint, { gas, flash }: Snapshot, mayFlash: boolean): FundingMeans {
  return {
    inventory,
    hasFlash: mayFlash && flash !== undefined,
    // Candidates are takes whose gas has a price.
    inventoryGasCost: costPerAccount(gas, "take") ?? 0n,
    flashGasCost: costPerAccount(gas, "flashTake") ?? 0n,
  };
}

function wishesOf({ snapshot: { gas }, settings }: FundingScene): FundingSettings {
  const { keepsCollateral, assumedSaleCostBps, toleranceBps } = settings.flashLiquidator ?? NO_SALES;
  const laterSaleGasCost = costOf(gas, LATER_SALE_GAS) ?? 0n;
  return { keepsCollateral, assumedSaleCostBps, toleranceBps, laterSaleGasCost };
}

/** As far as it is believed, and without what the contract would refuse; `isKnown` when pools have given an answer. */
function usableQuote({ assessment, best }: Candidate, { flash }: Snapshot): Usable {
  const asked = flash?.quotes.get(assessment.id);
  if (flash === undefined || asked === undefined) return { quote: NO_QUOTE, isKnown: false };
  const { payment, gain, take } = best;
  const worth = payment + gain;
  const { sale, purchase } = asked;
  const isAllowed = (received: bigint, sold: bigint) => received >= lessShareUp(sold, flash.maxSlippageBps);
  const isSaleAllowed = sale !== undefined && isAllowed(sale.amount, worth);
  const isPurchaseAllowed =
    purchase !== undefined && isAllowed(payment, valueDown(purchase.amount, take.price36));
  return {
    quote: {
      sale: isSaleAllowed ? { ...sale, amount: smaller(sale.amount, plusShare(worth)) } : undefined,
      purchase: isPurchaseAllowed ? purchase : undefined,
    },
    isKnown: sale !== undefined || purchase !== undefined,
  };
}

function flashItemOf(
  candidate: Candidate,
  { sale, profit, minProfit }: Extract<Funding, { kind: "flash" }>,
  maxRepay: bigint,
  quote: FlashQuote,
  snapshot: Snapshot,
): FlashItem {
  const path = (sale === Sale.All ? quote.sale : quote.purchase)?.path;
  if (path === undefined) throw new Error("a sale without a path");
  return {
    ...commonOf(candidate, candidate.best),
    maxRepay,
    // The least profit says it better.
    minSeized: 0n,
    gain: profit + (costPerAccount(snapshot.gas, "flashTake") ?? 0n),
    loss: lossOf(profit),
    sale,
    minProfit,
    path,
  };
}

function itemOf(
  candidate: Candidate,
  best: BestTake,
  maxRepay: bigint,
  profit: bigint,
  { gas }: Snapshot,
): TakeItem {
  const cost = costPerAccount(gas, "take") ?? 0n;
  const gain = profit + cost;
  const loss = lossOf(profit);
  return {
    ...commonOf(candidate, best),
    maxRepay,
    // Somebody may repay a little first; what is left must still pay for the gas, or the take is not worth doing.
    minSeized: loss === 0n && gain > 0n ? mulDivDown(best.take.seized, cost < gain ? cost : gain, gain) : 0n,
    gain,
    loss,
  };
}

function commonOf(
  { assessment }: Candidate,
  best: BestTake,
): Pick<TakeItem, "account" | "asset" | "payment" | "stake" | "reason"> {
  const { id, status, isLot } = assessment;
  const percent = Number((best.take.discountWad * BPS) / 10n ** 18n) / 100;
  return {
    account: id,
    asset: best.asset,
    payment: best.payment,
    stake: stakeOf({ assessment, best }),
    reason: `${isLot ? "forfeited" : statusName(status)} at a discount of ${percent} %`,
  };
}

function withRoom(payment: bigint): bigint {
  return payment + mulDivDown(payment, PAYMENT_ROOM_BPS, BPS) + 1n;
}

/** What an amount is less a share of it, rounded up. */
function lessShareUp(amount: bigint, shareBps: bigint): bigint {
  return amount - mulDivDown(amount, shareBps, BPS);
}

function plusShare(worth: bigint): bigint {
  return worth + mulDivDown(worth, MOST_PREMIUM_BPS, BPS);
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function lossOf(profit: bigint): bigint {
  return profit < 0n ? -profit : 0n;
}
