import { readFileSync } from "node:fs";

const EVERY_MS = 500;

/**
 * Calls `onLost` when the process that started this one, or the one before it, is gone: npm passes SIGTERM on to a
 * shell that ends without a word to its children. Grandparents can be seen on Linux only.
 */
export function watchParents(onLost: () => void): void {
  const first = parents();
  const timer = setInterval(() => {
    if (parents() === first) return;
    clearInterval(timer);
    onLost();
  }, EVERY_MS);
  timer.unref();
}

function parents(): string {
  return `${process.ppid}/${grandparent(process.ppid)}`;
}

function grandparent(pid: number): string {
  try {
    // The name in parentheses may hold anything; the state and the parent follow its last parenthesis.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? "";
  } catch {
    return "";
  }
}
