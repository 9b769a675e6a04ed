import type { AccountId } from "../sdk/accountId.ts";
import { valueDown } from "../sdk/healthMath.ts";
import { workOpening } from "../sdk/openCall.ts";
import { Refusal, type AccountState } from "../sdk/vaultTypes.ts";
import type { Config } from "./config.ts";
import type { Targets } from "./executors/encodeAction.ts";
import { simulate } from "./executors/simulate.ts";
import type { Log } from "./log.ts";
import { accountsOf, isTake, withItems, type Action, type TakeItem } from "./policy/action.ts";
import { momentOf } from "./policy/assess.ts";
import { gasKindOfDuty } from "./policy/feeTerms.ts";
import { costPerAccount } from "./policy/gasCost.ts";
import type { Snapshot, Wallet } from "./policy/snapshot.ts";
import type { BlockHeader } from "./sources/blockHeader.ts";
import { ask } from "./sources/probe.ts";
import { previewProbe } from "./sources/previewProbe.ts";
import type { Rpc } from "./sources/rpcClient.ts";
import type { ShadowEntry, ShadowLedger } from "./store/shadowLedger.ts";

export interface ShadowDeskOptions {
  readonly rpc: Rpc;
  readonly targets: Targets;
  readonly ledger: Pick<ShadowLedger, "add" | "entries" | "rollBackTo">;
  /** Told of what the vault would have refused. */
  readonly onRefused?: (account: AccountId, duty: string, reason: string) => void;
  readonly log: Log;
}

/** What a simulation refused is tried again after so many blocks. */
const RETRY_BLOCKS = 16;
const PLENTY = 2n ** 128n;

/** What a keeper without a key pretends to have: gas and an allowance it never lacks. */
export function pretendedWallet({ dryRunBalance }: Pick<Config, "dryRunBalance">): Wallet {
  return { quote: dryRunBalance, allowance: PLENTY, native: PLENTY };
}

/**
 * Carries out a block's actions on paper: each is simulated at its block and entered with what it would have earned and
 * cost. Nothing changes on the chain by it, so about an account in one state the same is done once; and after a take the
 * account is left alone until somebody has changed it.
 */
export class ShadowDesk {
  readonly #options: ShadowDeskOptions;
  #done: ReadonlyMap<string, ShadowEntry>;
  readonly #refusedAt = new Map<string, number>();

  constructor(options: ShadowDeskOptions) {
    this.#options = options;
    this.#done = doneIn(options.ledger.entries());
  }

  /** Accounts that it would have liquidated as they stand. */
  taken(accounts: Snapshot["accounts"]): readonly AccountId[] {
    const isTaken = ([id, state]: readonly [AccountId, AccountState]) =>
      ["liquidateCritical", "liquidateProfitable"].some((duty) => this.#isDone(duty, id, stateOf(state)));
    return [...accounts].filter(isTaken).map(([id]) => id);
  }

  /** Block time at which it would last have done something that is about no account. */
  lastDone(duty: "record" | "bookFee"): bigint | undefined {
    return this.#done.get(keyOf(duty, undefined))?.timestamp;
  }

  /** Enters what the block's actions would have come to; returns how many there were. Throws `RetryableError`. */
  async consider(actions: readonly Action[], snapshot: Snapshot, head: BlockHeader): Promise<number> {
    const fresh = actions.flatMap((action) => this.#fresh(action, snapshot, head.number) ?? []);
    const entries: ShadowEntry[] = [];
    for (const action of fresh) {
      entries.push(
        ...(await (isTake(action)
          ? this.#takes(action.items, action.duty, snapshot, head)
          : this.#rest(action, snapshot, head))),
      );
    }
    if (entries.length === 0) return fresh.length;
    this.#options.ledger.add(entries);
    this.#done = doneIn([...this.#done.values(), ...entries]);
    for (const { duty, account, earned, cost } of entries) {
      this.#options.log.info("shadow.entered", { block: head.number, duty, account, earned, cost });
    }
    return fresh.length;
  }

  /** The chain went back to block `number`. */
  rolledBack(number: number): void {
    const { ledger } = this.#options;
    ledger.rollBackTo(number);
    this.#done = doneIn(ledger.entries());
  }

  /** Without what has been done on paper already; there, approvals are not needed, and pokes would move no weight. */
  #fresh(action: Action, snapshot: Snapshot, block: number): Action | undefined {
    if (action.duty === "approve" || action.duty === "poke") return undefined;
    if (!("items" in action)) {
      const state = roundOf(action.duty, snapshot);
      return this.#isDone(action.duty, undefined, state) ? undefined : action;
    }
    return withItems(action, ({ account }) => {
      const refusedAt = this.#refusedAt.get(keyOf(action.duty, account));
      if (refusedAt !== undefined && block < refusedAt + RETRY_BLOCKS) return false;
      return !this.#isDone(action.duty, account, stateIn(snapshot, account));
    });
  }

  async #takes(
    items: readonly TakeItem[],
    duty: string,
    snapshot: Snapshot,
    head: BlockHeader,
  ): Promise<ShadowEntry[]> {
    const { rpc, targets } = this.#options;
    const previews = await ask(rpc, ...items.map((item) => previewProbe(targets.vault, item, head)));
    return items.flatMap((item, i) => {
      const preview = previews[i];
      if (preview === undefined || "refused" in preview) {
        this.#refused(duty, item.account, preview?.refused ?? "no answer", head);
        return [];
      }
      const number = snapshot.vault.collaterals.findIndex(({ asset }) => asset === item.asset);
      const worth = valueDown(preview.seized, snapshot.prices.price36[number] ?? 0n);
      const earned = worth - preview.repaid - preview.insured;
      return [entryOf(duty, item.account, earned, snapshot, head)];
    });
  }

  /** Everything that anybody may do without tokens, as it would be sent. */
  async #rest(action: Action, snapshot: Snapshot, head: BlockHeader): Promise<ShadowEntry[]> {
    const { rpc, targets } = this.#options;
    const { duty } = action;
    const { action: left, call, refused, error } = await simulate(rpc, action, targets, head.number);
    for (const { account, reason } of refused) this.#refused(duty, account, reason, head);
    if (call === undefined || error !== undefined) return [];
    if (!("items" in left)) return [entryOf(duty, undefined, 0n, snapshot, head)];
    const earned = (account: AccountId) => (duty === "openCall" ? bountyOf(account, snapshot) : 0n);
    return accountsOf(left).map((account) => entryOf(duty, account, earned(account), snapshot, head));
  }

  #refused(duty: string, account: AccountId, reason: string, { number }: BlockHeader): void {
    this.#refusedAt.set(keyOf(duty, account), number);
    this.#options.onRefused?.(account, duty, reason);
    this.#options.log.info("account.refused", { account, duty, reason });
  }

  #isDone(duty: string, account: AccountId | undefined, state: string): boolean {
    return this.#done.get(keyOf(duty, account))?.state === state;
  }
}

function entryOf(
  duty: string,
  account: AccountId | undefined,
  earned: bigint,
  snapshot: Snapshot,
  { number, timestamp }: BlockHeader,
): ShadowEntry {
  return {
    block: number,
    timestamp,
    duty,
    account,
    state: account === undefined ? roundOf(duty, snapshot) : stateIn(snapshot, account),
    earned,
    cost: costPerAccount(snapshot.gas, gasKindOfDuty(duty as Action["duty"])) ?? 0n,
  };
}

/** The opener's, in vault shares; a sale of what a default left pays none. */
function bountyOf(account: AccountId, snapshot: Snapshot): bigint {
  const state = snapshot.accounts.get(account);
  if (state === undefined || state.debtShares === 0n) return 0n;
  const opening = workOpening(state, momentOf(snapshot));
  return opening.refusal === Refusal.None ? opening.bounty : 0n;
}

/** Each time that it is due counts for itself. */
function roundOf(duty: string, { lastRecordAt, lastBookFeeAt }: Snapshot): string {
  return (duty === "record" ? lastRecordAt : lastBookFeeAt).toString();
}

function stateIn({ accounts }: Snapshot, account: AccountId): string {
  const state = accounts.get(account);
  return state === undefined ? "" : stateOf(state);
}

/** What any touch of the account changes. */
export function stateOf({ callNonce, deadline, auctionStart, debtShares, collateral }: AccountState): string {
  return [callNonce, deadline, auctionStart, debtShares, ...collateral.filter((amount) => amount > 0n)].join(
    " ",
  );
}

function keyOf(duty: string, account: AccountId | undefined): string {
  return `${duty} ${account ?? ""}`;
}

/** The last of each kind. */
function doneIn(entries: readonly ShadowEntry[]): ReadonlyMap<string, ShadowEntry> {
  return new Map(entries.map((entry) => [keyOf(entry.duty, entry.account), entry]));
}
