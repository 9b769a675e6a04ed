import { expect } from "chai";
import { CloseReason, Refusal, Status } from "../../sdk/vaultTypes.ts";
import { mineAt, now, passDeadline, refreshFeeds } from "./support/clock.ts";
import { eventOf, eventsOf } from "./support/events.ts";
import { withMockOracle } from "./support/listing.ts";
import { openCalledPosition, openPosition, setMaintenanceValue, setPrice } from "./support/position.ts";
import { stateOf } from "./support/state.ts";
import { loadWorld, WAD } from "./support/world.ts";

describe("closeCall", () => {
  it("closes at K_close before the deadline, for anyone, and reports it", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    await setMaintenanceValue(w, id, w.usd(1_515n));
    const closedAt = (await now(w)) + 3n;
    await w.helpers.time.setNextBlockTimestamp(closedAt);
    const closed = await eventOf(w.vault.connect(w.stranger).closeCall(id), w.vault, "MarginCallClosed");
    expect(closed).to.deep.equal({
      account: id,
      owner: w.trader.address,
      actor: w.stranger.address,
      nonce: 1n,
      reason: BigInt(CloseReason.Recovered),
      late: false,
      closedAt,
      healthWad: (WAD * 101n) / 100n,
      debt: w.usd(1_500n),
    });
    const { deadline, auctionStart, closedLateAt, callNonce } = await stateOf(w, id);
    expect([deadline, auctionStart, closedLateAt, callNonce]).to.deep.equal([0n, 0n, 0n, 1n]);
  });

  it("closes past the deadline at H = 1 and remembers that it was late", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    await passDeadline(w, id);
    await setMaintenanceValue(w, id, w.usd(1_500n));
    const closed = await eventOf(w.vault.closeCall(id), w.vault, "MarginCallClosed");
    expect(closed).to.include({ late: true, healthWad: WAD });
    expect((await stateOf(w, id)).closedLateAt).to.equal(closed.closedAt);
  });

  it("needs K_close in the last second before the deadline and H = 1 in the second of it (C-09)", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    await setMaintenanceValue(w, id, w.usd(1_500n));
    const { deadline } = await stateOf(w, id);
    await mineAt(w, deadline - 1n);
    await expect(w.vault.closeCall.staticCall(id))
      .to.be.revertedWithCustomError(w.vault, "NotClosable")
      .withArgs(id, Status.Called, WAD, (WAD * 101n) / 100n);
    await w.helpers.time.setNextBlockTimestamp(deadline);
    const closed = await eventOf(w.vault.closeCall(id), w.vault, "MarginCallClosed");
    expect(closed).to.include({ late: true, closedAt: deadline });
  });

  it("says that there are no prices, and no status that nobody can know, while the oracle fails (C-29)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    const debtFree = await openPosition(w, { subAccount: 1n, debt: 0n });
    const oracle = await withMockOracle(w);
    await oracle.setConduct(1);
    await expect(w.vault.closeCall(id)).to.be.revertedWithCustomError(w.vault, "OracleUnavailable");
    await expect(w.vault.closeCall(debtFree)).to.be.revertedWithCustomError(w.vault, "NotClosable");
  });

  it("says at what health and what level it refuses, before and past the deadline (rule 1)", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    await setMaintenanceValue(w, id, w.usd(1_500n));
    await expect(w.vault.closeCall(id))
      .to.be.revertedWithCustomError(w.vault, "NotClosable")
      .withArgs(id, Status.Called, WAD, (WAD * 101n) / 100n);
    await passDeadline(w, id);
    await setMaintenanceValue(w, id, w.usd(1_350n));
    await expect(w.vault.closeCall(id))
      .to.be.revertedWithCustomError(w.vault, "NotClosable")
      .withArgs(id, Status.Critical, (WAD * 9n) / 10n, WAD);
  });

  it("closes at the last answer of a stale feed (rule 7)", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    await setMaintenanceValue(w, id, w.usd(1_515n));
    await mineAt(w, (await now(w)) + 100_000n);
    await w.vault.closeCall(id);
  });

  it("is not reached while interest grows past it (I-10)", async () => {
    const w = await loadWorld({ ratesPercent: [100n, 100n, 100n] });
    const id = await openPosition(w);
    await setMaintenanceValue(w, id, w.usd(1_450n));
    await w.vault.openCall(id);
    const { debt } = await w.vault.marginOf(id);
    await setMaintenanceValue(w, id, (debt * 101n) / 100n + 1_000n);
    await mineAt(w, (await now(w)) + 600n);
    await expect(w.vault.closeCall(id)).to.be.revertedWithCustomError(w.vault, "NotClosable");
  });
});

describe("closeCalls", () => {
  it("closes what may be closed, skips the rest and says why", async () => {
    const w = await loadWorld();
    const a = await openPosition(w, { subAccount: 0n });
    const b = await openPosition(w, { subAccount: 1n, debt: w.usd(1_519n) });
    const uncalled = await openPosition(w, { subAccount: 2n, debt: w.usd(500n) });
    await setPrice(w.collaterals[0]!, "1800");
    await w.vault.openCalls([a, b]);
    // 1,516 of maintenance value: 1.0107 times a's debt, 0.998 times b's.
    await setPrice(w.collaterals[0]!, "1890.3");
    const ids = [a, b, uncalled, a];
    const no = BigInt(Refusal.NotClosable);
    expect(await w.vault.closeCalls.staticCall(ids)).to.deep.equal([BigInt(Refusal.None), no, no, no]);
    const closed = await eventsOf(w.vault.closeCalls(ids), w.vault, "MarginCallClosed");
    expect(closed.map((e) => e.account)).to.deep.equal([a]);
  });

  it("closes a lapsed call whose account has recovered", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    await passDeadline(w, id, w.risk.auctionSeconds + 1n);
    await refreshFeeds(w);
    await setMaintenanceValue(w, id, w.usd(1_500n));
    const [closed] = await eventsOf(w.vault.closeCalls([id]), w.vault, "MarginCallClosed");
    expect(closed).to.include({ late: true, nonce: 1n });
  });
});
