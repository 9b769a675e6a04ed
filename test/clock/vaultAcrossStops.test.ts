import { expect } from "chai";
import type { AccountId } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { atNext, deadlineOf, mineAt, now, passDeadline, refreshFeeds } from "../vault/support/clock.ts";
import { eventOf } from "../vault/support/events.ts";
import { auctionDiscountWad } from "../vault/support/formulas.ts";
import { openPosition, setLiquidationValue, setMaintenanceValue } from "../vault/support/position.ts";
import { stateOf } from "../vault/support/state.ts";
import { loadWorld, MAX_UINT, type World } from "../vault/support/world.ts";

const CALLING = 0;
const LIQUIDATION = 1;
const GRACE = 900n;
const HOUR = 3_600n;
const DOWN = 1n;
const UP = 0n;

/** A stop of the clock from `from` to `until`, by a pause or by an outage; mines past its end with fresh prices. */
type Stop = (w: World, from: bigint, until: bigint) => Promise<void>;

const STOPS: Record<string, Stop> = {
  "a pause of calling": (w, from, until) => pauseFor(w, CALLING, from, until),
  "a pause of liquidation": (w, from, until) => pauseFor(w, LIQUIDATION, from, until),
  "an outage": async (w, from, until) => {
    await atNext(w, from);
    await w.uptimeFeed.push(DOWN);
    await atNext(w, until);
    await w.uptimeFeed.push(UP);
    await refreshFeeds(w);
  },
  "an outage of which nobody heard before it was over": async (w, from, until) => {
    await atNext(w, until);
    await w.uptimeFeed.pushAt(DOWN, from);
    await w.uptimeFeed.pushAt(UP, until);
    await refreshFeeds(w);
  },
};

async function pauseFor(w: World, kind: number, from: bigint, until: bigint): Promise<void> {
  await atNext(w, from);
  await w.clock.connect(w.guardian).pause(kind, until - from);
  await mineAt(w, until);
  await refreshFeeds(w);
}

function take(w: World, id: AccountId) {
  return w.vault.connect(w.keeper).liquidate(id, w.collaterals[0]!.address, MAX_UINT, 0n, w.keeper, "0x");
}

/** Ten ETH against 15,000 with `A_m` of `perToken` a token, called. The clock knows its feed. */
async function called(perToken = 1_450n) {
  const w = await loadWorld();
  await w.clock.sync();
  const id = await openPosition(w, { amounts: [10n * w.collaterals[0]!.unit], debt: w.usd(15_000n) });
  await setMaintenanceValue(w, id, w.usd(perToken * 10n));
  await w.vault.openCall(id);
  return { w, id, deadline: await deadlineOf(w, id) };
}

for (const [what, stop] of Object.entries(STOPS)) {
  describe(`${what} in a call (I-20, I-21, I-22, C-62)`, () => {
    it("leaves what was left of the grace, when that was more than the minimum", async () => {
      const { w, id, deadline } = await called(1_499n);
      const stopAt = deadline - GRACE - 100n;
      await stop(w, stopAt, stopAt + HOUR);
      expect((await w.vault.marginOf(id)).deadline).to.equal(deadline);
      await mineAt(w, deadline + HOUR - 1n);
      expect(await w.vault.statusOf(id)).to.equal(Status.Called);
      await mineAt(w, deadline + HOUR);
      expect(await w.vault.statusOf(id)).to.equal(Status.Expired);
    });

    it("leaves at least the minimum grace after it, and not a second more", async () => {
      const { w, id, deadline } = await called();
      const stopAt = deadline - 100n;
      await stop(w, stopAt, stopAt + HOUR);
      const margin = await w.vault.marginOf(id);
      expect(margin.deadline).to.equal(stopAt + GRACE);
      expect(margin.auctionStart).to.equal(stopAt + GRACE);
      // What is stored is as it was; the protection is the clock's.
      expect(await deadlineOf(w, id)).to.equal(deadline);
      await mineAt(w, stopAt + HOUR + GRACE - 2n);
      await expect(take(w, id))
        .to.be.revertedWithCustomError(w.vault, "NotLiquidatable")
        .withArgs(id, Status.Called);
      await atNext(w, stopAt + HOUR + GRACE);
      await take(w, id);
    });

    it("does not revive a deadline that had passed, by one second (C-09)", async () => {
      for (const early of [0n, 1n]) {
        const { w, id, deadline } = await called();
        await stop(w, deadline - early, deadline + HOUR);
        expect(await w.vault.statusOf(id)).to.equal(early === 0n ? Status.Expired : Status.Called);
      }
    });

    it("closes late, and at H = 1, only what is past the deadline as it stands then", async () => {
      const { w, id, deadline } = await called();
      await stop(w, deadline - 100n, deadline + HOUR);
      await setMaintenanceValue(w, id, w.usd(15_000n));
      await expect(w.vault.closeCall(id)).to.be.revertedWithCustomError(w.vault, "NotClosable");
      await mineAt(w, deadline + HOUR + GRACE);
      const closed = await eventOf(w.vault.closeCall(id), w.vault, "MarginCallClosed");
      expect(closed.late).to.equal(true);
    });

    it("lets the trader cure in its time", async () => {
      const { w, id, deadline } = await called();
      await stop(w, deadline - 100n, deadline + HOUR);
      const closed = await eventOf(w.vault.connect(w.trader).cure(id, MAX_UINT), w.vault, "MarginCallClosed");
      expect(closed.late).to.equal(false);
    });
  });

  describe(`${what} in an auction (I-22, I-26)`, () => {
    it("holds the discount where it was", async () => {
      const { w, id, deadline } = await called();
      await passDeadline(w, id, 300n);
      await stop(w, deadline + 400n, deadline + 400n + HOUR);
      await mineAt(w, deadline + 600n + HOUR);
      const [, , , discountWad] = await w.vault.previewLiquidation(id, w.collaterals[0]!.address, MAX_UINT);
      expect(discountWad).to.equal(auctionDiscountWad(600n, 800n, w.risk.rampSeconds));
    });

    it("does not let it lapse early", async () => {
      const { w, id, deadline } = await called();
      await passDeadline(w, id, 300n);
      await stop(w, deadline + 400n, deadline + 400n + HOUR);
      await mineAt(w, deadline + 2n * HOUR - 1n);
      expect(await w.vault.statusOf(id)).to.equal(Status.Expired);
      await mineAt(w, deadline + 2n * HOUR);
      expect(await w.vault.statusOf(id)).to.equal(Status.Lapsed);
    });

    it("begins the auction of a call that it has put off at the end of what it gave, also after another stop", async () => {
      const { w, id, deadline } = await called();
      const stopAt = deadline - 100n;
      await stop(w, stopAt, stopAt + 600n);
      const startsAt = stopAt + GRACE;
      // Another stop 100 seconds into the auction.
      const second = startsAt + 600n + 100n;
      await stop(w, second, second + 600n);
      expect((await w.vault.marginOf(id)).auctionStart).to.equal(startsAt);
      const [, , , discountWad] = await w.vault.previewLiquidation(id, w.collaterals[0]!.address, MAX_UINT);
      const elapsed = (await w.vault.uptime()) - startsAt;
      expect(discountWad).to.equal(auctionDiscountWad(elapsed, 800n, w.risk.rampSeconds));
    });
  });

  it(`${what} protects nobody below the floor`, async () => {
    const { w, id, deadline } = await called();
    await stop(w, deadline - 100n, deadline + HOUR);
    await setLiquidationValue(w, id, w.usd(14_990n));
    await take(w, id);
  });
}

describe("while the guardian's pause runs (I-41)", () => {
  it("of calling: nothing is called, one by one or in a batch", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setMaintenanceValue(w, id, w.usd(1_450n));
    await w.clock.connect(w.guardian).pause(CALLING, HOUR);
    await expect(w.vault.openCall(id)).to.be.revertedWithCustomError(w.vault, "CallingPaused");
    expect(await w.vault.openCalls.staticCall([id])).to.deep.equal([14n]);
    await mineAt(w, (await now(w)) + HOUR);
    await w.vault.openCall(id);
  });

  it("of calling: what has lapsed is not called again, what has expired is sold", async () => {
    const { w, id } = await called();
    await passDeadline(w, id, w.risk.auctionSeconds);
    await w.clock.connect(w.guardian).pause(CALLING, HOUR);
    await expect(w.vault.openCall(id)).to.be.revertedWithCustomError(w.vault, "CallingPaused");
    const other = await called();
    await passDeadline(other.w, other.id);
    await other.w.clock.connect(other.w.guardian).pause(CALLING, HOUR);
    await take(other.w, other.id);
  });

  it("of liquidation: nothing above the floor is sold, one by one or in a batch; what is below it, is", async () => {
    const { w, id } = await called();
    await passDeadline(w, id);
    await w.clock.connect(w.guardian).pause(LIQUIDATION, HOUR);
    const request = { account: id, asset: w.collaterals[0]!.address, maxRepay: MAX_UINT, minSeized: 0n };
    await expect(take(w, id)).to.be.revertedWithCustomError(w.vault, "LiquidationPaused");
    await expect(w.vault.previewLiquidation(id, request.asset, MAX_UINT)).to.be.revertedWithCustomError(
      w.vault,
      "LiquidationPaused",
    );
    const [result] = await w.vault.connect(w.keeper).liquidateMany.staticCall([request], w.keeper);
    expect(result).to.deep.equal([14n, 0n, 0n, 0n, 0n]);
    await setLiquidationValue(w, id, w.usd(14_990n));
    await take(w, id);
  });

  it("of liquidation: calls are opened, with all their time after it", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setMaintenanceValue(w, id, w.usd(1_450n));
    await w.clock.connect(w.guardian).pause(LIQUIDATION, HOUR);
    const stoppedAt = await w.vault.uptime();
    await w.vault.openCall(id);
    const { calledAt, deadline } = await stateOf(w, id);
    expect(calledAt).to.equal(stoppedAt);
    await mineAt(w, (await now(w)) + HOUR);
    expect(deadline - (await w.vault.uptime())).to.be.greaterThan(GRACE - 10n);
  });

  for (const kind of [CALLING, LIQUIDATION]) {
    it(`of ${["calling", "liquidation"][kind]!}: all may deposit, repay, cure, leave without debt, and lenders exit`, async () => {
      const { w, id } = await called();
      await w.clock.connect(w.guardian).pause(kind, HOUR);
      const { address } = w.collaterals[0]!;
      const trader = w.vault.connect(w.trader);
      await trader.depositCollateral(id, address, 1n);
      await trader.repay(id, 1n);
      await trader.cure(id, MAX_UINT);
      await trader.repay(id, MAX_UINT);
      await trader.withdrawCollateral(id, address, MAX_UINT, w.trader);
      await w.vault.connect(w.lender).withdraw(w.usd(1_000n), w.lender, w.lender);
      await w.vault.connect(w.lender).deposit(w.usd(1_000n), w.lender);
    });
  }

  it("losses are booked all the same", async () => {
    const w = await loadWorld();
    const id = await openPosition(w, { debt: w.usd(1_500n) });
    for (const kind of [CALLING, LIQUIDATION]) await w.clock.connect(w.guardian).pause(kind, HOUR);
    await w.collaterals[0]!.feed.push(1n);
    await eventOf(w.vault.bookLoss([id]), w.vault, "BadDebtRealized");
  });
});

describe("an outage that is learned after others have acted in it", () => {
  it("puts the clock back, and nothing that was written in between breaks anything", async () => {
    const { w, id, deadline } = await called(1_400n);
    await passDeadline(w, id, 600n);
    // A tranche is sold and the auction starts again at 601; then the feed says: down since 500.
    await take(w, id);
    await mineAt(w, deadline + 620n);
    await w.uptimeFeed.pushAt(DOWN, deadline + 500n);
    expect(await w.vault.uptime()).to.equal(deadline + 500n);
    expect(await w.vault.statusOf(id)).to.equal(Status.Expired);
    const [, , , discountWad] = await w.vault.previewLiquidation(id, w.collaterals[0]!.address, MAX_UINT);
    expect(discountWad).to.equal(auctionDiscountWad(0n, 800n, w.risk.rampSeconds));
    await take(w, id);
    await w.vault.connect(w.trader).repay(id, 1n);
  });

  it("does not keep what was called or closed late in it from being called again", async () => {
    const { w, id, deadline } = await called();
    await passDeadline(w, id, 600n);
    await setMaintenanceValue(w, id, w.usd(15_000n));
    await w.vault.closeCall(id);
    await setMaintenanceValue(w, id, w.usd(14_500n));
    await w.uptimeFeed.pushAt(DOWN, deadline + 500n);
    await w.vault.openCall(id);
    const { calledAt, closedLateAt, deadline: second } = await stateOf(w, id);
    expect(calledAt).to.be.lessThan(closedLateAt);
    expect(second - calledAt).to.equal(GRACE);
  });
});
