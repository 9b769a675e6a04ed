import { expect } from "chai";
import { FLOOR_STEP_SECONDS, nextFloorBps } from "../../sdk/index.ts";
import { atNext, now } from "../vault/support/clock.ts";
import { loadWorld, type World } from "../vault/support/world.ts";

async function weightsOf(w: World) {
  const [, { maintenanceBps, liquidationBps }] = await w.vault.collateralAt(0n);
  return { maintenanceBps, liquidationBps };
}

/** Pokes once a day for so many days; returns what became of the liquidation weight, held against the mirror. */
async function poked(w: World, ownBps: bigint, days: number): Promise<bigint[]> {
  const { address } = w.collaterals[0]!;
  const steps: bigint[] = [];
  for (let day = 0; day < days; day += 1) {
    const before = await weightsOf(w);
    await atNext(w, (await now(w)) + FLOOR_STEP_SECONDS);
    await w.configurator.poke(w.vault, address);
    const after = await weightsOf(w);
    expect(nextFloorBps(before.liquidationBps, ownBps, after.maintenanceBps)).to.equal(after.liquidationBps);
    steps.push(after.liquidationBps);
  }
  return steps;
}

describe("nextFloorBps", () => {
  it("is where the configurator's pokes take a liquidation weight, step by step to its end", async () => {
    const w = await loadWorld();
    const { address } = w.collaterals[0]!;
    await w.configurator.setLiquidationWeight(w.vault, address, 8_500n);
    expect(await poked(w, 8_500n, 5)).to.deep.equal([8_654n, 8_611n, 8_568n, 8_526n, 8_500n]);
  });

  it("waits for the maintenance weight where that is on its way as well, and stops where a step is none", async () => {
    const w = await loadWorld();
    const { address } = w.collaterals[0]!;
    const of = [w.vault, address] as const;
    await w.configurator.setInitialWeight(...of, 100n);
    // Near the end of the call band both go down together, the lower of them by 25 bps a poke.
    await w.configurator.setMaintenanceWeight(...of, 8_400n);
    await w.configurator.setMaintenanceWeight(...of, 190n);
    await w.configurator.setLiquidationWeight(...of, 198n);
    // 1.04 times 8,350, 8,325 and 8,300, rounded up.
    expect(await poked(w, 198n, 3)).to.deep.equal([8_684n, 8_658n, 8_632n]);
    expect(nextFloorBps(199n, 198n, 190n)).to.equal(199n);
    expect(nextFloorBps(200n, 198n, 190n)).to.equal(199n);
    expect(nextFloorBps(8_400n, 8_500n, 8_000n)).to.equal(8_500n);
  });
});
