import { expect } from "chai";
import type { AccountId } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import type { HookToken } from "../../types/index.ts";
import { Permission } from "./support/authority.ts";
import { mineAt, passDeadline } from "./support/clock.ts";
import {
  borrowMove,
  depositMove,
  deployDeferrer,
  liquidateMove,
  moveOf,
  repayMove,
  vaultMove,
  withdrawMove,
  type DeferringTrader,
  type Move,
} from "./support/deferrer.ts";
import { eventsOf } from "./support/events.ts";
import { withCollateral } from "./support/listing.ts";
import { openPosition, setPrice, setValue } from "./support/position.ts";
import { poolOf, stateOf } from "./support/state.ts";
import { deploy, loadWorld, MAX_UINT, STRONG, type Terms, type World } from "./support/world.ts";

/** A pair of assets that move together: 85 % may be borrowed. */
const CALM: Terms = {
  initialBps: 8_500n,
  maintenanceBps: 8_800n,
  liquidationBps: 9_300n,
  maxDiscountBps: 200n,
  cap: STRONG.cap,
};

/** An attacker whose account holds 1.7 M of a calm collateral, which costs 1,000, against 1.36 M: 80 %. */
async function bigPosition() {
  const w = await withCollateral(await loadWorld({ lent: 2_000_000n }), { terms: CALM, price: "1000" });
  const attacker = await deployDeferrer(w, 10_000_000n);
  const id = attacker.account();
  await attacker.act(
    depositMove(w, id, 2, 1_700n * w.collaterals[2]!.unit),
    borrowMove(w, id, w.usd(1_360_000n), attacker.address),
  );
  return { w, attacker, id };
}

/** What the lenders' shares are worth and what the attacker holds outside the vault, in quote base units. */
async function wealth(w: World, attacker: DeferringTrader) {
  const { token, unit } = w.collaterals[2] ?? w.collaterals[0]!;
  const held = await token.balanceOf(attacker.address);
  return {
    lenders: await w.vault.totalAssets(),
    attacker: (await w.quote.balanceOf(attacker.address)) + (held * w.usd(1_000n)) / unit,
  };
}

async function refusedAsPending(w: World, id: AccountId, transaction: Promise<unknown>) {
  await expect(transaction).to.be.revertedWithCustomError(w.vault, "CheckPending").withArgs(id);
}

describe("defer, attacked by the owner of a pending account (rule 4, I-24)", () => {
  describe("self-liquidation: deposit 1.7 M, borrow 1.36 M, withdraw 99.9 %, liquidate the rest", () => {
    it("would leave 1.36 M of the lenders' money behind 1,700 of collateral, and is refused", async () => {
      const { w, attacker, id } = await bigPosition();
      const before = await wealth(w, attacker);
      const { unit } = w.collaterals[2]!;
      // 0.1 % stays: worth 1,700 against 1,360,000. Sold and written off it would free the account of all its debt.
      const withdraw = withdrawMove(w, id, 2, (1_700n * unit * 999n) / 1_000n, attacker.address);
      await refusedAsPending(w, id, attacker.defer(withdraw, liquidateMove(w, id, 2, attacker.address)));
      await refusedAsPending(
        w,
        id,
        attacker.defer(withdraw, vaultMove(w, "previewLiquidation", id, w.collaterals[2]!.address, MAX_UINT)),
      );
      // Left unliquidated it has to be sound, which it is not.
      await expect(attacker.defer(withdraw))
        .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
        .withArgs(id, (w.usd(1_700n) * 85n) / 100n, w.usd(1_360_000n));
      expect(await wealth(w, attacker)).to.deep.equal(before);
    });

    it("is refused in a batch too, which says why and takes nothing", async () => {
      const { w, attacker, id } = await bigPosition();
      const { address, unit } = w.collaterals[2]!;
      const withdraw = withdrawMove(w, id, 2, (1_700n * unit * 999n) / 1_000n, attacker.address);
      const restore = depositMove(w, id, 2, (1_700n * unit * 999n) / 1_000n);
      const sale = vaultMove(w, "liquidateMany", [[id, address, MAX_UINT, 0n]], attacker.address);
      const write = vaultMove(w, "bookLoss", [id]);
      const transaction = await attacker.defer(withdraw, sale, write, restore);
      expect(await eventsOf(transaction, w.vault, "Liquidated")).to.deep.equal([]);
      expect(await eventsOf(transaction, w.vault, "BadDebtRealized")).to.deep.equal([]);
      expect(await w.vault.debtOf(id)).to.equal(w.usd(1_360_000n));
      await expect(attacker.defer(withdraw, sale, write)).to.be.revertedWithCustomError(
        w.vault,
        "InsufficientMargin",
      );
    });

    it("is refused through a second contract of the attacker's", async () => {
      const { w, attacker, id } = await bigPosition();
      const accomplice = await deployDeferrer(w, 10_000_000n);
      const { unit } = w.collaterals[2]!;
      const sale = moveOf(accomplice.contract, accomplice.address, "act", [
        liquidateMove(w, id, 2, accomplice.address),
      ]);
      await refusedAsPending(
        w,
        id,
        attacker.defer(withdrawMove(w, id, 2, (1_700n * unit * 999n) / 1_000n, attacker.address), sale),
      );
    });

    it("is refused for an account that only received and repaid so far", async () => {
      const w = await loadWorld();
      const attacker = await deployDeferrer(w, 100_000n);
      const id = attacker.account();
      await attacker.act(
        depositMove(w, id, 0, 10n * w.collaterals[0]!.unit),
        borrowMove(w, id, w.usd(15_000n), attacker.address),
      );
      await setPrice(w.collaterals[0]!, "1600");
      expect(await w.vault.statusOf(id)).to.equal(Status.Critical);
      const sale = liquidateMove(w, id, 0, attacker.address);
      await refusedAsPending(w, id, attacker.defer(repayMove(w, id, 1n), sale));
      await refusedAsPending(w, id, attacker.defer(depositMove(w, id, 0, 1n), sale));
      // Critical at its first touch, it may be sold: as outside of a deferral.
      await attacker.defer(sale);
    });
  });

  describe("booking its own loss", () => {
    it("writes nothing off while the check is pending, and says so (I-34)", async () => {
      const { w, attacker, id } = await bigPosition();
      const move = vaultMove(w, "bookLoss", [id]);
      const out = withdrawMove(w, id, 2, MAX_UINT, attacker.address);
      const transaction = attacker.defer(out, move, depositMove(w, id, 2, 1_700n * w.collaterals[2]!.unit));
      expect(await eventsOf(transaction, w.vault, "BadDebtRealized")).to.deep.equal([]);
      await expect(attacker.defer(out, move)).to.be.revertedWithCustomError(w.vault, "InsufficientMargin");
      expect(await w.vault.totalAssets()).to.equal(w.usd(2_000_000n));
    });
  });

  describe("calling itself for a bounty or a fresh clock", () => {
    async function callable(maxBounty = 5n) {
      const w = await loadWorld({ maxBounty });
      const attacker = await deployDeferrer(w, 100_000n);
      const id = attacker.account();
      await attacker.act(
        depositMove(w, id, 0, 10n * w.collaterals[0]!.unit),
        borrowMove(w, id, w.usd(15_000n), attacker.address),
      );
      return { w, attacker, id };
    }

    it("opens no call on an account that is only unsound in between (I-19)", async () => {
      const { w, attacker, id } = await callable();
      const unsound = withdrawMove(w, id, 0, w.collaterals[0]!.unit, attacker.address);
      await refusedAsPending(w, id, attacker.defer(unsound, vaultMove(w, "openCall", id)));
      const back = depositMove(w, id, 0, w.collaterals[0]!.unit);
      const transaction = attacker.defer(unsound, vaultMove(w, "openCalls", [id]), back);
      expect(await eventsOf(transaction, w.vault, "MarginCallOpened")).to.deep.equal([]);
      expect(await w.vault.balanceOf(attacker.address)).to.equal(0n);
    });

    it("does not come out of an old call with a new one (I-21, I-23)", async () => {
      const { w, attacker, id } = await callable(0n);
      await setPrice(w.collaterals[0]!, "1800");
      await w.vault.openCall(id);
      const before = await stateOf(w, id);
      await mineAt(w, before.deadline - 60n);
      const flash = [
        repayMove(w, id, MAX_UINT),
        vaultMove(w, "closeCalls", [id]),
        borrowMove(w, id, w.usd(15_000n), attacker.address),
        vaultMove(w, "openCalls", [id]),
      ];
      await attacker.defer(...flash);
      expect(await stateOf(w, id)).to.deep.equal(before);
      await refusedAsPending(
        w,
        id,
        attacker.defer(repayMove(w, id, w.usd(14_000n)), vaultMove(w, "closeCall", id)),
      );
    });

    it("does not come out of an auction with a new one (I-31)", async () => {
      const { w, attacker, id } = await callable(0n);
      await setPrice(w.collaterals[0]!, "1800");
      await w.vault.openCall(id);
      await passDeadline(w, id, 600n);
      const before = await stateOf(w, id);
      await attacker.defer(repayMove(w, id, MAX_UINT), borrowMove(w, id, w.usd(15_000n), attacker.address));
      expect(await stateOf(w, id)).to.deep.equal(before);
      await refusedAsPending(w, id, attacker.defer(repayMove(w, id, 1n), vaultMove(w, "openCall", id)));
    });

    it("does not move the position to a sub-account without a call and without the margin for a new debt", async () => {
      const { w, attacker, id } = await callable(0n);
      await setPrice(w.collaterals[0]!, "1800");
      await w.vault.openCall(id);
      const other = attacker.account(1n);
      const eth = w.collaterals[0]!.unit;
      await expect(
        attacker.defer(
          withdrawMove(w, id, 0, 10n * eth, attacker.address),
          depositMove(w, other, 0, 10n * eth),
          borrowMove(w, other, w.usd(15_000n), attacker.address),
          repayMove(w, id, MAX_UINT),
        ),
      )
        .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
        .withArgs(other, w.usd(13_680n), w.usd(15_000n));
    });

    it("closes no call of anybody while a deferral is under way, not even of accounts that it has not touched", async () => {
      const { w, attacker } = await callable(0n);
      const id = await openPosition(w);
      await setPrice(w.collaterals[0]!, "1800");
      await w.vault.openCall(id);
      await setPrice(w.collaterals[0]!, "2000");
      await refusedAsPending(w, id, attacker.defer(vaultMove(w, "closeCall", id)));
      await w.vault.closeCall(id);
    });
  });
});

describe("defer, attacked by somebody else (I-17)", () => {
  it("moves nobody's collateral and adds nobody's debt or assets", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    const attacker = await deployDeferrer(w, 1_000n);
    for (const move of [
      withdrawMove(w, id, 0, 1n, attacker.address),
      borrowMove(w, id, 1n, attacker.address),
      depositMove(w, id, 1, 1n),
    ]) {
      await expect(attacker.defer(move))
        .to.be.revertedWithCustomError(w.vault, "NotAuthorized")
        .withArgs(id, attacker.address);
    }
    await attacker.defer(depositMove(w, id, 0, 1n), repayMove(w, id, 1n));
    expect(await w.vault.debtOf(id)).to.equal(w.usd(1_500n) - 1n);
  });

  it("cannot make a stranger's touched account fail its check by touching it", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setPrice(w.collaterals[0]!, "1600");
    const helper = await deployDeferrer(w, 10_000n);
    // Critical, on a collateral above its cap and under the minimum debt: what only improves is asked nothing.
    await w.configurator.setCap(w.vault, w.collaterals[0]!.address, 0n);
    await helper.defer(repayMove(w, id, w.usd(1_450n)), depositMove(w, id, 0, 1n));
    expect(await w.vault.debtOf(id)).to.equal(w.usd(50n));
  });

  it("cannot keep a liquidation from succeeding by touching the account first, for a check ends with its transaction", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setPrice(w.collaterals[0]!, "1600");
    const attacker = await deployDeferrer(w, 1_000n);
    await attacker.defer(depositMove(w, id, 0, 1n));
    await w.vault.connect(w.keeper).liquidate(id, w.collaterals[0]!.address, MAX_UINT, 0n, w.keeper, "0x");
  });

  it("gains nothing from the vault's cash in its hands: shares are bought and sold at one price (C-57, I-06, I-07)", async () => {
    const w = await loadWorld();
    await openPosition(w);
    const attacker = await deployDeferrer(w, 1_000n);
    const id = attacker.account();
    const { cash } = await poolOf(w);
    const held = await w.quote.balanceOf(attacker.address);
    const assets = await w.vault.totalAssets();
    const shares = await w.vault.previewDeposit(cash);
    await attacker.defer(
      borrowMove(w, id, cash, attacker.address),
      vaultMove(w, "deposit", cash, attacker.address),
      vaultMove(w, "redeem", shares, attacker.address, attacker.address),
      repayMove(w, id, MAX_UINT),
    );
    expect(await w.quote.balanceOf(attacker.address)).to.be.lessThanOrEqual(held);
    expect(await w.vault.totalAssets()).to.be.greaterThanOrEqual(assets);
    expect(await w.vault.balanceOf(attacker.address)).to.equal(0n);
  });

  it("lends cash only once: what was lent again as a lender's deposit is still owed", async () => {
    const w = await loadWorld();
    const attacker = await deployDeferrer(w, 1_000n);
    const id = attacker.account();
    const { cash } = await poolOf(w);
    await expect(
      attacker.defer(
        borrowMove(w, id, cash, attacker.address),
        vaultMove(w, "deposit", cash, attacker.address),
        borrowMove(w, id, cash, attacker.address),
        repayMove(w, id, cash),
      ),
    )
      .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
      .withArgs(id, 0n, cash);
  });
});

describe("defer, attacked by an operator who may only improve (rule 10)", () => {
  async function improver(debt = 15_000n) {
    const w = await loadWorld();
    const id = await openPosition(w, { amounts: [10n * w.collaterals[0]!.unit], debt: w.usd(debt) });
    const bot = await deployDeferrer(w, 100_000n);
    await w.authority.connect(w.trader).setOperator(bot.address, Permission.Improve);
    const out = (amount: bigint): Move => withdrawMove(w, id, 0, amount, bot.address);
    return { w, id, bot, out };
  }

  it("sells collateral and repays for the owner", async () => {
    const { w, id, bot, out } = await improver();
    await bot.defer(out(w.collaterals[0]!.unit), repayMove(w, id, w.usd(2_000n)));
    expect(await w.vault.debtOf(id)).to.equal(w.usd(13_000n));
  });

  it("does nothing risky outside of a deferral", async () => {
    const { w, id, bot, out } = await improver();
    for (const move of [out(1n), borrowMove(w, id, 1n, bot.address)]) {
      await expect(bot.act(move))
        .to.be.revertedWithCustomError(w.vault, "NotAuthorized")
        .withArgs(id, bot.address);
    }
  });

  it("takes nothing from an account that stays sound all the same", async () => {
    const { w, id, bot, out } = await improver();
    for (const move of [out(1n), borrowMove(w, id, 1n, bot.address)]) {
      await expect(bot.defer(move)).to.be.revertedWithCustomError(w.vault, "NotImproved");
    }
  });

  it("does not repay the debt and leave with the equity", async () => {
    const { w, id, bot, out } = await improver(1_500n);
    await expect(bot.defer(repayMove(w, id, MAX_UINT), out(MAX_UINT)))
      .to.be.revertedWithCustomError(w.vault, "NotImproved")
      .withArgs(id, w.usd(1_500n), 0n);
    await expect(bot.defer(out(MAX_UINT), repayMove(w, id, MAX_UINT))).to.be.revertedWithCustomError(
      w.vault,
      "NotImproved",
    );
  });

  it("does not repay the debt first, and come for the equity later", async () => {
    const { w, id, bot, out } = await improver(1_500n);
    await bot.defer(repayMove(w, id, MAX_UINT));
    await expect(bot.defer(out(MAX_UINT))).to.be.revertedWithCustomError(w.vault, "NotImproved");
    await expect(bot.act(out(MAX_UINT))).to.be.revertedWithCustomError(w.vault, "NotAuthorized");
  });

  it("keeps at most the largest penalty when it repays everything, to the base unit", async () => {
    const { w, id, bot, out } = await improver(9_200n);
    // 9,200 * 8 % / 92 % = 800: it may leave with 10,000 worth of the 20,000, five ETH.
    const five = 5n * w.collaterals[0]!.unit;
    // One base unit of the quote is 5e8 wei of ETH at 2,000.
    await expect(bot.defer(repayMove(w, id, MAX_UINT), out(five + 1n))).to.be.revertedWithCustomError(
      w.vault,
      "NotImproved",
    );
    await bot.defer(repayMove(w, id, MAX_UINT), out(five));
  });

  it("is judged as an improver also when the owner's own moves would do (C-46)", async () => {
    const { w, id, bot } = await improver();
    const owner = await deployDeferrer(w, 1_000n);
    expect(await w.authority.permissionOf(id, owner.address)).to.equal(Permission.None);
    await w.authority.connect(w.trader).setAccountOperator(id, owner.address, Permission.Everything);
    // The one takes a base unit, the other may only improve and touched it in the same deferral.
    const taken = moveOf(bot.contract, bot.address, "act", [withdrawMove(w, id, 0, 1n, bot.address)]);
    await expect(owner.defer(withdrawMove(w, id, 0, 1n, owner.address), taken)).to.be.revertedWithCustomError(
      w.vault,
      "NotImproved",
    );
    await owner.defer(withdrawMove(w, id, 0, 1n, owner.address));
  });

  it("of a called account does not come to it by soundness", async () => {
    const { w, id, bot, out } = await improver();
    await setPrice(w.collaterals[0]!, "1800");
    await w.vault.openCall(id);
    await expect(bot.defer(out(1n))).to.be.revertedWithCustomError(w.vault, "CallOpen");
    await bot.defer(out(w.collaterals[0]!.unit), repayMove(w, id, w.usd(1_800n)));
  });
});

describe("defer, attacked by re-entrance (I-35, C-40)", () => {
  it("a token's hook changes nothing in the middle of a deferral's move", async () => {
    const base = await loadWorld();
    const token = await deploy<HookToken>(base.ethers, "HookToken", [18]);
    const w = await withCollateral(base, { token, terms: STRONG, price: "2000" });
    const attacker = await deployDeferrer(w, 1_000n);
    const id = attacker.account();
    const victim = await openPosition(w);
    await attacker.act(depositMove(w, id, 2, 10n * w.collaterals[2]!.unit));
    const locked = w.vault.interface.getError("ReentrancyGuardReentrantCall")!.selector;
    const { address } = w.collaterals[0]!;
    for (const move of [
      repayMove(w, victim, 1n),
      depositMove(w, victim, 0, 1n),
      withdrawMove(w, id, 2, 1n, attacker.address),
      borrowMove(w, id, 1n, attacker.address),
      vaultMove(w, "openCall", victim),
      vaultMove(w, "openCalls", [victim]),
      vaultMove(w, "closeCall", victim),
      vaultMove(w, "closeCalls", [victim]),
      vaultMove(w, "cure", victim, 1n),
      vaultMove(w, "liquidate", victim, address, 1n, 0n, attacker.address, "0x"),
      vaultMove(w, "liquidateMany", [], attacker.address),
      vaultMove(w, "bookLoss", []),
      vaultMove(w, "bookFee"),
      vaultMove(w, "accrue"),
      vaultMove(w, "defer", "0x"),
      vaultMove(w, "deposit", 1n, attacker.address),
      vaultMove(w, "mint", 1n, attacker.address),
      vaultMove(w, "withdraw", 0n, attacker.address, attacker.address),
      vaultMove(w, "redeem", 0n, attacker.address, attacker.address),
    ]) {
      await token.setHook(move.target, move.data);
      await attacker.defer(withdrawMove(w, id, 2, 1n, attacker.address));
      expect([await token.called(), await token.succeeded()]).to.deep.equal([true, false]);
      expect(await token.result()).to.equal(locked);
    }
  });

  it("a called account cannot be sold by a hook after its last move and before its check", async () => {
    const base = await loadWorld();
    const token = await deploy<HookToken>(base.ethers, "HookToken", [18]);
    const w = await withCollateral(base, { token, terms: STRONG, price: "2000" });
    const attacker = await deployDeferrer(w, 1_000n);
    const id = attacker.account();
    const { unit } = w.collaterals[2]!;
    await attacker.act(
      depositMove(w, id, 2, 10n * unit),
      borrowMove(w, id, w.usd(15_000n), attacker.address),
    );
    const sale = liquidateMove(w, id, 2, attacker.address);
    await token.setHook(sale.target, sale.data);
    await expect(
      attacker.defer(withdrawMove(w, id, 2, 9n * unit, attacker.address)),
    ).to.be.revertedWithCustomError(w.vault, "InsufficientMargin");
    expect(await w.vault.collateralOf(id, w.collaterals[2]!.address)).to.equal(10n * unit);
  });
});

describe("defer, attacked through an account that is as good as lost (I-13, I-24)", () => {
  /** One ETH against 1,500, worth `value` by now. */
  async function worth(value: bigint) {
    const w = await loadWorld();
    const attacker = await deployDeferrer(w, 1_000_000n);
    const id = attacker.account();
    await attacker.act(
      depositMove(w, id, 0, w.collaterals[0]!.unit),
      borrowMove(w, id, w.usd(1_500n), attacker.address),
    );
    await setValue(w, id, w.usd(value));
    return { w, attacker, id };
  }

  it("grows no insolvent account to sell it to itself at the 2 % that are the lenders'", async () => {
    const { w, attacker, id } = await worth(1_400n);
    expect(await w.vault.statusOf(id)).to.equal(Status.Insolvent);
    // 500 ETH at 1,400 for 700,000: every ratio better than before, equity the same, and sold at 2 % under its price in
    // the same transaction 14,000 of the lenders' money.
    const grow = [
      depositMove(w, id, 0, 500n * w.collaterals[0]!.unit),
      borrowMove(w, id, w.usd(700_000n), attacker.address),
    ];
    await expect(attacker.defer(...grow))
      .to.be.revertedWithCustomError(w.vault, "InsufficientMargin")
      .withArgs(id, (w.usd(701_400n) * 76n) / 100n, w.usd(701_500n));
  });

  it("grows no account that is callable, healthy at 1 or critical beyond the initial weights", async () => {
    for (const [value, status] of [
      [1_510n, Status.Critical],
      [1_800n, Status.Callable],
      [1_880n, Status.Warned],
    ] as const) {
      const { w, attacker, id } = await worth(value);
      expect(await w.vault.statusOf(id)).to.equal(status);
      const grow = [
        depositMove(w, id, 0, 100n * w.collaterals[0]!.unit),
        borrowMove(w, id, w.usd(value * 79n), attacker.address),
      ];
      await expect(attacker.defer(...grow)).to.be.revertedWithCustomError(w.vault, "InsufficientMargin");
    }
  });

  it("adds no debt to a called account, whatever comes in with it (I-32)", async () => {
    const { w, attacker, id } = await worth(1_800n);
    await w.vault.openCall(id);
    const { deadline } = await stateOf(w, id);
    const grow = [
      depositMove(w, id, 0, 100n * w.collaterals[0]!.unit),
      borrowMove(w, id, w.usd(100n), attacker.address),
    ];
    await expect(attacker.defer(...grow))
      .to.be.revertedWithCustomError(w.vault, "CallOpen")
      .withArgs(id, deadline);
  });
});

describe("defer, attacked by swapping into what is capped (rule 3, I-38)", () => {
  it("brings nothing above its cap into an account as an improvement", async () => {
    const w = await loadWorld();
    const attacker = await deployDeferrer(w, 1_000n);
    const id = attacker.account();
    await attacker.act(
      depositMove(w, id, 0, 300n * w.collaterals[0]!.unit),
      borrowMove(w, id, w.usd(300_000n), attacker.address),
    );
    const { address, unit } = w.collaterals[1]!;
    await w.configurator.setCap(w.vault, address, unit);
    const swap = (bought: bigint, sold: bigint) => [
      withdrawMove(w, id, 0, sold, attacker.address),
      depositMove(w, id, 1, bought),
    ];
    await expect(attacker.defer(...swap(20n * unit, MAX_UINT)))
      .to.be.revertedWithCustomError(w.vault, "CollateralAboveCap")
      .withArgs(id, address, 20n * unit, unit);
    await attacker.defer(...swap(unit, w.collaterals[0]!.unit));
  });
});
