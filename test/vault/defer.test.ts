import { expect } from "chai";
import type { AccountId } from "../../sdk/accountId.ts";
import { CloseReason, Status } from "../../sdk/vaultTypes.ts";
import type { CallbackLiquidator, HookToken } from "../../types/index.ts";
import { mineAt, now, passDeadline } from "./support/clock.ts";
import {
  borrowMove,
  buyMoves,
  depositMove,
  deployDeferrer,
  liquidateMove,
  repayMove,
  sellMoves,
  vaultMove,
  withdrawMove,
  type DeferringTrader,
} from "./support/deferrer.ts";
import { eventOf, eventsOf } from "./support/events.ts";
import { unitAnswer, withCollateral, withMockOracle } from "./support/listing.ts";
import { openCalledPosition, openPosition, setLiquidationValue, setPrice } from "./support/position.ts";
import { poolOf, stateOf } from "./support/state.ts";
import { deploy, loadWorld, MAX_AGE_SECONDS, MAX_UINT, STRONG, type World } from "./support/world.ts";

const D = 1_000_000n;

/** A world in which a deferring trader owns accounts and has plenty of everything. */
async function deferring(options: Parameters<typeof loadWorld>[0] = {}) {
  const w = await loadWorld(options);
  const trader = await deployDeferrer(w, 100_000n);
  return { w, trader, id: trader.account() };
}

/** Ten ETH at 2,000 against `debt` quote tokens. */
async function tenEth(w: World, trader: DeferringTrader, debt = 15_000n): Promise<AccountId> {
  const id = trader.account();
  const amount = 10n * w.collaterals[0]!.unit;
  await trader.act(depositMove(w, id, 0, amount), borrowMove(w, id, w.usd(debt), trader.address));
  return id;
}

describe("defer", () => {
  describe("what it is for", () => {
    it("leverages: borrows first, buys, deposits, and is checked once at the end", async () => {
      const { w, trader, id } = await deferring();
      const eth = w.collaterals[0]!.unit;
      const moves = [
        borrowMove(w, id, w.usd(20_000n), trader.address),
        ...buyMoves(w, trader, 0, 10n * eth, w.usd(20_000n)),
        depositMove(w, id, 0, 20n * eth),
      ];
      await expect(trader.act(...moves)).to.be.revertedWithCustomError(w.vault, "InsufficientMargin");
      await trader.defer(...moves);
      expect(await w.vault.debtOf(id)).to.equal(w.usd(20_000n));
      expect(await w.vault.collateralOf(id, w.collaterals[0]!.address)).to.equal(20n * eth);
      expect(await w.vault.statusOf(id)).to.equal(Status.Healthy);
    });

    it("deleverages: withdraws first, sells, repays", async () => {
      const { w, trader } = await deferring();
      const id = await tenEth(w, trader);
      const eth = w.collaterals[0]!.unit;
      const moves = [
        withdrawMove(w, id, 0, 7n * eth, trader.address),
        ...sellMoves(w, trader, 0, 7n * eth, w.usd(14_000n)),
        repayMove(w, id, w.usd(14_000n)),
      ];
      await expect(trader.act(...moves)).to.be.revertedWithCustomError(w.vault, "InsufficientMargin");
      await trader.defer(...moves);
      expect(await w.vault.debtOf(id)).to.equal(w.usd(1_000n));
      expect(await w.vault.collateralOf(id, w.collaterals[0]!.address)).to.equal(3n * eth);
    });

    it("swaps one collateral for another", async () => {
      const { w, trader } = await deferring();
      const id = await tenEth(w, trader);
      const btc = w.collaterals[1]!.unit;
      const { debtShares: shares } = await stateOf(w, id);
      await trader.defer(withdrawMove(w, id, 0, MAX_UINT, trader.address), depositMove(w, id, 1, btc));
      expect(await stateOf(w, id)).to.include({ collateralSet: 2n, debtShares: shares });
      expect(await w.vault.collateralOf(id, w.collaterals[0]!.address)).to.equal(0n);
    });

    it("moves a position from one account to another", async () => {
      const { w, trader } = await deferring();
      const id = await tenEth(w, trader);
      const other = trader.account(7n);
      const eth = w.collaterals[0]!.unit;
      await trader.defer(
        withdrawMove(w, id, 0, 10n * eth, trader.address),
        depositMove(w, other, 0, 10n * eth),
        borrowMove(w, other, w.usd(15_000n), trader.address),
        repayMove(w, id, MAX_UINT),
      );
      expect(await w.vault.debtOf(id)).to.equal(0n);
      expect(await w.vault.debtOf(other)).to.equal(w.usd(15_000n));
    });

    it("lends the vault's whole cash within for nothing, to whoever brings it back", async () => {
      const { w, trader, id } = await deferring({ ratesPercent: [100n, 100n, 100n], feeBps: 1_000n });
      const { cash } = await poolOf(w);
      const assets = await w.vault.totalAssets();
      await trader.defer(borrowMove(w, id, cash, trader.address), repayMove(w, id, MAX_UINT));
      expect((await poolOf(w)).cash).to.equal(cash);
      expect(await w.vault.totalAssets()).to.equal(assets);
      expect(await stateOf(w, id)).to.include({ debtShares: 0n, collateralSet: 0n });
    });

    it("keeps nobody's cash: what is not brought back is a debt that has to be sound (I-11, I-13)", async () => {
      const { w, trader, id } = await deferring();
      const { cash } = await poolOf(w);
      await expect(trader.defer(borrowMove(w, id, cash, trader.address), repayMove(w, id, cash - 1n)))
        .to.be.revertedWithCustomError(w.vault, "DebtBelowMinimum")
        .withArgs(id, 1n, w.risk.minimumDebt);
      const least = w.risk.minimumDebt;
      await expect(trader.defer(borrowMove(w, id, cash, trader.address), repayMove(w, id, cash - least)))
        .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
        .withArgs(id, 0n, least);
      await expect(trader.defer(borrowMove(w, id, cash + 1n, trader.address)))
        .to.be.revertedWithCustomError(w.vault, "InsufficientCash")
        .withArgs(cash, cash + 1n);
    });

    it("charges interest up to now before anything moves (I-10)", async () => {
      const { w, trader } = await deferring({ ratesPercent: [100n, 100n, 100n] });
      await tenEth(w, trader, 1_000n);
      await mineAt(w, (await now(w)) + 3_600n);
      const transaction = trader.defer();
      expect((await eventOf(transaction, w.vault, "InterestAccrued")).interest).to.be.greaterThan(0n);
    });
  });

  describe("whom it calls", () => {
    it("calls back the caller with the data and does nothing else when nothing is moved", async () => {
      const { w, trader } = await deferring();
      const receipt = await (await trader.defer()).wait();
      expect(receipt!.logs.filter((log) => log.address === w.vaultAddress)).to.deep.equal([]);
    });

    it("passes on what the callback reverts with", async () => {
      const { w, trader, id } = await deferring();
      await expect(trader.defer(borrowMove(w, id, 0n, trader.address))).to.be.revertedWithCustomError(
        w.vault,
        "ZeroAmount",
      );
      await expect(trader.contract.onDeferred("0x"))
        .to.be.revertedWithCustomError(trader.contract, "NotTheVault")
        .withArgs(w.owner);
    });

    it("has no use for a caller without code", async () => {
      const { w } = await deferring();
      await expect(w.vault.connect(w.trader).defer("0x")).to.be.revertedWithoutReason(w.ethers);
    });
  });

  describe("when every account ends sound", () => {
    it("accepts A_i = D and refuses one base unit more (C-08, I-13)", async () => {
      for (const extra of [0n, 1n]) {
        const { w, trader, id } = await deferring();
        await w.collaterals[0]!.feed.push(unitAnswer(w, 0));
        const moves = [
          borrowMove(w, id, 760n * D + extra, trader.address),
          depositMove(w, id, 0, 1_000n * D),
        ];
        if (extra === 0n) await trader.defer(...moves);
        else {
          await expect(trader.defer(...moves))
            .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
            .withArgs(id, 760n * D, 760n * D + 1n);
        }
      }
    });

    it("checks every account that was touched, whichever comes first", async () => {
      const { w, trader } = await deferring();
      const [sound, unsound] = [trader.account(1n), trader.account(2n)];
      const eth = w.collaterals[0]!.unit;
      const good = [depositMove(w, sound, 0, eth), borrowMove(w, sound, w.usd(1_000n), trader.address)];
      const bad = [depositMove(w, unsound, 0, eth), borrowMove(w, unsound, w.usd(1_900n), trader.address)];
      for (const moves of [
        [...good, ...bad],
        [...bad, ...good],
      ]) {
        await expect(trader.defer(...moves))
          .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
          .withArgs(unsound, w.usd(1_520n), w.usd(1_900n));
      }
    });

    it("refuses a debt under the minimum, by one base unit (rule 9, C-08)", async () => {
      const { w, trader } = await deferring();
      const id = await tenEth(w, trader);
      const { minimumDebt } = w.risk;
      const left = (debt: bigint) => [
        withdrawMove(w, id, 0, 1n, trader.address),
        repayMove(w, id, w.usd(15_000n) - debt),
      ];
      await expect(trader.defer(...left(minimumDebt - 1n)))
        .to.be.revertedWithCustomError(w.vault, "DebtBelowMinimum")
        .withArgs(id, minimumDebt - 1n, minimumDebt);
      await trader.defer(...left(minimumDebt));
    });

    it("lets a deferral that only repays leave less than the minimum (rule 3, rule 9)", async () => {
      const { w, trader } = await deferring();
      const id = await tenEth(w, trader);
      await trader.defer(repayMove(w, id, w.usd(15_000n) - 1n));
      expect(await w.vault.debtOf(id)).to.equal(1n);
    });

    it("refuses new debt on a collateral above its cap, and lets it be topped up and repaid (rule 3, I-38)", async () => {
      const { w, trader } = await deferring();
      const id = await tenEth(w, trader, 1_000n);
      const { address, unit } = w.collaterals[0]!;
      await w.configurator.setCap(w.vault, address, 10n * unit - 1n);
      await expect(trader.defer(borrowMove(w, id, 1n, trader.address)))
        .to.be.revertedWithCustomError(w.vault, "CollateralAboveCap")
        .withArgs(id, address, 10n * unit, 10n * unit - 1n);
      await trader.defer(depositMove(w, id, 0, unit), repayMove(w, id, w.usd(1n)));
      await trader.defer(
        borrowMove(w, id, w.usd(100n), trader.address),
        repayMove(w, id, w.usd(50n)),
        withdrawMove(w, id, 0, unit + 1n, trader.address),
      );
    });

    it("lets an account without debt leave with everything while the oracle is dead", async () => {
      const { w, trader } = await deferring();
      const id = await tenEth(w, trader);
      const oracle = await withMockOracle(w);
      await oracle.setConduct(1);
      await trader.defer(withdrawMove(w, id, 0, MAX_UINT, trader.address), repayMove(w, id, MAX_UINT));
      expect(await stateOf(w, id)).to.include({ debtShares: 0n, collateralSet: 0n });
    });
  });

  describe("given an oracle that fails", () => {
    it("passes what only deposits and repays, and leaves the call as it is (rule 3, I-16)", async () => {
      for (const conduct of [1, 2]) {
        const { w, trader } = await deferring();
        const id = await tenEth(w, trader);
        await setPrice(w.collaterals[0]!, "1800");
        await w.vault.openCall(id);
        const oracle = await withMockOracle(w);
        await oracle.setConduct(conduct);
        const { deadline } = await stateOf(w, id);
        await trader.defer(depositMove(w, id, 0, 1n), repayMove(w, id, w.usd(14_000n)));
        expect((await stateOf(w, id)).deadline).to.equal(deadline);
        await trader.defer(repayMove(w, id, MAX_UINT));
        expect((await stateOf(w, id)).deadline).to.equal(0n);
      }
    });

    it("refuses what takes out or adds debt, even where it improves", async () => {
      const { w, trader } = await deferring();
      const id = await tenEth(w, trader);
      const oracle = await withMockOracle(w);
      await oracle.setConduct(1);
      for (const risky of [
        withdrawMove(w, id, 0, 1n, trader.address),
        borrowMove(w, id, 1n, trader.address),
      ]) {
        await expect(trader.defer(risky, repayMove(w, id, w.usd(14_000n))))
          .to.be.revertedWithCustomError(w.vault, "OracleUnavailable")
          .withArgs(oracle);
      }
    });

    it("refuses both when it fails between first touch and end no less than before", async () => {
      const { w, trader } = await deferring();
      const id = await tenEth(w, trader);
      const oracle = await withMockOracle(w);
      const fail = {
        target: await oracle.getAddress(),
        data: oracle.interface.encodeFunctionData("setConduct", [1]),
      };
      await expect(
        trader.defer(withdrawMove(w, id, 0, 1n, trader.address), fail),
      ).to.be.revertedWithCustomError(w.vault, "OracleUnavailable");
      await trader.defer(repayMove(w, id, 1n), fail);
    });
  });

  describe("when it is called while another thing is under way", () => {
    it("does not nest, whoever asks", async () => {
      const { w, trader } = await deferring();
      const other = await deployDeferrer(w);
      await expect(trader.defer(vaultMove(w, "defer", "0x"))).to.be.revertedWithCustomError(
        w.vault,
        "DeferralActive",
      );
      const data = other.contract.interface.encodeFunctionData("deferAll", [[]]);
      await expect(trader.defer({ target: other.address, data })).to.be.revertedWithCustomError(
        w.vault,
        "DeferralActive",
      );
    });

    it("is refused from inside a liquidation's callback (I-35)", async () => {
      const w = await loadWorld();
      const id = await openPosition(w, { amounts: [10n * w.collaterals[0]!.unit], debt: w.usd(15_000n) });
      await setLiquidationValue(w, id, w.usd(14_900n));
      const liquidator = await deploy<CallbackLiquidator>(w.ethers, "CallbackLiquidator", [
        w.vaultAddress,
        w.quoteAddress,
        w.stranger.address,
      ]);
      const reenters = 2;
      const call = w.vault.interface.encodeFunctionData("defer", ["0x"]);
      await expect(
        liquidator.liquidate(id, w.collaterals[0]!.address, reenters, call),
      ).to.be.revertedWithCustomError(w.vault, "ReentrancyGuardReentrantCall");
    });

    it("is refused from inside a token's transfer, in a deferral or not (I-35, C-40)", async () => {
      const base = await loadWorld();
      const token = await deploy<HookToken>(base.ethers, "HookToken", [18]);
      const w = await withCollateral(base, { token, terms: STRONG, price: "1" });
      const trader = await deployDeferrer(w, 100n);
      const move = depositMove(w, trader.account(), 2, 1n);
      for (const run of [trader.act, trader.defer]) {
        await token.setHook(w.vaultAddress, w.vault.interface.encodeFunctionData("defer", ["0x"]));
        await run(move);
        expect([await token.called(), await token.succeeded()]).to.deep.equal([true, false]);
        expect(await token.result()).to.equal(
          w.vault.interface.getError("ReentrancyGuardReentrantCall")!.selector,
        );
      }
    });
  });

  describe("twice in one transaction", () => {
    const deferMove = (w: World, moves: readonly unknown[]) =>
      vaultMove(
        w,
        "defer",
        w.ethers.AbiCoder.defaultAbiCoder().encode(["tuple(address target, bytes data)[]"], [moves]),
      );

    it("judges each by how the accounts stood at its own beginning", async () => {
      const { w, trader } = await deferring();
      const id = await tenEth(w, trader);
      await setPrice(w.collaterals[0]!, "1800");
      await w.vault.openCall(id);
      const eth = w.collaterals[0]!.unit;
      // 10 for 15,000, then 9 for 13,000: better; 9 for 13,400 would be better than before the first, not the second.
      const first = deferMove(w, [
        withdrawMove(w, id, 0, eth, trader.address),
        repayMove(w, id, w.usd(2_000n)),
      ]);
      const second = deferMove(w, [borrowMove(w, id, w.usd(400n), trader.address)]);
      await expect(trader.act(first, second)).to.be.revertedWithCustomError(w.vault, "CallOpen");
      await trader.act(first, deferMove(w, [repayMove(w, id, 1n)]));
      expect(await w.vault.debtOf(id)).to.equal(w.usd(13_000n) - 1n);
    });

    it("leaves nothing pending after the first (rule 4)", async () => {
      const { w, trader } = await deferring();
      const id = await tenEth(w, trader);
      await setPrice(w.collaterals[0]!, "1800");
      await trader.act(deferMove(w, [repayMove(w, id, 1n)]), vaultMove(w, "openCall", id));
      expect(await w.vault.statusOf(id)).to.equal(Status.Called);
    });
  });
});

describe("defer, improving a called account", () => {
  /** 18,500 at unit price against 15,000: A_m = 14,837, A_l = 16,169; called. The second collateral is weaker. */
  async function called(debt = 15_000n * D) {
    const { w, trader, id } = await deferring({ secondIsWeaker: true });
    await w.collaterals[0]!.feed.push(unitAnswer(w, 0, 120n));
    await w.collaterals[1]!.feed.push(unitAnswer(w, 1));
    await trader.act(depositMove(w, id, 0, 18_500n * D), borrowMove(w, id, debt, trader.address));
    await w.collaterals[0]!.feed.push(unitAnswer(w, 0));
    await w.vault.openCall(id);
    return { w, trader, id };
  }

  const refused = async (w: World, id: AccountId, transaction: Promise<unknown>) =>
    expect(transaction)
      .to.be.revertedWithCustomError(w.vault, "CallOpen")
      .withArgs(id, (await stateOf(w, id)).deadline);

  it("lets it sell collateral and repay, which no entrance allows by itself", async () => {
    const { w, trader, id } = await called();
    const moves = [withdrawMove(w, id, 0, 5_000n * D, trader.address), repayMove(w, id, 5_000n * D)];
    await refused(w, id, trader.act(...moves));
    await trader.defer(...moves);
    // 13,500 * 0.802 / 10,000 = 1.0827: past K_close.
    expect((await stateOf(w, id)).deadline).to.equal(0n);
  });

  it("refuses to swap out equity", async () => {
    const { w, trader, id } = await called();
    await refused(w, id, trader.defer(withdrawMove(w, id, 0, 1n, trader.address)));
    await refused(w, id, trader.defer(borrowMove(w, id, 1n, trader.address)));
  });

  it("passes what changes nothing in the end, and leaves the call (rule 4)", async () => {
    const { w, trader, id } = await called();
    const before = await stateOf(w, id);
    const transaction = trader.defer(
      repayMove(w, id, MAX_UINT),
      withdrawMove(w, id, 0, MAX_UINT, trader.address),
      depositMove(w, id, 0, 18_500n * D),
      borrowMove(w, id, 15_000n * D, trader.address),
    );
    expect(await eventsOf(transaction, w.vault, "MarginCallClosed")).to.deep.equal([]);
    expect(await stateOf(w, id)).to.deep.equal(before);
  });

  it("holds A_m / D to the base unit (C-08)", async () => {
    // Strong for weak: 7,500 at 80.2 % are 8,020 at 75 %; A_l rises from 6,555 to 6,576.4 meanwhile.
    const swap = (w: World, trader: DeferringTrader, id: AccountId, bought: bigint) => [
      withdrawMove(w, id, 0, 7_500n * D, trader.address),
      depositMove(w, id, 1, bought),
    ];
    const { w, trader, id } = await called();
    await refused(w, id, trader.defer(...swap(w, trader, id, 8_020n * D - 1n)));
    await trader.defer(...swap(w, trader, id, 8_020n * D));
    expect((await w.vault.marginOf(id)).maintenanceValue).to.equal(14_837n * D);
  });

  it("holds A_l / D to the base unit (C-08)", async () => {
    const base = await called();
    // The band of the third is narrow: 84 % at 80 %. 8,400 of the first are 8,740 of it by A_l, 8,421 by A_m.
    const narrow = {
      initialBps: 7_600n,
      maintenanceBps: 8_000n,
      liquidationBps: 8_400n,
      maxDiscountBps: 800n,
      cap: STRONG.cap,
    };
    const w = await withCollateral(base.w, { terms: narrow, price: "1000000000000" });
    const { token, address } = w.collaterals[2]!;
    await token.mint(base.trader.address, 20_000n * D);
    const approve = token.interface.encodeFunctionData("approve", [w.vaultAddress, MAX_UINT]);
    const swap = (bought: bigint) => [
      { target: address, data: approve },
      withdrawMove(w, base.id, 0, 8_400n * D, base.trader.address),
      depositMove(w, base.id, 2, bought),
    ];
    await refused(w, base.id, base.trader.defer(...swap(8_740n * D - 1n)));
    await base.trader.defer(...swap(8_740n * D));
    expect((await w.vault.marginOf(base.id)).liquidationValue).to.equal(16_169n * D);
  });

  it("lets equity fall by the largest penalty on the debt repaid, and by no base unit more (C-08)", async () => {
    // 920 * 8 % / 92 % = 80.
    const sale = (w: World, trader: DeferringTrader, id: AccountId, sold: bigint) => [
      withdrawMove(w, id, 0, sold, trader.address),
      repayMove(w, id, 920n * D),
    ];
    const { w, trader, id } = await called();
    await refused(w, id, trader.defer(...sale(w, trader, id, 1_000n * D + 1n)));
    await trader.defer(...sale(w, trader, id, 1_000n * D));
    const { value, debt } = await w.vault.marginOf(id);
    expect([value, debt]).to.deep.equal([17_500n * D, 14_080n * D]);
  });

  it("counts the largest penalty of what it held, not of what is brought in", async () => {
    // 920 * 8 % / 92 % = 80; at the second collateral's 10 % it would be 102.2.
    const moves = (w: World, trader: DeferringTrader, id: AccountId, sold: bigint) => [
      depositMove(w, id, 1, 500n * D),
      withdrawMove(w, id, 0, sold, trader.address),
      repayMove(w, id, 920n * D),
    ];
    const { w, trader, id } = await called();
    await refused(w, id, trader.defer(...moves(w, trader, id, 1_500n * D + 1n)));
    await trader.defer(...moves(w, trader, id, 1_500n * D));
  });

  it("takes a cure above K_close for good, though more is withdrawn than is needed for nothing else", async () => {
    const { w, trader, id } = await called();
    const transaction = trader.defer(
      repayMove(w, id, 1_000n * D),
      withdrawMove(w, id, 0, 1n, trader.address),
    );
    const closed = await eventOf(transaction, w.vault, "MarginCallClosed");
    expect(closed).to.include({
      account: id,
      reason: BigInt(CloseReason.Repaid),
      late: false,
      actor: trader.address,
    });
  });

  it("judges by improvement alone what had a call at its first touch, were it sound a hundred times (rule 4)", async () => {
    const { w, trader, id } = await called();
    await w.collaterals[0]!.feed.push(unitAnswer(w, 0, 200n));
    await refused(w, id, trader.defer(withdrawMove(w, id, 0, 1n, trader.address)));
    await refused(w, id, trader.defer(borrowMove(w, id, 1n, trader.address)));
    await w.vault.closeCall(id);
    await trader.defer(withdrawMove(w, id, 0, 1n, trader.address), borrowMove(w, id, 1n, trader.address));
  });

  describe("given a price that is not fresh (rule 7)", () => {
    /** As `called`, with 500 of the second collateral whose feed is silent; `keep` says how long. */
    async function withStale(silence: bigint) {
      const base = await deferring({ secondIsWeaker: true });
      const { w, trader, id } = base;
      await w.collaterals[0]!.feed.push(unitAnswer(w, 0, 120n));
      await w.collaterals[1]!.feed.push(unitAnswer(w, 1));
      await trader.act(
        depositMove(w, id, 0, 18_000n * D),
        depositMove(w, id, 1, 500n * D),
        borrowMove(w, id, 15_000n * D, trader.address),
      );
      await mineAt(w, (await now(w)) + silence);
      await w.quoteFeed.push(10n ** 8n);
      await w.collaterals[0]!.feed.push(unitAnswer(w, 0));
      await w.vault.openCall(id);
      return base;
    }
    const sale = (w: World, trader: DeferringTrader, id: AccountId) => [
      withdrawMove(w, id, 0, 900n * D, trader.address),
      repayMove(w, id, 900n * D),
    ];

    it("exchanges nothing on an account that holds it", async () => {
      const { w, trader, id } = await withStale(MAX_AGE_SECONDS);
      await refused(w, id, trader.defer(...sale(w, trader, id)));
      await trader.defer(repayMove(w, id, 900n * D));
    });

    it("exchanges as long as it is fresh", async () => {
      const { w, trader, id } = await withStale(MAX_AGE_SECONDS - 100n);
      await trader.defer(...sale(w, trader, id));
    });

    it("exchanges nothing for it", async () => {
      const { w, trader, id } = await called();
      await mineAt(w, (await now(w)) + MAX_AGE_SECONDS);
      await w.quoteFeed.push(10n ** 8n);
      await w.collaterals[0]!.feed.push(unitAnswer(w, 0));
      await refused(
        w,
        id,
        trader.defer(depositMove(w, id, 1, 9_000n * D), withdrawMove(w, id, 0, 1n, trader.address)),
      );
    });

    it("borrows against what else is fresh, for the account ends sound", async () => {
      const { w, trader, id } = await deferring();
      await trader.act(
        depositMove(w, id, 0, w.collaterals[0]!.unit),
        depositMove(w, id, 1, w.collaterals[1]!.unit),
      );
      await mineAt(w, (await now(w)) + MAX_AGE_SECONDS);
      await w.quoteFeed.push(10n ** 8n);
      await setPrice(w.collaterals[0]!, "2000");
      await trader.defer(borrowMove(w, id, w.usd(1_520n), trader.address));
      await expect(trader.defer(borrowMove(w, id, 1n, trader.address)))
        .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
        .withArgs(id, w.usd(1_520n), w.usd(1_520n) + 1n);
    });
  });
});

describe("defer and the call of a touched account", () => {
  async function called() {
    const { w, trader } = await deferring();
    const id = await tenEth(w, trader);
    await setPrice(w.collaterals[0]!, "1800");
    await w.vault.openCall(id);
    return { w, trader, id };
  }

  it("closes it at the end, once, with how it came about (I-23)", async () => {
    for (const [reason, movesOf] of [
      [CloseReason.Deposited, (w: World, id: AccountId) => [depositMove(w, id, 0, w.collaterals[0]!.unit)]],
      [CloseReason.Repaid, (w: World, id: AccountId) => [repayMove(w, id, w.usd(1_000n))]],
      [CloseReason.DebtFree, (w: World, id: AccountId) => [repayMove(w, id, MAX_UINT)]],
    ] as const) {
      const { w, trader, id } = await called();
      const closed = await eventOf(trader.defer(...movesOf(w, id)), w.vault, "MarginCallClosed");
      expect(closed).to.include({ account: id, owner: trader.address, actor: trader.address, nonce: 1n });
      expect(closed).to.include({ reason: BigInt(reason), late: false });
      expect(await stateOf(w, id)).to.include({ deadline: 0n, auctionStart: 0n, closedLateAt: 0n });
    }
  });

  it("closes it for a stranger who repays or tops up in a deferral of their own (I-17)", async () => {
    const { w, id } = await called();
    const stranger = await deployDeferrer(w, 10_000n);
    const closed = await eventOf(
      stranger.defer(repayMove(w, id, w.usd(1_000n))),
      w.vault,
      "MarginCallClosed",
    );
    expect(closed).to.include({ account: id, actor: stranger.address, reason: BigInt(CloseReason.Repaid) });
  });

  it("leaves it open when K_close was only passed on the way (rule 4)", async () => {
    const { w, trader, id } = await called();
    const before = await stateOf(w, id);
    const transaction = trader.defer(
      repayMove(w, id, w.usd(10_000n)),
      borrowMove(w, id, w.usd(10_000n), trader.address),
    );
    expect(await eventsOf(transaction, w.vault, "MarginCallClosed")).to.deep.equal([]);
    expect(await stateOf(w, id)).to.deep.equal(before);
  });

  it("closes it past its deadline at H = 1, late", async () => {
    const { w, trader, id } = await called();
    await passDeadline(w, id);
    // 14,436 of maintenance value against 14,436.
    const closed = await eventOf(trader.defer(repayMove(w, id, w.usd(564n))), w.vault, "MarginCallClosed");
    expect(closed).to.include({ late: true, healthWad: 10n ** 18n });
    expect((await stateOf(w, id)).closedLateAt).to.equal(closed.closedAt);
  });

  it("cures within a deferral, exactly, and closes at its end", async () => {
    const { w, trader, id } = await called();
    const { repay } = await w.vault.previewCure(id);
    const closed = await eventOf(trader.defer(vaultMove(w, "cure", id, repay)), w.vault, "MarginCallClosed");
    expect(closed.debt).to.equal(w.usd(15_000n) - repay);
  });

  it("lets others be called and sold meanwhile, as far as it has not touched them", async () => {
    const { w, trader } = await deferring();
    const callable = await openPosition(w);
    const expired = await openCalledPosition(w, w.usd(1_450n), { subAccount: 1n });
    await passDeadline(w, expired);
    const transaction = trader.defer(
      depositMove(w, trader.account(), 0, 1n),
      vaultMove(w, "openCall", callable),
      liquidateMove(w, expired, 0, trader.address),
    );
    expect((await eventOf(transaction, w.vault, "MarginCallOpened")).account).to.equal(callable);
    expect((await eventOf(transaction, w.vault, "Liquidated")).account).to.equal(expired);
  });
});
