import { RetryableError } from "../errors.ts";

/**
 * The first success of several ways to do the same read. The next way is begun when one fails, or when the last begun
 * has taken `afterMs`, where one is given. Rejects with the last failure when all fail, and at once with what is no `RetryableError`.
 */
export function hedge<T>(ways: readonly (() => Promise<T>)[], afterMs: number | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    let begun = 0;
    let failed = 0;
    let timer: NodeJS.Timeout | undefined;
    const begin = () => {
      clearTimeout(timer);
      const way = ways[begun];
      if (way === undefined) return;
      begun += 1;
      if (afterMs !== undefined && begun < ways.length) timer = setTimeout(begin, afterMs);
      way().then(
        (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        (error: unknown) => {
          failed += 1;
          if (error instanceof RetryableError && failed < ways.length) {
            if (failed === begun) begin();
            return;
          }
          clearTimeout(timer);
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    };
    begin();
  });
}
