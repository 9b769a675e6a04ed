/** What a comparison came to; `field` is the first that differs. */
export type Verdict =
  | { readonly kind: "equal" }
  | {
      readonly kind: "different";
      readonly field: string;
      readonly mirror: unknown;
      readonly contract: unknown;
    };

/** Compares field by field what the keeper worked out with what the contract says; both name the same fields. */
export function firstDifference(
  mirror: Readonly<Record<string, unknown>>,
  contract: Readonly<Record<string, unknown>>,
): Verdict {
  for (const field of new Set([...Object.keys(mirror), ...Object.keys(contract)])) {
    if (mirror[field] !== contract[field]) {
      return { kind: "different", field, mirror: mirror[field], contract: contract[field] };
    }
  }
  return { kind: "equal" };
}
