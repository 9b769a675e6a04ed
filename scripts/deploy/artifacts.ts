import { readFileSync } from "node:fs";
import { join } from "node:path";
import { getBytes, hexlify, type InterfaceAbi } from "ethers";
import { root, type Profile } from "../compile.ts";

type LinkReferences = Record<string, Record<string, { start: number; length: number }[]>>;

export interface Artifact {
  contractName: string;
  abi: InterfaceAbi;
  bytecode: string;
  linkReferences: LinkReferences;
}

export type LoadArtifact = (source: string, name: string) => Artifact;

/** Reads what `compileOrExit(profile)` wrote; `source` is a path below `contracts/`. */
export function artifactsOf(profile: Profile): LoadArtifact {
  const folder = join(root, profile === "production" ? "artifacts-production" : "artifacts", "contracts");
  return (source, name) => JSON.parse(readFileSync(join(folder, source, `${name}.json`), "utf8")) as Artifact;
}

/** The creation code of `artifact` with the addresses of its libraries put in; throws when one is not given. */
export function linkedBytecode(artifact: Artifact, libraries: Readonly<Record<string, string>>): string {
  let code = artifact.bytecode;
  for (const references of Object.values(artifact.linkReferences)) {
    for (const [library, places] of Object.entries(references)) {
      const address = libraries[library];
      if (address === undefined) throw new Error(`${artifact.contractName} needs the library ${library}`);
      for (const { start, length } of places) {
        const from = 2 + start * 2;
        code = code.slice(0, from) + address.slice(2).toLowerCase() + code.slice(from + length * 2);
      }
    }
  }
  return hexlify(getBytes(code));
}
