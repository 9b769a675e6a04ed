import { readFileSync } from "node:fs";
import { isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import type { Document, Node, Scalar } from "yaml";
import { UserError, messageOf } from "./errors.ts";
import { interpolate, mayInterpolate } from "./interpolate.ts";

/** Where something stands in a configuration: the keys and list numbers that lead to it. */
export type ConfigPath = readonly PropertyKey[];

/** What a configuration says, and where. */
export interface ConfigText {
  readonly file: string;
  readonly value: unknown;
  /** `file:line:column` of what stands at a path, or of the nearest above it that stands anywhere. */
  readonly placeOf: (path: ConfigPath) => string;
}

type PlaceAt = (offset: number) => string;

/**
 * Reads YAML, of which JSON is a part, with references to the environment filled in (`interpolate`). Throws a `UserError`
 * with file, line and column, which repeats nothing of the file: a secret may stand there.
 */
export function readConfigText(file: string, environment: NodeJS.ProcessEnv = process.env): ConfigText {
  const lines = new LineCounter();
  const document = parseDocument(readText(file), {
    lineCounter: lines,
    // An address that nobody has put in quotes is text, and no number to the base of 16.
    customTags: (tags) => tags.filter((tag) => typeof tag === "string" || !isOddNumber(tag.format)),
  });
  const placeAt: PlaceAt = (offset) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined)
    throw new UserError(`${placeAt(problem.pos[0])}: is no YAML: ${wordsOf(problem)}`);
  fillIn(document, environment, placeAt);
  return {
    file,
    value: document.toJS() as unknown,
    placeOf: (path) => placeOf(document, path, placeAt) ?? file,
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function isOddNumber(format: string | undefined): boolean {
  return format === "HEX" || format === "OCT";
}

/** Without the lines of the file that follow. */
function wordsOf({ message, code }: { readonly message: string; readonly code: string }): string {
  if (code === "TAG_RESOLVE_FAILED") return "a tag that means nothing here";
  return message.split(/ at line \d|\n/)[0]?.replace(/:?\s*".*/, "") ?? code;
}

function fillIn(document: Document, environment: NodeJS.ProcessEnv, placeAt: PlaceAt): void {
  const refuse = (node: Node, words: string): never => {
    throw new UserError(`${placeAt(node.range?.[0] ?? 0)}: ${words}`);
  };
  visit(document, {
    Alias: (_, node) => refuse(node, "an alias; write out what it stands for"),
    Scalar: (key, node, ancestors) => {
      if (key === "key" || typeof node.value !== "string" || !mayInterpolate(node.value)) return;
      if (namesSecret(keysAbove(ancestors))) {
        refuse(
          node,
          "${…} is not filled in here: what is named here is read when it is used, and never shown",
        );
      }
      const result = interpolate(node.value, environment);
      if ("problem" in result) refuse(node, result.problem);
      else node.value = node.type === "PLAIN" ? plainValue(result.text) : result.text;
    },
  });
}

/** The keys that lead to a scalar, from the outside in. */
function keysAbove(ancestors: readonly unknown[]): readonly string[] {
  return ancestors.flatMap((one) => (isPair(one) && isScalar(one.key) ? [String(one.key.value)] : []));
}

/** Names of variables that hold secrets would be shown if they were not set; a secret in their place as well. */
function namesSecret(keys: readonly string[]): boolean {
  const isKey = keys.includes("key") || keys.includes("keys");
  return isKey && keys.at(-1)?.endsWith("File") !== true;
}

/** What a value means that no quotes protect, as YAML reads it. */
function plainValue(text: string): Scalar["value"] {
  if (text === "true" || text === "false") return text === "true";
  if (text === "null") return null;
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

function placeOf({ contents }: Document, path: ConfigPath, placeAt: PlaceAt): string | undefined {
  let node: unknown = contents;
  let offset: number | undefined;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) break;
      offset = isNode(pair.key) ? pair.key.range?.[0] : offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = isNode(node) ? node.range?.[0] : offset;
    } else break;
  }
  if (offset === undefined && isNode(contents) && !isAlias(contents)) offset = contents.range?.[0];
  return offset === undefined ? undefined : placeAt(offset);
}
