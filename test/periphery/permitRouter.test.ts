import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { accountIdOf } from "../../sdk/accountId.ts";
import { CloseReason } from "../../sdk/vaultTypes.ts";
import { passDeadline } from "../vault/support/clock.ts";
import { eventOf } from "../vault/support/events.ts";
import { withMockOracle } from "../vault/support/listing.ts";
import { ceilDiv, openCalledPosition, openPosition, setMaintenanceValue } from "../vault/support/position.ts";
import { DECIMAL_PAIRS, MAX_UINT } from "../vault/support/world.ts";
import { leftovers, loadRouterWorld, type RouterWorld } from "./support/routerWorld.ts";
import { signPermit } from "./support/signPermit.ts";

const NOTHING = [0n, 0n];
/** Of `MockOracle.Conduct`. */
const ORACLE_REVERTS = 1;

/** What cures 1,500 of debt against 1,450 of maintenance value: S / K with S = 1.02 * 1,500 - 1,450 = 80. */
function cureOf(w: RouterWorld): bigint {
  return ceilDiv(w.usd(80n) * 100n, 102n);
}

const calledPosition = (w: RouterWorld) => openCalledPosition(w, w.usd(1_450n));
const permitQuote = (w: RouterWorld, value: bigint, by = w.stranger) =>
  signPermit(w.quote, by, w.routerAddress, { value });

describe("PermitRouter.cure", () => {
  for (const [quoteDecimals, collateralDecimals] of DECIMAL_PAIRS) {
    it(`takes exactly what the cure takes and closes the call (${quoteDecimals} and ${collateralDecimals} decimals)`, async () => {
      const w = await loadRouterWorld({ quoteDecimals, collateralDecimals });
      const id = await calledPosition(w);
      const [needed, maxPay] = [cureOf(w), w.usd(100n)];
      const permit = await permitQuote(w, maxPay);
      const transaction = w.router.connect(w.stranger).cure(w.vault, id, w.quote, maxPay, permit);
      await expect(transaction).to.changeTokenBalances(
        w.ethers,
        w.quote,
        [w.stranger, w.vault, w.router, w.trader],
        [-needed, needed, 0n, 0n],
      );
      const closed = await eventOf(transaction, w.vault, "MarginCallClosed");
      expect(closed).to.include({ account: id, actor: w.routerAddress, late: false });
      expect(closed.reason).to.equal(CloseReason.Repaid);
      expect(closed.healthWad).to.be.greaterThanOrEqual(102n * 10n ** 16n);
      expect(await leftovers(w)).to.deep.equal(NOTHING);
      expect(await w.quote.allowance(w.stranger, w.router)).to.equal(maxPay - needed);
    });
  }

  it("returns what it paid, which is what the vault's preview says (I-09)", async () => {
    const w = await loadRouterWorld();
    const id = await calledPosition(w);
    const { repay } = await w.vault.previewCure(id);
    const permit = await permitQuote(w, repay);
    expect(
      await w.router.connect(w.stranger).cure.staticCall(w.vault, id, w.quote, MAX_UINT, permit),
    ).to.equal(repay);
  });

  it("asks a caller with no limit for no more than the cure takes", async () => {
    const w = await loadRouterWorld();
    const id = await calledPosition(w);
    const needed = cureOf(w);
    await w.quote.mint(w.guardian, needed);
    const permit = await permitQuote(w, needed, w.guardian);
    await w.router.connect(w.guardian).cure(w.vault, id, w.quote, MAX_UINT, permit);
    expect(await w.quote.balanceOf(w.guardian)).to.equal(0n);
  });

  it("takes the interest that grew after the signature, as far as the permit goes", async () => {
    const w = await loadRouterWorld({ ratesPercent: [10n, 10n, 10n] });
    const id = await calledPosition(w);
    const { repay } = await w.vault.previewCure(id);
    const [ample, tight] = [await permitQuote(w, repay + w.usd(1n)), await permitQuote(w, repay)];
    await w.helpers.time.increase(600);
    const router = w.router.connect(w.stranger);
    await expect(router.cure(w.vault, id, w.quote, MAX_UINT, tight))
      .to.be.revertedWithCustomError(w.router, "AllowanceTooSmall")
      .withArgs(w.quoteAddress, w.stranger.address, repay, (needed: bigint) => needed > repay);
    const repaid = await eventOf(
      router.cure(w.vault, id, w.quote, MAX_UINT, ample),
      w.vault,
      "MarginCallClosed",
    );
    expect(repaid.reason).to.equal(CloseReason.Repaid);
    expect(await leftovers(w)).to.deep.equal(NOTHING);
  });

  it("reverts as the vault does when one base unit more is needed than the caller pays", async () => {
    const w = await loadRouterWorld();
    const id = await calledPosition(w);
    const needed = cureOf(w);
    const permit = await permitQuote(w, needed);
    const router = w.router.connect(w.stranger);
    await expect(router.cure(w.vault, id, w.quote, needed - 1n, permit))
      .to.be.revertedWithCustomError(w.vault, "CureTooExpensive")
      .withArgs(needed, needed - 1n);
    await router.cure(w.vault, id, w.quote, needed, permit);
  });

  it("closes a call that prices have cured for nothing, and brings no permit", async () => {
    const w = await loadRouterWorld();
    const id = await calledPosition(w);
    await setMaintenanceValue(w, id, w.usd(1_530n));
    const permit = await permitQuote(w, w.usd(1n));
    const transaction = w.router.connect(w.stranger).cure(w.vault, id, w.quote, 0n, permit);
    await expect(transaction).to.changeTokenBalances(w.ethers, w.quote, [w.stranger, w.vault], [0n, 0n]);
    expect((await eventOf(transaction, w.vault, "MarginCallClosed")).reason).to.equal(CloseReason.Recovered);
    expect(await w.quote.allowance(w.stranger, w.router)).to.equal(0n);
  });

  it("cures late, past the deadline", async () => {
    const w = await loadRouterWorld();
    const id = await calledPosition(w);
    await passDeadline(w, id, 60n);
    const transaction = w.router
      .connect(w.stranger)
      .cure(w.vault, id, w.quote, MAX_UINT, await permitQuote(w, w.usd(100n)));
    expect((await eventOf(transaction, w.vault, "MarginCallClosed")).late).to.equal(true);
  });

  it("reverts without an open call, and without prices, and then nothing has moved", async () => {
    const w = await loadRouterWorld();
    const id = await openPosition(w);
    await setMaintenanceValue(w, id, w.usd(1_450n));
    const permit = await permitQuote(w, w.usd(100n));
    const cure = () => w.router.connect(w.stranger).cure(w.vault, id, w.quote, MAX_UINT, permit);
    await expect(cure()).to.be.revertedWithCustomError(w.vault, "NoCallOpen").withArgs(id);
    const oracle = await withMockOracle(w);
    await oracle.setConduct(ORACLE_REVERTS);
    await expect(cure()).to.be.revertedWithCustomError(w.vault, "OracleUnavailable").withArgs(oracle);
    expect(await w.quote.allowance(w.stranger, w.router)).to.equal(0n);
  });
});

describe("PermitRouter.repay", () => {
  it("repays a part for anybody", async () => {
    const w = await loadRouterWorld();
    const id = await openPosition(w);
    const amount = w.usd(500n);
    const transaction = w.router
      .connect(w.stranger)
      .repay(w.vault, id, w.quote, amount, await permitQuote(w, amount));
    await expect(transaction).to.changeTokenBalances(
      w.ethers,
      w.quote,
      [w.stranger, w.vault, w.router],
      [-amount, amount, 0n],
    );
    expect(await w.vault.debtOf(id)).to.equal(w.usd(1_000n));
    expect(await w.quote.allowance(w.stranger, w.router)).to.equal(0n);
    expect(await leftovers(w)).to.deep.equal(NOTHING);
  });

  it("takes only the debt, with interest, when more is offered (C-03, C-04)", async () => {
    for (const amount of [10n ** 15n, MAX_UINT]) {
      const w = await loadRouterWorld({ ratesPercent: [10n, 10n, 10n] });
      const id = await openPosition(w);
      const permit = await permitQuote(w, w.usd(2_000n), w.trader);
      await w.helpers.time.increase(86_400);
      const before = await w.quote.balanceOf(w.trader);
      const transaction = w.router.connect(w.trader).repay(w.vault, id, w.quote, amount, permit);
      const { amount: repaid } = await eventOf(transaction, w.vault, "Repaid");
      expect(repaid).to.be.greaterThan(w.usd(1_500n));
      expect(before - (await w.quote.balanceOf(w.trader))).to.equal(repaid);
      expect(await w.vault.debtOf(id)).to.equal(0n);
      expect(await leftovers(w)).to.deep.equal(NOTHING);
    }
  });

  it("works without any price (I-16)", async () => {
    const w = await loadRouterWorld();
    const id = await calledPosition(w);
    await (await withMockOracle(w)).setConduct(ORACLE_REVERTS);
    const permit = await permitQuote(w, w.usd(2_000n));
    await w.router.connect(w.stranger).repay(w.vault, id, w.quote, MAX_UINT, permit);
    expect(await w.vault.debtOf(id)).to.equal(0n);
  });

  it("reverts as the vault does for nothing to pay and for nothing owed (C-01)", async () => {
    const w = await loadRouterWorld();
    const id = await openPosition(w);
    const free = accountIdOf(w.trader.address, 1n);
    const permit = await permitQuote(w, 1n);
    const router = w.router.connect(w.stranger);
    await expect(router.repay(w.vault, id, w.quote, 0n, permit)).to.be.revertedWithCustomError(
      w.vault,
      "ZeroAmount",
    );
    await expect(router.repay(w.vault, free, w.quote, 1n, permit))
      .to.be.revertedWithCustomError(w.vault, "NoDebt")
      .withArgs(free);
  });
});

describe("PermitRouter.depositCollateral", () => {
  const permitCollateral = (w: RouterWorld, value: bigint, by = w.stranger) =>
    signPermit(w.collaterals[0]!.token, by, w.routerAddress, { value });

  it("tops up what an account holds, whoever pays, and closes its call", async () => {
    for (const payer of ["trader", "stranger"] as const) {
      const w = await loadRouterWorld({ collateralDecimals: 8 });
      const id = await calledPosition(w);
      const { token, address } = w.collaterals[0]!;
      const amount = (await w.vault.previewCure(id)).deposits[0]!;
      const permit = await permitCollateral(w, amount, w[payer]);
      const transaction = w.router.connect(w[payer]).depositCollateral(w.vault, id, address, amount, permit);
      await expect(transaction).to.changeTokenBalances(
        w.ethers,
        token,
        [w[payer], w.vault, w.router],
        [-amount, amount, 0n],
      );
      const closed = await eventOf(transaction, w.vault, "MarginCallClosed");
      expect(closed.reason).to.equal(CloseReason.Deposited);
      expect(await leftovers(w, token)).to.deep.equal(NOTHING);
      expect(await token.allowance(w[payer], w.router)).to.equal(0n);
    }
  });

  it("adds no new asset to an account, the owner's own included (I-17)", async () => {
    const w = await loadRouterWorld();
    const id = accountIdOf(w.trader.address);
    const { address, unit } = w.collaterals[0]!;
    for (const payer of [w.trader, w.stranger]) {
      const permit = await permitCollateral(w, unit, payer);
      await expect(w.router.connect(payer).depositCollateral(w.vault, id, address, unit, permit))
        .to.be.revertedWithCustomError(w.router, "AssetNotHeld")
        .withArgs(id, address);
    }
  });

  it("reverts as the vault does for a deposit of nothing, and for a token that is no collateral (C-01)", async () => {
    const w = await loadRouterWorld();
    const id = await openPosition(w);
    const permit = await permitCollateral(w, 1n);
    const router = w.router.connect(w.stranger);
    await expect(
      router.depositCollateral(w.vault, id, w.collaterals[0]!.address, 0n, permit),
    ).to.be.revertedWithCustomError(w.vault, "ZeroAmount");
    await expect(router.depositCollateral(w.vault, id, w.quote, 1n, await permitQuote(w, 1n)))
      .to.be.revertedWithCustomError(w.router, "AssetNotHeld")
      .withArgs(id, w.quoteAddress);
  });
});

describe("PermitRouter.deposit", () => {
  it("lends for a receiver, at the vault's price (I-09)", async () => {
    for (const quoteDecimals of [6, 8, 18]) {
      const w = await loadRouterWorld({ quoteDecimals });
      const assets = w.usd(1_000n);
      const shares = await w.vault.previewDeposit(assets);
      const permit = await permitQuote(w, assets);
      const args = [w.vault, w.quote, assets, w.keeper, permit] as const;
      const router = w.router.connect(w.stranger);
      expect(await router.deposit.staticCall(...args)).to.equal(shares);
      const transaction = router.deposit(...args);
      await expect(transaction).to.changeTokenBalances(
        w.ethers,
        w.quote,
        [w.stranger, w.vault, w.router],
        [-assets, assets, 0n],
      );
      await expect(transaction).to.changeTokenBalances(
        w.ethers,
        w.vault,
        [w.keeper, w.stranger, w.router],
        [shares, 0n, 0n],
      );
      expect(await leftovers(w)).to.deep.equal(NOTHING);
      expect(await w.quote.allowance(w.stranger, w.router)).to.equal(0n);
    }
  });

  it("reverts as the vault does when nobody receives", async () => {
    const w = await loadRouterWorld();
    const permit = await permitQuote(w, 1n);
    await expect(w.router.connect(w.stranger).deposit(w.vault, w.quote, 1n, ZeroAddress, permit))
      .to.be.revertedWithCustomError(w.vault, "ERC20InvalidReceiver")
      .withArgs(ZeroAddress);
  });
});
