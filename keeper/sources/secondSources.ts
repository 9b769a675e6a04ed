import { mulDivDown } from "../../sdk/fixedPoint.ts";
import type { Deployment } from "../../sdk/deployment.ts";
import type { Prices } from "../../sdk/vaultTypes.ts";
import { FIXED_PRICE_DECIMALS, type BrakeConfig, type SecondSource } from "../brakeConfig.ts";
import { UserError } from "../errors.ts";
import { secondOpinion, type PriceOpinion } from "../policy/secondOpinion.ts";
import type { NativePriceSource } from "./nativePrice.ts";
import { feedDecimalsProbe } from "./priceProbes.ts";
import { ask } from "./probe.ts";
import type { Rpc } from "./rpcClient.ts";
import type { FeedAnswer, Sight } from "./sight.ts";

/** What a collateral's second source makes of its price. Prices are quote base units for a base unit, times 1e36. */
export interface SecondView {
  readonly opinion: PriceOpinion;
  readonly price36: bigint;
  /** Undefined where there is no answer, or no source. */
  readonly second36: bigint | undefined;
}

/** Who else knows what the collaterals are worth. */
export interface SecondSources {
  /** Feeds whose answers it takes, in this order. */
  readonly feeds: readonly string[];
  /** By collateral number. `timestamp` is that of the block the answers were read at. */
  views(
    prices: Prices,
    answers: readonly (FeedAnswer | undefined)[],
    timestamp: bigint,
  ): readonly SecondView[];
}

/** Of a sight whose feeds are the coin's and then the second sources'. */
export function secondViewsAt(
  { answers, prices, clock }: Pick<Sight, "answers" | "prices" | "clock">,
  nativePrice: Pick<NativePriceSource, "feeds">,
  secondSources: SecondSources,
): readonly SecondView[] {
  return secondSources.views(prices, answers.slice(nativePrice.feeds.length), clock.timestamp);
}

type SourcesConfig = Pick<BrakeConfig, "collaterals" | "quote">;

/** Prepares the configured sources. Throws a `UserError` when a feed is none, `RetryableError` when nobody answers. */
export async function openSecondSources(
  { collaterals, quote }: SourcesConfig,
  deployment: Deployment,
  rpc: Rpc,
): Promise<SecondSources> {
  const feeds = feedsOf([quote, ...collaterals]);
  const decimals = await ask(rpc, ...feeds.map(feedDecimalsProbe));
  const decimalsOf = new Map(feeds.map((feed, i) => [feed, known(decimals[i], feed)]));
  const valueOf = (source: SecondSource, answers: readonly (FeedAnswer | undefined)[], timestamp: bigint) => {
    if ("fixed" in source.feed) return { value: source.feed.fixed, scale: scaleOf(FIXED_PRICE_DECIMALS) };
    const { feed } = source.feed;
    const answer = answers[feeds.indexOf(feed)];
    if (answer === undefined || !isFresh(answer, timestamp, source)) return undefined;
    return { value: answer.answer, scale: scaleOf(decimalsOf.get(feed) ?? 0) };
  };
  return {
    feeds,
    views: (prices, answers, timestamp) =>
      collaterals.map((source, number): SecondView => {
        const price36 = prices.price36[number] ?? 0n;
        if (source === undefined || quote === undefined) {
          return { opinion: "none", price36, second36: undefined };
        }
        const asset = valueOf(source, answers, timestamp);
        const unit = valueOf(quote, answers, timestamp);
        const assetDecimals = deployment.collaterals[number]?.decimals ?? 0;
        const second36 =
          asset === undefined || unit === undefined || unit.value === 0n
            ? undefined
            : mulDivDown(
                asset.value * unit.scale,
                scaleOf(36 + deployment.quote.decimals),
                unit.value * asset.scale * scaleOf(assetDecimals),
              );
        // The quote's source has its own tolerance, which the collateral's does not use up.
        const toleranceBps = source.maxDeviationBps + quote.maxDeviationBps;
        return { opinion: secondOpinion(price36, second36, toleranceBps), price36, second36 };
      }),
  };
}

function feedsOf(sources: readonly (SecondSource | undefined)[]): readonly string[] {
  const feeds = sources.flatMap((source) =>
    source !== undefined && "feed" in source.feed ? [source.feed.feed] : [],
  );
  return [...new Set(feeds)];
}

function known(decimals: number | undefined, feed: string): number {
  if (decimals === undefined) throw new UserError(`brake.sources: ${feed} is no price feed`);
  return decimals;
}

function scaleOf(decimals: number): bigint {
  return 10n ** BigInt(decimals);
}

/** An answer from the future is none. */
function isFresh({ updatedAt }: FeedAnswer, timestamp: bigint, { maxAgeSeconds }: SecondSource): boolean {
  return updatedAt <= timestamp && timestamp - updatedAt <= BigInt(maxAgeSeconds);
}
