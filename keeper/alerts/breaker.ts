/** When somebody who fails is left alone, and for how long. */
export interface BreakerTerms {
  /** Failures in a row. */
  readonly after: number;
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * Opens after failures in a row: nothing is tried for a while, then once; each further failure doubles the while. It is
 * not random, for what waits behind it is.
 */
export class Breaker {
  readonly #terms: BreakerTerms;
  #failures = 0;
  #openUntilMs = 0;

  constructor(terms: BreakerTerms) {
    this.#terms = terms;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Whether it has opened and nothing has succeeded since: then one may try at a time. */
  get isTripped(): boolean {
    return this.#failures >= this.#terms.after;
  }

  /** When something may be tried; in the past for now. */
  get openUntilMs(): number {
    return this.#openUntilMs;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openUntilMs = 0;
  }

  /** Whether that opened it, where it was closed before. */
  failed(nowMs: number, atLeastMs = 0): boolean {
    const { after, firstMs, longestMs } = this.#terms;
    const wasTripped = this.isTripped;
    this.#failures += 1;
    const doublings = Math.min(this.#failures - after, 30);
    const openMs = this.isTripped ? Math.min(longestMs, firstMs * 2 ** doublings) : 0;
    this.#openUntilMs = Math.max(this.#openUntilMs, nowMs + Math.max(openMs, atLeastMs));
    return this.isTripped && !wasTripped;
  }
}
