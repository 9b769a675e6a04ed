import { GiveUpError, RetryableError, UserError } from "../errors.ts";

/** The operator has to change something. */
const EXIT_USER = 2;
/** It had to stop, or nobody answered. */
const EXIT_GAVE_UP = 1;

/** Does it, or says in one sentence why it could not be done. */
export async function guarded(work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isTold =
      error instanceof UserError || error instanceof GiveUpError || error instanceof RetryableError;
    if (!isTold) throw error;
    console.error(error.message);
    process.exitCode = error instanceof UserError ? EXIT_USER : EXIT_GAVE_UP;
  }
}
