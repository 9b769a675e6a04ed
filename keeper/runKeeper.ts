import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "./config.ts";
import { RetryableError } from "./errors.ts";
import { GasBudget } from "./executors/gasBudget.ts";
import { KillSwitch } from "./executors/killSwitch.ts";
import { Keeper, type Tick } from "./keeper.ts";
import type { Log } from "./log.ts";
import { openLanes, openSigners, targetsOf } from "./openLanes.ts";
import { openNativePrice } from "./sources/nativePrice.ts";
import { checkEndpoints, openEndpoints } from "./sources/openEndpoints.ts";
import { retry } from "./sources/retry.ts";
import { AccountsFile } from "./store/accountsFile.ts";
import { Store } from "./store/store.ts";

export interface RunOptions {
  readonly config: Config;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Ends when the book stands at the newest block and nothing is on its way. */
  readonly once: boolean;
}

const FIRST_FAILURE_WAIT_MS = 50;
const LONGEST_FAILURE_WAIT_MS = 5_000;

/** Runs until the signal aborts. Throws a `UserError` or a `GiveUpError`; endpoints that fail are waited for. */
export async function runKeeper({ config, log, signal, once }: RunOptions): Promise<void> {
  const { deployment } = config;
  const { chainId, vault } = deployment;
  const endpoints = openEndpoints({
    endpoints: config.endpoints,
    chainId,
    vault,
    timeoutMs: config.rpcTimeoutMs,
    hedgeAfterMs: config.hedgeAfterMs,
    log,
    signal,
  });
  const signers = await openSigners(config, process.env);
  const store = new Store(config.storeFile, { chainId, vault });
  try {
    await retry("chain", () => checkEndpoints(endpoints, { chainId, vault }), log, signal);
    const targets = targetsOf(config, signers);
    const nativePrice = await retry(
      "nativePrice",
      () => openNativePrice(config.nativePrice, deployment.quote, endpoints),
      log,
      signal,
    );
    const killSwitch = new KillSwitch(config.stopFile, log);
    const gasBudget = new GasBudget({ dailyWei: config.dailyGasBudget, store, log });
    const lanes = openLanes({ config, rpc: endpoints, store, signers, killSwitch, gasBudget, log, signal });
    stopOnSignal(killSwitch, signal);
    const keeper = new Keeper({
      config,
      rpc: endpoints,
      store,
      accountsFile: new AccountsFile({ storeFile: config.storeFile, store, log }),
      lanes,
      gasBudget,
      killSwitch,
      nativePrice,
      targets,
      log,
    });
    log.info("keeper.started", {
      keeper: targets.keeper,
      lanes: Object.entries(signers).map(([lane, { address }]) => `${lane} ${address}`),
      vault,
      chainId,
      endpoints: endpoints.all.map(({ name }) => name),
    });
    try {
      await loop(keeper, { config, log, signal, once });
    } finally {
      keeper.putAway();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    store.close();
    log.info("keeper.stopped");
  }
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

async function loop(keeper: Keeper, options: RunOptions): Promise<void> {
  const { config, signal, once } = options;
  let failures = 0;
  while (!signal.aborted) {
    const tick = await tryTick(keeper, options);
    failures = tick.kind === "failed" ? failures + 1 : 0;
    if (once && tick.kind === "decided" && keeper.isSettled) return;
    const waitMs =
      tick.kind === "failed" ? waitAfterFailure(tick.error, failures) : waitAfter(tick, config.pollMs);
    // Waiting ends with an AbortError when the process is told to stop.
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

type Tried = Tick | { readonly kind: "failed"; readonly error: RetryableError };

async function tryTick(keeper: Keeper, { log, signal }: RunOptions): Promise<Tried> {
  try {
    return await keeper.tick();
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

/** Until the next poll; sooner when a deadline or an auction's moment comes before it, by the chain's own clock. */
function waitAfter(tick: Tick, pollMs: number): number {
  if (tick.kind === "idle" || tick.nextMoment === undefined) return pollMs;
  const untilMoment = Number(tick.nextMoment - tick.head.timestamp) * 1_000;
  return Math.max(1, Math.min(pollMs, untilMoment));
}
