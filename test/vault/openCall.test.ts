import { expect } from "chai";
import { accountIdOf } from "../../sdk/accountId.ts";
import { Refusal, Status } from "../../sdk/vaultTypes.ts";
import type { HostileFeed, MockOracle } from "../../types/index.ts";
import { mineAt, now, passDeadline } from "./support/clock.ts";
import { eventOf, eventsOf } from "./support/events.ts";
import { graceSeconds } from "./support/formulas.ts";
import {
  ceilDiv,
  openCalledPosition,
  openPosition,
  setMaintenanceValue,
  setPrice,
} from "./support/position.ts";
import { stateOf } from "./support/state.ts";
import { deploy, deployOracle, DECIMAL_PAIRS, loadWorld, MAX_UINT, type World } from "./support/world.ts";

describe("openCall", () => {
  for (const [quoteDecimals, collateralDecimals] of DECIMAL_PAIRS) {
    it(`reports the call with all its amounts (${quoteDecimals} and ${collateralDecimals} decimals)`, async () => {
      const w = await loadWorld({ quoteDecimals, collateralDecimals });
      const id = await openPosition(w);
      await setMaintenanceValue(w, id, w.usd(1_450n));
      const margin = await w.vault.marginOf(id);
      const { price36 } = await w.oracle.price(w.collaterals[0]!.address);
      const calledAt = (await now(w)) + 5n;
      await w.helpers.time.setNextBlockTimestamp(calledAt);
      const opened = await eventOf(w.vault.connect(w.keeper).openCall(id), w.vault, "MarginCallOpened");
      const deadline = calledAt + graceSeconds(margin, 900n, 14_400n);
      const depositValue = ceilDiv(w.usd(80n) * 10_000n, w.collaterals[0]!.terms.maintenanceBps);
      expect(opened).to.deep.equal({
        account: id,
        owner: w.trader.address,
        actor: w.keeper.address,
        notice: {
          nonce: 1n,
          reopened: false,
          calledAt,
          deadline,
          bounty: 0n,
          debtShares: w.usd(1_500n) * 1_000n,
          debt: w.usd(1_500n),
          cureLevelWad: 1_020_000_000_000_000_000n,
          repayAmount: ceilDiv(w.usd(80n) * 100n, 102n),
          collateralSet: 1n,
          depositAmounts: [ceilDiv(depositValue * 10n ** 36n, price36)],
          prices36: [price36],
        },
      });
      expect(await stateOf(w, id)).to.deep.equal({
        collateralSet: 1n,
        callNonce: 1n,
        calledAt,
        deadline,
        auctionStart: deadline,
        closedLateAt: 0n,
        debtShares: w.usd(1_500n) * 1_000n,
      });
    });
  }

  it("quotes a deposit for each collateral, in the order of their numbers", async () => {
    const w = await loadWorld();
    const id = await openPosition(w, {
      amounts: [w.collaterals[0]!.unit, w.collaterals[1]!.unit / 100n],
      debt: w.usd(1_700n),
    });
    await setPrice(w.collaterals[0]!, "1750");
    const { notice } = (await eventOf(w.vault.openCall(id), w.vault, "MarginCallOpened")) as {
      notice: { collateralSet: bigint; depositAmounts: bigint[]; prices36: bigint[] };
    };
    expect(notice.collateralSet).to.equal(3n);
    const prices = await Promise.all(w.collaterals.map((c) => w.oracle.price(c.address)));
    expect(notice.prices36).to.deep.equal(prices.map((p) => p.price36));
    const { deposits, assets } = await w.vault.previewCure(id);
    expect(notice.depositAmounts).to.deep.equal([...deposits]);
    expect([...assets]).to.deep.equal(w.collaterals.map((c) => c.address));
  });

  it("takes the nonce further with every call of the account", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    await setMaintenanceValue(w, id, w.usd(1_515n));
    await w.vault.closeCall(id);
    await setMaintenanceValue(w, id, w.usd(1_450n));
    const { notice } = (await eventOf(w.vault.openCall(id), w.vault, "MarginCallOpened")) as {
      notice: { nonce: bigint };
    };
    expect(notice.nonce).to.equal(2n);
    expect((await stateOf(w, id)).callNonce).to.equal(2n);
  });

  it("moves no token and no debt without a bounty", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setMaintenanceValue(w, id, w.usd(1_450n));
    const transaction = w.vault.connect(w.keeper).openCall(id);
    await expect(transaction).to.changeTokenBalances(w.ethers, w.quote, [w.keeper, w.vault], [0n, 0n]);
    await expect(transaction).to.changeTokenBalances(w.ethers, w.vault, [w.keeper, w.vault], [0n, 0n]);
    expect(await w.vault.debtOf(id)).to.equal(w.usd(1_500n));
  });

  it("counts interest up to now before it judges", async () => {
    const w = await loadWorld({ ratesPercent: [100n, 100n, 100n] });
    const id = await openPosition(w);
    await setMaintenanceValue(w, id, w.usd(1_501n));
    await mineAt(w, (await now(w)) + 50_000n);
    expect(await w.vault.statusOf(id)).to.equal(Status.Callable);
    await w.vault.openCall(id);
    expect(await w.vault.statusOf(id)).to.equal(Status.Called);
  });

  describe("given an account that nobody has (C-49)", () => {
    it("reverts with Healthy", async () => {
      const w = await loadWorld();
      for (const owner of [w.ethers.ZeroAddress, w.vaultAddress, w.stranger.address]) {
        const id = accountIdOf(owner);
        await expect(w.vault.openCall(id))
          .to.be.revertedWithCustomError(w.vault, "NotCallable")
          .withArgs(id, Status.Healthy);
      }
    });
  });

  describe("given stale prices (rule 7)", () => {
    it("calls at the last answer, and quotes it", async () => {
      const w = await loadWorld();
      const id = await openPosition(w);
      await setMaintenanceValue(w, id, w.usd(1_450n));
      const { price36 } = await w.oracle.price(w.collaterals[0]!.address);
      await mineAt(w, (await now(w)) + 200_000n);
      expect((await w.oracle.price(w.collaterals[0]!.address)).fresh).to.equal(false);
      const { notice } = (await eventOf(w.vault.openCall(id), w.vault, "MarginCallOpened")) as {
        notice: { prices36: bigint[] };
      };
      expect(notice.prices36).to.deep.equal([price36]);
    });

    it("counts a dead one as zero, quotes no deposit of it, and the others' (I-19)", async () => {
      const w = await loadWorld();
      const { unit } = w.collaterals[0]!;
      const id = await openPosition(w, {
        amounts: [unit, w.collaterals[1]!.unit / 10n],
        debt: w.usd(2_500n),
      });
      await mineAt(w, (await now(w)) + 260_000n);
      await w.quoteFeed.push(10n ** 8n);
      await setPrice(w.collaterals[1]!, "30000");
      // 2,406 of maintenance and 2,622 of liquidation value against 2,500.
      const { notice } = (await eventOf(w.vault.openCall(id), w.vault, "MarginCallOpened")) as {
        notice: { prices36: bigint[]; depositAmounts: bigint[] };
      };
      expect(notice.prices36[0]).to.equal(0n);
      expect(notice.depositAmounts[0]).to.equal(MAX_UINT);
      expect(notice.depositAmounts[1]).to.be.lessThan(w.collaterals[1]!.unit);
    });
  });
});

async function withMockOracle(w: World): Promise<MockOracle> {
  const oracle = await deploy<MockOracle>(w.ethers, "MockOracle", [
    w.quoteAddress,
    w.collaterals.map((c) => c.address),
  ]);
  for (const c of w.collaterals) await oracle.set(c.number, (await w.oracle.price(c.address)).price36, true);
  await w.configurator.setOracle(w.vault, await oracle.getAddress());
  return oracle;
}

describe("given an oracle that fails", () => {
  it("openCall, closeCall, cure and the views revert with its address", async () => {
    const w = await loadWorld();
    const oracle = await withMockOracle(w);
    const id = await openPosition(w);
    const other = await openPosition(w, { subAccount: 1n });
    await oracle.set(0, ((await w.oracle.price(w.collaterals[0]!.address)).price36 * 92n) / 100n, true);
    await w.vault.openCall(other);
    await oracle.setConduct(1);
    for (const refused of [
      () => w.vault.openCall(id),
      () => w.vault.closeCall(other),
      () => w.vault.cure(other, MAX_UINT),
      () => w.vault.statusOf(id),
      () => w.vault.marginOf(id),
      () => w.vault.previewCure(id),
      () => w.vault.previewLiquidation(id, w.collaterals[0]!.address, MAX_UINT),
    ]) {
      await expect(refused()).to.be.revertedWithCustomError(w.vault, "OracleUnavailable").withArgs(oracle);
    }
  });

  it("batches skip every account with OracleUnavailable, debt-free ones with their own reason", async () => {
    const w = await loadWorld();
    const oracle = await withMockOracle(w);
    const id = await openPosition(w);
    const debtFree = await openPosition(w, { subAccount: 1n, debt: 0n });
    await oracle.setConduct(1);
    expect(await w.vault.openCalls.staticCall([id, debtFree])).to.deep.equal([
      BigInt(Refusal.OracleUnavailable),
      BigInt(Refusal.NotCallable),
    ]);
    expect(await w.vault.closeCalls.staticCall([id])).to.deep.equal([BigInt(Refusal.NotClosable)]);
    expect(await w.vault.bookLoss.staticCall([id])).to.deep.equal([BigInt(Refusal.OracleUnavailable)]);
  });

  it("answers for an account without debt", async () => {
    const w = await loadWorld();
    const oracle = await withMockOracle(w);
    await oracle.setConduct(1);
    expect(await w.vault.statusOf(accountIdOf(w.stranger.address))).to.equal(Status.Healthy);
  });
});

describe("openCalls", () => {
  it("opens what is callable, skips the rest and says why", async () => {
    const w = await loadWorld();
    const callable = await openPosition(w, { subAccount: 0n });
    const called = await openPosition(w, { subAccount: 1n });
    const healthy = await openPosition(w, { subAccount: 2n, debt: w.usd(500n) });
    const debtFree = await openPosition(w, { subAccount: 3n, debt: 0n });
    const critical = await openPosition(w, { subAccount: 4n, debt: w.usd(1_520n) });
    await setPrice(w.collaterals[0]!, "1739");
    await w.vault.openCall(called);
    expect(await w.vault.statusOf(critical)).to.equal(Status.Critical);
    const ids = [callable, called, healthy, debtFree, critical, callable];
    const no = BigInt(Refusal.NotCallable);
    expect(await w.vault.openCalls.staticCall(ids)).to.deep.equal([BigInt(Refusal.None), no, no, no, no, no]);
    const opened = await eventsOf(w.vault.connect(w.keeper).openCalls(ids), w.vault, "MarginCallOpened");
    expect(opened.map((e) => e.account)).to.deep.equal([callable]);
  });

  it("is not stopped by a feed that fails: only its holders are judged without it (C-29)", async () => {
    const w = await loadWorld();
    const { address, unit } = w.collaterals[0]!;
    const feed = await deploy<HostileFeed>(w.ethers, "HostileFeed", [18, 30_000n * 10n ** 18n]);
    const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, [
      w.collaterals[0]!,
      { address: w.collaterals[1]!.address, feed },
    ]);
    await w.configurator.setOracle(w.vault, oracle);
    const id = await openPosition(w);
    const mixed = await openPosition(w, { subAccount: 1n, amounts: [unit, w.collaterals[1]!.unit] });
    await setMaintenanceValue(w, id, w.usd(1_450n));
    for (const conduct of [1, 2, 3, 4, 5, 6, 7, 8]) {
      await feed.setConduct(conduct);
      // The failing feed's last answer, 30,000, keeps counting for calls.
      expect(await w.vault.openCalls.staticCall([id, mixed])).to.deep.equal([
        BigInt(Refusal.None),
        BigInt(Refusal.NotCallable),
      ]);
    }
    expect(address).to.equal(w.collaterals[0]!.address);
  });

  it("does nothing for an empty batch", async () => {
    const w = await loadWorld();
    expect(await w.vault.openCalls.staticCall([])).to.deep.equal([]);
    expect(await w.vault.closeCalls.staticCall([])).to.deep.equal([]);
    expect(await w.vault.bookLoss.staticCall([])).to.deep.equal([]);
  });

  it("reopens a lapsed call with the minimum grace and says so (I-31)", async () => {
    const w = await loadWorld({ maxBounty: 5n });
    const id = await openCalledPosition(w, w.usd(1_499n));
    await passDeadline(w, id, w.risk.auctionSeconds);
    const debt = await w.vault.debtOf(id);
    const calledAt = (await now(w)) + 7n;
    await w.helpers.time.setNextBlockTimestamp(calledAt);
    const [opened] = await eventsOf(w.vault.connect(w.keeper).openCalls([id]), w.vault, "MarginCallOpened");
    expect(opened!.notice).to.include({
      nonce: 2n,
      reopened: true,
      calledAt,
      deadline: calledAt + 900n,
      bounty: 0n,
      debt,
    });
    expect((await stateOf(w, id)).auctionStart).to.equal(calledAt + 900n);
  });
});
