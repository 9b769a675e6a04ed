import type { NativePrice } from "../config.ts";
import { UserError } from "../errors.ts";
import type { StateAt } from "./contractCall.ts";
import { feedAnswerProbe, feedDecimalsProbe } from "./priceProbes.ts";
import { ask, type Probe } from "./probe.ts";
import type { Rpc } from "./rpcClient.ts";
import type { FeedAnswer } from "./sight.ts";

const WEI_PER_COIN = 10n ** 18n;
const PRICE_SCALE = 10n ** 36n;

/** What a wei is worth in quote base units, times 1e36: the price at which gas is weighed against a discount. */
export interface NativePriceSource {
  /** Feeds whose answers it takes, in this order. */
  readonly feeds: readonly string[];
  /** From the feeds' answers; undefined for one that is silent. Undefined while one is silent and never spoke. */
  price36(answers: readonly (FeedAnswer | undefined)[]): bigint | undefined;
  /** Asks the feeds at a block, for `price36`. */
  probe(block: StateAt | number): Probe<bigint | undefined>;
}

export interface QuoteFeed {
  readonly feed: string;
  readonly decimals: number;
}

/** Prepares the configured price. Throws a `UserError` when a feed is none. */
export async function openNativePrice(
  price: NativePrice,
  quote: QuoteFeed,
  rpc: Rpc,
): Promise<NativePriceSource> {
  if ("fixed" in price) {
    const price36 = (price.fixed * PRICE_SCALE) / WEI_PER_COIN;
    return withProbe({ feeds: [], price36: () => price36 });
  }
  const [decimals, quoteDecimals] = await ask(
    rpc,
    feedDecimalsProbe(price.feed),
    feedDecimalsProbe(quote.feed),
  );
  if (decimals === undefined || quoteDecimals === undefined) {
    throw new UserError(`nativePriceFeed ${price.feed}, or the quote's feed ${quote.feed}, is no price feed`);
  }
  const up = PRICE_SCALE * 10n ** BigInt(quoteDecimals + quote.decimals);
  const down = WEI_PER_COIN * 10n ** BigInt(decimals);
  // A feed that falls silent leaves its last answer: gas does not become free, nor infinitely dear.
  let last: bigint | undefined;
  return withProbe({
    feeds: [price.feed, quote.feed],
    price36([native, unit]) {
      if (native !== undefined && unit !== undefined) last = (native.answer * up) / (down * unit.answer);
      return last;
    },
  });
}

function withProbe(source: Omit<NativePriceSource, "probe">): NativePriceSource {
  return {
    ...source,
    probe(block) {
      const probes = source.feeds.map((feed) => feedAnswerProbe(feed, block));
      return {
        calls: probes.flatMap(({ calls }) => calls),
        read: (answers) => source.price36(probes.map((probe, i) => probe.read(answers.slice(i, i + 1)))),
      };
    },
  };
}
