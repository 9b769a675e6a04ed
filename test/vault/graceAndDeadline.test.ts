import { expect } from "chai";
import type { AccountId } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { deadlineOf, mineAt, passDeadline } from "./support/clock.ts";
import { graceSeconds } from "./support/formulas.ts";
import {
  openCalledPosition,
  openPosition,
  setLiquidationValue,
  setMaintenanceValue,
  setPrice,
} from "./support/position.ts";
import { stateOf } from "./support/state.ts";
import { loadWorld, MAX_UINT, type World } from "./support/world.ts";

const HOUR = 3_600n;

async function graceOf(w: World, id: AccountId): Promise<bigint> {
  const { deadline, calledAt } = await stateOf(w, id);
  return deadline - calledAt;
}

/** Calls, lets the deadline pass, and closes the call at H = 1; the time of closing. */
async function closeLate(w: World, id: AccountId): Promise<bigint> {
  await passDeadline(w, id);
  await setMaintenanceValue(w, id, w.usd(1_500n));
  await w.vault.closeCall(id);
  return (await stateOf(w, id)).closedLateAt;
}

describe("grace = max(minGrace, maxGrace * b^2)", () => {
  it("is the whole maximum just under the call level", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_500n) - 1n);
    expect(await graceOf(w, id)).to.equal(14_399n);
  });

  it("follows the square of the unused share of the band", async () => {
    const w = await loadWorld();
    for (const [i, maintenance] of [1_490n, 1_470n, 1_450n, 1_440n, 1_430n].entries()) {
      await setPriceBack(w);
      const id = await openPosition(w, { subAccount: BigInt(i) });
      await setMaintenanceValue(w, id, w.usd(maintenance));
      const expected = graceSeconds(await w.vault.marginOf(id), 900n, 14_400n);
      await w.vault.openCall(id);
      expect(await graceOf(w, id)).to.be.within(expected - 1n, expected);
    }
  });

  it("halves the band to a quarter of the time, to a second of the formula worked by hand", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setMaintenanceValue(w, id, w.usd(1_440n));
    // V = 1,795.51, A_l = 1,569.27: b = 69.27 * 1,440 / (1,500 * 129.27) = 0.51445, b^2 = 0.26466
    await w.vault.openCall(id);
    expect(await graceOf(w, id)).to.be.within(3_810n, 3_812n);
  });

  it("is the minimum at the floor exactly (C-08)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setLiquidationValue(w, id, w.usd(1_500n));
    await w.vault.openCall(id);
    expect(await graceOf(w, id)).to.equal(900n);
  });

  it("lies between minimum and maximum anywhere in the band (I-21)", async () => {
    const w = await loadWorld();
    for (let i = 0n; i < 12n; i++) {
      await setPriceBack(w);
      const id = await openPosition(w, { subAccount: i });
      await setMaintenanceValue(w, id, w.usd(1_499n) - i * w.usd(11n));
      await w.vault.openCall(id);
      expect(await graceOf(w, id)).to.be.within(900n, 14_400n);
    }
  });
});

async function setPriceBack(w: World): Promise<void> {
  await setPrice(w.collaterals[0]!, "2000");
}

describe("a call within 24 h of one that closed past its deadline (rule 1)", () => {
  it("has the minimum grace in its last second", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    const closedLateAt = await closeLate(w, id);
    await mineAt(w, closedLateAt + 24n * HOUR - 10n);
    await setMaintenanceValue(w, id, w.usd(1_499n));
    await w.helpers.time.setNextBlockTimestamp(closedLateAt + 24n * HOUR - 1n);
    await w.vault.openCall(id);
    expect(await graceOf(w, id)).to.equal(900n);
  });

  it("has the full grace again after 24 h exactly", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    const closedLateAt = await closeLate(w, id);
    await mineAt(w, closedLateAt + 24n * HOUR - 10n);
    await setMaintenanceValue(w, id, w.usd(1_499n));
    await w.helpers.time.setNextBlockTimestamp(closedLateAt + 24n * HOUR);
    await w.vault.openCall(id);
    expect(await graceOf(w, id)).to.be.greaterThan(14_000n);
  });

  it("has the minimum grace after every way of closing late", async () => {
    const w = await loadWorld();
    const { address } = w.collaterals[0]!;
    const ways: ((id: AccountId) => Promise<unknown>)[] = [
      (id) => w.vault.connect(w.trader).repay(id, w.usd(60n)),
      (id) => w.vault.connect(w.trader).cure(id, MAX_UINT),
      (id) => w.vault.connect(w.trader).depositCollateral(id, address, w.collaterals[0]!.unit / 20n),
      (id) => w.vault.connect(w.keeper).liquidate(id, address, MAX_UINT, 0n, w.keeper, "0x"),
    ];
    for (const [i, way] of ways.entries()) {
      await setPriceBack(w);
      const id = await openPosition(w, { subAccount: BigInt(i) });
      await setMaintenanceValue(w, id, w.usd(1_450n));
      await w.vault.openCall(id);
      await passDeadline(w, id);
      await way(id);
      expect(await deadlineOf(w, id), `way ${i}`).to.equal(0n);
      const debt = await w.vault.debtOf(id);
      await setMaintenanceValue(w, id, debt - 1n);
      await w.vault.openCall(id);
      expect(await graceOf(w, id), `way ${i}`).to.equal(900n);
    }
  });

  it("has the minimum grace also when the late one was closed by paying all and borrowing anew", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    await passDeadline(w, id);
    await w.vault.connect(w.trader).repay(id, MAX_UINT);
    await setPriceBack(w);
    await w.vault.connect(w.trader).borrow(id, w.usd(1_500n), w.trader);
    await setMaintenanceValue(w, id, w.usd(1_499n));
    await w.vault.openCall(id);
    expect(await graceOf(w, id)).to.equal(900n);
  });
});

describe("a call after one that closed in time", () => {
  it("has its full grace: no flag takes away the next notice (peers: Cap, Aloe)", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    await w.vault.connect(w.trader).cure(id, MAX_UINT);
    const debt = await w.vault.debtOf(id);
    await setMaintenanceValue(w, id, debt - 1n);
    await w.vault.openCall(id);
    expect(await graceOf(w, id)).to.equal(14_399n);
  });
});

describe("an open call's deadline (rule 1, I-21)", () => {
  const moves: [string, (w: World, id: AccountId) => Promise<unknown>][] = [
    ["a partial repayment", (w, id) => w.vault.connect(w.trader).repay(id, w.usd(20n))],
    [
      "a partial deposit",
      (w, id) =>
        w.vault
          .connect(w.trader)
          .depositCollateral(id, w.collaterals[0]!.address, w.collaterals[0]!.unit / 200n),
    ],
    ["a second call", (w, id) => w.vault.openCalls([id])],
    ["a refused closing", (w, id) => w.vault.closeCalls([id])],
    ["a refused write-off", (w, id) => w.vault.bookLoss([id])],
    [
      "a fall below the floor and back",
      async (w, id) => {
        await setMaintenanceValue(w, id, w.usd(1_300n));
        await setMaintenanceValue(w, id, w.usd(1_450n));
      },
    ],
    [
      "a price that rises to one base unit under K_close and falls again",
      async (w, id) => {
        await setMaintenanceValue(w, id, w.usd(1_515n) - 1n);
        await w.vault.closeCalls([id]);
        await setMaintenanceValue(w, id, w.usd(1_450n));
      },
    ],
    [
      "new terms of the vault",
      (w) => w.configurator.setRiskTerms(w.vault, { ...w.risk, minGraceSeconds: 14_400n }),
    ],
  ];
  for (const [name, move] of moves) {
    it(`is not moved by ${name}`, async () => {
      const w = await loadWorld();
      const id = await openCalledPosition(w, w.usd(1_450n));
      const { deadline, auctionStart, calledAt } = await stateOf(w, id);
      await move(w, id);
      expect(await stateOf(w, id)).to.include({ deadline, auctionStart, calledAt });
      expect(await w.vault.statusOf(id)).to.equal(Status.Called);
    });
  }

  it("is not moved by the liquidation of a critical account, which starts no auction before it", async () => {
    const w = await loadWorld();
    const unit = w.collaterals[0]!.unit;
    const id = await openPosition(w, { amounts: [10n * unit], debt: w.usd(15_000n) });
    await setMaintenanceValue(w, id, w.usd(14_500n));
    await w.vault.openCall(id);
    const { deadline } = await stateOf(w, id);
    await setLiquidationValue(w, id, w.usd(14_900n));
    // A take of just over a quarter of the tranche leaves the account short of the closing level.
    const { repaid: tranche } = await w.vault.previewLiquidation(id, w.collaterals[0]!.address, MAX_UINT);
    await w.vault
      .connect(w.keeper)
      .liquidate(id, w.collaterals[0]!.address, (tranche * 27n) / 100n, 0n, w.keeper, "0x");
    expect(await stateOf(w, id)).to.include({ deadline, auctionStart: deadline });
  });
});
