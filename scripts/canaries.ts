/*
 * `npm run canaries [-- --only TEXT] [-- --calls N] [-- --seed S]`: plants each bug of test/canaries/canaries.ts in a copy
 * of the contracts, one at a time, and runs the campaign against it. Ends non-zero when one is not found: a suite that
 * does not see a planted bug proves nothing about those nobody planted.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CANARIES, type Canary } from "../test/canaries/canaries.ts";
import { runCampaign } from "./campaign/runCampaign.ts";
import { freshSeed, readSeed } from "./campaign/seed.ts";
import { root } from "./compile.ts";

const DEPTH = 250;
const BROKEN = /I-\d\d [^"]*/;

interface Finding {
  readonly canary: Canary;
  /** What broke first, with the invariant's number; undefined when nothing did. */
  readonly broke: string | undefined;
  readonly seconds: number;
}

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    calls: { type: "string", default: "100000" },
    seed: { type: "string" },
  },
});

/** A folder that Hardhat takes for the project, with the bug in it. */
function plant({ name, file, find, replace }: Canary): string {
  const folder = mkdtempSync(join(tmpdir(), "tocsin-canary-"));
  for (const part of ["contracts", join("test", "sol")]) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  const path = join(folder, "contracts", file);
  const parts = readFileSync(path, "utf8").split(find);
  if (parts.length !== 2) {
    rmSync(folder, { recursive: true });
    throw new Error(`The canary "${name}" fits ${String(parts.length - 1)} places of ${file}: plant it anew`);
  }
  writeFileSync(path, parts.join(replace));
  return folder;
}

/** The runner says much while it works; here only its verdict counts. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const write = process.stdout.write.bind(process.stdout);
  const swallow = (_: unknown, encodingOrDone?: unknown, done?: unknown): boolean => {
    const callback = typeof encodingOrDone === "function" ? encodingOrDone : done;
    if (typeof callback === "function") (callback as () => void)();
    return true;
  };
  process.stdout.write = swallow;
  try {
    return await work();
  } finally {
    process.stdout.write = write;
  }
}

async function hunt(canary: Canary, seed: string): Promise<Finding> {
  const folder = plant(canary);
  try {
    const calls = Number(values.calls);
    const options = { root: folder, seed, calls, depth: DEPTH, shrinkRunLimit: 0 };
    const { reasons, milliseconds } = await quietly(() => runCampaign(options));
    const broke = reasons.map((reason) => BROKEN.exec(reason)?.[0]).find((words) => words !== undefined);
    if (broke === undefined && reasons.length > 0) console.error(`  ${canary.name}: ${reasons.join("; ")}`);
    return { canary, broke, seconds: milliseconds / 1000 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const seed = values.seed === undefined ? freshSeed() : readSeed(values.seed);
const chosen = CANARIES.filter(({ name }) => name.includes(values.only));
console.log(
  `canaries: ${String(chosen.length)} planted one by one, up to ${values.calls} calls each, seed ${seed}\n`,
);
let missed = 0;
for (const canary of chosen) {
  const { broke, seconds } = await hunt(canary, seed);
  if (broke === undefined) missed += 1;
  console.log(`${canary.name.padEnd(38)} ${seconds.toFixed(1).padStart(6)} s  ${broke ?? "NOT FOUND"}`);
}
console.log(`\ncanaries: ${String(chosen.length - missed)} found and ${String(missed)} missed`);
process.exitCode = missed > 0 || chosen.length === 0 ? 1 : 0;
