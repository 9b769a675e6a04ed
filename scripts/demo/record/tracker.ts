import type { AccountId } from "../../../sdk/accountId.ts";
import { healthWadOf, type CheckStatus } from "../check/arithmetic.ts";
import type { CheckedBlock } from "../check/checker.ts";
import type { HealthQuantiles, HealthTrace, RecordedBlock } from "../report/recording.ts";

/** A health factor that moved by less than this part of itself is not worth a point. */
const POINT_PARTS = 2_000n;
const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95] as const;

/** Collects what the report draws of blocks and of every account's health. */
export class Tracker {
  readonly blocks: RecordedBlock[] = [];
  readonly #points: { at: number; healthWad: bigint; status: CheckStatus }[][] = [];
  /** By account: when it last had debt. */
  readonly #until: number[] = [];

  add({ vault, prices, standings }: CheckedBlock): void {
    const at = Number(vault.at);
    const indebted = standings.filter(({ debt }) => debt > 0n);
    const counts: Partial<Record<CheckStatus, number>> = {};
    for (const { status } of indebted) counts[status] = (counts[status] ?? 0) + 1;
    this.blocks.push({
      number: vault.block,
      at,
      price36: prices.map(({ price36 }) => price36),
      baseFeeWei: vault.baseFeeWei,
      counts,
      healthWad: quantilesOf(indebted.map(healthWadOf)),
    });
    for (const [i, standing] of standings.entries()) {
      if (standing.debt === 0n) continue;
      this.#until[i] = at;
      const healthWad = healthWadOf(standing);
      const points = (this.#points[i] ??= []);
      const last = points.at(-1);
      const moved = last === undefined ? healthWad : healthWad - last.healthWad;
      const far = moved * POINT_PARTS > healthWad || -moved * POINT_PARTS > healthWad;
      if (far || last?.status !== standing.status) points.push({ at, healthWad, status: standing.status });
    }
  }

  /** The traces of the accounts that `wanted` names. */
  traces(ids: readonly AccountId[], wanted: ReadonlySet<AccountId>): HealthTrace[] {
    return ids.flatMap((account, i) => {
      const points = this.#points[i];
      if (!wanted.has(account) || points === undefined) return [];
      const until = this.#until[i];
      return [{ account, points: points.map(({ at, healthWad }) => ({ at, healthWad })), until }];
    });
  }
}

function quantilesOf(healths: readonly bigint[]): HealthQuantiles | undefined {
  if (healths.length === 0) return undefined;
  const sorted = [...healths].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const at = (q: number) => sorted[Math.round(q * (sorted.length - 1))] ?? 0n;
  const [a, b, c, d, e] = QUANTILES;
  return [at(a), at(b), at(c), at(d), at(e)];
}
