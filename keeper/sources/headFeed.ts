import { WebSocket } from "ws";
import { messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { fieldsOf, headerFrom, type BlockHeader } from "./blockHeader.ts";

export interface HeadFeedOptions {
  /** For the log; never the URL, which may hold a secret. */
  readonly name: string;
  readonly url: string;
  /** An answer to the subscription, and to each ping, has to come within this. */
  readonly timeoutMs: number;
  readonly onHead: (head: BlockHeader) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
const PING_EVERY_MS = 10_000;
/** A header is 2 kB; nothing else comes here. */
const MAX_MESSAGE_BYTES = 1_048_576;
const SUBSCRIBE = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_subscribe", params: ["newHeads"] });

/**
 * The new heads of one endpoint by WebSocket, connected again for ever with growing waits. It may be silent without
 * being closed: pings find a dead connection, and who knows of a newer block by other means calls `isSilent`.
 */
export class HeadFeed {
  readonly #options: HeadFeedOptions;
  #socket: WebSocket | undefined;
  #isLive = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HeadFeedOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => {
      this.#end();
    });
    if (!options.signal.aborted) this.#connect();
  }

  /** Whether heads are to be expected: the subscription stands and nobody has found it silent. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** A head was missed: whatever the connection says, it is not what it was. */
  isSilent(): void {
    if (this.#isLive) this.#drop("it is silent while the chain moves");
  }

  #connect(): void {
    const { url, timeoutMs } = this.#options;
    const socket = new WebSocket(url, {
      maxPayload: MAX_MESSAGE_BYTES,
      // A few bytes can inflate to many.
      perMessageDeflate: false,
      followRedirects: false,
      handshakeTimeout: timeoutMs,
    });
    this.#socket = socket;
    const ifCurrent = (work: () => void) => {
      if (socket === this.#socket) work();
    };
    socket.on("open", () => {
      socket.send(SUBSCRIBE);
      this.#expectAnswer("it did not answer the subscription");
    });
    socket.on("message", (data: Buffer) => {
      ifCurrent(() => {
        this.#hear(data.toString("utf8"));
      });
    });
    socket.on("pong", () => {
      ifCurrent(() => {
        this.#pingLater();
      });
    });
    // An error is followed by a close; without a listener it would end the process.
    let reason = "closed";
    socket.on("error", (error) => {
      reason = error.message;
    });
    socket.on("close", () => {
      ifCurrent(() => {
        this.#drop(reason);
      });
    });
  }

  #hear(text: string): void {
    try {
      const message = fieldsOf(JSON.parse(text), "a message");
      if (message.method === "eth_subscription")
        this.#take(fieldsOf(message.params, "a subscription").result);
      else if (message.id === 1 && typeof message.result === "string") this.#subscribed();
      else this.#drop("it refused the subscription");
    } catch (error) {
      this.#drop(messageOf(error));
    }
  }

  #take(result: unknown): void {
    const head = headerFrom(result);
    if (head === undefined) return;
    this.#failures = 0;
    this.#options.onHead(head);
  }

  #subscribed(): void {
    const { name, log } = this.#options;
    this.#isLive = true;
    this.#pingLater();
    log.info("heads.live", { endpoint: name });
  }

  #pingLater(): void {
    this.#after(PING_EVERY_MS, () => {
      this.#socket?.ping();
      this.#expectAnswer("it did not answer a ping");
    });
  }

  #expectAnswer(complaint: string): void {
    this.#after(this.#options.timeoutMs, () => {
      this.#drop(complaint);
    });
  }

  #drop(cause: string): void {
    const { name, log, signal } = this.#options;
    this.#end();
    if (signal.aborted) return;
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
    const waitMs = Math.round(longest * (0.5 + Math.random() / 2));
    this.#failures += 1;
    log.warn("heads.lost", { endpoint: name, cause, waitMs });
    this.#after(waitMs, () => {
      this.#connect();
    });
  }

  #end(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isLive = false;
    clearTimeout(this.#timer);
    socket?.terminate();
  }

  /** One thing is waited for at a time. */
  #after(ms: number, work: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(work, ms);
    // Waiting for heads keeps no process alive.
    this.#timer.unref();
  }
}
