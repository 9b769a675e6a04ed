import { expect } from "chai";
import { describe, it } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import { ACCOUNTS_A_LOOK, paceOf } from "../../scripts/demo/replay/pace.ts";
import { readInput, type DemoInput } from "../../scripts/demo/input.ts";
import { demoProgram } from "../../scripts/demo/options.ts";

async function inputOf(...args: string[]): Promise<DemoInput | undefined> {
  let input: DemoInput | undefined;
  await demoProgram((options) => {
    input = readInput(options);
    return Promise.resolve();
  }).parseAsync(args, { from: "user" });
  return input;
}

describe("the pace of a machine", () => {
  it("is never faster than usual", async () => {
    expect(await paceOf(() => Promise.resolve(), ACCOUNTS_A_LOOK)).to.equal(1);
  });

  it("is how much longer the middle one of many looks takes, whatever single ones take", async () => {
    let looks = 0;
    const look = () => sleep(++looks % 5 === 0 ? 60 : 18);
    // 18 ms and more for ten accounts: 180 and more for a hundred, which take 90.
    const pace = await paceOf(look, ACCOUNTS_A_LOOK / 10);
    expect(pace >= 1.9 && pace < 6, String(pace)).to.be.true;
  });

  it("stretches the default crash, which is promised within 90 seconds, by a fifth at most", async () => {
    expect((await inputOf())?.slowestPace).to.equal(1.2);
    expect((await inputOf("--outage"))?.slowestPace).to.equal(1.2);
    expect((await inputOf("--crash", "black-thursday"))?.slowestPace).to.equal(3);
  });
});
