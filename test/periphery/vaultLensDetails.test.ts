import { expect } from "chai";
import { NO_GUARD } from "../../scripts/deploy/plan.ts";
import { momentFrom } from "../../sdk/clockState.ts";
import { decodeError } from "../../sdk/decodeError.ts";
import { readCollaterals, readPrices, readRiskTerms } from "../../sdk/readVault.ts";
import type { ChainlinkOracle, StubbornGauge } from "../../types/index.ts";
import { IMarginVault__factory } from "../../types/factories/interfaces/IMarginVault__factory.ts";
import { IOracle__factory } from "../../types/factories/interfaces/IOracle__factory.ts";
import { deadlineOf, mineAt, now } from "../vault/support/clock.ts";
import { answerOf, openPosition } from "../vault/support/position.ts";
import {
  DEAD_AGE_SECONDS,
  deploy,
  deployFeed,
  FEED_DECIMALS,
  MAX_AGE_SECONDS,
  MAX_UINT,
  WAD,
} from "../vault/support/world.ts";
import { loadLensWorld, look, lookAt, price36Of, setPrice36, type LensWorld } from "./support/lens.ts";

const CALLING = 0;

/** A lens on a vault whose feeds are Chainlink's, the first of them with a second source within 2 %. */
async function loadGuarded() {
  const w = await loadLensWorld();
  const second = await deployFeed(w.ethers, FEED_DECIMALS, "2000");
  const guard = { ...NO_GUARD, second, secondMaxAgeSeconds: MAX_AGE_SECONDS, maxDeviationBps: 200n };
  const oracle = await deploy<ChainlinkOracle>(w.ethers, "ChainlinkOracle", [
    w.quote,
    w.quoteFeed,
    MAX_AGE_SECONDS,
    w.collaterals.map(({ address, feed, number }) => ({
      asset: address,
      feed,
      maxAgeSeconds: MAX_AGE_SECONDS,
      deadAgeSeconds: DEAD_AGE_SECONDS,
      guard: number === 0 ? guard : NO_GUARD,
    })),
  ]);
  await w.configurator.setOracle(w.vault, oracle);
  return { ...w, oracle };
}

async function expectMirrored(w: LensWorld): Promise<void> {
  const { vault, blockNumber } = await look(w);
  const at = Number(blockNumber);
  const contract = IMarginVault__factory.connect(w.vaultAddress, w.ethers.provider);
  const collaterals = await readCollaterals(contract, at);
  expect(vault.riskTerms).to.deep.equal(await readRiskTerms(contract, at));
  expect(vault.collaterals.map(({ asset, terms }) => ({ asset, ...terms }))).to.deep.equal(collaterals);
  const oracle = IOracle__factory.connect(vault.oracle, w.ethers.provider);
  const prices = await readPrices(oracle, collaterals.length, at);
  for (const [number, c] of vault.collaterals.entries()) {
    expect(c.price36).to.equal(prices.price36[number]);
    expect([c.fresh, c.disputed].map(Number)).to.deep.equal([
      (prices.freshSet >> number) & 1,
      (prices.freshSet >> (number + 16)) & 1,
    ]);
    const [, , total] = await w.vault.collateralAt(number);
    expect(c.total).to.equal(total);
  }
  expect(vault.moment).to.deep.equal(momentFrom(await w.clock.read({ blockTag: at })));
  expect(vault.debtIndex).to.equal(await w.vault.currentDebtIndex({ blockTag: at }));
}

describe("VaultLens: the vault and what it stands on", () => {
  it("has terms, totals, prices and their freshness as the vault takes them (rule 7)", async () => {
    const w = await loadGuarded();
    await openPosition(w, { amounts: [w.collaterals[0]!.unit, 7n] });
    await expectMirrored(w);
    expect((await look(w)).vault.collaterals.map(({ fresh }) => fresh)).to.deep.equal([true, true]);
    await w.collaterals[0]!.feed.push(answerOf("2100"));
    await expectMirrored(w);
    const [disputed] = (await look(w)).vault.collaterals;
    expect([disputed!.fresh, disputed!.disputed]).to.deep.equal([false, true]);
    await mineAt(w, (await now(w)) + MAX_AGE_SECONDS + 1n);
    await w.quoteFeed.push(10n ** 8n);
    await expectMirrored(w);
    const stale = (await look(w)).vault.collaterals.map((c) => [c.price36 > 0n, c.fresh, c.disputed]);
    expect(stale).to.deep.equal([
      [true, false, false],
      [true, false, false],
    ]);
    await mineAt(w, (await now(w)) + DEAD_AGE_SECONDS);
    await expectMirrored(w);
    expect((await look(w)).vault.collaterals.map(({ price36 }) => price36)).to.deep.equal([0n, 0n]);
  });

  it("shows feeds with their ages and latest rounds", async () => {
    const w = await loadGuarded();
    const { details } = await look(w, { withDetails: true });
    for (const { number, feed } of w.collaterals) {
      const [roundId, answer, startedAt, updatedAt] = await feed.latestRoundData();
      expect(details.feeds[number]).to.deep.equal({
        reading: { known: true },
        feed: await feed.getAddress(),
        maxAgeSeconds: MAX_AGE_SECONDS,
        deadAgeSeconds: DEAD_AGE_SECONDS,
        round: { known: true, roundId, answer, startedAt, updatedAt },
      });
    }
    expect((await look(w)).details.feeds).to.deep.equal([]);
  });

  it("shows the clock's stops: pauses, outages, and what they protect (C-28)", async () => {
    const w = await loadLensWorld();
    const stops = async () => (await look(w, { withDetails: true })).details.stops;
    expect(await stops()).to.deep.include({ downtime: 0n, callingPausedUntil: 0n });
    await w.clock.connect(w.guardian).pause(CALLING, 3_600n);
    expect((await stops()).callingPausedUntil).to.equal((await now(w)) + 3_600n);
    expect((await look(w)).vault.moment.isCallingPaused).to.be.true;
    await mineAt(w, (await now(w)) + 4_000n);
    const after = await look(w, { withDetails: true });
    expect([after.vault.moment.isCallingPaused, after.details.stops.downtime]).to.deep.equal([false, 3_600n]);
    expect(after.vault.moment.protectedUntil).to.equal(after.vault.moment.protectedFrom + 900n);
    await w.uptimeFeed.push(1n);
    expect((await stops()).sequencer.answer).to.equal(1n);
    const { moment } = (await look(w)).vault;
    await mineAt(w, (await now(w)) + 500n);
    expect((await look(w)).vault.moment.uptime).to.equal(moment.uptime);
  });

  it("shows the room in the brakes, and that what they hold back is not taken", async () => {
    const w = await loadLensWorld();
    const { address } = w.collaterals[0]!;
    const [burst, perHour] = [w.usd(1_000n), w.usd(2_000n)];
    await w.configurator.setBrake(w.vault, address, { burst, perHour });
    const ids = [
      await openPosition(w, { amounts: [10n * w.collaterals[0]!.unit], debt: w.usd(15_000n) }),
      await openPosition(w, {
        subAccount: 1n,
        amounts: [10n * w.collaterals[0]!.unit],
        debt: w.usd(15_000n),
      }),
    ];
    await setPrice36(w, 0, price36Of(w, 0, 1_800n));
    await w.vault.openCalls(ids);
    await mineAt(w, await deadlineOf(w, ids[1]!));
    const brakes = async () => (await look(w, { withDetails: true })).details.brakes;
    expect(await brakes()).to.deep.equal([
      { reading: { known: true }, room: burst, burst, perHour },
      { reading: { known: true }, room: MAX_UINT, burst: 0n, perHour: 0n },
    ]);
    expect((await lookAt(w, ids[1]!)).holdings[0]!.take.reading.known).to.be.true;
    await w.vault.connect(w.keeper).liquidate(ids[0]!, address, MAX_UINT, 0n, w.keeper, "0x");
    const { reading } = (await lookAt(w, ids[1]!)).holdings[0]!.take;
    expect(reading.known ? "" : decodeError(reading.reason).name).to.equal("Braked");
    const room = (await brakes())[0]?.room;
    expect(room).to.equal((await w.vault.capacity(address)).room);
  });

  it("shows how weights follow volatility, and where they do not", async () => {
    const w = await loadLensWorld();
    const gauge = await deploy<StubbornGauge>(w.ethers, "StubbornGauge");
    const { address } = w.collaterals[0]!;
    await w.configurator.setVolatility(w.vault, address, gauge, 2_500n, 1_000n);
    await gauge.set((120n * WAD) / 100n, 0n);
    const [followed, plain] = (await look(w, { withDetails: true })).details.volatilities;
    const [targetInitialBps, targetMaintenanceBps] = await w.configurator.targetWeights(w.vault, address);
    expect(followed).to.deep.equal({
      reading: { known: true },
      terms: {
        gauge: await gauge.getAddress(),
        slopeBps: 2_500n,
        capBps: 1_000n,
        initialBps: 7_600n,
        maintenanceBps: 8_020n,
        loweredAt: 0n,
      },
      volatilityWad: (120n * WAD) / 100n,
      targetInitialBps,
      targetMaintenanceBps,
    });
    expect(targetMaintenanceBps).to.be.lessThan(8_020n);
    expect(plain!.reading.known ? "" : plain!.reading.sentence).to.match(/volatility/);
  });
});
