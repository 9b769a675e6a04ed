import { expect } from "chai";
import { accountIdOf } from "../../sdk/accountId.ts";
import { Refusal, Status } from "../../sdk/vaultTypes.ts";
import type { HostileFeed, MockOracle } from "../../types/index.ts";
import { mineAt, passDeadline } from "./support/clock.ts";
import { openPosition, setMaintenanceValue, setValue } from "./support/position.ts";
import { stateOf } from "./support/state.ts";
import { deploy, deployOracle, loadWorld, MAX_UINT, type World } from "./support/world.ts";

const HIGHEST_PRICE36 = 2n ** 184n - 1n;
/** The most that all accounts together can hold. */
const HIGHEST_AMOUNT = 2n ** 120n - 1n;
/** A tenth of a block of 30 million (I-43). */
const GAS_LIMIT = 3_000_000n;

async function withMockOracle(w: World): Promise<MockOracle> {
  const oracle = await deploy<MockOracle>(w.ethers, "MockOracle", [
    w.quoteAddress,
    w.collaterals.map((c) => c.address),
  ]);
  for (const c of w.collaterals) await oracle.set(c.number, (await w.oracle.price(c.address)).price36, true);
  await w.configurator.setOracle(w.vault, await oracle.getAddress());
  return oracle;
}

describe("the largest amounts at the highest prices (C-03, C-17, C-20)", () => {
  async function fullAccount() {
    const w = await loadWorld({ collateralCount: 8 });
    const oracle = await withMockOracle(w);
    const id = accountIdOf(w.trader.address);
    for (const c of w.collaterals) {
      await c.token.mint(w.trader, HIGHEST_AMOUNT);
      await w.vault.connect(w.trader).depositCollateral(id, c.address, HIGHEST_AMOUNT);
    }
    await w.vault.connect(w.trader).borrow(id, w.usd(1_000n), w.trader);
    return { w, oracle, id };
  }

  it("overflow nothing: every view and every judgement answers", async () => {
    const { w, oracle, id } = await fullAccount();
    for (const c of w.collaterals) await oracle.set(c.number, HIGHEST_PRICE36, true);
    const { value, healthWad, status } = await w.vault.marginOf(id);
    expect(value).to.equal(8n * ((HIGHEST_AMOUNT * HIGHEST_PRICE36) / 10n ** 36n));
    expect(healthWad).to.be.greaterThan(10n ** 18n);
    expect(status).to.equal(Status.Healthy);
    await w.vault.previewCure(id);
    expect(await w.vault.openCalls.staticCall([id])).to.deep.equal([BigInt(Refusal.NotCallable)]);
    await w.vault.connect(w.trader).withdrawCollateral(id, w.collaterals[0]!.address, MAX_UINT, w.trader);
  });

  it("count as nothing from the limit on, and are not taken", async () => {
    const { w, oracle, id } = await fullAccount();
    for (const c of w.collaterals) await oracle.set(c.number, HIGHEST_PRICE36 + 1n, true);
    expect((await w.vault.marginOf(id)).value).to.equal(0n);
    await expect(w.vault.previewLiquidation(id, w.collaterals[0]!.address, MAX_UINT))
      .to.be.revertedWithCustomError(w.vault, "PriceNotFresh")
      .withArgs(w.collaterals[0]!.address);
  });

  it("at the lowest price are sold for what they are worth (C-18)", async () => {
    const { w, oracle, id } = await fullAccount();
    for (const c of w.collaterals) await oracle.set(c.number, c.number === 0 ? 2_000_000n : 0n, true);
    const { value, status } = await w.vault.marginOf(id);
    expect(value).to.equal((HIGHEST_AMOUNT * 2_000_000n) / 10n ** 36n);
    expect(status).to.equal(Status.Insolvent);
    const { repaid, seized } = await w.vault.previewLiquidation(id, w.collaterals[0]!.address, MAX_UINT);
    expect(seized).to.equal(HIGHEST_AMOUNT);
    expect(repaid).to.be.within((value * 98n) / 100n, (value * 98n) / 100n + 2n);
  });
});

describe("a cheap token of 10^30 base units (C-18)", () => {
  it("is called, expires and is liquidated like any other", async () => {
    const w = await loadWorld({ collateralCount: 3 });
    const token = w.collaterals[2]!;
    await token.token.mint(w.trader, 10n ** 30n);
    await token.feed.push(2n * 10n ** 15n);
    const id = await openPosition(w, { amounts: [0n, 0n, 10n ** 30n] });
    // 10^12 tokens at 1.85 billionths.
    await token.feed.push(185n * 10n ** 13n);
    await w.vault.openCall(id);
    await passDeadline(w, id);
    expect(await w.vault.statusOf(id)).to.equal(Status.Expired);
    await w.vault.connect(w.keeper).liquidate(id, token.address, MAX_UINT, 0n, w.keeper, "0x");
    // S = 46.30 and m / (1 - d) = 0.804: 214.40 are repaid.
    expect(await w.vault.debtOf(id)).to.be.closeTo(w.usd("1285.6"), w.usd("0.1"));
    expect(await w.vault.statusOf(id)).to.equal(Status.Warned);
  });
});

describe("the work of an account with eight collaterals (I-43, C-50)", () => {
  async function eight() {
    const w = await loadWorld({ collateralCount: 16 });
    const amounts = [...w.collaterals.slice(0, 8).map(() => 10n ** 8n), ...Array<bigint>(8).fill(0n)];
    amounts[0] = w.collaterals[0]!.unit;
    amounts[1] = 1n;
    const id = await openPosition(w, { amounts });
    return { w, id };
  }

  it("is a small part of a block for calling, closing and liquidating", async () => {
    const { w, id } = await eight();
    const gasOf = async (sent: Promise<{ wait: () => Promise<{ gasUsed: bigint } | null> }>) =>
      (await (await sent).wait())!.gasUsed;
    await w.collaterals[0]!.feed.push(1_820n * 10n ** 24n);
    expect(await gasOf(w.vault.openCalls([id]))).to.be.lessThan(GAS_LIMIT / 4n);
    await passDeadline(w, id);
    const { address } = w.collaterals[0]!;
    expect(
      await gasOf(w.vault.connect(w.keeper).liquidate(id, address, MAX_UINT, 0n, w.keeper, "0x")),
    ).to.be.lessThan(GAS_LIMIT / 4n);
  });

  it("stays under a tenth of a block when two of its feeds do their worst (C-29)", async () => {
    const { w, id } = await eight();
    const feeds = await Promise.all(
      [2, 3].map(() => deploy<HostileFeed>(w.ethers, "HostileFeed", [24, 10n ** 24n])),
    );
    const pairs = w.collaterals.map((c, i) => (i === 2 || i === 3 ? { ...c, feed: feeds[i - 2]! } : c));
    const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, pairs);
    await w.configurator.setOracle(w.vault, oracle);
    await w.collaterals[0]!.feed.push(1_820n * 10n ** 24n);
    const snapshot = await w.helpers.takeSnapshot();
    // Burns all its gas, reverts with 100 kB, returns 120 kB.
    for (const conduct of [7, 2, 6]) {
      await snapshot.restore();
      for (const feed of feeds) await feed.setConduct(conduct);
      const opened = await (await w.vault.openCalls([id], { gasLimit: GAS_LIMIT })).wait();
      expect(opened!.gasUsed, `conduct ${conduct}`).to.be.lessThan(GAS_LIMIT);
      expect((await stateOf(w, id)).deadline).to.be.greaterThan(0n);
    }
  });
});

describe("dust (rule 9, C-51)", () => {
  it("in many collaterals blocks neither a liquidation nor the write-off after it", async () => {
    const w = await loadWorld({ collateralCount: 8 });
    // A dollar each of six more collaterals beside one ETH.
    const amounts = w.collaterals.map((c) => (c.number === 0 ? c.unit : c.number === 1 ? 0n : c.unit));
    const id = await openPosition(w, { amounts });
    await w.collaterals[0]!.feed.push(900n * 10n ** 24n);
    expect(await w.vault.statusOf(id)).to.equal(Status.Insolvent);
    await w.vault.connect(w.keeper).liquidate(id, w.collaterals[0]!.address, MAX_UINT, 0n, w.keeper, "0x");
    expect(await w.vault.debtOf(id)).to.equal(0n);
    expect((await stateOf(w, id)).collateralSet).to.equal(0n);
    for (const number of [2n, 3n, 4n, 5n, 6n, 7n]) {
      const { collateralSet } = await stateOf(w, accountIdOf(w.vaultAddress, number));
      expect(collateralSet).to.equal(1n << number);
    }
  });

  it("of a debt one base unit large can be called, liquidated and repaid (C-02)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await w.vault.connect(w.trader).repay(id, w.usd(1_500n) - 1n);
    await setValue(w, id, 1n);
    expect(await w.vault.statusOf(id)).to.equal(Status.Critical);
    await w.vault.connect(w.trader).repay(id, 1n);
    expect(await w.vault.statusOf(id)).to.equal(Status.Healthy);
  });

  it("left by a partial repayment is liquidated whole", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await w.vault.connect(w.trader).repay(id, w.usd(1_450n));
    await setMaintenanceValue(w, id, w.usd(50n) - 1n);
    await w.vault.openCall(id);
    await mineAt(w, (await stateOf(w, id)).deadline);
    const { repaid } = await w.vault.previewLiquidation(id, w.collaterals[0]!.address, MAX_UINT);
    expect(repaid).to.equal(w.usd(50n));
  });
});
