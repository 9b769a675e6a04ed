import { expect } from "chai";
import { Status } from "../../sdk/vaultTypes.ts";
import { mineAt, now } from "../vault/support/clock.ts";
import { openPosition, setPrice } from "../vault/support/position.ts";
import { deployFeed, deployOracle, FEED_DECIMALS, loadWorld, type World } from "../vault/support/world.ts";

const DAY = 86_400n;

/** An oracle like the present one, but for the first collateral's price. */
async function oracleWith(w: World, price: string): Promise<string> {
  const feed = await deployFeed(w.ethers, FEED_DECIMALS, price);
  const collaterals = w.collaterals.map((c, i) => (i === 0 ? { address: c.address, feed } : c));
  return (await deployOracle(w.ethers, w.quote, w.quoteFeed, collaterals)).getAddress();
}

describe("one oracle after another (I-37, C-61)", () => {
  it("cannot take an account that could not be called below its floor within a day, by several small steps", async () => {
    const w = await loadWorld();
    const eth = w.collaterals[0]!;
    // The narrowest band there can be.
    await w.configurator.setMaintenanceWeight(w.vault, eth.address, 8_403n);
    const id = await openPosition(w, { amounts: [10n * eth.unit], debt: w.usd(15_000n) });
    await setPrice(eth, "1786");
    const target = await w.configurator.getAddress();
    const oracles = [await oracleWith(w, "1750.28"), await oracleWith(w, "1715.2744")];
    const steps = oracles.map((oracle) =>
      w.governance.interface.encodeFunctionData("execute", [
        target,
        w.configurator.interface.encodeFunctionData("setOracle", [w.vaultAddress, oracle]),
      ]),
    );
    await expect(w.governance.multicall(steps)).to.be.revertedWithCustomError(
      w.configurator,
      "OracleMovedLately",
    );
    await w.governance.multicall(steps.slice(0, 1));
    const movedAt = await now(w);
    expect(await w.vault.statusOf(id)).to.equal(BigInt(Status.Callable));
    await expect(w.governance.multicall(steps.slice(1)))
      .to.be.revertedWithCustomError(w.configurator, "OracleMovedLately")
      .withArgs(movedAt + DAY);
    // One with the same prices may follow at once, and starts no time.
    await w.configurator.setOracle(w.vault, await oracleWith(w, "1750.28"));
    await mineAt(w, movedAt + DAY);
    await setPrice(eth, "1750.28");
    await w.configurator.setOracle(w.vault, await oracleWith(w, "1730"));
  });
});
