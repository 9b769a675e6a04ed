import { expect } from "chai";
import { beforeEach, describe, it } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import { ThrottledError } from "../../../keeper/errors.ts";
import { silentLog } from "../../../keeper/log.ts";
import { BlockFeed } from "../../../keeper/replay/blockFeed.ts";
import { resultOf } from "../../../keeper/sources/chainReader.ts";
import { Endpoint } from "../../../keeper/sources/endpoint.ts";
import { Endpoints } from "../../../keeper/sources/endpoints.ts";
import type { Rpc } from "../../../keeper/sources/rpcClient.ts";
import type { Sight } from "../../../keeper/sources/sight.ts";
import type { SightReader } from "../../../keeper/sources/sightReader.ts";
import { FakeChain } from "../support/fakeChain.ts";
import { VAULT } from "../support/vaultLogs.ts";

const LAST = 20;
const VIEW = { oracle: "0x01", collateralCount: 2 };

/** A question about a block's state, as it reached an endpoint. */
interface Asked {
  readonly hash: string;
  readonly endpoint: number;
  readonly atMs: number;
  /** How many such questions the endpoint had at once, this one included. */
  readonly atOnce: number;
}

describe("the blocks of a replay", () => {
  let chain: FakeChain;
  let asked: Asked[];
  let failures: number[];
  /** Called with each question about a state; a throw is an endpoint that fails. */
  let onAsked: (question: Asked) => void;

  beforeEach(() => {
    chain = new FakeChain(VAULT);
    for (let i = 0; i < LAST; ++i) chain.mine([]);
    asked = [];
    failures = [];
    onAsked = () => undefined;
  });

  /** A node that takes a while for a state. */
  const nodeNumber = (endpoint: number): Rpc => {
    let atOnce = 0;
    return {
      async batch(calls) {
        const [call] = calls;
        if (call?.method !== "state") return chain.batch(calls);
        atOnce += 1;
        const question = { hash: String(call.params[0]), endpoint, atMs: performance.now(), atOnce };
        asked.push(question);
        await sleep(5);
        atOnce -= 1;
        onAsked(question);
        return [{ ok: true, result: question.hash }];
      },
    };
  };
  /** What it reads of a block is the block's hash. */
  const sightReader: Pick<SightReader, "read"> = {
    async read(one, { hash }, _view, _accounts, also) {
      const [state] = await one.batch([{ method: "state", params: [hash] }]);
      return [resultOf(state) as Sight, also.read([])];
    },
  };
  const feedOf = (count: number) => {
    const endpoints = Array.from(
      { length: count },
      (_, i) => new Endpoint({ name: `endpoint ${i}`, rpc: nodeNumber(i), log: silentLog }),
    );
    return new BlockFeed({
      endpoints: new Endpoints({ endpoints, chainId: 31_337, hedgeAfterMs: 1_000, log: silentLog }),
      sightReader,
      last: LAST,
      onFailure: (block) => {
        failures.push(block);
        return Promise.resolve();
      },
      signal: new AbortController().signal,
    });
  };
  const readAll = async (feed: BlockFeed) => {
    for (let number = 1; number < LAST; ++number) {
      const head = await feed.header(number);
      expect(await feed.sight(head, VIEW)).to.equal(head.hash);
    }
  };
  const atOnceOf = (questions: readonly Asked[]) => Math.max(...questions.map(({ atOnce }) => atOnce));

  it("are asked for some at once, each once", async () => {
    await readAll(feedOf(1));
    expect(atOnceOf(asked)).to.equal(4);
    expect(new Set(asked.map(({ hash }) => hash)).size).to.equal(asked.length);
    expect(asked.length).to.equal(LAST - 1);
  });

  it("K-03 are asked for one at a time and after a rest once it is too much, each time a longer one", async () => {
    const throttledMs: number[] = [];
    onAsked = ({ atMs }) => {
      if (asked.length < 9 || throttledMs.length === 2) return;
      // What was on its way with it is throttled as well, and makes no rest longer.
      if (atMs - (throttledMs.at(-1) ?? 0) > 500) throttledMs.push(performance.now());
      throw new ThrottledError("too much");
    };
    await readAll(feedOf(1));
    const [first, second] = throttledMs;
    const rested = asked.filter(({ atMs }) => atMs > first!);
    expect(rested[0]!.atMs - first!).to.be.within(990, 1_900);
    expect(rested[1]!.atMs - second!).to.be.within(1_990, 3_900);
    expect(atOnceOf(rested)).to.equal(1);
    expect(rested.length).to.be.above(8);
    // Which says nothing about the state.
    expect(failures).to.deep.equal([]);
  }).timeout(10_000);

  it("K-03 rest for as long as an endpoint says, also where another one answers", async () => {
    let throttled: Asked | undefined;
    onAsked = (question) => {
      if (asked.length < 6 || throttled !== undefined || question.endpoint !== 0) return;
      throttled = question;
      throw new ThrottledError("too much", { retryAfterMs: 300 });
    };
    await readAll(feedOf(2));
    expect(failures).to.deep.equal([]);
    const later = asked.filter(({ atMs }) => atMs > throttled!.atMs + 100);
    expect(later[0]!.atMs - throttled!.atMs).to.be.above(290);
    expect(atOnceOf(later)).to.equal(1);
    expect(later.length).to.be.above(8);
  });

  it("are asked for anew where another block has come in the place of one", async () => {
    const feed = feedOf(1);
    for (const number of [1, 2]) await feed.sight(await feed.header(number), VIEW);
    const before = await feed.header(3);
    await sleep(20);
    expect(asked.some(({ hash }) => hash === before.hash)).to.be.true;
    const other = { ...before, hash: `0x${"ab".repeat(32)}` };
    expect(await feed.sight(other, VIEW)).to.equal(other.hash);
  });
});
