import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { RetryableError, ThrottledError } from "../../keeper/errors.ts";
import { silentLog } from "../../keeper/log.ts";
import { retry } from "../../keeper/sources/retry.ts";
import { RpcClient } from "../../keeper/sources/rpcClient.ts";

interface Question {
  readonly id: number;
  readonly method: string;
}
type Behaviour = (questions: readonly Question[], response: ServerResponse, request: IncomingMessage) => void;

const SECRET = "project-secret";

describe("RpcClient", () => {
  let server: Server;
  let behaviour: Behaviour;
  let client: RpcClient;

  before(async () => {
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const parsed = JSON.parse(body) as Question | Question[];
        behaviour(Array.isArray(parsed) ? parsed : [parsed], response, request);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/${SECRET}`;
    client = new RpcClient({ url, timeoutMs: 200, maxAnswerBytes: 10_000 });
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const calls = [
    { method: "a", params: [] },
    { method: "b", params: [] },
    { method: "c", params: [] },
  ];
  const answerOf = ({ id, method }: Question) => ({ jsonrpc: "2.0", id, result: method });
  const json = (response: ServerResponse, body: unknown) => response.end(JSON.stringify(body));

  it("C-67 matches answers by id, however the batch was permuted", async () => {
    behaviour = (questions, response) => json(response, questions.map(answerOf).reverse());
    const answers = await client.batch(calls);
    expect(answers).to.deep.equal(["a", "b", "c"].map((result) => ({ ok: true, result })));
  });

  it("hands out an error of one call as a value, with the revert's data wherever it is", async () => {
    behaviour = ([first, ...rest], response) =>
      json(response, [
        { id: first!.id, error: { code: 3, message: "reverted", data: { data: "0xABcd" } } },
        ...rest.map(answerOf),
      ]);
    const [failed, passed] = await client.batch(calls);
    expect(failed).to.deep.equal({ ok: false, code: 3, message: "reverted", data: "0xABcd" });
    expect(passed).to.deep.equal({ ok: true, result: "b" });
  });

  const bad: Record<string, Behaviour> = {
    "K-04 an HTML page": (_, response) => response.end("<html>gateway</html>"),
    "C-67 an empty list": (_, response) => json(response, []),
    "C-67 foreign ids": (questions, response) =>
      json(
        response,
        questions.map((q) => ({ ...answerOf(q), id: q.id + 1_000 })),
      ),
    "C-67 one answer missing": (questions, response) => json(response, questions.slice(1).map(answerOf)),
    "C-67 neither result nor error": (questions, response) =>
      json(
        response,
        questions.map(({ id }) => ({ id })),
      ),
    "C-67 a refusal of the whole batch": (_, response) =>
      json(response, { id: null, error: { code: -32600, message: "batches are not allowed" } }),
    "K-03 HTTP 429": (_, response) => response.writeHead(429, { "retry-after": "2" }).end("slow down"),
    "K-03 HTTP 503": (_, response) => response.writeHead(503).end(),
    "K-01 a dropped connection": (_, __, request) => request.socket.destroy(),
    "K-02 no answer in time": () => undefined,
    "K-02 a body that never ends": (_, response) => {
      response.writeHead(200);
      response.write("[");
    },
    "C-67 an answer that is too long": (questions, response) =>
      json(
        response,
        questions.map((q) => ({ ...answerOf(q), result: "x".repeat(20_000) })),
      ),
    "a redirect": (_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
  };
  for (const [name, behave] of Object.entries(bad)) {
    it(`${name} is worth another try, and its message keeps the URL secret`, async () => {
      behaviour = behave;
      const error: unknown = await client.batch(calls).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(RetryableError);
      expect(String(error)).to.not.contain(SECRET);
    });
  }

  it("K-03 passes on how long the endpoint wants to be left alone", async () => {
    behaviour = (_, response) => response.writeHead(429, { "retry-after": "2" }).end();
    const error: unknown = await client.batch(calls).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ThrottledError);
    expect((error as ThrottledError).retryAfterMs).to.equal(2_000);
  });

  it("cannot be reached: worth another try", async () => {
    const nobody = new RpcClient({ url: "http://127.0.0.1:9/", timeoutMs: 200 });
    const error: unknown = await nobody.batch(calls).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(RetryableError);
  });
});

describe("retry", () => {
  it("K-01 repeats a read until it succeeds", async () => {
    let attempts = 0;
    const read = () => {
      attempts += 1;
      return attempts < 3
        ? Promise.reject(new RetryableError("no", { retryAfterMs: 1 }))
        : Promise.resolve("answer");
    };
    expect(await retry("x", read, silentLog, new AbortController().signal)).to.equal("answer");
    expect(attempts).to.equal(3);
  });

  it("ends with the last failure after so many attempts, where somebody would rather know", async () => {
    let attempts = 0;
    const read = () => Promise.reject(new RetryableError(`failure ${++attempts}`, { retryAfterMs: 1 }));
    const { signal } = new AbortController();
    const error: unknown = await retry("x", read, silentLog, signal, 3).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(RetryableError).and.to.have.property("message", "failure 3");
  });

  it("passes other errors through, and ends with the signal", async () => {
    const { signal } = new AbortController();
    const defect = () => Promise.reject(new TypeError("defect"));
    expect(await retry("x", defect, silentLog, signal).catch((e: unknown) => e)).to.be.instanceOf(TypeError);
    const stop = new AbortController();
    const never = () => Promise.reject(new RetryableError("no", { retryAfterMs: 60_000 }));
    const waiting = retry("x", never, silentLog, stop.signal).catch((e: unknown) => e);
    setTimeout(() => {
      stop.abort();
    }, 5);
    expect(await waiting).to.be.instanceOf(Error);
  });
});
