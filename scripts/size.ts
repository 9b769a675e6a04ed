/* `npm run size`: fails when a contract that gets deployed comes too near to the chain's code size limit. */
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { compileOrExit } from "./compile.ts";

/** 95 % of EIP-170's 24,576 bytes: room for a fix after an audit. */
const LIMIT_BYTES = 23_347;

/** Never deployed outside a test or the demo. */
const NOT_DEPLOYED = /^contracts\/(mocks|test|interfaces)\//;

/** A library without a public function compiles to a stub that nobody deploys: all its code is inlined. */
const STUB_BYTES = 100;

interface Size {
  readonly name: string;
  readonly bytes: number;
}

async function readSizes(hre: HardhatRuntimeEnvironment): Promise<Size[]> {
  const sizes: Size[] = [];
  for (const fullName of await hre.artifacts.getAllFullyQualifiedNames()) {
    const { contractName, sourceName, deployedBytecode } = await hre.artifacts.readArtifact(fullName);
    // Placeholders of linked libraries are as long as the addresses that replace them.
    const bytes = (deployedBytecode.length - "0x".length) / 2;
    const isOurs = sourceName.startsWith("contracts/") && !NOT_DEPLOYED.test(sourceName);
    if (isOurs && bytes > STUB_BYTES) sizes.push({ name: contractName, bytes });
  }
  return sizes.sort((a, b) => b.bytes - a.bytes);
}

function print(sizes: readonly Size[]): void {
  const width = Math.max(...sizes.map(({ name }) => name.length), "contract".length);
  const row = (name: string, bytes: string, room: string) =>
    `${name.padEnd(width)}  ${bytes.padStart(8)}  ${room.padStart(10)}`;
  console.log(row("contract", "bytes", "room left"));
  for (const { name, bytes } of sizes) {
    console.log(row(name, bytes.toLocaleString("en"), (LIMIT_BYTES - bytes).toLocaleString("en")));
  }
}

const sizes = await readSizes(await compileOrExit("production"));
const tooBig = sizes.filter(({ bytes }) => bytes > LIMIT_BYTES);
print(sizes);
if (sizes.length === 0) console.error("No contract was found to measure.");
for (const { name, bytes } of tooBig) {
  console.error(`${name} has ${String(bytes)} bytes, above the limit of ${String(LIMIT_BYTES)}.`);
}
process.exitCode = sizes.length === 0 || tooBig.length > 0 ? 1 : 0;
