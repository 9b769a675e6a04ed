import { expect } from "chai";
import type { BaseContract } from "ethers";
import type { AccountId } from "../../sdk/accountId.ts";
import { Sale } from "../../sdk/flashLiquidator.ts";
import type {
  FlashLiquidator,
  GreedyPool,
  HookToken,
  HostileToken,
  MarginVault,
  MockERC20,
} from "../../types/index.ts";
import { eventOf, eventsOf } from "../vault/support/events.ts";
import { withCollateral } from "../vault/support/listing.ts";
import { openPosition, setPrice } from "../vault/support/position.ts";
import { stateOf } from "../vault/support/state.ts";
import {
  deploy,
  deployOracle,
  deployVault,
  loadWorld,
  MAX_UINT,
  STRONG,
  type World,
  listingsOf,
} from "../vault/support/world.ts";
import {
  addFlashLiquidator,
  addPool,
  balancesOf,
  expiredAccount,
  expiredAccounts,
  GAS_PER_TAKE,
  loadFlashWorld,
  MAX_SLIPPAGE_BPS,
  movePool,
  nameOf,
  orderOf,
  outcomesOf,
  pathOf,
  sidesAt,
  take,
  takeMany,
  type FlashWorld,
} from "./support/flashWorld.ts";
import { createPool, FEE } from "./support/uniswap.ts";

/** Numbers of `HostileToken.Conduct`. */
const Conduct = { Honest: 0, Bombs: 1, BurnsGas: 2, Taxes: 3 } as const;

interface HostileWorld {
  f: FlashWorld;
  /** Critical, and holds a hostile token as its only collateral. */
  poisoned: AccountId;
  /** Expired accounts of honest collateral. */
  good: AccountId[];
  token: HostileToken;
}

/** A vault that lists a token which will turn on it, with accounts to take before and after it in a batch. */
async function hostileWorld(): Promise<HostileWorld> {
  const honest = await loadWorld();
  const token = await deploy<HostileToken>(honest.ethers, "HostileToken", [18]);
  const listed = token as unknown as MockERC20;
  const w = await withCollateral(honest, { terms: STRONG, price: "2000", token: listed });
  const poisoned = await openPosition(w, {
    subAccount: 77n,
    amounts: [0n, 0n, 10n * w.collaterals[2]!.unit],
    debt: w.usd(15_000n),
  });
  const f = await addFlashLiquidator(w);
  const good = await expiredAccounts(f, 2n);
  await setPrice(w.collaterals[2]!, "1650");
  await addPool(f, 0);
  await addPool(f, 2);
  return { f, poisoned, good, token };
}

/** All that the liquidator and its recipient hold. */
async function holdingsOf(f: FlashWorld): Promise<bigint[]> {
  return [...(await balancesOf(f, f.liquidatorAddress)), ...(await balancesOf(f, f.recipient.address))];
}

describe("FlashLiquidator: who may", () => {
  it("liquidate: the owner's keepers, several, until he takes it back", async () => {
    const f = await loadFlashWorld();
    const { w, liquidator, operator, lane, secondLane } = f;
    const [first, second] = await expiredAccounts(f, 2n);
    await addPool(f);
    for (const caller of [operator, w.keeper, w.owner]) {
      for (const call of [
        () => liquidator.connect(caller).take(orderOf(f, first!)),
        () => liquidator.connect(caller).takeMany([orderOf(f, first!)], GAS_PER_TAKE),
      ]) {
        await expect(call()).to.be.revertedWithCustomError(liquidator, "NotKeeper").withArgs(caller);
      }
    }
    await liquidator.connect(lane).take(orderOf(f, first!));
    const batch = await takeMany({ ...f, lane: secondLane }, [orderOf(f, second!)]);
    expect((await outcomesOf(f, batch)).get(second!)).to.equal("taken");
    const removal = liquidator.connect(operator).setKeeper(lane, false);
    await expect(removal).to.emit(liquidator, "KeeperSet").withArgs(lane, false);
    expect(await liquidator.isKeeper(lane)).to.equal(false);
    await expect(take(f, orderOf(f, first!))).to.be.revertedWithCustomError(liquidator, "NotKeeper");
    expect(await liquidator.isKeeper(secondLane)).to.equal(true);
  });

  it("try a single take of a batch: nobody but the contract, not even a keeper", async () => {
    const f = await loadFlashWorld();
    const { liquidator, lane } = f;
    const id = await expiredAccount(f);
    await expect(liquidator.connect(lane).attempt(orderOf(f, id)))
      .to.be.revertedWithCustomError(liquidator, "NotSelf")
      .withArgs(lane);
  });

  it("call back: the vault, and the pool of the swap under way", async () => {
    const f = await loadFlashWorld();
    const { w, u, liquidator, lane, operator } = f;
    const id = await expiredAccount(f);
    await addPool(f);
    await w.quote.mint(liquidator, w.usd(1_000n));
    const { path, asset } = orderOf(f, id);
    const pool = await u.factory.getPool(asset, w.quoteAddress, FEE.medium);
    await w.helpers.impersonateAccount(pool);
    await w.helpers.setBalance(pool, 10n ** 18n);
    // A genuine pool outside a swap is a stranger like any other.
    for (const caller of [w.stranger, lane, operator, await w.ethers.getSigner(pool)]) {
      const self = liquidator.connect(caller);
      await expect(self.onLiquidation(id, asset, 1n, w.usd(1_000n), `0x${"0".repeat(66)}${path.slice(2)}`))
        .to.be.revertedWithCustomError(liquidator, "NotVault")
        .withArgs(caller);
      const owed = `0x${w.usd(1_000n).toString(16).padStart(64, "0")}`;
      const quotePath = pathOf([w.quoteAddress, asset], [FEE.medium]);
      await expect(self.uniswapV3SwapCallback(w.usd(1_000n), -1n, owed + quotePath.slice(2)))
        .to.be.revertedWithCustomError(liquidator, "NotPool")
        .withArgs(caller);
    }
    expect(await w.quote.balanceOf(liquidator)).to.equal(w.usd(1_000n));
  });

  it("set and rescue: the owner", async () => {
    const f = await loadFlashWorld();
    const { w, liquidator, lane, operator } = f;
    const self = liquidator.connect(lane);
    for (const call of [
      () => self.setKeeper(lane, true),
      () => self.setProfitRecipient(lane),
      () => self.setMaxSlippage(10_000n),
      () => self.rescue(w.quote, 1n, lane),
      () => self.transferOwnership(lane),
    ]) {
      await expect(call())
        .to.be.revertedWithCustomError(liquidator, "OwnableUnauthorizedAccount")
        .withArgs(lane);
    }
    await liquidator.connect(operator).transferOwnership(w.stranger);
    expect(await liquidator.owner()).to.equal(operator.address);
    await liquidator.connect(w.stranger).acceptOwnership();
    expect(await liquidator.owner()).to.equal(w.stranger.address);
  });
});

describe("FlashLiquidator: settings", () => {
  it("are what it was deployed with", async () => {
    const { w, u, liquidator, operator, recipient } = await loadFlashWorld();
    expect(await liquidator.vault()).to.equal(w.vaultAddress);
    expect(await liquidator.quote()).to.equal(w.quoteAddress);
    expect(await liquidator.factory()).to.equal(await u.factory.getAddress());
    expect(await liquidator.owner()).to.equal(operator.address);
    expect(await liquidator.profitRecipient()).to.equal(recipient.address);
    expect(await liquidator.maxSlippageBps()).to.equal(MAX_SLIPPAGE_BPS);
    const { ethers } = w;
    const zero = ethers.ZeroAddress;
    const given = [w.vaultAddress, u.factory, operator, recipient, 300n];
    for (const i of [0, 1, 3]) {
      const args = given.with(i, zero);
      await expect(ethers.deployContract("FlashLiquidator", args)).to.be.revertedWithCustomError(
        liquidator,
        "ZeroAddress",
      );
    }
    await expect(ethers.deployContract("FlashLiquidator", given.with(2, zero)))
      .to.be.revertedWithCustomError(liquidator, "OwnableInvalidOwner")
      .withArgs(zero);
  });

  it("change with an event that says from what to what, and have bounds", async () => {
    const { w, liquidator, operator, recipient } = await loadFlashWorld();
    const self = liquidator.connect(operator);
    const zero = w.ethers.ZeroAddress;
    await expect(self.setProfitRecipient(w.stranger))
      .to.emit(liquidator, "ProfitRecipientSet")
      .withArgs(recipient, w.stranger);
    await expect(self.setMaxSlippage(10_000n))
      .to.emit(liquidator, "MaxSlippageSet")
      .withArgs(MAX_SLIPPAGE_BPS, 10_000n);
    await expect(self.setMaxSlippage(10_001n))
      .to.be.revertedWithCustomError(liquidator, "SlippageOutOfRange")
      .withArgs(10_001n);
    for (const call of [
      () => self.setProfitRecipient(zero),
      () => self.setKeeper(zero, true),
      () => self.rescue(w.quote, 0n, zero),
    ]) {
      await expect(call()).to.be.revertedWithCustomError(liquidator, "ZeroAddress");
    }
    expect(await liquidator.profitRecipient()).to.equal(w.stranger.address);
    expect(await liquidator.maxSlippageBps()).to.equal(10_000n);
  });

  it("profit goes to whom it is set to at the time", async () => {
    const f = await loadFlashWorld();
    const { w, liquidator, operator, recipient } = f;
    const id = await expiredAccount(f);
    await addPool(f);
    await liquidator.connect(operator).setProfitRecipient(operator);
    const transaction = take(f, orderOf(f, id));
    const { profit } = (await eventOf(transaction, liquidator, "Taken")) as { profit: bigint };
    await expect(transaction).to.changeTokenBalances(w.ethers, w.quote, [operator, recipient], [profit, 0n]);
  });

  it("what is there can be rescued", async () => {
    const { w, liquidator, operator } = await loadFlashWorld();
    await w.quote.mint(liquidator, 100n);
    const transaction = liquidator.connect(operator).rescue(w.quote, 99n, w.stranger);
    await expect(transaction).to.emit(liquidator, "Rescued").withArgs(w.quote, 99n, w.stranger);
    await expect(transaction).to.changeTokenBalances(
      w.ethers,
      w.quote,
      [liquidator, w.stranger],
      [-99n, 99n],
    );
  });
});

describe("FlashLiquidator: what its owner has left there", () => {
  for (const sale of [Sale.All, Sale.Payment]) {
    it(`is there after a take (${sale === Sale.All ? "all" : "payment"} sold), and never part of the profit`, async () => {
      const f = await loadFlashWorld();
      const { w, liquidator } = f;
      const id = await expiredAccount(f);
      await addPool(f);
      const { token, unit } = w.collaterals[0]!;
      await token.mint(liquidator, unit);
      await w.quote.mint(liquidator, w.usd(5_000n));
      const before = await balancesOf(f, f.liquidatorAddress);
      const { profit, kept } = await liquidator.connect(f.lane).take.staticCall(orderOf(f, id, 0, { sale }));
      await take(f, orderOf(f, id, 0, { sale }));
      expect(await balancesOf(f, f.liquidatorAddress)).to.deep.equal(before);
      expect(profit).to.be.lessThan(w.usd(500n));
      expect(kept).to.be.lessThan(unit / 2n);
    });
  }

  it("of a token on the way is not sold with it, though less of that arrives than its pool says", async () => {
    const f = await loadFlashWorld();
    const { w, liquidator } = f;
    const id = await expiredAccount(f);
    const bridge = await deploy<HostileToken>(w.ethers, "HostileToken", [18]);
    const middle = [await bridge.getAddress(), 10n ** 24n] as const;
    await bridge.mint(w.stranger, 10n ** 30n);
    const [asset, quote] = await sidesAt(f, 0, 100_000n);
    await createPool(f.u, w.stranger, FEE.medium, asset, middle);
    await createPool(f.u, w.stranger, FEE.medium, middle, quote);
    await bridge.mint(liquidator, 10n ** 24n);
    await bridge.behave(Conduct.Taxes, 0n, liquidator);
    const path = pathOf([asset[0], middle[0], quote[0]], [FEE.medium, FEE.medium]);
    await take(f, orderOf(f, id, 0, { path }));
    expect(await bridge.balanceOf(liquidator)).to.equal(10n ** 24n);
  });

  it("does not make up for collateral that a token keeps, nor does that count as profit", async () => {
    const { f, poisoned, token } = await hostileWorld();
    const { w, liquidator } = f;
    await token.mint(liquidator, 10n ** 18n);
    const order = orderOf(f, poisoned, 2, { sale: Sale.Payment });
    const honest = await liquidator.connect(f.lane).take.staticCall(order);
    await token.behave(Conduct.Taxes, 0n, liquidator);
    await expect(take(f, orderOf(f, poisoned, 2))).to.be.revert(w.ethers);
    const { price36 } = await w.oracle.price(order.asset);
    const minProfit = ((honest.kept - honest.seized / 200n) * price36) / 10n ** 36n;
    await expect(take(f, { ...order, minProfit })).to.be.revertedWithCustomError(liquidator, "NotProfitable");
    const { kept, seized } = (await eventOf(take(f, order), liquidator, "Taken")) as {
      kept: bigint;
      seized: bigint;
    };
    expect(kept).to.be.closeTo(honest.kept - seized / 100n, seized / 1_000n);
    expect(await token.balanceOf(liquidator)).to.equal(10n ** 18n);
  });
});

describe("FlashLiquidator: prices that somebody else has made", () => {
  it("a sandwich finds nothing above the least profit: simulated well, the take fails for gas alone (K-21)", async () => {
    const f = await loadFlashWorld();
    const { w, liquidator, operator, lane } = f;
    const id = await expiredAccount(f);
    await addPool(f, 0, 1_000n);
    await liquidator.connect(operator).setMaxSlippage(10_000n);
    const { profit } = await liquidator.connect(lane).take.staticCall(orderOf(f, id));
    const order = orderOf(f, id, 0, { minProfit: (profit * 99n) / 100n });
    await liquidator.connect(lane).take.staticCall(order);

    const snapshot = await w.helpers.takeSnapshot();
    await movePool(f, 97n);
    // Without a bound the sandwich would have its meal.
    await liquidator.connect(lane).take.staticCall(orderOf(f, id));
    const before = await holdingsOf(f);
    const account = await stateOf(w, id);
    await expect(take(f, order)).to.be.revertedWithCustomError(liquidator, "NotProfitable");
    expect((await outcomesOf(f, await takeMany(f, [order]))).get(id)).to.equal("NotProfitable");
    expect(await holdingsOf(f)).to.deep.equal(before);
    expect(await stateOf(w, id)).to.deep.equal(account);
    await snapshot.restore();
    await take(f, order);
  });

  for (const sale of [Sale.All, Sale.Payment]) {
    it(`a stolen keeper's key cannot sell to its thief (${sale === Sale.All ? "all" : "payment"})`, async () => {
      const f = await loadFlashWorld();
      const { w, liquidator } = f;
      const id = await expiredAccount(f);
      await addPool(f);
      // The thief's own pool, genuine but dear: the discount would still pay for the take.
      const price = await sidesAt(f, 0, 1_000n, 95n);
      await createPool(f.u, w.lender, FEE.high, ...price);
      const path = pathOf([w.collaterals[0]!.address, w.quoteAddress], [FEE.high]);
      await expect(take(f, orderOf(f, id, 0, { path, sale }))).to.be.revertedWithCustomError(
        liquidator,
        "SlippageTooHigh",
      );
    });
  }

  it("nor by way of a worthless token of his own", async () => {
    const f = await loadFlashWorld();
    const { w, liquidator } = f;
    const id = await expiredAccount(f);
    const worthless = await deploy<MockERC20>(w.ethers, "MockERC20", ["Nothing", "NIL", 18]);
    await worthless.mint(w.lender, 10n ** 30n);
    const middle = [await worthless.getAddress(), 10n ** 24n] as const;
    const [asset, quote] = await sidesAt(f, 0, 10_000n, 95n);
    await createPool(f.u, w.lender, FEE.low, asset, middle);
    await createPool(f.u, w.lender, FEE.low, middle, quote);
    const path = pathOf([asset[0], middle[0], quote[0]], [FEE.low, FEE.low]);
    for (const sale of [Sale.All, Sale.Payment]) {
      await expect(take(f, orderOf(f, id, 0, { path, sale }))).to.be.revertedWithCustomError(
        liquidator,
        "SlippageTooHigh",
      );
    }
  });

  it("a pool above the oracle's price is the operator's luck", async () => {
    const f = await loadFlashWorld();
    const { w } = f;
    const id = await expiredAccount(f);
    await addPool(f);
    await movePool(f, 105n);
    const { profit, payment } = (await eventOf(take(f, orderOf(f, id)), f.liquidator, "Taken")) as {
      profit: bigint;
      payment: bigint;
    };
    expect(profit).to.be.greaterThan(payment / 10n);
    expect(await w.quote.balanceOf(f.recipient)).to.equal(profit);
  });
});

describe("FlashLiquidator: hostile tokens", () => {
  const poisons = {
    "reverts without a word": [Conduct.Bombs, 0n, "0x00000000"],
    "reverts with a megabyte (C-59)": [Conduct.Bombs, 1_000_000n, "0x00000000"],
    "reverts with 300 kB, for which there is gas (C-59)": [Conduct.Bombs, 300_000n, "ReasonTooLong"],
    "burns all gas (C-63)": [Conduct.BurnsGas, 0n, "0x00000000"],
    "keeps a hundredth of each transfer": [Conduct.Taxes, 0n, "ERC20InsufficientBalance"],
  } as const;

  for (const [what, [conduct, bytes, reason]] of Object.entries(poisons)) {
    it(`a collateral that ${what} costs its own turn and nobody else's (K-22)`, async () => {
      const { f, poisoned, good, token } = await hostileWorld();
      const { w, liquidator } = f;
      await token.behave(conduct, bytes, liquidator);
      const orders = [good[0]!, poisoned, good[1]!].map((id) => orderOf(f, id, id === poisoned ? 2 : 0));
      const transaction = await takeMany(f, orders, 1_500_000n);
      const outcomes = await outcomesOf(f, transaction);
      expect([outcomes.get(good[0]!), outcomes.get(good[1]!)]).to.deep.equal(["taken", "taken"]);
      expect(outcomes.get(poisoned)).to.equal(reason);
      // What the poison may burn is its own share, and a little to look at what it said.
      expect((await transaction.wait())!.gasUsed).to.be.lessThan(1_500_000n + 2n * 700_000n + 50_000n);
      expect(await balancesOf(f, f.liquidatorAddress)).to.deep.equal([0n, 0n, 0n, 0n]);
      expect(await w.quote.allowance(liquidator, w.vault)).to.equal(0n);
      expect(await w.vault.debtOf(poisoned)).to.equal(w.usd(15_000n));
    });
  }

  it("eight of them in a row still leave the last one its turn (K-22, C-59)", async () => {
    const { f, poisoned, good, token } = await hostileWorld();
    await token.behave(Conduct.Bombs, 300_000n, f.liquidator);
    const orders = [...Array.from({ length: 8 }, () => orderOf(f, poisoned, 2)), orderOf(f, good[0]!)];
    const outcomes = await outcomesOf(f, await takeMany(f, orders, 1_000_000n));
    expect(outcomes.get(good[0]!)).to.equal("taken");
  });

  it("a token on the way that bombs, burns or taxes spoils only the take that goes that way", async () => {
    const f = await loadFlashWorld();
    const { w } = f;
    const [first, second] = await expiredAccounts(f, 2n);
    await addPool(f);
    const token = await deploy<HostileToken>(w.ethers, "HostileToken", [18]);
    await token.mint(w.stranger, 10n ** 30n);
    const middle = [await token.getAddress(), 10n ** 24n] as const;
    const [asset, quote] = await sidesAt(f, 0, 100_000n);
    await createPool(f.u, w.stranger, FEE.low, asset, middle);
    await createPool(f.u, w.stranger, FEE.low, middle, quote);
    const path = pathOf([asset[0], middle[0], quote[0]], [FEE.low, FEE.low]);
    const snapshot = await w.helpers.takeSnapshot();
    for (const conduct of [Conduct.Bombs, Conduct.BurnsGas, Conduct.Taxes]) {
      for (const sale of [Sale.All, Sale.Payment]) {
        // The pool that the token is sold to gets less than it is owed.
        const pool = await f.u.factory.getPool(...([middle[0], quote[0], FEE.low] as const));
        await token.behave(conduct, 200_000n, pool);
        const orders = [orderOf(f, first!, 0, { path, sale }), orderOf(f, second!)];
        const outcomes = await outcomesOf(f, await takeMany(f, orders));
        expect(outcomes.get(first!), `${conduct} ${sale}`).not.to.equal("taken");
        expect(outcomes.get(second!), `${conduct} ${sale}`).to.equal("taken");
        await snapshot.restore();
      }
    }
  });
});

describe("FlashLiquidator: re-entry (C-60, I-35)", () => {
  /** Every call that would be worth making in the middle of a take. */
  function worthwhileCalls(f: FlashWorld, id: AccountId): [string, BaseContract, string, unknown[]][] {
    const { w, liquidator, recipient } = f;
    const owed = `0x${"f".repeat(64)}`;
    const quotePath = pathOf([w.quoteAddress, w.collaterals[0]!.address], [FEE.medium]).slice(2);
    return [
      ["NotKeeper", liquidator, "take", [orderOf(f, id)]],
      ["NotKeeper", liquidator, "takeMany", [[orderOf(f, id)], GAS_PER_TAKE]],
      ["NotSelf", liquidator, "attempt", [orderOf(f, id)]],
      ["NotPool", liquidator, "uniswapV3SwapCallback", [w.usd(1_000n), -1n, owed + quotePath]],
      ["NotVault", liquidator, "onLiquidation", [id, w.quoteAddress, 1n, w.usd(1_000n), "0x"]],
      ["OwnableUnauthorizedAccount", liquidator, "rescue", [w.quoteAddress, 1n, recipient.address]],
      [
        "ReentrancyGuardReentrantCall",
        w.vault,
        "liquidate",
        [id, w.collaterals[0]!.address, MAX_UINT, 0n, recipient.address, "0x"],
      ],
    ];
  }

  it("a token on the way gets in nowhere while it passes", async () => {
    const f = await loadFlashWorld();
    const { w, liquidator } = f;
    const id = await expiredAccount(f);
    const token = await deploy<HookToken>(w.ethers, "HookToken", [18]);
    await token.mint(w.stranger, 10n ** 30n);
    await w.quote.mint(liquidator, w.usd(1_000n));
    const middle = [await token.getAddress(), 10n ** 24n] as const;
    const [asset, quote] = await sidesAt(f, 0, 100_000n);
    await createPool(f.u, w.stranger, FEE.low, asset, middle);
    await createPool(f.u, w.stranger, FEE.low, middle, quote);
    const path = pathOf([asset[0], middle[0], quote[0]], [FEE.low, FEE.low]);
    const snapshot = await w.helpers.takeSnapshot();
    for (const sale of [Sale.All, Sale.Payment]) {
      for (const [error, target, name, args] of worthwhileCalls(f, id)) {
        await token.setHook(target, target.interface.encodeFunctionData(name, args));
        await take(f, orderOf(f, id, 0, { path, sale }));
        expect(await token.called(), name).to.equal(true);
        expect(await token.succeeded(), name).to.equal(false);
        expect(nameOf(f, (await token.result()).slice(0, 10)), name).to.equal(error);
        expect(await w.quote.balanceOf(liquidator), name).to.equal(w.usd(1_000n));
        await snapshot.restore();
      }
    }
  });

  it("a keeper that is a token itself is locked out while a take runs", async () => {
    const f = await loadFlashWorld();
    const { w, liquidator, operator } = f;
    const [first, second] = await expiredAccounts(f, 2n);
    const token = await deploy<HookToken>(w.ethers, "HookToken", [18]);
    await liquidator.connect(operator).setKeeper(token, true);
    await token.mint(w.stranger, 10n ** 30n);
    const middle = [await token.getAddress(), 10n ** 24n] as const;
    const [asset, quote] = await sidesAt(f, 0, 100_000n);
    await createPool(f.u, w.stranger, FEE.low, asset, middle);
    await createPool(f.u, w.stranger, FEE.low, middle, quote);
    const path = pathOf([asset[0], middle[0], quote[0]], [FEE.low, FEE.low]);
    const face = liquidator.interface;
    for (const call of [
      face.encodeFunctionData("take", [orderOf(f, second!)]),
      face.encodeFunctionData("takeMany", [[orderOf(f, second!)], GAS_PER_TAKE]),
    ]) {
      await token.setHook(liquidator, call);
      await liquidator.connect(f.lane).take.staticCall(orderOf(f, first!, 0, { path }));
      const snapshot = await w.helpers.takeSnapshot();
      await take(f, orderOf(f, first!, 0, { path }));
      expect(await token.succeeded()).to.equal(false);
      expect(nameOf(f, await token.result())).to.equal("ReentrancyGuardReentrantCall");
      await snapshot.restore();
    }
  });

  /** The world's vault again, but of a quote token with a hook. */
  async function hookedQuote(): Promise<{ w: World; token: HookToken }> {
    const w = await loadWorld();
    const token = await deploy<HookToken>(w.ethers, "HookToken", [6]);
    const quote = token as unknown as MockERC20;
    const vault: MarginVault = await deployVault(w.ethers, { ...w, quote });
    await w.configurator.setRiskTerms(vault, w.risk);
    const oracle = await deployOracle(w.ethers, quote, w.quoteFeed, w.collaterals);
    await w.configurator.listCollaterals(vault, await listingsOf(oracle, w.collaterals), oracle);
    for (const actor of [w.lender, w.trader, w.stranger]) {
      await quote.mint(actor, w.usd(1_000_000_000n));
      await quote.connect(actor).approve(vault, MAX_UINT);
      await w.collaterals[0]!.token.connect(actor).approve(vault, MAX_UINT);
    }
    await vault.connect(w.lender).deposit(w.usd(1_000_000n), w.lender);
    const addresses = { vaultAddress: await vault.getAddress(), quoteAddress: await quote.getAddress() };
    return { w: { ...w, ...addresses, vault, quote, oracle }, token };
  }

  it("nor does a hostile quote while it is paid, and the profit is whole", async () => {
    const { w, token } = await hookedQuote();
    const f = await addFlashLiquidator(w);
    const id = await expiredAccount(f);
    await addPool(f);
    const snapshot = await w.helpers.takeSnapshot();
    const { profit } = await f.liquidator.connect(f.lane).take.staticCall(orderOf(f, id));
    for (const [error, target, name, args] of worthwhileCalls(f, id)) {
      await token.setHook(target, target.interface.encodeFunctionData(name, args));
      const transaction = take(f, orderOf(f, id));
      await expect(transaction).to.changeTokenBalances(w.ethers, w.quote, [f.liquidator, f.lane], [0n, 0n]);
      expect(nameOf(f, (await token.result()).slice(0, 10)), name).to.equal(error);
      expect(await w.quote.balanceOf(f.recipient)).to.be.greaterThanOrEqual(profit);
      await snapshot.restore();
    }
  });
});

describe("FlashLiquidator: a pool that is not Uniswap's (C-60)", () => {
  /** Numbers of `GreedyPool.Conduct`. */
  const GreedyConduct = { AsksTwice: 0, AsksForMore: 1, AsksForNegative: 2 } as const;

  for (const [conduct, error] of [
    ["AsksTwice", "NotPool"],
    ["AsksForMore", "SaleTooDear"],
    ["AsksForNegative", "SaleTooDear"],
  ] as const) {
    it(`gets nothing of what the owner left when it ${conduct}`, async () => {
      const { w, ...f } = await loadFlashWorld();
      const id = await expiredAccount({ w, ...f });
      const pool = await deploy<GreedyPool>(w.ethers, "GreedyPool", [w.quote]);
      await pool.behave(GreedyConduct[conduct]);
      const args = [w.vault, pool, f.operator.address, f.recipient.address, MAX_SLIPPAGE_BPS];
      const liquidator = await deploy<FlashLiquidator>(w.ethers, "FlashLiquidator", args);
      await liquidator.connect(f.operator).setKeeper(f.lane, true);
      await w.collaterals[0]!.token.mint(liquidator, 100n * w.collaterals[0]!.unit);
      const world = { ...f, w, liquidator };
      await expect(take(world, orderOf(world, id))).to.be.revertedWithCustomError(liquidator, error);
    });
  }
});

describe("FlashLiquidator: the events of a batch", () => {
  it("name the keeper who sent it", async () => {
    const f = await loadFlashWorld();
    const { liquidator, secondLane } = f;
    const [first, second] = await expiredAccounts(f, 2n);
    await addPool(f);
    const orders = [orderOf(f, first!), orderOf(f, second!, 1)];
    const transaction = await takeMany({ ...f, lane: secondLane }, orders);
    expect(await eventOf(transaction, liquidator, "Taken")).to.include({
      keeper: secondLane.address,
      account: first,
    });
    const [skipped] = await eventsOf(transaction, liquidator, "Skipped");
    expect(skipped).to.include({ keeper: secondLane.address, account: second });
  });
});
