import type { Command } from "commander";
import { parseAccountId, type AccountId } from "../../sdk/accountId.ts";
import { InputError } from "../../sdk/inputError.ts";
import { marginOf, type Margin } from "../../sdk/margin.ts";
import { timeOf } from "../../sdk/clockState.ts";
import type { AccountState } from "../../sdk/vaultTypes.ts";
import { UserError } from "../errors.ts";
import { slotsFrom } from "../executors/sentTransaction.ts";
import { accountsOf, type Action, type Skip } from "../policy/action.ts";
import { assess, momentOf } from "../policy/assess.ts";
import { bestTake, profitableAt, type BestTake } from "../policy/bestTake.ts";
import { isCritical, isLiquidatable, leastProfitOf } from "../policy/candidates.ts";
import { decide } from "../policy/decide.ts";
import { costPerAccount } from "../policy/gasCost.ts";
import { describeExplanation } from "./describeExplanation.ts";
import { snapshotOf, type VaultView } from "./openView.ts";
import { triggerPrices, type TriggerPrice } from "./triggerPrices.ts";
import { printView, withViewOptions, type ViewOptions } from "./withView.ts";

/** Why an account is or is not acted upon. Amounts are quote base units, times block time. */
export interface Explanation {
  readonly account: AccountId;
  readonly block: number;
  readonly state: AccountState;
  /** Undefined while the oracle gives no answer. */
  readonly margin: Margin | undefined;
  /** What would be sent for it now; empty when nothing is due or something is in the way. */
  readonly due: readonly Action["duty"][];
  readonly skipped: readonly Skip[];
  readonly triggers: readonly TriggerPrice[];
  /** When the deadline passes, and when its auction pays; undefined without, or while nobody knows. */
  readonly deadlineAt: bigint | undefined;
  readonly profitableAt: bigint | undefined;
  readonly take: TakeExplained | undefined;
  readonly memory: Memory;
}

/** The take that would earn most now. */
export interface TakeExplained extends Pick<BestTake, "asset" | "payment" | "gain"> {
  readonly discountWad: bigint;
  readonly gasCost: bigint | undefined;
  /** What it has to leave after gas; negative for one that may lose something. */
  readonly leastProfit: bigint;
}

/** What the store knows about the account. */
export interface Memory {
  readonly quarantine:
    { readonly failures: number; readonly block: number; readonly reason: string } | undefined;
  readonly spentToday: bigint;
  /** Transactions on their way for it. */
  readonly onTheWay: readonly {
    readonly nonce: number;
    readonly duty: string;
    readonly signedAtBlock: number;
  }[];
}

export function addExplain(program: Command): void {
  withViewOptions(
    program
      .command("explain")
      .description("why an account is or is not acted upon, and how far it is from each trigger")
      .argument("<account>", "an owner's address, address/number for a sub-account, or the 32-byte id"),
  ).action((account: string, options: ViewOptions) =>
    printView(options, (view) => explainAccount(view, accountIn(account)), describeExplanation),
  );
}

function accountIn(text: string): AccountId {
  try {
    return parseAccountId(text);
  } catch (error) {
    if (error instanceof InputError) throw new UserError(error.message, { cause: error });
    throw error;
  }
}

/** Throws a `UserError` for an account that no log has mentioned. */
export function explainAccount(view: VaultView, account: AccountId): Explanation {
  const { book, config, head, sight } = view;
  const state = book.account(account);
  if (state === undefined) throw new UserError(`the vault has never seen account ${account}`);
  const whole = snapshotOf(view);
  const moment = momentOf(whole);
  const margin = marginOf(state, moment);
  const decision = decide(whole, config);
  const [assessment] = assess({ ...whole, accounts: new Map([[account, state]]) }, moment);
  const needed = (costPerAccount(whole.gas, "take") ?? 0n) + config.profitMargin;
  const pays = assessment && state.deadline !== 0n && profitableAt(assessment, moment, needed);
  return {
    account,
    block: head.number,
    state,
    margin,
    due: decision.actions.filter((action) => accountsOf(action).includes(account)).map(({ duty }) => duty),
    skipped: decision.skips.filter((skip) => skip.account === account),
    triggers: margin === undefined || margin.debt === 0n ? [] : triggerPrices(state, margin.debt, moment),
    deadlineAt:
      margin === undefined || margin.deadline === 0n ? undefined : timeOf(sight.clock, margin.deadline),
    profitableAt: pays === undefined || pays === false ? undefined : timeOf(sight.clock, pays),
    take: assessment && explainTake(assessment, whole, view),
    memory: memoryOf(view, account, whole.spentToday.get(account) ?? 0n),
  };
}

function explainTake(
  assessment: ReturnType<typeof assess>[number],
  snapshot: ReturnType<typeof snapshotOf>,
  { config }: VaultView,
): TakeExplained | undefined {
  if (!isLiquidatable(assessment.status)) return undefined;
  const best = bestTake(assessment, momentOf(snapshot));
  if (best === undefined) return undefined;
  const { asset, payment, gain, take } = best;
  const candidate = { assessment, isCritical: isCritical(assessment.status) };
  return {
    asset,
    payment,
    gain,
    discountWad: take.discountWad,
    gasCost: costPerAccount(snapshot.gas, "take"),
    leastProfit: leastProfitOf(candidate, snapshot, config),
  };
}

function memoryOf({ store, keys }: VaultView, account: AccountId, spentToday: bigint): Memory {
  const letter = store?.deadLetters().find((one) => one.account === account);
  const slots = keys.flatMap((key) => slotsFrom(store?.unsettled(key) ?? []));
  const own = slots.filter(({ purpose }) => purpose.accounts.includes(account));
  return {
    quarantine: letter && { failures: letter.failures, block: letter.block, reason: letter.reason },
    spentToday,
    onTheWay: own.map(({ nonce, purpose, attempts }) => ({
      nonce,
      duty: purpose.duty,
      signedAtBlock: attempts[0]?.signedAtBlock ?? 0,
    })),
  };
}
