import { Command } from "commander";
import { addAlertsCommand } from "./alerts/alertsCommand.ts";
import { chooseConfig } from "./commands/chooseConfig.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addExplain } from "./commands/explain.ts";
import { guarded } from "./commands/guarded.ts";
import { addInit } from "./commands/init.ts";
import { addReplay } from "./commands/replay.ts";
import { addSimulate } from "./commands/simulate.ts";
import { addStatus } from "./commands/status.ts";
import { addTx } from "./commands/tx.ts";
import { stopSignal } from "./stopSignal.ts";
import { confirmWith } from "./confirmation.ts";
import { KillSwitch } from "./executors/killSwitch.ts";
import { createLog, silentLog } from "./log.ts";
import { readConfigs } from "./readConfigs.ts";
import { runKeepers } from "./runKeepers.ts";
import { readDeadLetters } from "./store/readDeadLetters.ts";

const program = new Command("tocsin-keeper").description(
  "Watches a vault: calls, closes and liquidates its accounts.",
);
program
  .command("run")
  .description("follow the chain until stopped")
  .requiredOption("--config <file>", "configuration, YAML")
  .action(({ config }: { config: string }) => start(config, false));
program
  .command("once")
  .description("do what is due now, see it mined, and end")
  .requiredOption("--config <file>", "configuration, YAML")
  .action(({ config }: { config: string }) => start(config, true));
program
  .command("stop-sending")
  .description("a keeper that runs with this configuration sends nothing any more, and goes on reading")
  .requiredOption("--config <file>", "configuration, YAML")
  .action(({ config }: { config: string }) =>
    guarded(() => {
      for (const killSwitch of switchesOf(config)) killSwitch.turnOn();
    }),
  );
program
  .command("resume-sending")
  .description("takes that back")
  .requiredOption("--config <file>", "configuration, YAML")
  .action(({ config }: { config: string }) =>
    guarded(() => {
      for (const killSwitch of switchesOf(config)) killSwitch.turnOff();
    }),
  );
program
  .command("confirm")
  .description("tells a keeper with this configuration whose brake is engaged that the prices are right")
  .requiredOption("--config <file>", "configuration, YAML")
  .option("--vault <address>", "which of several vaults")
  .action(({ config, vault }: { config: string; vault?: string }) =>
    guarded(() => {
      // What is true of one vault's prices need not be of another's.
      confirmWith(chooseConfig(readConfigs(config), vault).brake.confirmFile);
    }),
  );
program
  .command("dead-letters")
  .description("lists accounts in quarantine, as JSON; also while the keeper runs")
  .requiredOption("--config <file>", "configuration, YAML")
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
addInit(program);
addDoctor(program);
addStatus(program);
addExplain(program);
addSimulate(program);
addReplay(program);
addTx(program);
addAlertsCommand(program, (file, vault) => chooseConfig(readConfigs(file), vault), guarded);

// Whoever closes the pipe has read enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

await program.parseAsync();

/** Of every vault. */
function switchesOf(file: string): KillSwitch[] {
  return readConfigs(file).map(({ stopFile }) => new KillSwitch(stopFile, silentLog));
}

async function start(file: string, once: boolean): Promise<void> {
  const signal = stopSignal();
  await guarded(() => {
    const configs = readConfigs(file);
    const log = createLog(configs[0]?.logLevel ?? "info");
    return runKeepers({ configs, log, signal, once });
  });
}
