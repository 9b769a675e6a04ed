import { expect } from "chai";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { capacityDown, fullAtAfterUp, NO_BRAKE } from "../../sdk/brake.ts";
import { Refusal, Status } from "../../sdk/vaultTypes.ts";
import { mineAt, now, passDeadline } from "./support/clock.ts";
import { eventOf, eventsOf } from "./support/events.ts";
import { withCollateral } from "./support/listing.ts";
import { openPosition, setPrice } from "./support/position.ts";
import { loadWorld, MAX_UINT, STRONG, type World } from "./support/world.ts";

const HOUR_SECONDS = 3_600n;
const MICROS = 1_000_000n;

interface Scene {
  w: World;
  asset: string;
}

/** A world whose first collateral may be sold for 5,000 at once and 1,000 an hour. */
async function braked(burst = 5_000n, perHour = 1_000n): Promise<Scene> {
  const w = await loadWorld();
  const asset = w.collaterals[0]!.address;
  await w.configurator.setBrake(w.vault, asset, { burst: w.usd(burst), perHour: w.usd(perHour) });
  return { w, asset };
}

/** Accounts of ten ETH each that owe 15,000 and whose deadlines have passed; a tranche of each is 3,000. */
async function expired({ w }: Scene, count: number): Promise<AccountId[]> {
  const ids: AccountId[] = [];
  for (let i = 0; i < count; i++) {
    const amounts = [10n * w.collaterals[0]!.unit];
    ids.push(await openPosition(w, { subAccount: BigInt(10 + i), amounts, debt: w.usd(15_000n) }));
  }
  await setPrice(w.collaterals[0]!, "1820");
  await w.vault.connect(w.keeper).openCalls(ids);
  await passDeadline(w, ids[0]!, 60n);
  for (const id of ids) expect(await w.vault.statusOf(id)).to.equal(BigInt(Status.Expired));
  return ids;
}

function take({ w, asset }: Scene, id: AccountId, maxRepay = MAX_UINT) {
  return w.vault.connect(w.keeper).liquidate(id, asset, maxRepay, 0n, w.keeper, "0x");
}

async function capacity({ w, asset }: Scene): Promise<bigint> {
  return (await w.vault.capacity(asset)).room;
}

describe("the liquidation brake", () => {
  it("is off until it is set: any amount may be sold", async () => {
    const w = await loadWorld();
    expect(await w.vault.capacity(w.collaterals[0]!.address)).to.deep.equal([MAX_UINT, 0n, 0n]);
    await expect(w.vault.capacity(w.stranger)).to.be.revertedWithCustomError(w.vault, "UnknownCollateral");
  });

  it("lets sales above the floor draw on the bucket, and says what is left in it", async () => {
    const s = await braked();
    const [first] = await expired(s, 1);
    expect(await s.w.vault.capacity(s.asset)).to.deep.equal([
      s.w.usd(5_000n),
      s.w.usd(5_000n),
      s.w.usd(1_000n),
    ]);
    const transaction = take(s, first!);
    const { notice } = (await eventOf(transaction, s.w.vault, "Liquidated")) as {
      notice: { seized: bigint; price36: bigint };
    };
    const drawn = await eventOf(transaction, s.w.vault, "BrakeDrawn");
    const value = (notice.seized * notice.price36) / 10n ** 36n;
    const brake = { burst: s.w.usd(5_000n), perHour: s.w.usd(1_000n), fullAtMicros: 0n };
    const uptime = await s.w.vault.uptime();
    expect(drawn).to.deep.equal({
      asset: s.asset,
      value,
      fullAtMicros: fullAtAfterUp(brake, value, uptime),
    });
    // One base unit flows in every 3.6 microseconds, and the moment is rounded up.
    expect(await capacity(s)).to.be.within(s.w.usd(5_000n) - value - 1n, s.w.usd(5_000n) - value);
  });

  it("makes a sale above the floor wait until the bucket holds its worth; a part that fits may go ahead", async () => {
    const s = await braked(5_000n, 4_000n);
    const [first, second, third] = await expired(s, 3);
    await take(s, first!);
    const before = await capacity(s);
    await expect(take(s, second!)).to.be.revertedWithCustomError(s.w.vault, "Braked");
    await expect(s.w.vault.previewLiquidation(second!, s.asset, MAX_UINT)).to.be.revertedWithCustomError(
      s.w.vault,
      "Braked",
    );
    expect(await s.w.vault.statusOf(second!)).to.equal(BigInt(Status.Expired));
    expect(before).to.be.within(s.w.usd(1_900n), s.w.usd(2_000n));
    await take(s, third!, s.w.usd(1_000n));
    // A tranche of 3,000 needs a little more than that, and a little less than 1,000 is there.
    await mineAt(s.w, (await now(s.w)) + HOUR_SECONDS / 2n);
    await expect(take(s, second!)).to.be.revertedWithCustomError(s.w.vault, "Braked");
    await mineAt(s.w, (await now(s.w)) + 300n);
    await take(s, second!);
  });

  it("lets what is larger than the bucket pass when nineteen twentieths of it are there, to the second", async () => {
    const s = await braked(1_000n, 2_000n);
    const [first, second] = await expired(s, 2);
    const emptyFrom = (await now(s.w)) + 1n;
    await take(s, first!);
    expect(await capacity(s)).to.equal(0n);
    const needed = s.w.usd(950n);
    const seconds = (needed * HOUR_SECONDS) / s.w.usd(2_000n);
    await mineAt(s.w, emptyFrom + seconds - 2n);
    await expect(take(s, second!))
      .to.be.revertedWithCustomError(s.w.vault, "Braked")
      .withArgs(s.asset, (s.w.usd(2_000n) * (seconds - 1n)) / HOUR_SECONDS, needed);
    await take(s, second!);
    // All that it can hold has been drawn, and no more.
    expect(await capacity(s)).to.equal(0n);
  });

  it("is not held up for what is larger than the bucket by a sale of cents in the same block (I-45)", async () => {
    const s = await braked(1_000n, 2_000n);
    const [asset, other] = [s.w.collaterals[0]!, s.w.collaterals[1]!];
    const [large] = await expired(s, 1);
    const dust = asset.unit / 10_000n;
    const amounts = [dust, (2n * other.unit) / 3n];
    const debt = await s.w.vault.marginOf(large!).then((margin) => margin.debt);
    await setPrice(asset, "2000");
    const small = await openPosition(s.w, { subAccount: 30n, amounts, debt });
    await setPrice(asset, "1820");
    await setPrice(other, "27300");
    await s.w.vault.connect(s.w.keeper).openCall(small);
    // The second half of its auction, in which a remnant may be emptied; the large account has been called again by then.
    await passDeadline(s.w, small, 2_000n);
    if ((await s.w.vault.statusOf(large!)) === BigInt(Status.Lapsed)) {
      await s.w.vault.connect(s.w.keeper).openCall(large!);
      await passDeadline(s.w, large!, 60n);
    }
    expect(await s.w.vault.statusOf(small)).to.equal(BigInt(Status.Expired));
    expect(await s.w.vault.statusOf(large!)).to.equal(BigInt(Status.Expired));
    const one = (account: AccountId) => ({ account, asset: s.asset, maxRepay: MAX_UINT, minSeized: 0n });
    const results = await s.w.vault
      .connect(s.w.keeper)
      .liquidateMany.staticCall([one(small), one(large!)], s.w.keeper);
    expect(results.map(({ refusal }) => Number(refusal))).to.deep.equal([Refusal.None, Refusal.None]);
    expect(results[0]!.seized).to.equal(dust);
    expect((results[1]!.seized * 1_820n) / 10n ** 12n).to.be.greaterThan(s.w.usd(1_000n));
  });

  it("keeps its bounds when the minimum debt grows", async () => {
    const s = await braked(1_000n, 1_000n);
    const minimumDebt = s.w.risk.minimumDebt + 1n;
    await expect(s.w.configurator.setRiskTerms(s.w.vault, { ...s.w.risk, minimumDebt }))
      .to.be.revertedWithCustomError(s.w.configurator, "BrakeOutOfRange")
      .withArgs(s.w.usd(1_000n), s.w.usd(1_000n), 10n * minimumDebt);
    await s.w.configurator.setBrake(s.w.vault, s.asset, { burst: 0n, perHour: 0n });
    await s.w.configurator.setRiskTerms(s.w.vault, { ...s.w.risk, minimumDebt });
  });

  it("drained on purpose, nothing critical waits, and what was drawn beyond it is not held against anybody", async () => {
    const s = await braked();
    const [first, second, third] = await expired(s, 3);
    await take(s, first!);
    await expect(take(s, second!)).to.be.revertedWithCustomError(s.w.vault, "Braked");
    await setPrice(s.w.collaterals[0]!, "1500");
    for (const id of [first!, second!, third!]) {
      expect(await s.w.vault.statusOf(id)).to.be.oneOf([BigInt(Status.Critical), BigInt(Status.Insolvent)]);
      const drawn = await eventsOf(take(s, id), s.w.vault, "BrakeDrawn");
      expect(drawn).to.have.length(1);
    }
    expect(await capacity(s)).to.equal(0n);
    // Far more than the bucket was sold, and yet it is full again after burst / perHour.
    await mineAt(s.w, (await now(s.w)) + 5n * HOUR_SECONDS);
    expect(await capacity(s)).to.equal(s.w.usd(5_000n));
  });

  it("leaves calls, cures, deposits, repayments, closing and the other collaterals alone when it is empty", async () => {
    const s = await braked();
    const other = s.w.collaterals[1]!;
    const called = await openPosition(s.w, { subAccount: 1n });
    const elsewhere = await openPosition(s.w, {
      subAccount: 2n,
      amounts: [0n, 2_000n * other.unit],
      debt: s.w.usd(100n),
    });
    const [first, second] = await expired(s, 2);
    await s.w.vault.connect(s.w.keeper).openCall(called);
    await take(s, first!);
    await expect(take(s, second!)).to.be.revertedWithCustomError(s.w.vault, "Braked");
    const trader = s.w.vault.connect(s.w.trader);
    await trader.cure(called, MAX_UINT);
    await trader.repay(second!, s.w.usd(4_000n));
    await trader.depositCollateral(first!, s.asset, 1n);
    await trader.repay(elsewhere, s.w.usd(1n));
    expect((await s.w.vault.capacity(other.address)).room).to.equal(MAX_UINT);
    await setPrice(s.w.collaterals[0]!, "1700");
    await s.w.vault.connect(s.w.keeper).openCall(called);
  });

  it("passes over in a batch what has to wait, and takes the rest", async () => {
    const s = await braked();
    const ids = await expired(s, 3);
    const requests = ids.map((account) => ({ account, asset: s.asset, maxRepay: MAX_UINT, minSeized: 0n }));
    const keeper = s.w.vault.connect(s.w.keeper);
    const results = await keeper.liquidateMany.staticCall(requests, s.w.keeper);
    expect(results.map(({ refusal }) => Number(refusal))).to.deep.equal([
      Refusal.None,
      Refusal.Braked,
      Refusal.Braked,
    ]);
    await keeper.liquidateMany(requests, s.w.keeper);
  });

  it("does not fill while the clock stands still, nor empty by it (I-22)", async () => {
    const s = await braked();
    const [first] = await expired(s, 1);
    await take(s, first!);
    await s.w.clock.connect(s.w.guardian).pause(1, 1_000n);
    const before = await capacity(s);
    await mineAt(s.w, (await now(s.w)) + 900n);
    expect(await capacity(s)).to.equal(before);
    await mineAt(s.w, (await now(s.w)) + 100n + HOUR_SECONDS);
    expect(await capacity(s)).to.be.within(before + s.w.usd(999n), before + s.w.usd(1_001n));
  });

  it("is set inside bounds, full, and taken away again (C-46)", async () => {
    const s = await braked();
    const { w, asset } = s;
    const [first] = await expired(s, 1);
    await take(s, first!);
    const least = 10n * w.risk.minimumDebt;
    for (const [burst, perHour] of [
      [least - 1n, least],
      [24n * least + 1n, least],
      [least, 0n],
      [0n, least],
    ] as const) {
      await expect(w.configurator.setBrake(w.vault, asset, { burst, perHour }))
        .to.be.revertedWithCustomError(w.configurator, "BrakeOutOfRange")
        .withArgs(burst, perHour, least);
    }
    const terms = { burst: 24n * least, perHour: least };
    const set = await eventOf(w.configurator.setBrake(w.vault, asset, terms), w.vault, "BrakeSet");
    expect(set).to.deep.equal({ asset, ...terms });
    expect(await w.vault.capacity(asset)).to.deep.equal([24n * least, 24n * least, least]);
    await w.configurator.setBrake(w.vault, asset, { burst: 0n, perHour: 0n });
    expect(await w.vault.capacity(asset)).to.deep.equal([MAX_UINT, 0n, 0n]);
    await expect(w.configurator.setBrake(w.vault, w.stranger, terms)).to.be.revertedWithCustomError(
      w.vault,
      "UnknownCollateral",
    );
    await expect(w.vault.setBrake(asset, terms)).to.be.revertedWithCustomError(w.vault, "NotConfigurator");
  });

  it("holds back the sale of what a default has left, which is in no hurry", async () => {
    const w = await withCollateral(await loadWorld(), { terms: STRONG, price: "10" });
    const [eth, other] = [w.collaterals[0]!, w.collaterals[2]!];
    const lost = await openPosition(w, { subAccount: 4n, amounts: [eth.unit, 0n, eth.unit / 2n] });
    const large = await openPosition(w, { amounts: [0n, 0n, 1_000n * other.unit], debt: w.usd(7_000n) });
    await setPrice(eth, "1000");
    await setPrice(other, "8.1");
    const keeper = w.vault.connect(w.keeper);
    const seize = { account: lost, asset: eth.address, maxRepay: MAX_UINT, minSeized: 0n };
    await keeper.liquidateMany([seize], w.keeper);
    const lot = accountIdOf(w.vaultAddress, 2n);
    await keeper.openCalls([lot, large]);
    await passDeadline(w, large, 1n);
    await passDeadline(w, lot, 60n);
    const brake = { burst: 10n * w.risk.minimumDebt, perHour: w.risk.minimumDebt };
    await w.configurator.setBrake(w.vault, other.address, brake);
    const preview = () => w.vault.previewLiquidation(lot, other.address, MAX_UINT);
    expect((await preview()).insured).to.be.greaterThan(0n);
    await keeper.liquidate(large, other.address, MAX_UINT, 0n, w.keeper, "0x");
    expect((await w.vault.capacity(other.address)).room).to.equal(0n);
    await expect(preview()).to.be.revertedWithCustomError(w.vault, "Braked");
    await mineAt(w, (await now(w)) + 200n);
    await keeper.liquidate(lot, other.address, MAX_UINT, 0n, w.keeper, "0x");
  });
});

describe("the bucket's arithmetic (SDK)", () => {
  it("is the contract's, draw by draw", async () => {
    const s = await braked(20_000n, 7_777n);
    const ids = await expired(s, 4);
    let brake = { burst: s.w.usd(20_000n), perHour: s.w.usd(7_777n), fullAtMicros: 0n };
    for (const id of ids) {
      const events = await eventsOf(take(s, id), s.w.vault, "BrakeDrawn");
      const { value, fullAtMicros } = events[0] as { value: bigint; fullAtMicros: bigint };
      const uptime = await s.w.vault.uptime();
      expect(fullAtAfterUp(brake, value, uptime)).to.equal(fullAtMicros);
      brake = { ...brake, fullAtMicros };
      expect(capacityDown(brake, uptime)).to.equal(await capacity(s));
      await mineAt(s.w, (await now(s.w)) + 234n);
      expect(capacityDown(brake, await s.w.vault.uptime())).to.equal(await capacity(s));
    }
    expect(brake.fullAtMicros % MICROS).to.not.equal(0n);
    expect(capacityDown(NO_BRAKE, 1n)).to.equal(MAX_UINT);
  });
});
