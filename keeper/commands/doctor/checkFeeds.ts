import { Interface } from "ethers";
import type { DeployedAsset, Deployment } from "../../../sdk/deployment.ts";
import { formatDuration, formatTime } from "../../../sdk/format.ts";
import { pauseEnd, stopOf, type ClockState } from "../../../sdk/clockState.ts";
import type { Prices } from "../../../sdk/vaultTypes.ts";
import type { Config } from "../../config.ts";
import type { BlockHeader } from "../../sources/blockHeader.ts";
import { clockProbe, sequencerFeedProbe } from "../../sources/clockProbes.ts";
import { contractCall, decoded } from "../../sources/contractCall.ts";
import { feedAnswerProbe, vaultPricesProbe } from "../../sources/priceProbes.ts";
import { ask } from "../../sources/probe.ts";
import type { Rpc } from "../../sources/rpcClient.ts";
import type { FeedAnswer } from "../../sources/sight.ts";
import { plainText } from "../layout.ts";
import { failure, ok, warning, type Finding } from "./finding.ts";

const oracleAbi = new Interface([
  "function feedOf(uint256 number) view returns (address feed, uint256 maxAgeSeconds, uint256 deadAgeSeconds)",
]);
/** By which the oracle calls the quote. */
const QUOTE_NUMBER = 255;

/** The age of each price, whether the vault takes it for fresh, and what the protocol's clock stands still for. */
export async function checkFeeds(rpc: Rpc, config: Config, head: BlockHeader): Promise<readonly Finding[]> {
  const { deployment } = config;
  const { oracle, quote, collaterals, clock } = deployment;
  const assets = [...collaterals, quote];
  const [sequencerFeed] = await ask(rpc, sequencerFeedProbe(clock, head));
  const [prices, state, ...answers] = await ask(
    rpc,
    vaultPricesProbe(oracle, collaterals.length, head),
    clockProbe(clock, sequencerFeed, head),
    ...assets.map(({ feed }) => feedAnswerProbe(feed, head)),
  );
  const ages = await readMaxAges(rpc, deployment, head);
  const findings = assets.map((asset, i) => checkFeed(asset, answers[i], ages[i], head));
  return [
    ...(prices.available
      ? []
      : [
          failure(
            "oracle",
            "the vault's oracle gives no answer",
            "nobody can be judged until it does: look at its feeds",
          ),
        ]),
    ...findings,
    ...staleIn(prices, deployment),
    ...(await checkOtherFeeds(rpc, config, head)),
    checkClock(state),
  ];
}

function checkFeed(
  asset: DeployedAsset,
  answer: FeedAnswer | undefined,
  maxAgeSeconds: bigint | undefined,
  { timestamp }: BlockHeader,
): Finding {
  const subject = `feed of ${plainText(asset.symbol, 24)}`;
  if (answer === undefined)
    return failure(subject, "gives no answer", "until it does this asset cannot be judged or taken");
  const age = timestamp - answer.updatedAt;
  if (age < 0n)
    return warning(
      subject,
      `answered ${formatDuration(-age)} ahead of the block`,
      "the vault does not believe such an answer",
    );
  const says = `last answered ${formatDuration(age)} before the newest block`;
  if (maxAgeSeconds === undefined || age <= maxAgeSeconds) return ok(subject, says);
  const remedy = "its asset cannot be taken until the feed speaks; calls go by its last answer";
  return warning(subject, `${says}, of at most ${formatDuration(maxAgeSeconds)}`, remedy);
}

/** What the vault itself takes for stale, by whatever oracle. */
function staleIn({ available, freshSet }: Prices, { collaterals }: Deployment): readonly Finding[] {
  if (!available) return [];
  const stale = collaterals.filter(({ number }) => (freshSet & (1 << number)) === 0);
  return stale.map(({ symbol }) =>
    warning(
      `price of ${plainText(symbol, 24)}`,
      "the vault does not take it for fresh",
      "its asset cannot be taken until it is",
    ),
  );
}

/** Undefined where the vault's oracle is of another kind. */
async function readMaxAges(
  rpc: Rpc,
  { oracle, collaterals }: Deployment,
  head: BlockHeader,
): Promise<readonly (bigint | undefined)[]> {
  const numbers = [...collaterals.map(({ number }) => number), QUOTE_NUMBER];
  const calls = numbers.map((number) => contractCall(oracle, oracleAbi, "feedOf", [number], head));
  const answers = await rpc.batch(calls);
  return answers.map((answer) => decoded(oracleAbi, "feedOf", answer)?.maxAgeSeconds as bigint | undefined);
}

/** Feeds that the keeper alone asks: what a coin is worth, and second sources. */
async function checkOtherFeeds(
  rpc: Rpc,
  { nativePrice, brake, deployment }: Config,
  head: BlockHeader,
): Promise<readonly Finding[]> {
  const native =
    "feed" in nativePrice
      ? [{ name: "feed of the native coin", feed: nativePrice.feed, maxAge: undefined }]
      : [];
  const sources = [...brake.collaterals, brake.quote].flatMap((source, i) => {
    if (source === undefined || "fixed" in source.feed) return [];
    const symbol = plainText((deployment.collaterals[i] ?? deployment.quote).symbol, 24);
    return [
      { name: `second source of ${symbol}`, feed: source.feed.feed, maxAge: BigInt(source.maxAgeSeconds) },
    ];
  });
  const feeds = [...native, ...sources];
  const answers = await ask(rpc, ...feeds.map(({ feed }) => feedAnswerProbe(feed, head)));
  const lone = deployment.collaterals.filter(({ number }) => brake.collaterals[number] === undefined);
  return [
    ...feeds.map(({ name, maxAge }, i): Finding => {
      const answer = answers[i];
      if (answer === undefined) return failure(name, "gives no answer", "name a feed that does");
      const age = head.timestamp - answer.updatedAt;
      const says = `last answered ${formatDuration(age)} before the newest block`;
      return maxAge !== undefined && age > maxAge
        ? warning(
            name,
            `${says}, of at most ${formatDuration(maxAge)}`,
            "it confirms nothing while it is so old",
          )
        : ok(name, says);
    }),
    ...(lone.length === 0
      ? []
      : [
          warning(
            "brake",
            `nobody else knows the price of ${lone.map(({ symbol }) => plainText(symbol, 24)).join(", ")}`,
            "name second sources (brake.sources); without them an engaged brake waits for your word, in a real crash too",
          ),
        ]),
  ];
}

function checkClock(state: ClockState): Finding {
  const stop = stopOf(state);
  if (stop === undefined) return ok("protocol's clock", "runs");
  const remedy =
    "nothing to do: deadlines and auctions wait with it, and critical accounts are liquidated all the same";
  if (stop === "sequencerDown")
    return warning("protocol's clock", "stands still: the sequencer is down", remedy);
  return warning("protocol's clock", `stands still until ${formatTime(pauseEnd(state))} (${stop})`, remedy);
}
