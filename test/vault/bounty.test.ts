import { expect } from "chai";
import { Status } from "../../sdk/vaultTypes.ts";
import { mineAt, now, passDeadline, refreshFeeds } from "./support/clock.ts";
import { eventsOf, eventOf } from "./support/events.ts";
import { openPosition, setLiquidationValue, setMaintenanceValue, setPrice } from "./support/position.ts";
import { poolOf, stateOf } from "./support/state.ts";
import { DECIMAL_PAIRS, loadWorld, WAD, type World } from "./support/world.ts";

const DAY = 86_400n;

async function bountyOf(w: World, id: string): Promise<bigint> {
  const { notice } = (await eventOf(w.vault.connect(w.keeper).openCall(id), w.vault, "MarginCallOpened")) as {
    notice: { bounty: bigint };
  };
  return notice.bounty;
}

describe("the bounty for opening a call", () => {
  for (const [quoteDecimals, collateralDecimals] of DECIMAL_PAIRS) {
    it(`is 0.1 % of the debt in shares, charged to it (${quoteDecimals} and ${collateralDecimals} decimals)`, async () => {
      const w = await loadWorld({ quoteDecimals, collateralDecimals, maxBounty: 5n });
      const id = await openPosition(w);
      await setMaintenanceValue(w, id, w.usd(1_499n));
      const bounty = w.usd("1.5");
      const transaction = w.vault.connect(w.keeper).openCall(id);
      await expect(transaction).to.changeTokenBalances(
        w.ethers,
        w.vault,
        [w.keeper, w.vault, w.trader],
        [bounty * 10n ** 6n, 0n, 0n],
      );
      await expect(transaction).to.changeTokenBalances(w.ethers, w.quote, [w.keeper, w.vault], [0n, 0n]);
      const { notice } = (await eventOf(transaction, w.vault, "MarginCallOpened")) as {
        notice: Record<string, bigint>;
      };
      expect(notice).to.include({
        bounty,
        debt: w.usd("1501.5"),
        debtShares: w.usd("1501.5") * 1_000n,
      });
      expect(await w.vault.debtOf(id)).to.equal(w.usd("1501.5"));
      expect(await w.vault.totalAssets()).to.equal(w.usd(1_000_000n) + bounty);
      expect((await poolOf(w)).totalDebtShares).to.equal(w.usd("1501.5") * 1_000n);
    });
  }

  it("returns the shares it paid", async () => {
    const w = await loadWorld({ maxBounty: 5n });
    const id = await openPosition(w);
    await setMaintenanceValue(w, id, w.usd(1_499n));
    expect(await w.vault.connect(w.keeper).openCall.staticCall(id)).to.equal(w.usd("1.5") * 10n ** 6n);
  });

  it("is at most the fixed amount", async () => {
    const w = await loadWorld({ maxBounty: 5n });
    const id = await openPosition(w, { amounts: [10n * w.collaterals[0]!.unit], debt: w.usd(15_000n) });
    await setMaintenanceValue(w, id, w.usd(14_990n));
    expect(await bountyOf(w, id)).to.equal(w.usd(5n));
  });

  it("needs no cash: the vault may be lent out", async () => {
    const w = await loadWorld({ maxBounty: 5n, lent: 1_500n });
    const id = await openPosition(w);
    await setMaintenanceValue(w, id, w.usd(1_499n));
    expect(await bountyOf(w, id)).to.equal(w.usd("1.5"));
    expect(await w.vault.maxRedeem(w.keeper)).to.equal(0n);
  });

  it("never lowers the share price, however small the vault (I-06)", async () => {
    for (const lent of [1_500n, 1_000_000n]) {
      const w = await loadWorld({ maxBounty: 5n, lent, ratesPercent: [3n, 7n, 30n] });
      const ids = [
        await openPosition(w, { debt: w.usd(700n) }),
        await openPosition(w, { subAccount: 1n, debt: w.usd(700n) }),
      ];
      await mineAt(w, (await now(w)) + 10n * DAY);
      await refreshFeeds(w);
      await setPrice(w.collaterals[0]!, "840");
      await w.vault.accrue();
      const one = 10n ** (await w.vault.decimals()) * WAD;
      const before = await w.vault.convertToAssets(one);
      const opened = await eventsOf(w.vault.connect(w.keeper).openCalls(ids), w.vault, "MarginCallOpened");
      expect(opened).to.have.length(2);
      for (const { notice } of opened as { notice: { bounty: bigint } }[]) {
        expect(notice.bounty).to.be.greaterThan(0n);
      }
      expect(await w.vault.convertToAssets(one)).to.be.greaterThanOrEqual(before);
    }
  });

  it("is paid once for a batch, for each account that bears it", async () => {
    const w = await loadWorld({ maxBounty: 5n });
    const a = await openPosition(w);
    const b = await openPosition(w, { subAccount: 1n, debt: w.usd(1_400n) });
    await setPrice(w.collaterals[0]!, "1740");
    await expect(w.vault.connect(w.keeper).openCalls([a, b, a])).to.changeTokenBalances(
      w.ethers,
      w.vault,
      [w.keeper],
      [w.usd("2.9") * 10n ** 6n],
    );
    expect([await w.vault.debtOf(a), await w.vault.debtOf(b)]).to.deep.equal([
      w.usd("1501.5"),
      w.usd("1401.4"),
    ]);
  });

  describe("given an account that could not bear it", () => {
    it("is paid when the account stands at the floor exactly afterwards", async () => {
      const w = await loadWorld({ maxBounty: 5n });
      const id = await openPosition(w);
      await setLiquidationValue(w, id, w.usd("1501.5"));
      expect(await bountyOf(w, id)).to.equal(w.usd("1.5"));
      expect(await w.vault.statusOf(id)).to.equal(Status.Called);
    });

    it("is not paid when one base unit is missing, and the call is opened all the same", async () => {
      const w = await loadWorld({ maxBounty: 5n });
      const id = await openPosition(w);
      await setLiquidationValue(w, id, w.usd("1501.5") - 1n);
      expect(await bountyOf(w, id)).to.equal(0n);
      expect(await w.vault.debtOf(id)).to.equal(w.usd(1_500n));
      expect(await w.vault.statusOf(id)).to.equal(Status.Called);
    });
  });

  describe("given a call before", () => {
    async function reopenAfter(seconds: bigint): Promise<bigint> {
      const w = await loadWorld({ maxBounty: 5n });
      const id = await openPosition(w);
      await setMaintenanceValue(w, id, w.usd(1_499n));
      expect(await bountyOf(w, id)).to.be.greaterThan(0n);
      const { calledAt } = await stateOf(w, id);
      await setMaintenanceValue(w, id, w.usd(1_600n));
      await w.vault.closeCall(id);
      await mineAt(w, calledAt + seconds - 10n);
      await refreshFeeds(w);
      await setMaintenanceValue(w, id, w.usd(1_499n));
      await w.helpers.time.setNextBlockTimestamp(calledAt + seconds);
      const bounty = await bountyOf(w, id);
      expect(await w.vault.statusOf(id)).to.equal(Status.Called);
      return bounty;
    }

    it("is withheld within 24 h of that call, and the call is not (I-25, C-55)", async () => {
      expect(await reopenAfter(DAY - 1n)).to.equal(0n);
    });

    it("is paid again after 24 h exactly", async () => {
      expect(await reopenAfter(DAY)).to.be.greaterThan(0n);
    });

    it("is never paid for reopening a lapsed call, a day later or not", async () => {
      const w = await loadWorld({ maxBounty: 5n });
      const id = await openPosition(w);
      await setMaintenanceValue(w, id, w.usd(1_480n));
      await bountyOf(w, id);
      await passDeadline(w, id, w.risk.auctionSeconds + 2n * DAY);
      expect(await w.vault.statusOf(id)).to.equal(Status.Lapsed);
      expect(await bountyOf(w, id)).to.equal(0n);
    });
  });

  describe("given a trader who calls himself in a loop (C-55, C-56, I-24, I-25)", () => {
    it("gains him nothing", async () => {
      const w = await loadWorld({ maxBounty: 5n });
      const id = await openPosition(w);
      const worth = async () =>
        (await w.vault.convertToAssets(await w.vault.balanceOf(w.trader))) - (await w.vault.debtOf(id));
      const before = await worth();
      for (let i = 0; i < 3; i++) {
        await setMaintenanceValue(w, id, (await w.vault.debtOf(id)) - w.usd(1n));
        await w.vault.connect(w.trader).openCall(id);
        await setMaintenanceValue(w, id, w.usd(1_600n));
        await w.vault.connect(w.trader).closeCall(id);
        await mineAt(w, (await now(w)) + DAY);
        await refreshFeeds(w);
      }
      expect(await worth()).to.be.lessThanOrEqual(before);
    });
  });
});
