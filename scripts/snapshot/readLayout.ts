import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

interface StandardInput {
  readonly settings: Record<string, unknown>;
}

interface Slot {
  readonly label: string;
  readonly slot: string;
  readonly offset: number;
  readonly type: string;
}

interface Layout {
  readonly storage: readonly Slot[];
  readonly types: Readonly<Record<string, { readonly label: string; readonly members?: readonly Slot[] }>>;
}

interface Compiler {
  compile: (input: string) => string;
}

/** `label:slot:offset:type` of everything `contract` stores, members of structs indented below their first use. */
export async function readLayout(
  hre: HardhatRuntimeEnvironment,
  source: string,
  contract: string,
): Promise<string[]> {
  const buildInfoId = await hre.artifacts.getBuildInfoId(`${source}:${contract}`);
  const path = buildInfoId === undefined ? undefined : await hre.artifacts.getBuildInfoPath(buildInfoId);
  if (path === undefined) throw new Error(`${contract} has not been built`);
  const { input, userSourceNameMap } = JSON.parse(readFileSync(path, "utf8")) as {
    input: StandardInput;
    userSourceNameMap: Record<string, string>;
  };
  const inputSource = userSourceNameMap[source] ?? source;
  // Hardhat does not ask for the layout; asking for nothing else takes no code generation.
  const selection = { [inputSource]: { [contract]: ["storageLayout"] } };
  const settings = { ...input.settings, outputSelection: selection };
  const compiler = createRequire(import.meta.url)("solc") as Compiler;
  const output = JSON.parse(compiler.compile(JSON.stringify({ ...input, settings }))) as {
    contracts: Record<string, Record<string, { storageLayout: Layout }>>;
  };
  const layout = output.contracts[inputSource]?.[contract]?.storageLayout;
  if (layout === undefined) throw new Error(`The compiler gave no layout for ${contract}`);
  return flatten(layout);
}

function flatten({ storage, types }: Layout): string[] {
  const lines: string[] = [];
  const seen = new Set<string>();
  const add = (slots: readonly Slot[], prefix: string): void => {
    for (const { label, slot, offset, type } of slots) {
      lines.push(`${prefix}${label}:${slot}:${String(offset)}:${types[type]?.label ?? type}`);
    }
    for (const { type } of slots) follow(type);
  };
  // A struct may stand in a mapping or an array; the types' names hold those of what they hold.
  const follow = (type: string): void => {
    for (const [name, { label, members }] of Object.entries(types)) {
      if (members === undefined || seen.has(name) || !type.includes(name)) continue;
      seen.add(name);
      add(members, `${label}.`);
    }
  };
  add(storage, "");
  return lines;
}
