import type { Command } from "commander";
import { readConfigs } from "../readConfigs.ts";
import { chooseConfig } from "./chooseConfig.ts";
import { guarded } from "./guarded.ts";
import { asJson } from "./layout.ts";
import { openView, type VaultView } from "./openView.ts";

/** Options of every command that looks at one vault. */
export interface ViewOptions {
  readonly config: string;
  readonly vault?: string;
  readonly json?: true;
}

export function withViewOptions(command: Command): Command {
  return command
    .requiredOption("--config <file>", "configuration, YAML")
    .option("--vault <address>", "which of several vaults")
    .option("--json", "for machines: integers as strings, amounts in base units");
}

/** Opens the vault as it stands, prints what `read` makes of it, as text or as JSON, and closes it. */
export async function printView<T>(
  options: ViewOptions,
  read: (view: VaultView) => T | Promise<T>,
  describe: (result: T, view: VaultView) => string,
): Promise<void> {
  await guarded(async () => {
    const view = await openView(chooseConfig(readConfigs(options.config), options.vault));
    try {
      const result = await read(view);
      console.log(options.json === true ? asJson(result) : describe(result, view));
    } finally {
      view.close();
    }
  });
}
