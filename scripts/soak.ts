/*
 * `npm run soak -- [--blocks N] [--seed S]`: a simulated day of a keeper's life, 28,800 blocks of 3 s unless told
 * otherwise, as fast as the machine goes (about half an hour; a few minutes with --blocks 3000). Says how the heap went
 * and by how much the event loop was held up (K-29), and ends non-zero when either is too much.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./compile.ts";

/** What is measured, in the order in which it is printed. */
const WORDS: Readonly<Record<string, string>> = {
  blocks: "blocks",
  accounts: "accounts",
  calls: "calls opened",
  takes: "liquidations",
  sends: "transactions sent",
  failures: "blocks tried again",
  heapStartKb: "KB of heap, warm",
  heapEndKb: "KB of heap at the end",
  slopeBytesPerBlock: "bytes of heap a block, by a line through the lowest of each window",
  lagP99Ms: "ms that the event loop was held up, 99th percentile",
};
const DAY_BLOCKS = "28800";

const { values } = parseArgs({
  options: { blocks: { type: "string", default: DAY_BLOCKS }, seed: { type: "string", default: "1" } },
});
const blocks = readCount("blocks", values.blocks);
const seed = readCount("seed", values.seed);
const folder = mkdtempSync(join(tmpdir(), "tocsin-soak-"));
const report = join(folder, "report.json");
console.log(`soak: ${blocks} blocks, seed ${seed}`);
const code = await run();
if (existsSync(report)) print(JSON.parse(readFileSync(report, "utf8")) as Record<string, unknown>);
rmSync(folder, { recursive: true });
console.log(`soak: ${code === 0 ? "steady" : "FAILED"}`);
process.exitCode = code;

function readCount(name: string, text: string): number {
  const count = Number(text.replaceAll("_", ""));
  if (!Number.isSafeInteger(count) || count < 1) throw new Error(`--${name} takes a number of at least 1`);
  return count;
}

function run(): Promise<number> {
  const child = spawn("hardhat", ["test", "mocha", "--no-compile", "test/keeper/soak.run.ts"], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
    env: {
      ...process.env,
      TOCSIN_SOAK_BLOCKS: String(blocks),
      TOCSIN_SOAK_SEED: String(seed),
      TOCSIN_SOAK_REPORT: report,
    },
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      resolve(status ?? 1);
    });
  });
}

function print(measured: Readonly<Record<string, unknown>>): void {
  for (const [name, words] of Object.entries(WORDS))
    console.log(`${String(measured[name]).padStart(10)} ${words}`);
}
