import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../hardhat.config.ts";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

export type Profile = "default" | "production";

/**
 * Compiles `contracts/` in one profile and returns the environment that reads its artifacts.
 *
 * `production` has folders of its own, so that neither profile throws away the other's cache. Hardhat is called as a
 * library because its command line, on a terminal, asks the network for announcements.
 * When the contracts do not compile, the compiler's words are on the console and the process ends with code 1.
 */
export async function compileOrExit(profile: Profile): Promise<HardhatRuntimeEnvironment> {
  const isProduction = profile === "production";
  const paths = isProduction ? { artifacts: "./artifacts-production", cache: "./cache-production" } : {};
  const hre = await createHardhatRuntimeEnvironment(
    { ...config, paths: { ...config.paths, ...paths } },
    { buildProfile: profile, noTypechain: isProduction },
    root,
  );
  try {
    await hre.tasks.getTask("build").run({ noTests: isProduction });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "HardhatError") throw error;
    console.error(error.message);
    process.exit(1);
  }
  return hre;
}
