import { expect } from "chai";
import { Status } from "../../sdk/vaultTypes.ts";
import type { StubbornGauge } from "../../types/index.ts";
import { atNext, mineAt, now } from "../vault/support/clock.ts";
import { openPosition } from "../vault/support/position.ts";
import { deploy, loadWorld, MAX_UINT, STRONG, WAD, type World } from "../vault/support/world.ts";

const HOUR = 3_600n;
const DAY = 86_400n;
const INITIAL = 0n;
const MAINTENANCE = 1n;
const LIQUIDATION = 2n;

const asset = (w: World) => w.collaterals[0]!.address;

async function weightsOf(w: World) {
  const [, { initialBps, maintenanceBps, liquidationBps }] = await w.vault.collateralAt(0n);
  return [initialBps, maintenanceBps, liquidationBps];
}

/** Pokes so many seconds after the last block. */
async function pokeAfter(w: World, seconds: bigint) {
  await atNext(w, (await now(w)) + seconds);
  return w.configurator.connect(w.stranger).poke(w.vault, asset(w));
}

describe("a maintenance weight that is set (rule 5)", () => {
  it("lower, goes there by 25 bps an hour, the first at once, by anybody's pokes", async () => {
    const w = await loadWorld();
    await w.configurator.setInitialWeight(w.vault, asset(w), 7_000n);
    await expect(w.configurator.setMaintenanceWeight(w.vault, asset(w), 7_940n))
      .to.emit(w.configurator, "WeightSet")
      .withArgs(w.vault, asset(w), MAINTENANCE, 8_020n, 7_940n);
    expect(await weightsOf(w)).to.deep.equal([7_000n, 7_995n, 8_740n]);
    expect(await w.configurator.ownWeights(w.vault, asset(w))).to.deep.equal([7_000n, 7_940n, 8_740n]);
    expect(await w.configurator.targetWeights(w.vault, asset(w))).to.deep.equal([7_000n, 7_940n]);
    await pokeAfter(w, HOUR - 1n);
    expect(await weightsOf(w)).to.deep.equal([7_000n, 7_995n, 8_740n]);
    await pokeAfter(w, 1n);
    expect(await weightsOf(w)).to.deep.equal([7_000n, 7_970n, 8_740n]);
    for (const expected of [7_945n, 7_940n]) {
      await pokeAfter(w, HOUR);
      expect(await weightsOf(w)).to.deep.equal([7_000n, expected, 8_740n]);
    }
    await expect(pokeAfter(w, HOUR)).to.be.revertedWithCustomError(w.configurator, "NoGauge");
  });

  it("again and again, falls no faster", async () => {
    const w = await loadWorld();
    await w.configurator.setInitialWeight(w.vault, asset(w), 5_000n);
    for (const own of [7_995n, 7_970n, 7_000n, 6_000n]) {
      await w.configurator.setMaintenanceWeight(w.vault, asset(w), own);
      expect(await weightsOf(w)).to.deep.equal([5_000n, 7_995n, 8_740n]);
    }
  });

  it("higher, is there at once, also out of a ramp", async () => {
    const w = await loadWorld();
    await w.configurator.setMaintenanceWeight(w.vault, asset(w), 8_100n);
    expect(await weightsOf(w)).to.deep.equal([7_600n, 8_100n, 8_740n]);
    await w.configurator.setMaintenanceWeight(w.vault, asset(w), 7_800n);
    await w.configurator.setMaintenanceWeight(w.vault, asset(w), 8_403n);
    expect(await weightsOf(w)).to.deep.equal([7_600n, 8_403n, 8_740n]);
  });

  it("is held to the other two as they will be, not as they are (I-14)", async () => {
    const w = await loadWorld();
    await w.configurator.setLiquidationWeight(w.vault, asset(w), 8_400n);
    expect(await weightsOf(w)).to.deep.equal([7_600n, 8_020n, 8_697n]);
    for (const [wanted, floor] of [
      [7_751n, 8_400n],
      [8_077n, 8_400n],
    ] as const) {
      await expect(w.configurator.setMaintenanceWeight(w.vault, asset(w), wanted))
        .to.be.revertedWithCustomError(w.configurator, "WeightsOutOfOrder")
        .withArgs(7_600n, wanted, floor);
    }
    await w.configurator.setMaintenanceWeight(w.vault, asset(w), 8_076n);
    await w.configurator.setMaintenanceWeight(w.vault, asset(w), 7_752n);
    await expect(w.configurator.setMaintenanceWeight(w.vault, w.quoteAddress, 1n))
      .to.be.revertedWithCustomError(w.configurator, "NotListed")
      .withArgs(w.vault, w.quoteAddress);
  });

  it("and volatility's tightening on top of it take one step an hour together", async () => {
    const w = await loadWorld();
    const gauge = await deploy<StubbornGauge>(w.ethers, "StubbornGauge");
    await gauge.set((7n * WAD) / 10n, 0n);
    await w.configurator.setVolatility(w.vault, asset(w), gauge, 2_500n, 1_000n);
    await w.configurator.setInitialWeight(w.vault, asset(w), 7_000n);
    expect((await weightsOf(w))[1]).to.equal(7_995n);
    await w.configurator.setMaintenanceWeight(w.vault, asset(w), 7_900n);
    expect((await weightsOf(w))[1], "within the hour").to.equal(7_995n);
    // 70 % is 20 points above the reference: 5 % tighter, 7,900 / 1.05.
    for (let hour = 0; hour < 25; ++hour) await pokeAfter(w, HOUR);
    expect((await weightsOf(w))[1]).to.equal(7_523n);
    await gauge.set(0n, 0n);
    await pokeAfter(w, 1n);
    expect((await weightsOf(w))[1], "loosened to its own").to.equal(7_900n);
    await w.configurator.setVolatility(w.vault, asset(w), w.ethers.ZeroAddress, 0n, 0n);
    expect((await weightsOf(w))[1]).to.equal(7_900n);
  });

  it("a gauge taken away in the middle of a ramp lets it go on at its pace", async () => {
    const w = await loadWorld();
    const gauge = await deploy<StubbornGauge>(w.ethers, "StubbornGauge");
    await w.configurator.setVolatility(w.vault, asset(w), gauge, 2_500n, 1_000n);
    await w.configurator.setInitialWeight(w.vault, asset(w), 6_000n);
    await w.configurator.setMaintenanceWeight(w.vault, asset(w), 7_000n);
    await w.configurator.setVolatility(w.vault, asset(w), w.ethers.ZeroAddress, 0n, 0n);
    expect((await weightsOf(w))[1]).to.equal(7_995n);
    await w.configurator.setVolatility(w.vault, asset(w), gauge, 2_500n, 1_000n);
    await pokeAfter(w, 60n);
    expect((await weightsOf(w))[1], "within the hour").to.equal(7_995n);
  });
});

describe("a liquidation weight that is set (rule 5)", () => {
  it("lower, goes there by half a per cent of itself a day, and no faster", async () => {
    const w = await loadWorld();
    await expect(w.configurator.setLiquidationWeight(w.vault, asset(w), 8_600n))
      .to.emit(w.configurator, "WeightSet")
      .withArgs(w.vault, asset(w), LIQUIDATION, 8_740n, 8_600n);
    const start = await now(w);
    for (const [after, expected] of [
      [1n, 8_697n],
      [DAY - 1n, 8_697n],
      [DAY, 8_654n],
      [2n * DAY - 1n, 8_654n],
      // What nobody used is lost: three days later it is one step.
      [5n * DAY, 8_611n],
      [6n * DAY, 8_600n],
    ] as const) {
      await atNext(w, start + after);
      await w.configurator.connect(w.stranger).poke(w.vault, asset(w));
      expect((await weightsOf(w))[2], `${after} s later`).to.equal(expected);
    }
  });

  it("again and again, falls no faster", async () => {
    const w = await loadWorld();
    for (const own of [8_730n, 8_700n, 8_500n, 8_341n]) {
      await w.configurator.setLiquidationWeight(w.vault, asset(w), own);
      expect((await weightsOf(w))[2]).to.equal(8_730n);
    }
  });

  it("waits for the maintenance weight, so that the band stays as wide as it must (I-14)", async () => {
    const w = await loadWorld();
    await w.configurator.setInitialWeight(w.vault, asset(w), 5_000n);
    await w.configurator.setMaintenanceWeight(w.vault, asset(w), 8_403n);
    await w.configurator.setMaintenanceWeight(w.vault, asset(w), 6_000n);
    // 8,378 * 1.04 is 8,713.12.
    await w.configurator.setLiquidationWeight(w.vault, asset(w), 6_500n);
    expect(await weightsOf(w)).to.deep.equal([5_000n, 8_378n, 8_714n]);
    for (let hour = 0; hour < 150; ++hour) {
      await pokeAfter(w, HOUR);
      const [, maintenance, liquidation] = await weightsOf(w);
      expect(maintenance! * 104n <= liquidation! * 100n, `hour ${hour}`).to.equal(true);
    }
    expect(await weightsOf(w)).to.deep.equal([5_000n, 6_000n, 8_459n]);
  });

  it("higher, is there at once, to what the deepest discount leaves and no higher", async () => {
    const w = await loadWorld();
    await w.configurator.setLiquidationWeight(w.vault, asset(w), 8_500n);
    await w.configurator.setLiquidationWeight(w.vault, asset(w), 8_740n);
    expect((await weightsOf(w))[2]).to.equal(8_740n);
    await expect(w.configurator.setLiquidationWeight(w.vault, asset(w), 8_741n))
      .to.be.revertedWithCustomError(w.configurator, "LiquidationWeightTooHigh")
      .withArgs(8_741n, 8_740n);
    await expect(w.configurator.setLiquidationWeight(w.vault, asset(w), 8_340n))
      .to.be.revertedWithCustomError(w.configurator, "WeightsOutOfOrder")
      .withArgs(7_600n, 8_020n, 8_340n);
  });
});

describe("an initial weight that is set", () => {
  it("says old and new; and one that is out of order for a maintenance weight on its way down waits for it", async () => {
    const w = await loadWorld();
    await expect(w.configurator.setInitialWeight(w.vault, asset(w), 7_000n))
      .to.emit(w.configurator, "WeightSet")
      .withArgs(w.vault, asset(w), INITIAL, STRONG.initialBps, 7_000n);
    await w.configurator.setMaintenanceWeight(w.vault, asset(w), 7_500n);
    await expect(w.configurator.setInitialWeight(w.vault, asset(w), 7_353n))
      .to.be.revertedWithCustomError(w.configurator, "WeightsOutOfOrder")
      .withArgs(7_353n, 7_500n, 8_740n);
    await w.configurator.setInitialWeight(w.vault, asset(w), 7_352n);
    expect((await weightsOf(w))[0]).to.equal(7_352n);
  });
});

describe("an account while weights fall at unchanged prices (I-12, C-61)", () => {
  it("can be called for more than a week before it can be sold without a call", async () => {
    const w = await loadWorld();
    // The narrowest band there can be, and an account that is just not callable: 2,000 * 0.8403 / 1,680.
    await w.configurator.setMaintenanceWeight(w.vault, asset(w), 8_403n);
    const account = await openPosition(w, { debt: w.usd(1_500n) });
    await w.configurator.setInitialWeight(w.vault, asset(w), 8_238n);
    await w.vault.connect(w.trader).borrow(account, w.usd(147n), w.trader);
    await w.configurator.setInitialWeight(w.vault, asset(w), 1_000n);
    await w.configurator.setMaintenanceWeight(w.vault, asset(w), 1_100n);
    await w.configurator.setLiquidationWeight(w.vault, asset(w), 1_200n);
    const start = await now(w);
    let callableAt: bigint | undefined;
    for (;;) {
      await mineAt(w, (await now(w)) + HOUR - 1n);
      await w.quoteFeed.push(10n ** 8n);
      await w.collaterals[0]!.feed.push(2_000n * 10n ** 24n);
      await w.configurator.poke(w.vault, asset(w)).catch(() => undefined);
      const status = Number(await w.vault.statusOf(account));
      if (status === Status.Callable) callableAt ??= await now(w);
      if (status === Status.Critical) break;
      expect(await now(w)).to.be.below(start + 30n * DAY);
    }
    if (callableAt === undefined) return expect.fail("was critical before it could be called");
    expect((await now(w)) - callableAt).to.be.greaterThan(7n * DAY);
    await w.vault.connect(w.trader).repay(account, MAX_UINT);
  });
});
