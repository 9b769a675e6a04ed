import { expect } from "chai";
import { accountIdOf } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { atNext, mineAt, now } from "./support/clock.ts";
import { withMockOracle } from "./support/listing.ts";
import { openCalledPosition, openPosition, setPrice } from "./support/position.ts";
import { poolOf } from "./support/state.ts";
import { loadWorld, MAX_UINT } from "./support/world.ts";

describe("views of an account that nobody has", () => {
  it("answer zeros, Healthy, and no debt without end", async () => {
    const w = await loadWorld();
    for (const owner of [w.ethers.ZeroAddress, w.vaultAddress, w.stranger.address]) {
      const id = accountIdOf(owner, 7n);
      const margin = await w.vault.marginOf(id);
      expect([margin.healthWad, margin.floorHealthWad]).to.deep.equal([MAX_UINT, MAX_UINT]);
      expect(margin.status).to.equal(Status.Healthy);
      expect([...margin].filter((field) => field !== 0n && field !== MAX_UINT)).to.deep.equal([]);
      expect([...(await w.vault.accountState(id))]).to.deep.equal(Array<bigint>(7).fill(0n));
      expect(await w.vault.debtOf(id)).to.equal(0n);
      expect(await w.vault.collateralOf(id, w.collaterals[0]!.address)).to.equal(0n);
      expect([...(await w.vault.previewCure(id))]).to.deep.equal([0n, 0n, [], []]);
    }
  });
});

describe("the health view", () => {
  it("says what the margin says, with interest up to now, and no more than without a price", async () => {
    const w = await loadWorld({ ratesPercent: [5n, 20n, 50n] });
    const id = await openPosition(w, { amounts: [w.collaterals[0]!.unit, 3n * w.collaterals[1]!.unit] });
    await mineAt(w, (await now(w)) + 100_000n);
    const { healthWad, floorHealthWad } = await w.vault.marginOf(id);
    expect(await w.vault.healthOf(id)).to.deep.equal([healthWad, floorHealthWad]);
    expect(healthWad).to.be.lessThan(floorHealthWad);
    expect(await w.vault.healthOf(accountIdOf(w.stranger.address))).to.deep.equal([MAX_UINT, MAX_UINT]);
    const oracle = await withMockOracle(w);
    const REVERTS = 1n;
    await oracle.setConduct(REVERTS);
    await expect(w.vault.healthOf(id)).to.be.revertedWithCustomError(w.vault, "OracleUnavailable");
    expect(await w.vault.healthOf(accountIdOf(w.stranger.address))).to.deep.equal([MAX_UINT, MAX_UINT]);
  });
});

describe("views of what is not listed", () => {
  it("answer nothing for an asset, the zero address for a number, and fail beyond the last number", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    expect(await w.vault.collateralOf(id, w.quoteAddress)).to.equal(0n);
    const [asset, , total] = await w.vault.collateralAt(15n);
    expect([asset, total]).to.deep.equal([w.ethers.ZeroAddress, 0n]);
    const outOfBounds = 0x32;
    await expect(w.vault.collateralAt(16n)).to.be.revertedWithPanic(outOfBounds);
    expect(await w.vault.collateralCount()).to.equal(2n);
  });
});

describe("views of what the vault stands on", () => {
  it("name what it was deployed with", async () => {
    const w = await loadWorld();
    expect([
      await w.vault.asset(),
      await w.vault.oracle(),
      await w.vault.interestRateModel(),
      await w.vault.authority(),
      await w.vault.clock(),
      await w.vault.configurator(),
      await w.vault.name(),
      await w.vault.symbol(),
    ]).to.deep.equal([
      w.quoteAddress,
      await w.oracle.getAddress(),
      await w.model.getAddress(),
      await w.authority.getAddress(),
      await w.clock.getAddress(),
      await w.configurator.getAddress(),
      "Tocsin USD",
      "tUSD",
    ]);
  });

  it("and what its clock was deployed with", async () => {
    const { clock, governance, uptimeFeed } = await loadWorld();
    const named = [await clock.authority(), await clock.graceSeconds(), await clock.sequencerFeed()];
    expect(named).to.deep.equal([await governance.getAddress(), 900n, await uptimeFeed.getAddress()]);
  });

  it("and what its lenders and borrowers have brought", async () => {
    const w = await loadWorld();
    await openPosition(w);
    const [cash, debtIndex, totalDebtShares, unbookedFee] = await w.vault.pool();
    expect([cash, unbookedFee]).to.deep.equal([w.usd(998_500n), 0n]);
    expect((totalDebtShares * debtIndex) / 10n ** 27n).to.equal(w.usd(1_500n));
  });

  it("say what is set", async () => {
    const w = await loadWorld({ feeBps: 1_000n });
    expect([...(await w.vault.riskTerms())]).to.deep.equal(Object.values(w.risk));
    expect([...(await w.vault.feeTerms())]).to.deep.equal([1_000n, w.feeRecipient.address]);
    expect(await w.vault.borrowCap()).to.equal(2n ** 32n - 1n);
    for (const { number, address, terms } of w.collaterals) {
      const [asset, listed, total] = await w.vault.collateralAt(number);
      expect([asset, [...listed], total]).to.deep.equal([address, Object.values(terms), 0n]);
    }
  });
});

describe("views of debt between two accruals", () => {
  it("are what the next touch makes of it: debtOf, totalDebt, currentDebtIndex, totalAssets (I-09)", async () => {
    const w = await loadWorld({ ratesPercent: [5n, 20n, 50n], feeBps: 1_000n });
    const id = await openPosition(w);
    const stored = await poolOf(w);
    const at = (await now(w)) + 1_000_000n;
    const read = () =>
      Promise.all([
        w.vault.debtOf(id),
        w.vault.totalDebt(),
        w.vault.currentDebtIndex(),
        w.vault.totalAssets(),
        w.vault.convertToAssets(10n ** 30n),
      ]);
    const snapshot = await w.helpers.takeSnapshot();
    await mineAt(w, at);
    const foreseen = await read();
    expect((await poolOf(w)).debtIndex).to.equal(stored.debtIndex);
    await snapshot.restore();
    await atNext(w, at);
    await w.vault.accrue();
    expect(await read()).to.deep.equal(foreseen);
    expect((await poolOf(w)).debtIndex).to.equal(foreseen[2]);
    expect(foreseen[2]).to.be.greaterThan(stored.debtIndex);
  });

  it("are in order: an account's debt is at least its part, and uptime is the clock's", async () => {
    const w = await loadWorld({ ratesPercent: [5n, 20n, 50n] });
    const ids = [await openPosition(w), await openPosition(w, { subAccount: 1n, debt: w.usd(1_001n) })];
    await mineAt(w, (await now(w)) + 999_999n);
    const debts = await Promise.all(ids.map((id) => w.vault.debtOf(id)));
    const total = await w.vault.totalDebt();
    expect(debts[0]! + debts[1]!).to.be.within(total, total + 2n);
    expect(await w.vault.uptime()).to.equal((await w.clock.read()).uptime);
  });
});

describe("views without an oracle", () => {
  it("fail with its name where a price decides, and answer where none does", async () => {
    const w = await loadWorld();
    const oracle = await withMockOracle(w);
    const id = await openPosition(w);
    const free = await openPosition(w, { owner: w.stranger, debt: 0n });
    const reverts = 1;
    await oracle.setConduct(reverts);
    for (const view of [
      w.vault.statusOf(id),
      w.vault.marginOf(id),
      w.vault.previewCure(id),
      w.vault.previewLiquidation(id, w.collaterals[0]!.address, MAX_UINT),
    ]) {
      await expect(view).to.be.revertedWithCustomError(w.vault, "OracleUnavailable").withArgs(oracle);
    }
    expect(await w.vault.statusOf(free)).to.equal(Status.Healthy);
    expect(await w.vault.debtOf(id)).to.equal(w.usd(1_500n));
    expect(await w.vault.totalAssets()).to.equal(w.usd(1_000_000n));
  });
});

describe("previewCure", () => {
  it("lists every collateral in order, without end where none of it cures (I-18)", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    await w.vault.connect(w.trader).depositCollateral(id, w.collaterals[1]!.address, 1n);
    await w.collaterals[1]!.feed.pushAt(1n, 1n);
    const { assets, deposits, repay, shortfall } = await w.vault.previewCure(id);
    expect(assets).to.deep.equal(w.collaterals.map(({ address }) => address));
    // The second feed is dead: no amount of it counts for anything.
    expect(deposits[1]).to.equal(MAX_UINT);
    expect([repay > 0n, shortfall > repay]).to.deep.equal([true, true]);
    await setPrice(w.collaterals[0]!, "3000");
    expect((await w.vault.previewCure(id)).deposits).to.deep.equal([0n, 0n]);
  });
});
