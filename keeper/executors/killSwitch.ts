import { existsSync, rmSync, writeFileSync } from "node:fs";
import { UserError, messageOf } from "../errors.ts";
import type { Log } from "../log.ts";

/**
 * A file whose presence stops all sending at once, whoever made it: the operator, `keeper stop-sending`, or this process
 * when told by a signal. Looked for before each signature and each sending; everything else goes on. What is already
 * with the network cannot be called back.
 */
export class KillSwitch {
  readonly #file: string;
  readonly #log: Log;
  #wasOn = false;

  constructor(file: string, log: Log) {
    this.#file = file;
    this.#log = log;
  }

  get isOn(): boolean {
    const isOn = existsSync(this.#file);
    if (isOn && !this.#wasOn) this.#log.error("sending.stopped", { file: this.#file });
    if (!isOn && this.#wasOn) this.#log.warn("sending.resumed", { file: this.#file });
    this.#wasOn = isOn;
    return isOn;
  }

  /** Stops sending, also for processes to come. Throws a `UserError` when the file cannot be written. */
  turnOn(): void {
    try {
      writeFileSync(this.#file, "Its presence stops the keeper from sending. Delete it to go on.\n");
    } catch (error) {
      throw new UserError(`${this.#file} cannot be written: ${messageOf(error)}`, { cause: error });
    }
  }

  turnOff(): void {
    rmSync(this.#file, { force: true });
  }
}
