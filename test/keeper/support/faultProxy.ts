import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { WebSocketServer, type WebSocket } from "ws";
import type { Rpc, RpcAnswer, RpcCall } from "../../../keeper/sources/rpcClient.ts";

/** What the proxy does with a request instead of passing it on and back as it is. */
export type Fault =
  /** The connection breaks before the node hears of it. */
  | { readonly kind: "drop" }
  /** The node hears of it, and the connection breaks before the answer. */
  | { readonly kind: "acceptThenDrop" }
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: "hang" }
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string }
  | { readonly kind: "body"; readonly body: string }
  /** Chunks without end. */
  | { readonly kind: "endless" }
  /** `bytes` of blanks, compressed to a thousandth. */
  | { readonly kind: "gzipBomb"; readonly bytes: number }
  | { readonly kind: "duplicate" }
  | { readonly kind: "reorder" }
  /** The node's result of each call, changed; undefined leaves it. */
  | { readonly kind: "lie"; readonly lie: (call: RpcCall, result: unknown) => unknown };

interface Question {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}
type Answer = Readonly<Record<string, unknown>>;

/** An endpoint between keeper and node, over HTTP and WebSocket, that fails as it is told. */
export class FaultProxy {
  /** Asked about each request; undefined passes it on. */
  fault: (calls: readonly RpcCall[]) => Fault | undefined = () => undefined;
  /** Subscriptions are accepted and nothing comes through them. */
  isMute = false;
  readonly requests: (readonly RpcCall[])[] = [];
  readonly #node: Rpc;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #subscribers = new Set<WebSocket>();
  readonly #stop = new AbortController();

  private constructor(node: Rpc) {
    this.#node = node;
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
    this.#sockets = new WebSocketServer({ server: this.#server });
    this.#sockets.on("connection", (socket) => {
      this.#greet(socket);
    });
  }

  static async start(node: Rpc): Promise<FaultProxy> {
    const proxy = new FaultProxy(node);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    void proxy.#watch();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  /** How often a method was called. */
  calls(method: string): number {
    return this.requests.flat().filter((call) => call.method === method).length;
  }

  /** Sends a message to every subscriber, sense or nonsense. */
  push(message: string): void {
    for (const socket of this.#subscribers) socket.send(message);
  }

  pushHead(header: unknown): void {
    const params = { subscription: "0x1", result: header };
    this.push(JSON.stringify({ jsonrpc: "2.0", method: "eth_subscription", params }));
  }

  /** Breaks every subscription. */
  dropSubscribers(): void {
    for (const socket of this.#subscribers) socket.terminate();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Question | Question[];
      const questions = Array.isArray(body) ? body : [body];
      const calls = questions.map(({ method, params }) => ({ method, params }));
      this.requests.push(calls);
      await this.#answer(questions, calls, response, Array.isArray(body));
    } catch {
      // The node failed, or the client has gone.
      response.destroy();
    }
  }

  async #answer(
    questions: readonly Question[],
    calls: readonly RpcCall[],
    response: ServerResponse,
    isBatch: boolean,
  ): Promise<void> {
    const fault = this.fault(calls);
    if (fault !== undefined && failAtOnce(fault, response)) return;
    const results = await this.#node.batch(calls);
    if (fault?.kind === "acceptThenDrop") {
      response.destroy();
      return;
    }
    if (fault?.kind === "delay") await sleep(fault.ms, undefined, { signal: this.#stop.signal });
    let answers = questions.map(({ id }, i) => answerTo(id, calls[i]!, results[i]!, fault));
    if (fault?.kind === "reorder") answers = answers.toReversed();
    if (fault?.kind === "duplicate") answers = [...answers, ...answers];
    response.end(JSON.stringify(isBatch || fault?.kind === "duplicate" ? answers : answers[0]));
  }

  #greet(socket: WebSocket): void {
    socket.on("error", () => undefined);
    socket.on("close", () => this.#subscribers.delete(socket));
    socket.on("message", (data: Buffer) => {
      const { id, method } = JSON.parse(data.toString("utf8")) as Question;
      if (method !== "eth_subscribe") return;
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, result: "0x1" }));
      this.#subscribers.add(socket);
    });
  }

  /** Pushes the node's newest block whenever there is another; blocks in between are left out, as happens. */
  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    let last: unknown;
    while (!signal.aborted) {
      const [answer] = await this.#node
        .batch([{ method: "eth_getBlockByNumber", params: ["latest", false] }])
        .catch((): RpcAnswer[] => []);
      if (answer?.ok === true) {
        const { hash } = answer.result as { hash: unknown };
        if (hash !== last && last !== undefined && !this.isMute) this.pushHead(answer.result);
        last = hash;
      }
      await sleep(10, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Does what needs no node. True when that was all. */
function failAtOnce(fault: Fault, response: ServerResponse): boolean {
  switch (fault.kind) {
    case "drop":
      response.destroy();
      return true;
    case "hang":
      return true;
    case "status": {
      const { status, retryAfter } = fault;
      response.writeHead(status, retryAfter === undefined ? {} : { "retry-after": retryAfter });
      response.end("<html>no</html>");
      return true;
    }
    case "body":
      response.end(fault.body);
      return true;
    case "endless":
      pour(response);
      return true;
    case "gzipBomb":
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end(gzipBomb(fault.bytes));
      return true;
    default:
      return false;
  }
}

const bombs = new Map<number, Buffer>();

/** Making one takes longer than the keeper waits for an answer. */
export function gzipBomb(bytes: number): Buffer {
  const bomb = bombs.get(bytes) ?? gzipSync(Buffer.alloc(bytes, " "));
  bombs.set(bytes, bomb);
  return bomb;
}

function pour(response: ServerResponse): void {
  const chunk = Buffer.alloc(65_536, " ");
  const more = () => {
    while (!response.destroyed && response.write(chunk)) continue;
    if (!response.destroyed) response.once("drain", more);
  };
  more();
}

function answerTo(id: number, call: RpcCall, answer: RpcAnswer, fault: Fault | undefined): Answer {
  if (!answer.ok) {
    const { code, message, data } = answer;
    return { jsonrpc: "2.0", id, error: { code, message, data } };
  }
  const lie = fault?.kind === "lie" ? fault.lie(call, answer.result) : undefined;
  return { jsonrpc: "2.0", id, result: lie ?? answer.result };
}
