import type { NativePrice } from "../config.ts";
import { UserError } from "../errors.ts";
import { feedAnswerProbe, feedDecimalsProbe } from "./priceProbes.ts";
import { ask, type Probe } from "./probe.ts";
import type { Rpc } from "./rpcClient.ts";

const WEI_PER_COIN = 10n ** 18n;
const PRICE_SCALE = 10n ** 36n;

/** What a wei is worth in quote base units, times 1e36: the price at which gas is weighed against a discount. */
export interface NativePriceSource {
  /** Undefined while a feed is silent and never spoke. */
  probe(block: number): Probe<bigint | undefined>;
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
    return { probe: () => ({ calls: [], read: () => price36 }) };
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
  return {
    probe(block) {
      const [native, unit] = [feedAnswerProbe(price.feed, block), feedAnswerProbe(quote.feed, block)];
      return {
        calls: [...native.calls, ...unit.calls],
        read: (answers) => {
          const answer = native.read(answers.slice(0, 1));
          const quoteAnswer = unit.read(answers.slice(1, 2));
          if (answer !== undefined && quoteAnswer !== undefined) last = (answer * up) / (down * quoteAnswer);
          return last;
        },
      };
    },
  };
}
