import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

export interface Anvil {
  readonly url: string;
  readonly wsUrl: string;
  close(): Promise<void>;
}

export interface AnvilOptions {
  /** Unix seconds of the first block. */
  readonly startsAt: number;
  readonly gasLimit: number;
  readonly baseFeeWei: number;
}

const PACKAGE = "@foundry-rs/anvil-linux-amd64";
/** Older states than those of so many blocks are forgotten: nobody asks that late. */
const KEPT_STATES = 64;

/** The program, where npm has installed it: its package is optional and there is one for Linux on x64 only. */
export function anvilProgram(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
    return join(dirname(manifest), "bin", "anvil");
  } catch {
    return undefined;
  }
}

/** Starts a chain of its own on a free port; it mines every transaction until told otherwise, and ends with this process. */
export async function startAnvil(program: string, options: AnvilOptions): Promise<Anvil> {
  const { startsAt, gasLimit, baseFeeWei } = options;
  const child = spawn(
    program,
    [
      ...["--host", "127.0.0.1", "--port", "0", "--accounts", "1", "--balance", "1000000000"],
      ...["--hardfork", "osaka", "--enable-tx-gas-limit", "--disable-code-size-limit"],
      ...["--timestamp", String(startsAt), "--gas-limit", String(gasLimit)],
      ...["--block-base-fee-per-gas", String(baseFeeWei), "--prune-history", String(KEPT_STATES)],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const endWithParent = () => child.kill("SIGKILL");
  process.once("exit", endWithParent);
  const gone = once(child, "close");
  const lines = createInterface({ input: child.stdout });
  const host = await new Promise<string>((resolve, reject) => {
    lines.on("line", (line) => {
      const found = /^Listening on (\S+)$/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("error", reject);
    child.once("close", (code) => {
      reject(new Error(`anvil ended with code ${String(code)} before it listened`));
    });
  });
  return {
    url: `http://${host}`,
    wsUrl: `ws://${host}`,
    async close() {
      process.off("exit", endWithParent);
      child.kill("SIGKILL");
      await gone;
    },
  };
}
