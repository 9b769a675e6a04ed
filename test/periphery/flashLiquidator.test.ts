import { expect } from "chai";
import { Sale } from "../../sdk/flashLiquidator.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { atNext, now } from "../vault/support/clock.ts";
import { eventOf, eventsOf } from "../vault/support/events.ts";
import { openPosition, setLiquidationValue, setPrice } from "../vault/support/position.ts";
import { stateOf } from "../vault/support/state.ts";
import { deploy, DECIMAL_PAIRS, MAX_UINT } from "../vault/support/world.ts";
import type { MockERC20 } from "../../types/index.ts";
import {
  addPool,
  balancesOf,
  expiredAccount,
  expiredAccounts,
  GAS_PER_TAKE,
  loadFlashWorld,
  nameOf,
  orderOf,
  outcomesOf,
  pathOf,
  sidesAt,
  take,
  takeMany,
  type FlashWorld,
  type TakenEvent,
} from "./support/flashWorld.ts";
import { createPool, FEE } from "./support/uniswap.ts";

/** Runs `act` on a chain that is put back afterwards, the next block always at the same time. */
async function tried<T>({ w }: FlashWorld, time: bigint, act: () => Promise<T>): Promise<T> {
  const snapshot = await w.helpers.takeSnapshot();
  await atNext(w, time);
  const result = await act();
  await snapshot.restore();
  return result;
}

async function takenOf(f: FlashWorld, transaction: ReturnType<typeof take>): Promise<TakenEvent> {
  return (await eventOf(transaction, f.liquidator, "Taken")) as unknown as TakenEvent;
}

/** ETH and BTC of equal worth against 60,000, at the price of the day. */
async function mixedAccount({ w }: FlashWorld) {
  const amounts = [20n * w.collaterals[0]!.unit, (4n * w.collaterals[1]!.unit) / 3n];
  return openPosition(w, { amounts, debt: w.usd(60_000n) });
}

describe("FlashLiquidator: one take", () => {
  for (const [quoteDecimals, collateralDecimals] of DECIMAL_PAIRS) {
    describe(`with ${quoteDecimals} decimals of quote and ${collateralDecimals} of collateral`, () => {
      it("pays the vault out of what it sells, and the recipient the rest (I-28)", async () => {
        const f = await loadFlashWorld({ quoteDecimals, collateralDecimals });
        const { w, u, liquidator, lane, recipient, liquidatorAddress } = f;
        const id = await expiredAccount(f);
        await addPool(f);
        const order = orderOf(f, id);
        const expected = await liquidator.connect(lane).take.staticCall(order);
        const [proceeds] = await u.quoter.quoteExactInput.staticCall(order.path, expected.seized);

        const transaction = take(f, order);
        const { notice } = (await eventOf(transaction, w.vault, "Liquidated")) as {
          notice: { repaid: bigint; insured: bigint; seized: bigint };
        };
        const payment = notice.repaid + notice.insured;
        const profit = proceeds - payment;
        expect(profit).to.be.greaterThan(w.usd(150n));
        expect(await eventOf(transaction, liquidator, "Taken")).to.deep.equal({
          account: id,
          asset: order.asset,
          keeper: lane.address,
          payment,
          seized: notice.seized,
          profit,
          kept: 0n,
          recipient: recipient.address,
        });
        await expect(transaction).to.changeTokenBalances(
          w.ethers,
          w.quote,
          [w.vault, recipient, liquidator, lane, w.trader],
          [payment, profit, 0n, 0n, 0n],
        );
        await expect(transaction).to.changeTokenBalances(
          w.ethers,
          w.collaterals[0]!.token,
          [w.vault, recipient, liquidator, lane],
          [-notice.seized, 0n, 0n, 0n],
        );
        expect(await balancesOf(f, liquidatorAddress)).to.deep.equal([0n, 0n, 0n]);
      });

      it("sells only what the payment costs when it is told to, and keeps the rest as collateral", async () => {
        const f = await loadFlashWorld({ quoteDecimals, collateralDecimals });
        const { w, liquidator, recipient, liquidatorAddress } = f;
        const id = await expiredAccount(f);
        await addPool(f);
        const transaction = take(f, orderOf(f, id, 0, { sale: Sale.Payment }));
        const { payment, seized, profit, kept } = await takenOf(f, transaction);
        expect(profit).to.equal(0n);
        const { price36 } = await w.oracle.price(w.collaterals[0]!.address);
        const keptWorth = (kept * price36) / 10n ** 36n;
        expect(keptWorth).to.be.greaterThan(w.usd(150n));
        await expect(transaction).to.changeTokenBalances(
          w.ethers,
          w.quote,
          [w.vault, recipient, liquidator],
          [payment, 0n, 0n],
        );
        await expect(transaction).to.changeTokenBalances(
          w.ethers,
          w.collaterals[0]!.token,
          [w.vault, recipient, liquidator],
          [-seized, kept, 0n],
        );
        expect(await balancesOf(f, liquidatorAddress)).to.deep.equal([0n, 0n, 0n]);
      });
    });
  }

  it("leaves no approval (K-20)", async () => {
    const f = await loadFlashWorld();
    const { w, liquidator } = f;
    const id = await expiredAccount(f);
    await addPool(f);
    const transaction = await take(f, orderOf(f, id));
    const approvals = await eventsOf(transaction, w.quote, "Approval");
    expect(approvals.some(({ owner }) => owner === f.liquidatorAddress)).to.equal(true);
    expect(await w.quote.allowance(liquidator, w.vault)).to.equal(0n);
    expect(await w.collaterals[0]!.token.allowance(liquidator, w.vault)).to.equal(0n);
  });

  describe("given a path over two pools", () => {
    /** A token whose address is below or above those of collateral and quote: a pool's token 0 is the lower one. */
    async function bridgeThatIs(f: FlashWorld, order: "below" | "above"): Promise<MockERC20> {
      const others = [f.w.collaterals[0]!.address, f.w.quoteAddress].map(BigInt);
      for (;;) {
        const bridge = await deploy<MockERC20>(f.w.ethers, "MockERC20", ["Bridge", "BRI", 12]);
        const address = BigInt(await bridge.getAddress());
        if (others.every((other) => (order === "below" ? address < other : address > other))) return bridge;
      }
    }

    async function bridged(order: "below" | "above", units = 100_000n) {
      const f = await loadFlashWorld();
      const { w } = f;
      const id = await expiredAccount(f);
      const bridge = await bridgeThatIs(f, order);
      await bridge.mint(w.stranger, 10n ** 24n);
      const address = await bridge.getAddress();
      const [asset, quote] = await sidesAt(f, 0, units);
      const middle = [address, 10n ** 20n] as const;
      await createPool(f.u, w.stranger, FEE.low, asset, middle);
      await createPool(f.u, w.stranger, FEE.medium, middle, quote);
      const path = pathOf([asset[0], address, quote[0]], [FEE.low, FEE.medium]);
      return { f, id, path, bridge };
    }

    for (const order of ["below", "above"] as const) {
      it(`sells all through both and leaves nothing on the way, its token ${order} the others`, async () => {
        const { f, id, path, bridge } = await bridged(order);
        const { profit, kept } = await takenOf(f, take(f, orderOf(f, id, 0, { path })));
        expect(profit).to.be.greaterThan(f.w.usd(150n));
        expect(kept).to.equal(0n);
        expect(await bridge.balanceOf(f.liquidator)).to.equal(0n);
        expect(await balancesOf(f, f.liquidatorAddress)).to.deep.equal([0n, 0n, 0n]);
      });

      it(`sells for the payment through both and keeps the rest, its token ${order} the others`, async () => {
        const { f, id, path, bridge } = await bridged(order);
        const sale = Sale.Payment;
        const { profit, kept, seized } = await takenOf(f, take(f, orderOf(f, id, 0, { path, sale })));
        expect(profit).to.equal(0n);
        expect(kept).to.be.greaterThan(seized / 25n);
        expect(await bridge.balanceOf(f.liquidator)).to.equal(0n);
        expect(await balancesOf(f, f.liquidatorAddress)).to.deep.equal([0n, 0n, 0n]);
      });

      it(`cannot sell more than was seized, whatever is left there, its token ${order} the others`, async () => {
        const { f, id, path } = await bridged(order, 10n);
        const { token, unit } = f.w.collaterals[0]!;
        await token.mint(f.liquidator, 100n * unit);
        await expect(take(f, orderOf(f, id, 0, { path, sale: Sale.Payment }))).to.be.revertedWithCustomError(
          f.liquidator,
          "SaleTooDear",
        );
      });
    }
  });

  describe("given a critical account", () => {
    it("takes it at once, without a call", async () => {
      const f = await loadFlashWorld();
      const { w } = f;
      const id = await openPosition(w, { amounts: [10n * w.collaterals[0]!.unit], debt: w.usd(15_000n) });
      await setLiquidationValue(w, id, w.usd(14_600n));
      await addPool(f);
      const transaction = take(f, orderOf(f, id));
      const { notice } = (await eventOf(transaction, w.vault, "Liquidated")) as {
        notice: { status: bigint };
      };
      expect(notice.status).to.equal(BigInt(Status.Critical));
      expect((await takenOf(f, transaction)).profit).to.be.greaterThan(w.usd(100n));
    });
  });

  for (const [status, eth, btc, left] of [
    ["Critical", "1500", "24000", 2n],
    ["Insolvent", "1400", "22000", 0n],
  ] as const) {
    describe(`given an account of two collaterals that is ${status}`, () => {
      it("takes both in one batch, each by its own path", async () => {
        const f = await loadFlashWorld();
        const { w } = f;
        const id = await mixedAccount(f);
        await setPrice(w.collaterals[0]!, eth);
        await setPrice(w.collaterals[1]!, btc);
        expect(await w.vault.statusOf(id)).to.equal(Status[status]);
        await addPool(f, 0);
        await addPool(f, 1, 10_000n);
        const transaction = await takeMany(f, [orderOf(f, id, 0), orderOf(f, id, 1)]);
        const taken = await eventsOf(transaction, f.liquidator, "Taken");
        expect(taken.map(({ asset }) => asset)).to.deep.equal(w.collaterals.map(({ address }) => address));
        // What is left of a critical account is cured: the second take pays all its debt.
        expect(await w.vault.debtOf(id)).to.equal(0n);
        expect((await stateOf(w, id)).collateralSet).to.equal(left);
        expect(await balancesOf(f, f.liquidatorAddress)).to.deep.equal([0n, 0n, 0n]);
      });
    });
  }

  describe("given an expired account of two collaterals", () => {
    it("takes the weaker first, and the stronger only when the vault lets it", async () => {
      const f = await loadFlashWorld({ secondIsWeaker: true });
      const { w } = f;
      const amounts = [w.collaterals[0]!.unit, w.collaterals[1]!.unit / 10n];
      const id = await openPosition(w, { amounts, debt: w.usd(3_400n) });
      await setPrice(w.collaterals[0]!, "1900");
      await setPrice(w.collaterals[1]!, "24500");
      await w.vault.openCall(id);
      await w.helpers.time.increaseTo((await stateOf(w, id)).deadline + 900n);
      await addPool(f, 0);
      await addPool(f, 1, 10_000n);
      const transaction = await takeMany(f, [orderOf(f, id, 0), orderOf(f, id, 1)]);
      const [skipped] = await eventsOf(transaction, f.liquidator, "Skipped");
      expect(skipped).to.include({ asset: w.collaterals[0]!.address });
      expect(nameOf(f, skipped!.reason as string)).to.equal("WrongCollateral");
      const taken = await eventOf(transaction, f.liquidator, "Taken");
      expect(taken.asset).to.equal(w.collaterals[1]!.address);
    });
  });

  describe("what it must earn", () => {
    for (const sale of [Sale.All, Sale.Payment]) {
      it(`is accepted to the base unit when ${sale === Sale.All ? "all" : "the payment"} is sold`, async () => {
        const f = await loadFlashWorld();
        const { w, liquidator, lane } = f;
        const id = await expiredAccount(f);
        await addPool(f);
        const time = (await now(w)) + 10n;
        const { payment, profit, kept } = await tried(f, time, () =>
          takenOf(f, take(f, orderOf(f, id, 0, { sale }))),
        );
        const { price36 } = await w.oracle.price(w.collaterals[0]!.address);
        const earned = profit + (kept * price36) / 10n ** 36n;
        await tried(f, time, () => take(f, orderOf(f, id, 0, { sale, minProfit: earned })));
        await tried(f, time, () =>
          expect(take(f, orderOf(f, id, 0, { sale, minProfit: earned + 1n })))
            .to.be.revertedWithCustomError(liquidator.connect(lane), "NotProfitable")
            .withArgs(payment + earned, payment + earned + 1n),
        );
      });
    }

    it("is at least nothing: in a thin pool the sale falls short and all is undone", async () => {
      const f = await loadFlashWorld();
      const { w, liquidator } = f;
      const id = await expiredAccount(f);
      await addPool(f, 0, 10n);
      const before = await stateOf(w, id);
      await expect(take(f, orderOf(f, id))).to.be.revertedWithCustomError(liquidator, "NotProfitable");
      expect(await stateOf(w, id)).to.deep.equal(before);
    });

    it("cannot come from more collateral than was seized, whatever its owner has left there", async () => {
      const f = await loadFlashWorld();
      const { w, liquidator } = f;
      const id = await expiredAccount(f);
      await addPool(f, 0, 10n);
      await w.collaterals[0]!.token.mint(liquidator, 100n * w.collaterals[0]!.unit);
      await expect(take(f, orderOf(f, id, 0, { sale: Sale.Payment })))
        .to.be.revertedWithCustomError(liquidator, "SaleTooDear")
        .withArgs(
          (needed: bigint) => needed > 0n,
          (seized: bigint) => seized > 0n,
        );
    });

    it("cannot come from the quote that its owner has left there, nor from an overflow (C-02)", async () => {
      const f = await loadFlashWorld();
      const { w, liquidator } = f;
      const id = await expiredAccount(f);
      await addPool(f, 0, 10n);
      await w.quote.mint(liquidator, w.usd(1_000_000n));
      await expect(take(f, orderOf(f, id))).to.be.revertedWithCustomError(liquidator, "NotProfitable");
      await expect(take(f, orderOf(f, id, 0, { minProfit: MAX_UINT }))).to.be.revertedWithPanic(0x11);
    });
  });

  describe("how far below the oracle's price it may sell", () => {
    for (const sale of [Sale.All, Sale.Payment]) {
      it(`is the owner's bound, fees included, when ${sale === Sale.All ? "all" : "the payment"} is sold`, async () => {
        const f = await loadFlashWorld();
        const { w, liquidator, operator } = f;
        const id = await expiredAccount(f);
        // The fee is 30 bps, and the sale moves the price by a few more.
        await addPool(f, 0, 10_000n);
        const time = (await now(w)) + 10n;
        await liquidator.connect(operator).setMaxSlippage(40n);
        await tried(f, time, () => take(f, orderOf(f, id, 0, { sale })));
        await liquidator.connect(operator).setMaxSlippage(30n);
        await tried(f, time, () =>
          expect(take(f, orderOf(f, id, 0, { sale })))
            .to.be.revertedWithCustomError(liquidator, "SlippageTooHigh")
            .withArgs(
              (received: bigint) => received > 0n,
              (minimum: bigint) => minimum > 0n,
            ),
        );
      });
    }

    it("is met to the base unit, rounded against the sale", async () => {
      const f = await loadFlashWorld();
      const { w, liquidator, operator } = f;
      const id = await expiredAccount(f);
      await addPool(f, 0, 10_000n);
      await liquidator.connect(operator).setMaxSlippage(0n);
      const { price36 } = await w.oracle.price(w.collaterals[0]!.address);
      const time = (await now(w)) + 10n;
      await liquidator.connect(operator).setMaxSlippage(10_000n);
      const { seized, payment, profit } = await tried(f, time, () => takenOf(f, take(f, orderOf(f, id))));
      await liquidator.connect(operator).setMaxSlippage(1n);
      const fair = (seized * price36) / 10n ** 36n;
      const minimum = (fair * 9_999n + 9_999n) / 10_000n;
      await tried(f, time, () =>
        expect(take(f, orderOf(f, id)))
          .to.be.revertedWithCustomError(liquidator, "SlippageTooHigh")
          .withArgs(payment + profit, minimum),
      );
    });
  });

  describe("where it sells", () => {
    it("is a path from the collateral to the quote, whole", async () => {
      const f = await loadFlashWorld();
      const { w, liquidator } = f;
      const id = await expiredAccount(f);
      await addPool(f);
      const [asset, other, quote] = [w.collaterals[0]!.address, w.collaterals[1]!.address, w.quoteAddress];
      const good = pathOf([asset, quote], [FEE.medium]);
      for (const path of [
        "0x",
        asset,
        good.slice(0, -2),
        `${good}00`,
        // Whole at both ends, but not between.
        `${good.slice(0, 42)}00${good.slice(42)}`,
        pathOf([other, quote], [FEE.medium]),
        pathOf([asset, other], [FEE.medium]),
        pathOf([quote, asset], [FEE.medium]),
      ]) {
        await expect(take(f, orderOf(f, id, 0, { path })), path)
          .to.be.revertedWithCustomError(liquidator, "InvalidPath")
          .withArgs(asset, quote);
      }
      await take(f, orderOf(f, id, 0, { path: good }));
    });

    it("is a pool that the factory knows", async () => {
      const f = await loadFlashWorld();
      const { w, liquidator } = f;
      const id = await expiredAccount(f);
      await addPool(f);
      const asset = w.collaterals[0]!.address;
      for (const sale of [Sale.All, Sale.Payment]) {
        const path = pathOf([asset, w.quoteAddress], [FEE.high]);
        await expect(take(f, orderOf(f, id, 0, { path, sale })))
          .to.be.revertedWithCustomError(liquidator, "NoPool")
          .withArgs(asset, w.quoteAddress, FEE.high);
      }
    });

    for (const sale of [Sale.All, Sale.Payment]) {
      it(`is a pool that does not run out (${sale === Sale.All ? "all" : "payment"})`, async () => {
        const f = await loadFlashWorld();
        const { w, liquidator, u } = f;
        const id = await expiredAccount(f);
        // A single ETH's worth within two per mille of the price, nothing beyond.
        await createPool(u, w.stranger, FEE.medium, ...(await sidesAt(f, 0, 1n)), 60);
        const pool = await u.factory.getPool(w.collaterals[0]!.address, w.quoteAddress, FEE.medium);
        await expect(take(f, orderOf(f, id, 0, { sale })))
          .to.be.revertedWithCustomError(liquidator, "SwapIncomplete")
          .withArgs(
            pool,
            (wanted: bigint) => wanted > w.usd(1_500n),
            (swapped: bigint) => swapped > 0n,
          );
      });
    }
  });

  it("passes on what the vault refuses, and what it may pay and must get", async () => {
    const f = await loadFlashWorld();
    const { w } = f;
    const id = await expiredAccount(f);
    await addPool(f);
    await expect(take(f, orderOf(f, id, 0, { maxRepay: 1n }))).to.be.revertedWithCustomError(
      w.vault,
      "TakeTooSmall",
    );
    const { seized } = await f.liquidator.connect(f.lane).take.staticCall(orderOf(f, id));
    await expect(take(f, orderOf(f, id, 0, { minSeized: seized + 1n })))
      .to.be.revertedWithCustomError(w.vault, "SeizedTooLittle")
      .withArgs(seized, seized + 1n);
    const maxRepay = w.usd(1_000n);
    const { payment } = await takenOf(f, take(f, orderOf(f, id, 0, { maxRepay })));
    expect(payment).to.be.within(maxRepay - 2n, maxRepay);
  });

  it("sells what a default left too: nothing of the payment is debt then", async () => {
    const f = await loadFlashWorld();
    const { w } = f;
    const id = await openPosition(w, { amounts: [w.collaterals[0]!.unit], debt: w.usd(1_500n) });
    await setPrice(w.collaterals[0]!, "5");
    await w.vault.bookLoss([id]);
    const sale = `0x${w.vaultAddress.slice(2).toLowerCase()}${"0".repeat(24)}` as typeof id;
    await setPrice(w.collaterals[0]!, "2000");
    await w.vault.openCall(sale);
    await w.helpers.time.increaseTo((await stateOf(w, sale)).deadline + 1_800n);
    await addPool(f);
    const { payment, seized, profit } = await takenOf(f, take(f, orderOf(f, sale)));
    expect(seized).to.equal(w.collaterals[0]!.unit);
    expect(payment).to.equal(w.usd(1_840n));
    expect(profit).to.be.greaterThan(w.usd(100n));
  });
});

describe("FlashLiquidator: a batch", () => {
  it("serves the good ones and says for each of the others why not", async () => {
    const f = await loadFlashWorld();
    const { w, liquidator, lane, recipient } = f;
    const [first, thin, wrong, pathless, poolless, second] = await expiredAccounts(f, 6n);
    const healthy = await openPosition(w, { subAccount: 9n, debt: w.usd(500n) });
    await addPool(f);
    await createPool(f.u, w.stranger, FEE.low, ...(await sidesAt(f, 0, 5n)));
    const asset = w.collaterals[0]!.address;
    const orders = [
      orderOf(f, first!),
      orderOf(f, thin!, 0, { path: pathOf([asset, w.quoteAddress], [FEE.low]) }),
      orderOf(f, healthy),
      orderOf(f, wrong!, 1),
      orderOf(f, pathless!, 0, { path: "0x1234" }),
      orderOf(f, poolless!, 0, { path: pathOf([asset, w.quoteAddress], [FEE.high]) }),
      orderOf(f, second!),
    ];
    const results = await liquidator.connect(lane).takeMany.staticCall(orders, GAS_PER_TAKE);
    const recipientBefore = await w.quote.balanceOf(recipient);
    const transaction = await takeMany(f, orders);
    expect([...(await outcomesOf(f, transaction)).entries()]).to.have.deep.members([
      [first, "taken"],
      [thin, "NotProfitable"],
      [healthy, "NotLiquidatable"],
      [wrong, "CollateralNotHeld"],
      [pathless, "InvalidPath"],
      [poolless, "NoPool"],
      [second, "taken"],
    ]);
    expect(results.map(({ taken }) => taken)).to.deep.equal([true, false, false, false, false, false, true]);
    expect(results.map(({ reason }) => (reason === "0x00000000" ? "" : nameOf(f, reason)))).to.deep.equal([
      "",
      "NotProfitable",
      "NotLiquidatable",
      "CollateralNotHeld",
      "InvalidPath",
      "NoPool",
      "",
    ]);
    const taken = (await eventsOf(transaction, liquidator, "Taken")) as unknown as TakenEvent[];
    const profit = taken.reduce((sum, event) => sum + event.profit, 0n);
    expect((await w.quote.balanceOf(recipient)) - recipientBefore).to.equal(profit);
    // The second sale meets the price that the first has left.
    expect(taken[1]!.profit).to.be.lessThan(taken[0]!.profit);
    expect(await balancesOf(f, f.liquidatorAddress)).to.deep.equal([0n, 0n, 0n]);
    for (const account of [thin, wrong, pathless, poolless]) {
      expect(await w.vault.debtOf(account!)).to.equal(w.usd(15_000n));
    }
  });

  it("does nothing for no order", async () => {
    const f = await loadFlashWorld();
    const transaction = await takeMany(f, []);
    expect((await transaction.wait())!.logs).to.have.length(0);
  });

  it("takes an account that somebody was quicker with for what it is: not liquidatable", async () => {
    const f = await loadFlashWorld();
    const { w } = f;
    const id = await expiredAccount(f, { maintenance: 14_900n });
    const asset = w.collaterals[0]!.address;
    await addPool(f);
    const order = orderOf(f, id);
    await f.liquidator.connect(f.lane).take.staticCall(order);
    await w.vault.connect(w.keeper).liquidate(id, asset, MAX_UINT, 0n, w.keeper, "0x");
    expect((await outcomesOf(f, await takeMany(f, [order]))).get(id)).to.equal("NotLiquidatable");
  });

  it("costs a bounded amount of gas: 16 takes fit a transaction", async () => {
    const f = await loadFlashWorld();
    const ids = await expiredAccounts(f, 16n);
    await addPool(f, 0, 100_000n);
    const one = await f.w.helpers.takeSnapshot();
    const single = (await (await take(f, orderOf(f, ids[0]!))).wait())!.gasUsed;
    await one.restore();
    const transaction = await takeMany(
      f,
      ids.map((id) => orderOf(f, id)),
    );
    const { gasUsed } = (await transaction.wait())!;
    expect(await eventsOf(transaction, f.liquidator, "Taken")).to.have.length(16);
    expect(single).to.be.lessThan(700_000n);
    expect(gasUsed / 16n).to.be.lessThan(500_000n);
  });

  it("tries nothing for which there is not the gas it was promised (C-63)", async () => {
    const f = await loadFlashWorld();
    const ids = await expiredAccounts(f, 3n);
    await addPool(f);
    const orders = ids.map((id) => orderOf(f, id));
    const transaction = await f.liquidator
      .connect(f.lane)
      .takeMany(orders, GAS_PER_TAKE, { gasLimit: GAS_PER_TAKE + 400_000n });
    const outcomes = await outcomesOf(f, transaction);
    expect(ids.map((id) => outcomes.get(id))).to.deep.equal(["taken", "NotEnoughGas", "NotEnoughGas"]);
  });

  it("names no reason for a take that runs out of its own gas, and goes on (C-63)", async () => {
    const f = await loadFlashWorld();
    const ids = await expiredAccounts(f, 2n);
    await addPool(f);
    const orders = ids.map((id) => orderOf(f, id));
    const transaction = await takeMany(f, orders, 100_000n);
    const skipped = await eventsOf(transaction, f.liquidator, "Skipped");
    expect(skipped.map(({ reason }) => reason)).to.deep.equal(["0x00000000", "0x00000000"]);
    expect(skipped.map(({ account }) => account)).to.deep.equal(ids);
  });
});
