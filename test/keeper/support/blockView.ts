import type { Config } from "../../../keeper/config.ts";
import { decide } from "../../../keeper/policy/decide.ts";
import { DUTIES } from "../../../keeper/policy/action.ts";
import type { BlockView } from "../../../keeper/monitor/blockView.ts";
import { VaultMonitor, type VaultMonitorOptions } from "../../../keeper/monitor/vaultMonitor.ts";
import { standbySchema } from "../../../keeper/standbyConfig.ts";
import type { AccountId } from "../../../sdk/accountId.ts";
import type { AccountState } from "../../../sdk/vaultTypes.ts";
import { headerAt } from "./outboxBench.ts";
import { ALT, NOW, SETTINGS, snapshotOf, WETH } from "./snapshot.ts";
import { VAULT } from "./vaultLogs.ts";

const FEED = "0x00000000000000000000000000000000000000f1";

/** What a monitor has to know of a configuration, for the vault of `snapshotOf`. */
export const WATCHED = {
  deployment: {
    vault: VAULT,
    quote: { address: FEED, symbol: "USDC", decimals: 6, feed: FEED },
    collaterals: [WETH, ALT].map(({ asset }, number) => ({
      number,
      address: asset,
      symbol: ["WETH", "ALT"][number],
      decimals: 18,
      feed: FEED,
    })),
  },
  mode: "live",
  storeFile: "/nowhere/keeper.sqlite",
  standby: standbySchema.parse({}),
  maxGasPerTransaction: 16_000_000,
} as unknown as Config;

export function monitorOf(changes: Partial<VaultMonitorOptions> = {}): VaultMonitor {
  return new VaultMonitor({
    config: WATCHED,
    limits: { staleSeconds: 120, unsureSeconds: 60 },
    wallSeconds: () => Number(NOW) + 5,
    ...changes,
  });
}

/** A block with these accounts, decided upon by the policy itself. */
export function blockViewOf(
  accounts: readonly (readonly [AccountId, AccountState])[],
  changes: Partial<BlockView> = {},
): BlockView {
  const snapshot = snapshotOf(accounts);
  const decision = decide(snapshot, SETTINGS);
  return {
    head: { ...headerAt(100), timestamp: NOW },
    times: {
      seenAtMs: 0,
      startedAtMs: 5,
      observedAtMs: 45,
      decidedAtMs: 65,
      doneAtMs: 165,
      trust: "alone",
      isStopped: false,
    },
    book: {
      size: accounts.length,
      *entries() {
        for (const [id, state] of accounts) yield [id, state];
      },
      *warned() {
        // None: `entries` has everybody.
      },
    },
    counts: decision.counts,
    snapshot,
    decision,
    keys: [],
    endpoints: { all: [] },
    dues: DUTIES.map((duty) => ({
      duty,
      due: duty === "openCall" ? 3 : 0,
      overdue: duty === "openCall" ? 1 : 0,
    })),
    audited: 8,
    quarantined: 0,
    deadLetters: 0,
    ...changes,
  };
}
