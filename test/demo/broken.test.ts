import { expect } from "chai";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { folderWith, runDemo, SHORT_CRASH } from "./support/runDemo.ts";

describe("the demo, with something broken", function () {
  this.timeout(60_000);
  let folder: ReturnType<typeof folderWith>;
  let short: string[];

  before(() => {
    folder = folderWith({ "prices.csv": SHORT_CRASH });
    short = ["--prices", join(folder.path, "prices.csv"), "--accounts", "20", "--beat", "50"];
  });
  after(() => {
    folder.remove();
  });

  it("given no keeper: accounts are missed and the demo says so", async () => {
    const { code, report, output } = await runDemo([...short, "--keeper", "off"], folder.path);
    expect(code, output).to.equal(1);
    expect(report?.missed).to.be.greaterThan(0);
    expect(report?.calls.opened).to.equal(0);
  });

  it("given a slow keeper: accounts are missed although they are called in the end", async () => {
    const { code, report, output } = await runDemo([...short, "--keeper", "slow"], folder.path);
    expect(code, output).to.equal(1);
    expect(report?.missed).to.be.greaterThan(0);
    expect(report?.calls.opened).to.be.greaterThan(0);
  });

  it("given tokens that vanish from the vault: conservation is off by what vanished, and nothing else is", async () => {
    const { code, report, output } = await runDemo(
      [...short, "--beat", "120", "--fault", "ledger"],
      folder.path,
    );
    expect(code, output).to.equal(1);
    const { WETH = 0, ...others } = report?.conservation ?? {};
    expect(BigInt(WETH)).not.to.equal(0n);
    expect(Object.values(others).map(BigInt)).to.deep.equal([0n, 0n, 0n, 0n]);
    expect(report?.missed).to.equal(0);
  });
});
