import { expect } from "chai";
import type { Interface } from "ethers";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import type {
  CallbackLiquidator,
  FeeOnTransferToken,
  HookToken,
  Intruder,
  MockERC20,
} from "../../types/index.ts";
import { passDeadline } from "./support/clock.ts";
import { borrowMove, depositMove, moveOf, vaultMove } from "./support/deferrer.ts";
import { eventOf } from "./support/events.ts";
import { withCollateral } from "./support/listing.ts";
import { openCalledPosition, openPosition, setMaintenanceValue, setPrice } from "./support/position.ts";
import { withQuote } from "./support/quote.ts";
import { stateOf } from "./support/state.ts";
import {
  deploy,
  deployFeed,
  deployOracle,
  deployVault,
  loadWorld,
  MAX_UINT,
  STRONG,
  type World,
  listingsOf,
} from "./support/world.ts";

/** Numbers of `CallbackLiquidator.Conduct`. */
const Conduct = { Pays: 0, DoesNotPay: 1, Reenters: 2 } as const;

/** Every function that changes state, from the ABI, so that a new one cannot be forgotten; none of a share's own. */
function stateChangingCalls(w: World, id: AccountId): [string, string][] {
  const shareFunctions = ["approve"];
  const settersOfTheConfigurator = [
    "listCollateral",
    "setCollateralTerms",
    "setBrake",
    "setOracle",
    "setRiskTerms",
    "setFee",
    "setBorrowCap",
  ];
  const { address } = w.collaterals[0]!;
  const user = w.stranger.address;
  const args: Record<string, unknown[]> = {
    depositCollateral: [id, address, 1n],
    withdrawCollateral: [id, address, 1n, user],
    borrow: [id, 1n, user],
    repay: [id, 1n],
    cure: [id, MAX_UINT],
    openCall: [id],
    openCalls: [[id]],
    closeCall: [id],
    closeCalls: [[id]],
    liquidate: [id, address, MAX_UINT, 0n, user, "0x"],
    liquidateMany: [[], user],
    bookLoss: [[id]],
    accrue: [],
    bookFee: [],
    defer: ["0x"],
    transfer: [user, 0n],
    transferFrom: [user, user, 0n],
    deposit: [1n, user],
    mint: [1n, user],
    withdraw: [0n, user, user],
    redeem: [0n, user, user],
  };
  const calls: [string, string][] = [];
  const abi: Interface = w.vault.interface;
  abi.forEachFunction((fragment) => {
    const isView = fragment.stateMutability === "view" || fragment.stateMutability === "pure";
    if (isView || shareFunctions.includes(fragment.name)) return;
    if (settersOfTheConfigurator.includes(fragment.name)) return;
    const values = args[fragment.name];
    if (values === undefined) throw new Error(`${fragment.name} is new: say how it is called`);
    calls.push([fragment.name, abi.encodeFunctionData(fragment, values)]);
  });
  return calls;
}

async function callbackWorld() {
  const w = await loadWorld();
  const id = await openCalledPosition(w, w.usd(1_450n));
  await passDeadline(w, id);
  const market = w.stranger;
  const liquidator = await deploy<CallbackLiquidator>(w.ethers, "CallbackLiquidator", [
    w.vault,
    w.quote,
    market.address,
  ]);
  await w.quote.connect(market).approve(liquidator, MAX_UINT);
  return { w, id, liquidator, market, asset: w.collaterals[0]!.address };
}

describe("the callback of a liquidator", () => {
  it("comes after the collateral and before the payment, with both amounts (C-60)", async () => {
    const { w, id, liquidator, market, asset } = await callbackWorld();
    const transaction = liquidator.liquidate(id, asset, Conduct.Pays, "0x");
    const { notice } = (await eventOf(transaction, w.vault, "Liquidated")) as {
      notice: { repaid: bigint; insured: bigint; seized: bigint };
    };
    const payment = notice.repaid + notice.insured;
    expect(await eventOf(transaction, liquidator, "CalledBack")).to.deep.equal({
      account: id,
      asset,
      seized: notice.seized,
      payment,
      collateralHeld: notice.seized,
      quoteHeld: 0n,
    });
    await expect(transaction).to.changeTokenBalances(
      w.ethers,
      w.quote,
      [market, liquidator, w.vault],
      [-payment, 0n, payment],
    );
    await expect(transaction).to.changeTokenBalances(
      w.ethers,
      w.collaterals[0]!.token,
      [market, liquidator, w.vault],
      [notice.seized, 0n, -notice.seized],
    );
  });

  it("undoes everything when it does not pay (C-60)", async () => {
    const { w, id, liquidator, asset } = await callbackWorld();
    const before = await stateOf(w, id);
    await expect(liquidator.liquidate(id, asset, Conduct.DoesNotPay, "0x"))
      .to.be.revertedWithCustomError(w.quote, "ERC20InsufficientAllowance")
      .withArgs(w.vault, 0n, (value: bigint) => value > 0n);
    expect(await stateOf(w, id)).to.deep.equal(before);
  });

  it("cannot enter any function that changes state (I-35, C-40, C-60)", async () => {
    const { w, id, liquidator, asset } = await callbackWorld();
    const calls = stateChangingCalls(w, id);
    expect(calls.length).to.be.greaterThanOrEqual(18);
    for (const [name, call] of calls) {
      await expect(
        liquidator.liquidate(id, asset, Conduct.Reenters, call),
        name,
      ).to.be.revertedWithCustomError(w.vault, "ReentrancyGuardReentrantCall");
    }
  });
});

/** A vault whose quote token calls back in the middle of every transfer. */
async function hookedVault(): Promise<{ w: World; token: HookToken }> {
  const w = await loadWorld();
  const token = await deploy<HookToken>(w.ethers, "HookToken", [18]);
  const address = await token.getAddress();
  const feed = await deployFeed(w.ethers, 8, "2000");
  const added = { address, feed, terms: STRONG };
  const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, [...w.collaterals, added]);
  await w.configurator.listCollaterals(w.vault, await listingsOf(oracle, [added]), oracle);
  await token.mint(w.trader, 10n ** 20n);
  await token.connect(w.trader).approve(w.vault, MAX_UINT);
  return { w, token };
}

describe("a collateral with hooks (I-35, C-40)", () => {
  it("completes no state-changing call from inside a deposit or a withdrawal", async () => {
    const { w, token } = await hookedVault();
    const address = await token.getAddress();
    const id = accountIdOf(w.trader.address);
    for (const [name, call] of stateChangingCalls(w, id)) {
      await token.setHook(w.vaultAddress, call);
      await w.vault.connect(w.trader).depositCollateral(id, address, 10n ** 15n);
      expect(await token.called(), name).to.equal(true);
      expect(await token.succeeded(), `${name} in a deposit`).to.equal(false);
      await token.setHook(w.vaultAddress, call);
      await w.vault.connect(w.trader).withdrawCollateral(id, address, 10n ** 14n, w.trader);
      expect(await token.succeeded(), `${name} in a withdrawal`).to.equal(false);
    }
  });

  it("sees lenders' assets and share price as they are before and after (C-41)", async () => {
    const { w, token } = await hookedVault();
    const address = await token.getAddress();
    const id = accountIdOf(w.trader.address);
    const assets = await w.vault.totalAssets();
    await token.setHook(w.vaultAddress, w.vault.interface.encodeFunctionData("totalAssets"));
    await w.vault.connect(w.trader).depositCollateral(id, address, 10n ** 18n);
    expect(BigInt(await token.result())).to.equal(assets);
  });
});

describe("a quote token with hooks (C-40, C-41)", () => {
  it("completes no state-changing call while lenders come and go, and sees a share price that does not move", async () => {
    const w = await loadWorld();
    const token = await deploy<HookToken>(w.ethers, "HookToken", [6]);
    const quote = token as unknown as MockERC20;
    const vault = await deployVault(w.ethers, { ...w, quote });
    const hooked = { ...w, vault, vaultAddress: await vault.getAddress() };
    await token.mint(w.lender, 10n ** 12n);
    await token.connect(w.lender).approve(vault, MAX_UINT);
    await vault.connect(w.lender).deposit(10n ** 9n, w.lender);
    const id = accountIdOf(w.trader.address);
    for (const [name, call] of stateChangingCalls(hooked, id)) {
      await token.setHook(hooked.vaultAddress, call);
      await vault.connect(w.lender).deposit(10n ** 6n, w.lender);
      expect(await token.succeeded(), name).to.equal(false);
    }
    const one = 10n ** 30n;
    const price = await vault.convertToAssets(one);
    const question = vault.interface.encodeFunctionData("convertToAssets", [one]);
    for (const move of [
      () => vault.connect(w.lender).deposit(10n ** 6n, w.lender),
      () => vault.connect(w.lender).withdraw(10n ** 6n, w.lender, w.lender),
    ]) {
      await token.setHook(hooked.vaultAddress, question);
      await move();
      // Between the two writes of a deposit or withdrawal shares may only be worth as much or a little less.
      expect(BigInt(await token.result())).to.be.within((price * 998n) / 1000n, price);
    }
  });
});

/** An intruder with every right of its own: shares, an account that is sound, tokens and allowances. */
async function deployIntruder(w: World) {
  const intruder = await deploy<Intruder>(w.ethers, "Intruder");
  const address = await intruder.getAddress();
  const own = accountIdOf(address);
  const eth = w.collaterals[0]!;
  await w.quote.mint(intruder, w.usd(10_000n));
  await eth.token.mint(intruder, 10n * eth.unit);
  const approve = (token: MockERC20, target: string) =>
    moveOf(token, target, "approve", w.vaultAddress, MAX_UINT);
  await intruder.act([
    approve(w.quote, w.quoteAddress),
    approve(eth.token, eth.address),
    depositMove(w, own, 0, eth.unit),
    borrowMove(w, own, w.usd(500n), address),
    vaultMove(w, "deposit", w.usd(500n), address),
  ]);
  return { intruder, own };
}

/** A vault whose quote token calls `hook` early or late in a transfer, with an intruder and an expired account. */
async function intruded(hook: "HookToken" | "EarlyHookToken") {
  const base = await loadWorld({ lent: 0n });
  const token = await deploy<HookToken>(base.ethers, hook, [6]);
  const w = await withQuote(base, token as unknown as MockERC20);
  const { intruder, own } = await deployIntruder(w);
  const expired = await openPosition(w, { amounts: [10n * w.collaterals[0]!.unit], debt: w.usd(15_000n) });
  const sound = await openPosition(w, {
    subAccount: 1n,
    amounts: [10n * w.collaterals[0]!.unit],
    debt: w.usd(1_000n),
  });
  await setPrice(w.collaterals[0]!, "1800");
  await w.vault.openCall(expired);
  await passDeadline(w, expired, 100n);
  const intrude = intruder.interface.encodeFunctionData("intrude");
  return { w, token, intruder, own, expired, sound, arm: () => token.setHook(intruder, intrude) };
}

type Intruded = Awaited<ReturnType<typeof intruded>>;

/** Every entrance that moves quote tokens. */
const quoteMoves: Record<string, (s: Intruded) => Promise<unknown>> = {
  borrow: ({ w, sound }) => w.vault.connect(w.trader).borrow(sound, w.usd(10n), w.trader),
  repay: ({ w, expired }) => w.vault.connect(w.trader).repay(expired, w.usd(10n)),
  cure: ({ w, expired }) => w.vault.connect(w.trader).cure(expired, MAX_UINT),
  deposit: ({ w }) => w.vault.connect(w.lender).deposit(w.usd(10n), w.lender),
  mint: ({ w }) => w.vault.connect(w.lender).mint(10n ** 12n, w.lender),
  withdraw: ({ w }) => w.vault.connect(w.lender).withdraw(w.usd(10n), w.lender, w.lender),
  redeem: ({ w }) => w.vault.connect(w.lender).redeem(10n ** 12n, w.lender, w.lender),
  liquidate: ({ w, expired }) =>
    w.vault.connect(w.keeper).liquidate(expired, w.collaterals[0]!.address, MAX_UINT, 0n, w.keeper, "0x"),
  liquidateMany: ({ w, expired }) =>
    w.vault
      .connect(w.keeper)
      .liquidateMany(
        [{ account: expired, asset: w.collaterals[0]!.address, maxRepay: MAX_UINT, minSeized: 0n }],
        w.keeper,
      ),
};

for (const hook of ["HookToken", "EarlyHookToken"] as const) {
  const when = hook === "HookToken" ? "after" : "before";
  describe(`an intruder let in ${when} a quote token has moved`, () => {
    for (const [name, enter] of Object.entries(quoteMoves)) {
      it(`gets nowhere in ${name}, whatever it tries, and sees a share's worth between before and after (C-40, C-41, I-35)`, async () => {
        const s = await intruded(hook);
        const { w, intruder, own } = s;
        const attempts = stateChangingCalls(w, own);
        const one = 10n ** 30n;
        const worth = vaultMove(w, "convertToAssets", one);
        await intruder.setMoves([...attempts.map(([, data]) => ({ target: w.vaultAddress, data })), worth]);
        await s.arm();
        const before = await w.vault.convertToAssets(one);
        await enter(s);
        const after = await w.vault.convertToAssets(one);
        const { successes, results } = await intruder.outcome();
        const locked = w.vault.interface.getError("ReentrancyGuardReentrantCall")!.selector;
        expect(results.slice(0, -1)).to.deep.equal(attempts.map(() => locked));
        expect(successes).to.deep.equal([...attempts.map(() => false), true]);
        const seen = BigInt(results.at(-1)!);
        expect(seen).to.be.within(before < after ? before : after, before < after ? after : before);
      });
    }
  });
}

describe("a collateral that lets an intruder in while it is sold", () => {
  for (const hook of ["HookToken", "EarlyHookToken"] as const) {
    it(`(${hook}) gets nowhere, and its account's worth is what it is afterwards (C-40, C-41)`, async () => {
      const base = await loadWorld();
      const token = await deploy<HookToken>(base.ethers, hook, [18]);
      const w = await withCollateral(base, { token, terms: STRONG, price: "2000" });
      const { intruder, own } = await deployIntruder(w);
      const id = await openPosition(w, { amounts: [0n, 0n, 10n ** 18n] });
      await setPrice(w.collaterals[2]!, "1800");
      await w.vault.openCall(id);
      await passDeadline(w, id, 100n);
      const attempts = stateChangingCalls(w, own);
      const view = vaultMove(w, "debtOf", id);
      await intruder.setMoves([...attempts.map(([, data]) => ({ target: w.vaultAddress, data })), view]);
      await token.setHook(intruder, intruder.interface.encodeFunctionData("intrude"));
      const { address } = w.collaterals[2]!;
      await w.vault.connect(w.keeper).liquidate(id, address, MAX_UINT, 0n, w.keeper, "0x");
      const { successes, results } = await intruder.outcome();
      expect(successes).to.deep.equal([...attempts.map(() => false), true]);
      expect(BigInt(results.at(-1)!)).to.equal(await w.vault.debtOf(id));
    });
  }
});

describe("a quote token that takes a fee on transfers (C-32)", () => {
  it("is refused wherever it comes in, with what arrived", async () => {
    const w = await loadWorld();
    const token = await deploy<FeeOnTransferToken>(w.ethers, "FeeOnTransferToken", [6]);
    const vault = await deployVault(w.ethers, { ...w, quote: token });
    await token.mint(w.lender, 10n ** 9n);
    await token.connect(w.lender).approve(vault, MAX_UINT);
    await token.setFee(true);
    for (const enter of [
      () => vault.connect(w.lender).deposit(10_000n, w.lender),
      () => vault.connect(w.lender).mint(10_000n * 10n ** 6n, w.lender),
    ]) {
      await expect(enter())
        .to.be.revertedWithCustomError(vault, "TransferMismatch")
        .withArgs(token, 10_000n, 9_900n);
    }
  });
});

describe("a taker that refuses (I-45)", () => {
  it("fails alone, and the next one takes; whose tokens refuse is in blocked.test.ts (C-36, C-60)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setMaintenanceValue(w, id, w.usd(1_450n));
    await w.vault.openCall(id);
    await passDeadline(w, id);
    const asset = w.collaterals[0]!.address;
    const vault = w.vault.connect(w.keeper);
    // It asks to be called back and has no code.
    await expect(vault.liquidate(id, asset, MAX_UINT, 0n, w.keeper, "0x01")).to.be.revert(w.ethers);
    await vault.liquidate(id, asset, MAX_UINT, 0n, w.keeper, "0x");
  });
});
