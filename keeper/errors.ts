/**
 * Three classes of error, by what the process does about them. Everything else that is thrown is a defect and ends it.
 */

/** The same again may work: a time-out, an overloaded endpoint, an answer that makes no sense. Never ends the process. */
export class RetryableError extends Error {
  override readonly name = "RetryableError";
  /** What the endpoint asked to wait, milliseconds; absent when it did not say. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: ErrorOptions & { retryAfterMs?: number } = {}) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** An answer that cannot be true. Worth another try, but not with the same endpoint for a while. */
export class FalseAnswerError extends RetryableError {}

/** It answers and has been asked too much. Worth another try later, and fewer questions at once. */
export class ThrottledError extends RetryableError {}

/** Going on would do harm: another process sends with the same key, the chain is not the one that was configured. */
export class GiveUpError extends Error {
  override readonly name = "GiveUpError";
}

/** The operator has to change something: one sentence that says what, shown without a stack. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
