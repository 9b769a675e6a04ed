import type { Command } from "commander";
import { getAddress } from "ethers";
import { formatDuration } from "../../sdk/format.ts";
import type { Config } from "../config.ts";
import { RetryableError } from "../errors.ts";
import { readConfigs } from "../readConfigs.ts";
import { blockNumber, replayRange, type RangeWish } from "../replay/replayRange.ts";
import { replay } from "../replay/replay.ts";
import type { ReplayReport } from "../replay/replayReport.ts";
import { headerProbe } from "../sources/chainReader.ts";
import { ask } from "../sources/probe.ts";
import type { Output } from "../statusView/display.ts";
import { stopSignal } from "../stopSignal.ts";
import { chooseConfig } from "./chooseConfig.ts";
import { describeReplay } from "./describeReplay.ts";
import { guarded } from "./guarded.ts";
import { asJson } from "./layout.ts";
import { openParts } from "./openParts.ts";
import { keyAddresses } from "./openView.ts";
import { ProgressLine } from "./progressLine.ts";
import { withViewOptions, type ViewOptions } from "./withView.ts";

interface ReplayCommandOptions extends ViewOptions {
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
}

export interface ReplayRun {
  readonly config: Config;
  readonly wish: RangeWish;
  readonly environment: NodeJS.ProcessEnv;
  /** Where it says how far it has come. */
  readonly progress: Output;
  readonly signal: AbortSignal;
}

/** What it was asked for is not all there. */
const EXIT_INCOMPLETE = 1;

export function addReplay(program: Command): void {
  withViewOptions(
    program
      .command("replay")
      .description("what a keeper with this configuration would have done in past blocks, and who did it")
      .option("--from <block>", "the first block; needs the state of the block before it")
      .option("--to <block>", "the last block (default: the newest)")
      .option("--last <blocks>", "so many blocks, in place of --from (default: 1000)"),
  ).action((options: ReplayCommandOptions) => {
    const signal = stopSignal();
    return guarded(async () => {
      const config = chooseConfig(readConfigs(options.config), options.vault);
      const report = await runReplay({
        config,
        wish: wishOf(options),
        environment: process.env,
        progress: process.stderr,
        signal,
      });
      console.log(options.json === true ? asJson(report) : describeReplay(report, config));
      if (report.ending.kind === "failed" || report.ending.kind === "reorganised")
        process.exitCode = EXIT_INCOMPLETE;
    });
  });
}

function wishOf({ from, to, last }: ReplayCommandOptions): RangeWish {
  return {
    from: from === undefined ? undefined : blockNumber("--from", from, 0),
    to: to === undefined ? undefined : blockNumber("--to", to, 0),
    last: last === undefined ? undefined : blockNumber("--last", last, 1),
  };
}

/** Replays a range of the past; nothing is written but the progress. Throws a `UserError` or a `RetryableError`. */
export async function runReplay({
  config,
  wish,
  environment,
  progress,
  signal,
}: ReplayRun): Promise<ReplayReport> {
  // Their doings are this keeper's; their purses are not asked, for what is in them now was not then.
  const own = new Set(
    [...keyAddresses(config, environment), ...flashOf(config)].map((address) => getAddress(address)),
  );
  const parts = await openParts(config, []);
  const line = new ProgressLine(progress);
  try {
    const [newest] = await ask(parts.endpoints, headerProbe("latest"));
    if (newest === undefined) throw new RetryableError("the endpoint has no newest block");
    const range = replayRange(wish, newest.number, config.deployment.deployBlock);
    const onProgress = progressOf(line, range.from, range.to);
    return await replay({ parts, range, head: newest.number, own, onProgress, signal });
  } finally {
    line.clear();
    parts.close();
  }
}

/** What the flash liquidator does is done by nobody but its operator's keys. */
function flashOf({ flashLiquidator }: Config): readonly string[] {
  return flashLiquidator === undefined ? [] : [flashLiquidator.address];
}

function progressOf(
  line: ProgressLine,
  from: number,
  to: number,
): (block: number, step: "reading" | "deciding") => void {
  let startedAtMs = performance.now();
  return (block, step) => {
    if (step === "reading" || block === from) startedAtMs = performance.now();
    line.say(() => {
      if (step === "reading") return `reading the book: block ${block} of ${from - 1}`;
      const [done, all] = [block - from, to - from + 1];
      const leftMs = done === 0 ? 0 : ((performance.now() - startedAtMs) / done) * (all - done);
      const left = done === 0 ? "" : `, ${formatDuration(BigInt(Math.ceil(leftMs / 1000)))} left`;
      return `block ${block}: ${done} of ${all}${left}`;
    });
  };
}
