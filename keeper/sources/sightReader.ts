import type { AccountId } from "../../sdk/accountId.ts";
import { RetryableError } from "../errors.ts";
import type { Log } from "../log.ts";
import { toHex, type BlockHeader } from "./blockHeader.ts";
import { headerProbe } from "./chainReader.ts";
import { clockProbe, sequencerFeedProbe } from "./clockProbes.ts";
import { Endpoint } from "./endpoint.ts";
import { lensProbe, type LensSubject } from "./lens.ts";
import { feedAnswerProbe, vaultPricesProbe } from "./priceProbes.ts";
import { ask, type Probe } from "./probe.ts";
import type { Rpc } from "./rpcClient.ts";
import type { Sight } from "./sight.ts";
import { walletProbe } from "./walletProbe.ts";

export interface SightReaderOptions extends Omit<LensSubject, "sequencerFeed"> {
  readonly clock: string;
  readonly log: Log;
}

/** The oracle and its collaterals as the book has them, for endpoints that have to be asked piece by piece. */
export interface OracleView {
  readonly oracle: string;
  readonly collateralCount: number;
}

/** What an endpoint can do, found out when it fails for the first time. */
type Ability = "lens" | "pieces";

/**
 * Reads a block's state, in one call where the endpoint knows state overrides and in pieces where it does not, always by
 * the block's hash or with a check of it.
 */
export class SightReader {
  readonly #options: SightReaderOptions;
  readonly #abilities = new WeakMap<Rpc, Ability>();
  /** The feed by which the protocol's clock learns of outages, which never changes; unknown before the first look. */
  #sequencer: { readonly feed: string | undefined } | undefined;

  constructor(options: SightReaderOptions) {
    this.#options = options;
  }

  /** What `also` asks goes into the same request. Throws `RetryableError`. */
  async read<T>(
    one: Rpc,
    block: BlockHeader,
    view: OracleView,
    accounts: readonly AccountId[],
    also: Probe<T>,
  ): Promise<readonly [Sight, T]> {
    const ability = this.#abilities.get(one);
    try {
      const subject = await this.#subject(one, block);
      if (ability === "pieces") return await ask(one, this.#pieces(subject, block, view), also);
      const result = await ask(one, lensProbe(subject, block, accounts), also);
      this.#abilities.set(one, "lens");
      return result;
    } catch (error) {
      if (ability === undefined && error instanceof RetryableError) await this.#findOut(one, block);
      throw error;
    }
  }

  async #subject(one: Rpc, block: BlockHeader): Promise<LensSubject> {
    const { vault, quote, keepers, feeds, clock } = this.#options;
    if (this.#sequencer === undefined) {
      const [feed] = await ask(one, sequencerFeedProbe(clock, block));
      this.#sequencer = { feed };
    }
    return { vault, quote, keepers, feeds, sequencerFeed: this.#sequencer.feed };
  }

  #pieces(subject: LensSubject, block: BlockHeader, view: OracleView): Probe<Sight> {
    const { vault, quote, keepers, feeds, sequencerFeed } = subject;
    const prices = vaultPricesProbe(view.oracle, view.collateralCount, block);
    const clock = clockProbe(this.#options.clock, sequencerFeed, block);
    const wallets = keepers.map((keeper) => walletProbe(keeper, quote, vault, block));
    const feedAnswers = feeds.map((feed) => feedAnswerProbe(feed, block));
    const parts = [prices, clock, ...wallets, ...feedAnswers];
    return {
      calls: parts.flatMap(({ calls }) => calls),
      read: (all) => {
        let from = 0;
        const next = <T>(probe: Probe<T>): T => {
          const answers = all.slice(from, from + probe.calls.length);
          from += probe.calls.length;
          return probe.read(answers);
        };
        return {
          prices: next(prices),
          clock: next(clock),
          wallets: wallets.map(next),
          answers: feedAnswers.map(next),
          vault: undefined,
        };
      },
    };
  }

  /** Why an endpoint did not answer: it may lack the block, not know hashes, or not know overrides. */
  async #findOut(one: Rpc, { number, hash }: BlockHeader): Promise<void> {
    const [header] = await ask(one, headerProbe(number));
    if (header?.hash !== hash) return;
    const { vault, quote, log } = this.#options;
    const empty = { vault, quote, keepers: [], feeds: [], sequencerFeed: undefined };
    const [byHash, byNumber, lens] = await one.batch([
      { method: "eth_getBalance", params: [vault, { blockHash: hash }] },
      { method: "eth_getBalance", params: [vault, toHex(number)] },
      ...lensProbe(empty, "latest").calls,
    ]);
    if (byNumber?.ok !== true) return;
    if (byHash?.ok === false && one instanceof Endpoint) one.nameBlocksByNumber();
    // Without overrides there is no code at the lens's address, and a call of it returns nothing.
    if (lens?.ok === true && lens.result !== "0x") return;
    this.#abilities.set(one, "pieces");
    log.warn("endpoint.withoutOverrides", { endpoint: one instanceof Endpoint ? one.name : undefined });
  }
}
