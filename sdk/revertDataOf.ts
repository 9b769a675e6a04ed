/**
 * The revert data inside whatever a provider threw, for `decodeError`; undefined when it carries none, which means that
 * something else than the contract failed. Libraries and nodes put it at different depths: `data`, `error.data`,
 * `info.error.data`, `cause`.
 */
export function revertDataOf(error: unknown): string | undefined {
  return search(error, 6);
}

const PLACES = ["data", "error", "info", "cause", "originalError"] as const;

function search(value: unknown, depth: number): string | undefined {
  if (typeof value === "string") return /^0x([0-9a-f]{2})*$/i.test(value) ? value : undefined;
  if (typeof value !== "object" || value === null || depth === 0) return undefined;
  const fields = value as Partial<Record<(typeof PLACES)[number], unknown>>;
  for (const place of PLACES) {
    const found = search(fields[place], depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
