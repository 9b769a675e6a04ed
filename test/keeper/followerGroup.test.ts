import { expect } from "chai";
import { beforeEach, describe, it } from "mocha";
import { Book, MAX_REORG_BLOCKS } from "../../keeper/book/book.ts";
import { RetryableError } from "../../keeper/errors.ts";
import { silentLog } from "../../keeper/log.ts";
import { headerProbe } from "../../keeper/sources/chainReader.ts";
import { Endpoint } from "../../keeper/sources/endpoint.ts";
import { Endpoints } from "../../keeper/sources/endpoints.ts";
import { Follower } from "../../keeper/sources/follower.ts";
import { ask } from "../../keeper/sources/probe.ts";
import type { Rpc, RpcAnswer, RpcCall } from "../../keeper/sources/rpcClient.ts";
import { FakeChain, hex } from "./support/fakeChain.ts";
import { recordingLog, type RecordingLog } from "./support/recordingLog.ts";
import { accountOf } from "./support/state.ts";
import { deposited, listed, vaultLog, VAULT } from "./support/vaultLogs.ts";

/** A chain behind an endpoint that changes what it likes. */
class Liar implements Rpc {
  lie: (call: RpcCall, answer: RpcAnswer) => RpcAnswer = (_, answer) => answer;
  readonly #chain: Rpc;

  constructor(chain: Rpc) {
    this.#chain = chain;
  }

  async batch(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]> {
    return (await this.#chain.batch(calls)).map((answer, i) => this.lie(calls[i]!, answer));
  }
}

/** Changes the newest block of an answer and nothing else. */
const aboutNewest =
  (changes: Record<string, unknown>) =>
  (call: RpcCall, answer: RpcAnswer): RpcAnswer =>
    call.params[0] === "latest" && answer.ok
      ? { ok: true, result: { ...(answer.result as object), ...changes } }
      : answer;

describe("Follower of several endpoints", () => {
  let chain: FakeChain;
  let liar: Liar;
  let log: RecordingLog;
  let endpoints: Endpoints;
  let book: Book;
  let follower: Follower;

  beforeEach(() => {
    chain = new FakeChain(VAULT);
    liar = new Liar(chain);
    log = recordingLog();
    endpoints = new Endpoints({
      endpoints: [liar, chain].map((rpc, i) => new Endpoint({ name: `endpoint ${i + 1}`, rpc, log })),
      chainId: 31_337,
      hedgeAfterMs: 1_000,
      log,
    });
    book = new Book(VAULT);
    follower = followerOf(endpoints, book);
    chain.mine([listed()]);
    for (let n = 2; n <= 100; ++n) chain.mine(marked(n));
  });

  function followerOf(rpc: Rpc, of: Book, logRangeBlocks = 1_000): Follower {
    const listener = { applied: () => undefined, rolledBack: () => undefined };
    return new Follower({ rpc, book: of, deployBlock: 1, logRangeBlocks, listener, log: silentLog });
  }

  const marked = (n: number) => [deposited(accountOf(n % 7), 1_000n + BigInt(n))];
  const contentOf = (of: Book) => ({
    head: of.head,
    vault: of.vault,
    accounts: new Map([...of.entries()].sort()),
  });
  const aside = () =>
    log.of("endpoint.setAside").map(({ endpoint, cause }) => `${String(endpoint)}: ${String(cause)}`);

  async function expectTruth(): Promise<void> {
    const fresh = new Book(VAULT);
    await followerOf(chain, fresh).advance();
    expect(book.head?.hash).to.equal(chain.head.hash);
    expect(contentOf(book)).to.deep.equal(contentOf(fresh));
  }

  it("K-15 does not follow a height that an endpoint cannot show, and sets it aside", async () => {
    await follower.advance();
    liar.lie = aboutNewest({ number: hex(10n ** 12n), hash: `0x${"99".repeat(32)}` });
    chain.mine(marked(1_001));
    await follower.advance();
    await expectTruth();
    expect(aside()[0]).to.contain("claims block 1000000000000 but lacks");
  });

  it("K-15 does not begin at a false height either", async () => {
    liar.lie = aboutNewest({ number: hex(10n ** 12n), hash: `0x${"99".repeat(32)}` });
    await follower.advance();
    await expectTruth();
    expect(aside()).to.have.length(1);
  });

  it("K-15 a false height just above the true one is not followed", async () => {
    await follower.advance();
    liar.lie = aboutNewest({ number: hex(110), hash: `0x${"99".repeat(32)}` });
    chain.mine(marked(1_001));
    await follower.advance();
    await expectTruth();
    expect(aside()).to.have.length(1);
  });

  it("K-15 forgets nothing for an endpoint that alone claims that all is gone", async () => {
    await follower.advance();
    const other = new FakeChain(VAULT);
    other.reorganise(0);
    for (let n = 0; n < 120; ++n) other.mine([]);
    const original = liar.batch.bind(liar);
    liar.batch = (calls) => other.batch(calls);
    chain.mine(marked(1_001));
    expect((await follower.advance()).kind).to.equal("advanced");
    liar.batch = original;
    await expectTruth();
    expect(aside()[0]).to.contain("knows no block near 100, which another one has");
  });

  it("K-15 K-16 goes on with an endpoint that has the logs another leaves out", async () => {
    chain.blooms = "true";
    await follower.advance();
    liar.lie = ({ method }, answer) => (method === "eth_getLogs" ? { ok: true, result: [] } : answer);
    chain.mine(marked(1_001));
    await follower.advance();
    await expectTruth();
    expect(aside()).to.deep.equal(["endpoint 1: the endpoint left out the vault's logs of block 101"]);
  });

  it("K-15 takes headers for no chain that do not name each other", async () => {
    await follower.advance();
    liar.lie = (call, answer) =>
      Number(call.params[0]) === 102 && answer.ok
        ? { ok: true, result: { ...(answer.result as object), parentHash: `0x${"77".repeat(32)}` } }
        : answer;
    chain.mine(marked(1_001), marked(1_002), marked(1_003));
    await follower.advance();
    await expectTruth();
  });

  it("follows a head that was pushed without asking for it", async () => {
    await follower.advance();
    chain.mine(marked(1_001));
    const [head] = await ask(chain, headerProbe("latest"));
    const before = chain.requests.length;
    expect((await follower.advance(head)).kind).to.equal("advanced");
    expect(chain.requests.slice(before).map(({ method }) => method)).to.deep.equal(["eth_getLogs"]);
    await expectTruth();
  });

  it("fills the gap when pushed heads were missed, and ignores one that it has", async () => {
    await follower.advance();
    const [old] = await ask(chain, headerProbe("latest"));
    chain.mine(marked(1_001), marked(1_002), marked(1_003));
    const [head] = await ask(chain, headerProbe("latest"));
    await follower.advance(head);
    await expectTruth();
    expect((await follower.advance(old)).kind).to.equal("same");
  });

  it("K-13 K-24 rolls back and then reads on in ranges when the new chain is far longer", async () => {
    await follower.advance();
    chain.reorganise(12);
    for (let n = 0; n < 200; ++n) chain.mine(marked(2_000 + n));
    await follower.advance();
    await expectTruth();
  });

  it("K-13 finds the base of a reorganisation in one request, however deep", async () => {
    await follower.advance();
    chain.reorganise(MAX_REORG_BLOCKS - 1);
    for (let n = 0; n < MAX_REORG_BLOCKS; ++n) chain.mine(marked(2_000 + n));
    const before = endpoints.all[0]!.asked.requests;
    await follower.advance();
    await expectTruth();
    // The newest block, what the chain has now, what lies between; then the logs of eight blocks at a time.
    expect(endpoints.all[0]!.asked.requests - before).to.be.at.most(3 + MAX_REORG_BLOCKS / 8);
  });

  it("C-65 says so when logs contradict the book, instead of ending the process", async () => {
    await follower.advance();
    const strange = `0x00000000000000000000000000000000000000fe`;
    chain.mine([vaultLog("CollateralDeposited", accountOf(1), VAULT, VAULT, strange, 1n, 1n)]);
    const following = await follower.advance();
    expect(following).to.deep.include({ kind: "wrong" });
    expect(book.head?.number).to.equal(100);
  });

  describe("K-24 reading the past in ranges", () => {
    let widths: number[];
    let allowed: number;

    beforeEach(() => {
      for (let n = 101; n <= 900; ++n) chain.mine(n % 5 === 0 ? marked(n) : []);
      widths = [];
      allowed = 1_000;
      liar.lie = ({ method, params }, answer) => {
        const { fromBlock, toBlock } = params[0] as { fromBlock?: string; toBlock?: string };
        if (method !== "eth_getLogs" || fromBlock === undefined) return answer;
        const width = Number(toBlock) - Number(fromBlock) + 1;
        if (width > allowed)
          return {
            ok: false,
            code: -32005,
            message: "query returned more than 10000 results",
            data: undefined,
          };
        widths.push(width);
        return answer;
      };
    });

    it("halves, grows again, and never blames an endpoint for its limits", async () => {
      allowed = 10;
      chain.onBatch = () => {
        if (widths.length === 12) allowed = 1_000;
      };
      await followerOf(endpoints, book, 80).advance();
      await expectTruth();
      expect(Math.max(...widths.slice(0, 12))).to.be.at.most(10);
      expect(Math.max(...widths)).to.equal(80);
      expect(aside()).to.be.empty;
    });

    it("reads a range again whose last block changed meanwhile", async () => {
      let reorganised = 0;
      chain.onBatch = (calls) => {
        const filter = calls[0]?.params[0] as { toBlock?: string } | undefined;
        if (calls[0]?.method !== "eth_getLogs" || filter?.toBlock === undefined || reorganised > 0) return;
        reorganised = Number(filter.toBlock);
        // Right before the logs are read: the header that was read before is gone.
        chain.reorganise(chain.head.number - 50);
        for (let n = 51; n <= 900; ++n) chain.mine(n % 3 === 0 ? marked(3_000 + n) : []);
      };
      await followerOf(chain, book, 100).advance();
      expect(reorganised).to.equal(100);
      await expectTruth();
    });

    it("reads a range again whose logs are of two chains", async () => {
      let lies = 1;
      liar.lie = ({ method, params }, answer) => {
        if (
          method !== "eth_getLogs" ||
          !answer.ok ||
          (params[0] as { toBlock?: string }).toBlock === undefined ||
          lies-- <= 0
        )
          return answer;
        const logs = answer.result as Record<string, unknown>[];
        return { ok: true, result: logs.map((entry) => ({ ...entry, blockHash: `0x${"55".repeat(32)}` })) };
      };
      await followerOf(liar, book, 100).advance();
      await expectTruth();
    });

    it("K-03 does not halve for an endpoint that asks for rest", async () => {
      const resting: Rpc = {
        batch: (calls) =>
          calls.some(({ method }) => method === "eth_getLogs")
            ? Promise.reject(new RetryableError("slow down", { retryAfterMs: 5 }))
            : chain.batch(calls),
      };
      const before = chain.requests.length;
      expect(
        await followerOf(resting, book, 100)
          .advance()
          .catch((e: unknown) => e),
      ).to.be.instanceOf(RetryableError);
      expect(chain.requests.length - before).to.be.at.most(3);
    });
  });
});
