import type { AccountId } from "../../../sdk/accountId.ts";
import type { CheckCollateral, CheckTerms } from "../check/arithmetic.ts";
import { debtIndexAt, standingOf } from "../check/arithmetic.ts";
import type { CheckedBlock } from "../check/checker.ts";
import { inForce } from "../check/clock.ts";

/** What following volatility came to. Weights by the collateral's number. */
export interface WeightRecord {
  readonly first: readonly CheckCollateral[];
  readonly last: readonly CheckCollateral[];
  /** The lowest maintenance weight, and the lowest initial one. */
  readonly least: readonly CheckCollateral[];
  /** Accounts called once or more that would not have been callable then without any tightening. */
  readonly calledByTightening: number;
}

/** Follows the weights in force, and whom their tightening calls. */
export class WeightWatch {
  readonly #ids: readonly AccountId[];
  readonly #called = new Set<AccountId>();
  #first: CheckTerms | undefined;
  #last: CheckTerms | undefined;
  #least: readonly CheckCollateral[] = [];

  constructor(ids: readonly AccountId[]) {
    this.#ids = ids;
  }

  /** Adds a block; they must come in order. The first one's weights are those without any tightening. */
  add(checked: CheckedBlock): void {
    this.#first ??= checked.terms;
    this.#last = checked.terms;
    this.#least = checked.terms.collaterals.map((now, j) => lower(now, this.#least[j] ?? now));
    if (checked.terms === this.#first) return;
    for (const { event } of checked.logs.events) {
      if (event.name !== "MarginCallOpened" || event.notice.reopened) continue;
      if (this.#isWell(event.account, checked, this.#first)) this.#called.add(event.account);
    }
  }

  get record(): WeightRecord {
    return {
      first: this.#first?.collaterals ?? [],
      last: this.#last?.collaterals ?? [],
      least: this.#least,
      calledByTightening: this.#called.size,
    };
  }

  #isWell(account: AccountId, { facts, clock, vault, prices }: CheckedBlock, terms: CheckTerms): boolean {
    const own = facts[this.#ids.indexOf(account)];
    if (own === undefined) return false;
    const index = debtIndexAt(vault, terms.rates);
    const { maintenanceValue, debt } = standingOf(inForce(own, clock), prices, index, clock.uptime, terms);
    return maintenanceValue >= debt;
  }
}

function lower(a: CheckCollateral, b: CheckCollateral): CheckCollateral {
  return {
    ...a,
    initialBps: a.initialBps < b.initialBps ? a.initialBps : b.initialBps,
    maintenanceBps: a.maintenanceBps < b.maintenanceBps ? a.maintenanceBps : b.maintenanceBps,
  };
}
