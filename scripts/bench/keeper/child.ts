/* A child process of the bench: does what the order on its command line says, and tells its parent. */
import { existsSync, readFileSync } from "node:fs";
import { followCourse } from "./followCourse.ts";
import { restart } from "./restart.ts";
import type { Message, Order } from "./messages.ts";
import { scanCourse } from "./scanCourse.ts";

/** Where Linux tells a process about itself. */
const STATUS = "/proc/self/status";
const ROLES = { keeper: followCourse, restart, peer: scanCourse };

/** Waits until the parent has it: what measures must not work while a message is on its way. */
function tell(message: Message): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined) throw new Error("this is a child process of the bench");
    process.send(message, (error: Error | null) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/**
 * The most memory that this process was resident in. What `resourceUsage` says begins, on Linux, with what the parent had
 * when it started the child, which may be more than the child ever has.
 */
function peakKilobytes(): number {
  const own = existsSync(STATUS) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(STATUS, "utf8"))?.[1] : undefined;
  return own === undefined ? process.resourceUsage().maxRSS : Number(own);
}

const order = JSON.parse(process.argv[2] ?? "") as Order;
const ms = await ROLES[order.role](order, tell);
await tell({ kind: "done", ms, rssMb: peakKilobytes() / 1024 });
process.disconnect();
