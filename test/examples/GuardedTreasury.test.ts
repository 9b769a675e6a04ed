import { expect } from "chai";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { CloseReason, Status } from "../../sdk/vaultTypes.ts";
import type { ExampleTreasury } from "../../types/index.ts";
import { passDeadline } from "../vault/support/clock.ts";
import { eventOf } from "../vault/support/events.ts";
import { withMockOracle } from "../vault/support/listing.ts";
import { ceilDiv, setLiquidationValue, setMaintenanceValue, setValue } from "../vault/support/position.ts";
import { deploy, loadWorld, MAX_UINT, type World } from "../vault/support/world.ts";

/** Of `MockOracle.Conduct`. */
const ORACLE_REVERTS = 1;

interface TreasuryWorld extends World {
  treasury: ExampleTreasury;
  id: AccountId;
  eth: bigint;
}

/** A treasury of the trader's that holds one ETH at 2,000, owes 1,500 and keeps `kept` quote tokens of it. */
async function openTreasury(kept = 200n): Promise<TreasuryWorld> {
  const w = await loadWorld();
  const collateral = w.collaterals[0]!;
  const treasury = await deploy<ExampleTreasury>(w.ethers, "ExampleTreasury", [
    w.vaultAddress,
    collateral.address,
    w.trader.address,
  ]);
  for (const token of [w.quote, collateral.token]) await token.connect(w.trader).approve(treasury, MAX_UINT);
  await treasury.connect(w.trader).borrow(collateral.unit, w.usd(1_500n), w.usd(kept));
  const id = accountIdOf(await treasury.getAddress());
  return { ...w, treasury, id, eth: collateral.unit };
}

/** What cures 1,500 of debt against 1,450 of maintenance value. */
const cureOf = (w: World) => ceilDiv(w.usd(80n) * 100n, 102n);

async function callTreasury(w: TreasuryWorld): Promise<void> {
  await setMaintenanceValue(w, w.id, w.usd(1_450n));
  await w.vault.connect(w.keeper).openCall(w.id);
}

async function watch({ treasury }: TreasuryWorld): Promise<[Status, boolean, bigint]> {
  const [status, isCalled, needed] = await treasury.watch();
  return [Number(status) as Status, isCalled, needed];
}

describe("GuardedTreasury.borrow", () => {
  it("opens an account of its own, keeps the reserve and gives the owner the rest", async () => {
    const w = await openTreasury();
    expect(await w.treasury.quote()).to.equal(w.quoteAddress);
    expect(await w.treasury.account()).to.equal(w.id);
    const margin = await w.vault.marginOf(w.id);
    expect([margin.value, margin.debt]).to.deep.equal([w.usd(2_000n), w.usd(1_500n)]);
    expect(await w.treasury.reserve()).to.equal(w.usd(200n));
    const more = w.treasury.connect(w.trader).borrow(w.eth, w.usd(100n), w.usd(40n));
    await expect(more).to.changeTokenBalances(
      w.ethers,
      w.quote,
      [w.trader, w.treasury, w.vault],
      [w.usd(60n), w.usd(40n), -w.usd(100n)],
    );
    expect(await eventOf(more, w.treasury, "Borrowed")).to.deep.equal({
      deposited: w.eth,
      borrowed: w.usd(100n),
      kept: w.usd(40n),
    });
  });

  it("deposits alone, or borrows alone", async () => {
    const w = await openTreasury();
    const treasury = w.treasury.connect(w.trader);
    await treasury.borrow(w.eth, 0n, 0n);
    await treasury.borrow(0n, w.usd(1n), w.usd(1n));
    expect(await w.vault.collateralOf(w.id, w.collaterals[0]!.address)).to.equal(2n * w.eth);
    expect(await w.vault.debtOf(w.id)).to.equal(w.usd(1_501n));
  });

  it("is the owner's, and keeps no more than it borrows", async () => {
    const w = await openTreasury();
    await expect(w.treasury.connect(w.stranger).borrow(0n, w.usd(1n), 0n))
      .to.be.revertedWithCustomError(w.treasury, "NotOwner")
      .withArgs(w.stranger);
    await expect(w.treasury.connect(w.trader).borrow(0n, w.usd(1n), w.usd(2n)))
      .to.be.revertedWithCustomError(w.treasury, "KeptTooMuch")
      .withArgs(w.usd(1n), w.usd(2n));
  });
});

describe("GuardedTreasury.guard", () => {
  it("cures a call out of the reserve, whoever asks for it", async () => {
    const w = await openTreasury();
    await callTreasury(w);
    const needed = cureOf(w);
    expect(await watch(w)).to.deep.equal([Status.Called, true, needed]);
    const transaction = w.treasury.connect(w.stranger).guard();
    await expect(transaction).to.changeTokenBalances(
      w.ethers,
      w.quote,
      [w.stranger, w.treasury, w.vault],
      [0n, -needed, needed],
    );
    expect(await eventOf(transaction, w.treasury, "Guarded")).to.deep.equal({
      status: BigInt(Status.Called),
      actor: w.stranger.address,
      repaid: needed,
      reserve: w.usd(200n) - needed,
    });
    const closed = await eventOf(transaction, w.vault, "MarginCallClosed");
    expect(closed.reason).to.equal(CloseReason.Repaid);
    expect(await w.quote.allowance(w.treasury, w.vault)).to.equal(0n);
  });

  it("forestalls a call that nobody has opened yet", async () => {
    const w = await openTreasury();
    await setMaintenanceValue(w, w.id, w.usd(1_450n));
    expect(await watch(w)).to.deep.equal([Status.Callable, false, cureOf(w)]);
    await w.treasury.connect(w.stranger).guard();
    expect((await w.vault.marginOf(w.id)).healthWad).to.be.greaterThanOrEqual(102n * 10n ** 16n);
    await expect(w.vault.openCall(w.id)).to.be.revertedWithCustomError(w.vault, "NotCallable");
  });

  it("cures past the deadline, below the floor, and for nothing when prices did it", async () => {
    const late = await openTreasury();
    await callTreasury(late);
    await passDeadline(late, late.id);
    expect((await watch(late))[0]).to.equal(Status.Expired);
    await late.treasury.guard();
    expect(await watch(late)).to.deep.equal([Status.Warned, false, 0n]);

    const low = await openTreasury(1_000n);
    await setLiquidationValue(low, low.id, low.usd(1_400n));
    expect((await watch(low)).slice(0, 2)).to.deep.equal([Status.Critical, false]);
    await low.treasury.guard();
    expect((await watch(low))[0]).to.equal(Status.Warned);

    const recovered = await openTreasury();
    await callTreasury(recovered);
    await setMaintenanceValue(recovered, recovered.id, recovered.usd(1_530n));
    expect(await watch(recovered)).to.deep.equal([Status.Called, true, 0n]);
    const { repaid } = await eventOf(recovered.treasury.guard(), recovered.treasury, "Guarded");
    expect(repaid).to.equal(0n);
    expect((await watch(recovered))[1]).to.equal(false);
  });

  it("spends nothing while nothing threatens, and nothing where nothing helps", async () => {
    const w = await openTreasury(1_500n);
    for (const [value, status] of [
      [2_200n, Status.Healthy],
      [1_900n, Status.Warned],
      [1_499n, Status.Insolvent],
    ] as const) {
      await setValue(w, w.id, w.usd(value));
      expect(await watch(w)).to.deep.equal([status, false, 0n]);
      await expect(w.treasury.guard())
        .to.be.revertedWithCustomError(w.treasury, "NothingToGuard")
        .withArgs(status);
    }
    expect(await w.treasury.reserve()).to.equal(w.usd(1_500n));
  });

  it("says what is missing when the reserve is too small, and works once somebody has filled it", async () => {
    const w = await openTreasury(0n);
    await callTreasury(w);
    const needed = cureOf(w);
    await w.quote.connect(w.stranger).transfer(w.treasury, needed - 1n);
    await expect(w.treasury.guard())
      .to.be.revertedWithCustomError(w.treasury, "ReserveTooSmall")
      .withArgs(needed, needed - 1n);
    await w.quote.connect(w.stranger).transfer(w.treasury, 1n);
    await w.treasury.guard();
    expect(await w.treasury.reserve()).to.equal(0n);
  });
});

describe("GuardedTreasury.exit", () => {
  it("repays out of the reserve and the owner's pocket, and hands everything over, without a price", async () => {
    const w = await openTreasury();
    await callTreasury(w);
    await (await withMockOracle(w)).setConduct(ORACLE_REVERTS);
    const transaction = w.treasury.connect(w.trader).exit();
    await expect(transaction).to.changeTokenBalances(
      w.ethers,
      w.quote,
      [w.trader, w.treasury, w.vault],
      [-w.usd(1_300n), -w.usd(200n), w.usd(1_500n)],
    );
    await expect(transaction).to.changeTokenBalances(
      w.ethers,
      w.collaterals[0]!.token,
      [w.trader, w.treasury, w.vault],
      [w.eth, 0n, -w.eth],
    );
    expect(await eventOf(transaction, w.treasury, "Exited")).to.deep.equal({
      repaid: w.usd(1_500n),
      withdrawn: w.eth,
    });
    expect(await w.vault.debtOf(w.id)).to.equal(0n);
  });

  it("gives back what the reserve holds above the debt, and does nothing a second time", async () => {
    const w = await openTreasury();
    await w.quote.connect(w.stranger).transfer(w.treasury, w.usd(1_400n));
    const exit = () => w.treasury.connect(w.trader).exit();
    await expect(exit()).to.changeTokenBalances(
      w.ethers,
      w.quote,
      [w.trader, w.treasury],
      [w.usd(100n), -w.usd(1_600n)],
    );
    await expect(exit()).to.changeTokenBalances(w.ethers, w.quote, [w.trader, w.treasury], [0n, 0n]);
  });

  it("is the owner's", async () => {
    const w = await openTreasury();
    await expect(w.treasury.connect(w.stranger).exit())
      .to.be.revertedWithCustomError(w.treasury, "NotOwner")
      .withArgs(w.stranger);
  });
});
