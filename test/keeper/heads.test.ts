import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import { headerFrom } from "../../keeper/sources/blockHeader.ts";
import { headerProbe } from "../../keeper/sources/chainReader.ts";
import { Endpoint } from "../../keeper/sources/endpoint.ts";
import { Heads } from "../../keeper/sources/heads.ts";
import { ask } from "../../keeper/sources/probe.ts";
import { RpcClient } from "../../keeper/sources/rpcClient.ts";
import { FakeChain } from "./support/fakeChain.ts";
import { FaultProxy } from "./support/faultProxy.ts";
import { recordingLog, type RecordingLog } from "./support/recordingLog.ts";
import { VAULT } from "./support/vaultLogs.ts";

const POLL_MS = 30;
const TIMEOUT_MS = 200;

describe("Heads", () => {
  let chain: FakeChain;
  let proxy: FaultProxy;
  let log: RecordingLog;
  let endpoint: Endpoint;
  let stop: AbortController;
  let heads: Heads;

  beforeEach(async () => {
    chain = new FakeChain(VAULT);
    chain.mine([], []);
    proxy = await FaultProxy.start(chain);
    log = recordingLog();
    const rpc = new RpcClient({ url: proxy.url, timeoutMs: TIMEOUT_MS });
    endpoint = new Endpoint({ name: "endpoint 1", rpc, log });
    stop = new AbortController();
    heads = headsAt(proxy.wsUrl);
  });
  afterEach(async () => {
    stop.abort();
    await proxy.close();
  });

  function headsAt(url: string): Heads {
    const feeds = new Map([[endpoint, url]]);
    return new Heads({ feeds, pollMs: POLL_MS, timeoutMs: TIMEOUT_MS, log, signal: stop.signal });
  }

  async function until(isTrue: () => boolean): Promise<void> {
    for (let i = 0; i < 300 && !isTrue(); ++i) await sleep(10);
    expect(isTrue(), log.lines.map((line) => JSON.stringify(line)).join("\n")).to.be.true;
  }

  /** A head that polling finds. */
  async function poll(): Promise<void> {
    const [head] = await ask(endpoint, headerProbe("latest"));
    heads.polled(endpoint, head!);
  }

  it("hands out each pushed head once, the newest only", async () => {
    await until(() => heads.isLive(endpoint));
    expect(heads.take(endpoint)).to.be.undefined;
    chain.mine([]);
    await heads.next(1_000, stop.signal);
    chain.mine([]);
    await heads.next(1_000, stop.signal);
    expect(heads.take(endpoint)?.head.hash).to.equal(chain.head.hash);
    expect(heads.take(endpoint)).to.be.undefined;
    expect(heads.pushed(endpoint, chain.head.hash)?.number).to.equal(4);
  });

  it("waits no longer than told, and ends with the signal", async () => {
    const startedAt = performance.now();
    await heads.next(40, stop.signal);
    expect(performance.now() - startedAt).to.be.within(35, 500);
    const waiting = heads.next(60_000, stop.signal).catch((error: unknown) => error);
    stop.abort();
    expect(await waiting).to.be.instanceOf(Error);
    expect(heads.isLive(endpoint)).to.be.false;
  });

  it("polls at every poll until it knows how often heads come, then waits for three intervals", async () => {
    expect(heads.patienceMs(endpoint)).to.equal(POLL_MS);
    await until(() => heads.isLive(endpoint));
    for (let i = 0; i < 4; ++i) {
      chain.mine([]);
      await sleep(100);
    }
    expect(heads.patienceMs(endpoint)).to.be.within(200, 500);
    proxy.dropSubscribers();
    await until(() => !heads.isLive(endpoint));
    expect(heads.patienceMs(endpoint)).to.equal(POLL_MS);
  });

  it("K-25 notices a connection that stands and is silent, when polling finds two heads that never came", async () => {
    await until(() => heads.isLive(endpoint));
    proxy.isMute = true;
    chain.mine([]);
    await poll();
    await poll();
    expect(heads.isLive(endpoint)).to.be.true;
    chain.mine([]);
    await poll();
    expect(heads.isLive(endpoint)).to.be.false;
    expect(log.of("heads.lost")[0]).to.include({
      endpoint: "endpoint 1",
      cause: "it is silent while the chain moves",
    });
    proxy.isMute = false;
    await until(() => heads.isLive(endpoint));
    chain.mine([]);
    await heads.next(1_000, stop.signal);
    expect(heads.take(endpoint)?.head.hash).to.equal(chain.head.hash);
  });

  it("K-25 does not blame a connection for a chain that stands still, nor for a head that comes a little late", async () => {
    await until(() => heads.isLive(endpoint));
    proxy.isMute = true;
    chain.mine([]);
    for (let i = 0; i < 5; ++i) await poll();
    proxy.isMute = false;
    const [head] = await chain.batch([{ method: "eth_getBlockByNumber", params: ["latest", false] }]);
    proxy.pushHead(head?.ok === true ? head.result : null);
    await until(() => heads.pushed(endpoint, chain.head.hash) !== undefined);
    chain.mine([]);
    await poll();
    expect(heads.isLive(endpoint)).to.be.true;
  });

  it("K-25 connects again after each loss", async () => {
    for (let i = 1; i <= 2; ++i) {
      await until(() => heads.isLive(endpoint) && proxy.subscribers > 0);
      proxy.dropSubscribers();
      await until(() => log.of("heads.lost").length === i);
    }
    await until(() => heads.isLive(endpoint));
    expect(log.of("heads.live")).to.have.length(3);
  });

  const nonsense: Record<string, string> = {
    "C-67 HTML": "<html></html>",
    "C-67 a list": "[]",
    "C-65 a head without a hash": JSON.stringify({
      method: "eth_subscription",
      params: { result: { number: "0x1" } },
    }),
    "C-67 2 MB": JSON.stringify({ blank: " ".repeat(2_000_000) }),
    "an error": JSON.stringify({ id: 1, error: { code: -32601, message: "no such method" } }),
  };
  for (const [name, message] of Object.entries(nonsense)) {
    it(`${name} through the subscription ends it, and it is begun anew`, async () => {
      await until(() => heads.isLive(endpoint));
      proxy.push(message);
      await until(() => log.of("heads.lost").length === 1);
      await until(() => heads.isLive(endpoint));
      expect(heads.take(endpoint)).to.be.undefined;
    });
  }

  it("K-16 waits longer each time for a server that is not there, and never names it", async () => {
    const gone = headsAt("ws://127.0.0.1:9/project-secret");
    await until(() => log.of("heads.lost").length >= 3);
    expect(gone.isLive(endpoint)).to.be.false;
    const waits = log.of("heads.lost").map(({ waitMs }) => waitMs as number);
    expect(waits[0]).to.be.within(125, 250);
    expect(waits[1]).to.be.within(250, 500);
    expect(waits[2]).to.be.within(500, 1_000);
    expect(JSON.stringify(log.lines)).to.not.contain("project-secret");
  });
});

describe("headerFrom", () => {
  const header = {
    number: "0x10",
    hash: `0x${"ab".repeat(32)}`,
    parentHash: `0x${"cd".repeat(32)}`,
    timestamp: "0x20",
    gasUsed: "0x0",
    gasLimit: "0x1c9c380",
  };

  it("takes a bloom of the right length and no other", () => {
    const bloom = `0x${"00".repeat(256)}`;
    expect(headerFrom({ ...header, logsBloom: bloom })?.logsBloom).to.equal(bloom);
    expect(headerFrom({ ...header, logsBloom: "0x00" })?.logsBloom).to.be.undefined;
    expect(headerFrom(header)?.logsBloom).to.be.undefined;
  });
});
