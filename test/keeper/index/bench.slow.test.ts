import { expect } from "chai";
import { CommanderError } from "commander";
import { describe, it } from "mocha";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { benchSize } from "../../../scripts/bench/keeper/benchSize.ts";
import { contractCheck } from "../../../scripts/bench/keeper/contractCheck.ts";
import { population } from "../../../scripts/bench/keeper/population.ts";
import { benchProgram, type BenchOptions } from "../../../scripts/bench/keeper/options.ts";
import { faultsOf, reportOf, tablesOf } from "../../../scripts/bench/keeper/report.ts";

async function parse(...args: string[]): Promise<BenchOptions> {
  let found: BenchOptions | undefined;
  const program = benchProgram((options) => {
    found = options;
    return Promise.resolve();
  }).configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  await program.parseAsync(["node", "bench", ...args]);
  return found!;
}

async function refusal(...args: string[]): Promise<string> {
  try {
    await parse(...args);
  } catch (error) {
    if (error instanceof CommanderError) return error.message;
    throw error;
  }
  return "nothing";
}

describe("npm run bench:keeper", () => {
  it("takes all sizes and seed 1 unless told otherwise", async () => {
    expect(await parse()).to.deep.equal({ seed: 1, thorough: false });
  });

  it("takes one size, a seed, a file and thoroughness", async () => {
    const json = join(tmpdir(), "bench.json");
    expect(await parse("--accounts", "20_000", "--seed", "7", "--json", json, "--thorough")).to.deep.equal({
      accounts: 20_000,
      seed: 7,
      json,
      thorough: true,
    });
  });

  it("refuses what it cannot use before anything starts", async () => {
    for (const value of ["0", "99", "1e3", "many", "-5", "4000001", "1000.5", ""]) {
      expect(await refusal("--accounts", value), value).to.contain("takes an integer");
    }
    expect(await refusal("--seed", "4294967296")).to.contain("takes an integer");
    expect(await refusal("--json", join(tmpdir(), "nowhere", "bench.json"))).to.contain("There is no folder");
    expect(await refusal("--json", tmpdir())).to.contain("is a folder");
    expect(await refusal("--acounts", "5")).to.contain("unknown option");
    expect(await refusal("5")).to.contain("too many arguments");
  });

  it("measures a thousand accounts, misses nobody, and writes what the issue asks for", async () => {
    const size = await benchSize({ accounts: 1_000, seed: 3, isThorough: false, say: () => undefined });
    const sizes = new Map([[1_000, size]]);
    const report = JSON.parse(JSON.stringify(reportOf(3, { sizes, crash: undefined }))) as ReturnType<
      typeof reportOf
    >;
    expect(report).to.have.all.keys("seed", "sizes", "crash");
    expect(report.crash, "no real chain was asked for").to.equal(null);
    expect(report.seed).to.equal(3);
    expect(report.sizes).to.have.all.keys("1000");
    const result = report.sizes["1000"]!;
    const times = [
      "calmP50Ms",
      "calmP99Ms",
      "crashP50Ms",
      "crashP99Ms",
      "coldMs",
      "warmMs",
      "rssMb",
    ] as const;
    expect(result).to.have.all.keys(...times, "idleRpc", "missed", "crossed");
    for (const name of times) expect(result[name], name).to.be.a("number").and.above(0);
    expect(result.calmP99Ms).to.be.at.least(result.calmP50Ms);
    expect(result.crashP99Ms).to.be.at.least(result.crashP50Ms);
    // What the lens sees and a nonce, from each of two endpoints; every eight blocks how far the other one is.
    expect(result.idleRpc).to.equal(3);
    expect(size.details.idle).to.deep.equal({
      blocks: 48,
      most: 3,
      mostUnproven: 3,
      averages: [2, 2.125],
      methods: { eth_call: 96, eth_getTransactionCount: 96, eth_getBlockByNumber: 6 },
    });
    expect(result.missed).to.equal(0);
    expect(result.crossed).to.be.above(100);
    // After the first judgement, the calm, four times in the crash, and the restart.
    expect(size.details.checks).to.equal(7);
    expect(size.details.mostCrossed).to.be.above(0);
  });

  it("compares scan and index with the contract along a crash", async () => {
    const check = await contractCheck(40, 5, () => undefined);
    expect(check).to.include({ accounts: 40, comparisons: 360, differences: 0 });
    expect(Object.keys(check.seen)).to.include.members(["Healthy", "Callable", "Called", "Critical"]);
    expect(check.callMs).to.be.above(0);
    expect(check.queryFilterRatio).to.be.above(0);
  });

  it("tells what is wrong from what is slow", () => {
    const contract = {
      accounts: 1,
      comparisons: 1,
      differences: 0,
      seen: { Healthy: 1 },
      callMs: 1,
      queryFilterRatio: 2,
    };
    const fine = {
      ...{ calmP50Ms: 1, calmP99Ms: 1, crashP50Ms: 1, crashP99Ms: 1, coldMs: 1, warmMs: 1, rssMb: 1 },
      ...{ idleRpc: 3, missed: 0, crossed: 1 },
    };
    const idle = { blocks: 1, most: 3, mostUnproven: 3, averages: [3, 2], methods: {} };
    const fineDetails = { scanMs: 1, checks: 1, mostCrossed: 1, idle };
    const fineCrash = {
      ...{ accounts: 20_000, blocks: 80, calls: 100, p50Blocks: 1, p99Blocks: 1, maxBlocks: 2, missed: 0 },
      ...{ overtaken: 0, liquidations: 5, mostCalls: 9, gasPerCallP50: 50_000, gasPerCallP99: 90_000 },
      ...{ callGas: 5_000_000, callTransactions: 20, blockMsP50: 3_000, keeperMsP50: 50, keeperMsMax: 90 },
      ...{ compared: 24_000, differences: 0, differencesAtEnd: 0, idleRpc: 2 },
    };
    const judge = (
      changes: Partial<typeof fine>,
      differences = 0,
      crashChanges?: Partial<typeof fineCrash>,
      details = fineDetails,
    ) => {
      const sizes = new Map([[1_000_000, { result: { ...fine, ...changes }, details }]]);
      const crash = crashChanges === undefined ? undefined : { ...fineCrash, ...crashChanges };
      const measured = { sizes, contract: { ...contract, differences }, crash };
      const tables = tablesOf(measured).join("\n");
      expect(tables).to.contain("1,000,000");
      const { most, mostUnproven } = details.idle;
      expect(tables).to.match(new RegExp(`1,000,000 +3\\.00 +2\\.00 +${most} +${mostUnproven} +3 `));
      expect(tables.includes("anvil is not installed")).to.equal(crash === undefined);
      return faultsOf(measured);
    };
    expect(judge({})).to.deep.equal({ wrong: [], slow: [] });
    for (const slow of [{ calmP99Ms: 3 }, { crashP99Ms: 26 }, { warmMs: 5_001 }, { rssMb: 401 }]) {
      expect(judge(slow).slow).to.have.length(1);
      expect(judge(slow).wrong).to.deep.equal([]);
    }
    for (const wrong of [{ missed: 1 }, { crossed: 0 }]) expect(judge(wrong).wrong).to.have.length(1);
    expect(judge({}, 1).wrong).to.have.length(1);
    for (const chatty of [{ most: 4 }, { mostUnproven: 4 }]) {
      const details = { ...fineDetails, idle: { ...idle, ...chatty } };
      expect(judge({}, 0, undefined, details).wrong).to.have.length(1);
    }
    expect(judge({}, 0, {})).to.deep.equal({ wrong: [], slow: [] });
    for (const late of [{ p50Blocks: 2 }, { p99Blocks: 2 }, { maxBlocks: 3 }]) {
      expect(judge({}, 0, late).slow).to.have.length(1);
      expect(judge({}, 0, late).wrong).to.deep.equal([]);
    }
    for (const wrong of [{ missed: 1 }, { calls: 0 }, { differences: 1 }, { differencesAtEnd: 1 }]) {
      expect(judge({}, 0, wrong).wrong).to.have.length(1);
    }
  });

  it("draws the population that the issue describes", () => {
    const accounts = [...population(5_000, 9)];
    const share = (of: (account: (typeof accounts)[number]) => boolean) => accounts.filter(of).length / 5_000;
    expect(share(({ holdings }) => holdings.length === 1)).to.be.within(0.67, 0.73);
    expect(accounts.every(({ holdings }) => holdings.length <= 4)).to.be.true;
    expect(new Set(accounts.flatMap(({ holdings }) => holdings.map((h) => h.number))).size).to.equal(8);
    expect(share(({ debtShares }) => debtShares > 0n)).to.be.within(0.93, 0.97);
    expect(share(({ call }) => call !== undefined)).to.be.within(0.002, 0.009);
    expect(new Set(accounts.map(({ id }) => id)).size).to.equal(5_000);
    expect([...population(50, 9)]).to.deep.equal(accounts.slice(0, 50));
    expect([...population(50, 8)]).to.not.deep.equal(accounts.slice(0, 50));
  });
});
