import { basename } from "node:path";
import { ETH_USD_HOURLY_CLOSES, FIRST_CLOSE_AT } from "./blackThursday.ts";
import { shown } from "./csv.ts";
import { parseDecimal } from "./decimal.ts";
import { BTC_USD_ROUNDS, ETH_USD_ROUNDS } from "./flashCrash.ts";
import { followRounds } from "./followRounds.ts";
import { readPriceFile } from "./priceFile.ts";
import { PriceInputError } from "./priceInputError.ts";
import type { PriceOptions, PriceSeries, Round } from "./priceSeries.ts";
import { thinRounds } from "./thinRounds.ts";

const DEFAULT_BETA = "0.8";
const MAX_BETA_WAD = 3n * 10n ** 18n;
/**
 * Where a price that follows the first one begins. The level means nothing (loans are sized by value); these are near
 * bitcoin's, so that the page looks familiar.
 */
const FOLLOWER_ANSWER = 20_000n * 10n ** 8n;
const FOLLOWER_ANSWER_2020 = 7_900n * 10n ** 8n;

/**
 * The prices to replay.
 * @throws PriceInputError for every fault of a file or of `beta`; nothing else is thrown for what a user gave.
 */
export function loadPrices(options: PriceOptions): PriceSeries {
  const betaWad = readBeta(String(options.beta ?? DEFAULT_BETA));
  if (options.pricesFile !== undefined) {
    const { points, rounds: raw } = readPriceFile(options.pricesFile);
    const first = thinRounds(raw);
    const second =
      options.prices2File === undefined
        ? followRounds(first, FOLLOWER_ANSWER, betaWad)
        : thinRounds(readSecond(options.prices2File, options.pricesFile, raw));
    return seriesOf(basename(options.pricesFile), points, [first, second]);
  }
  if (options.prices2File !== undefined) {
    throw new PriceInputError(
      "--prices2",
      undefined,
      "a second price file needs a first one; add --prices FILE",
    );
  }
  return options.crash === "black-thursday" ? blackThursday(betaWad) : flashCrash();
}

function flashCrash(): PriceSeries {
  const eth = readRounds(ETH_USD_ROUNDS);
  return seriesOf("the flash crash of 17 August 2023", eth.length, [eth, readRounds(BTC_USD_ROUNDS)]);
}

function blackThursday(betaWad: bigint): PriceSeries {
  const closes = ETH_USD_HOURLY_CLOSES.trim().split(/\s+/);
  const eth = closes.map((price, hour) => ({ at: FIRST_CLOSE_AT + 3600 * hour, answer: embedded(price) }));
  const btc = followRounds(eth, FOLLOWER_ANSWER_2020, betaWad);
  return seriesOf("Black Thursday, 12 March 2020", eth.length, [eth, btc]);
}

function readRounds(text: string): Round[] {
  return text
    .trim()
    .split(/\s+/)
    .map((round) => {
      const [at = "", price = ""] = round.split(":");
      return { at: Number(at), answer: embedded(price) };
    });
}

function embedded(price: string): bigint {
  const answer = parseDecimal(price, 8);
  if (answer === undefined) throw new Error(`Embedded price ${price} is no number`);
  return answer;
}

/** The second file's prices over the time of the first one's; the last price before that time is its first. */
function readSecond(file: string, firstFile: string, first: readonly Round[]): Round[] {
  const { rounds } = readPriceFile(file);
  const [from, to] = spanOf(first);
  const [from2, to2] = spanOf(rounds);
  if (to2 < from || from2 > to) {
    const spans = `it covers ${dates(from2, to2)} and ${basename(firstFile)} ${dates(from, to)}`;
    throw new PriceInputError(file, undefined, `${spans}; give two files of the same time`);
  }
  const inside = rounds.filter(({ at }) => at > from && at <= to);
  const opening = rounds.findLast(({ at }) => at <= from) ?? rounds[0];
  if (opening === undefined) throw new Error("A price file without rounds was read");
  const held = { at: from, answer: opening.answer };
  return inside.length > 0 ? [held, ...inside] : [held, { ...held, at: to }];
}

function spanOf(rounds: readonly Round[]): [number, number] {
  return [rounds[0]?.at ?? 0, rounds.at(-1)?.at ?? 0];
}

function dates(from: number, to: number): string {
  const minute = (at: number) => new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ");
  return `${minute(from)} to ${minute(to)} UTC`;
}

function readBeta(text: string): bigint {
  const betaWad = parseDecimal(text.trim(), 18);
  if (betaWad === undefined || betaWad < 0n || betaWad > MAX_BETA_WAD) {
    const what = `${shown(text)} is no factor from 0 to 3; write a decimal such as 0.8`;
    throw new PriceInputError("--beta", undefined, what);
  }
  return betaWad;
}

function seriesOf(name: string, points: number, rounds: PriceSeries["rounds"]): PriceSeries {
  const [first] = rounds;
  const answers = first.map(({ answer }) => answer);
  return {
    name,
    points,
    rounds,
    maxGapSeconds: Math.max(...rounds.map((series) => longestGap(series, spanOf(first)[1]))),
    first: answers[0] ?? 0n,
    low: answers.reduce((low, answer) => (answer < low ? answer : low)),
    last: answers.at(-1) ?? 0n,
  };
}

/** The last price holds until the replay ends. */
function longestGap(rounds: readonly Round[], endsAt: number): number {
  const times = [...rounds.map(({ at }) => at), endsAt];
  return times.slice(1).reduce((longest, at, index) => Math.max(longest, at - (times[index] ?? at)), 0);
}
