import type { AccountId } from "../../../sdk/accountId.ts";
import { healthWadOf } from "../check/arithmetic.ts";
import type { CheckedBlock } from "../check/checker.ts";
import { jsonInteger, type JsonInteger } from "./jsonInteger.ts";

/** Every account at one block, with all it takes to compute its health factor again. */
export interface Snapshot {
  readonly block: number;
  readonly accounts: readonly SnapshotAccount[];
}

interface SnapshotAccount {
  readonly id: AccountId;
  readonly debt: JsonInteger;
  readonly healthWad: JsonInteger;
  readonly status: string;
  readonly legs: readonly SnapshotLeg[];
}

interface SnapshotLeg {
  readonly asset: string;
  readonly amount: JsonInteger;
  readonly price36: JsonInteger;
  readonly initialBps: number;
  readonly maintenanceBps: number;
  readonly liquidationBps: number;
}

const WANTED = 20;

/** Keeps blocks at even distances although nobody knows beforehand how many there will be. */
export class Snapshots {
  #kept: CheckedBlock[] = [];
  #stride = 1;
  #seen = 0;

  add(checked: CheckedBlock): void {
    if (this.#seen % this.#stride === 0) this.#kept.push(checked);
    this.#seen += 1;
    if (this.#kept.length < 2 * WANTED + 1) return;
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }

  /**
   * Twenty of them, or all when there were fewer.
   * @param assets The collaterals' addresses by number.
   */
  take(ids: readonly AccountId[], assets: readonly string[]): Snapshot[] {
    const count = Math.min(WANTED, this.#kept.length);
    return Array.from({ length: count }, (_, i) => {
      const position = count === 1 ? 0 : Math.round((i * (this.#kept.length - 1)) / (count - 1));
      return this.#kept[position];
    })
      .filter((checked) => checked !== undefined)
      .map((checked) => snapshotOf(checked, ids, assets));
  }
}

function snapshotOf(
  { vault, facts, standings, prices, terms }: CheckedBlock,
  ids: readonly AccountId[],
  assets: readonly string[],
): Snapshot {
  const accounts = ids.flatMap((id, i): SnapshotAccount[] => {
    const standing = standings[i];
    if (standing === undefined) return [];
    return [
      {
        id,
        debt: jsonInteger(standing.debt),
        healthWad: jsonInteger(healthWadOf(standing)),
        status: standing.status,
        legs: terms.collaterals.flatMap((collateral, j) => {
          const amount = facts[i]?.amounts[j] ?? 0n;
          if (amount === 0n) return [];
          return [
            {
              asset: assets[j] ?? "",
              amount: jsonInteger(amount),
              price36: jsonInteger(prices[j]?.price36 ?? 0n),
              initialBps: Number(collateral.initialBps),
              maintenanceBps: Number(collateral.maintenanceBps),
              liquidationBps: Number(collateral.liquidationBps),
            },
          ];
        }),
      },
    ];
  });
  return { block: vault.block, accounts };
}
