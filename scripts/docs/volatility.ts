/*
 * `npm run docs:volatility [-- FILE]`: draws docs/volatility.svg and prints the numbers of
 * docs/decisions/0019-volatility.md, from the rounds of ETH/USD in the data that lies beside the repository. With a file
 * of another feed's rounds (`timestamp_utc_seconds,price,round_id`) it prints theirs and draws nothing.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../compile.ts";
import { PriceInputError } from "../demo/prices/priceInputError.ts";
import { augustPicture, CRASHES } from "./volatility/august.ts";
import { CHOSEN_TERMS } from "./volatility/chosenTerms.ts";
import { noticesOf, type Notice } from "./volatility/notices.ts";
import { readFeedRounds, ROUNDS_FILE, type NumberedRound } from "./volatility/readFeedRounds.ts";
import { volatilityChart } from "./volatility/volatilityChart.ts";
import { warningFigures } from "./volatility/warningFigures.ts";
import { weightCourse, type CourseTerms } from "./volatility/weightCourse.ts";

const PERCENT_WAD = 10n ** 16n;
const HOUR_SECONDS = 3_600n;
const FALL = { share: 0.03, withinSeconds: 14_400 };

/** One thing at a time is changed of what is chosen. */
const VARIANTS: readonly Partial<CourseTerms>[] = [
  {},
  ...[1n, 2n, 4n, 12n, 24n, 48n].map((hours) => ({ halfLifeSeconds: hours * HOUR_SECONDS })),
  ...[35n, 45n, 50n, 60n, 80n].map((percent) => ({ referenceWad: percent * PERCENT_WAD })),
  ...[1_000n, 5_000n, 10_000n].map((slopeBps) => ({ slopeBps })),
  ...[500n, 2_500n].map((capBps) => ({ capBps })),
];

/** One row of the page's table. */
function rowOf(rounds: readonly NumberedRound[], terms: CourseTerms): string {
  const course = weightCourse(rounds, terms);
  const f = warningFigures(course, FALL);
  const ratio = (ahead: number, always: number): string =>
    `${ahead.toFixed(0)} / ${always.toFixed(0)} = ${(ahead / always).toFixed(1)}`;
  const notices = CRASHES.map((crash) => noticesOf(course, crash));
  return [
    `${terms.halfLifeSeconds / HOUR_SECONDS} h, ${terms.referenceWad / PERCENT_WAD} %, ${terms.slopeBps}, ${terms.capBps}`,
    `${(f.warnedShare * 100).toFixed(0)} / ${(f.alwaysShare * 100).toFixed(0)} %`,
    ratio(f.initialAhead, f.initialAlways),
    ratio(f.maintenanceAhead, f.maintenanceAlways),
    ...notices.map((some) => `${mean(some, "without")} to ${mean(some, "with")}`),
    String(f.lowestMaintenanceBps),
  ].join(" | ");
}

/** A dash where no account fell below its floor, as in the rounds of another feed. */
function mean(notices: readonly Notice[], which: "without" | "with"): string {
  if (notices.length === 0) return "-";
  return (notices.reduce((sum, notice) => sum + notice[which], 0) / notices.length).toFixed(0);
}

/** What a reference is chosen by. */
function quantiles(rounds: readonly NumberedRound[]): string {
  const course = weightCourse(rounds, CHOSEN_TERMS);
  const percents: number[] = [];
  let hour = course[0]?.at ?? 0n;
  for (const [i, { at, volatilityWad }] of course.entries()) {
    const until = course[i + 1]?.at ?? at;
    for (; hour < until; hour += HOUR_SECONDS) percents.push(Number(volatilityWad) / 1e16);
  }
  percents.sort((a, b) => a - b);
  const at = (share: number): string => (percents[Math.floor(percents.length * share)] ?? 0).toFixed(1);
  return `median ${at(0.5)} %, nine in ten below ${at(0.9)} %, 99 in 100 below ${at(0.99)} %`;
}

function main(file: string): void {
  const rounds = readFeedRounds(file);
  if (file === ROUNDS_FILE) {
    const target = join(root, "docs", "volatility.svg");
    writeFileSync(target, volatilityChart(augustPicture(rounds)));
    console.log(`wrote ${target}\n`);
  }
  console.log(`Volatility with a half-life of 6 h, by the hour: ${quantiles(rounds)}\n`);
  console.log(
    "| h, s_ref, slope, cap | warned / always | initial ahead / always | maintenance ahead / always | August | January | lowest |",
  );
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  for (const variant of VARIANTS) console.log(`| ${rowOf(rounds, { ...CHOSEN_TERMS, ...variant })} |`);
  const course = weightCourse(rounds, CHOSEN_TERMS);
  for (const crash of CRASHES) {
    console.log("\n| health factor before | notice without, min | with |\n| --- | --- | --- |");
    for (const notice of noticesOf(course, crash)) {
      const cells = [notice.health.toFixed(3), notice.without.toFixed(0), notice.with.toFixed(0)];
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
}

try {
  main(process.argv[2] ?? ROUNDS_FILE);
} catch (error) {
  if (!(error instanceof PriceInputError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
