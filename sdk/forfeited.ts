import { auctionDiscountWad } from "./auctionMath.ts";
import { auctionStartAt, elapsedSince, statusAt } from "./callClock.ts";
import { checkBrake, chooseCollateral, NO_TAKE, type Take, type TakeRequest } from "./liquidation.ts";
import { reachUp, seizedDown, type Lot } from "./trancheMath.ts";
import { Refusal, Status, type AccountState, type VaultMoment } from "./vaultTypes.ts";

/*
 * What defaults leave to the insurance: lots, the accounts that the vault itself owns, one for each collateral and
 * numbered like it. They never owe anything; a call on one is its sale. `isOwnedBy(account, vault)` tells them apart.
 */

/** What `openCall` would do for a lot. */
export type SaleOpening =
  | { readonly refusal: Exclude<Refusal, typeof Refusal.None> }
  | {
      readonly refusal: typeof Refusal.None;
      /** True when it follows a sale that found no end. */
      readonly reopened: boolean;
      /** Uptime at which the auction begins. */
      readonly deadline: bigint;
    };

/** What `openCall` would do for a lot at this moment, `CallLogic._openSale`. */
export function workSaleOpening(lot: AccountState, moment: VaultMoment): SaleOpening {
  const { prices, risk, clock } = moment;
  if (lot.collateralSet === 0) return { refusal: Refusal.NotCallable };
  if (clock.isCallingPaused) return { refusal: Refusal.Paused };
  if (!prices.available) return { refusal: Refusal.OracleUnavailable };
  if ((lot.collateralSet & ~prices.freshSet) !== 0) return { refusal: Refusal.PriceNotFresh };
  const reopened = lot.deadline !== 0n;
  if (reopened && statusOfLot(lot, moment) !== Status.Lapsed) return { refusal: Refusal.NotCallable };
  return { refusal: Refusal.None, reopened, deadline: clock.uptime + risk.minGraceSeconds };
}

/**
 * The gate and the calculation of a purchase out of a lot, `LiquidationLogic._workForfeited`. What is paid is the
 * insurance's, `insured`; a take is at least a quarter of the lot or all of it.
 */
export function workSale(lot: AccountState, moment: VaultMoment, request: TakeRequest): Take {
  const { prices, clock } = moment;
  if (!prices.available) return { ...NO_TAKE, refusal: Refusal.OracleUnavailable };
  if (clock.isLiquidationPaused) return { ...NO_TAKE, refusal: Refusal.Paused };
  const opened: Take = { ...NO_TAKE, status: statusOfLot(lot, moment) };
  if (opened.status !== Status.Expired) return { ...opened, refusal: Refusal.NotLiquidatable };
  const chosen = chooseCollateral(lot, prices, request.number, opened);
  if (chosen.refusal !== Refusal.None) return chosen;
  const offer = offerOf(lot, moment, chosen);
  const reach = reachUp(offer);
  const insured = request.maxRepay < reach ? request.maxRepay : reach;
  const empties = insured === reach;
  const seized = empties ? offer.amount : seizedDown(offer, insured);
  const sized: Take = { ...chosen, discountWad: offer.discountWad, insured, empties, seized };
  const least = (reach + 3n) / 4n;
  if (seized === 0n || (insured < least && !empties)) {
    return { ...sized, refusal: Refusal.TakeTooSmall, wanted: least, found: insured };
  }
  const minSeized = request.minSeized ?? 0n;
  return seized < minSeized
    ? { ...sized, refusal: Refusal.SeizedTooLittle, wanted: minSeized, found: seized }
    : checkBrake(sized, moment);
}

/** `Healthy` before the sale, `Called` up to its auction, `Expired` while that runs, `Lapsed` after it. */
export function statusOfLot(lot: AccountState, { risk, clock }: VaultMoment): Status {
  return statusAt(NO_TAKE.before, lot, risk.auctionSeconds, clock);
}

function offerOf(lot: AccountState, moment: VaultMoment, { number, price36 }: Take): Lot {
  const { clock, risk } = moment;
  const terms = moment.collaterals[number];
  if (terms === undefined) throw new RangeError(`no terms of collateral ${number}`);
  const elapsed = elapsedSince(auctionStartAt(lot, clock), clock.uptime);
  const discountWad = auctionDiscountWad(elapsed, terms.maxDiscountBps, risk.rampSeconds);
  // Weights play no part: nobody owes anything against it.
  return {
    amount: lot.collateral[number] ?? 0n,
    price36,
    maintenanceBps: 0n,
    liquidationBps: 0n,
    discountWad,
  };
}
