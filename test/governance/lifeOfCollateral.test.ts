import { expect } from "chai";
import { Status } from "../../sdk/vaultTypes.ts";
import { mineAt, now, passDeadline } from "../vault/support/clock.ts";
import { borrowMove, depositMove, deployDeferrer, withdrawMove } from "../vault/support/deferrer.ts";
import { withCollateral } from "../vault/support/listing.ts";
import { openPosition, setPrice } from "../vault/support/position.ts";
import { loadWorld, MAX_UINT, STRONG, type World } from "../vault/support/world.ts";

const HOUR = 3_600n;
const THIRD = 2;
const NOBODY_MORE = 0n;
const LOWEST = 1n;

/** A third collateral at 10, of which everybody may hold 1,000 whole ones. */
async function listed(): Promise<World> {
  const w = await loadWorld();
  return withCollateral(w, { terms: { ...STRONG, cap: 10n ** 21n }, price: "10" });
}

/** What retires a collateral: nobody may hold more of it nor borrow against it, both at once. */
async function retire(w: World): Promise<void> {
  const { address } = w.collaterals[THIRD]!;
  await w.configurator.lowerCap(w.vault, address, NOBODY_MORE);
  await w.configurator.lowerInitialWeight(w.vault, address, LOWEST);
}

/** The price of the third collateral, said anew. */
const quote10 = (w: World, price = "10") => setPrice(w.collaterals[THIRD]!, price);

describe("the life of a collateral", () => {
  it("listed, it is held and borrowed against up to its cap", async () => {
    const w = await listed();
    const unit = w.collaterals[THIRD]!.unit;
    const id = await openPosition(w, { amounts: [0n, 0n, 1_000n * unit], debt: w.usd(5_000n) });
    expect(await w.vault.statusOf(id)).to.equal(Status.Healthy);
    const vault = w.vault.connect(w.trader);
    await vault.depositCollateral(id, w.collaterals[THIRD]!.address, 1n);
    await expect(vault.borrow(id, 1n, w.trader)).to.be.revertedWithCustomError(w.vault, "CollateralAboveCap");
    // The cap gives more room only by the risk admin.
    await w.configurator.setCap(w.vault, w.collaterals[THIRD]!.address, 2n * 10n ** 21n);
    await vault.borrow(id, 1n, w.trader);
  });

  it("retired, it calls and liquidates nobody, and whoever holds it keeps its maintenance weight (rule 5)", async () => {
    const w = await listed();
    const unit = w.collaterals[THIRD]!.unit;
    const id = await openPosition(w, { amounts: [0n, 0n, 1_000n * unit], debt: w.usd(7_600n) });
    const before = await w.vault.marginOf(id);
    await retire(w);
    const after = await w.vault.marginOf(id);
    expect([after.status, after.healthWad, after.floorHealthWad]).to.deep.equal([
      before.status,
      before.healthWad,
      before.floorHealthWad,
    ]);
    const vault = w.vault.connect(w.trader);
    await expect(vault.borrow(id, 1n, w.trader)).to.be.revertedWithCustomError(w.vault, "CollateralAboveCap");
  });

  it("retired, it lets everybody out: by repaying, by part of it at a time, and debt-free whatever else", async () => {
    const w = await listed();
    const { address, unit } = w.collaterals[THIRD]!;
    const id = await openPosition(w, { amounts: [0n, 0n, 1_000n * unit], debt: w.usd(5_000n) });
    await retire(w);
    const vault = w.vault.connect(w.trader);
    await vault.repay(id, w.usd(2_000n));
    await vault.depositCollateral(id, w.collaterals[0]!.address, w.collaterals[0]!.unit * 10n);
    // Entirely out of it, what is left stands by itself.
    await vault.withdrawCollateral(id, address, MAX_UINT, w.trader);
    await vault.borrow(id, w.usd(100n), w.trader);
    await vault.repay(id, MAX_UINT);
    await vault.withdrawCollateral(id, w.collaterals[0]!.address, MAX_UINT, w.trader);
    expect((await w.vault.accountState(id)).collateralSet).to.equal(0n);

    const alone = await openDebtFree(w);
    await vault.withdrawCollateral(alone, address, MAX_UINT, w.trader);
  });

  it("retired, it is swapped out for another in one deferral, with the debt as it is", async () => {
    const w = await listed();
    const { unit } = w.collaterals[THIRD]!;
    const trader = await deployDeferrer(w, 100_000n);
    const id = trader.account();
    await trader.act(depositMove(w, id, THIRD, 1_000n * unit));
    await trader.act(borrowMove(w, id, w.usd(5_000n), trader.address));
    await retire(w);
    // 10,000 of the one for 10,000 of the other: five whole ones at 2,000.
    await trader.defer(
      withdrawMove(w, id, THIRD, MAX_UINT, w.stranger.address),
      depositMove(w, id, 0, 5n * w.collaterals[0]!.unit),
    );
    expect((await w.vault.accountState(id)).collateralSet).to.equal(1n);
    expect(await w.vault.debtOf(id)).to.equal(w.usd(5_000n));
    expect(await w.vault.statusOf(id)).to.equal(Status.Healthy);
  });

  it("retired, it is not brought in again by a swap", async () => {
    const w = await listed();
    const trader = await deployDeferrer(w, 100_000n);
    const id = trader.account();
    await trader.act(depositMove(w, id, 0, 5n * w.collaterals[0]!.unit));
    await trader.act(borrowMove(w, id, w.usd(5_000n), trader.address));
    await retire(w);
    await expect(
      trader.defer(
        withdrawMove(w, id, 0, w.collaterals[0]!.unit, w.stranger.address),
        depositMove(w, id, THIRD, 500n * w.collaterals[THIRD]!.unit),
      ),
    ).to.be.revertedWithCustomError(w.vault, "CollateralAboveCap");
  });

  it("retired, it is called and sold like any other, and its ramps go on to nearly nothing", async () => {
    const w = await listed();
    const { address, unit } = w.collaterals[THIRD]!;
    const id = await openPosition(w, { amounts: [0n, 0n, 1_000n * unit], debt: w.usd(7_600n) });
    await retire(w);
    await w.configurator.setMaintenanceWeight(w.vault, address, 7_000n);
    await w.configurator.setLiquidationWeight(w.vault, address, 8_000n);
    for (let hour = 0; hour < 41; ++hour) {
      await mineAt(w, (await now(w)) + HOUR);
      await w.configurator.poke(w.vault, address);
    }
    const [, terms] = await w.vault.collateralAt(THIRD);
    // Two days: 8,740, 8,697, 8,654.
    expect([terms.maintenanceBps, terms.liquidationBps]).to.deep.equal([7_000n, 8_654n]);
    await w.quoteFeed.push(10n ** 8n);
    await quote10(w);
    expect(await w.vault.statusOf(id)).to.equal(Status.Callable);
    await w.vault.connect(w.keeper).openCall(id);
    await passDeadline(w, id);
    const owed = await w.vault.debtOf(id);
    await w.vault.connect(w.keeper).liquidate(id, address, MAX_UINT, 0n, w.keeper, "0x");
    expect((await w.vault.debtOf(id)) < owed).to.equal(true);
    await w.vault.connect(w.trader).repay(id, MAX_UINT);
    expect(await w.vault.debtOf(id)).to.equal(0n);
  });
});

/** The third collateral in an account that owes nothing. */
async function openDebtFree(w: World) {
  return openPosition(w, { subAccount: 9n, amounts: [0n, 0n, w.collaterals[THIRD]!.unit], debt: 0n });
}
