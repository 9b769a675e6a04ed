import { createInterface } from "node:readline/promises";

/** Asks on the terminal; only `yes` counts. */
export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} (yes/no) `);
  terminal.close();
  return answer.trim().toLowerCase() === "yes";
}
