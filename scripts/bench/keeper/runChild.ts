import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Message, Order } from "./messages.ts";

/** What Node may keep of garbage before it looks: left alone, it takes more than all the accounts do. */
const KEEPER_HEAP = ["--max-semi-space-size=4", "--max-old-space-size=256"];
/** A map of a million objects is more than Node gives by itself on a small machine. */
const PEER_HEAP = ["--max-old-space-size=4096"];
const HEAPS = { keeper: KEEPER_HEAP, restart: KEEPER_HEAP, peer: PEER_HEAP };

/** Runs a child process to its end and returns what it says last; everything before goes to `hear`. */
export function runChild(
  order: Order,
  hear: (message: Message) => void,
): Promise<Message & { kind: "done" }> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL("./child.ts", import.meta.url)), [JSON.stringify(order)], {
      // Whatever runs this, a child needs what reads TypeScript, and nothing else.
      execArgv: ["--import", import.meta.resolve("tsx"), ...HEAPS[order.role]],
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    let done: (Message & { kind: "done" }) | undefined;
    const endWithParent = () => child.kill("SIGKILL");
    process.once("exit", endWithParent);
    child.on("message", (message: Message) => {
      if (message.kind === "done") done = message;
      else hear(message);
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      process.off("exit", endWithParent);
      if (code === 0 && done !== undefined) resolve(done);
      else
        reject(new Error(`the ${order.role} of ${order.accounts} accounts ended with code ${String(code)}`));
    });
  });
}
