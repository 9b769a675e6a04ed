import { expect } from "chai";
import { Contract } from "ethers";
import { before, describe, it } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../keeper/errors.ts";
import { headerProbe } from "../../keeper/sources/chainReader.ts";
import { openGauges, type PokeSeen } from "../../keeper/sources/gauges.ts";
import { ask } from "../../keeper/sources/probe.ts";
import type { Rpc, RpcAnswer } from "../../keeper/sources/rpcClient.ts";
import { artifactsOf } from "../../scripts/deploy/artifacts.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { useKeeperBench } from "./support/keeperBench.ts";
import { etherFor } from "./support/etherFor.ts";
import type { KeeperProcess } from "./support/keeperProcess.ts";
import { readEventsNamed } from "./support/readEvents.ts";
import { PRICES } from "./support/world.ts";

const DEBT = 10_000n * 10n ** 6n;
const HOUR = 3_600;
const VOLATILITY = {
  halfLifeSeconds: 6 * HOUR,
  referenceWad: "400000000000000000",
  slopeBps: 2_500,
  capBps: 1_000,
};

/** How long the risk admin of a plan waits that does not say. */
const RISK_DELAY_SECONDS = 172_800;

describe("the keeper's pokes", function () {
  this.timeout(90_000);
  const bench = useKeeperBench("keeper", { volatility: VOLATILITY });
  let configurator: Contract;
  let gauge: Contract;

  before(() => {
    const load = artifactsOf("default");
    const { abi } = load("RiskConfigurator.sol", "RiskConfigurator");
    configurator = new Contract(bench.world.deployment.configurator, abi, bench.world.trader);
    const measured = load("oracles/VolatilityGauge.sol", "VolatilityGauge").abi;
    gauge = new Contract(bench.world.deployment.collaterals[0]!.gauge!, measured, bench.world.trader);
  });

  const headNow = async () => (await ask(bench.chain.rpc, headerProbe("latest")))[0]!;
  const asset = () => bench.world.deployment.collaterals[0]!.address;
  const termsOf = async (number: number) => {
    const { terms } = (await bench.world.vault.getFunction("collateralAt").staticCall(number)) as {
      terms: { initialBps: bigint; maintenanceBps: bigint; liquidationBps: bigint };
    };
    const { initialBps, maintenanceBps, liquidationBps } = terms;
    const asset = bench.world.deployment.collaterals[number]!.address;
    return { asset, initialBps, maintenanceBps, liquidationBps };
  };
  const weights = async () => {
    const { initialBps, maintenanceBps } = await termsOf(0);
    return { initialBps: Number(initialBps), maintenanceBps: Number(maintenanceBps) };
  };
  const listed = () => Promise.all([termsOf(0), termsOf(1)]);
  /** What the risk admin may do after its delay, all at once. */
  const govern = async (...acts: readonly (readonly [name: string, ...args: unknown[]])[]) => {
    const { abi } = artifactsOf("default")("Governance.sol", "Governance");
    const governance = new Contract(bench.world.deployment.governance!, abi, bench.world.trader);
    for (const [name, ...args] of acts) {
      const data = configurator.interface.encodeFunctionData(name, args);
      await bench.world.act(governance, "schedule", bench.world.deployment.configurator, data, 0);
    }
    await bench.chain.mine();
    await bench.chain.mine(RISK_DELAY_SECONDS);
    for (const [name, ...args] of acts) await bench.world.act(configurator, name, ...args);
    await bench.chain.mine();
  };
  /** Rounds `seconds` apart, up and down by `bps`. */
  const rounds = async (count: number, bps: number, seconds = 60) => {
    for (let i = 0; i < count; i += 1) {
      await bench.world.setPrice(0, PRICES[0] * (i % 2 === 0 ? 1 - bps / 10_000 : 1));
      await bench.chain.mine(seconds);
    }
  };

  describe("openGauges", () => {
    const seenNow = async () => {
      const gauges = await openGauges(bench.world.deployment, bench.chain.rpc);
      return (await ask(bench.chain.rpc, gauges.probeAt(await headNow(), await listed())))[0];
    };

    it("shows what a poke would do, and does nothing", async () => {
      await rounds(4, 200);
      const before = await weights();
      const seen = (await seenNow())!;
      const [initialBps, maintenanceBps] = (await configurator
        .getFunction("poke")
        .staticCall(bench.world.deployment.vault, asset())) as [bigint, bigint];
      expect(seen).to.deep.equal({
        number: 0,
        after: { initialBps, maintenanceBps },
        liquidationBps: 8_740n,
        own: { initialBps: 7_600n, maintenanceBps: 8_020n, liquidationBps: 8_740n },
        gaugeRoundId: 1n,
        latestRoundId: 5n,
      } satisfies PokeSeen);
      expect(seen.after).to.deep.equal({ initialBps: 6_909n, maintenanceBps: 7_995n });
      expect(await weights()).to.deep.equal(before);
    });

    it("asks within the block's request, once a minute of block time", async () => {
      const gauges = await openGauges(bench.world.deployment, bench.chain.rpc);
      const [head, [first]] = [await headNow(), await listed()];
      const callsAt = (seconds: bigint) =>
        gauges.probeAt({ ...head, timestamp: head.timestamp + seconds }, [first]).calls.length;
      expect([0n, 12n, 59n, 60n, 72n, 200n].map(callsAt)).to.deep.equal([4, 0, 0, 4, 0, 4]);
      const none = await openGauges({ ...bench.world.deployment, collaterals: [] }, bench.chain.rpc);
      expect(none.probeAt(head, []).calls).to.be.empty;
    });

    it("asks about those without a gauge once, and while they are at rest every six hours or when they move", async () => {
      const gauges = await openGauges(bench.world.deployment, bench.chain.rpc);
      const [head, [first, other]] = [await headNow(), await listed()];
      const askAt = async (of: typeof gauges, seconds: bigint, about: readonly (typeof first)[]) => {
        const probe = of.probeAt({ ...head, timestamp: head.timestamp + seconds }, about);
        const [seen] = await ask(bench.chain.rpc, probe);
        return seen === undefined ? `${probe.calls.length} calls` : `shows ${seen.number}`;
      };
      const asked: string[] = [];
      const hours6 = 6n * 3_600n;
      for (const seconds of [0n, 12n, 24n, 60n, 72n, 120n, hours6, hours6 + 60n, hours6 + 120n])
        asked.push(await askAt(gauges, seconds, [first, other]));
      expect(asked.slice(0, 3)).to.deep.equal(["shows 0", "2 calls", "0 calls"]);
      expect(asked.slice(3, 6)).to.deep.equal(["shows 0", "0 calls", "shows 0"]);
      expect(asked.slice(6)).to.deep.equal(["shows 0", "2 calls", "shows 0"]);

      // Those that the deployment does not know are asked about as well, all but the first in the second block.
      const unknown = await openGauges({ ...bench.world.deployment, collaterals: [] }, bench.chain.rpc);
      expect(await askAt(unknown, 0n, [other])).to.equal("2 calls");
      for (const seconds of [60n, 600n, hours6 - 1n])
        expect(await askAt(unknown, seconds, [other])).to.equal("0 calls");
      const moved = { ...other, maintenanceBps: other.maintenanceBps - 25n };
      expect(await askAt(unknown, hours6 - 1n, [moved])).to.equal("2 calls");
      const many = await openGauges({ ...bench.world.deployment, collaterals: [] }, bench.chain.rpc);
      const three = [other, other, other];
      for (const [seconds, calls] of [
        [0n, 2],
        [12n, 4],
        [24n, 0],
      ] as const)
        expect(await askAt(many, seconds, three)).to.equal(`${calls} calls`);
    });

    it("shows the ramp of one without a gauge, and asks about it in every turn", async () => {
      const [, { asset: other }] = await listed();
      const of = [bench.world.deployment.vault, other] as const;
      await govern(["setMaintenanceWeight", ...of, 7_900], ["setLiquidationWeight", ...of, 8_600]);
      const gauges = await openGauges({ ...bench.world.deployment, collaterals: [] }, bench.chain.rpc);
      const seen: (PokeSeen | undefined)[] = [];
      for (const hours of [0, 1, 1]) {
        await bench.chain.mine(hours * HOUR + 1);
        seen.push(
          (await ask(bench.chain.rpc, gauges.probeAt(await headNow(), (await listed()).slice(1))))[0],
        );
      }
      expect(seen.map((one) => one?.after.maintenanceBps)).to.deep.equal([7_995n, 7_970n, 7_970n]);
      expect(seen[0]).to.deep.include({
        liquidationBps: 8_697n,
        own: { initialBps: 7_600n, maintenanceBps: 7_900n, liquidationBps: 8_600n },
        gaugeRoundId: 0n,
        latestRoundId: 0n,
      });
    });

    it("takes no answer for none, and a configurator that refuses for one that would do nothing", async () => {
      const head = await headNow();
      const answering = (ok: (i: number) => boolean): Rpc => ({
        batch: async (calls): Promise<RpcAnswer[]> => {
          const answers = await bench.chain.rpc.batch(calls);
          return answers.map((answer, i) =>
            ok(i) ? answer : { ok: false, code: -32_005, message: "busy", data: undefined },
          );
        },
      });
      for (const lost of [0, 1, 2, 3]) {
        const gauges = await openGauges(bench.world.deployment, bench.chain.rpc);
        const [seen] = await ask(
          answering((i) => i !== lost),
          gauges.probeAt(head, await listed()),
        );
        expect(seen, String(lost)).to.equal(undefined);
      }
      const none = [bench.world.deployment.vault, asset(), `0x${"0".repeat(40)}`, 1, 1] as const;
      await govern(["setVolatility", ...none]);
      expect(await seenNow()).to.equal(undefined);
    });

    it("does not start on what is no gauge", async () => {
      const [first] = bench.world.deployment.collaterals;
      const wrong = { ...bench.world.deployment, collaterals: [{ ...first!, gauge: first!.address }] };
      const error: unknown = await openGauges(wrong, bench.chain.rpc).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(UserError);
    });
  });

  describe("on a chain", () => {
    const start = async (changes: Readonly<Record<string, unknown>> = {}) => {
      const started = bench.start(bench.written(changes));
      await mineUntil(() => Promise.resolve(started.lines.some(({ event }) => event === "block.seen")));
      return started;
    };
    const pokes = (from: KeeperProcess) =>
      from.lines.filter(({ event, duty }) => event === "transaction.mined" && duty === "poke");
    async function mineUntil(isDone: () => Promise<boolean>, seconds = 60, most = 60): Promise<void> {
      for (let i = 0; i < most; i += 1) {
        if (await isDone()) return;
        await bench.chain.mine(seconds);
        await sleep(60);
      }
      const keeper = bench.keepers.at(-1);
      const tail = keeper?.lines.slice(-12).map((line) => JSON.stringify(line)) ?? [];
      throw new Error(`not within ${most} blocks; ${keeper?.stderr() ?? ""}\n${tail.join("\n")}`);
    }

    it("tightens at once and by steps, calls whom a step makes callable, and loosens in the end", async () => {
      const account = await bench.world.open(1n, 0, etherFor(1.06), DEBT);
      await bench.chain.mine();
      const running = await start();
      expect(await weights()).to.deep.equal({ initialBps: 7_600, maintenanceBps: 8_020 });
      // A fall that leaves it at 1.0012.
      await bench.world.setPrice(0, 1_889);
      await bench.chain.mine();
      await mineUntil(async () => (await weights()).maintenanceBps < 8_020);
      expect(await weights()).to.deep.equal({ initialBps: 6_909, maintenanceBps: 7_995 });
      // A maintenance weight of 79.95 % makes 1.0012 times the debt 0.998 of it.
      await mineUntil(
        async () => (await readEventsNamed(bench.chain, bench.world, "MarginCallOpened")).length === 1,
      );
      expect(Number(await bench.world.vault.getFunction("statusOf").staticCall(account))).to.equal(
        Status.Called,
      );

      const poked = pokes(running).length;
      await mineUntil(async () => (await weights()).maintenanceBps === 7_970, 300);
      expect(pokes(running).length - poked, "no poke without a step or a round").to.be.at.most(2);

      // Two days of calm, a round an hour.
      for (let hour = 0; hour < 48; hour += 1) {
        await rounds(1, 0, HOUR);
        await sleep(40);
      }
      await mineUntil(async () => (await weights()).maintenanceBps === 8_020, 60);
      expect((await weights()).initialBps).to.be.at.least(7_590);
      expect(running.lines.filter(({ level }) => level === "error")).to.be.empty;
    });

    it("takes the ramps of a collateral without a gauge to their ends, step by step, and then rests", async () => {
      const [, { asset: other }] = await listed();
      const of = [bench.world.deployment.vault, other] as const;
      await govern(["setMaintenanceWeight", ...of, 7_965], ["setLiquidationWeight", ...of, 8_650]);
      // The first steps are the setters' own.
      expect(await termsOf(1)).to.include({ maintenanceBps: 7_995n, liquidationBps: 8_697n });
      const running = await start();
      const seen: string[] = [];
      const isThere = async () => {
        const { maintenanceBps, liquidationBps } = await termsOf(1);
        const both = `${maintenanceBps} ${liquidationBps}`;
        if (seen.at(-1) !== both) seen.push(both);
        return liquidationBps === 8_650n;
      };
      await mineUntil(isThere, HOUR / 2, 150);
      expect(seen).to.deep.equal(["7995 8697", "7970 8697", "7965 8697", "7965 8654", "7965 8650"]);
      // One in vain, for when the liquidation weight was last lowered was not known.
      const poked = pokes(running).length;
      expect(poked).to.be.within(4, 5);
      for (let i = 0; i < 6; i += 1) {
        await bench.chain.mine(HOUR);
        await sleep(60);
      }
      expect(pokes(running)).to.have.length(poked);
      expect(running.lines.filter(({ level }) => level === "error")).to.be.empty;
    });

    it("keeps a gauge that nothing changes within reach, and pokes no more than that", async () => {
      const running = await start({ pokeAfterRounds: 6 });
      const before = (await gauge.getFunction("measurement").staticCall()) as { roundId: bigint };
      await rounds(5, 0);
      for (let i = 0; i < 4; i += 1) {
        await bench.chain.mine(60);
        await sleep(80);
      }
      expect(pokes(running)).to.be.empty;
      await rounds(1, 0);
      await mineUntil(async () => {
        const now = (await gauge.getFunction("measurement").staticCall()) as { roundId: bigint };
        return now.roundId >= before.roundId + 6n;
      });
      for (let i = 0; i < 4; i += 1) {
        await bench.chain.mine(60);
        await sleep(80);
      }
      expect(pokes(running)).to.have.length(1);
    });

    it("has gas for as many rounds as a poke reads, and catches up with what is far behind", async () => {
      await rounds(80, 0, 12);
      const running = await start();
      await mineUntil(async () => {
        const now = (await gauge.getFunction("measurement").staticCall()) as { roundId: bigint };
        return now.roundId === 81n;
      });
      const mined = pokes(running);
      expect(mined).to.have.length(2);
      const gas = mined.map(({ gasUsed }) => Number(gasUsed));
      // 48 rounds and 32: what each takes has to stay far within what is allowed for it, and an aggregator is dearer.
      expect((gas[0]! - gas[1]!) / 16, gas.join()).to.be.within(5_000, 15_000);
    });
  });
});
