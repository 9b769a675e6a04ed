import { expect } from "chai";
import { marginalProceeds, runningSums } from "../../keeper/policy/funding.ts";
import { ask } from "../../keeper/sources/probe.ts";
import { purchaseQuotesProbe, saleQuotesProbe } from "../../keeper/sources/swapQuote.ts";
import { encodeSwapPath, Sale, type SwapRoute } from "../../sdk/flashLiquidator.ts";
import type { MockERC20 } from "../../types/index.ts";
import {
  addPool,
  expiredAccount,
  loadFlashWorld,
  orderOf,
  sidesAt,
  take,
  type FlashWorld,
  type TakenEvent,
} from "../periphery/support/flashWorld.ts";
import { createPool, FEE, sell } from "../periphery/support/uniswap.ts";
import { eventOf } from "../vault/support/events.ts";
import { deploy } from "../vault/support/world.ts";
import { rpcOf } from "./support/worldRpc.ts";

const UNIT = 10n ** 18n;

async function headOf({ w }: FlashWorld): Promise<{ number: number; hash: string }> {
  const block = await w.ethers.provider.getBlock("latest");
  return { number: block!.number, hash: block!.hash! };
}

function routeOf({ w }: FlashWorld, fee: number = FEE.medium): SwapRoute {
  return { from: w.collaterals[0]!.address, hops: [{ fee, to: w.quoteAddress }] };
}

async function salesOf(f: FlashWorld, amounts: readonly bigint[], route = routeOf(f)) {
  const questions = amounts.map((amount) => ({ route, amount }));
  const [quotes] = await ask(rpcOf(f), saleQuotesProbe(f.u.quoterAddress, questions, await headOf(f)));
  return quotes;
}

async function purchasesOf(f: FlashWorld, amounts: readonly bigint[], route = routeOf(f)) {
  const questions = amounts.map((amount) => ({ route, amount }));
  const [quotes] = await ask(rpcOf(f), purchaseQuotesProbe(f.u.quoterAddress, questions, await headOf(f)));
  return quotes;
}

/** ETH to a token of 12 decimals to the quote. */
async function bridgedRoute(f: FlashWorld): Promise<SwapRoute> {
  const bridge = await deploy<MockERC20>(f.w.ethers, "MockERC20", ["Bridge", "BRI", 12]);
  await bridge.mint(f.w.stranger, 10n ** 24n);
  const [asset, quote] = await sidesAt(f, 0, 1_000n);
  const middle = [await bridge.getAddress(), 10n ** 18n] as const;
  await createPool(f.u, f.w.stranger, FEE.low, asset, middle);
  await createPool(f.u, f.w.stranger, FEE.medium, middle, quote);
  const hops = [
    { fee: FEE.low, to: middle[0] },
    { fee: FEE.medium, to: quote[0] },
  ];
  return { from: asset[0], hops };
}

describe("quotes of swaps", () => {
  for (const [what, routed] of Object.entries({
    "one pool": async (f: FlashWorld) => {
      await addPool(f, 0, 1_000n);
      return routeOf(f);
    },
    "two pools": bridgedRoute,
  })) {
    it(`are what a take in the same block gets, to the base unit, over ${what}`, async () => {
      const f = await loadFlashWorld();
      const { w, liquidator, lane } = f;
      const id = await expiredAccount(f);
      const route = await routed(f);
      const order = orderOf(f, id, 0, { path: encodeSwapPath(route) });
      const expected = await liquidator.connect(lane).take.staticCall(order);
      const [sale] = await salesOf(f, [expected.seized], route);
      const [purchase] = await purchasesOf(f, [expected.payment], route);
      expect(sale!.amount).to.equal(expected.payment + expected.profit);
      const { seized, kept } = await liquidator.connect(lane).take.staticCall({
        ...order,
        sale: Sale.Payment,
      });
      expect(purchase!.amount).to.equal(seized - kept);
      const { profit } = (await eventOf(take(f, order), liquidator, "Taken")) as unknown as TakenEvent;
      expect(profit).to.be.closeTo(sale!.amount - expected.payment, w.usd(1n));
      for (const { gas } of [sale!, purchase!]) expect(gas).to.be.within(40_000n, 400_000n);
    });
  }

  it("come in one request, in the order they were asked for, nothing for nothing", async () => {
    const f = await loadFlashWorld();
    await addPool(f, 0, 1_000n);
    const quotes = await salesOf(f, [0n, UNIT, 0n, 3n * UNIT, UNIT]);
    expect(quotes.map((quote) => quote!.amount === 0n)).to.deep.equal([true, false, true, false, false]);
    expect(quotes[4]).to.deep.equal(quotes[1]);
    expect(quotes[3]!.amount).to.be.lessThan(3n * quotes[1]!.amount);
    expect(await purchasesOf(f, [0n])).to.deep.equal([{ amount: 0n, gas: 0n }]);
  });

  it("of running sums give what each of several sales adds", async () => {
    const f = await loadFlashWorld();
    const { w } = f;
    await addPool(f, 0, 1_000n);
    const amounts = [5n * UNIT, 2n * UNIT, 9n * UNIT];
    const quotes = await salesOf(f, runningSums(amounts));
    const marginal = marginalProceeds(quotes.map((quote) => quote?.amount));
    // The real thing: the same sales, one after the other.
    for (const [i, amount] of amounts.entries()) {
      const before = await w.quote.balanceOf(w.lender);
      await sell(f.u, w.lender, FEE.medium, [w.collaterals[0]!.address, amount], w.quoteAddress);
      expect((await w.quote.balanceOf(w.lender)) - before).to.be.closeTo(marginal[i]!, 2n);
    }
  });

  it("are undefined where there is no pool, no quoter, or a pool that runs out", async () => {
    const f = await loadFlashWorld();
    const { w } = f;
    await createPool(f.u, w.stranger, FEE.medium, ...(await sidesAt(f, 0, 1n)), 60);
    const [little, much] = await salesOf(f, [UNIT / 2n, 5n * UNIT]);
    expect(little!.amount).to.be.greaterThan(0n);
    expect(much).to.equal(undefined);
    const [cheap, dear] = await purchasesOf(f, [w.usd(100n), w.usd(10_000n)]);
    expect(cheap!.amount).to.be.greaterThan(0n);
    expect(dear).to.equal(undefined);
    expect(await salesOf(f, [UNIT], routeOf(f, FEE.high))).to.deep.equal([undefined]);
    expect(await purchasesOf(f, [w.usd(1n)], routeOf(f, FEE.high))).to.deep.equal([undefined]);
    const nowhere = { ...f, u: { ...f.u, quoterAddress: w.stranger.address } };
    expect(await salesOf(nowhere, [UNIT])).to.deep.equal([undefined]);
  });

  it("are undefined when a pool runs out at the upper end as well", async () => {
    const f = await loadFlashWorld();
    const { w } = f;
    await createPool(f.u, w.stranger, FEE.medium, ...(await sidesAt(f, 0, 1n)), 60);
    const route = { from: w.quoteAddress, hops: [{ fee: FEE.medium, to: w.collaterals[0]!.address }] };
    const [little, much] = await salesOf(f, [w.usd(100n), w.usd(10_000n)], route);
    expect(little!.amount).to.be.greaterThan(0n);
    expect(much).to.equal(undefined);
  });

  it("ask the state of the block that is named, by its hash", async () => {
    const f = await loadFlashWorld();
    const { w } = f;
    await addPool(f, 0, 1_000n);
    const at = await headOf(f);
    const probe = saleQuotesProbe(f.u.quoterAddress, [{ route: routeOf(f), amount: UNIT }], at);
    const [before] = await ask(rpcOf(f), probe);
    await sell(f.u, w.lender, FEE.medium, [w.collaterals[0]!.address, 100n * UNIT], w.quoteAddress);
    const [same] = await ask(rpcOf(f), probe);
    expect(same[0]!.amount).to.equal(before[0]!.amount);
    expect((await salesOf(f, [UNIT]))[0]!.amount).to.be.lessThan(before[0]!.amount);
  });
});
