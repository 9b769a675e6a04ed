import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "../../../scripts/compile.ts";
import type { Deployment } from "../../../sdk/deployment.ts";
import { KEYS } from "./chain.ts";

/** A line of the keeper's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly event: string };

export interface KeeperProcess {
  readonly process: ChildProcess;
  readonly lines: readonly LogLine[];
  stderr(): string;
  /** Kills with `signal` and waits for the end; the exit code, null for a kill. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
  ended(): Promise<number | null>;
}

/** Writes a configuration and its deployment into `folder`; returns the configuration's path. */
export function writeConfig(
  folder: string,
  url: string,
  deployment: Deployment,
  changes: Readonly<Record<string, unknown>> = {},
): string {
  writeFileSync(join(folder, "deployment.json"), JSON.stringify(deployment));
  const file = join(folder, "config.json");
  const config = {
    mode: "live",
    rpcUrl: url,
    deploymentFile: "deployment.json",
    storeFile: "keeper.sqlite",
    key: { privateKeyEnv: "TOCSIN_KEEPER_KEY" },
    pollMs: 20,
    nativePriceFeed: deployment.collaterals[0]?.feed,
    profitMargin: "0",
    allowance: { ceiling: "1000000" },
    logLevel: "debug",
    ...changes,
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/** Starts the keeper as its users do, in a process of its own. */
export function startKeeper(
  configFile: string,
  command: "run" | "once" | "confirm" | "stop-sending" | "alerts" = "run",
  variables: Readonly<Record<string, string>> = {},
  more: readonly string[] = [],
): KeeperProcess {
  // Not tsx's own command, which would be a second process that a kill does not reach.
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(root, "keeper", "main.ts"), command, "--config", configFile, ...more],
    {
      env: { ...process.env, TOCSIN_KEEPER_KEY: KEYS.keeper, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const lines: LogLine[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(JSON.parse(line) as LogLine);
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const end = once(child, "close").then(([code]) => code as number | null);
  return {
    process: child,
    lines,
    stderr: () => errors,
    async stop(signal) {
      child.kill(signal);
      return end;
    },
    ended: () => end,
  };
}
