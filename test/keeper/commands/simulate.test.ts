import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { parseShocks, shockedPrices, simulateShocks } from "../../../keeper/commands/simulate.ts";
import { UserError } from "../../../keeper/errors.ts";
import { etherFor } from "../support/etherFor.ts";
import { runCommand } from "../support/runCommand.ts";
import { startViewBench, type ViewBench } from "../support/viewBench.ts";

const DEBT = 10_000n * 10n ** 6n;

describe("simulate", function () {
  this.timeout(60_000);
  let bench: ViewBench;

  before(async () => {
    bench = await startViewBench();
    for (const [i, health] of [1.06, 1.12, 1.3, 2].entries()) {
      await bench.world.open(BigInt(i + 1), 0, etherFor(health), DEBT);
    }
  });
  after(() => bench.close());

  const simulated = (text: string) =>
    bench.look((view) => simulateShocks(view, parseShocks(text, view.config.deployment)));

  it("says what a fall brings that then comes to pass", async () => {
    const { world, chain } = bench;
    const foreseen = await simulated("WETH=-15%");
    expect(foreseen.before).to.deep.equal({ Warned: 1, Healthy: 3 });
    expect(foreseen.after).to.deep.equal({ Callable: 1, Critical: 1, Healthy: 2 });
    expect(foreseen).to.deep.include({ insolvent: { count: 0, loss: 0n } });
    expect([foreseen.calls.count, foreseen.takes.count]).to.deep.equal([1, 1]);
    expect(foreseen.takes.gain > 0n && foreseen.takes.funds > foreseen.takes.gain).to.be.true;
    const snapshot = await chain.send<string>("evm_snapshot");
    await world.setPrice(0, 1_700);
    const come = await simulated("WETH=0%");
    expect(come.before).to.deep.equal(foreseen.after);
    expect(come.calls.count).to.equal(1);
    await chain.send("evm_revert", snapshot);
    await world.resetNonce();
  });

  it("counts what lenders lose, and that a rise saves everybody", async () => {
    const crash = await simulated("ETH=-90%");
    expect(crash.insolvent.count).to.equal(4);
    // Nine tenths of the worth of each is gone: two ether of health 2 are worth 2,494 at a tenth.
    const worth = [1.06, 1.12, 1.3, 2].map((health) => (etherFor(health) * 200n * 10n ** 6n) / 10n ** 18n);
    const loss = worth.reduce((sum, value) => sum + DEBT - value, 0n);
    expect(crash.insolvent.loss >= loss && crash.insolvent.loss < loss + 10n ** 6n).to.be.true;
    // Each debt is rounded up, and so is the share.
    expect(crash.shareBps >= 10_000n && crash.shareBps <= 10_001n).to.be.true;
    expect(await simulated("WETH=+50%")).to.deep.include({ after: { Healthy: 4 }, skipped: {} });
  });

  it("moves all prices when the quote moves", async () => {
    const half = await simulated("USDC=-50%");
    expect(half.after).to.deep.equal({ Healthy: 4 });
    const prices = { available: true, freshSet: 3, price36: [100n, 7n] };
    const quote = { number: undefined, symbol: "USDC", changeBps: -5_000n };
    expect(
      shockedPrices(prices, [{ number: 0, symbol: "A", changeBps: -1_000n }, quote]).price36,
    ).to.deep.equal([180n, 14n]);
  });

  it("C-66 refuses what is no shock, and suggests the symbol that was meant", async () => {
    const wrong = {
      WETH: "is no shock",
      "WETH=-101%": "more than 100 %",
      "WEHT=-3%": "did you mean WETH?",
      "X\u001b[31m=1%": "no asset X[31m",
    };
    await bench.look((view) => {
      for (const [text, says] of Object.entries(wrong)) {
        expect(() => parseShocks(text, view.config.deployment)).to.throw(UserError, says);
      }
    });
  });

  it("prints lines of a terminal, and JSON", async () => {
    const args = ["simulate", "--config", bench.written(), "--shock", "eth=-30%,wbtc=-12.5%"];
    const { stdout, code } = await runCommand(args);
    expect(code).to.equal(0);
    expect(stdout).to.contain("WETH -30 %, WBTC -12.5 %");
    for (const line of stdout.split("\n")) expect(line.length, line).to.be.at.most(100);
    const { stdout: json } = await runCommand([...args, "--json"]);
    expect(JSON.parse(json)).to.have.nested.property("shocks[1].changeBps", "-1250");
  });
});
