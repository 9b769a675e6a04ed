import { expect } from "chai";
import type { AccountId } from "../../sdk/accountId.ts";
import { Refusal, Status } from "../../sdk/vaultTypes.ts";
import type { MockOracle } from "../../types/index.ts";
import { replaceOracle } from "./support/listing.ts";
import { deadlineOf, mineAt, now, passDeadline } from "./support/clock.ts";
import {
  openCalledPosition,
  openPosition,
  setLiquidationValue,
  setMaintenanceValue,
  setPrice,
} from "./support/position.ts";
import { stateOf } from "./support/state.ts";
import { deploy, loadWorld, MAX_UINT, type World } from "./support/world.ts";

/** What the ancestors of the margin call got wrong, each as the sequence that went wrong there. */

function large(w: World) {
  return { amounts: [10n * w.collaterals[0]!.unit], debt: w.usd(15_000n) };
}

function selfLiquidate(w: World, id: AccountId, maxRepay = MAX_UINT) {
  return w.vault.connect(w.trader).liquidate(id, w.collaterals[0]!.address, maxRepay, 0n, w.trader, "0x");
}

/** The least payment with which a quarter of the present tranche is repaid, and a little. */
async function quarterTranche(w: World, id: AccountId): Promise<bigint> {
  const { repaid, insured } = await w.vault.previewLiquidation(id, w.collaterals[0]!.address, MAX_UINT);
  return ((repaid + insured) * 26n) / 100n;
}

describe("Aloe: a partial self-liquidation cleared the warning", () => {
  it("is not possible here before the deadline", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(14_500n), large(w));
    await expect(selfLiquidate(w, id))
      .to.be.revertedWithCustomError(w.vault, "NotLiquidatable")
      .withArgs(id, Status.Called);
  });

  it("leaves the call and its deadline when the account is critical before it", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(14_500n), large(w));
    const deadline = await deadlineOf(w, id);
    await setLiquidationValue(w, id, w.usd(14_900n));
    await selfLiquidate(w, id, await quarterTranche(w, id));
    expect(await deadlineOf(w, id)).to.equal(deadline);
    await passDeadline(w, id);
    expect([BigInt(Status.Expired), BigInt(Status.Critical)]).to.include(await w.vault.statusOf(id));
  });

  it("leaves the account liquidatable past the deadline: others go on in the same second", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(14_000n), large(w));
    await passDeadline(w, id, 1_800n);
    const deadline = await deadlineOf(w, id);
    await selfLiquidate(w, id, await quarterTranche(w, id));
    expect(await deadlineOf(w, id)).to.equal(deadline);
    expect(await w.vault.statusOf(id)).to.equal(Status.Expired);
    await w.vault.connect(w.keeper).liquidate(id, w.collaterals[0]!.address, MAX_UINT, 0n, w.keeper, "0x");
  });

  it("costs him debt each time he starts the auction again, until it is over (I-31)", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(14_000n), large(w));
    await passDeadline(w, id);
    let restarts = 0;
    while ((await w.vault.statusOf(id)) === BigInt(Status.Expired)) {
      const debt = await w.vault.debtOf(id);
      await mineAt(w, (await now(w)) + 300n);
      await selfLiquidate(w, id, await quarterTranche(w, id));
      expect(await w.vault.debtOf(id)).to.be.lessThan((debt * 97n) / 100n);
      restarts++;
      expect(restarts).to.be.lessThan(15);
    }
    expect(await w.vault.statusOf(id)).to.equal(Status.Warned);
  });
});

describe("Aloe: a second entrance skipped the warning", () => {
  for (const [name, reach] of [
    [
      "callable and not called",
      async (w: World) => {
        const id = await openPosition(w, large(w));
        await setMaintenanceValue(w, id, w.usd(14_500n));
        return id;
      },
    ],
    ["called", (w: World) => openCalledPosition(w, w.usd(14_500n), large(w))],
  ] as const) {
    it(`no entrance takes anything from an account that is ${name} (I-20)`, async () => {
      const w = await loadWorld();
      const id = await reach(w);
      const { address, token, unit } = w.collaterals[0]!;
      const vault = w.vault.connect(w.keeper);
      const request = { account: id, asset: address, maxRepay: MAX_UINT, minSeized: 0n };
      await expect(vault.liquidate(id, address, MAX_UINT, 0n, w.keeper, "0x")).to.be.revertedWithCustomError(
        w.vault,
        "NotLiquidatable",
      );
      await vault.liquidateMany([request, request], w.keeper);
      await vault.bookLoss([id]);
      await vault.closeCalls([id]);
      await vault.openCalls([id]);
      expect(await w.vault.collateralOf(id, address)).to.equal(10n * unit);
      expect(await token.balanceOf(w.vault)).to.equal(10n * unit);
      expect(await w.vault.debtOf(id)).to.equal(w.usd(15_000n));
    });
  }
});

describe("Cap, Aloe: a stale flag took away the next notice", () => {
  it("leaves nothing behind that a call which ended could still be liquidated by (I-23)", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    const deadline = await deadlineOf(w, id);
    await w.vault.connect(w.trader).cure(id, MAX_UINT);
    await mineAt(w, deadline + 60n);
    await setMaintenanceValue(w, id, (await w.vault.debtOf(id)) - w.usd(10n));
    expect(await w.vault.statusOf(id)).to.equal(Status.Callable);
    await expect(selfLiquidate(w, id))
      .to.be.revertedWithCustomError(w.vault, "NotLiquidatable")
      .withArgs(id, Status.Callable);
  });

  it("leaves nothing behind when the debt was paid and taken up again", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    const deadline = await deadlineOf(w, id);
    await w.vault.connect(w.trader).repay(id, MAX_UINT);
    await setPrice(w.collaterals[0]!, "2000");
    await w.vault.connect(w.trader).borrow(id, w.usd(1_500n), w.trader);
    await mineAt(w, deadline + 60n);
    await setMaintenanceValue(w, id, w.usd(1_450n));
    expect(await w.vault.statusOf(id)).to.equal(Status.Callable);
  });
});

describe("Cap: a grace longer than the expiry switched liquidation off", () => {
  it("counts the auction's whole window from the deadline, however long the grace", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    const risk = {
      ...w.risk,
      minGraceSeconds: 86_400n,
      maxGraceSeconds: 86_400n,
      auctionSeconds: 600n,
      rampSeconds: 300n,
    };
    await w.configurator.setRiskTerms(w.vault, risk);
    await setMaintenanceValue(w, id, w.usd(1_450n));
    await w.vault.openCall(id);
    const { calledAt, deadline } = await stateOf(w, id);
    expect(deadline - calledAt).to.equal(86_400n);
    for (const [after, status] of [
      [-1n, Status.Called],
      [0n, Status.Expired],
      [599n, Status.Expired],
      [600n, Status.Lapsed],
    ] as const) {
      await mineAt(w, deadline + after);
      expect(await w.vault.statusOf(id), `${after} s after the deadline`).to.equal(status);
    }
  });
});

describe("Sentiment: oracle downtime blocked repayment", () => {
  for (const [name, conduct] of [
    ["reverts", 1],
    ["burns all its gas", 2],
    ["answers too little", 3],
  ] as const) {
    it(`does not here when the oracle ${name}: deposits and repayments of called accounts pass (rule 3)`, async () => {
      const w = await loadWorld();
      const oracle = await deploy<MockOracle>(w.ethers, "MockOracle", [
        w.quoteAddress,
        w.collaterals.map((c) => c.address),
      ]);
      const { price36 } = await w.oracle.price(w.collaterals[0]!.address);
      for (const c of w.collaterals) await oracle.set(c.number, price36, true);
      await replaceOracle(w, oracle);
      const id = await openPosition(w);
      await oracle.set(0, (price36 * 92n) / 100n, true);
      await w.vault.openCall(id);
      await oracle.setConduct(conduct);
      const overrides = { gasLimit: 16_000_000n };
      const vault = w.vault.connect(w.trader);
      await vault.depositCollateral(id, w.collaterals[0]!.address, 1n, overrides);
      await vault.repay(id, w.usd(1_000n), overrides);
      expect(await w.vault.debtOf(id)).to.equal(w.usd(500n));
      await vault.repay(id, MAX_UINT, overrides);
      expect(await deadlineOf(w, id)).to.equal(0n);
    });
  }
});

describe("Maple: paying less than was called reverted", () => {
  it("does not here", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    await w.vault.connect(w.trader).repay(id, 1n);
    expect(await w.vault.debtOf(id)).to.equal(w.usd(1_500n) - 1n);
  });
});

describe("dYdX: all collateral was taken", () => {
  it("is not here: what an expired account has beyond the cure stays its own (I-29)", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(14_800n), large(w));
    await passDeadline(w, id);
    await w.vault.connect(w.keeper).liquidate(id, w.collaterals[0]!.address, MAX_UINT, 0n, w.keeper, "0x");
    expect(await w.vault.collateralOf(id, w.collaterals[0]!.address)).to.be.greaterThan(
      8n * w.collaterals[0]!.unit,
    );
  });
});

describe("a cure that is lent", () => {
  it("cannot be taken out again below the initial margin, by deposit or by repayment (C-57, C-54)", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    const { address, unit } = w.collaterals[0]!;
    const vault = w.vault.connect(w.trader);
    await vault.depositCollateral(id, address, unit);
    expect(await w.vault.statusOf(id)).to.equal(Status.Healthy);
    await expect(vault.withdrawCollateral(id, address, unit, w.trader)).to.be.revertedWithCustomError(
      w.vault,
      "InsufficientMargin",
    );

    const other = await openPosition(w, { subAccount: 1n, debt: w.usd(1_300n) });
    await setMaintenanceValue(w, other, w.usd(1_290n));
    await w.vault.openCall(other);
    await vault.repay(other, MAX_UINT);
    await expect(vault.borrow(other, w.usd(1_300n), w.trader)).to.be.revertedWithCustomError(
      w.vault,
      "InsufficientMargin",
    );
  });
});

describe("a collateral switched on and off around a call", () => {
  it("can be added at any time, taken out only while none is open, and changes neither call nor deadline (C-54)", async () => {
    const w = await loadWorld({ secondIsWeaker: true });
    const [eth, btc] = [w.collaterals[0]!, w.collaterals[1]!];
    const id = await openPosition(w, { debt: w.usd(1_400n) });
    const vault = w.vault.connect(w.trader);
    const on = () => vault.depositCollateral(id, btc.address, 1_000n);
    const off = () => vault.withdrawCollateral(id, btc.address, MAX_UINT, w.trader);
    const setOf = async () => (await stateOf(w, id)).collateralSet;
    for (let i = 0; i < 2; i++) {
      await on();
      expect(await setOf()).to.equal(3n);
      await off();
      expect(await setOf()).to.equal(1n);
    }
    await setPrice(eth, "1700");
    await w.vault.openCall(id);
    const { callNonce, deadline } = await stateOf(w, id);
    await on();
    await expect(off()).to.be.revertedWithCustomError(w.vault, "CallOpen").withArgs(id, deadline);
    expect(await stateOf(w, id)).to.deep.include({ callNonce, deadline, collateralSet: 3n });
    await passDeadline(w, id);
    // Dust of the weaker one does not stand before what is to be sold (rule 8).
    await w.vault.connect(w.keeper).liquidate(id, eth.address, MAX_UINT, 0n, w.keeper, "0x");
    await vault.repay(id, MAX_UINT);
    await off();
    expect(await setOf()).to.equal(1n);
  });

  it("emptied and filled again by its owner, is the same position to a call (C-54)", async () => {
    const w = await loadWorld();
    const [eth, btc] = [w.collaterals[0]!, w.collaterals[1]!];
    const id = await openPosition(w, { amounts: [eth.unit, btc.unit], debt: w.usd(1_500n) });
    const vault = w.vault.connect(w.trader);
    await vault.withdrawCollateral(id, eth.address, MAX_UINT, w.trader);
    await setPrice(btc, "1800");
    expect(await w.vault.statusOf(id)).to.equal(Status.Callable);
    await w.vault.openCall(id);
    const { deadline } = await stateOf(w, id);
    await vault.depositCollateral(id, eth.address, 1n);
    expect(await deadlineOf(w, id)).to.equal(deadline);
    await vault.depositCollateral(id, eth.address, eth.unit);
    expect(await deadlineOf(w, id)).to.equal(0n);
    // Off again only as far as the initial margin of 1,500 against 1,800 of bitcoin and the ether allows.
    await expect(vault.withdrawCollateral(id, eth.address, MAX_UINT, w.trader)).to.be.revertedWithCustomError(
      w.vault,
      "InsufficientMargin",
    );
  });
});

describe("strangers (I-17)", () => {
  it("cannot make an account worse, only better, or open and close its call as allowed", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    const { address } = w.collaterals[0]!;
    const vault = w.vault.connect(w.stranger);
    const before = await w.vault.marginOf(id);
    await expect(vault.withdrawCollateral(id, address, 1n, w.stranger)).to.be.revertedWithCustomError(
      w.vault,
      "NotAuthorized",
    );
    await expect(vault.borrow(id, 1n, w.stranger)).to.be.revertedWithCustomError(w.vault, "NotAuthorized");
    await vault.depositCollateral(id, address, 1_000n);
    await vault.repay(id, 1_000n);
    expect(await vault.openCalls.staticCall([id])).to.deep.equal([BigInt(Refusal.NotCallable)]);
    expect((await w.vault.marginOf(id)).healthWad).to.be.greaterThan(before.healthWad);
  });
});
