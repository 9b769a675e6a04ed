import { MultiProcessMutex } from "@nomicfoundation/hardhat-utils/synchronization";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../hardhat.config.ts";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

export type Profile = "default" | "production";

/**
 * Compiles `contracts/` in one profile and returns the environment that reads its artifacts.
 *
 * `production` has folders of its own, so that neither profile throws away the other's cache. Hardhat is called as a
 * library because its command line, on a terminal, asks the network for announcements. `noTests` leaves out the Solidity
 * tests, a third of the work; they are left out of `production` always.
 * When the contracts do not compile, the compiler's words are on the console and the process ends with code 1.
 */
export async function compileOrExit(
  profile: Profile,
  { noTests = profile === "production" }: { readonly noTests?: boolean } = {},
): Promise<HardhatRuntimeEnvironment> {
  const isProduction = profile === "production";
  const paths = isProduction ? { artifacts: "./artifacts-production", cache: "./cache-production" } : {};
  const hre = await createHardhatRuntimeEnvironment(
    { ...config, paths: { ...config.paths, ...paths } },
    { buildProfile: profile, noTypechain: isProduction },
    root,
  );
  try {
    await oneBuildAtATime(() => hre.tasks.getTask("build").run({ noTests }));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "HardhatError") throw error;
    console.error(error.message);
    process.exit(1);
  }
  return hre;
}

/** A first compilation may take minutes where many things run. */
const BUILD_PATIENCE_MS = 600_000;

/** Two processes that build in the same folder pull each other's files away. */
export async function oneBuildAtATime<T>(build: () => Promise<T>): Promise<T> {
  const name = createHash("sha256").update(root).digest("hex").slice(0, 16);
  const mutex = new MultiProcessMutex(
    join(tmpdir(), `${basename(root)}-build-${name}.lock`),
    BUILD_PATIENCE_MS,
  );
  return await mutex.use(build);
}
