import type { Command } from "commander";
import { UserError } from "../errors.ts";
import type { Config } from "../config.ts";
import { handIn } from "./inbox.ts";

const WAIT_MS = 5_000;

interface Options {
  readonly config: string;
  readonly file: string;
  readonly vault?: string;
}

/**
 * The command by which an operator hands in a trader's signed request, or a code, for a keeper that listens to nobody.
 * @param configOf The configuration of one vault.
 */
export function addAlertsCommand(
  program: Command,
  configOf: (file: string, vault: string | undefined) => Config,
  guarded: (work: () => Promise<void>) => Promise<void>,
): void {
  program
    .command("alerts")
    .description("hands in what a trader has signed about alerts, as JSON in a file, to the keeper that runs")
    .requiredOption("--config <file>", "configuration")
    .requiredOption("--file <file>", "the request, as POST /alerts takes it")
    .option("--vault <address>", "which of several vaults")
    .action(({ config, file, vault }: Options) =>
      guarded(async () => {
        const { alerts, storeFile } = configOf(config, vault);
        if (alerts === undefined) throw new UserError(`${config}: has no "alerts"`);
        const answer = await handIn(file, { folder: alerts.inboxFolder, storeFile }, WAIT_MS);
        console.log(
          answer ??
            JSON.stringify({
              kind: "waiting",
              sentence: "no keeper has answered; one that runs will take it in",
            }),
        );
        if (answer?.includes('"refused"') === true) process.exitCode = 2;
      }),
    );
}
