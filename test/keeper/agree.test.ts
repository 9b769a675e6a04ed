import { expect } from "chai";
import { beforeEach, describe, it } from "mocha";
import { RetryableError } from "../../keeper/errors.ts";
import { agree, type Agreement } from "../../keeper/sources/agree.ts";
import { Endpoint } from "../../keeper/sources/endpoint.ts";
import { Endpoints } from "../../keeper/sources/endpoints.ts";
import type { Rpc } from "../../keeper/sources/rpcClient.ts";
import { recordingLog, type RecordingLog } from "./support/recordingLog.ts";

const WITHIN_MS = 120;

type Says = () => Promise<string>;
const says = (value: string) => () => Promise.resolve(value);
const fails = () => Promise.reject(new RetryableError("no such block"));
const hangs = () => new Promise<string>(() => undefined);

describe("agree", () => {
  let log: RecordingLog;
  let now: number;

  beforeEach(() => {
    log = recordingLog();
    now = 0;
  });

  interface Setting {
    readonly endpoints: Endpoints;
    readonly asked: readonly number[];
    readonly run: () => Promise<Omit<Agreement<string>, "same">>;
  }

  function setting(...behaviours: Says[]): Setting {
    const asked = behaviours.map(() => 0);
    const rpcs = behaviours.map((behave, i): Rpc => ({
      batch: async () => {
        asked[i]! += 1;
        return [{ ok: true, result: await behave() }];
      },
    }));
    const endpoints = new Endpoints({
      endpoints: rpcs.map((rpc, i) => new Endpoint({ name: `endpoint ${i + 1}`, rpc, log, now: () => now })),
      chainId: 1,
      hedgeAfterMs: 1_000,
      log,
    });
    const read = async (one: Rpc) => {
      const [answer] = await one.batch([{ method: "x", params: [] }]);
      return answer?.ok === true ? String(answer.result) : "";
    };
    const isSame = (a: string, b: string) => a === b;
    const run = async () => {
      const { same, ...agreement } = await agree({ endpoints, read, isSame, withinMs: WITHIN_MS, log });
      expect(same).to.deep.equal(agreement.kind === "agreed" ? [agreement.value] : []);
      return agreement;
    };
    return { endpoints, asked, run };
  }

  const aside = () => log.of("endpoint.setAside").map(({ endpoint, cause }) => [endpoint, cause]);

  it("is alone with one endpoint", async () => {
    expect(await setting(says("a")).run()).to.deep.equal({ kind: "alone", value: "a" });
  });

  it("asks two at once and no third when they agree", async () => {
    const { run, asked } = setting(says("a"), says("a"), says("a"));
    expect(await run()).to.deep.equal({ kind: "agreed", value: "a" });
    expect(asked).to.deep.equal([1, 1, 0]);
  });

  it("K-15 believes neither of two that differ, sets neither aside, and says so", async () => {
    const { run } = setting(says("a"), says("b"));
    expect(await run()).to.deep.equal({ kind: "disputed", value: "a" });
    expect(aside()).to.be.empty;
    expect(log.of("endpoints.disagree")[0]).to.deep.include({ endpoints: ["endpoint 1", "endpoint 2"] });
  });

  for (const [name, behaviours, liar] of [
    ["first", [says("lie"), says("a"), says("a")], "endpoint 1"],
    ["second", [says("a"), says("lie"), says("a")], "endpoint 2"],
  ] as const) {
    it(`K-16 sets the ${name} aside when two others agree on something else`, async () => {
      const { run } = setting(...behaviours);
      expect(await run()).to.deep.equal({ kind: "agreed", value: "a" });
      expect(aside()).to.deep.equal([[liar, "two others agree on something else"]]);
    });
  }

  it("K-16 does not settle it by a third that says a third thing", async () => {
    const { run } = setting(says("a"), says("b"), says("c"));
    expect((await run()).kind).to.equal("disputed");
  });

  it("waits for one that comes to have it", async () => {
    let tries = 0;
    const late = () => (++tries < 3 ? fails() : Promise.resolve("a"));
    expect(await setting(says("a"), late).run()).to.deep.equal({ kind: "agreed", value: "a" });
    expect(aside()).to.be.empty;
  });

  it("K-02 K-16 does not wait for ever for one that hangs: silent at first, alone after three times", async () => {
    const { run } = setting(says("a"), hangs);
    const kinds: string[] = [];
    const startedAt = performance.now();
    for (let i = 0; i < 4; ++i) kinds.push((await run()).kind);
    expect(kinds).to.deep.equal(["silent", "silent", "alone", "alone"]);
    expect(performance.now() - startedAt).to.be.below(5 * WITHIN_MS);
    expect(aside()).to.deep.equal([["endpoint 2", `the endpoint gave no answer within ${WITHIN_MS} ms`]]);
  });

  it("K-01 K-16 is alone at once when the other refuses every connection", async () => {
    const { run } = setting(says("a"), fails);
    expect((await run()).kind).to.equal("alone");
    expect(aside()).to.deep.equal([["endpoint 2", "no such block"]]);
  });

  it("takes the second's word and goes on to the third when the first is silent", async () => {
    const { run } = setting(hangs, says("a"), says("a"));
    expect(await run()).to.deep.equal({ kind: "agreed", value: "a" });
  });

  it("uses the only answer there is when the first is silent, and does not call it agreed", async () => {
    expect(await setting(hangs, says("a")).run()).to.deep.equal({ kind: "silent", value: "a" });
  });

  it("is worth another try when nobody answers", async () => {
    const error: unknown = await setting(hangs, hangs)
      .run()
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(RetryableError);
  });

  it("passes a defect on", async () => {
    const { run } = setting(says("a"), () => Promise.reject(new TypeError("defect")));
    expect(await run().catch((error: unknown) => error)).to.be.instanceOf(TypeError);
  });
});
