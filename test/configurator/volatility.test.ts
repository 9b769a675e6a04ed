import { expect } from "chai";
import { nextWeights, tightenedDown, tighteningWadDown } from "../../sdk/index.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import type { RoundsFeed, StubbornGauge, VolatilityGauge } from "../../types/index.ts";
import { atNext, deadlineOf, mineAt, now } from "../vault/support/clock.ts";
import { deployDeferrer, moveOf } from "../vault/support/deferrer.ts";
import { openPosition, setValue } from "../vault/support/position.ts";
import { stateOf } from "../vault/support/state.ts";
import { deploy, loadWorld, MAX_UINT, STRONG, WAD, type World } from "../vault/support/world.ts";

const HALF_LIFE = 21_600n;
const REFERENCE = WAD / 2n;
const SLOPE = 2_500n;
const CAP = 1_000n;
const HOUR = 3_600n;
const UNIT = 10n ** 8n;
const NOTHING = "0x0000000000000000000000000000000000000000";
/** `STRONG` at the cap: divided by 1.1, rounded down. */
const TIGHTEST = { initialBps: 6_909n, maintenanceBps: 7_290n };
/** Numbers of `StubbornGauge.Conduct`. */
const CONDUCT = { Complete: 0n, Incomplete: 1n, Reverts: 2n, BurnsAllGas: 3n };

interface Followed extends World {
  asset: string;
  gauge: StubbornGauge;
}

/** The first collateral follows a gauge that says what it is told; calm at first. */
async function loadFollowed(slope = SLOPE, cap = CAP): Promise<Followed> {
  const w = await loadWorld();
  const gauge = await deploy<StubbornGauge>(w.ethers, "StubbornGauge");
  const asset = w.collaterals[0]!.address;
  await w.configurator.setVolatility(w.vault, asset, gauge, slope, cap);
  return { ...w, asset, gauge };
}

async function weightsOf(w: World, number = 0n) {
  const [, { initialBps, maintenanceBps, liquidationBps, maxDiscountBps, cap }] =
    await w.vault.collateralAt(number);
  return { initialBps, maintenanceBps, liquidationBps, maxDiscountBps, cap };
}

function poke(w: Followed, actor = w.stranger) {
  return w.configurator.connect(actor).poke(w.vault, w.asset);
}

/** Pokes at a volatility, `percent` a year, so many seconds after the last block. */
async function pokeAt(w: Followed, percent: bigint, after = 1n, conduct = CONDUCT.Complete) {
  await w.gauge.set((percent * WAD) / 100n, conduct);
  await atNext(w, (await now(w)) + after);
  return await poke(w);
}

describe("RiskConfigurator: weights that follow volatility (rule 5, I-14)", () => {
  describe("given a volatility that jumps", () => {
    it("a poke tightens the initial weight at once, the maintenance weight by a step, the floor never", async () => {
      const w = await loadFollowed();
      const transaction = await pokeAt(w, 120n);
      const initialBps = TIGHTEST.initialBps;
      await expect(transaction)
        .to.emit(w.configurator, "WeightsPoked")
        .withArgs(w.vault, w.asset, (12n * WAD) / 10n, true, initialBps, 7_995n, TIGHTEST.maintenanceBps);
      await expect(transaction)
        .to.emit(w.vault, "CollateralTermsSet")
        .withArgs(
          w.asset,
          Object.values(STRONG),
          Object.values({ ...STRONG, initialBps, maintenanceBps: 7_995n }),
        );
      expect(await weightsOf(w)).to.deep.equal({ ...STRONG, initialBps, maintenanceBps: 7_995n });
      expect(await w.configurator.targetWeights(w.vault, w.asset)).to.deep.equal(Object.values(TIGHTEST));
    });

    it("the maintenance weight falls by 25 bps an hour and no faster, however often somebody pokes", async () => {
      const w = await loadFollowed();
      await pokeAt(w, 120n);
      const start = await now(w);
      for (const [after, expected] of [
        [1n, 7_995n],
        [HOUR - 1n, 7_995n],
        [HOUR, 7_970n],
        [HOUR + 1n, 7_970n],
        [2n * HOUR - 1n, 7_970n],
        [2n * HOUR, 7_945n],
        // What nobody used is lost: ten hours later it is one step.
        [12n * HOUR, 7_920n],
        [12n * HOUR + 30n, 7_920n],
      ] as const) {
        await atNext(w, start + after);
        await poke(w);
        expect((await weightsOf(w)).maintenanceBps, `${after} s later`).to.equal(expected);
      }
    });

    it("the ramp ends where it goes", async () => {
      const w = await loadFollowed();
      await pokeAt(w, 60n);
      // 2.5 % tighter: 7,824.
      for (let hour = 0; hour < 10; ++hour) await pokeAt(w, 60n, HOUR);
      expect(await weightsOf(w)).to.deep.equal({ ...STRONG, initialBps: 7_414n, maintenanceBps: 7_824n });
    });

    it("is the mirror's poke to the bps, and keeps the weights in order, up and down", async () => {
      const w = await loadFollowed();
      let current = { initialBps: STRONG.initialBps, maintenanceBps: STRONG.maintenanceBps };
      let loweredAt = 0n;
      const percents = [55n, 140n, 61n, 63n, 52n, 58n, 90n, 20n, 77n, 76n, 51n, 300n, 64n, 50n];
      for (const [i, percent] of percents.entries()) {
        const isComplete = i % 3 !== 2;
        const after = i % 2 === 0 ? HOUR : 1_500n;
        await pokeAt(w, percent, after, isComplete ? CONDUCT.Complete : CONDUCT.Incomplete);
        const terms = { referenceWad: REFERENCE, slopeBps: SLOPE, capBps: CAP };
        const target = tightenedDown(STRONG, tighteningWadDown((percent * WAD) / 100n, terms));
        const next = nextWeights(current, target, {
          lower: (await now(w)) >= loweredAt + HOUR,
          loosen: isComplete,
        });
        if (next.maintenanceBps < current.maintenanceBps) loweredAt = await now(w);
        const { initialBps, maintenanceBps, liquidationBps } = await weightsOf(w);
        expect({ initialBps, maintenanceBps }, `poke ${i}`).to.deep.equal(next);
        expect(initialBps * 10_200n <= maintenanceBps * 10_000n, "initial, maintenance").to.equal(true);
        expect(maintenanceBps * 104n <= liquidationBps * 100n, "maintenance, floor").to.equal(true);
        current = next;
      }
    });
  });

  describe("given a volatility that subsides", () => {
    it("both weights loosen at once, to their own and not above", async () => {
      const w = await loadFollowed();
      await pokeAt(w, 120n);
      await pokeAt(w, 70n);
      expect(await weightsOf(w)).to.deep.equal({ ...STRONG, initialBps: 7_238n, maintenanceBps: 7_995n });
      await pokeAt(w, 51n);
      expect(await weightsOf(w)).to.deep.equal({ ...STRONG, initialBps: 7_581n, maintenanceBps: 8_000n });
      await pokeAt(w, 10n);
      expect(await weightsOf(w)).to.deep.equal(STRONG);
    });

    it("nothing loosens before every round is measured, and nothing is poked where nothing changes", async () => {
      const w = await loadFollowed();
      await pokeAt(w, 120n);
      const tight = { ...STRONG, initialBps: TIGHTEST.initialBps, maintenanceBps: 7_995n };
      await expect(pokeAt(w, 10n, HOUR, CONDUCT.Incomplete)).not.to.emit(w.vault, "CollateralTermsSet");
      expect(await weightsOf(w)).to.deep.equal(tight);
      await pokeAt(w, 10n);
      expect(await weightsOf(w)).to.deep.equal(STRONG);
    });

    it("a gauge half-way through calm rounds that a storm follows loosens nothing", async () => {
      const w = await loadWorld();
      const asset = w.collaterals[0]!.address;
      const feed = await deploy<RoundsFeed>(w.ethers, "RoundsFeed");
      const start = (await now(w)) - 1_000n * HOUR;
      const add = (first: number, prices: readonly bigint[]) =>
        feed.push(
          prices.map((_, i) => BigInt(first + i)),
          prices.map((price) => price * UNIT),
          prices.map((_, i) => start + BigInt(first + i) * HOUR),
        );
      const storm = Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? 2_000n : 2_100n));
      await add(1, storm);
      const args = [feed, HALF_LIFE, REFERENCE, 1n];
      const gauge = await deploy<VolatilityGauge>(w.ethers, "VolatilityGauge", args);
      await w.configurator.setVolatility(w.vault, asset, gauge, SLOPE, CAP);
      await w.configurator.poke(w.vault, asset);
      const { initialBps } = await weightsOf(w);
      expect(initialBps).to.equal(TIGHTEST.initialBps);

      await add(11, Array<bigint>(60).fill(2_000n));
      await add(71, storm);
      await w.configurator.poke(w.vault, asset);
      expect(await gauge.volatilityWad()).to.be.below(REFERENCE);
      expect((await weightsOf(w)).initialBps).to.equal(initialBps);
      await w.configurator.poke(w.vault, asset);
      expect((await weightsOf(w)).initialBps).to.equal(initialBps);
      await add(81, Array<bigint>(40).fill(2_000n));
      await w.configurator.poke(w.vault, asset);
      expect((await weightsOf(w)).initialBps).to.equal(STRONG.initialBps);
    });
  });

  describe("given a gauge that misbehaves (C-29)", () => {
    for (const name of ["Reverts", "BurnsAllGas"] as const) {
      it(`${name}: its last estimate stands for tightening, and other collaterals are poked as ever`, async () => {
        const w = await loadFollowed();
        const other = await deploy<StubbornGauge>(w.ethers, "StubbornGauge");
        const { address } = w.collaterals[1]!;
        await w.configurator.setVolatility(w.vault, address, other, SLOPE, CAP);
        await other.set(2n * WAD, CONDUCT.Complete);
        await pokeAt(w, 120n, 1n, CONDUCT[name]);
        expect((await weightsOf(w)).initialBps).to.equal(TIGHTEST.initialBps);
        await pokeAt(w, 10n, HOUR, CONDUCT[name]);
        expect((await weightsOf(w)).initialBps).to.equal(TIGHTEST.initialBps);
        await w.configurator.connect(w.stranger).poke(w.vault, address);
        expect((await weightsOf(w, 1n)).initialBps).to.equal(TIGHTEST.initialBps);
      });
    }

    it("a feed that burns its gas round after round leaves the poke within a transaction", async () => {
      const w = await loadWorld();
      const asset = w.collaterals[0]!.address;
      const feed = await deploy<RoundsFeed>(w.ethers, "RoundsFeed");
      const start = (await now(w)) - 1_000n * HOUR;
      const ids = Array.from({ length: 60 }, (_, i) => BigInt(i + 1));
      await feed.push(ids, Array<bigint>(60).fill(UNIT), Array<bigint>(60).fill(start));
      const args = [feed, HALF_LIFE, REFERENCE, 1n];
      const gauge = await deploy<VolatilityGauge>(w.ethers, "VolatilityGauge", args);
      await w.configurator.setVolatility(w.vault, asset, gauge, SLOPE, CAP);
      for (const id of ids) await feed.setConduct(id, 2n);
      const receipt = await (await w.configurator.poke(w.vault, asset)).wait();
      expect(receipt!.gasUsed).to.be.below(6_000_000n);
      expect((await gauge.measurement()).roundId).to.equal(49n);
    });
  });

  it("an hourly poke that lowers both weights takes under 150,000 gas", async () => {
    const w = await loadWorld();
    const asset = w.collaterals[0]!.address;
    const feed = await deploy<RoundsFeed>(w.ethers, "RoundsFeed");
    const start = (await now(w)) - 10n * HOUR;
    await feed.push([1n, 2n], [2_000n * UNIT, 2_000n * UNIT], [start, start + HOUR]);
    const args = [feed, HALF_LIFE, REFERENCE, 1n];
    const gauge = await deploy<VolatilityGauge>(w.ethers, "VolatilityGauge", args);
    await w.configurator.setVolatility(w.vault, asset, gauge, SLOPE, CAP);
    await w.configurator.poke(w.vault, asset);
    await feed.push([3n], [2_100n * UNIT], [start + 2n * HOUR]);
    const receipt = await (await w.configurator.poke(w.vault, asset)).wait();
    expect((await weightsOf(w)).maintenanceBps).to.equal(7_995n);
    expect(receipt!.gasUsed).to.be.below(150_000n);
  });

  describe("what a poke does to accounts", () => {
    it("it may call by and by, never liquidate without a call", async () => {
      const w = await loadFollowed();
      // 2,000 * 0.802 / 1,500: 1.0693; at 7,500 bps it is 1.
      const id = await openPosition(w);
      await pokeAt(w, 400n);
      expect(await w.vault.statusOf(id)).to.equal(Status.Warned);
      const before = await w.vault.marginOf(id);
      let hours = 0;
      while ((await w.vault.statusOf(id)) !== BigInt(Status.Callable)) {
        await pokeAt(w, 400n, HOUR);
        expect(++hours).to.be.below(40);
      }
      expect(hours).to.equal(20);
      const sale = w.vault.liquidate.staticCall(id, w.asset, MAX_UINT, 0n, w.keeper, "0x");
      await expect(sale).to.be.revertedWithCustomError(w.vault, "NotLiquidatable");
      const after = await w.vault.marginOf(id);
      expect(after.liquidationValue).to.equal(before.liquidationValue);
      await w.vault.connect(w.keeper).openCall(id);
      expect(await w.vault.statusOf(id)).to.equal(Status.Called);
      expect((await deadlineOf(w, id)) - (await now(w))).to.be.at.least(900n);
    });

    it("no deadline of an open call moves, and a call that only volatility opened can close when it subsides", async () => {
      const w = await loadFollowed();
      const id = await openPosition(w);
      for (let hour = 0; hour < 5; ++hour) await pokeAt(w, 400n, HOUR);
      expect((await weightsOf(w)).maintenanceBps).to.equal(7_895n);
      // A health factor of 0.998 by the tightened weight, of 1.014 by its own.
      await setValue(w, id, w.usd(1_897n));
      await w.vault.connect(w.keeper).openCall(id);
      const before = await stateOf(w, id);
      for (const percent of [400n, 80n, 90n]) {
        await pokeAt(w, percent, 60n);
        expect(await stateOf(w, id)).to.deep.equal(before);
        expect(await w.vault.statusOf(id)).to.equal(Status.Called);
        await expect(w.vault.closeCall(id)).to.be.revertedWithCustomError(w.vault, "NotClosable");
      }
      await pokeAt(w, 40n, 60n);
      await w.vault.closeCall(id);
      expect(await w.vault.statusOf(id)).to.equal(Status.Warned);
    });

    it("leaves the vault's amounts and times alone: the auction is still twice its ramp", async () => {
      const w = await loadFollowed();
      const before = await w.vault.riskTerms();
      await pokeAt(w, 400n);
      expect(await w.vault.riskTerms()).to.deep.equal(before);
    });

    it("waits for a deferral to end, for accounts are then between two measurements", async () => {
      const w = await loadFollowed();
      await w.gauge.set(2n * WAD, CONDUCT.Complete);
      const deferrer = await deployDeferrer(w);
      const to = await w.configurator.getAddress();
      const move = moveOf(w.configurator, to, "poke", w.vaultAddress, w.asset);
      await expect(deferrer.defer(move)).to.be.revertedWithCustomError(w.vault, "DeferralActive");
      await deferrer.act(move);
      expect((await weightsOf(w)).initialBps).to.equal(TIGHTEST.initialBps);
    });
  });

  describe("what the risk admin sets (I-37)", () => {
    it("says old and new, changes no weight, and is the risk admin's alone", async () => {
      const w = await loadWorld();
      const gauge = await deploy<StubbornGauge>(w.ethers, "StubbornGauge");
      const asset = w.collaterals[0]!.address;
      const none = [NOTHING, 0n, 0n, 0n, 0n, 0n];
      const terms = [await gauge.getAddress(), SLOPE, CAP, STRONG.initialBps, STRONG.maintenanceBps, 0n];
      await expect(w.configurator.setVolatility(w.vault, asset, gauge, SLOPE, CAP))
        .to.emit(w.configurator, "VolatilityTermsSet")
        .withArgs(w.vault, asset, none, terms);
      expect(await w.configurator.volatilityTerms(w.vault, asset)).to.deep.equal(terms);
      expect(await weightsOf(w)).to.deep.equal(STRONG);
      const stranger = w.configurator.connect(w.stranger);
      await expect(stranger.setVolatility(w.vault, asset, gauge, SLOPE, CAP))
        .to.be.revertedWithCustomError(w.configurator, "AccessManagedUnauthorized")
        .withArgs(w.stranger);
    });

    it("is refused out of range, for no collateral, and with no gauge", async () => {
      const w = await loadFollowed();
      const set = (asset: string, gauge: string, slope: bigint, cap: bigint) =>
        w.configurator.setVolatility(w.vault, asset, gauge, slope, cap);
      const gauge = await w.gauge.getAddress();
      for (const [slope, cap] of [
        [0n, CAP],
        [10_001n, CAP],
        [SLOPE, 0n],
        [SLOPE, 2_501n],
      ] as const) {
        await expect(set(w.asset, gauge, slope, cap))
          .to.be.revertedWithCustomError(w.configurator, "VolatilityTermsOutOfRange")
          .withArgs(slope, cap);
      }
      await set(w.asset, gauge, 10_000n, 2_500n);
      await set(w.asset, gauge, 1n, 1n);
      await expect(set(w.quoteAddress, gauge, SLOPE, CAP))
        .to.be.revertedWithCustomError(w.configurator, "NotListed")
        .withArgs(w.vault, w.quoteAddress);
      await expect(set(w.asset, w.stranger.address, SLOPE, CAP)).to.be.revert(w.ethers);
      await expect(set(w.asset, w.vaultAddress, SLOPE, CAP)).to.be.revert(w.ethers);
    });

    it("nothing is poked, aimed at or taken away where nothing is followed", async () => {
      const w = await loadFollowed();
      const { address } = w.collaterals[1]!;
      for (const refused of [
        () => w.configurator.poke(w.vault, address),
        () => w.configurator.targetWeights(w.vault, address),
        () => w.configurator.setVolatility(w.vault, address, NOTHING, SLOPE, CAP),
      ]) {
        await expect(refused())
          .to.be.revertedWithCustomError(w.configurator, "NoGauge")
          .withArgs(w.vault, address);
      }
    });

    it("another gauge takes over where the weights stand, and not the tightened weights for their own", async () => {
      const w = await loadFollowed();
      await pokeAt(w, 120n);
      const tight = await weightsOf(w);
      const calm = await deploy<StubbornGauge>(w.ethers, "StubbornGauge");
      await w.configurator.setVolatility(w.vault, w.asset, calm, SLOPE, CAP);
      expect(await weightsOf(w)).to.deep.equal(tight);
      await calm.set(2n * WAD, CONDUCT.Complete);
      await atNext(w, (await now(w)) + 60n);
      await poke(w);
      expect((await weightsOf(w)).maintenanceBps, "within the hour").to.equal(tight.maintenanceBps);
      await calm.set(0n, CONDUCT.Complete);
      await poke(w);
      expect(await weightsOf(w)).to.deep.equal(STRONG);
    });

    it("without a gauge the weights are at once their own again, and stay there", async () => {
      const w = await loadFollowed();
      await pokeAt(w, 120n);
      const oldTerms = await w.configurator.volatilityTerms(w.vault, w.asset);
      await expect(w.configurator.setVolatility(w.vault, w.asset, NOTHING, 0n, 0n))
        .to.emit(w.configurator, "VolatilityTermsSet")
        .withArgs(w.vault, w.asset, Object.values(oldTerms), [
          NOTHING,
          0n,
          0n,
          ...Object.values(oldTerms).slice(3),
        ]);
      expect(await weightsOf(w)).to.deep.equal(STRONG);
      await mineAt(w, (await now(w)) + HOUR);
      await expect(poke(w)).to.be.revertedWithCustomError(w.configurator, "NoGauge");
      expect(await weightsOf(w)).to.deep.equal(STRONG);
    });

    it("an initial weight is the one without tightening, and is held to the maintenance weight without it", async () => {
      const w = await loadFollowed();
      await pokeAt(w, 120n);
      await mineAt(w, (await now(w)) + 60n);
      await w.configurator.setInitialWeight(w.vault, w.asset, 7_000n);
      // 7,000 / 1.1
      expect(await weightsOf(w)).to.deep.equal({ ...STRONG, initialBps: 6_363n, maintenanceBps: 7_995n });
      await w.configurator.setInitialWeight(w.vault, w.asset, 7_862n);
      await expect(w.configurator.setInitialWeight(w.vault, w.asset, 7_863n))
        .to.be.revertedWithCustomError(w.configurator, "WeightsOutOfOrder")
        .withArgs(7_863n, 8_020n, 8_740n);
      await pokeAt(w, 10n);
      expect(await weightsOf(w)).to.deep.equal({ ...STRONG, initialBps: 7_862n });
    });

    it("a cap leaves the tightened weights as they are", async () => {
      const w = await loadFollowed();
      await pokeAt(w, 120n);
      const tight = await weightsOf(w);
      await w.configurator.setCap(w.vault, w.asset, 7n);
      expect(await weightsOf(w)).to.deep.equal({ ...tight, cap: 7n });
    });
  });
});
