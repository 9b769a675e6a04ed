import { expect } from "chai";
import { before, beforeEach, describe, it } from "mocha";
import { id, Interface } from "ethers";
import { VAULT_EVENT_TOPICS } from "../../sdk/vaultEvents.ts";
import { FalseAnswerError, RetryableError } from "../../keeper/errors.ts";
import { BlockLogs } from "../../keeper/sources/blockLogs.ts";
import { headerProbe, headersProbe, rangeLogsProbe } from "../../keeper/sources/chainReader.ts";
import { LogsBloom } from "../../keeper/sources/logsBloom.ts";
import { ask } from "../../keeper/sources/probe.ts";
import type { Rpc, RpcAnswer } from "../../keeper/sources/rpcClient.ts";
import { useWorld } from "./support/useWorld.ts";
import { bloomOf, FakeChain } from "./support/fakeChain.ts";
import { recordingLog, type RecordingLog } from "./support/recordingLog.ts";
import { accountOf } from "./support/state.ts";
import { ASSET, deposited, VAULT } from "./support/vaultLogs.ts";

const FULL = `0x${"ff".repeat(256)}`;

describe("LogsBloom", () => {
  const topics = Object.values(VAULT_EVENT_TOPICS);

  it("needs the address and one of the topics", () => {
    const bloom = new LogsBloom(VAULT, topics);
    expect(bloom.mayHold(FULL)).to.be.true;
    expect(bloom.mayHold(bloomOf([]))).to.be.false;
    expect(bloom.mayHold(bloomOf([VAULT]))).to.be.false;
    expect(bloom.mayHold(bloomOf(topics))).to.be.false;
    expect(bloom.mayHold(bloomOf([ASSET, topics[3]!]))).to.be.false;
    for (const topic of topics) expect(bloom.mayHold(bloomOf([VAULT, topic]))).to.be.true;
    expect(bloom.mayHold(bloomOf([VAULT, id("Strange()")]))).to.be.false;
  });

  describe("on a real chain", function () {
    this.timeout(60_000);
    const bench = useWorld();
    before(async () => {
      await bench.world.open(1n, 0, 10n ** 19n, 10n ** 9n);
      await bench.chain.mine();
    });

    it("says yes to every block with a log of the vault, and no to most others", async () => {
      const head = Number(await bench.chain.send<string>("eth_blockNumber"));
      const [headers, logs] = await ask(
        bench.chain.rpc,
        headersProbe(0, head),
        rangeLogsProbe(bench.world.deployment.vault, 0, head),
      );
      const withLogs = new Set(logs.map(({ blockNumber }) => blockNumber));
      const bloom = new LogsBloom(bench.world.deployment.vault, topics);
      const promised = headers.filter((header) => bloom.mayHold(header!.logsBloom!)).map((h) => h!.number);
      expect(withLogs.size).to.be.above(4);
      expect(promised).to.include.members([...withLogs]);
      expect(promised.length).to.be.below(headers.length / 2);
    });
  });
});

describe("BlockLogs", () => {
  let chain: FakeChain;
  let log: RecordingLog;
  let blockLogs: BlockLogs;

  beforeEach(() => {
    chain = new FakeChain(VAULT);
    chain.blooms = "true";
    log = recordingLog();
    blockLogs = new BlockLogs(VAULT, log);
  });

  const some = () => [deposited(accountOf(1), 5n)];

  /** Reads the newest `count` blocks; returns how many logs each has, and how often they were asked for. */
  async function read(
    count: number,
    one: Rpc = chain,
    others: readonly Rpc[] = [],
  ): Promise<[number[], number]> {
    const { number } = chain.head;
    const [headers] = await ask(chain, headersProbe(number - count + 1, number));
    const before = askedOf(chain);
    const logs = await blockLogs.read(
      one,
      others,
      headers.map((header) => header!),
    );
    return [logs.map(({ length }) => length), askedOf(chain) - before];
  }
  const askedOf = ({ requests }: FakeChain) =>
    requests.filter(({ method }) => method === "eth_getLogs").length;

  /** The chain behind an endpoint that leaves out all logs. */
  function forgetful(): Rpc {
    return {
      batch: async (calls) =>
        (await chain.batch(calls)).map((answer, i): RpcAnswer =>
          calls[i]!.method === "eth_getLogs" ? { ok: true, result: [] } : answer,
        ),
    };
  }

  it("asks about every block until a bloom has proved right, and then about those it does not rule out", async () => {
    chain.mine([], []);
    expect(await read(2)).to.deep.equal([[0, 0], 2]);
    chain.mine(some(), []);
    expect(await read(2)).to.deep.equal([[1, 0], 2]);
    chain.mine([], [], some(), []);
    expect(await read(4)).to.deep.equal([[0, 0, 1, 0], 1]);
  });

  it("never asks for the logs of more than eight blocks in one answer, and leaves none out", async () => {
    const blocks = Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? some() : []));
    chain.mine(...blocks);
    const batches: number[] = [];
    chain.onBatch = (calls) => {
      batches.push(calls.filter(({ method }) => method === "eth_getLogs").length);
    };
    expect(await read(20)).to.deep.equal([blocks.map(({ length }) => length), 20]);
    expect(batches).to.deep.equal([0, 8, 8, 4]);
  });

  it("asks about every block where there are no blooms", async () => {
    chain.blooms = "absent";
    for (let i = 0; i < 3; ++i) {
      chain.mine(some(), []);
      expect(await read(2)).to.deep.equal([[1, 0], 2]);
    }
  });

  it("asks about every block, for good, once a bloom has failed to show a log", async () => {
    chain.mine(some());
    await read(1);
    const honest = chain.head;
    chain.blooms = "empty";
    blockLogs = new BlockLogs(VAULT, log);
    chain.mine(some(), []);
    expect(await read(2)).to.deep.equal([[1, 0], 2]);
    expect(log.of("bloom.useless")).to.deep.equal([{ event: "bloom.useless", block: honest.number + 1 }]);
    chain.blooms = "true";
    chain.mine(some(), []);
    expect(await read(2)).to.deep.equal([[1, 0], 2]);
  });

  it("K-15 catches an endpoint that leaves out logs which another has", async () => {
    chain.mine(some());
    const error: unknown = await read(1, forgetful(), [chain]).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(FalseAnswerError);
  });

  it("believes two that have none, for another contract may have set the bits", async () => {
    chain.mine(some());
    expect((await read(1, forgetful(), [forgetful()]))[0]).to.deep.equal([0]);
  });

  it("asks the next when the second opinion cannot be had, and goes on when nobody has one", async () => {
    chain.mine(some());
    const dead: Rpc = { batch: () => Promise.reject(new RetryableError("no")) };
    const error: unknown = await read(1, forgetful(), [dead, chain]).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(FalseAnswerError);
    expect((await read(1, forgetful(), [dead]))[0]).to.deep.equal([0]);
    expect(log.of("logs.unconfirmed")).to.have.length(1);
  });

  it("asks an endpoint that is alone once more, for logs may come a moment after their block", async () => {
    chain.mine(some());
    let isFirst = true;
    const late: Rpc = {
      batch: async (calls) => {
        const answers = isFirst ? forgetful().batch(calls) : chain.batch(calls);
        isFirst = false;
        return answers;
      },
    };
    expect((await read(1, late))[0]).to.deep.equal([1]);
  });

  it("does not mistake a signature of another interface for one of the vault's", () => {
    const abi = new Interface(["event Transfer(address indexed from, address indexed to, uint256 value)"]);
    const [topic] = abi.encodeEventLog("Transfer", [ASSET, VAULT, 1n]).topics;
    const bloom = new LogsBloom(VAULT, Object.values(VAULT_EVENT_TOPICS));
    // The token's own log names the vault in a topic, where the address counts as a word of 32 bytes.
    const word = `0x${VAULT.slice(2).padStart(64, "0")}`;
    expect(bloom.mayHold(bloomOf([ASSET, topic!, word]))).to.be.false;
  });

  it("reads a header's bloom", async () => {
    chain.mine(some());
    const [header] = await ask(chain, headerProbe("latest"));
    expect(header?.logsBloom).to.match(/^0x[0-9a-f]{512}$/);
  });
});
