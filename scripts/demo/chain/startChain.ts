import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What the chain's process is told, once. */
export interface ChainRequest {
  /** Unix seconds of the first block. */
  readonly startsAt: number;
  readonly baseFeeWei: string;
  readonly blockGasLimit: number;
  /** Private key of the one account that has native coins from the start. */
  readonly bankerKey: string;
}

/** What it answers, once. */
export interface ChainReady {
  readonly url: string;
}

/** A process that must not outlive the demo. */
export interface Ward {
  readonly pid: number;
}

export interface Chain {
  readonly url: string;
  readonly process: ChildProcess;
  /** Has a process killed should the demo end without ending it itself. */
  watchOver: (ward: Ward) => void;
}

export interface ChainOptions extends ChainRequest {
  /** Told of the process as soon as there is one, so that nothing can leave it behind. */
  readonly onStart: (child: ChildProcess) => void;
}

/** Starts a chain in a process of its own on a free port of this machine. Rejects when the process ends instead. */
export async function startChain({ onStart, ...request }: ChainOptions): Promise<Chain> {
  const script = fileURLToPath(new URL("serveChain.ts", import.meta.url));
  // In a process group of its own, so that Ctrl-C at the terminal reaches the demo alone, which ends things in order.
  const child = fork(script, [], { execArgv: ["--import", import.meta.resolve("tsx")], detached: true });
  onStart(child);
  const ready = await new Promise<ChainReady>((resolve, reject) => {
    child.once("message", (message) => {
      resolve(message as ChainReady);
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      reject(new Error(`The chain's process ended with code ${String(code)} before it was ready.`));
    });
    child.send(request);
  });
  return {
    url: ready.url,
    process: child,
    watchOver: (ward) => {
      child.send(ward);
    },
  };
}
