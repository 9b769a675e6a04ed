import { expect } from "chai";
import { before, beforeEach, describe, it } from "mocha";
import { MaxUint256 } from "ethers";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { readClockState } from "../../sdk/readClock.ts";
import { readAccount, readCollaterals, readPool, readPrices } from "../../sdk/readVault.ts";
import { IMarginVault__factory } from "../../types/factories/interfaces/IMarginVault__factory.ts";
import { IOracle__factory } from "../../types/factories/interfaces/IOracle__factory.ts";
import { IUptimeClock__factory } from "../../types/factories/interfaces/IUptimeClock__factory.ts";
import { KeeperLens__factory } from "../../types/factories/periphery/KeeperLens__factory.ts";
import { RetryableError } from "../../keeper/errors.ts";
import type { BlockHeader } from "../../keeper/sources/blockHeader.ts";
import { headerProbe } from "../../keeper/sources/chainReader.ts";
import { Endpoint } from "../../keeper/sources/endpoint.ts";
import { LENS_CODE, lensProbe, type LensSubject } from "../../keeper/sources/lens.ts";
import { ask, type Probe } from "../../keeper/sources/probe.ts";
import type { Rpc, RpcAnswer, RpcCall } from "../../keeper/sources/rpcClient.ts";
import type { Sight } from "../../keeper/sources/sight.ts";
import { SightReader } from "../../keeper/sources/sightReader.ts";
import { useWorld } from "./support/useWorld.ts";
import { recordingLog, type RecordingLog } from "./support/recordingLog.ts";

const NOTHING: Probe<undefined> = { calls: [], read: () => undefined };

const valuesOf = ({ answers }: Sight) => answers.map((answer) => answer?.answer);

describe("KeeperLens", function () {
  this.timeout(60_000);
  const bench = useWorld();
  let subject: LensSubject;
  let healthy: AccountId;
  let called: AccountId;
  let head: BlockHeader;

  before(async () => {
    healthy = await bench.world.open(1n, 0, 10n ** 19n, 10n ** 10n);
    called = await bench.world.open(2n, 1, 5n * 10n ** 7n, 10n ** 10n);
    await bench.world.setPrice(1, 24_000);
    await bench.world.act(bench.world.vault, "openCall", called);
    await bench.chain.mine(40);
    const { vault, quote } = bench.world.deployment;
    const feeds = [bench.world.deployment.collaterals[0]!.feed, quote.feed];
    subject = {
      vault,
      quote: quote.address,
      keepers: [bench.world.keeper.address, bench.world.trader.address],
      feeds,
      sequencerFeed: undefined,
    };
    await refresh();
  });

  async function refresh(): Promise<void> {
    head = (await ask(bench.chain.rpc, headerProbe("latest")))[0]!;
  }

  const look = async (of: Partial<LensSubject> = {}, accounts: readonly AccountId[] = [], at = head) =>
    (await ask(bench.chain.rpc, lensProbe({ ...subject, ...of }, at, accounts)))[0];

  it("runs as its own deployment would leave it", async () => {
    const deployed = await bench.chain.send("eth_call", { data: KeeperLens__factory.bytecode }, "latest");
    expect(LENS_CODE).to.equal(deployed);
  });

  it("shows what the vault, the oracle, the clock, the feeds and the token say, in one call", async () => {
    const { provider, deployment } = bench.world;
    const vault = IMarginVault__factory.connect(deployment.vault, provider);
    const oracle = IOracle__factory.connect(deployment.oracle, provider);
    const clock = IUptimeClock__factory.connect(deployment.clock, provider);
    const seen = await look({}, [healthy, called, accountIdOf(bench.world.trader.address, 77n)]);

    expect(seen.prices).to.deep.equal(await readPrices(oracle, 2, head.number));
    expect(seen.clock).to.deep.equal(await readClockState(clock, head));
    expect(valuesOf(seen)).to.deep.equal([2_000n * 10n ** 8n, 10n ** 8n]);
    const native = await provider.getBalance(bench.world.trader.address, head.number);
    expect(seen.wallets.map(({ quote }) => quote)).to.deep.equal([
      10n ** 13n,
      await balanceOf(bench.world.trader.address),
    ]);
    expect(seen.wallets[1]).to.deep.include({ native, allowance: MaxUint256 });
    expect(seen.wallets[0]).to.include({ allowance: 0n });

    const { feeBps, ...pool } = await readPool(vault, head.number);
    expect(feeBps).to.equal(1_000n);
    expect(seen.vault).to.deep.include({ ...pool, collateralTotals: [10n ** 19n, 5n * 10n ** 7n] });
    const collaterals = await readCollaterals(vault, head.number);
    for (const id of [healthy, called]) {
      const account = seen.vault!.accounts.get(id)!;
      expect(account.state).to.deep.equal(await readAccount(vault, id, collaterals, head.number));
      const margin = await vault.marginOf(id, { blockTag: head.number });
      const { value, debt, status, shortfall, deadline } = account.margin!;
      expect({ value, debt, status: BigInt(status), shortfall, deadline }).to.deep.equal({
        value: margin.value,
        debt: margin.debt,
        status: margin.status,
        shortfall: margin.shortfall,
        deadline: margin.deadline,
      });
    }
    expect(seen.vault!.accounts.get(called)?.state.deadline).to.not.equal(0n);
    expect(
      seen.vault!.accounts.get(accountIdOf(bench.world.trader.address, 77n))?.state.collateralSet,
    ).to.equal(0);
  });

  async function balanceOf(owner: string): Promise<bigint> {
    return (await bench.world.quote.getFunction("balanceOf").staticCall(owner)) as bigint;
  }

  it("is asked of the block it is asked for, not of the newest", async () => {
    const before = head;
    await bench.world.setPrice(0, 1_900);
    await refresh();
    expect(valuesOf(await look())[0]).to.equal(1_900n * 10n ** 8n);
    expect(valuesOf(await look({}, [], before))[0]).to.equal(2_000n * 10n ** 8n);
    await bench.world.setPrice(0, 2_000);
    await refresh();
  });

  it("shows the rest when feeds are silent, no contracts, or contracts of another kind", async () => {
    const nobody = "0x00000000000000000000000000000000000000f1";
    const seen = await look({ feeds: [nobody, bench.world.deployment.vault, subject.feeds[1]!] });
    expect(valuesOf(seen)).to.deep.equal([undefined, undefined, 10n ** 8n]);
    expect(seen.prices.available).to.be.true;
  });

  it("throws what is worth another try when the clock or the money cannot be read", async () => {
    const nobody = "0x00000000000000000000000000000000000000f1";
    for (const wrong of [{ quote: nobody }, { vault: nobody }]) {
      const error: unknown = await look(wrong).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(RetryableError);
    }
  });

  it("shows accounts without a value when there are no prices, and says so", async () => {
    const code = await bench.world.provider.getCode(bench.world.deployment.oracle);
    await bench.chain.send("hardhat_setCode", bench.world.deployment.oracle, "0x");
    await bench.chain.mine();
    await refresh();
    const seen = await look({}, [healthy]);
    expect(seen.prices.available).to.be.false;
    expect(seen.vault?.accounts.get(healthy)?.margin).to.be.undefined;
    expect(seen.vault?.accounts.get(healthy)?.state.debtShares).to.not.equal(0n);
    await bench.chain.send("hardhat_setCode", bench.world.deployment.oracle, code);
    await bench.chain.mine();
    await refresh();
  });

  it("reads the sequencer's feed last, and takes a silent one for a sequencer that runs", async () => {
    const nobody = "0x00000000000000000000000000000000000000f1";
    const silent = await look({ sequencerFeed: nobody });
    expect(silent.clock.isSequencerDown).to.be.false;
    expect(silent.answers).to.have.length(2);
    // A price feed read as one of uptime: an answer of 1 is "down".
    await bench.world.act(bench.world.feeds[1]!, "push", 1n);
    await refresh();
    expect((await look({ sequencerFeed: bench.world.deployment.collaterals[1]!.feed })).clock.isSequencerDown)
      .to.be.true;
    await bench.world.setPrice(1, 24_000);
    await refresh();
  });

  describe("SightReader", () => {
    let log: RecordingLog;
    let reader: SightReader;
    let calls: RpcCall[];
    /** What the endpoint does not know. */
    let lacks: { hashes?: boolean; overrides?: boolean; block?: boolean };

    beforeEach(() => {
      log = recordingLog();
      const { vault, quote, keepers, feeds } = subject;
      reader = new SightReader({ vault, quote, keepers, feeds, clock: bench.world.deployment.clock, log });
      calls = [];
      lacks = {};
    });

    function endpoint(): Endpoint {
      const rpc: Rpc = {
        batch: async (asked) => {
          calls.push(...asked);
          const answers = await bench.chain.rpc.batch(asked);
          return asked.map((call, i): RpcAnswer => refusal(call) ?? answers[i]!);
        },
      };
      return new Endpoint({ name: "endpoint 1", rpc, log });
    }

    function refusal(call: RpcCall): RpcAnswer | undefined {
      const namesHash = call.at !== undefined || JSON.stringify(call.params).includes("blockHash");
      const error = { ok: false, code: -32602, message: "invalid argument", data: undefined } as const;
      if (lacks.hashes === true && namesHash) return error;
      if (lacks.overrides === true && (call.overrides !== undefined || call.params.length > 2)) return error;
      if (lacks.block === true && call.method === "eth_getBlockByNumber") return { ok: true, result: null };
      if (lacks.block === true && namesHash) return error;
      return undefined;
    }

    const view = () => ({ oracle: bench.world.deployment.oracle, collateralCount: 2 });
    const read = (one: Rpc) => reader.read(one, head, view(), [], NOTHING);
    const failure = (one: Rpc) => read(one).catch((error: unknown) => error);

    it("takes one call a block once it knows the sequencer's feed", async () => {
      const one = endpoint();
      await read(one);
      calls = [];
      await read(one);
      expect(calls.map(({ method, at }) => [method, at?.hash])).to.deep.equal([["eth_call", head.hash]]);
    });

    for (const [name, missing] of Object.entries({
      "state overrides": { overrides: true },
      hashes: { hashes: true },
      either: { hashes: true, overrides: true },
    })) {
      it(`sees the same through an endpoint that does not know ${name}`, async () => {
        lacks = missing;
        const one = endpoint();
        for (let i = 0; i < 3; ++i) if ((await failure(one)) instanceof RetryableError) continue;
        const [seen] = await read(one);
        const [expected] = await reader.read(bench.chain.rpc, head, view(), [], NOTHING);
        expect({ ...seen, vault: undefined }).to.deep.equal({ ...expected, vault: undefined });
        expect(log.of("endpoint.withoutOverrides").length > 0).to.equal("overrides" in missing);
        expect(log.of("endpoint.withoutHashes").length > 0).to.equal("hashes" in missing);
        expect(seen.vault === undefined).to.equal("overrides" in missing);
      });
    }

    it("does not think less of an endpoint that only lacks the block", async () => {
      lacks = { block: true };
      const one = endpoint();
      expect(await failure(one)).to.be.instanceOf(RetryableError);
      expect(await failure(one)).to.be.instanceOf(RetryableError);
      lacks = {};
      expect((await read(one))[0].vault).to.not.be.undefined;
      expect(log.lines).to.be.empty;
    });

    it("K-04 takes an endpoint's failure for no contract's silence", async () => {
      lacks = { overrides: true };
      const one = endpoint();
      for (let i = 0; i < 3; ++i) await failure(one);
      const original = one.batch.bind(one);
      one.batch = async (asked) =>
        (await original(asked)).map((answer, i): RpcAnswer =>
          asked[i]!.method === "eth_call"
            ? { ok: false, code: -32000, message: "missing trie node", data: undefined }
            : answer,
        );
      expect(await failure(one)).to.be.instanceOf(RetryableError);
    });
  });
});
