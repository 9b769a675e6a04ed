import { Command } from "commander";
import { readConfig } from "./config.ts";
import { GiveUpError, UserError } from "./errors.ts";
import { createLog } from "./log.ts";
import { runKeeper } from "./runKeeper.ts";

/** 2: the operator has to change something; 1: it had to stop. */
const EXIT_USER = 2;
const EXIT_GAVE_UP = 1;

const program = new Command("tocsin-keeper").description(
  "Watches a vault: calls, closes and liquidates its accounts.",
);
program
  .command("run")
  .description("follow the chain until stopped")
  .requiredOption("--config <file>", "configuration, JSON")
  .action(({ config }: { config: string }) => start(config, false));
program
  .command("once")
  .description("do what is due now, see it mined, and end")
  .requiredOption("--config <file>", "configuration, JSON")
  .action(({ config }: { config: string }) => start(config, true));

await program.parseAsync();

async function start(file: string, once: boolean): Promise<void> {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      stop.abort();
    });
  }
  try {
    const config = readConfig(file);
    await runKeeper({ config, log: createLog(config.logLevel), signal: stop.signal, once });
  } catch (error) {
    if (!(error instanceof UserError || error instanceof GiveUpError)) throw error;
    console.error(error.message);
    process.exitCode = error instanceof UserError ? EXIT_USER : EXIT_GAVE_UP;
  }
}
