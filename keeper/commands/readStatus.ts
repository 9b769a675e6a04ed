import { existsSync } from "node:fs";
import type { AccountId } from "../../sdk/accountId.ts";
import { deadlineAt } from "../../sdk/callClock.ts";
import { timeOf } from "../../sdk/clockState.ts";
import { toDebtUp } from "../../sdk/debtMath.ts";
import { mulDivDown, PRICE_SCALE } from "../../sdk/fixedPoint.ts";
import type { Mode } from "../mode.ts";
import { assess, momentOf } from "../policy/assess.ts";
import { decide } from "../policy/decide.ts";
import type { Wallet } from "../policy/snapshot.ts";
import { purposeIn } from "../executors/sentTransaction.ts";
import { readJournal, readShadowOf, type JournalRow } from "../store/readJournal.ts";
import type { ShadowSum } from "../store/shadowLedger.ts";
import { headerProbe } from "../sources/chainReader.ts";
import { ask } from "../sources/probe.ts";
import { snapshotOf, type VaultView } from "./openView.ts";

/** A call that is open, by its deadline. Amounts are quote base units, times block time. */
export interface OpenCall {
  readonly account: AccountId;
  readonly debt: bigint;
  /** Undefined while nobody knows when the clock goes on. */
  readonly deadlineAt: bigint | undefined;
}

/** A signature of late, and what it was to earn. */
export interface PastAction extends Pick<
  JournalRow,
  "nonce" | "hash" | "signedAtBlock" | "outcome" | "feeWei"
> {
  readonly duty: string;
  readonly accounts: number;
  /** Before gas, quote base units, as it was planned; undefined for what earns nothing. */
  readonly gain: bigint | undefined;
}

/** A vault and its keeper at a glance. Amounts are quote base units unless they say otherwise. */
export interface Status {
  readonly vault: string;
  readonly chainId: number;
  readonly mode: Mode;
  readonly head: { readonly number: number; readonly timestamp: bigint };
  /** Block at which the book was last saved, every 16 blocks or so; undefined before a keeper has run. */
  readonly savedAt: number | undefined;
  readonly accounts: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly totalDebt: bigint;
  readonly calls: readonly OpenCall[];
  /** Duties that are due now, with how many accounts. */
  readonly due: Readonly<Record<string, number>>;
  readonly skipped: Readonly<Record<string, number>>;
  readonly nextMoment: bigint | undefined;
  readonly wallets: readonly ({ readonly address: string } & Wallet)[];
  readonly last: readonly PastAction[];
  readonly shadow: readonly ShadowSum[];
  readonly quarantined: number;
  readonly brakeEngagedAt: number | undefined;
  readonly isStopped: boolean;
  readonly endpoints: readonly { readonly name: string; readonly block: number | undefined }[];
}

const LAST_ACTIONS = 10;

/** Reads the store, where there is one, and the chain. Throws a `RetryableError` when no endpoint answers. */
export async function readStatus(view: VaultView): Promise<Status> {
  const { config, book, head, sight, store, keys } = view;
  const { vault, chainId } = config.deployment;
  const snapshot = snapshotOf(view);
  const moment = momentOf(snapshot);
  const decision = decide(snapshot, config);
  const engaged = store?.note("brakeEngagedAt") ?? "";
  const counts = snapshot.prices.available ? book.rollAt(moment).counts : {};
  const calls = assess(snapshot, moment).filter(({ account, isLot }) => account.deadline !== 0n && !isLot);
  const openCalls = calls.map(({ id, account, valuation }) => ({
    account: id,
    debt: valuation.debt,
    deadlineAt: timeOf(sight.clock, deadlineAt(account, moment.clock)),
  }));
  return {
    vault,
    chainId,
    mode: config.mode,
    head: { number: head.number, timestamp: head.timestamp },
    savedAt: store?.headBlock()?.number,
    accounts: book.size,
    counts,
    totalDebt: toDebtUp(book.vault.pool.totalDebtShares, moment.debtIndex),
    calls: openCalls.sort((a, b) => Number((a.deadlineAt ?? 0n) - (b.deadlineAt ?? 0n))),
    due: countBy(
      decision.actions.flatMap((action) =>
        "items" in action ? action.items.map(() => action.duty) : [action.duty],
      ),
    ),
    skipped: countBy(decision.skips.map(({ reason }) => reason)),
    nextMoment: decision.nextMoment,
    wallets: keys.flatMap((address, i) => {
      const wallet = sight.wallets[i];
      return wallet === undefined ? [] : [{ address, ...wallet }];
    }),
    last: store === undefined ? [] : lastActions(config.storeFile),
    shadow: store === undefined ? [] : readShadowOf(config.storeFile),
    quarantined: store?.deadLetters().length ?? 0,
    brakeEngagedAt: engaged === "" ? undefined : Number(engaged),
    isStopped: existsSync(config.stopFile),
    endpoints: await headsOf(view),
  };
}

/** The last signature for each nonce, newest first. */
function lastActions(storeFile: string): readonly PastAction[] {
  const rows = readJournal(storeFile).toReversed();
  const latest = rows.filter(({ outcome }) => outcome !== "replaced").slice(0, LAST_ACTIONS);
  return latest.map((row) => {
    const { duty, accounts, terms } = purposeIn(row);
    const { gainsWei, nativePrice36 } = terms;
    const wei = gainsWei.reduce((sum, gain) => sum + gain, 0n);
    const isTake = gainsWei.length > 0 && nativePrice36 !== undefined;
    const gain = isTake ? mulDivDown(wei, nativePrice36, PRICE_SCALE) : undefined;
    const { nonce, hash, signedAtBlock, outcome, feeWei } = row;
    return { nonce, hash, signedAtBlock, outcome, feeWei, duty, accounts: accounts.length, gain };
  });
}

async function headsOf({ endpoints }: VaultView): Promise<Status["endpoints"]> {
  return Promise.all(
    endpoints.all.map(async (endpoint) => {
      const [header] = await ask(endpoint, headerProbe("latest")).catch(() => [undefined]);
      return { name: endpoint.name, block: header?.number };
    }),
  );
}

function countBy(names: readonly string[]): Record<string, number> {
  const groups = [...Map.groupBy(names, (name) => name)];
  return Object.fromEntries(groups.map(([name, all]) => [name, all.length]));
}
