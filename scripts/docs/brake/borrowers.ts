import { cureAmounts } from "../../../sdk/cureAmounts.ts";
import { BPS, MAX_UINT256 } from "../../../sdk/fixedPoint.ts";
import {
  answersAt,
  DEPOSIT_MARGIN_BPS,
  MAX_TRIES,
  PART_BPS,
  RETRY_SECONDS,
  type Response,
  type Temper,
} from "../../demo/replay/responses.ts";
import type { Act, VaultModel } from "./vaultModel.ts";

interface Plan {
  readonly at: number;
  readonly account: number;
  readonly response: Response;
  readonly tries: number;
}

/** The owners of the accounts. Each has a temper of its own, so that two replays differ by what is replayed alone. */
export class Borrowers {
  readonly #tempers: readonly Temper[];
  #plans: Plan[] = [];

  /** @param tempers By the account's number. */
  constructor(tempers: readonly Temper[]) {
    this.#tempers = tempers;
  }

  /** Takes note of the calls that a block at `at`, unix seconds, has opened. */
  notice(acts: readonly Act[], vault: VaultModel, at: number): void {
    for (const act of acts) {
      const temper = this.#tempers[act.account];
      if (act.kind !== "opened" || act.reopened || temper === undefined) continue;
      const answerAt = answersAt(temper, at, Number(vault.account(act.account).deadline));
      if (answerAt === undefined) continue;
      this.#plans.push({ at: answerAt, account: act.account, response: temper.response, tries: 0 });
    }
  }

  /** Does what is due in a block at `at`. */
  act(vault: VaultModel, at: number): void {
    const due = this.#plans.filter((plan) => plan.at <= at);
    this.#plans = this.#plans.filter((plan) => plan.at > at);
    for (const plan of due) {
      if (vault.account(plan.account).deadline === 0n) continue;
      respond(vault, plan);
      const tries = plan.tries + 1;
      if (plan.response === "part" || tries === MAX_TRIES) continue;
      this.#plans.push({ ...plan, at: at + RETRY_SECONDS, tries });
    }
  }
}

function respond(vault: VaultModel, { account: index, response }: Plan): void {
  const amounts = cureAmounts(vault.account(index), vault.moment);
  if (amounts === undefined) return;
  const { repay, collaterals } = amounts;
  const last = collaterals.at(-1);
  const isPart = response === "part";
  const deposits = response === "deposit" || (isPart && repay % 2n === 0n);
  if (deposits && last !== undefined && last.deposit !== MAX_UINT256) {
    const amount = (last.deposit * (isPart ? PART_BPS : DEPOSIT_MARGIN_BPS)) / BPS;
    if (amount > 0n) vault.deposit(index, last.number, amount);
    return;
  }
  const amount = isPart ? (repay * PART_BPS) / BPS : repay;
  if (amount > 0n) vault.repay(index, amount);
  // Without a shortfall there is nothing to pay, and curing closes the call.
  else vault.close(index);
}
