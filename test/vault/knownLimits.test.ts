import { expect } from "chai";
import { Status } from "../../sdk/vaultTypes.ts";
import type { HostileFeed, MockOracle } from "../../types/index.ts";
import { openPosition, setPrice, setValue } from "./support/position.ts";
import { deploy, deployOracle, loadWorld, MAX_UINT } from "./support/world.ts";

/** docs/known-limits.md: what those limits that code can show look like, so that nobody has to believe the page. */
describe("known limits", () => {
  it("4. a lender who leaves before anyone touches an insolvent account leaves at book value", async () => {
    const w = await loadWorld({ lent: 4_000n });
    await w.vault.connect(w.stranger).deposit(w.usd(1_000n), w.stranger);
    const id = await openPosition(w);
    await setValue(w, id, w.usd(500n));
    expect(await w.vault.statusOf(id)).to.equal(Status.Insolvent);
    const shares = await w.vault.balanceOf(w.stranger);
    await expect(w.vault.connect(w.stranger).redeem(shares, w.stranger, w.stranger)).to.changeTokenBalances(
      w.ethers,
      w.quote,
      [w.stranger],
      [w.usd(1_000n)],
    );
    await w.vault.connect(w.keeper).liquidate(id, w.collaterals[0]!.address, MAX_UINT, 0n, w.keeper, "0x");
    // 490 of 1,500 came back; those who stayed bear all of the rest.
    expect(await w.vault.convertToAssets(await w.vault.balanceOf(w.lender))).to.be.closeTo(w.usd(2_990n), 1n);
  });

  it("5. a stranger fills a cap: holders cannot borrow, but deposit, repay and are liquidated", async () => {
    const w = await loadWorld();
    const { address, unit } = w.collaterals[0]!;
    const id = await openPosition(w, { debt: w.usd(1_000n) });
    await w.configurator.setCap(w.vault, address, 5n * unit);
    await openPosition(w, { owner: w.stranger, amounts: [5n * unit], debt: 0n });
    const vault = w.vault.connect(w.trader);
    await expect(vault.borrow(id, w.usd(1n), w.trader))
      .to.be.revertedWithCustomError(w.vault, "CollateralAboveCap")
      .withArgs(id, address, 6n * unit, 5n * unit);
    await vault.depositCollateral(id, address, 1n);
    await vault.repay(id, 1n);
    await setPrice(w.collaterals[0]!, "1100");
    await w.vault.connect(w.keeper).liquidate(id, address, MAX_UINT, 0n, w.keeper, "0x");
  });

  it("8. deep below the floor a collateral is sold whole or not at all", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setValue(w, id, w.usd(1_200n));
    const vault = w.vault.connect(w.keeper);
    const { address, unit } = w.collaterals[0]!;
    const left = unit - (unit * 1_000n) / 1_200n;
    await expect(vault.liquidate(id, address, w.usd(1_000n), 0n, w.keeper, "0x"))
      .to.be.revertedWithCustomError(w.vault, "NoImprovement")
      .withArgs(id, address, (remaining: bigint) => remaining > left / 2n && remaining < 2n * left);
  });

  it("10. one sub-account owes at most 2^96 debt shares; the next one takes the rest", async () => {
    const w = await loadWorld({ quoteDecimals: 18, lent: 200_000_000n });
    const amounts = [100_000n * w.collaterals[0]!.unit];
    const most = 2n ** 96n / 1_000n;
    await expect(openPosition(w, { amounts, debt: most + 1n }))
      .to.be.revertedWithCustomError(w.vault, "SafeCastOverflowedUintDowncast")
      .withArgs(96n, (most + 1n) * 1_000n);
    await openPosition(w, { subAccount: 1n, amounts, debt: most });
    await openPosition(w, { subAccount: 2n, amounts, debt: most });
  });

  it("11. sixteen hostile feeds make reading prices expensive, and not impossible", async () => {
    const w = await loadWorld({ collateralCount: 16 });
    const id = await openPosition(w);
    const feeds = await Promise.all(
      w.collaterals.map(() => deploy<HostileFeed>(w.ethers, "HostileFeed", [24, 10n ** 24n])),
    );
    const pairs = w.collaterals.map((c, i) => (i === 0 ? c : { ...c, feed: feeds[i]! }));
    const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, pairs);
    await w.configurator.setOracle(w.vault, oracle);
    for (const feed of feeds) await feed.setConduct(6);
    await setPrice(w.collaterals[0]!, "1800");
    const { gasUsed } = (await (await w.vault.openCalls([id], { gasLimit: 16_000_000n })).wait())!;
    expect(gasUsed).to.be.within(3_000_000n, 12_000_000n);
    // One account alone pays for its own feeds only.
    await w.vault.connect(w.trader).repay(id, w.usd(1_000n));
  });

  it("an oracle contract that answers with what is no answer stops what needs a price, called repayments included", async () => {
    const w = await loadWorld();
    const oracle = await deploy<MockOracle>(w.ethers, "MockOracle", [
      w.quoteAddress,
      w.collaterals.map((c) => c.address),
    ]);
    const { price36 } = await w.oracle.price(w.collaterals[0]!.address);
    for (const c of w.collaterals) await oracle.set(c.number, price36, true);
    await w.configurator.setOracle(w.vault, await oracle.getAddress());
    const id = await openPosition(w);
    await oracle.set(0, (price36 * 92n) / 100n, true);
    await w.vault.openCall(id);
    await oracle.setConduct(4);
    const vault = w.vault.connect(w.trader);
    await expect(vault.repay(id, w.usd(1n))).to.be.revertedWithoutReason(w.ethers);
    // All of it needs no price, and the owner can point the vault at another oracle.
    await vault.repay(id, MAX_UINT);
    await w.configurator.setOracle(w.vault, w.oracle);
  });
});
