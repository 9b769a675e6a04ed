import { setTimeout as sleep } from "node:timers/promises";
import type { AccountId } from "../sdk/accountId.ts";
import { RetryableError } from "./errors.ts";
import { BackOff } from "./executors/backOff.ts";
import type { FlashConfig } from "./flashConfig.ts";
import type { Log } from "./log.ts";
import type { Skip } from "./policy/action.ts";
import type { FlashView } from "./policy/flash.ts";
import { flashQuestions } from "./policy/flashQuestions.ts";
import type { PolicySettings, Snapshot } from "./policy/snapshot.ts";
import type { BlockHeader } from "./sources/blockHeader.ts";
import { flashTermsProbe, whyNotServed } from "./sources/flashProbes.ts";
import { ask } from "./sources/probe.ts";
import type { Rpc } from "./sources/rpcClient.ts";
import { takeQuotesProbe } from "./sources/takeQuotes.ts";

export interface FlashDeskOptions {
  readonly rpc: Rpc;
  readonly config: PolicySettings & { readonly flashLiquidator?: FlashConfig | undefined };
  /** The key that liquidates. */
  readonly keeper: string;
  readonly log: Log;
}

/**
 * Asks what selling at once would bring, and remembers for whom it did not work. Nothing here stops anything else: no
 * answer, a late one or a wrong one leaves the block's takes to what can be paid for by hand.
 */
export class FlashDesk {
  /** Accounts that the flash liquidator refused lately; their takes are paid for by hand meanwhile. */
  readonly #backOff = new BackOff();
  readonly #options: FlashDeskOptions;
  #stuck: ReadonlySet<AccountId> = new Set();
  #refusal: string | undefined;
  #refused = { block: -1, accounts: new Set<AccountId>() };

  constructor(options: FlashDeskOptions) {
    this.#options = options;
  }

  /**
   * The snapshot with quotes of everything that would be sold at its block: one request, and none where there is nothing
   * to sell.
   */
  async withQuotes(snapshot: Snapshot, head: BlockHeader): Promise<Snapshot> {
    const { config } = this.#options;
    const { flashLiquidator } = config;
    if (flashLiquidator === undefined) return snapshot;
    const doubted = new Set(this.#backOff.waiting(head.number));
    const questions = flashQuestions(snapshot, config, this.#stuck).filter(
      ({ account }) => !doubted.has(account),
    );
    if (questions.length === 0) return snapshot;
    return { ...snapshot, flash: await this.#ask(flashLiquidator, questions, head) };
  }

  /** The flash liquidator would not take, or did not. */
  refused(account: AccountId, block: number): void {
    this.#backOff.refused(account, block);
    if (this.#refused.block !== block) this.#refused = { block, accounts: new Set() };
    this.#refused.accounts.add(account);
  }

  /** Whether it was refused at this block. */
  isRefused(account: AccountId, block: number): boolean {
    return this.#refused.block === block && this.#refused.accounts.has(account);
  }

  /** It has taken. */
  taken(account: AccountId, block: number): void {
    this.#backOff.clear(account, block);
  }

  /** Takes note of what could not be sold: it is asked about last from now on, for its quotes spoil those behind it. */
  decided(skips: readonly Skip[]): void {
    const stuck = skips.filter(({ reason }) => reason === "swapTooDear" || reason === "noSwapQuote");
    this.#stuck = new Set(stuck.map(({ account }) => account));
  }

  async #ask(
    flash: FlashConfig,
    questions: ReturnType<typeof flashQuestions>,
    head: BlockHeader,
  ): Promise<FlashView | undefined> {
    const { rpc, keeper, log } = this.#options;
    const asking = ask(
      rpc,
      flashTermsProbe(flash.address, keeper, head),
      takeQuotesProbe(flash.quoter, questions, flash, head),
    ).catch((error: unknown) => {
      if (error instanceof RetryableError) return error.message;
      throw error;
    });
    const waiting = new AbortController();
    const late = sleep(flash.quoteWithinMs, `no answer within ${flash.quoteWithinMs} ms`, {
      signal: waiting.signal,
    }).catch(() => "not needed");
    const result = await Promise.race([asking, late]);
    waiting.abort();
    if (typeof result === "string") {
      log.warn("quotes.failed", { block: head.number, takes: questions.length, error: result });
      return undefined;
    }
    const [terms, quotes] = result;
    const refusal = whyNotServed(flash, keeper, terms);
    if (refusal !== this.#refusal) this.#say(refusal);
    if (terms === undefined || refusal !== undefined) return undefined;
    log.debug("quotes.read", { block: head.number, takes: questions.length });
    return { maxSlippageBps: terms.maxSlippageBps, quotes };
  }

  #say(refusal: string | undefined): void {
    const { log, config } = this.#options;
    const liquidator = config.flashLiquidator?.address;
    this.#refusal = refusal;
    if (refusal === undefined) log.info("flash.usable", { liquidator });
    else log.error("flash.unusable", { liquidator, reason: refusal });
  }
}
