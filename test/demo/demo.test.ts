import { expect } from "chai";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { folderWith, runDemo, SHORT_CRASH, type DemoReport, type DemoRun } from "./support/runDemo.ts";

const WAD = 10n ** 18n;

describe("the demo, on a short crash", function () {
  this.timeout(60_000);
  let folder: ReturnType<typeof folderWith>;
  let run: DemoRun;
  let report: DemoReport;

  before(async () => {
    folder = folderWith({ "prices.csv": SHORT_CRASH });
    const prices = join(folder.path, "prices.csv");
    run = await runDemo(
      ["--prices", prices, "--accounts", "30", "--seed", "7", "--beat", "120"],
      folder.path,
    );
    if (run.report === undefined) throw new Error(run.output);
    report = run.report;
  });
  after(() => {
    folder.remove();
  });

  it("ends well: nothing missed, every token accounted for", () => {
    expect(run.code, run.output).to.equal(0);
    expect(report.missed).to.equal(0);
    expect(Object.values(report.conservation).map(BigInt)).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
    expect(report.conservation).to.have.all.keys("USDC", "WETH", "WBTC", "DAI", "tUSDC");
  });

  it("reports the prices it was given", () => {
    expect(report.prices).to.deep.equal({ points: 9, rounds: 9, first: 2000, low: 1830, last: 1890 });
  });

  it("reports calls that add up", () => {
    const { opened, cured, recovered, expired, lapsed } = report.calls;
    expect(opened).to.be.greaterThan(0);
    expect(cured + recovered).to.be.at.most(opened);
    expect(expired).to.be.at.most(opened);
    expect(lapsed).to.be.at.most(expired);
  });

  it("counts latency in blocks, from callable to called", () => {
    const { p50, p99, max } = report.latencyBlocks;
    expect(p50).to.be.at.least(1);
    expect(max).to.be.at.most(3);
    expect([p50, p99, max]).to.deep.equal([p50, p99, max].sort((a, b) => a - b));
  });

  it("takes twenty snapshots from which every health factor can be computed again", () => {
    expect(report.snapshots).to.have.length(20);
    for (const { accounts } of report.snapshots) {
      expect(accounts).to.have.length(30);
      for (const { debt, healthWad, legs } of accounts) {
        const weighted = legs.reduce(
          (sum, { amount, price36, maintenanceBps }) =>
            sum + ((BigInt(amount!) * BigInt(price36!)) / 10n ** 36n) * BigInt(maintenanceBps!),
          0n,
        );
        if (BigInt(debt) === 0n) continue;
        expect(BigInt(healthWad)).to.equal(((weighted / 10_000n) * WAD) / BigInt(debt));
      }
    }
  });

  it("begins with health factors from 1.02 to 3", () => {
    const healths = report.snapshots[0]!.accounts.map(({ healthWad }) => Number(BigInt(healthWad)) / 1e18);
    expect(Math.min(...healths)).to.be.within(1.02, 1.05);
    expect(Math.max(...healths)).to.be.within(2, 3.01);
  });

  it("writes a page that loads nothing from anywhere", () => {
    expect(run.page).to.match(/^<!doctype html>/i);
    expect(run.page).not.to.match(/(src|href)\s*=\s*["']?https?:/i);
  });

  it("says nothing of an outage when there was none", () => {
    expect(report).not.to.have.property("outage");
    expect(run.output).not.to.match(/sequencer|silent/);
    expect(run.page).not.to.include('class="outage');
  });

  it("nor of an accident; weights of volatile collaterals follow prices, and the calm one's stand still", () => {
    expect(report).not.to.have.property("accident");
    expect(run.output).not.to.include("too low");
    const [first, second, calm] = report.weights;
    expect(first!.least.initialBps).to.be.lessThan(first!.first.initialBps);
    expect(second!.least.initialBps).to.be.lessThan(second!.first.initialBps);
    expect(first!.first.maintenanceBps - first!.least.maintenanceBps).to.be.within(0, 75);
    expect(calm!.last).to.deep.equal(calm!.first);
  });

  it("shows the closing table", () => {
    for (const label of [
      "calls opened",
      "cured",
      "recovered by prices",
      "expired",
      "liquidated",
      "average penalty, responded",
      "average penalty, did nothing",
      "keeper's income",
      "insurance",
      "bad debt",
      "lenders' result",
    ]) {
      expect(run.output).to.include(label);
    }
  });
});
