import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";
import { UserError } from "../errors.ts";

/** Lines that came together while nobody was asking; from a pipe all come at once. */
const waiting: string[] = [];
let listener: ((line: string) => void) | undefined;
let terminal: Interface | undefined;
let isHidden = false;
const input = { hasEnded: false };

/** Asks on the terminal, or takes the next line of standard input. Throws a `UserError` when there is none. */
export async function askLine(prompt: string): Promise<string> {
  const line = await nextLine(prompt);
  if (line.trim() === "") throw new UserError(`${prompt.trim()} nothing was given`);
  return line.trim();
}

/** As `askLine`, and what is typed is not shown. */
export async function askHidden(prompt: string): Promise<string> {
  isHidden = true;
  try {
    return await nextLine(prompt);
  } finally {
    isHidden = false;
    say("\n");
  }
}

/** To a terminal; nobody reads a prompt before a pipe. */
function say(text: string): void {
  if (process.stdin.isTTY) process.stderr.write(text);
}

async function nextLine(prompt: string): Promise<string> {
  say(prompt);
  terminal ??= open();
  const line = waiting.shift();
  if (line !== undefined) return line;
  if (input.hasEnded) throw new UserError("standard input has ended; give the answer as an option");
  terminal.resume();
  const typed = await new Promise<string | undefined>((resolve) => {
    listener = resolve;
    terminal?.once("close", () => {
      // Its own listener may have put the last line aside.
      resolve(waiting.shift());
    });
  });
  // Otherwise it would keep the process alive.
  if (!isOver()) terminal.pause();
  if (typed === undefined) throw new UserError("standard input has ended; give the answer as an option");
  return typed;
}

function open(): Interface {
  // Readline echoes what is typed to its output; this one passes it on only where it may be seen.
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!isHidden) process.stderr.write(chunk);
      done();
    },
  });
  const opened = createInterface({ input: process.stdin, output, terminal: process.stdin.isTTY });
  opened.on("line", (line) => {
    // The next line may be here before who asked has come round to asking again.
    const told = listener;
    listener = undefined;
    if (told === undefined) waiting.push(line);
    else told(line);
  });
  opened.on("close", () => {
    input.hasEnded = true;
  });
  return opened;
}

function isOver(): boolean {
  return input.hasEnded;
}
