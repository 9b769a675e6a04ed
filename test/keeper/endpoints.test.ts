import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import { FalseAnswerError, RetryableError, ThrottledError } from "../../keeper/errors.ts";
import { headerProbe } from "../../keeper/sources/chainReader.ts";
import { Endpoint } from "../../keeper/sources/endpoint.ts";
import { Endpoints } from "../../keeper/sources/endpoints.ts";
import { ask } from "../../keeper/sources/probe.ts";
import { RpcClient, type RpcCall } from "../../keeper/sources/rpcClient.ts";
import { FakeChain, hex } from "./support/fakeChain.ts";
import { FaultProxy, gzipBomb, type Fault } from "./support/faultProxy.ts";
import { recordingLog, type RecordingLog } from "./support/recordingLog.ts";
import { VAULT } from "./support/vaultLogs.ts";

const TIMEOUT_MS = 400;
const HEDGE_MS = 100;
const MAX_ANSWER_BYTES = 1_000_000;
const CALL: RpcCall = { method: "eth_getBlockByNumber", params: ["latest", false] };

describe("Endpoints", function () {
  let chain: FakeChain;
  let proxies: FaultProxy[];
  let endpoints: Endpoints;
  let log: RecordingLog;
  let now: number;

  beforeEach(async () => {
    chain = new FakeChain(VAULT);
    chain.mine([], [], []);
    chain.answer = ({ method, params }) => {
      if (method === "eth_chainId") return hex(31_337);
      if (method === "eth_sendRawTransaction") return `hash of ${String(params[0])}`;
      return undefined;
    };
    proxies = await Promise.all([1, 2, 3].map(() => FaultProxy.start(chain)));
    log = recordingLog();
    now = 0;
    endpoints = new Endpoints({
      endpoints: proxies.map(({ url }, i) => {
        const rpc = new RpcClient({ url, timeoutMs: TIMEOUT_MS, maxAnswerBytes: MAX_ANSWER_BYTES });
        return new Endpoint({ name: `endpoint ${i + 1}`, rpc, log, now: () => now });
      }),
      chainId: 31_337,
      hedgeAfterMs: HEDGE_MS,
      log,
    });
  });
  afterEach(async () => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
  });

  const head = () => ask(endpoints, headerProbe("latest"));
  const failing = (fault: Fault) => () => fault;
  const failureOf = (rpc: RpcClient): Promise<unknown> => rpc.batch([CALL]).catch((e: unknown) => e);
  const served = () => proxies.map(({ requests }) => requests.length);

  it("asks the first and leaves the others alone", async () => {
    expect((await head())[0]?.hash).to.equal(chain.head.hash);
    expect(served()).to.deep.equal([1, 0, 0]);
    expect(endpoints.all[0]?.asked).to.deep.equal({ requests: 1, calls: 1 });
  });

  const faults: Record<string, Fault> = {
    "K-01 the connection drops before the node is asked": { kind: "drop" },
    "K-01 the connection drops before the answer": { kind: "acceptThenDrop" },
    "K-02 nothing comes in time": { kind: "hang" },
    "K-03 HTTP 503": { kind: "status", status: 503 },
    "K-04 an HTML page with status 200": { kind: "body", body: "<html>Bad gateway</html>" },
    "K-04 JSON cut short": { kind: "body", body: '{"jsonrpc":"2.0","id":1,"resu' },
    "K-04 a block without a hash": { kind: "lie", lie: () => ({ number: "0x3" }) },
    "C-65 a height above 2^53": {
      kind: "lie",
      lie: (_, block) => ({ ...(block as object), number: hex(2n ** 60n) }),
    },
    "C-65 a negative height": { kind: "lie", lie: (_, block) => ({ ...(block as object), number: "-0x1" }) },
    "C-67 an empty list": { kind: "body", body: "[]" },
    "C-67 chunks without end": { kind: "endless" },
    "C-67 a gzip bomb of 50 MB": { kind: "gzipBomb", bytes: 50_000_000 },
    "C-67 50 MB": { kind: "body", body: `"${" ".repeat(50_000_000)}"` },
  };
  for (const [name, fault] of Object.entries(faults)) {
    it(`${name}: the next endpoint answers, and the third failure sets the first aside`, async () => {
      proxies[0]!.fault = failing(fault);
      if (fault.kind === "gzipBomb") gzipBomb(fault.bytes);
      for (let i = 0; i < 3; ++i) {
        expect(log.of("endpoint.setAside")).to.have.length(0);
        expect((await head())[0]?.hash).to.equal(chain.head.hash);
      }
      // A slow one is given up some time after its company has answered.
      for (let i = 0; i < 100 && log.of("endpoint.setAside").length === 0; ++i) await sleep(10);
      expect(log.of("endpoint.setAside")).to.have.length(1);
      expect(log.of("endpoint.setAside")[0]).to.include({ endpoint: "endpoint 1", forMs: 2_000 });
      const before = proxies[0]!.requests.length;
      await head();
      expect(proxies[0]!.requests).to.have.length(before);
    });
  }

  it("C-67 holds no more than the bound of a bomb in memory", async () => {
    gzipBomb(300_000_000);
    proxies[0]!.fault = failing({ kind: "gzipBomb", bytes: 300_000_000 });
    const before = process.memoryUsage().rss;
    const error: unknown = await endpoints.all[0]!.batch([CALL]).catch((thrown: unknown) => thrown);
    expect(String(error)).to.contain(`exceeds ${MAX_ANSWER_BYTES} bytes`);
    expect(process.memoryUsage().rss - before).to.be.below(100_000_000);
  });

  it("C-67 takes permuted and repeated answers of a batch for what they are", async () => {
    for (const kind of ["reorder", "duplicate"] as const) {
      proxies[0]!.fault = failing({ kind });
      const [first, second] = await ask(endpoints, headerProbe(1), headerProbe(2));
      expect([first?.number, second?.number]).to.deep.equal([1, 2]);
    }
    expect(served()).to.deep.equal([2, 0, 0]);
  });

  it("K-02 does not wait for a slow endpoint once it has company", async () => {
    proxies[0]!.fault = failing({ kind: "delay", ms: 5_000 });
    const startedAt = performance.now();
    expect((await head())[0]?.hash).to.equal(chain.head.hash);
    expect(performance.now() - startedAt).to.be.within(HEDGE_MS - 5, TIMEOUT_MS);
    expect(served()).to.deep.equal([1, 1, 0]);
  });

  it("K-03 leaves an endpoint alone for as long as its Retry-After says, and takes it back", async () => {
    proxies[0]!.fault = failing({ kind: "status", status: 429, retryAfter: "7" });
    await head();
    expect(log.of("endpoint.setAside")).to.deep.equal([
      {
        event: "endpoint.setAside",
        endpoint: "endpoint 1",
        cause: "the endpoint answered HTTP 429",
        forMs: 7_000,
      },
    ]);
    proxies[0]!.fault = () => undefined;
    now = 6_999;
    await endpoints.tend();
    await head();
    expect(served()).to.deep.equal([1, 2, 0]);
    now = 7_000;
    await endpoints.tend();
    expect(log.of("endpoint.back")).to.deep.equal([{ event: "endpoint.back", endpoint: "endpoint 1" }]);
    await head();
    expect(served()).to.deep.equal([3, 2, 0]);
  });

  it("K-03 takes a limit on calls for no contract's refusal", async () => {
    for (const error of [
      { code: 429, message: "compute units" },
      { code: -32005, message: "daily request count exceeded" },
    ]) {
      const answer = { jsonrpc: "2.0", id: 1, error };
      proxies[0]!.fault = (calls) => ({
        kind: "body",
        body: JSON.stringify(calls.map((_, i) => ({ ...answer, id: i + 1 }))),
      });
      const rpc = new RpcClient({ url: proxies[0]!.url, timeoutMs: TIMEOUT_MS });
      expect(await failureOf(rpc)).to.be.instanceOf(ThrottledError);
      // Also of all that was asked.
      proxies[0]!.fault = () => ({ kind: "body", body: JSON.stringify({ ...answer, id: null }) });
      expect(await failureOf(rpc)).to.be.instanceOf(ThrottledError);
    }
  });

  it("sets aside for twice as long each time, and forgives after fifty answers", async () => {
    const [first] = endpoints.all;
    const forMs = () => log.of("endpoint.setAside").map((line) => line.forMs);
    const fail = async () => {
      for (let i = 0; i < 3; ++i) first!.failed(new RetryableError("no"));
      now += 1_000_000;
      await endpoints.tend();
    };
    for (let i = 0; i < 3; ++i) await fail();
    expect(forMs()).to.deep.equal([2_000, 4_000, 8_000]);
    for (let i = 0; i < 50; ++i) await first!.batch([CALL]);
    await fail();
    expect(forMs()).to.deep.equal([2_000, 4_000, 8_000, 2_000]);
  });

  it("keeps one out that fails every other time", async () => {
    const [first] = endpoints.all;
    for (let i = 0; i < 40 && !first!.isAside; ++i) {
      if (i % 3 === 2) await first!.batch([CALL]);
      else first!.failed(new RetryableError("no"));
    }
    expect(first!.isAside).to.be.true;
  });

  it("K-16 does not take back an endpoint that has come to serve another chain", async () => {
    endpoints.all[0]!.setAside("a test");
    proxies[0]!.fault = failing({
      kind: "lie",
      lie: ({ method }) => (method === "eth_chainId" ? "0x1" : undefined),
    });
    now = 3_000;
    await endpoints.tend();
    expect(log.of("endpoint.back")).to.have.length(0);
    expect(log.of("endpoint.setAside").at(-1)).to.include({ cause: "it serves another chain", forMs: 4_000 });
  });

  it("blames one that answers nonsense only when another does better", async () => {
    const nonsense = failing({ kind: "lie", lie: () => ({ number: "0x3" }) });
    for (const proxy of proxies) proxy.fault = nonsense;
    for (let i = 0; i < 5; ++i) {
      expect(await head().catch((error: unknown) => error)).to.be.instanceOf(RetryableError);
    }
    expect(log.of("endpoint.setAside")).to.have.length(0);
  });

  it("sets aside at once what cannot be true, and goes on with whoever is left", async () => {
    const seen: string[] = [];
    const result = await endpoints.first((rpc) => {
      seen.push(endpoints.all.find((endpoint) => endpoint === rpc)?.name ?? "");
      return seen.length < 3 ? Promise.reject(new FalseAnswerError("it lies")) : Promise.resolve("truth");
    });
    expect(result).to.equal("truth");
    expect(seen).to.deep.equal(["endpoint 1", "endpoint 2", "endpoint 3"]);
    expect(endpoints.inUse.map(({ name }) => name)).to.deep.equal(["endpoint 3"]);
    await endpoints.tend();
    await endpoints.tend();
    expect(log.of("endpoint.alone")).to.deep.equal([{ event: "endpoint.alone", inUse: 1, configured: 3 }]);
  });

  it("goes on asking when all are set aside, whoever comes back first first", async () => {
    for (const [i, endpoint] of endpoints.all.entries()) endpoint.setAside("a test", 9_000 - i * 1_000);
    expect(endpoints.inUse.map(({ name }) => name)).to.deep.equal(["endpoint 3", "endpoint 2", "endpoint 1"]);
    expect((await head())[0]?.hash).to.equal(chain.head.hash);
  });

  it("passes a defect on at once", async () => {
    const defect = () => Promise.reject(new TypeError("defect"));
    expect(await endpoints.first(defect).catch((error: unknown) => error)).to.be.instanceOf(TypeError);
  });

  it("names blocks by hash, or by number with a check where an endpoint does not know better", async () => {
    const at = { number: 2, hash: (await ask(endpoints, headerProbe(2)))[0]!.hash };
    chain.answer = ({ method }) => (method === "eth_call" ? "0x01" : undefined);
    const call = { method: "eth_call", params: [{ to: VAULT }], at };
    const [first] = endpoints.all;
    await first!.batch([call]);
    expect(proxies[0]!.requests.at(-1)).to.deep.equal([
      { method: "eth_call", params: [{ to: VAULT }, { blockHash: at.hash }] },
    ]);
    first!.nameBlocksByNumber();
    expect(await first!.batch([call])).to.deep.equal([{ ok: true, result: "0x01" }]);
    expect(proxies[0]!.requests.at(-1)).to.deep.equal([
      { method: "eth_call", params: [{ to: VAULT }, "0x2"] },
      { method: "eth_getBlockByNumber", params: ["0x2", false] },
    ]);
    chain.reorganise(2);
    chain.mine([], []);
    const error: unknown = await first!.batch([call]).catch((thrown: unknown) => thrown);
    expect(String(error)).to.contain("another block 2");
  });

  describe("broadcast", () => {
    it("sends to all, and returns with the first acceptance", async () => {
      proxies[1]!.fault = failing({ kind: "delay", ms: 5_000 });
      const startedAt = performance.now();
      const answers = await endpoints.broadcast(["0x01", "0x02"]);
      expect(performance.now() - startedAt).to.be.below(TIMEOUT_MS);
      expect(answers).to.deep.equal([
        { ok: true, result: "hash of 0x01" },
        { ok: true, result: "hash of 0x02" },
      ]);
      expect(served()).to.deep.equal([1, 1, 1]);
    });

    it("K-05 takes one that accepts and drops for no acceptance, and another's for one", async () => {
      proxies[0]!.fault = failing({ kind: "acceptThenDrop" });
      proxies[1]!.fault = failing({ kind: "status", status: 503 });
      expect(await endpoints.broadcast(["0x01"])).to.deep.equal([{ ok: true, result: "hash of 0x01" }]);
      expect(chain.requests.filter(({ method }) => method === "eth_sendRawTransaction")).to.have.length(2);
    });

    it("gives a refusal when all refuse, transaction by transaction", async () => {
      const original = chain.batch.bind(chain);
      chain.batch = async (calls) =>
        (await original(calls)).map((answer, i) =>
          calls[i]!.params[0] === "0x02"
            ? { ok: false, code: -32000, message: "nonce too low", data: undefined }
            : answer,
        );
      const answers = await endpoints.broadcast(["0x01", "0x02"]);
      expect(answers.map(({ ok }) => ok)).to.deep.equal([true, false]);
    });

    it("is worth another try when nobody answers", async () => {
      for (const proxy of proxies) proxy.fault = failing({ kind: "drop" });
      const error: unknown = await endpoints.broadcast(["0x01"]).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(RetryableError);
      expect(await endpoints.broadcast([])).to.deep.equal([]);
    });
  });
});
