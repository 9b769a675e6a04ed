import type { AccountId } from "../../../sdk/accountId.ts";
import type { Deployment } from "../../../sdk/deployment.ts";
import type { Rpc } from "../chain/rpc.ts";
import type { BlockLogs } from "../chain/logs.ts";
import * as calls from "../world/calls.ts";
import { approval, type Trader } from "../world/openLoans.ts";
import { randomOf } from "../world/random.ts";
import { send, type Message } from "../world/wallet.ts";
import {
  answersAt,
  DEPOSIT_MARGIN_BPS,
  MAX_TRIES,
  PART_BPS,
  RETRY_SECONDS,
  Tempers,
  type Response,
} from "./responses.ts";

/** A call that a trader means to answer. */
interface Plan {
  at: number;
  readonly account: AccountId;
  readonly response: Response;
  tries: number;
}

const MAX = (1n << 256n) - 1n;
const CURE_GAS = 500_000;

/** The traders: they see calls as anyone does, from the chain, and answer them or not. */
export class Traders {
  /** What each called account drew, by account; the last call's. */
  readonly responses = new Map<AccountId, Response>();
  readonly #rpc: Rpc;
  readonly #deployment: Deployment;
  readonly #traders: ReadonlyMap<AccountId, Trader>;
  readonly #tempers: Tempers;
  readonly #timeOf: (deadline: number) => number;
  /** Open calls: deadlines in uptime, and unix seconds of the chain at which they opened. */
  readonly #open = new Map<AccountId, { readonly deadline: number; readonly openedAt: number }>();
  #plans: Plan[] = [];

  /** @param timeOf When the vault's clock will show a deadline. */
  constructor(
    rpc: Rpc,
    deployment: Deployment,
    traders: readonly Trader[],
    seed: number,
    timeOf: (deadline: number) => number,
  ) {
    this.#rpc = rpc;
    this.#deployment = deployment;
    this.#traders = new Map(traders.map((trader) => [trader.account, trader]));
    this.#tempers = new Tempers(randomOf(seed, "responses"));
    this.#timeOf = timeOf;
  }

  get openCalls(): number {
    return this.#open.size;
  }

  /** When the deadlines of open calls pass, those that have passed included. */
  get deadlines(): number[] {
    return [...this.#open.values()].map(({ deadline }) => this.#timeOf(deadline));
  }

  /** Whether a call is open that was opened before `at`. */
  hasOpenSinceBefore(at: number): boolean {
    return [...this.#open.values()].some(({ openedAt }) => openedAt < at);
  }

  get nextPlanAt(): number | undefined {
    return this.#plans.length === 0 ? undefined : Math.min(...this.#plans.map(({ at }) => at));
  }

  /** Takes note of calls that a block at `now` opened and closed. */
  notice(logs: BlockLogs, now: number): void {
    for (const { event } of logs.events) {
      if (event.name === "MarginCallOpened") {
        const { deadline, reopened } = event.notice;
        this.#open.set(event.account, { deadline: Number(deadline), openedAt: now });
        if (!reopened) this.#draw(event.account, now, this.#timeOf(Number(deadline)));
      }
      if (event.name === "MarginCallClosed") this.#open.delete(event.account);
    }
  }

  /** Sends what the traders do in a block at `at`. */
  async act(at: number): Promise<void> {
    const due = this.#plans.filter((plan) => plan.at <= at);
    this.#plans = this.#plans.filter((plan) => plan.at > at);
    for (const plan of due) {
      const trader = this.#traders.get(plan.account);
      if (trader === undefined || !this.#open.has(plan.account)) continue;
      await this.#respond(trader, plan.response);
      plan.tries += 1;
      if (plan.response === "part" || plan.tries === MAX_TRIES) continue;
      // Prices may have moved on before it was mined; whoever means to cure looks again.
      this.#plans.push({ ...plan, at: at + RETRY_SECONDS });
    }
  }

  #draw(account: AccountId, now: number, deadline: number): void {
    const temper = this.#tempers.next();
    this.responses.set(account, temper.response);
    const at = answersAt(temper, now, deadline);
    if (at !== undefined) this.#plans.push({ at, account, response: temper.response, tries: 0 });
  }

  async #respond(trader: Trader, response: Response): Promise<void> {
    const { vault, quote, collaterals } = this.#deployment;
    const data = calls.vault.encodeFunctionData("previewCure", [trader.account]);
    const answer = await this.#rpc<string>("eth_call", [{ to: vault, data }, "latest"]);
    const [{ repay, assets, deposits }] = calls.vault.decodeFunctionResult(
      "previewCure",
      answer,
    ) as unknown as [{ repay: bigint; assets: string[]; deposits: bigint[] }];
    const depositing = response === "deposit" || (response === "part" && repay % 2n === 0n);
    const asset = collaterals.find(({ address }) => address === assets.at(-1));
    if (depositing && asset !== undefined) {
      const share = response === "part" ? PART_BPS : DEPOSIT_MARGIN_BPS;
      const amount = ((deposits.at(-1) ?? 0n) * share) / 10_000n;
      if (amount === 0n) return;
      await this.#send(trader, approval(asset.address, vault));
      await this.#call(trader, "depositCollateral", [trader.account, asset.address, amount]);
      return;
    }
    await this.#send(trader, approval(quote.address, vault));
    if (response !== "part") {
      await this.#call(trader, "cure", [trader.account, MAX]);
      return;
    }
    const amount = (repay * PART_BPS) / 10_000n;
    if (amount > 0n) await this.#call(trader, "repay", [trader.account, amount]);
  }

  #call(trader: Trader, name: string, args: readonly unknown[]): Promise<unknown> {
    return this.#send(trader, {
      to: this.#deployment.vault,
      data: calls.vault.encodeFunctionData(name, args),
      gasLimit: CURE_GAS,
    });
  }

  #send({ wallet }: Trader, message: Message): Promise<unknown> {
    return send(this.#rpc, wallet, this.#deployment.chainId, message);
  }
}
