/*
 * `npm run snapshot` writes snapshots/contracts.json: where MarginVault keeps what, the selectors and topics by which
 * others call and follow the contracts, and the bytes that get deployed. `npm run snapshot:check` (`-- --check`) compares
 * and changes nothing, so that a layout, a signature or a size never changes unnoticed.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { Interface, type InterfaceAbi } from "ethers";
import { compileOrExit, root } from "./compile.ts";
import { readLayout } from "./snapshot/readLayout.ts";

const FILE = join(root, "snapshots", "contracts.json");
const NOT_DEPLOYED = /^contracts\/(mocks|test|interfaces)\//;
/** A library without a public function compiles to a stub that nobody deploys. */
const STUB_BYTES = 100;

interface ContractSnapshot {
  readonly bytes: number;
  readonly functions: Record<string, string>;
  readonly events: Record<string, string>;
}

interface Snapshot {
  /** `label:slot:offset:type` of MarginVault, structs spelled out. */
  readonly layout: readonly string[];
  readonly contracts: Record<string, ContractSnapshot>;
}

async function take(hre: HardhatRuntimeEnvironment): Promise<Snapshot> {
  const contracts: Record<string, ContractSnapshot> = {};
  const names = [...(await hre.artifacts.getAllFullyQualifiedNames())].sort();
  for (const fullName of names) {
    const { contractName, sourceName, deployedBytecode, abi } = await hre.artifacts.readArtifact(fullName);
    const bytes = (deployedBytecode.length - "0x".length) / 2;
    if (!sourceName.startsWith("contracts/") || NOT_DEPLOYED.test(sourceName) || bytes <= STUB_BYTES)
      continue;
    contracts[contractName] = { bytes, ...signaturesOf(abi as InterfaceAbi) };
  }
  return { layout: await readLayout(hre, "contracts/MarginVault.sol", "MarginVault"), contracts };
}

function signaturesOf(abi: InterfaceAbi): Pick<ContractSnapshot, "functions" | "events"> {
  const functions: Record<string, string> = {};
  const events: Record<string, string> = {};
  // A library's functions take storage, which no ABI can name; nobody but the vault calls them.
  const isForeign = JSON.stringify(abi).includes(" storage");
  if (isForeign) return { functions, events };
  const face = new Interface(abi);
  face.forEachFunction((f) => (functions[f.format("sighash")] = f.selector));
  face.forEachEvent((e) => (events[e.format("sighash")] = e.topicHash));
  return { functions: sorted(functions), events: sorted(events) };
}

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One line for each fact, so that a difference reads like one. */
function linesOf({ layout, contracts }: Snapshot): Set<string> {
  const lines = new Set(layout.map((line) => `layout ${line}`));
  for (const [name, { bytes, functions, events }] of Object.entries(contracts)) {
    lines.add(`${name} ${String(bytes)} bytes`);
    for (const [signature, selector] of Object.entries(functions))
      lines.add(`${name} ${selector} ${signature}`);
    for (const [signature, topic] of Object.entries(events)) lines.add(`${name} ${topic} ${signature}`);
  }
  return lines;
}

function compare(kept: Snapshot, present: Snapshot): boolean {
  const [before, now] = [linesOf(kept), linesOf(present)];
  const gone = [...before].filter((line) => !now.has(line));
  const come = [...now].filter((line) => !before.has(line));
  for (const line of gone) console.error(`- ${line}`);
  for (const line of come) console.error(`+ ${line}`);
  return gone.length + come.length === 0;
}

const present = await take(await compileOrExit("production"));
if (process.argv.includes("--check")) {
  const isSame = compare(JSON.parse(readFileSync(FILE, "utf8")) as Snapshot, present);
  console.log(
    isSame
      ? "snapshot: as it was"
      : "snapshot: changed; if this is meant, run `npm run snapshot` and commit what it writes",
  );
  process.exitCode = isSame ? 0 : 1;
} else {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, `${JSON.stringify(present, null, 2)}\n`);
  console.log("snapshot: written to snapshots/contracts.json");
}
