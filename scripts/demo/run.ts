import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatUnits } from "ethers";
import { compileOrExit } from "../compile.ts";
import { rpcOf, type Rpc } from "./chain/rpc.ts";
import { startChain, type Chain } from "./chain/startChain.ts";
import { blockReaderOf } from "./check/blockReader.ts";
import type { CheckedBlock } from "./check/checker.ts";
import type { Children } from "./children.ts";
import { DemoError } from "./demoError.ts";
import type { DemoInput } from "./input.ts";
import { keepRunning } from "./keep.ts";
import { equipOperator } from "./keeper/equipOperator.ts";
import { startKeeper, type KeeperProcess } from "./keeper/startKeeper.ts";
import { writeDeployment } from "./keeper/writeDeployment.ts";
import { AccidentWatch } from "./record/accidentWatch.ts";
import { compareWallets, insuranceOf, wealthOf, type Wealth } from "./record/measure.ts";
import { OutageWatch, type OutageWords } from "./record/outageWatch.ts";
import { outcomeOf } from "./record/outcome.ts";
import { Recorder } from "./record/recorder.ts";
import { isGood, verdictOf } from "./record/verdict.ts";
import { ACCOUNTS_A_LOOK, paceOf } from "./replay/pace.ts";
import { checkedAccounts, prepareReplay, type Replay } from "./replay/replay.ts";
import { happeningsText, type Screen } from "./screen/screen.ts";
import { priceText, timeText } from "./screen/wording.ts";
import { buildWorld, type PopulatedWorld } from "./world/buildWorld.ts";
import { BASE_FEE_WEI, COLLATERALS, QUOTE } from "./world/terms.ts";
import { walletOf } from "./world/wallet.ts";
import { writeResults } from "./writeResults.ts";

/** What a run is given beside its input. */
export interface RunContext {
  readonly screen: Screen;
  readonly children: Children;
  readonly signal: AbortSignal;
}

interface Stage {
  /** With the beat that suits this machine. */
  readonly input: DemoInput;
  readonly rpc: Rpc;
  readonly chain: Chain;
  readonly world: PopulatedWorld;
  readonly replay: Replay;
  readonly recorder: Recorder;
  /** Undefined when nothing fails. */
  readonly outageWatch: OutageWatch | undefined;
  readonly accidentWatch: AccidentWatch | undefined;
}

const BLOCK_GAS_LIMIT = 60_000_000;
/** Loans are opened so long before the first round. */
const PRELUDE_SECONDS = 3_600;
/** The keeper has some blocks of calm to find its feet in before anything moves. */
const CALM_BLOCKS = 10;
const CALM_SECONDS = 5;
const POLL_MS = 15;
/** A slow keeper looks at the chain once in so many beats. */
const SLOW_BEATS = 60;

/** Runs the demo to its end. Returns whether it was good; rejects with the signal's reason when that aborts. */
export async function runDemo(input: DemoInput, context: RunContext): Promise<boolean> {
  const startedAt = Date.now();
  const folder = mkdtempSync(join(tmpdir(), "tocsin-demo-"));
  try {
    const stage = await setUp(input, context);
    const before = await wealthOf(stage.rpc, stage.world, stage.replay.lenders);
    const keeper = await hireKeeper(context, stage, folder);
    await play(context, stage, keeper);
    const good = await close(context, stage, before, startedAt);
    if (input.options.keep !== undefined) await keep(context, stage, keeper, folder);
    return good;
  } finally {
    await context.children.endAll();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function setUp(input: DemoInput, { screen, children, signal }: RunContext): Promise<Stage> {
  const { options, series, plans, accident } = input;
  const banker = walletOf(options.seed, "banker");
  const opensAt = Math.max(...series.rounds.map((rounds) => rounds[0]?.at ?? 0)) - CALM_BLOCKS * CALM_SECONDS;
  const chainStarts = startChain({
    startsAt: opensAt - PRELUDE_SECONDS,
    baseFeeWei: BASE_FEE_WEI.toString(),
    blockGasLimit: BLOCK_GAS_LIMIT,
    bankerKey: banker.privateKey,
    onStart: (child) => {
      children.add(child);
    },
  });
  const [chain] = await Promise.all([chainStarts, compileOrExit("default", { noTests: true })]);
  signal.throwIfAborted();
  const rpc = rpcOf(chain.url);
  screen.say(`Chain at ${chain.url}`);
  const world = await buildWorld({
    rpc,
    url: chain.url,
    seed: options.seed,
    banker,
    series,
    plans,
    startsAt: opensAt - PRELUDE_SECONDS / 2,
    onProgress: (done, all) => {
      signal.throwIfAborted();
      screen.note(`opening ${plans.length} loans: ${Math.round((100 * done) / all)} %`);
    },
  });
  screen.say(`Vault ${world.deployment.vault} with ${plans.length} accounts`);

  const beatMs = options.beat ?? (await pacedBeat(input, { rpc, world, screen }));
  const ids = checkedAccounts(world);
  const recorder = new Recorder(ids, world.deployment);
  const { symbol } = COLLATERALS[0];
  const accidentWatch =
    accident === undefined ? undefined : new AccidentWatch(ids, symbol, series.rounds[0], accident);
  const replay = await prepareReplay({
    rpc,
    world,
    series,
    seed: options.seed,
    beatMs,
    opensAt,
    fault: options.fault,
    hasOutage: options.outage,
    accident,
    onChecked: (checked) => {
      const happenings = recorder.add(checked);
      tell(screen, checked, happenings, [outageWatch?.add(checked), accidentWatch?.add(checked)]);
    },
  });
  const { outage } = replay;
  const outageWatch = outage === undefined ? undefined : new OutageWatch(ids, symbol, () => outage.times);
  const paced = { ...input, beatMs };
  return { input: paced, rpc, chain, world, replay, recorder, outageWatch, accidentWatch };
}

/** The beat that suits this machine, milliseconds. */
async function pacedBeat(
  { beatMs, slowestPace }: DemoInput,
  { rpc, world, screen }: Pick<Stage, "rpc" | "world"> & Pick<RunContext, "screen">,
): Promise<number> {
  const { accounts } = blockReaderOf(rpc, world);
  const head = Number(await rpc<string>("eth_blockNumber"));
  const ids = checkedAccounts(world).slice(0, ACCOUNTS_A_LOOK);
  const pace = Math.min(await paceOf(() => accounts(head, ids), ids.length), slowestPace);
  if (pace > 1.1)
    screen.say(`This machine takes ${pace.toFixed(1)} times as long as usual; so do the blocks`);
  return Math.round(beatMs * pace);
}

function tell(
  screen: Screen,
  { vault }: CheckedBlock,
  happenings: ReturnType<Recorder["add"]>,
  failures: readonly (OutageWords | undefined)[],
): void {
  const [, ...collaterals] = vault.tokens;
  const prices = collaterals.map(({ answer }) => priceText(answer)).join(" / ");
  const happened = happeningsText(happenings);
  const words = [
    ...failures.flatMap((failure) => failure?.ends ?? []),
    ...(happened === undefined ? [] : [happened]),
    ...failures.flatMap((failure) => failure?.begins ?? []),
  ];
  for (const line of words) screen.say(`${timeText(Number(vault.at))}  ${prices}  ${line}`);
}

async function hireKeeper(
  { screen, children }: RunContext,
  { input: { options, beatMs }, chain, world }: Stage,
  folder: string,
): Promise<KeeperProcess | undefined> {
  if (options.keeper === "off") {
    screen.say("No keeper runs.");
    return undefined;
  }
  const keeper = await startKeeper({
    url: chain.url,
    deployment: world.deployment,
    privateKey: world.keeper.privateKey,
    secondFeeds: world.secondFeeds,
    maxAgeSeconds: world.maxAgeSeconds,
    folder,
    pollMs: options.keeper === "slow" ? beatMs * SLOW_BEATS : POLL_MS,
    allowance: formatUnits(world.keeperFunds, QUOTE.decimals),
    logFile: options.keeperLog,
    onStart: (child) => {
      children.add(child);
      if (child.pid !== undefined) chain.watchOver({ pid: child.pid });
    },
  });
  screen.say(`Keeper ${world.keeper.address}, process ${String(keeper.process.pid)}`);
  return keeper;
}

async function play(
  { screen, signal }: RunContext,
  { input, replay, chain }: Stage,
  keeper: KeeperProcess | undefined,
): Promise<void> {
  const { beatMs, series, options } = input;
  screen.say(`Replaying ${series.name}, seed ${options.seed}, a block every ${beatMs} ms`);
  const { driver, beat, feeds, traders, checker } = replay;
  const stop = new AbortController();
  const lost = (what: string, log?: string) => () => {
    stop.abort(
      new DemoError(`${what} ended in the middle of the replay${log === undefined ? "" : `:\n${log}`}`),
    );
  };
  chain.process.once("exit", lost("The chain"));
  keeper?.process.once("exit", () => {
    lost("The keeper", keeper.lastWords())();
  });
  const either = AbortSignal.any([signal, stop.signal]);
  const watched = setInterval(() => {
    const { done, all } = feeds.progress;
    const { block, at } = driver;
    screen.progress({ roundsDone: done, rounds: all, block, at, openCalls: traders.openCalls });
  }, 200);
  try {
    beat.start();
    for (let i = 1; i < CALM_BLOCKS; i += 1) await driver.step(driver.at + CALM_SECONDS, either);
    await driver.run(either);
    beat.stop();
    await checker.done();
  } catch (error) {
    either.throwIfAborted();
    throw error;
  } finally {
    clearInterval(watched);
    screen.end();
    chain.process.removeAllListeners("exit");
    keeper?.process.removeAllListeners("exit");
  }
}

async function close(
  { screen }: RunContext,
  { input, rpc, world, replay, recorder, outageWatch, accidentWatch }: Stage,
  before: Wealth,
  startedAt: number,
): Promise<boolean> {
  const { last, journal } = recorder;
  if (last === undefined) throw new Error("The replay had no blocks.");
  const reader = blockReaderOf(rpc, world);
  await compareWallets(reader, replay.conservation, last.vault.block);
  const after = await wealthOf(rpc, world, replay.lenders);
  const insurance = await insuranceOf(rpc, world.deployment.vault, last);
  const outcome = outcomeOf({ world, replay, journal, last, before, after, insurance });
  const verdict = verdictOf(replay.checker, replay.conservation, accidentWatch?.problems);
  writeResults({
    input,
    outcome,
    verdict,
    recorder,
    overruns: replay.beat.overruns,
    world,
    outage: outageWatch?.record,
    accident: accidentWatch?.record,
    startedAt,
    screen,
  });
  return isGood(verdict);
}

async function keep(
  { screen, children, signal }: RunContext,
  { input: { options }, rpc, chain, world, replay }: Stage,
  keeper: KeeperProcess | undefined,
  folder: string,
): Promise<void> {
  const { deployment } = world;
  const operator = await equipOperator(rpc, options.seed, world, folder);
  screen.say(`Chain at ${chain.url}, chain id ${deployment.chainId}`);
  screen.say(`Vault ${deployment.vault}`);
  screen.say(`Deployment file ${writeDeployment(folder, deployment)}`);
  if (options.keep === "chain" && keeper !== undefined) {
    await children.end(keeper.process);
    screen.say("The demo's keeper has ended: what is due is for yours.");
  } else if (keeper !== undefined) {
    screen.say(`Keeper ${world.keeper.address}, configuration ${keeper.configFile}`);
  }
  screen.say(`Key for a keeper of your own, with coins and USDC: ${operator.keyFile}`);
  screen.say("Running until Ctrl-C, a block a second, 12 s apart.");
  await keepRunning(rpc, replay, signal);
}
