import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";

interface Question {
  readonly id: unknown;
  readonly method: string;
}

/** Answers the body of a request, one call or a batch of them, with the body of the answer. */
export type AnswerBody = (body: string) => Promise<string>;

/**
 * What a keeper takes for an endpoint. Every JSON-RPC call that reaches it is counted, those in a batch one by one; who
 * subscribes by WebSocket hears the heads that are pushed, which are no calls.
 */
export class CountingServer {
  readonly #answer: AnswerBody;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  #calls = new Map<string, number>();

  private constructor(answer: AnswerBody) {
    this.#answer = answer;
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
    this.#sockets = new WebSocketServer({ server: this.#server });
    this.#sockets.on("connection", (socket) => {
      socket.on("error", () => undefined);
      socket.on("message", (data: Buffer) => {
        subscribe(socket, data.toString("utf8"));
      });
    });
  }

  /** On a free port of this machine. */
  static async start(answer: AnswerBody): Promise<CountingServer> {
    const server = new CountingServer(answer);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  get subscribers(): number {
    return this.#sockets.clients.size;
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The calls since this was last asked, by method. */
  takeCalls(): ReadonlyMap<string, number> {
    const calls = this.#calls;
    this.#calls = new Map();
    return calls;
  }

  pushHead(header: unknown): void {
    const params = { subscription: "0x1", result: header };
    const message = JSON.stringify({ jsonrpc: "2.0", method: "eth_subscription", params });
    for (const socket of this.#sockets.clients) socket.send(message);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString("utf8");
      this.#count(body);
      response.setHeader("content-type", "application/json");
      response.end(await this.#answer(body));
    } catch {
      // The client has gone, or what answers has; the keeper knows what to do about a broken connection.
      response.destroy();
    }
  }

  #count(body: string): void {
    const asked = JSON.parse(body) as Question | readonly Question[];
    for (const { method } of [asked].flat()) this.#calls.set(method, (this.#calls.get(method) ?? 0) + 1);
  }
}

function subscribe(socket: WebSocket, text: string): void {
  const { id, method } = JSON.parse(text) as Question;
  if (method === "eth_subscribe") socket.send(JSON.stringify({ jsonrpc: "2.0", id, result: "0x1" }));
}
