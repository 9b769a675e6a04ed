import { openAlerts } from "./alerts/openAlerts.ts";
import type { Config } from "./config.ts";
import { RetryableError } from "./errors.ts";
import type { Targets } from "./executors/encodeAction.ts";
import { GasBudget } from "./executors/gasBudget.ts";
import { KillSwitch } from "./executors/killSwitch.ts";
import { Keeper, type Tick } from "./keeper.ts";
import type { Log } from "./log.ts";
import type { VaultMonitor } from "./monitor/vaultMonitor.ts";
import { Observer } from "./observer.ts";
import { openLanes, targetsOf, type Signers } from "./openLanes.ts";
import type { Endpoints } from "./sources/endpoints.ts";
import { Heads, type PushedHead } from "./sources/heads.ts";
import { LagWatch } from "./sources/lagWatch.ts";
import { openNativePrice } from "./sources/nativePrice.ts";
import { checkFlashLiquidator } from "./sources/flashProbes.ts";
import { openGauges } from "./sources/gauges.ts";
import { checkEndpoints, openEndpoints, type EndpointPool } from "./sources/openEndpoints.ts";
import { retry } from "./sources/retry.ts";
import { openSecondSources } from "./sources/secondSources.ts";
import { SightReader } from "./sources/sightReader.ts";
import { ShadowDesk } from "./shadowDesk.ts";
import { AccountsFile } from "./store/accountsFile.ts";
import { ShadowLedger } from "./store/shadowLedger.ts";
import { Store } from "./store/store.ts";

export interface RunOptions {
  readonly config: Config;
  readonly signers: Signers;
  /** Endpoints that other vaults may use as well. */
  readonly pool: EndpointPool;
  /** Told of every block; undefined where nobody watches. */
  readonly monitor?: VaultMonitor | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Ends when the book stands at the newest block and nothing is on its way. */
  readonly once: boolean;
}

type LoopOptions = Omit<RunOptions, "signers" | "pool" | "monitor">;

const FIRST_FAILURE_WAIT_MS = 50;
const LONGEST_FAILURE_WAIT_MS = 5_000;
/** Before endpoints that do not agree are asked again. */
const UNSURE_WAIT_MS = 25;

/** Runs until the signal aborts. Throws a `UserError` or a `GiveUpError`; endpoints that fail are waited for. */
export async function runKeeper(options: RunOptions): Promise<void> {
  const { config, signers, pool, monitor, signal, once } = options;
  const log = monitor?.tap(options.log) ?? options.log;
  const { deployment } = config;
  const { chainId, vault } = deployment;
  const endpoints = openEndpoints({
    endpoints: config.endpoints,
    chainId,
    timeoutMs: config.rpcTimeoutMs,
    hedgeAfterMs: config.hedgeAfterMs,
    pool,
    log,
  });
  const store = new Store(config.storeFile, { chainId, vault });
  const ledger = config.mode === "dry-run" ? new ShadowLedger(config.storeFile) : undefined;
  const end = new AbortController();
  let alertsEnded: Promise<void> | undefined;
  try {
    await retry("chain", () => checkEndpoints(endpoints, { chainId, vault }), log, signal);
    const targets = targetsOf(config, signers);
    const nativePrice = await retry(
      "nativePrice",
      () => openNativePrice(config.nativePrice, deployment.quote, endpoints),
      log,
      signal,
    );
    if (config.mode === "live") await checkFlash(config, endpoints, targets, { log, signal });
    const secondSources = await retry(
      "secondSources",
      () => openSecondSources(config.brake, deployment, endpoints),
      log,
      signal,
    );
    const gauges = await retry("gauges", () => openGauges(deployment, endpoints), log, signal);
    const killSwitch = new KillSwitch(config.stopFile, log);
    const gasBudget = new GasBudget({ dailyWei: config.dailyGasBudget, store, log });
    const lanes = openLanes({ config, rpc: endpoints, store, signers, killSwitch, gasBudget, log, signal });
    stopOnSignal(killSwitch, signal);
    const sightReader = new SightReader({
      vault,
      quote: targets.quote,
      keepers: [...lanes.addresses],
      feeds: [...nativePrice.feeds, ...secondSources.feeds],
      clock: deployment.clock,
      log,
    });
    const { agreeWithinMs } = config;
    const observer = new Observer({ endpoints, sightReader, gauges, lanes, agreeWithinMs, log });
    const shadow = ledger && new ShadowDesk({ rpc: endpoints, targets, ledger, log });
    const alerting = await openAlerts({
      config,
      store,
      endpoints,
      environment: process.env,
      log,
      signal: end.signal,
    });
    alertsEnded = alerting?.ended;
    if (alerting !== undefined) monitor?.show(alerting.view);
    const keeper = new Keeper({
      config,
      shadow,
      endpoints,
      store,
      accountsFile: new AccountsFile({ storeFile: config.storeFile, store, log }),
      lanes,
      observer,
      gasBudget,
      killSwitch,
      nativePrice,
      secondSources,
      targets,
      monitor,
      alerts: alerting?.alerts,
      log,
    });
    log.info("keeper.started", {
      mode: config.mode,
      ...(config.mode === "live" ? namesOf(signers) : {}),
      vault,
      chainId,
      endpoints: endpoints.all.map(({ name }) => name),
    });
    warnOfLonePrices(config, log);
    try {
      await loop(keeper, endpoints, { config, log, signal, once });
      if (once) await alerting?.handOut(signal);
    } finally {
      keeper.putAway();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    ledger?.close();
    end.abort();
    await alertsEnded;
    store.close();
    log.info("keeper.stopped");
  }
}

function namesOf(signers: Signers): { readonly keeper: string; readonly lanes: readonly string[] } {
  const lanes = Object.entries(signers).map(([lane, { address }]) => `${lane} ${address}`);
  return { keeper: signers.urgent.address, lanes };
}

/** Throws a `UserError` when the configured flash liquidator is none, or not this vault's, or not for this key. */
async function checkFlash(
  { flashLiquidator }: Config,
  endpoints: Endpoints,
  targets: Targets,
  { log, signal }: Pick<RunOptions, "log" | "signal">,
): Promise<void> {
  if (flashLiquidator === undefined) return;
  const check = () => checkFlashLiquidator(endpoints, flashLiquidator, targets);
  const terms = await retry("flashLiquidator", check, log, signal);
  log.info("flash.usable", { liquidator: flashLiquidator.address, ...terms });
}

/** Where nobody else knows a price, an engaged brake waits for the operator, in a crash too. */
function warnOfLonePrices({ brake, deployment }: Config, log: Log): void {
  const collaterals = deployment.collaterals
    .filter(({ number }) => brake.collaterals[number] === undefined)
    .map(({ symbol }) => symbol);
  if (collaterals.length > 0) log.warn("brake.withoutSource", { collaterals });
}

/** SIGUSR2 stops sending as `keeper stop-sending` does, for whoever has a process and no shell on its machine. */
function stopOnSignal(killSwitch: KillSwitch, signal: AbortSignal): void {
  // Windows has no such signal.
  if (process.platform === "win32") return;
  const stop = () => {
    killSwitch.turnOn();
  };
  process.on("SIGUSR2", stop);
  signal.addEventListener("abort", () => process.off("SIGUSR2", stop), { once: true });
}

async function loop(keeper: Keeper, endpoints: Endpoints, options: LoopOptions): Promise<void> {
  const { config, signal, once, log } = options;
  const { pollMs, rpcTimeoutMs } = config;
  const feeds = new Map(
    endpoints.all.flatMap((endpoint, i) => {
      const ws = config.endpoints[i]?.ws;
      return ws === undefined ? [] : [[endpoint, ws] as const];
    }),
  );
  const heads = new Heads({ feeds, pollMs, timeoutMs: rpcTimeoutMs, log, signal });
  const lagWatch = new LagWatch({ endpoints });
  let failures = 0;
  while (!signal.aborted) {
    const { primary } = endpoints;
    const pushed = heads.take(primary);
    const tick = await tryTick(keeper, pushed, options);
    if (pushed === undefined && tick.kind === "decided") heads.polled(primary, tick.head);
    if (keeper.head !== undefined) await lagWatch.check(keeper.head);
    await endpoints.tend();
    failures = tick.kind === "failed" ? failures + 1 : 0;
    if (once && tick.kind === "decided" && keeper.isSettled) return;
    const waitMs =
      tick.kind === "failed" ? waitAfterFailure(tick.error, failures) : waitAfter(tick, heads, endpoints);
    // Waiting ends when the process is told to stop.
    if (!heads.isWaiting(endpoints.primary)) await heads.next(waitMs, signal).catch(() => undefined);
  }
}

type Tried = Tick | { readonly kind: "failed"; readonly error: RetryableError };

async function tryTick(
  keeper: Keeper,
  pushed: PushedHead | undefined,
  { log, signal }: LoopOptions,
): Promise<Tried> {
  try {
    return await keeper.tick(pushed);
  } catch (error) {
    if (signal.aborted) return { kind: "idle" };
    if (!(error instanceof RetryableError)) throw error;
    log.warn("tick.failed", { error: error.message });
    return { kind: "failed", error };
  }
}

/** Twice as long each time, at random within the last half of it, so that keepers do not come back in step. */
function waitAfterFailure(error: RetryableError, failures: number): number {
  const longest = Math.min(LONGEST_FAILURE_WAIT_MS, FIRST_FAILURE_WAIT_MS * 2 ** (failures - 1));
  return error.retryAfterMs ?? longest * (0.5 + Math.random() / 2);
}

/**
 * Until the next head or poll; where heads are not pushed, no longer than until a deadline or an auction's moment comes,
 * by the chain's own clock.
 */
function waitAfter(tick: Tick, heads: Heads, { primary }: Endpoints): number {
  if (tick.kind === "unsure") return UNSURE_WAIT_MS;
  const patienceMs = heads.patienceMs(primary);
  if (tick.kind === "idle" || tick.nextMoment === undefined || heads.isLive(primary)) return patienceMs;
  const untilMoment = Number(tick.nextMoment - tick.head.timestamp) * 1_000;
  return Math.max(1, Math.min(patienceMs, untilMoment));
}
