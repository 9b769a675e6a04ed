import { expect } from "chai";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { CLIFF, folderWith, RISE, runDemo, type DemoRun } from "./support/runDemo.ts";

describe("the demo, with an outage", function () {
  this.timeout(120_000);
  let folder: ReturnType<typeof folderWith>;

  before(() => {
    folder = folderWith({ "cliff.csv": CLIFF, "rise.csv": RISE });
  });
  after(() => {
    folder.remove();
  });

  function runOn(file: string, accounts: number): Promise<DemoRun> {
    const prices = ["--prices", join(folder.path, file), "--outage"];
    return runDemo([...prices, "--accounts", String(accounts), "--seed", "7", "--beat", "120"], folder.path);
  }

  describe("on a cliff", () => {
    let run: DemoRun;
    before(async () => {
      run = await runOn("cliff.csv", 25);
    });

    it("ends well: nothing missed, every token accounted for, every status as the check has it (I-22, C-28)", () => {
      expect(run.code, run.output).to.equal(0);
      expect(run.report?.missed).to.equal(0);
      expect(run.report?.problems).to.be.empty;
      expect(Object.values(run.report?.conservation ?? {}).map(BigInt)).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
    });

    it("reports when what failed, and how many deadlines that met", () => {
      const outage = run.report?.outage;
      if (outage === undefined) throw new Error(run.output);
      expect(outage.feedUntil - outage.feedFrom).to.equal(360 + 5_400);
      expect(outage.sequencerUntil - outage.sequencerFrom).to.equal(2_700);
      expect(outage.sequencerFrom).to.be.greaterThan(outage.feedFrom);
      expect(outage.sequencerUntil).to.be.lessThan(outage.feedUntil);
      expect(outage.protectedDeadlines).to.be.greaterThan(0);
    });

    it("tells of it while it runs and in the closing table", () => {
      const protectedDeadlines = run.report?.outage?.protectedDeadlines ?? 0;
      for (const words of [
        "WETH's feed falls silent",
        "WETH's price is stale",
        "the sequencer is down, no block for 2,700 s",
        `the sequencer is up again: ${protectedDeadlines} deadlines fell into it`,
        "WETH's feed answers again",
        /first feed silent +5,760 s/,
        /sequencer down +2,700 s, liquidations during it 0/,
        new RegExp(`deadlines protected +${protectedDeadlines}, liquidated before the grace after it 0`),
      ]) {
        expect(run.output).to.match(words instanceof RegExp ? words : new RegExp(words));
      }
    });

    it("shades it in the charts of prices, health and calls, with names", () => {
      // Each chart twice, for screens and phones; of the second collateral the sequencer's alone.
      expect(run.page.match(/class="outage feed"/g)).to.have.length(2 * 3);
      expect(run.page.match(/class="outage sequencer"/g)).to.have.length(2 * 4);
      expect(run.page.match(/zone-name"[^>]*>sequencer down</g)).to.have.length(2 * 4);
    });
  });

  it("where no price opens a call: it comes all the same, and the screen says that there is none", async () => {
    const { code, report, output } = await runOn("rise.csv", 5);
    expect(code, output).to.equal(0);
    expect(report?.calls.opened).to.equal(0);
    expect(report?.outage?.protectedDeadlines).to.equal(0);
    expect(output).to.include("no call is open: these prices have opened none");
    expect(output).to.include("the sequencer is up again");
  });
});
