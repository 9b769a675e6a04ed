import { getAddress, parseUnits } from "ethers";
import { z } from "zod";
import type { Deployment, DeployedAsset } from "../sdk/deployment.ts";
import { addressSchema, decimalSchema } from "./configTerms.ts";
import { UserError } from "./errors.ts";
import type { BrakeSettings } from "./policy/brake.ts";

/** Decimals of a fixed price, which has to be as fine as any feed. */
export const FIXED_PRICE_DECIMALS = 18;

const sourceSchema = z.strictObject({
  asset: addressSchema,
  feed: z.union([addressSchema, z.strictObject({ fixed: decimalSchema })]),
  maxDeviationBps: z.int().min(1).max(5_000).default(300),
  maxAgeSeconds: z.int().min(60).default(90_000),
});

export const brakeSchema = z.strictObject({
  maxShareBps: z.int().min(1).max(10_000).default(2_500),
  minAccounts: z.int().min(1).default(20),
  confirmSeconds: z.int().min(60).max(86_400).default(900),
  confirmFile: z.string().min(1).optional(),
  sources: z.array(sourceSchema).max(32).default([]),
});

/** A feed, or a whole unit's price that does not change, with `FIXED_PRICE_DECIMALS`. */
export type SecondFeed = { readonly feed: string } | { readonly fixed: bigint };

/** Who else knows a collateral's price. */
export interface SecondSource {
  readonly feed: SecondFeed;
  readonly maxDeviationBps: number;
  /** Of an answer, in block time. */
  readonly maxAgeSeconds: number;
}

/** When the keeper stops and asks; see `policy/brake.ts`. */
export interface BrakeConfig extends BrakeSettings {
  readonly confirmSeconds: number;
  readonly confirmFile: string;
  /** By collateral number; undefined for one that nobody else knows. */
  readonly collaterals: readonly (SecondSource | undefined)[];
  /** What the quote is worth in the same unit; undefined when no collateral has a source. */
  readonly quote: SecondSource | undefined;
}

/** Throws a `UserError` for sources that are none. `storeFile` and what `pathOf` gives are absolute. */
export function brakeConfigFrom(
  file: string,
  { sources, confirmFile, ...numbers }: z.infer<typeof brakeSchema>,
  deployment: Deployment,
  storeFile: string,
  pathOf: (path: string) => string,
): BrakeConfig {
  const byAsset = new Map<string, SecondSource>();
  for (const [i, source] of sources.entries()) {
    const name = `${file}: brake.sources.${i}`;
    const asset = assetAt(deployment, source.asset);
    if (asset === undefined) throw new UserError(`${name}.asset: ${source.asset} is no asset of this vault`);
    if (byAsset.has(asset.address))
      throw new UserError(`${name}.asset: ${asset.symbol} has a source already`);
    if (source.feed === getAddress(asset.feed)) {
      throw new UserError(
        `${name}.feed: it is the vault's own feed of ${asset.symbol}, which agrees with itself`,
      );
    }
    const { maxDeviationBps, maxAgeSeconds } = source;
    byAsset.set(asset.address, { feed: secondFeed(source.feed), maxDeviationBps, maxAgeSeconds });
  }
  const { quote } = deployment;
  const quoteSource = byAsset.get(quote.address);
  if (byAsset.size > 0 && quoteSource === undefined) {
    throw new UserError(
      `${file}: brake.sources: ${quote.symbol}, in which prices are counted, needs one as well, such as { "fixed": "1" }`,
    );
  }
  return {
    ...numbers,
    confirmFile: confirmFile === undefined ? `${storeFile}.confirm` : pathOf(confirmFile),
    collaterals: deployment.collaterals.map(({ address }) => byAsset.get(address)),
    quote: quoteSource,
  };
}

function assetAt({ quote, collaterals }: Deployment, address: string): DeployedAsset | undefined {
  return [quote, ...collaterals].find((asset) => asset.address === address);
}

function secondFeed(feed: z.infer<typeof sourceSchema>["feed"]): SecondFeed {
  return typeof feed === "string" ? { feed } : { fixed: parseUnits(feed.fixed, FIXED_PRICE_DECIMALS) };
}
