/*
 * `npm run chaos -- [--kills N] [--seed S]`: test/keeper/chaos.test.ts with as many `kill -9` at random moments as wanted
 * (200 unless told otherwise), from fresh dice unless a seed is given. Prints the seed and what was counted. Ends non-zero
 * when something was done twice or a deadline was missed. `npm test` does the same with 20.
 */
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./compile.ts";

/** What the test counts, in the order in which it is printed. */
const WORDS: Readonly<Record<string, string>> = {
  kills: "kills",
  blocks: "blocks",
  sends: "transactions sent",
  resends: "sent again, the same bytes or a better offer",
  mined: "seen mined",
  calls: "calls opened",
  takes: "liquidations",
  checked: "deadlines checked",
  missed: "deadlines missed",
};

const { values } = parseArgs({
  options: { kills: { type: "string", default: "200" }, seed: { type: "string" } },
});
const kills = readCount("kills", values.kills);
const seed = values.seed === undefined ? randomInt(2 ** 31) : readCount("seed", values.seed);
const folder = mkdtempSync(join(tmpdir(), "tocsin-chaos-"));
const report = join(folder, "report.json");

console.log(`chaos: ${String(kills)} kills, seed ${String(seed)}`);
const code = await run();
const isSound =
  existsSync(report) && print(JSON.parse(readFileSync(report, "utf8")) as Record<string, unknown>);
rmSync(folder, { recursive: true });
console.log(`chaos: ${code === 0 && isSound ? "everything held" : "FAILED"}, seed ${String(seed)}`);
process.exitCode = code === 0 && isSound ? 0 : 1;

function readCount(name: string, text: string): number {
  const count = Number(text.replaceAll("_", ""));
  if (!Number.isSafeInteger(count) || count < 1) throw new Error(`--${name} takes a number of at least 1`);
  return count;
}

function run(): Promise<number> {
  const child = spawn("hardhat", ["test", "mocha", "--no-compile", "test/keeper/chaos.test.ts"], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
    env: {
      ...process.env,
      TOCSIN_CHAOS_KILLS: String(kills),
      TOCSIN_CHAOS_SEED: String(seed),
      TOCSIN_CHAOS_REPORT: report,
    },
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (ended) => {
      resolve(ended ?? 1);
    });
  });
}

/** Prints what was counted; whether nothing was done twice or too late. */
function print(counted: Readonly<Record<string, unknown>>): boolean {
  for (const [name, words] of Object.entries(WORDS)) {
    console.log(`  ${words.padEnd(46)} ${String(counted[name]).padStart(8)}`);
  }
  const doubles = Array.isArray(counted.doubleEffects) ? (counted.doubleEffects as readonly string[]) : [];
  console.log(`  ${"double effects".padEnd(46)} ${String(doubles.length).padStart(8)}`);
  for (const double of doubles) console.log(`    ${double}`);
  return doubles.length === 0 && counted.missed === 0;
}
