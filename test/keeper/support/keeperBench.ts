import { afterEach, beforeEach } from "mocha";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startKeeper, writeConfig, type KeeperProcess } from "./keeperProcess.ts";
import { useWorld, type WorldInUse } from "./useWorld.ts";
import type { WorldVolatility } from "./world.ts";

type Changes = Readonly<Record<string, unknown>>;

/** A vault on a chain that each test finds as it was before the first, a folder of the test's own, and its keepers. */
export interface KeeperBench extends WorldInUse {
  readonly folder: string;
  /** Those that this test has started, the newest last. */
  readonly keepers: readonly KeeperProcess[];
  /** Writes a configuration into the folder; returns its path. */
  written(changes?: Changes): string;
  /** As `startKeeper`, with a configuration without changes unless told; killed when the test ends, if it still runs. */
  start(
    configFile?: Parameters<typeof startKeeper>[0],
    command?: Parameters<typeof startKeeper>[1],
    variables?: Parameters<typeof startKeeper>[2],
    more?: Parameters<typeof startKeeper>[3],
  ): KeeperProcess;
}

export interface KeeperBenchOptions {
  /** Whether a test begins with a chain that mines each transaction at once; else blocks come when they are mined. */
  readonly automine?: boolean;
  readonly volatility?: WorldVolatility;
}

/**
 * Has a chain, a vault, and folders called after `name` for the tests of the `describe` it is called in. What a hook
 * `before` of the caller's own does to the chain, with each transaction mined at once, all its tests find.
 */
export function useKeeperBench(
  name: string,
  { automine = false, volatility }: KeeperBenchOptions = {},
): KeeperBench {
  const inUse = useWorld(volatility);
  let folder: string;
  let snapshot: string;
  let keepers: KeeperProcess[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), `tocsin-${name}-`));
    keepers = [];
    await inUse.chain.send("evm_setAutomine", automine);
    snapshot = await inUse.chain.send("evm_snapshot");
  });
  afterEach(async () => {
    for (const keeper of keepers) if (keeper.process.exitCode === null) await keeper.stop("SIGKILL");
    rmSync(folder, { recursive: true });
    await inUse.chain.send("evm_revert", snapshot);
    await inUse.world.resetNonce();
  });

  const written = (changes: Changes = {}) =>
    writeConfig(folder, inUse.chain.url, inUse.world.deployment, changes);
  return {
    get chain() {
      return inUse.chain;
    },
    get world() {
      return inUse.world;
    },
    get folder() {
      return folder;
    },
    get keepers() {
      return keepers;
    },
    written,
    start(configFile = written(), ...rest) {
      const keeper = startKeeper(configFile, ...rest);
      keepers.push(keeper);
      return keeper;
    },
  };
}
