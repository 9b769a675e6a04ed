/**
 * What the keeper does with what it decides. `observe` and `dry-run` open no key, so that nothing can be signed: the one
 * only says what is due, the other works out what doing it would have earned. `live` does it.
 */
export const MODES = ["observe", "dry-run", "live"] as const;
export type Mode = (typeof MODES)[number];

/** Whether what is decided is sent. */
export function isLive({ mode }: { readonly mode: Mode }): boolean {
  return mode === "live";
}
