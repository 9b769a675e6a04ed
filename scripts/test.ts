/*
 * `npm test`: builds and runs every test, mocha's and Solidity's; ends non-zero when anything failed.
 * `npm test -- FILE… [--grep TEXT]` builds and runs only these mocha tests. `npm run test:slow` runs the files
 * that end in `.slow.test.ts`, one after another: those that wait for processes, and searches that compute for long.
 */
import { spawn } from "node:child_process";
import { globSync } from "node:fs";

interface Outcome {
  readonly code: number;
  readonly output: string;
}

interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** Any will do; `npm run campaign` takes fresh ones. */
const CAMPAIGN_SEED = "1";

const SLOW = ".slow.test.ts";

/** In the order in which they begin: those that start processes and wait for them run beside those that compute. */
const LARGE_ROOMS = ["demo", "vault", "keeper", "sdk"];

const isColoured = process.stdout.isTTY;

/** Runs a program of node_modules/.bin; with `isShown`, its output appears as it comes. */
function run(command: string, args: readonly string[], isShown: boolean): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const env = isColoured ? { FORCE_COLOR: "1", ...process.env } : process.env;
    const child = spawn(command, args, {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    let output = "";
    const take = (stream: NodeJS.WriteStream) => (chunk: Buffer) => {
      output += chunk.toString();
      if (isShown) stream.write(chunk);
    };
    child.stdout.on("data", take(process.stdout));
    child.stderr.on("data", take(process.stderr));
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code: code ?? 1, output });
    });
  });
}

/** Runs one npm script as a gate: a line when it passes, all its words when it does not. */
async function gate(script: string): Promise<Count> {
  const startedAt = performance.now();
  const { code, output } = await run("npm", ["run", "--silent", script], false);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${script.padEnd(12)} ${code === 0 ? "passed" : "FAILED"} ${seconds.padStart(6)} s`);
  if (code !== 0) console.log(output.trimEnd());
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Reads the runner's own closing lines, "12 passing (3s)" and "1 failing". */
function countTests({ code, output }: Outcome): Count {
  // eslint-disable-next-line no-control-regex -- colours begin with an escape character
  const plain = output.replaceAll(/\u001b\[[0-9;]*m/g, "");
  const read = (word: string) => Number(new RegExp(`^ *(\\d+) ${word}`, "m").exec(plain)?.[1] ?? 0);
  const passed = read("passing");
  const failed = read("failing");
  // A runner that died, or that found no test, has failed whatever it printed.
  const isBroken = failed === 0 && (code !== 0 || passed === 0);
  return { passed, failed: isBroken ? 1 : failed };
}

async function runMocha(args: readonly string[]): Promise<Count> {
  return countTests(await run("hardhat", ["test", "mocha", "--no-compile", ...args], true));
}

/** As much of the mocha tests as runs in one process, said when it is done. */
async function runShard(files: readonly string[]): Promise<Count> {
  const outcome = await run("hardhat", ["test", "mocha", "--no-compile", ...files], false);
  console.log(outcome.output.trimEnd());
  return countTests(outcome);
}

/** The Solidity tests, among them a campaign that is always the same: what breaks here breaks everywhere. */
async function runSolidity(): Promise<Count> {
  const args = ["scripts/campaign.ts", "--all", "--brief", "--calls", "100000", "--seed", CAMPAIGN_SEED];
  const outcome = await run("tsx", args, false);
  console.log(outcome.output.trimEnd());
  return countTests(outcome);
}

function sum(counts: readonly Count[]): Count {
  return counts.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }), {
    passed: 0,
    failed: 0,
  });
}

/** The mocha tests, a process for each of the large rooms and one for all others. */
function shardsOf(files: readonly string[]): string[][] {
  const roomOf = (file: string) => LARGE_ROOMS.find((name) => file.split(/[/\\]/)[1] === name);
  const shards = [...LARGE_ROOMS, undefined].map((room) => files.filter((file) => roomOf(file) === room));
  return shards.filter((shard) => shard.length > 0);
}

/** Runs `jobs` in order, two at a time: as many as the least machine has cores. */
async function runAll(jobs: readonly (() => Promise<Count>)[]): Promise<Count[]> {
  const waiting = [...jobs];
  const counts: Count[] = [];
  const work = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) counts.push(await job());
  };
  await Promise.all([work(), work()]);
  return counts;
}

async function runEverything(): Promise<Count[]> {
  const files = globSync("test/**/*.test.ts")
    .filter((file) => !file.endsWith(SLOW))
    .sort();
  if (files.length === 0) throw new Error("There is no test under test/**/*.test.ts.");
  const shards = shardsOf(files).map((shard) => () => runShard(shard));
  return runAll([...shards, runSolidity]);
}

async function runChosen(args: readonly string[]): Promise<Count[]> {
  if (args.length === 0) return runEverything();
  return [await runMocha(args[0] === "--slow" ? globSync(`test/**/*${SLOW}`).sort() : args)];
}

const chosen = process.argv.slice(2);
const build = await gate("build");
const rest = build.failed > 0 ? [] : await runChosen(chosen);
const total = sum([build, ...rest]);
// .ci/run reads this line.
console.log(`checks: ${total.passed} passed and ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;
