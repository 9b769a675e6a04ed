import { Command } from "commander";
import { addAlertsCommand } from "./alerts/alertsCommand.ts";
import { watchStatus } from "./commands/statusWatch.ts";
import type { Config } from "./config.ts";
import { confirmWith } from "./confirmation.ts";
import { GiveUpError, UserError } from "./errors.ts";
import { KillSwitch } from "./executors/killSwitch.ts";
import { createLog, silentLog } from "./log.ts";
import { readConfigs } from "./readConfigs.ts";
import { runKeepers } from "./runKeepers.ts";
import { readDeadLetters } from "./store/readDeadLetters.ts";

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
program
  .command("stop-sending")
  .description("a keeper that runs with this configuration sends nothing any more, and goes on reading")
  .requiredOption("--config <file>", "configuration, JSON")
  .action(({ config }: { config: string }) =>
    guarded(() => {
      for (const killSwitch of switchesOf(config)) killSwitch.turnOn();
    }),
  );
program
  .command("resume-sending")
  .description("takes that back")
  .requiredOption("--config <file>", "configuration, JSON")
  .action(({ config }: { config: string }) =>
    guarded(() => {
      for (const killSwitch of switchesOf(config)) killSwitch.turnOff();
    }),
  );
program
  .command("confirm")
  .description("tells a keeper with this configuration whose brake is engaged that the prices are right")
  .requiredOption("--config <file>", "configuration, JSON")
  .option("--vault <address>", "which of several vaults")
  .action(({ config, vault }: { config: string; vault?: string }) =>
    guarded(() => {
      confirmWith(oneOf(readConfigs(config), vault).brake.confirmFile);
    }),
  );
program
  .command("status")
  .description("shows a running keeper's book, its calls and what it sends")
  .requiredOption("--config <file>", "configuration, JSON")
  .option("--watch", "again and again, until stopped")
  .action(({ config, watch }: { config: string; watch?: boolean }) =>
    guarded(() => {
      const options = { configs: readConfigs(config), output: process.stdout, once: watch !== true };
      return watchStatus({ ...options, signal: stopSignal() });
    }),
  );
program
  .command("dead-letters")
  .description("lists accounts in quarantine, as JSON; also while the keeper runs")
  .requiredOption("--config <file>", "configuration, JSON")
  .action(({ config }: { config: string }) =>
    guarded(() => {
      const letters = readConfigs(config).flatMap(({ storeFile, deployment }, _, { length }) =>
        readDeadLetters(storeFile).map((letter) =>
          length === 1 ? letter : { vault: deployment.vault, ...letter },
        ),
      );
      console.log(JSON.stringify(letters, undefined, 2));
    }),
  );
addAlertsCommand(program, (file, vault) => oneOf(readConfigs(file), vault), guarded);

await program.parseAsync();

/** Of every vault. */
function switchesOf(file: string): KillSwitch[] {
  return readConfigs(file).map(({ stopFile }) => new KillSwitch(stopFile, silentLog));
}

/** What is true of one vault's prices need not be of another's. */
function oneOf(configs: readonly Config[], vault: string | undefined): Config {
  const found = configs.filter(
    ({ deployment }) => vault === undefined || deployment.vault.toLowerCase() === vault.toLowerCase(),
  );
  const [config] = found;
  if (config === undefined) throw new UserError(`the configuration has no vault ${vault ?? ""}`);
  if (found.length > 1) throw new UserError("the configuration has several vaults: say which with --vault");
  return config;
}

async function start(file: string, once: boolean): Promise<void> {
  const signal = stopSignal();
  await guarded(() => {
    const configs = readConfigs(file);
    const log = createLog(configs[0]?.logLevel ?? "info");
    return runKeepers({ configs, log, signal, once });
  });
}

/** Aborts when the process is told to end. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      stop.abort();
    });
  }
  return stop.signal;
}

/** Does it, or says in one sentence why it could not be done. */
async function guarded(work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof UserError || error instanceof GiveUpError)) throw error;
    console.error(error.message);
    process.exitCode = error instanceof UserError ? EXIT_USER : EXIT_GAVE_UP;
  }
}
