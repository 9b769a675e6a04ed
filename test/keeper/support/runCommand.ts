import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { root } from "../../../scripts/compile.ts";
import { KEYS } from "./chain.ts";

/** How a command ended, and all that it said. */
export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `tocsin-keeper` with these arguments in a process of its own, to its end.
 * @param begun Told of the process, for who wants to interrupt it.
 */
export async function runCommand(
  args: readonly string[],
  input = "",
  variables: Readonly<Record<string, string>> = {},
  begun: (child: ChildProcess) => void = () => undefined,
): Promise<CommandEnd> {
  const child = spawn(process.execPath, ["--import", "tsx", join(root, "keeper", "main.ts"), ...args], {
    env: { ...process.env, TOCSIN_KEEPER_KEY: KEYS.keeper, ...variables },
    stdio: ["pipe", "pipe", "pipe"],
  });
  begun(child);
  child.stdin.end(input);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}
