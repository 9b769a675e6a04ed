import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, posix } from "node:path";
import type { Artifact } from "../../../deploy/artifacts.ts";
import { root } from "../../../compile.ts";

/** What of a peer is compiled, and how; as it ships. */
export interface PeerSources {
  readonly name: string;
  /** The npm package of its compiler. */
  readonly compiler: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Source names of what is deployed; what they import comes along. */
  readonly entries: readonly string[];
  /** Where a source name lies, by its beginning; folders of this repository. */
  readonly folders: Readonly<Record<string, string>>;
}

/** A peer's artifact by its contract's name. */
export type LoadPeer = (contract: string) => Artifact;

interface Compiled {
  readonly abi: Artifact["abi"];
  readonly evm: {
    readonly bytecode: { readonly object: string; readonly linkReferences: Artifact["linkReferences"] };
  };
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, Compiled>>>>;
}

interface Compiler {
  readonly compile: (input: string) => string;
}

const CACHE = join(root, "cache", "gas");
const IMPORT = /^\s*import\s[^;]*?["']([^"']+)["'];/gm;

/**
 * Compiles a peer, or takes what an earlier run has left in cache/: by a hash of its sources and settings. Beside
 * Hardhat, whose build knows one set of remappings. Throws with the compiler's words.
 */
export function compilePeer(peer: PeerSources): LoadPeer {
  const input = JSON.stringify({
    language: "Solidity",
    sources: sourcesOf(peer),
    settings: { ...peer.settings, outputSelection: { "*": { "*": ["abi", "evm.bytecode"] } } },
  });
  const hash = createHash("sha256").update(peer.compiler).update(input).digest("hex").slice(0, 16);
  const file = join(CACHE, `${peer.name}-${hash}.json`);
  if (!existsSync(file)) {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(file, JSON.stringify(artifactsIn(compile(peer.compiler, input))));
  }
  const artifacts = JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, Artifact>>;
  return (contract) => {
    const artifact = artifacts[contract];
    if (artifact === undefined) throw new Error(`${peer.name} has no contract ${contract}`);
    return artifact;
  };
}

function compile(compiler: string, input: string): Output {
  const { compile: run } = createRequire(import.meta.url)(compiler) as Compiler;
  const output = JSON.parse(run(input)) as Output;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join("\n"));
  return output;
}

/** By name: of two of the same name the one with code, and interfaces have none. */
function artifactsIn({ contracts = {} }: Output): Record<string, Artifact> {
  const artifacts: Record<string, Artifact> = {};
  for (const contractName of new Set(Object.values(contracts).flatMap((file) => Object.keys(file)))) {
    for (const file of Object.values(contracts)) {
      const found = file[contractName];
      if (found === undefined || found.evm.bytecode.object === "") continue;
      const { object, linkReferences } = found.evm.bytecode;
      artifacts[contractName] = { contractName, abi: found.abi, bytecode: `0x${object}`, linkReferences };
    }
  }
  return artifacts;
}

function sourcesOf({ entries, folders }: PeerSources): Record<string, { content: string }> {
  const sources: Record<string, { content: string }> = {};
  const open = [...entries];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (sources[name] !== undefined) continue;
    const content = readFileSync(placeOf(name, folders), "utf8");
    sources[name] = { content };
    for (const [, imported = ""] of content.matchAll(IMPORT)) {
      open.push(imported.startsWith(".") ? posix.join(dirname(name), imported) : imported);
    }
  }
  return Object.fromEntries(Object.entries(sources).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function placeOf(name: string, folders: PeerSources["folders"]): string {
  const prefix = Object.keys(folders).find((beginning) => name.startsWith(beginning));
  if (prefix === undefined) throw new Error(`nobody knows where ${name} lies`);
  return join(root, folders[prefix] ?? "", name.slice(prefix.length));
}
