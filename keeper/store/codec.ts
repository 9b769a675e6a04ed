/** JSON that keeps bigints: written as `{"n":"<digits>"}`, for JSON itself would round them. */
export function encode(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    typeof field === "bigint" ? { n: field.toString() } : field,
  );
}

/** The inverse of `encode`. The caller knows what it stored; the store's version guards the shape. */
export function decode(text: string): unknown {
  return JSON.parse(text, (_key, field: unknown) => (isTagged(field) ? BigInt(field.n) : field));
}

function isTagged(field: unknown): field is { n: string } {
  return typeof field === "object" && field !== null && "n" in field && Object.keys(field).length === 1;
}
