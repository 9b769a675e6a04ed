import { constants } from "node:os";
import { CommanderError } from "commander";
import { Children } from "./children.ts";
import { DemoError } from "./demoError.ts";
import { readInput, type DemoInput } from "./input.ts";
import { demoProgram, type DemoOptions } from "./options.ts";
import { PriceInputError } from "./prices/priceInputError.ts";
import { runDemo } from "./run.ts";
import { Screen } from "./screen/screen.ts";
import { watchParents } from "./watchParents.ts";

/** Something is broken, or the demo could not go on. */
const EXIT_BROKEN = 1;
/** What the user gave cannot be used; nothing was started. */
const EXIT_INPUT = 2;
const TWICE_MS = 300;

try {
  await demoProgram(start).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exit(error.exitCode === 0 ? 0 : EXIT_INPUT);
}

async function start(options: DemoOptions): Promise<void> {
  const input = inputOrExit(options);
  const children = new Children();
  const stop = new AbortController();
  let signalled: NodeJS.Signals | undefined;
  let signalledAt = 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      // Whoever asks twice does not want to wait; a terminal and a wrapper may pass on one request both.
      if (signalled !== undefined && performance.now() - signalledAt > TWICE_MS)
        process.exit(exitCodeOf(signal));
      signalled ??= signal;
      signalledAt = performance.now();
      stop.abort();
    });
  }
  watchParents(() => {
    signalled ??= "SIGHUP";
    stop.abort();
  });
  const screen = new Screen(process.stdout);
  let code = EXIT_BROKEN;
  try {
    code = (await runDemo(input, { screen, children, signal: stop.signal })) ? 0 : EXIT_BROKEN;
  } catch (error) {
    screen.end();
    if (stop.signal.aborted) code = exitCodeOf(signalled ?? "SIGINT");
    else if (error instanceof DemoError) console.error(error.message);
    else console.error(error);
  }
  process.exit(code);
}

function inputOrExit(options: DemoOptions): DemoInput {
  try {
    return readInput(options);
  } catch (error) {
    if (!(error instanceof PriceInputError)) throw error;
    console.error(error.message);
    process.exit(EXIT_INPUT);
  }
}

/** As a shell reports a program that a signal ended. */
function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
