import { isCritical } from "../../../keeper/policy/candidates.ts";
import type { ReplayStep } from "./replayCrash.ts";
import type { Act } from "./vaultModel.ts";

/** A replay in numbers. Amounts in quote base units. */
export interface ReplayFigures {
  readonly called: number;
  /** Called, and never sold anything of: cured by their owners, or recovered with prices. */
  readonly unsold: number;
  /** Accounts of which something was sold above the floor, and below it; one may be both. */
  readonly soldAbove: number;
  readonly soldBelow: number;
  readonly worthAbove: bigint;
  readonly worthBelow: bigint;
  /** The most worth sold within any hour, above the floor and in all. */
  readonly mostAboveInAnHour: bigint;
  readonly mostInAnHour: bigint;
  /** Accounts that had to wait for the brake; of them those that fell below the floor while they did. */
  readonly waited: number;
  readonly fellWaiting: number;
  readonly longestWaitSeconds: number;
  /** Worth seized above the debt repaid: what takers and the insurance got of the traders. */
  readonly penalties: bigint;
  readonly repaid: bigint;
  readonly insured: bigint;
  /** Debt written off. */
  readonly badDebt: bigint;
  /** The lowest price of the first collateral, times 1e36. */
  readonly lowest36: bigint;
}

type Taken = Extract<Act, { kind: "taken" }>;

const HOUR_SECONDS = 3_600;

/** Reads a replay to its end. */
export class FigureReader {
  readonly #called = new Set<number>();
  readonly #above = new Set<number>();
  readonly #below = new Set<number>();
  readonly #waited = new Set<number>();
  readonly #fell = new Set<number>();
  readonly #waitingSince = new Map<number, number>();
  readonly #sales: { readonly at: number; readonly above: bigint; readonly all: bigint }[] = [];
  #sums = { worthAbove: 0n, worthBelow: 0n, penalties: 0n, repaid: 0n, insured: 0n, badDebt: 0n };
  #longestWaitSeconds = 0;
  #lowest36: bigint | undefined;

  read(step: ReplayStep): void {
    const price36 = step.moment.prices.price36[0] ?? 0n;
    if (this.#lowest36 === undefined || price36 < this.#lowest36) this.#lowest36 = price36;
    let [above, all] = [0n, 0n];
    for (const act of step.acts) {
      if (act.kind === "opened") this.#called.add(act.account);
      if (act.kind === "writtenOff") this.#sums.badDebt += act.loss;
      if (act.kind !== "taken") continue;
      this.#take(act);
      all += act.worth;
      if (!isBelow(act)) above += act.worth;
    }
    this.#sales.push({ at: step.at, above, all });
    this.#wait(step);
  }

  get figures(): ReplayFigures {
    return {
      called: this.#called.size,
      unsold: [...this.#called].filter((account) => !this.#above.has(account) && !this.#below.has(account))
        .length,
      soldAbove: this.#above.size,
      soldBelow: this.#below.size,
      mostAboveInAnHour: this.#mostInAnHour("above"),
      mostInAnHour: this.#mostInAnHour("all"),
      waited: this.#waited.size,
      fellWaiting: this.#fell.size,
      longestWaitSeconds: this.#longestWaitSeconds,
      lowest36: this.#lowest36 ?? 0n,
      ...this.#sums,
    };
  }

  #take(act: Taken): void {
    const { worth, take, account } = act;
    const sums = this.#sums;
    if (isBelow(act)) {
      this.#below.add(account);
      sums.worthBelow += worth;
      if (this.#waitingSince.has(account)) this.#fell.add(account);
    } else {
      this.#above.add(account);
      sums.worthAbove += worth;
    }
    sums.penalties += worth - take.repaid;
    sums.repaid += take.repaid;
    sums.insured += take.insured;
  }

  #wait({ at, waiting }: ReplayStep): void {
    const now = new Set(waiting);
    for (const [account, since] of this.#waitingSince) {
      this.#longestWaitSeconds = Math.max(this.#longestWaitSeconds, at - since);
      if (!now.has(account)) this.#waitingSince.delete(account);
    }
    for (const account of waiting) {
      this.#waited.add(account);
      if (!this.#waitingSince.has(account)) this.#waitingSince.set(account, at);
    }
  }

  #mostInAnHour(which: "above" | "all"): bigint {
    let [sum, most, first] = [0n, 0n, 0];
    for (const sale of this.#sales) {
      sum += sale[which];
      for (let old = this.#sales[first]; old !== undefined && old.at <= sale.at - HOUR_SECONDS; ) {
        sum -= old[which];
        old = this.#sales[++first];
      }
      if (sum > most) most = sum;
    }
    return most;
  }
}

/** Whether it was sold below the floor. */
export function isBelow({ take }: Taken): boolean {
  return isCritical(take.status);
}
