import { expect } from "chai";
import type { CallbackLiquidator, HookToken } from "../../types/index.ts";
import {
  borrowMove,
  depositMove,
  deployDeferrer,
  moveOf,
  repayMove,
  vaultMove,
  withdrawMove,
} from "./support/deferrer.ts";
import { withCollateral } from "./support/listing.ts";
import { openPosition, setLiquidationValue } from "./support/position.ts";
import { deploy, loadWorld, MAX_UINT, STRONG, type World } from "./support/world.ts";

function lockedSelector(w: World): string {
  return w.vault.interface.getError("ReentrancyGuardReentrantCall")!.selector;
}

/** A world whose third collateral calls back in every transfer, and a contract that owns shares and an account. */
async function hooked() {
  const base = await loadWorld();
  const token = await deploy<HookToken>(base.ethers, "HookToken", [18]);
  const w = await withCollateral(base, { token, terms: STRONG, price: "2000" });
  const trader = await deployDeferrer(w, 10_000n);
  await w.vault.connect(w.lender).deposit(w.usd(1_000n), trader.address);
  return { w, token, trader };
}

describe("transfer and transferFrom of shares (I-35)", () => {
  it("move them as ERC-20 says, from outside", async () => {
    const w = await loadWorld();
    const shares = await w.vault.balanceOf(w.lender);
    const vault = w.vault.connect(w.lender);
    await expect(vault.transfer(w.stranger, 5n))
      .to.emit(w.vault, "Transfer")
      .withArgs(w.lender, w.stranger, 5n);
    await vault.approve(w.keeper, 7n);
    await w.vault.connect(w.keeper).transferFrom(w.lender, w.stranger, 7n);
    expect(await w.vault.balanceOf(w.stranger)).to.equal(12n);
    expect(await w.vault.balanceOf(w.lender)).to.equal(shares - 12n);
    await expect(
      w.vault.connect(w.keeper).transferFrom(w.lender, w.stranger, 1n),
    ).to.be.revertedWithCustomError(w.vault, "ERC20InsufficientAllowance");
    await expect(vault.transfer(w.stranger, shares)).to.be.revertedWithCustomError(
      w.vault,
      "ERC20InsufficientBalance",
    );
  });

  it("move them within a deferral, where nothing is locked between two moves", async () => {
    const { w, trader } = await hooked();
    const id = trader.account();
    await trader.defer(
      borrowMove(w, id, w.usd(500n), trader.address),
      vaultMove(w, "transfer", w.stranger.address, 9n),
      repayMove(w, id, MAX_UINT),
    );
    expect(await w.vault.balanceOf(w.stranger)).to.equal(9n);
  });

  it("are refused from a token that calls back in the middle of an entrance (C-40)", async () => {
    const { w, token, trader } = await hooked();
    const id = trader.account();
    // The hook itself owns shares and has an allowance, so that nothing else could refuse it.
    const hook = await token.getAddress();
    await w.vault.connect(w.lender).transfer(hook, 100n);
    await w.vault.connect(w.lender).approve(hook, 100n);
    const locked = lockedSelector(w);
    const entrances = [
      () => trader.act(depositMove(w, id, 2, 10n)),
      () => trader.act(withdrawMove(w, id, 2, 1n, trader.address)),
      () => trader.defer(depositMove(w, id, 2, 10n)),
    ];
    for (const attack of [
      vaultMove(w, "transfer", w.stranger.address, 1n),
      vaultMove(w, "transferFrom", w.lender.address, w.stranger.address, 1n),
    ]) {
      for (const enter of entrances) {
        await token.setHook(attack.target, attack.data);
        await enter();
        expect([await token.called(), await token.succeeded()]).to.deep.equal([true, false]);
        expect(await token.result()).to.equal(locked);
      }
    }
    expect(await w.vault.balanceOf(w.stranger)).to.equal(0n);
  });

  it("are not locked by a token's own transfer outside of the vault", async () => {
    const { w, token } = await hooked();
    await w.vault.connect(w.lender).transfer(token, 100n);
    const move = vaultMove(w, "transfer", w.stranger.address, 1n);
    await token.setHook(move.target, move.data);
    await token.connect(w.stranger).transfer(w.keeper, 1n);
    expect(await token.succeeded()).to.equal(true);
    expect(await w.vault.balanceOf(w.stranger)).to.equal(1n);
  });

  it("are refused from inside a liquidation's callback", async () => {
    const w = await loadWorld();
    const id = await openPosition(w, { amounts: [10n * w.collaterals[0]!.unit], debt: w.usd(15_000n) });
    await setLiquidationValue(w, id, w.usd(14_900n));
    const liquidator = await deploy<CallbackLiquidator>(w.ethers, "CallbackLiquidator", [
      w.vaultAddress,
      w.quoteAddress,
      w.stranger.address,
    ]);
    await w.vault.connect(w.lender).transfer(liquidator, 100n);
    const reenters = 2;
    const { data } = moveOf(w.vault, w.vaultAddress, "transfer", w.stranger.address, 1n);
    await expect(
      liquidator.liquidate(id, w.collaterals[0]!.address, reenters, data),
    ).to.be.revertedWithCustomError(w.vault, "ReentrancyGuardReentrantCall");
  });

  it("may be approved at any time: an allowance moves nothing", async () => {
    const { w, token, trader } = await hooked();
    const move = vaultMove(w, "approve", w.stranger.address, 1n);
    await token.setHook(move.target, move.data);
    await trader.act(depositMove(w, trader.account(), 2, 1n));
    expect(await token.succeeded()).to.equal(true);
  });
});
