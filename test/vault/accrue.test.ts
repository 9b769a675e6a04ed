import { expect } from "chai";
import { mineAt, now, refreshFeeds } from "./support/clock.ts";
import { deployDeferrer, vaultMove } from "./support/deferrer.ts";
import { eventOf } from "./support/events.ts";
import { withMockOracle } from "./support/listing.ts";
import { openPosition } from "./support/position.ts";
import { poolOf } from "./support/state.ts";
import { loadWorld, type World } from "./support/world.ts";

const RATES = { ratesPercent: [5n, 20n, 50n], feeBps: 1_000n } as const;

async function indebted(): Promise<World> {
  const w = await loadWorld(RATES);
  await openPosition(w);
  await mineAt(w, (await now(w)) + 1_000_000n);
  return w;
}

describe("accrue", () => {
  it("adds to all debt what the views foresaw, for anybody, and says so", async () => {
    const w = await indebted();
    const before = await poolOf(w);
    const event = await eventOf(w.vault.connect(w.stranger).accrue(), w.vault, "InterestAccrued");
    const after = await poolOf(w);
    expect(event).to.deep.equal({
      debtIndex: after.debtIndex,
      interest: (await w.vault.totalDebt()) - w.usd(1_500n),
      fee: after.unbookedFee,
    });
    expect(after.debtIndex).to.equal(await w.vault.currentDebtIndex());
    expect(after.accruedAt).to.equal(await now(w));
    expect({ ...after, debtIndex: 0n, unbookedFee: 0n, accruedAt: 0n }).to.deep.equal({
      ...before,
      debtIndex: 0n,
      unbookedFee: 0n,
      accruedAt: 0n,
    });
  });

  it("does nothing a second time in the same second (C-07, I-10)", async () => {
    const w = await indebted();
    await w.ethers.provider.send("evm_setAutomine", [false]);
    const gas = { gasLimit: 200_000n };
    const sent = [await w.vault.accrue(gas), await w.vault.accrue(gas)];
    await w.ethers.provider.send("evm_setAutomine", [true]);
    await w.helpers.mine();
    const logs = await Promise.all(
      sent.map(async ({ hash }) => (await w.ethers.provider.getTransactionReceipt(hash))!.logs.length),
    );
    expect(logs).to.deep.equal([1, 0]);
  });

  it("does nothing but note the time while nobody owes anything", async () => {
    const w = await loadWorld(RATES);
    await mineAt(w, (await now(w)) + 1_000n);
    const { debtIndex } = await poolOf(w);
    await expect(w.vault.accrue()).not.to.emit(w.vault, "InterestAccrued");
    const after = await poolOf(w);
    expect([after.debtIndex, after.accruedAt]).to.deep.equal([debtIndex, await now(w)]);
  });

  it("needs no price and no clock: not in a pause, not without an oracle", async () => {
    const w = await indebted();
    await refreshFeeds(w);
    const oracle = await withMockOracle(w);
    const reverts = 1;
    await oracle.setConduct(reverts);
    for (const kind of [0, 1]) await w.clock.connect(w.guardian).pause(kind, 3_600n);
    await expect(w.vault.accrue()).to.emit(w.vault, "InterestAccrued");
  });

  it("passes within a deferral, where there is nothing left to accrue", async () => {
    const w = await indebted();
    const trader = await deployDeferrer(w);
    await eventOf(trader.defer(vaultMove(w, "accrue"), vaultMove(w, "accrue")), w.vault, "InterestAccrued");
  });
});
