import type { AccountId } from "../../sdk/accountId.ts";
import { MAX_UINT256 } from "../../sdk/fixedPoint.ts";
import { marginOf, type Margin } from "../../sdk/margin.ts";
import { readAccount } from "../../sdk/readVault.ts";
import type { VaultHandle } from "../../sdk/vault.ts";
import type { VaultMoment } from "../../sdk/vaultTypes.ts";

/** Accounts read at once. */
const BATCH = 50;

/** An account with debt, before a change and after. */
export interface Effect {
  readonly account: AccountId;
  readonly before: Margin;
  readonly after: Margin;
}

/** Every account's margin in two moments. Those without debt are left out, as are all where a moment has no prices. */
export async function effectOf(
  { vault }: VaultHandle,
  accounts: readonly AccountId[],
  before: VaultMoment,
  after: VaultMoment,
  blockTag: number,
): Promise<Effect[]> {
  const effects: Effect[] = [];
  for (let from = 0; from < accounts.length; from += BATCH) {
    const batch = accounts.slice(from, from + BATCH);
    const states = await Promise.all(
      batch.map((account) => readAccount(vault, account, before.collaterals, blockTag)),
    );
    for (const [i, state] of states.entries()) {
      const account = batch[i];
      const [was, becomes] = [marginOf(state, before), marginOf(state, after)];
      if (account === undefined || was === undefined || becomes === undefined || was.debt === 0n) continue;
      effects.push({ account, before: was, after: becomes });
    }
  }
  return effects;
}

/** What a change does to a book, counted. */
export interface Tally {
  readonly accounts: number;
  readonly debt: bigint;
  /** Accounts by the statuses that they go from and to, `from > to`, with their debt. */
  readonly moves: ReadonlyMap<string, { readonly accounts: number; readonly debt: bigint }>;
  /** Accounts that could borrow and no longer can. */
  readonly boundNow: number;
  /** The lowest health factors, times 1e18; the largest uint256 in an empty book. */
  readonly worstBeforeWad: bigint;
  readonly worstAfterWad: bigint;
}

/** Counts effects; `nameOf` puts a status into a word. */
export function tallyOf(effects: readonly Effect[], nameOf: (status: number) => string): Tally {
  const moves = new Map<string, { accounts: number; debt: bigint }>();
  for (const { before, after } of effects) {
    if (before.status === after.status) continue;
    const key = `${nameOf(before.status)} > ${nameOf(after.status)}`;
    const { accounts, debt } = moves.get(key) ?? { accounts: 0, debt: 0n };
    moves.set(key, { accounts: accounts + 1, debt: debt + before.debt });
  }
  const isFree = ({ initialValue, debt }: Margin) => initialValue >= debt;
  const least = (margins: readonly Margin[]) =>
    margins.reduce((worst, { healthWad }) => (healthWad < worst ? healthWad : worst), MAX_UINT256);
  return {
    accounts: effects.length,
    debt: effects.reduce((sum, { before }) => sum + before.debt, 0n),
    moves,
    boundNow: effects.filter(({ before, after }) => isFree(before) && !isFree(after)).length,
    worstBeforeWad: least(effects.map(({ before }) => before)),
    worstAfterWad: least(effects.map(({ after }) => after)),
  };
}
