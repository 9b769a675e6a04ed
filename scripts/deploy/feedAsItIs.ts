import { Contract, formatUnits, type ContractRunner } from "ethers";

const FEED_ABI = [
  "function decimals() view returns (uint8)",
  "function description() view returns (string)",
  "function latestRoundData() view returns (uint80, int256 answer, uint256, uint256 updatedAt, uint80)",
];
const PRICE_DECIMALS = 30;

/** What a plan says about a feed, as `expected` of a collateral. */
export interface FeedExpectation {
  readonly feedDecimals: number;
  readonly description: string;
  /** Whole quote tokens for one whole token, a decimal number. */
  readonly price: string;
  readonly toleranceBps: number;
}

/**
 * What `feed` says of itself, with its price against that of `quoteFeed`; a tenth more or less is tolerated. It checks
 * nothing, so it is for chains whose feeds one has made oneself: elsewhere what is expected comes from elsewhere.
 * Rejects when a feed does not answer.
 */
export async function feedAsItIs(
  runner: ContractRunner,
  feed: string,
  quoteFeed: string,
): Promise<FeedExpectation> {
  const [own, quote] = await Promise.all([readFeed(runner, feed), readFeed(runner, quoteFeed)]);
  const scale = 10n ** BigInt(PRICE_DECIMALS);
  const dividend = own.answer * 10n ** BigInt(quote.decimals) * scale;
  const price = dividend / (10n ** BigInt(own.decimals) * quote.answer);
  return {
    feedDecimals: own.decimals,
    description: own.description,
    price: formatUnits(price, PRICE_DECIMALS),
    toleranceBps: 1_000,
  };
}

/** Decimals, description and latest answer of a feed; rejects when it gives none. */
export async function readFeed(
  runner: ContractRunner,
  feed: string,
): Promise<{ decimals: number; description: string; answer: bigint }> {
  const contract = new Contract(feed, FEED_ABI, runner);
  const ask = (name: string): Promise<unknown> => contract.getFunction(name).staticCall() as Promise<unknown>;
  const [, answer] = (await ask("latestRoundData")) as [bigint, bigint];
  return {
    decimals: Number(await ask("decimals")),
    description: (await ask("description")) as string,
    answer,
  };
}
