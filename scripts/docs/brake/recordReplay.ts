import { isCritical } from "../../../keeper/policy/candidates.ts";
import { replayCrash, type ReplayPlan, type ReplayStep } from "./replayCrash.ts";
import type { Act } from "./vaultModel.ts";

/** One block of a replay. Amounts in quote base units, by the collateral's number. */
export interface ReplayPoint {
  /** Unix seconds. */
  readonly at: number;
  readonly price36: readonly bigint[];
  /** Worth sold in it. */
  readonly above: readonly bigint[];
  readonly below: readonly bigint[];
  /** Accounts that the brake keeps waiting. */
  readonly waiting: number;
}

/** A replay in numbers. Amounts in quote base units. */
export interface ReplayFigures {
  readonly called: number;
  /** Calls, one for each time that an account is called; and those of them in which nothing was sold. */
  readonly calls: number;
  readonly unsold: number;
  /** Accounts of which something was sold above the floor, and below it; one may be both. */
  readonly soldAbove: number;
  readonly soldBelow: number;
  readonly worthAbove: bigint;
  readonly worthBelow: bigint;
  /** The most sold within any hour. */
  readonly mostAbove: bigint;
  readonly mostInAll: bigint;
  /** Accounts that waited for the brake; of them those that fell below the floor while they did. */
  readonly waited: number;
  readonly fellWaiting: number;
  readonly longestWaitSeconds: number;
  /** Worth seized above the debt repaid: what takers and insurance had of the traders. */
  readonly penalties: bigint;
  readonly repaid: bigint;
  /** Debt written off. */
  readonly badDebt: bigint;
  /** The lowest price of the first collateral, times 1e36. */
  readonly lowest36: bigint;
}

export interface ReplayRecord {
  readonly points: readonly ReplayPoint[];
  readonly figures: ReplayFigures;
}

type Taken = Extract<Act, { kind: "taken" }>;

const HOUR_SECONDS = 3_600;

/** Replays to the end. */
export function recordReplay(plan: ReplayPlan): ReplayRecord {
  const accounts = new AccountsWatch();
  const sums = { worthAbove: 0n, worthBelow: 0n, penalties: 0n, repaid: 0n, badDebt: 0n };
  const points: ReplayPoint[] = [];
  for (const step of replayCrash(plan)) {
    for (const act of step.acts) {
      if (act.kind === "writtenOff") sums.badDebt += act.loss;
      if (act.kind !== "taken") continue;
      sums[isBelow(act) ? "worthBelow" : "worthAbove"] += act.worth;
      sums.penalties += act.worth - act.take.repaid;
      sums.repaid += act.take.repaid;
    }
    points.push(pointOf(step, plan.collaterals.length));
    accounts.see(step);
  }
  const mostOf = (worth: (point: ReplayPoint) => bigint): bigint =>
    hourSums(points, worth).reduce((most, sum) => (sum > most ? sum : most), 0n);
  return {
    points,
    figures: {
      ...sums,
      ...accounts.counts,
      mostAbove: mostOf(({ above }) => sumOf(above)),
      mostInAll: mostOf(({ above, below }) => sumOf(above) + sumOf(below)),
      lowest36: points.reduce((low, { price36: [price = 0n] }) => (low < price ? low : price), 1n << 255n),
    },
  };
}

/** What each point's last hour, itself included, adds up to. */
export function hourSums(points: readonly ReplayPoint[], worth: (point: ReplayPoint) => bigint): bigint[] {
  let [sum, first] = [0n, 0];
  return points.map((point) => {
    sum += worth(point);
    for (
      let old = points[first];
      old !== undefined && old.at <= point.at - HOUR_SECONDS;
      old = points[++first]
    ) {
      sum -= worth(old);
    }
    return sum;
  });
}

function pointOf({ at, moment, acts, waiting }: ReplayStep, collaterals: number): ReplayPoint {
  const above = new Array<bigint>(collaterals).fill(0n);
  const below = new Array<bigint>(collaterals).fill(0n);
  for (const act of acts) {
    if (act.kind !== "taken") continue;
    const sold = isBelow(act) ? below : above;
    sold[act.take.number] = (sold[act.take.number] ?? 0n) + act.worth;
  }
  return { at, price36: moment.prices.price36, above, below, waiting: waiting.length };
}

function isBelow({ take }: Taken): boolean {
  return isCritical(take.status);
}

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

/** Follows calls and waits from block to block. */
class AccountsWatch {
  readonly #called = new Set<number>();
  readonly #above = new Set<number>();
  readonly #below = new Set<number>();
  readonly #waited = new Set<number>();
  readonly #fell = new Set<number>();
  /** Unix seconds at which a wait that lasts has begun. */
  readonly #waitingSince = new Map<number, number>();
  /** Open calls in which something was sold. */
  readonly #sold = new Set<number>();
  #calls = 0;
  #unsold = 0;
  #longestWaitSeconds = 0;

  get counts() {
    return {
      called: this.#called.size,
      calls: this.#calls,
      unsold: this.#unsold,
      soldAbove: this.#above.size,
      soldBelow: this.#below.size,
      waited: this.#waited.size,
      fellWaiting: this.#fell.size,
      longestWaitSeconds: this.#longestWaitSeconds,
    };
  }

  see({ at, acts, waiting }: ReplayStep): void {
    for (const act of acts) this.#note(act);
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

  #note(act: Act): void {
    const { account } = act;
    if (act.kind === "opened" && !act.reopened) {
      this.#called.add(account);
      this.#calls += 1;
      this.#sold.delete(account);
    }
    if (act.kind === "closed" && !this.#sold.has(account)) this.#unsold += 1;
    if (act.kind !== "taken") return;
    this.#sold.add(account);
    if (!isBelow(act)) this.#above.add(account);
    else {
      this.#below.add(account);
      if (this.#waitingSince.has(account)) this.#fell.add(account);
    }
  }
}
