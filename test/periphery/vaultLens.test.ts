import { expect } from "chai";
import type { Result } from "ethers";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { highestPriceBelow, secondsToDiscount } from "../../sdk/forecastMath.ts";
import type { AccountView, HoldingSeen } from "../../sdk/lensAnswer.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { VaultLens__factory } from "../../types/factories/periphery/VaultLens__factory.ts";
import { auctionDiscountWad } from "../vault/support/formulas.ts";
import { atNext, deadlineOf, mineAt, now, passDeadline } from "../vault/support/clock.ts";
import {
  deployDeferrer,
  repayMove,
  sellMoves,
  withdrawMove,
  depositMove,
  borrowMove,
} from "../vault/support/deferrer.ts";
import { eventOf } from "../vault/support/events.ts";
import { openPosition } from "../vault/support/position.ts";
import { poolOf, stateOf } from "../vault/support/state.ts";
import { MAX_UINT, WAD } from "../vault/support/world.ts";
import { diceOf, type Dice } from "../sdk/support/seed.ts";
import {
  loadLensWorld,
  look,
  lookAt,
  price36Of,
  setPrice36,
  viewsIn,
  type LensWorld,
} from "./support/lens.ts";

const DAY = 86_400n;
const PRICE_LIMIT36 = 1n << 184n;

/** Two collaterals of different weights, and a debt at some 97 % of what they bear. */
async function openMixed(w: LensWorld, dice: Dice, subAccount = 0n): Promise<AccountId> {
  const [eth, btc] = [w.collaterals[0]!, w.collaterals[1]!];
  const amounts = [
    eth.unit / 10n + dice.below(3n * eth.unit),
    dice.oneIn(4) ? 0n : dice.below(btc.unit / 5n),
  ];
  const id = await openPosition(w, { amounts, debt: 0n, subAccount });
  const { initialValue } = await w.vault.marginOf(id);
  const debt = (initialValue * dice.between(90n, 99n)) / 100n;
  await w.vault.connect(w.trader).borrow(id, debt > w.usd(100n) ? debt : w.usd(100n), w.trader);
  return id;
}

/** Moves both prices by the same share, so that the account's health factor becomes about `percent` per cent. */
async function setHealth(w: LensWorld, id: AccountId, percent: bigint): Promise<void> {
  const { maintenanceValue, debt } = await w.vault.marginOf(id);
  const { vault } = await look(w);
  for (const [number, { price36 }] of vault.collaterals.entries()) {
    await setPrice36(w, number, (price36 * debt * percent) / (maintenanceValue * 100n));
  }
}

const takeOf = (w: LensWorld, id: AccountId, number: number) =>
  w.vault
    .connect(w.keeper)
    .liquidate.staticCall(id, w.collaterals[number]!.address, MAX_UINT, 0n, w.keeper, "0x");

const succeeds = (call: Promise<unknown>) =>
  call.then(
    () => true,
    () => false,
  );

describe("VaultLens: accounts", () => {
  it("are shown as the vault has them, holdings and prices included", async () => {
    const w = await loadLensWorld({ secondIsWeaker: true, ratesPercent: [5n, 20n, 50n] });
    const id = await openPosition(w, { amounts: [w.collaterals[0]!.unit, 10n ** 6n] });
    await mineAt(w, (await now(w)) + 40n * DAY);
    const a = await lookAt(w, id);
    const answer = (await w.vault.marginOf(id)) as unknown as Result;
    const margin = answer.toObject() as Omit<AccountView["margin"], "status"> & { status: bigint };
    expect(a.margin).to.deep.equal({ ...margin, status: Number(margin.status) });
    expect(a.state).to.deep.equal(await stateOf(w, id));
    expect([a.account, a.debt]).to.deep.equal([id, await w.vault.debtOf(id)]);
    expect(a.debt).to.be.greaterThan(w.usd(1_500n));
    expect(a.holdings.map(({ number, amount, value }) => [number, amount, value])).to.deep.equal([
      [0, 10n ** 18n, w.usd(2_000n)],
      [1, 10n ** 6n, w.usd(300n)],
    ]);
  });

  it("that nobody has are empty, and cost the others nothing", async () => {
    const w = await loadLensWorld();
    const id = await openPosition(w);
    const ids = [accountIdOf(w.stranger.address, 7n), id, accountIdOf(w.ethers.ZeroAddress)];
    const answer = await look(w, { accounts: ids });
    const accounts = viewsIn(answer);
    expect(accounts.map(({ account }) => account)).to.deep.equal(ids);
    expect(accounts.map(({ holdings }) => holdings.length)).to.deep.equal([0, 1, 0]);
    expect(accounts.map(({ margin }) => margin.status)).to.deep.equal([0, Status.Warned, 0]);
    expect(answer.unvalued).to.equal(0);
  });

  it("are one by one what a contract gets as a struct, which reverts where there is no vault", async () => {
    const w = await loadLensWorld();
    const id = await openPosition(w);
    const seen = await lookAt(w, id);
    const lens = VaultLens__factory.connect(w.lensAddress, w.ethers.provider);
    const one = await lens.lookAt(w.vault, id, WAD / 100n, WAD / 20n);
    expect([one.account, one.debt, one.margin.healthWad]).to.deep.equal([
      id,
      seen.debt,
      seen.margin.healthWad,
    ]);
    expect(one.holdings[0]!.triggers.callPrice36).to.equal(seen.holdings[0]!.triggers.callPrice36);
    await expect(lens.lookAt(w.trader, id, 0n, 0n))
      .to.be.revertedWithCustomError(lens, "NoAnswer")
      .withArgs(w.trader);
    await expect(lens.lookAt(w.quote, id, 0n, 0n)).to.be.revert(w.ethers);
  });

  describe("the prices at which one collateral turns things (C-08)", () => {
    const levels = [
      ["warningPrice36", (m: AccountView["margin"]) => m.maintenanceValue * 100n < m.debt * 110n],
      ["callPrice36", (m: AccountView["margin"]) => m.maintenanceValue < m.debt],
      ["floorPrice36", (m: AccountView["margin"]) => m.liquidationValue < m.debt],
    ] as const;

    async function expectExact(
      w: LensWorld,
      id: AccountId,
      { number, triggers }: HoldingSeen,
    ): Promise<void> {
      const before = (await look(w)).vault.collaterals[number]!.price36;
      const holdsAt = async (price36: bigint, holds: (m: AccountView["margin"]) => boolean) => {
        await setPrice36(w, number, price36);
        return holds((await w.vault.marginOf(id)) as unknown as AccountView["margin"]);
      };
      for (const [name, holds] of levels) {
        const highest = triggers[name];
        const label = `${name} of ${number}: ${highest}`;
        if (highest === MAX_UINT) expect(await holdsAt(PRICE_LIMIT36 - 1n, holds), label).to.be.true;
        else expect(await holdsAt(highest + 1n, holds), label).to.be.false;
        if (highest > 0n && highest < MAX_UINT) expect(await holdsAt(highest, holds), label).to.be.true;
      }
      await setPrice36(w, number, before);
    }

    for (const [quoteDecimals, collateralDecimals] of [
      [6, 18],
      [6, 6],
      [18, 6],
      [18, 18],
    ] as const) {
      it(`are exact to the unit (${quoteDecimals} and ${collateralDecimals} decimals)`, async () => {
        const dice = diceOf("lens triggers");
        const w = await loadLensWorld({ quoteDecimals, collateralDecimals, secondIsWeaker: true });
        for (let run = 0n; run < 6n; ++run) {
          const id = await openMixed(w, dice, run);
          const { margin, holdings } = await lookAt(w, id);
          for (const holding of holdings) {
            await expectExact(w, id, holding);
            const { amount, number, triggers } = holding;
            const { maintenanceBps } = w.collaterals[number]!.terms;
            const others = holdings.reduce(
              (sum, h) =>
                h === holding ? sum : sum + h.value * w.collaterals[h.number]!.terms.maintenanceBps,
              0n,
            );
            const mirrored = highestPriceBelow(amount, maintenanceBps, others, margin.debt);
            expect(mirrored).to.equal(triggers.callPrice36);
          }
        }
      });
    }

    it("change the status there and nowhere else", async () => {
      const w = await loadLensWorld();
      const id = await openPosition(w);
      const [holding] = (await lookAt(w, id)).holdings;
      const { warningPrice36, callPrice36, floorPrice36 } = holding!.triggers;
      const statusAt = async (price36: bigint) => {
        await setPrice36(w, 0, price36);
        return Number(await w.vault.statusOf(id));
      };
      expect(await statusAt(warningPrice36 + 1n)).to.equal(Status.Healthy);
      expect(await statusAt(warningPrice36)).to.equal(Status.Warned);
      expect(await statusAt(callPrice36 + 1n)).to.equal(Status.Warned);
      expect(await statusAt(callPrice36)).to.equal(Status.Callable);
      expect(await statusAt(floorPrice36 + 1n)).to.equal(Status.Callable);
      expect(await statusAt(floorPrice36)).to.equal(Status.Critical);
    });

    it("are zero where the rest bears the debt, and boundless where this one cannot help", async () => {
      const w = await loadLensWorld();
      const [eth, btc] = [w.collaterals[0]!, w.collaterals[1]!];
      const id = await openPosition(w, { amounts: [10n * eth.unit, btc.unit], debt: w.usd(1_500n) });
      const [first, second] = (await lookAt(w, id)).holdings;
      expect([first!.triggers.callPrice36, second!.triggers.warningPrice36]).to.deep.equal([0n, 0n]);
      const free = await openPosition(w, { subAccount: 1n, debt: 0n });
      expect((await lookAt(w, free)).holdings[0]!.triggers.warningPrice36).to.equal(0n);
      const poor = await openPosition(w, { subAccount: 2n, amounts: [eth.unit, 1n] });
      await setPrice36(w, 0, price36Of(w, 0, 1n));
      const dust = (await lookAt(w, poor)).holdings[1]!;
      await expectExact(w, poor, dust);
    });
  });

  describe("what cures", () => {
    for (const [quoteDecimals, collateralDecimals] of [
      [6, 18],
      [18, 6],
    ] as const) {
      it(`closes the call, in each form (${quoteDecimals} and ${collateralDecimals} decimals)`, async () => {
        const dice = diceOf("lens cures");
        const w = await loadLensWorld({ quoteDecimals, collateralDecimals, secondIsWeaker: true });
        const owner = await deployDeferrer(w, 100_000n);
        for (let run = 0n; run < 4n; ++run) {
          const id = owner.account(run);
          const [eth, btc] = [w.collaterals[0]!, w.collaterals[1]!];
          await setPrice36(w, 0, price36Of(w, 0, 2_000n));
          await setPrice36(w, 1, price36Of(w, 1, 30_000n));
          await owner.act(
            depositMove(w, id, 0, eth.unit),
            depositMove(w, id, 1, btc.unit / 20n),
            borrowMove(w, id, w.usd(2_500n), owner.address),
          );
          await setHealth(w, id, dice.between(94n, 99n));
          await w.vault.connect(w.keeper).openCall(id);
          const slippageWad = dice.between(0n, 5n) * (WAD / 1_000n);
          const a = await lookAt(w, id, { slippageWad });
          const previewed = await w.vault.previewCure(id);
          expect(a.cureRepay).to.equal(previewed.repay);
          expect(a.holdings.map(({ cure }) => cure.deposit)).to.deep.equal([...previewed.deposits]);
          const snapshot = await w.helpers.takeSnapshot();
          const expectCured = async () => {
            expect((await stateOf(w, id)).deadline).to.equal(0n);
            const { maintenanceValue, debt } = await w.vault.marginOf(id);
            // Values are rounded down: of what is left and of what was sold.
            expect((maintenanceValue + 2n) * 100n).to.be.within(debt * 102n, debt * 103n);
            await snapshot.restore();
          };
          await w.vault.connect(w.stranger).repay(id, a.cureRepay);
          await expectCured();
          for (const { number, cure } of a.holdings) {
            await w.vault
              .connect(w.stranger)
              .depositCollateral(id, w.collaterals[number]!.address, cure.deposit);
            await expectCured();
            if (cure.sell === MAX_UINT) continue;
            const price36 = (await look(w)).vault.collaterals[number]!.price36;
            const proceeds = (cure.sell * price36 * (WAD - slippageWad)) / (10n ** 36n * WAD);
            expect(proceeds).to.be.greaterThanOrEqual(cure.repayFromSale);
            await owner.defer(
              withdrawMove(w, id, number, cure.sell, owner.address),
              ...sellMoves(w, owner, number, cure.sell, cure.repayFromSale),
              repayMove(w, id, cure.repayFromSale),
            );
            await expectCured();
          }
        }
      });
    }

    it("is nothing for an account that lacks nothing, and no sale where all of it is too little", async () => {
      const w = await loadLensWorld();
      const [eth, btc] = [w.collaterals[0]!, w.collaterals[1]!];
      const id = await openPosition(w, { amounts: [eth.unit, btc.unit / 10_000n] });
      const well = await lookAt(w, id);
      expect([well.cureRepay, well.holdings[0]!.cure]).to.deep.equal([
        0n,
        { deposit: 0n, sell: 0n, repayFromSale: 0n },
      ]);
      await setPrice36(w, 0, price36Of(w, 0, 1_800n));
      const [first, second] = (await lookAt(w, id)).holdings;
      expect(first!.cure.sell).to.be.lessThan(eth.unit);
      expect([second!.cure.sell, second!.cure.repayFromSale]).to.deep.equal([MAX_UINT, MAX_UINT]);
      const [ruined] = (await lookAt(w, id, { slippageWad: WAD })).holdings;
      expect(ruined!.cure.sell).to.equal(MAX_UINT);
    });
  });
});

describe("VaultLens: calls", () => {
  it("may be opened and closed exactly where the vault does, and pay the bounty shown (I-25)", async () => {
    const dice = diceOf("lens calls");
    const w = await loadLensWorld({ maxBounty: 2n, secondIsWeaker: true });
    let paid = 0;
    for (let run = 0n; run < 14n; ++run) {
      await setPrice36(w, 0, price36Of(w, 0, 2_000n));
      await setPrice36(w, 1, price36Of(w, 1, 30_000n));
      const id = await openMixed(w, dice, run);
      for (let step = 0; step < 4; ++step) {
        await setHealth(w, id, dice.pick([91n, 93n, 97n, 99n, 100n, 101n, 102n, 112n]));
        const a = await lookAt(w, id);
        expect(a.mayOpenCall).to.equal(await succeeds(w.vault.openCall.staticCall(id)));
        expect(a.mayCloseCall).to.equal(await succeeds(w.vault.closeCall.staticCall(id)));
        if (a.mayOpenCall) {
          const transaction = w.vault.connect(w.keeper).openCall(id);
          const { notice } = (await eventOf(transaction, w.vault, "MarginCallOpened")) as {
            notice: { bounty: bigint };
          };
          expect(notice.bounty).to.equal(a.bounty);
          if (a.bounty > 0n) ++paid;
        } else expect(a.bounty).to.equal(0n);
        const { deadline } = await stateOf(w, id);
        if (deadline !== 0n && dice.oneIn(2))
          await mineAt(w, (await now(w)) + dice.pick([1_000n, 15_000n, 20_000n, DAY]));
        else if (a.mayCloseCall) await w.vault.closeCall(id);
      }
    }
    expect(paid).to.be.greaterThan(3);
  });

  it("pay nothing where the bounty would push the account below its floor, or one was paid lately", async () => {
    const w = await loadLensWorld({ maxBounty: 5n });
    const id = await openPosition(w);
    const [{ triggers }] = (await lookAt(w, id)).holdings as [HoldingSeen];
    await setPrice36(w, 0, triggers.floorPrice36 + 1n);
    expect(await lookAt(w, id)).to.deep.include({ mayOpenCall: true, bounty: 0n });
    await setPrice36(w, 0, triggers.callPrice36);
    expect(await lookAt(w, id)).to.deep.include({ mayOpenCall: true, bounty: w.usd("1.5") });
    await w.vault.connect(w.keeper).openCall(id);
    await setPrice36(w, 0, price36Of(w, 0, 2_000n));
    await w.vault.closeCall(id);
    await setPrice36(w, 0, triggers.callPrice36);
    expect(await lookAt(w, id)).to.deep.include({ mayOpenCall: true, bounty: 0n });
  });

  it("cannot be opened while calling is paused", async () => {
    const w = await loadLensWorld();
    const id = await openPosition(w);
    await setPrice36(w, 0, price36Of(w, 0, 1_800n));
    expect((await lookAt(w, id)).mayOpenCall).to.be.true;
    await w.clock.connect(w.guardian).pause(0, 3_600n);
    expect((await lookAt(w, id)).mayOpenCall).to.be.false;
  });
});

describe("VaultLens: takes", () => {
  async function expectTakes(w: LensWorld, id: AccountId): Promise<number> {
    const a = await lookAt(w, id);
    let taken = 0;
    for (const { number, take } of a.holdings) {
      const error = await takeOf(w, id, number).then(
        ([repaid, insured, seized]) => {
          expect([take.repaid, take.insured, take.seized]).to.deep.equal([repaid, insured, seized]);
          ++taken;
          return undefined;
        },
        (thrown: unknown) => thrown as Error,
      );
      expect(take.reading.known, `status ${a.margin.status}`).to.equal(error === undefined);
      if (take.reading.known || error === undefined) continue;
      await expect(Promise.reject(error)).to.be.revertedWithCustomError(
        w.vault,
        w.vault.interface.parseError(take.reading.reason)!.name,
      );
    }
    return taken;
  }

  it("are what `liquidate` accepts, for what it accepts them, through every status (I-26, I-29)", async () => {
    const dice = diceOf("lens takes");
    const w = await loadLensWorld({ secondIsWeaker: true, ratesPercent: [5n, 20n, 50n] });
    let taken = 0;
    for (let run = 0n; run < 10n; ++run) {
      await setPrice36(w, 0, price36Of(w, 0, 2_000n));
      await setPrice36(w, 1, price36Of(w, 1, 30_000n));
      const id = await openMixed(w, dice, run);
      await setHealth(w, id, 98n);
      taken += await expectTakes(w, id);
      await w.vault.connect(w.keeper).openCall(id);
      taken += await expectTakes(w, id);
      const deadline = await deadlineOf(w, id);
      await mineAt(w, deadline + dice.pick([0n, 1n, 900n, 1_799n, 1_800n, 3_599n, 3_600n]));
      taken += await expectTakes(w, id);
      await setHealth(w, id, dice.pick([60n, 80n, 88n, 91n, 99n, 101n]));
      if (dice.oneIn(3)) await w.prices.set(dice.pick([0, 1]), 10n ** 24n, false);
      taken += await expectTakes(w, id);
    }
    expect(taken).to.be.greaterThan(10);
  });

  it("are none above the floor while liquidation is paused", async () => {
    const w = await loadLensWorld();
    const id = await openPosition(w);
    await setPrice36(w, 0, price36Of(w, 0, 1_800n));
    await w.vault.openCall(id);
    await mineAt(w, await deadlineOf(w, id));
    expect(await expectTakes(w, id)).to.equal(1);
    await w.clock.connect(w.guardian).pause(1, 3_600n);
    expect(await expectTakes(w, id)).to.equal(0);
  });

  it("reach a discount in the second foretold, not before", async () => {
    const dice = diceOf("lens discounts");
    const w = await loadLensWorld({ secondIsWeaker: true });
    for (let run = 0n; run < 12n; ++run) {
      await setPrice36(w, 0, price36Of(w, 0, 2_000n));
      await setPrice36(w, 1, price36Of(w, 1, 30_000n));
      const id = await openMixed(w, dice, run);
      await setHealth(w, id, 98n);
      await w.vault.connect(w.keeper).openCall(id);
      const deadline = await deadlineOf(w, id);
      if (dice.oneIn(2)) await mineAt(w, deadline + dice.below(1_700n));
      // Below its floor an account has a discount of its own beside the auction's.
      if (dice.oneIn(2)) await setHealth(w, id, dice.between(86n, 91n));
      const discountWad = dice.between(1n, 11n * 10n ** 16n);
      const { holdings } = await lookAt(w, id, { discountWad });
      for (const { number, take } of holdings) {
        const at = async (time: bigint) => {
          const snapshot = await w.helpers.takeSnapshot();
          await mineAt(w, time);
          const seen = await lookAt(w, id, { discountWad });
          await snapshot.restore();
          return seen.holdings.find((h) => h.number === number)!.take;
        };
        const time = await now(w);
        if (take.reachedAt === time) expect(take.discountWad).to.be.greaterThanOrEqual(discountWad);
        else if (take.reachedAt === MAX_UINT) {
          for (const later of [time + 1n, deadline + 1_800n, deadline + 3_599n]) {
            if (later > time) expect((await at(later)).discountWad).to.be.lessThan(discountWad);
          }
        } else {
          const { maxDiscountBps } = w.collaterals[number]!.terms;
          expect(take.reachedAt - deadline).to.equal(secondsToDiscount(discountWad, maxDiscountBps, 1_800n));
          expect(take.reachedAt).to.be.greaterThan(time);
          expect((await at(take.reachedAt)).discountWad).to.be.greaterThanOrEqual(discountWad);
          if (take.reachedAt > time + 1n)
            expect((await at(take.reachedAt - 1n)).discountWad).to.be.lessThan(discountWad);
        }
      }
    }
  });

  it("have the discount of the auction now, and none where none runs", async () => {
    const w = await loadLensWorld();
    const id = await openPosition(w);
    await setPrice36(w, 0, price36Of(w, 0, 1_800n));
    const callable = (await lookAt(w, id)).holdings[0]!.take;
    expect([callable.discountWad, callable.reachedAt]).to.deep.equal([0n, MAX_UINT]);
    await w.vault.openCall(id);
    const deadline = await deadlineOf(w, id);
    const called = (await lookAt(w, id, { discountWad: 8n * 10n ** 16n })).holdings[0]!.take;
    expect([called.discountWad, called.reachedAt]).to.deep.equal([0n, deadline + 1_800n]);
    await passDeadline(w, id, 600n);
    const expired = (await lookAt(w, id)).holdings[0]!.take;
    expect(expired.discountWad).to.equal(auctionDiscountWad(600n, 800n, 1_800n));
    await mineAt(w, deadline + 3_600n);
    const lapsed = (await lookAt(w, id)).holdings[0]!.take;
    expect([lapsed.discountWad, lapsed.reachedAt]).to.deep.equal([0n, MAX_UINT]);
    // A call that has run out but whose account is well again is no auction.
    await setPrice36(w, 0, price36Of(w, 0, 1_900n));
    expect((await lookAt(w, id)).margin.status).to.equal(Status.Recovering);
  });
});

describe("VaultLens: lenders", () => {
  it("can withdraw what is shown, and no unit more (I-09)", async () => {
    for (const lent of [2_000n, 1_000_000n]) {
      const w = await loadLensWorld({ lent, ratesPercent: [5n, 20n, 50n], feeBps: 1_000n });
      await openPosition(w);
      if (lent > 2_000n) await w.vault.connect(w.lender).transfer(w.stranger, w.usd(lent / 2n) * 10n ** 6n);
      await mineAt(w, (await now(w)) + 30n * DAY);
      const { lender, pool } = await look(w, { lender: w.lender.address });
      expect(lender.shares).to.equal(await w.vault.balanceOf(w.lender));
      expect(lender.assets).to.equal(await w.vault.convertToAssets(lender.shares));
      expect(lender.withdrawable < lender.assets).to.equal(lent === 2_000n);
      expect(pool.assets).to.equal(await w.vault.totalAssets());
      const withdraw = (amount: bigint) =>
        w.vault.connect(w.lender).withdraw.staticCall(amount, w.lender, w.lender);
      expect(await succeeds(withdraw(lender.withdrawable + 1n))).to.be.false;
      expect(await succeeds(withdraw(lender.withdrawable))).to.be.true;
      const redeem = (shares: bigint) =>
        w.vault.connect(w.lender).redeem.staticCall(shares, w.lender, w.lender);
      expect(await redeem(lender.redeemable)).to.be.greaterThanOrEqual(lender.withdrawable);
      expect(await succeeds(redeem(lender.redeemable + 10n ** 7n))).to.be.false;
    }
  });

  it("earn at the rates shown", async () => {
    const w = await loadLensWorld({ lent: 2_000n, ratesPercent: [5n, 20n, 50n], feeBps: 1_000n });
    await openPosition(w);
    await mineAt(w, (await now(w)) + 30n * DAY);
    await w.vault.accrue();
    const { pool } = await look(w);
    const seconds = 1_000_000n;
    await mineAt(w, (await now(w)) + seconds);
    const { pool: later } = await look(w);
    const within = (actual: bigint, expected: bigint) =>
      // Compounding within the time: half of its square.
      expect(actual).to.be.within((expected * 999n) / 1_000n, (expected * 1_010n) / 1_000n);
    within(later.debt - pool.debt, (pool.debt * pool.borrowRatePerSecondWad * seconds) / WAD);
    within(later.assets - pool.assets, (pool.assets * pool.supplyRatePerSecondWad * seconds) / WAD);
    expect(pool.utilisationWad).to.equal((pool.debt * WAD) / (pool.cash + pool.debt));
    const { cash } = await poolOf(w);
    expect(pool).to.deep.include({ cash, feeBps: 1_000n, feeRecipient: w.feeRecipient.address });
    expect(pool.borrowCap).to.equal(2n ** 32n - 1n);
  });

  it("see the insurance and losses that nobody has booked (C-14)", async () => {
    const w = await loadLensWorld();
    const [eth, btc] = [w.collaterals[0]!, w.collaterals[1]!];
    const id = await openPosition(w, { amounts: [eth.unit, btc.unit / 100n], debt: w.usd(1_600n) });
    const sound = await openPosition(w, { subAccount: 1n, amounts: [0n, btc.unit] });
    const before = await look(w, { accounts: [id, sound] });
    expect([before.unbookedLoss, before.pool.insuranceAssets]).to.deep.equal([0n, 0n]);
    await setPrice36(w, 0, price36Of(w, 0, 1_000n));
    const seen = await look(w, { accounts: [id, sound] });
    expect(viewsIn(seen).map(({ margin }) => margin.status)).to.deep.equal([
      Status.Insolvent,
      Status.Healthy,
    ]);
    expect(seen.unbookedLoss).to.equal(w.usd(300n));
    // What cannot be sold now stands for nothing.
    await w.prices.set(1, price36Of(w, 1, 30_000n), false);
    expect((await look(w, { accounts: [id] })).unbookedLoss).to.equal(w.usd(600n));

    await w.vault.connect(w.lender).transfer(w.vault, 10n * w.usd(1n) * 10n ** 6n);
    const { pool } = await look(w);
    expect(pool.insuranceShares).to.equal(w.usd(10n) * 10n ** 6n);
    expect(pool.insuranceRatioWad).to.equal((pool.insuranceAssets * WAD) / pool.debt);
  });
});

describe("VaultLens: lots of the insurance", () => {
  it("are called, sold and foretold as the vault has them", async () => {
    const w = await loadLensWorld();
    const [eth, btc] = [w.collaterals[0]!, w.collaterals[1]!];
    const id = await openPosition(w, { amounts: [eth.unit, btc.unit] });
    const lot = accountIdOf(w.vaultAddress, 1n);
    await w.prices.set(1, 0n, false);
    await setPrice36(w, 0, price36Of(w, 0, 1_000n));
    await w.vault.connect(w.keeper).liquidate(id, eth.address, MAX_UINT, 0n, w.keeper, "0x");
    expect((await lookAt(w, lot)).mayOpenCall).to.be.false;
    await setPrice36(w, 1, price36Of(w, 1, 30_000n));
    expect(await lookAt(w, lot)).to.deep.include({ mayOpenCall: true, bounty: 0n, debt: 0n });
    await w.vault.openCall(lot);
    const deadline = await deadlineOf(w, lot);
    const discountWad = auctionDiscountWad(700n, 800n, 1_800n);
    expect((await lookAt(w, lot, { discountWad })).holdings[0]!.take.reachedAt).to.equal(deadline + 700n);
    await mineAt(w, deadline + 700n);
    const a = await lookAt(w, lot);
    const [repaid, insured, seized] = await takeOf(w, lot, 1);
    expect(a.holdings[0]!.take).to.deep.include({ repaid, insured, seized, discountWad });
    await mineAt(w, deadline + 3_600n);
    expect(await lookAt(w, lot)).to.deep.include({ mayOpenCall: true, mayCloseCall: false });
  });
});

describe("VaultLens: an owner's accounts", () => {
  it("are found in a range, as many as wanted, with where to go on", async () => {
    const w = await loadLensWorld();
    const { trader: owner } = w;
    const own = (subAccount: bigint) => accountIdOf(owner.address, subAccount);
    for (const subAccount of [1n, 4n, 5n, 2n ** 96n - 1n]) await openPosition(w, { subAccount });
    const find = (range: { first?: bigint; last: bigint; most?: bigint }) =>
      w.lens.accountsOf({ vault: w.vaultAddress, owner: owner.address, ...range });
    expect(await find({ last: 10n })).to.deep.equal({
      reading: { known: true },
      accounts: [own(1n), own(4n), own(5n)],
      next: 11n,
    });
    expect(await find({ last: 10n, most: 2n })).to.deep.include({ accounts: [own(1n), own(4n)], next: 5n });
    expect(await find({ first: 5n, last: 10n, most: 2n })).to.deep.include({
      accounts: [own(5n)],
      next: 11n,
    });
    const highest = 2n ** 96n - 1n;
    const end = await find({ first: highest - 1n, last: MAX_UINT });
    expect(end).to.deep.include({ accounts: [own(highest)], next: highest + 1n });
    expect(await find({ first: MAX_UINT, last: MAX_UINT })).to.deep.include({ accounts: [], next: MAX_UINT });
    await atNext(w, (await now(w)) + 10n);
    // More than the gas allows: it stops where it got to.
    const part = await find({ last: 1_000_000n });
    expect(part.reading.known).to.be.true;
    expect(part.next).to.be.within(1_000n, 999_999n);
  });
});
