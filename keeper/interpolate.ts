/** `${NAME}`, `${NAME:-default}`, or `$${` for a brace that is meant as it stands; anything else after `${` is wrong. */
const REFERENCE = /\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})?/g;

/** What became of a text: filled in, or why not. No value of a variable is ever part of `problem`. */
export type Interpolated = { readonly text: string } | { readonly problem: string };

export function mayInterpolate(text: string): boolean {
  return text.includes("${");
}

/** `text` with its references replaced from `environment`. A variable that is set to nothing counts as not set. */
export function interpolate(text: string, environment: NodeJS.ProcessEnv): Interpolated {
  let problem: string | undefined;
  const filled = text.replaceAll(REFERENCE, (reference, name?: string, fallback?: string) => {
    if (reference === "$${") return "${";
    if (name === undefined) {
      problem ??= "after ${ must come a variable's name and }, or its name, :-, a default and }";
      return "";
    }
    const value = environment[name];
    if (value !== undefined && value !== "") return value;
    if (fallback === undefined) problem ??= `the environment variable ${name} is not set, and has no default`;
    return fallback ?? "";
  });
  return problem === undefined ? { text: filled } : { problem };
}
