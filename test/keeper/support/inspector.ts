import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import type { KeeperProcess } from "./keeperProcess.ts";

/** What lets `Inspector` reach a process: an environment variable for it to start with. */
export const INSPECTED = { NODE_OPTIONS: "--inspect=127.0.0.1:0" };

/** Node's inspector of a process that was started with `INSPECTED`. */
export class Inspector {
  readonly #socket: WebSocket;
  #asked = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async of(keeper: KeeperProcess): Promise<Inspector> {
    for (let tries = 0; tries < 500; ++tries) {
      const [, url] = /Debugger listening on (ws:\S+)/.exec(keeper.stderr()) ?? [];
      if (url !== undefined) {
        const socket = new WebSocket(url);
        await once(socket, "open");
        return new Inspector(socket);
      }
      await sleep(20);
    }
    throw new Error(`no inspector: ${keeper.stderr()}`);
  }

  /** Has all garbage collected, so that what the heap holds is what the program holds on to. */
  async collectGarbage(): Promise<void> {
    const id = ++this.#asked;
    this.#socket.send(JSON.stringify({ id, method: "HeapProfiler.collectGarbage" }));
    for (;;) {
      const [message] = (await once(this.#socket, "message")) as [Buffer];
      const answer = JSON.parse(message.toString()) as { id?: number; error?: { message: string } };
      if (answer.id !== id) continue;
      if (answer.error !== undefined) throw new Error(answer.error.message);
      return;
    }
  }

  close(): void {
    this.#socket.close();
  }
}
