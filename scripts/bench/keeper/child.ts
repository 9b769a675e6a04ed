/* A child process of the bench: does what the order on its command line says, and tells its parent. */
import { followCourse } from "./followCourse.ts";
import { restart } from "./restart.ts";
import type { Message, Order } from "./messages.ts";
import { scanCourse } from "./scanCourse.ts";

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

const order = JSON.parse(process.argv[2] ?? "") as Order;
const ms = await ROLES[order.role](order, tell);
// In kilobytes on every platform.
await tell({ kind: "done", ms, rssMb: process.resourceUsage().maxRSS / 1024 });
process.disconnect();
