import { bestTake, type BestTake } from "../../../keeper/policy/bestTake.ts";
import { isCritical, isLiquidatable } from "../../../keeper/policy/candidates.ts";
import { statusAt } from "../../../sdk/callClock.ts";
import { BPS, MAX_UINT256 } from "../../../sdk/fixedPoint.ts";
import { valueDown } from "../../../sdk/healthMath.ts";
import { valuationOf } from "../../../sdk/valuation.ts";
import { Status, type AccountState, type VaultMoment } from "../../../sdk/vaultTypes.ts";
import type { VaultModel } from "./vaultModel.ts";

/** More than any account owes; `bestTake` multiplies it. */
const ANY_AMOUNT = MAX_UINT256 >> 64n;

interface Stake {
  readonly index: number;
  readonly isCritical: boolean;
  readonly repaid: bigint;
}

/**
 * A keeper that is never late, never short of money and pays for no gas: it calls at once, takes as soon as what it
 * takes leaves it with the hurdle, in the order of the real one, and closes what may be closed.
 */
export class IdealKeeper {
  readonly #hurdleBps: bigint;

  /** @param hurdleBps What a take has to leave, of the worth taken. */
  constructor(hurdleBps: bigint) {
    this.#hurdleBps = hurdleBps;
  }

  /** Does all that is worth doing. Returns the accounts that it would have taken but for the brake. */
  act(vault: VaultModel): number[] {
    const waiting: number[] = [];
    const concerned = vault.accounts.flatMap((account, index) =>
      isConcerned(account, vault.moment) ? [index] : [],
    );
    for (const { index } of this.#stakes(vault, concerned)) {
      // Below the floor one take may leave the account where another is due at once.
      while (this.#takeOnce(vault, index));
      if (this.#bestOf(vault.account(index), withoutBrakes(vault.moment)) !== undefined) waiting.push(index);
    }
    for (const index of concerned) {
      vault.bookLoss(index);
      vault.open(index);
      vault.close(index);
    }
    return waiting;
  }

  /** What would be taken without a brake, most urgent first. */
  #stakes(vault: VaultModel, concerned: readonly number[]): Stake[] {
    const free = withoutBrakes(vault.moment);
    const stakes = concerned.flatMap((index): Stake[] => {
      const best = this.#bestOf(vault.account(index), free);
      if (best === undefined) return [];
      return [{ index, isCritical: isCritical(best.take.status), repaid: best.take.repaid }];
    });
    return stakes.sort((a, b) => {
      if (a.isCritical !== b.isCritical) return a.isCritical ? -1 : 1;
      return a.repaid === b.repaid ? a.index - b.index : a.repaid > b.repaid ? -1 : 1;
    });
  }

  #takeOnce(vault: VaultModel, index: number): boolean {
    const best = this.#bestOf(vault.account(index), vault.moment);
    if (best === undefined) return false;
    vault.take(index, best.take, best.limit ?? ANY_AMOUNT);
    return true;
  }

  /** The take that earns most, if it earns the hurdle. */
  #bestOf(account: AccountState, moment: VaultMoment): BestTake | undefined {
    if (account.debtShares === 0n || !isLiquidatable(statusOf(account, moment))) return undefined;
    const best = bestTake({ account, isLot: false }, moment, ANY_AMOUNT);
    if (best === undefined) return undefined;
    const worth = valueDown(best.take.seized, best.take.price36);
    return best.gain * BPS >= worth * this.#hurdleBps ? best : undefined;
  }
}

/** As it would be if anything could be sold at once. */
function withoutBrakes(moment: VaultMoment): VaultMoment {
  return { ...moment, brakes: [] };
}

/** Whether there is anything to do about it but to wait. */
function isConcerned(account: AccountState, moment: VaultMoment): boolean {
  if (account.debtShares === 0n) return false;
  return account.deadline !== 0n || statusOf(account, moment) >= Status.Callable;
}

function statusOf(account: AccountState, moment: VaultMoment): Status {
  const { collaterals, prices, debtIndex, risk, clock } = moment;
  const v = valuationOf(account, collaterals, prices, debtIndex);
  return statusAt(v, account, risk.auctionSeconds, clock);
}
