import { expect } from "chai";
import { describe, it } from "mocha";
import { Status } from "../../../sdk/vaultTypes.ts";
import { CallWatch } from "../../../scripts/bench/keeper/crash/callWatch.ts";
import { crashBench } from "../../../scripts/bench/keeper/crash/crashBench.ts";
import { crashPrices } from "../../../scripts/bench/keeper/crash/crashPrices.ts";
import { BENCH_COLLATERALS } from "../../../scripts/bench/keeper/market.ts";
import { anvilProgram } from "../../../scripts/bench/keeper/node/anvil.ts";

const { Healthy, Callable, Called, Critical } = Status;

/** chai's own `closeTo` wants integers once the matchers for big numbers are loaded. */
function expectNear(value: number, target: number, within: number): void {
  expect(Math.abs(value - target) <= within, `${value} is not near ${target}`).to.be.true;
}

describe("npm run bench:keeper, the crash", () => {
  describe("counting blocks from price to call", () => {
    const after = (...blocks: (readonly [statuses: readonly number[], called?: readonly number[]])[]) => {
      const watch = new CallWatch();
      for (const [block, [statuses, called = []]] of blocks.entries()) {
        watch.seen(block, Uint8Array.from(statuses), called);
      }
      return watch.countsAt(blocks.length - 1);
    };

    it("counts from the block after which an account can be called to the one in which it is", () => {
      const { lags, missed, overtaken } = after(
        [[Callable, Healthy, Healthy]],
        [[Called, Callable, Healthy], [0]],
        [[Called, Callable, Called], [2]],
        [[Called, Called, Called], [1]],
      );
      expect(lags).to.deep.equal([0, 1, 2]);
      expect({ missed, overtaken }).to.deep.equal({ missed: 0, overtaken: 0 });
    });

    it("has missed whoever is still waiting after more than a block", () => {
      expect(after([[Callable]], [[Callable]])).to.deep.equal({ lags: [], missed: 0, overtaken: 0 });
      expect(after([[Callable]], [[Callable]], [[Callable]])).to.deep.include({ lags: [], missed: 1 });
    });

    it("has missed whoever waited for more than a block until the price ended it, and not whom the next price overtook", () => {
      expect(after([[Callable]], [[Critical]])).to.deep.equal({ lags: [], missed: 0, overtaken: 1 });
      expect(after([[Callable]], [[Callable]], [[Critical]])).to.deep.equal({
        lags: [],
        missed: 1,
        overtaken: 0,
      });
      expect(after([[Callable]], [[Callable]], [[Healthy]])).to.deep.equal({
        lags: [],
        missed: 1,
        overtaken: 0,
      });
    });

    it("counts anew for whoever can be called again", () => {
      const { lags } = after(
        [[Callable]],
        [[Called], [0]],
        [[Healthy]],
        [[Callable]],
        [[Callable]],
        [[Called], [0]],
      );
      expect(lags).to.deep.equal([1, 2]);
    });
  });

  describe("prices", () => {
    it("are those of the flash crash as it was recorded, every 12 s, and then a market's that falls on", () => {
      const prices = crashPrices(1, 40);
      expect(prices).to.have.length(76);
      expect(prices[0]).to.deep.equal(BENCH_COLLATERALS.map(({ price }) => price));
      const weth = prices.map(([price]) => price!);
      const wbtc = prices.map(([, price]) => price!);
      // Recorded: 1705.06 to 1557.996 for ether, 27380.47 to 25543.98 for bitcoin.
      expectNear(Math.min(...weth.slice(0, 36)), 2_000 * (1557.99625094 / 1705.05976), 1e-6);
      expectNear(Math.min(...wbtc.slice(0, 36)), 60_000 * (25543.98 / 27380.465225), 1e-6);
      for (const [i, price] of weth.slice(36).entries()) expect(price < weth[35 + i]!, String(i)).to.be.true;
      expectNear(weth.at(-1)! / weth[35]!, 0.825, 0.075);
      expect(crashPrices(1, 40)).to.deep.equal(prices);
      expect(crashPrices(2, 40).slice(0, 36)).to.deep.equal(prices.slice(0, 36));
      expect(crashPrices(2, 40).at(-1)).to.not.deep.equal(prices.at(-1));
    });
  });

  // Where npm has no anvil, the bench says so and leaves this part out.
  if (anvilProgram() !== undefined) {
    it("takes anvil through a fall with a real keeper: nobody is missed, mirror and contract agree", async () => {
      const prices = Array.from({ length: 10 }, (_, i) =>
        BENCH_COLLATERALS.map(({ price }) => price * 0.98 ** i),
      );
      const result = await crashBench(anvilProgram()!, {
        ...{ accounts: 150, seed: 4, prices, blockMs: 500 },
        say: () => undefined,
      });
      expect(result).to.deep.include({
        accounts: 150,
        blocks: 14,
        missed: 0,
        differences: 0,
        differencesAtEnd: 0,
      });
      expect(result.calls).to.be.above(10);
      expect(result.p50Blocks).to.equal(1);
      expect(result.mostCalls).to.be.within(2, result.calls);
      // Everybody in the first block, before it and in each of the 14: as many as there are.
      expect(result.compared).to.equal(15 * 150);
      expect(result.gasPerCallP50).to.be.within(40_000, 300_000);
      expect(result.callGas).to.be.at.least(result.calls * 40_000);
      expect(result.idleRpc).to.be.within(1, 3);
    });
  }
});
