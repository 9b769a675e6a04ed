import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openView, type VaultView } from "../../../keeper/commands/openView.ts";
import { readConfig } from "../../../keeper/config.ts";
import { startChain, type Chain } from "./chain.ts";
import { writeConfig } from "./keeperProcess.ts";
import { buildWorld, type World } from "./world.ts";

/** A vault on a chain that mines each transaction at once, and views of it as commands open them. */
export interface ViewBench {
  readonly chain: Chain;
  readonly world: World;
  readonly folder: string;
  /** Writes a configuration; returns its path. */
  written(changes?: Readonly<Record<string, unknown>>): string;
  /** Opens the vault, does something with it, and closes it. */
  look<T>(use: (view: VaultView) => T | Promise<T>, changes?: Readonly<Record<string, unknown>>): Promise<T>;
  close(): Promise<void>;
}

export async function startViewBench(): Promise<ViewBench> {
  const chain = await startChain();
  const world = await buildWorld(chain);
  const folder = mkdtempSync(join(tmpdir(), "tocsin-view-"));
  const written = (changes: Readonly<Record<string, unknown>> = {}) =>
    writeConfig(folder, chain.url, world.deployment, changes);
  return {
    chain,
    world,
    folder,
    written,
    async look(use, changes) {
      const view = await openView(readConfig(written(changes)), {});
      try {
        return await use(view);
      } finally {
        view.close();
      }
    },
    async close() {
      world.close();
      await chain.close();
      rmSync(folder, { recursive: true });
    },
  };
}
