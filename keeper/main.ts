import { Command } from "commander";
import { readConfig } from "./config.ts";
import { confirmWith } from "./confirmation.ts";
import { GiveUpError, UserError } from "./errors.ts";
import { KillSwitch } from "./executors/killSwitch.ts";
import { createLog, silentLog } from "./log.ts";
import { runKeeper } from "./runKeeper.ts";
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
      switchOf(config).turnOn();
    }),
  );
program
  .command("resume-sending")
  .description("takes that back")
  .requiredOption("--config <file>", "configuration, JSON")
  .action(({ config }: { config: string }) =>
    guarded(() => {
      switchOf(config).turnOff();
    }),
  );
program
  .command("confirm")
  .description("tells a keeper with this configuration whose brake is engaged that the prices are right")
  .requiredOption("--config <file>", "configuration, JSON")
  .action(({ config }: { config: string }) =>
    guarded(() => {
      confirmWith(readConfig(config).brake.confirmFile);
    }),
  );
program
  .command("dead-letters")
  .description("lists accounts in quarantine, as JSON; also while the keeper runs")
  .requiredOption("--config <file>", "configuration, JSON")
  .action(({ config }: { config: string }) =>
    guarded(() => {
      console.log(JSON.stringify(readDeadLetters(readConfig(config).storeFile), undefined, 2));
    }),
  );

await program.parseAsync();

function switchOf(file: string): KillSwitch {
  return new KillSwitch(readConfig(file).stopFile, silentLog);
}

async function start(file: string, once: boolean): Promise<void> {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      stop.abort();
    });
  }
  await guarded(() => {
    const config = readConfig(file);
    return runKeeper({ config, log: createLog(config.logLevel), signal: stop.signal, once });
  });
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
