import { expect } from "chai";
import { mineAt, now, refreshFeeds } from "./support/clock.ts";
import { deployDeferrer, vaultMove } from "./support/deferrer.ts";
import { eventOf } from "./support/events.ts";
import { withMockOracle } from "./support/listing.ts";
import { openPosition } from "./support/position.ts";
import { poolOf } from "./support/state.ts";
import { loadWorld, type World } from "./support/world.ts";

async function withFee(): Promise<World> {
  const w = await loadWorld({ ratesPercent: [5n, 20n, 50n], feeBps: 2_000n });
  await openPosition(w, { amounts: [100n * w.collaterals[0]!.unit], debt: w.usd(100_000n) });
  await mineAt(w, (await now(w)) + 10_000_000n);
  return w;
}

describe("bookFee", () => {
  it("turns all of the fee into shares, for anybody, and says whose (I-36)", async () => {
    const w = await withFee();
    const before = await w.vault.totalSupply();
    const event = await eventOf(w.vault.connect(w.stranger).bookFee(), w.vault, "FeeBooked");
    const [toInsurance, toRecipient] = [event.insuranceShares as bigint, event.recipientShares as bigint];
    expect(event.recipient).to.equal(w.feeRecipient.address);
    expect(await w.vault.insuranceShares()).to.equal(toInsurance);
    expect(await w.vault.balanceOf(w.feeRecipient)).to.equal(toRecipient);
    expect(await w.vault.totalSupply()).to.equal(before + toInsurance + toRecipient);
    expect(await w.vault.balanceOf(w.stranger)).to.equal(0n);
    expect((await poolOf(w)).unbookedFee).to.equal(0n);
    const worth = await w.vault.convertToAssets(toInsurance + toRecipient);
    expect(worth).to.be.closeTo(event.fee as bigint, 2n);
  });

  it("answers the shares that it minted, and nothing where there is no fee", async () => {
    const w = await withFee();
    expect(await w.vault.bookFee.staticCall()).to.be.greaterThan(0n);
    const none = await loadWorld();
    expect(await none.vault.bookFee.staticCall()).to.equal(0n);
    await expect(none.vault.bookFee()).not.to.emit(none.vault, "FeeBooked");
  });

  it("is refused within a deferral, whatever it would have booked", async () => {
    const w = await withFee();
    const trader = await deployDeferrer(w);
    await expect(trader.defer(vaultMove(w, "bookFee"))).to.be.revertedWithCustomError(
      w.vault,
      "DeferralActive",
    );
  });

  it("needs no price and no clock: not in a pause, not without an oracle", async () => {
    const w = await withFee();
    await refreshFeeds(w);
    const oracle = await withMockOracle(w);
    const reverts = 1;
    await oracle.setConduct(reverts);
    for (const kind of [0, 1]) await w.clock.connect(w.guardian).pause(kind, 3_600n);
    await expect(w.vault.bookFee()).to.emit(w.vault, "FeeBooked");
  });
});
