import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Deployment } from "../../../sdk/deployment.ts";
import { root } from "../../compile.ts";
import { DemoError } from "../demoError.ts";
import { writeDeployment } from "./writeDeployment.ts";

export interface KeeperOptions {
  readonly url: string;
  readonly deployment: Deployment;
  readonly privateKey: string;
  /** By the collateral's number: whom the keeper asks when a crash concerns much of the book. */
  readonly secondFeeds: readonly string[];
  /** How old their answers may be, seconds. */
  readonly maxAgeSeconds: number;
  /** An empty folder of its own: configuration, store and log. */
  readonly folder: string;
  readonly pollMs: number;
  /** Quote tokens, a decimal: what the vault may take of the keeper. */
  readonly allowance: string;
  /** Where everything it says goes; undefined: nowhere. */
  readonly logFile: string | undefined;
  /** Told of the process as soon as there is one, so that nothing can leave it behind. */
  readonly onStart: (child: ChildProcess) => void;
}

export interface KeeperProcess {
  readonly process: ChildProcess;
  readonly configFile: string;
  readonly lastWords: () => string;
}

const KEY_VARIABLE = "TOCSIN_KEEPER_KEY";
const STARTED = "keeper.started";
const START_SECONDS = 30;
const LAST_WORDS = 10;

/** Starts the keeper as an operator would, in a process of its own; resolves when it says that it runs. */
export async function startKeeper(options: KeeperOptions): Promise<KeeperProcess> {
  const { deployment, folder } = options;
  const configFile = join(folder, "keeper.json");
  const deploymentFile = writeDeployment(folder, deployment);
  const config = {
    mode: "live",
    rpcUrl: options.url,
    deploymentFile,
    storeFile: join(folder, "keeper.sqlite"),
    key: { privateKeyEnv: KEY_VARIABLE },
    pollMs: options.pollMs,
    // The first collateral is the chain's native coin in wrapped form.
    nativePriceFeed: deployment.collaterals[0]?.feed,
    profitMargin: "0",
    allowance: { ceiling: options.allowance },
    takesPerTransaction: 50,
    // Weights that loosen wait for no cheaper gas: the demo's stays as dear as it is.
    housekeepingMaxCost: "10",
    brake: { sources: sourcesOf(options) },
    logLevel: "info",
  };
  writeFileSync(configFile, `${JSON.stringify(config, undefined, 2)}\n`);
  const child = spawn(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), join(root, "keeper", "main.ts"), "run", "--config", configFile],
    {
      cwd: root,
      env: { ...process.env, [KEY_VARIABLE]: options.privateKey },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    },
  );
  options.onStart(child);
  const words: string[] = [];
  const log = options.logFile === undefined ? undefined : createWriteStream(options.logFile);
  const hear = (line: string) => {
    log?.write(`${line}\n`);
    words.push(line);
    if (words.length > LAST_WORDS) words.shift();
  };
  createInterface({ input: child.stdout }).on("line", hear);
  createInterface({ input: child.stderr }).on("line", hear);
  const lastWords = () => words.join("\n");
  await started(child, lastWords);
  return { process: child, configFile, lastWords };
}

/** An hour's fall in one round concerns a third of the book: without a second source the brake would wait for a word. */
function sourcesOf({ deployment, secondFeeds, maxAgeSeconds }: KeeperOptions): object[] {
  const collaterals = deployment.collaterals.map(({ address, number }) => ({
    asset: address,
    feed: secondFeeds[number],
    maxAgeSeconds,
  }));
  return [...collaterals, { asset: deployment.quote.address, feed: { fixed: "1" } }];
}

async function started(child: ChildProcess, lastWords: () => string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new DemoError(`The keeper did not start within ${START_SECONDS} s:\n${lastWords()}`));
    }, START_SECONDS * 1_000);
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(late);
      reject(new DemoError(`The keeper ended with code ${String(code)} before it ran:\n${lastWords()}`));
    });
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (!line.includes(`"${STARTED}"`)) return;
      clearTimeout(late);
      resolve();
    });
  });
}
