import type { Config } from "./config.ts";
import { UserError, messageOf } from "./errors.ts";
import { taggedLog, type Log } from "./log.ts";
import { openSigners, type Signers } from "./openLanes.ts";
import { openMonitoring } from "./monitor/openMonitoring.ts";
import { runKeeper, type RunOptions } from "./runKeeper.ts";
import { endpointPool } from "./sources/openEndpoints.ts";

export interface RunManyOptions extends Pick<RunOptions, "signal" | "once"> {
  readonly configs: readonly Config[];
  readonly log: Log;
}

/**
 * Runs a keeper for each vault beside the others, until the signal aborts. Each has a book, a store, keys and a pace of
 * its own; endpoints, and what is thought of them, they share. One that has to stop leaves the others running: it is
 * logged, and thrown when all have ended. Throws a `UserError` before anything runs when a key is none, or of two vaults.
 */
export async function runKeepers({ configs, log, signal, once }: RunManyOptions): Promise<void> {
  const signers = await openAll(configs);
  const monitoring = await openMonitoring(configs, log);
  const pool = endpointPool(log, signal);
  const runs = configs.map(async (config, i) => {
    const own = configs.length === 1 ? log : taggedLog(log, { vault: config.deployment.vault });
    // Its connections end with it, and not only with the process.
    const end = new AbortController();
    const until = AbortSignal.any([signal, end.signal]);
    const monitor = monitoring?.monitors[i];
    try {
      const parts = { config, signers: signers[i] ?? missing(), pool, monitor, log: own };
      await runKeeper({ ...parts, signal: until, once });
      monitor?.ended("it has done what it was to do");
    } catch (error) {
      monitor?.ended(messageOf(error));
      if (configs.length > 1)
        log.error("vault.failed", { vault: config.deployment.vault, error: messageOf(error) });
      throw error;
    } finally {
      end.abort();
    }
  });
  const ends = await Promise.allSettled(runs);
  await monitoring?.close();
  const failure = ends.find((end) => end.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}

/** A key has one row of nonces, and each vault's store would believe that it is its own. */
async function openAll(configs: readonly Config[]): Promise<readonly Signers[]> {
  const opened: Signers[] = [];
  const usedBy = new Map<string, string>();
  for (const config of configs) {
    const signers = await openSigners(config, process.env);
    const { vault } = config.deployment;
    opened.push(signers);
    if (config.mode !== "live") continue;
    for (const { address } of Object.values(signers)) {
      const other = usedBy.get(address);
      if (other !== undefined && other !== vault) {
        throw new UserError(
          `key ${address} is that of vault ${other} and of vault ${vault}; each vault needs keys of its own`,
        );
      }
      usedBy.set(address, vault);
    }
  }
  return opened;
}

function missing(): never {
  throw new Error("a vault has no keys");
}
