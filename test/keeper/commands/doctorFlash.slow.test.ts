import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { examine } from "../../../keeper/commands/doctor/examine.ts";
import { readConfig } from "../../../keeper/config.ts";
import { KEYS } from "../support/chain.ts";
import { addFlashScene, type FlashScene } from "../support/flash.ts";
import { writeConfig } from "../support/keeperProcess.ts";
import { useWorld } from "../support/useWorld.ts";

describe("doctor on the flash liquidator", function () {
  this.timeout(120_000);
  const inUse = useWorld();
  let scene: FlashScene;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-doctor-flash-"));
    const { world } = inUse;
    scene = await addFlashScene(world);
    await scene.addPool(0, 2_000, 1_000n);
    await scene.liquidator.getFunction("setProfitRecipient").send(world.keeper.address);
    await world.resetNonce();
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const find = async (changes: Readonly<Record<string, unknown>>, mode = "live") => {
    const { chain, world } = inUse;
    const file = writeConfig(folder, chain.url, world.deployment, {
      brake: { sources: [] },
      mode,
      ...scene.config(changes),
    });
    const { timestamp } = await chain.send<{ timestamp: string }>("eth_getBlockByNumber", "latest", false);
    const environment = { TOCSIN_KEEPER_KEY: KEYS.keeper };
    const { findings } = await examine({ config: readConfig(file), environment, now: Number(timestamp) });
    return findings.filter(({ subject }) => subject === "flash liquidator");
  };

  it("finds one that serves the key, and does not look at it where nothing uses it", async () => {
    const [fine] = await find({});
    expect(fine).to.include({ severity: "ok" });
    expect(fine?.says).to.contain(scene.address).and.to.contain("400 bps");
    expect((await find({}, "dry-run"))[0]?.says).to.contain("mode live alone");
  });

  it("says what run would refuse: no contract, another quoter, a pool that is not there", async () => {
    const { deployment } = inUse.world;
    const nowhere = `0x${"11".repeat(20)}`;
    const fee = { from: deployment.collaterals[0]?.address, hops: [] as unknown[] };
    fee.hops = [{ fee: 500, to: deployment.quote.address }];
    for (const [changes, says] of [
      [{ address: nowhere }, "flashLiquidator.address: there is no contract at 0x1111"],
      [{ quoter: nowhere }, "flashLiquidator.quoter: there is no contract at 0x1111"],
      [{ address: scene.uniswap.quoterAddress }, "is no flash liquidator"],
      [{ routes: [fee] }, "has not all of its pools"],
      [{ profitRecipient: nowhere }, "its profit goes to"],
    ] as const) {
      const [finding, ...others] = await find(changes);
      expect(others).to.be.empty;
      expect(finding).to.include({ severity: "failure" });
      expect(finding?.says).to.contain(says);
      expect(finding?.remedy).to.contain("setKeeper");
    }
  });

  it("says that the owner has not allowed the key", async () => {
    const { keeper } = inUse.world;
    await scene.liquidator.getFunction("setKeeper").send(keeper.address, false);
    const [finding] = await find({});
    expect(finding?.says).to.contain(`its owner has not allowed ${keeper.address}`);
  });
});
