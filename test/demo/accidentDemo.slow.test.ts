import { expect } from "chai";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { CALM, folderWith, runDemo, type DemoRun } from "./support/runDemo.ts";

describe("the demo, with an accident", function () {
  this.timeout(180_000);
  let folder: ReturnType<typeof folderWith>;

  before(() => {
    folder = folderWith({ "calm.csv": CALM });
  });
  after(() => {
    folder.remove();
  });

  function runWith(...more: readonly string[]): Promise<DemoRun> {
    const prices = ["--prices", join(folder.path, "calm.csv"), "--accident"];
    return runDemo([...prices, "--accounts", "80", "--seed", "3", "--beat", "150", ...more], folder.path);
  }

  describe("and a keeper", () => {
    let run: DemoRun;
    before(async () => {
      run = await runWith();
    });

    it("calls accounts that are well at the true price, and sells not one of them", () => {
      expect(run.code, run.output).to.equal(0);
      const accident = run.report?.accident;
      if (accident === undefined) throw new Error(run.output);
      expect(accident.called).to.be.greaterThan(1);
      expect(accident.recovered + accident.cured).to.equal(accident.called);
      expect(accident.liquidated).to.be.empty;
      expect(accident.open).to.be.empty;
    });

    it("ends well otherwise, and tightens weights as prices move", () => {
      expect(run.report?.missed).to.equal(0);
      expect(run.report?.problems).to.be.empty;
      expect(Object.values(run.report?.conservation ?? {}).map(BigInt)).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
      const [first, , calm] = run.report?.weights ?? [];
      expect(first?.least.initialBps).to.equal(6_909);
      expect(first?.least.maintenanceBps).to.be.within(7_970, 7_995);
      expect(calm?.least).to.deep.equal(calm?.first);
    });

    it("tells of it while it runs, in the closing table and on the page", () => {
      const called = run.report?.accident?.called ?? 0;
      for (const words of [
        /WETH's feed answers 3 % too low until/,
        new RegExp(`WETH's feed is right again: ${called} called who were well`),
        /all these calls have ended: \d+ recovered, \d+ cured/,
        /first feed too low +by 3 % for 1,200 s/,
        new RegExp(`well at the true price +${called} called, .* 0 liquidated`),
        /weights of WETH +76\.00 \/ 80\.20 % at first/,
      ]) {
        expect(run.output).to.match(words);
      }
      expect(run.page.match(/class="outage accident"/g)).to.have.length(2 * 3);
    });
  });

  it("is not good when it called nobody: without a keeper it has shown nothing", async () => {
    const run = await runWith("--keeper", "off");
    expect(run.code, run.output).to.equal(1);
    expect(run.report?.problems).to.include("The accident called nobody who was well at the true price.");
    expect(run.report?.accident?.called).to.equal(0);
  });

  it("asks for other prices where these are never calm", async () => {
    const args = ["--crash", "black-thursday", "--prices", join(folder.path, "none.csv"), "--accident"];
    const falling = folderWith({
      "none.csv": "timestamp_utc_seconds,price\n1700000000,2000\n1700000600,1900\n1700003600,1800\n",
    });
    const run = await runDemo(args.with(3, join(falling.path, "none.csv")), falling.path);
    falling.remove();
    expect(run.code, run.output).to.equal(2);
    expect(run.output).to.match(/--accident: there are no 27 minutes/);
  });
});
