import { z } from "zod";
import { nearestName } from "./nearestName.ts";
import type { ConfigPath } from "./readConfigText.ts";

/** A fault and the path of what is at fault. */
interface Fault {
  readonly path: ConfigPath;
  readonly words: string;
}

/** More would scroll the first off the screen. */
const MOST_FAULTS = 10;

/**
 * A line for each thing that is wrong, with where it stands. Values are left out, for one of them may be a secret in the
 * wrong place.
 */
export function describeConfigError(
  error: z.ZodError,
  schema: z.ZodType,
  placed: (path: ConfigPath, words: string) => string,
): string {
  const faults = error.issues.flatMap((issue) => faultsOf(issue, [], schema));
  const lines = faults.slice(0, MOST_FAULTS).map(({ path, words }) => placed(path, words));
  if (faults.length > MOST_FAULTS) lines.push(`and ${faults.length - MOST_FAULTS} more`);
  return lines.join("\n");
}

function faultsOf(issue: z.core.$ZodIssue, parents: ConfigPath, schema: z.ZodType): Fault[] {
  const path = [...parents, ...issue.path];
  const name = path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, path);
    return issue.keys.map((key) => ({ path: [...path, key], words: unknownKey([...path, key], known) }));
  }
  if (issue.code === "invalid_union") {
    if (name === "key" || name.startsWith("keys.")) {
      const words = `${name}: must be { keystoreFile, passwordFile }, { keystoreFile, passwordEnv } or { privateKeyEnv }`;
      return [{ path, words }];
    }
    const unknown = issue.errors.flat().find((inner) => inner.code === "unrecognized_keys");
    if (unknown !== undefined) return faultsOf(unknown, path, schema);
  }
  return [{ path, words: `${name === "" ? "the configuration" : name}: ${issue.message}` }];
}

function unknownKey(path: ConfigPath, known: readonly string[]): string {
  const nearest = nearestName(String(path.at(-1)), known);
  const suggestion = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
  return `unknown key "${path.map(String).join(".")}"${suggestion}`;
}

/** The keys that a schema knows at a path. */
function keysAt(schema: unknown, path: ConfigPath): readonly string[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => keysAt(option, path));
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return keysAt(schema.unwrap(), path);
  }
  const [step, ...rest] = path;
  if (schema instanceof z.ZodArray) return step === undefined ? [] : keysAt(schema.element, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  const shape = schema.shape as Readonly<Record<string, unknown>>;
  return step === undefined ? Object.keys(shape) : keysAt(shape[String(step)], rest);
}
