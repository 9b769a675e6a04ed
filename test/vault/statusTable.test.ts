import { expect } from "chai";
import type { AccountId } from "../../sdk/accountId.ts";
import { Refusal, Status } from "../../sdk/vaultTypes.ts";
import { deadlineOf, mineAt, now, passDeadline, refreshFeeds } from "./support/clock.ts";
import {
  openCalledPosition,
  openPosition,
  setLiquidationValue,
  setMaintenanceValue,
  setValue,
} from "./support/position.ts";
import { loadWorld, MAX_UINT, type World } from "./support/world.ts";

interface Situation {
  status: keyof typeof Status;
  /** Words that follow "given". */
  given: string;
  reach: (w: World) => Promise<AccountId>;
  mayOpen: boolean;
  mayClose: boolean;
  mayLiquidate: boolean;
  isCalled: boolean;
}

/** A called position of 1,500 debt whose deadline has passed and whose maintenance value then is `maintenance`. */
async function pastDeadline(w: World, maintenance: bigint, after = 0n): Promise<AccountId> {
  const id = await openCalledPosition(w, w.usd(1_450n));
  await passDeadline(w, id, after);
  if (maintenance !== w.usd(1_450n)) await setMaintenanceValue(w, id, maintenance);
  return id;
}

async function at(w: World, set: typeof setValue, amount: bigint, isCalled: boolean): Promise<AccountId> {
  const id = isCalled ? await openCalledPosition(w, w.usd(1_450n)) : await openPosition(w);
  await set(w, id, amount);
  return id;
}

const uncalled = { mayClose: false, isCalled: false };
const called = { mayOpen: false, isCalled: true };
const calm = { ...uncalled, mayOpen: false, mayLiquidate: false };

/** Every status of section 2 of the design page at both its edges, against a debt of 1,500. */
const situations: Situation[] = [
  {
    ...calm,
    status: "Healthy",
    given: "no debt",
    reach: (w) => openPosition(w, { debt: 0n }),
  },
  {
    ...calm,
    status: "Healthy",
    given: "H = 1.10 exactly",
    reach: (w) => at(w, setMaintenanceValue, w.usd(1_650n), false),
  },
  {
    ...calm,
    status: "Warned",
    given: "one base unit under H = 1.10",
    reach: (w) => at(w, setMaintenanceValue, w.usd(1_650n) - 1n, false),
  },
  {
    ...calm,
    status: "Warned",
    given: "H = 1 exactly",
    reach: (w) => at(w, setMaintenanceValue, w.usd(1_500n), false),
  },
  {
    ...uncalled,
    status: "Callable",
    given: "one base unit under H = 1",
    mayOpen: true,
    mayLiquidate: false,
    reach: (w) => at(w, setMaintenanceValue, w.usd(1_500n) - 1n, false),
  },
  {
    ...uncalled,
    status: "Callable",
    given: "F = 1 exactly and no call",
    mayOpen: true,
    mayLiquidate: false,
    reach: (w) => at(w, setLiquidationValue, w.usd(1_500n), false),
  },
  {
    ...called,
    status: "Called",
    given: "a call, H < 1",
    mayClose: false,
    mayLiquidate: false,
    reach: (w) => openCalledPosition(w, w.usd(1_450n)),
  },
  {
    ...called,
    status: "Called",
    given: "a call, F = 1 exactly",
    mayClose: false,
    mayLiquidate: false,
    reach: (w) => at(w, setLiquidationValue, w.usd(1_500n), true),
  },
  {
    ...called,
    status: "Called",
    given: "a call, one base unit under K_close",
    mayClose: false,
    mayLiquidate: false,
    reach: (w) => at(w, setMaintenanceValue, w.usd(1_515n) - 1n, true),
  },
  {
    ...called,
    status: "Called",
    given: "a call, H = K_close exactly",
    mayClose: true,
    mayLiquidate: false,
    reach: (w) => at(w, setMaintenanceValue, w.usd(1_515n), true),
  },
  {
    ...called,
    status: "Recovering",
    given: "a call past its deadline, H = 1 exactly",
    mayClose: true,
    mayLiquidate: false,
    reach: (w) => pastDeadline(w, w.usd(1_500n)),
  },
  {
    ...called,
    status: "Expired",
    given: "a call past its deadline, one base unit under H = 1",
    mayClose: false,
    mayLiquidate: true,
    reach: (w) => pastDeadline(w, w.usd(1_500n) - 1n),
  },
  {
    ...called,
    status: "Expired",
    given: "the second of the deadline (C-09)",
    mayClose: false,
    mayLiquidate: true,
    reach: (w) => pastDeadline(w, w.usd(1_450n)),
  },
  {
    ...called,
    status: "Called",
    given: "the second before the deadline (C-09)",
    mayClose: false,
    mayLiquidate: false,
    reach: async (w) => {
      const id = await openCalledPosition(w, w.usd(1_450n));
      await mineAt(w, (await deadlineOf(w, id)) - 1n);
      return id;
    },
  },
  {
    ...called,
    status: "Expired",
    given: "the last second of the auction's window (C-10)",
    mayClose: false,
    mayLiquidate: true,
    reach: (w) => pastDeadline(w, w.usd(1_450n), w.risk.auctionSeconds - 1n),
  },
  {
    ...called,
    status: "Lapsed",
    given: "the end of the auction's window (C-10)",
    mayOpen: true,
    mayClose: false,
    mayLiquidate: false,
    reach: (w) => pastDeadline(w, w.usd(1_450n), w.risk.auctionSeconds),
  },
  {
    ...called,
    status: "Recovering",
    given: "H = 1 after the window",
    mayClose: true,
    mayLiquidate: false,
    reach: (w) => pastDeadline(w, w.usd(1_500n), w.risk.auctionSeconds + 100n),
  },
  ...[false, true].flatMap((isCalled): Situation[] => [
    {
      status: "Critical",
      given: `F one base unit under 1, ${isCalled ? "called" : "no call"}`,
      mayOpen: false,
      mayClose: false,
      mayLiquidate: true,
      isCalled,
      reach: (w) => at(w, setLiquidationValue, w.usd(1_500n) - 1n, isCalled),
    },
    {
      status: "Critical",
      given: `V = D exactly, ${isCalled ? "called" : "no call"}`,
      mayOpen: false,
      mayClose: false,
      mayLiquidate: true,
      isCalled,
      reach: (w) => at(w, setValue, w.usd(1_500n), isCalled),
    },
    {
      status: "Insolvent",
      given: `V one base unit under D, ${isCalled ? "called" : "no call"}`,
      mayOpen: false,
      mayClose: false,
      mayLiquidate: true,
      isCalled,
      reach: (w) => at(w, setValue, w.usd(1_500n) - 1n, isCalled),
    },
  ]),
  {
    ...called,
    status: "Critical",
    given: "F < 1 after the window: it wins over Lapsed",
    mayClose: false,
    mayLiquidate: true,
    reach: (w) => pastDeadline(w, w.usd(1_350n), w.risk.auctionSeconds),
  },
];

describe("status (C-08, C-09, C-10)", () => {
  for (const [i, situation] of situations.entries()) {
    const { status, given, reach, mayOpen, mayClose, mayLiquidate, isCalled } = situation;
    describe(`${i + 1}. given ${given}`, () => {
      const name = (may: boolean) => (may ? "may" : "may not");

      it(`is ${status}`, async () => {
        const w = await loadWorld();
        const id = await reach(w);
        expect(await w.vault.statusOf(id)).to.equal(Status[status]);
        expect((await w.vault.marginOf(id)).status).to.equal(Status[status]);
      });

      it(`${name(mayOpen)} be called, ${name(mayClose)} be closed, ${name(mayLiquidate)} be liquidated`, async () => {
        const w = await loadWorld();
        const id = await reach(w);
        const asset = w.collaterals[0]!.address;
        const vault = w.vault.connect(w.keeper);
        expect(await vault.openCalls.staticCall([id])).to.deep.equal([
          BigInt(mayOpen ? Refusal.None : Refusal.NotCallable),
        ]);
        expect(await vault.closeCalls.staticCall([id])).to.deep.equal([
          BigInt(mayClose ? Refusal.None : Refusal.NotClosable),
        ]);
        const [taken] = await vault.liquidateMany.staticCall(
          [{ account: id, asset, maxRepay: MAX_UINT, minSeized: 0n }],
          w.keeper,
        );
        expect(taken!.refusal).to.equal(BigInt(mayLiquidate ? Refusal.None : Refusal.NotLiquidatable));
        if (!mayOpen) {
          await expect(vault.openCall.staticCall(id))
            .to.be.revertedWithCustomError(w.vault, "NotCallable")
            .withArgs(id, Status[status]);
        }
        if (!mayClose) {
          await expect(vault.closeCall.staticCall(id)).to.be.revertedWithCustomError(w.vault, "NotClosable");
        }
        const single = () => vault.liquidate.staticCall(id, asset, MAX_UINT, 0n, w.keeper, "0x");
        const preview = () => w.vault.previewLiquidation(id, asset, MAX_UINT);
        if (mayLiquidate) {
          expect((await single()).repaid).to.equal((await preview()).repaid);
        } else {
          for (const refused of [single, preview]) {
            await expect(refused())
              .to.be.revertedWithCustomError(w.vault, "NotLiquidatable")
              .withArgs(id, Status[status]);
          }
        }
      });

      it(`${isCalled ? "has" : "has no"} deadline`, async () => {
        const w = await loadWorld();
        const id = await reach(w);
        expect((await deadlineOf(w, id)) !== 0n).to.equal(isCalled);
      });
    });
  }

  it("has a situation for every status of the enum", () => {
    expect(new Set(situations.map((s) => s.status)).size).to.equal(Object.keys(Status).length);
  });
});

describe("forbidden transitions of section 2", () => {
  it("T-1. a second call on a called account does not move its deadline (rule 1, I-19)", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    const deadline = await deadlineOf(w, id);
    await expect(w.vault.openCall(id))
      .to.be.revertedWithCustomError(w.vault, "NotCallable")
      .withArgs(id, Status.Called);
    await w.vault.openCalls([id, id]);
    expect(await deadlineOf(w, id)).to.equal(deadline);
  });

  it("T-2. an expired account is not called anew before its auction has lapsed", async () => {
    const w = await loadWorld();
    const id = await pastDeadline(w, w.usd(1_450n), 100n);
    await expect(w.vault.openCall(id))
      .to.be.revertedWithCustomError(w.vault, "NotCallable")
      .withArgs(id, Status.Expired);
  });

  it("T-3. a recovering account is neither called anew nor liquidated, only closed", async () => {
    const w = await loadWorld();
    const id = await pastDeadline(w, w.usd(1_500n));
    await expect(w.vault.openCall(id))
      .to.be.revertedWithCustomError(w.vault, "NotCallable")
      .withArgs(id, Status.Recovering);
    await w.vault.closeCall(id);
    expect(await w.vault.statusOf(id)).to.equal(Status.Warned);
  });

  it("T-4. a callable account is not liquidated without a call (I-20)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setMaintenanceValue(w, id, w.usd(1_400n));
    await expect(
      w.vault.connect(w.keeper).liquidate(id, w.collaterals[0]!.address, MAX_UINT, 0n, w.keeper, "0x"),
    )
      .to.be.revertedWithCustomError(w.vault, "NotLiquidatable")
      .withArgs(id, Status.Callable);
  });

  it("T-5. a closed call never leads to a seizure: a new one has its own full time (I-23)", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    const first = await deadlineOf(w, id);
    await setMaintenanceValue(w, id, w.usd(1_515n));
    await w.vault.closeCall(id);
    await mineAt(w, first + 10n);
    await refreshFeeds(w);
    await setMaintenanceValue(w, id, w.usd(1_450n));
    expect(await w.vault.statusOf(id)).to.equal(Status.Callable);
    await w.vault.openCall(id);
    expect((await deadlineOf(w, id)) - (await now(w))).to.be.greaterThan(w.risk.minGraceSeconds);
    expect(await w.vault.statusOf(id)).to.equal(Status.Called);
  });

  it("T-6. a lapsed account is not liquidated until it has been called again and that deadline has passed", async () => {
    const w = await loadWorld();
    const id = await pastDeadline(w, w.usd(1_450n), w.risk.auctionSeconds);
    await w.vault.openCall(id);
    expect(await w.vault.statusOf(id)).to.equal(Status.Called);
    expect((await deadlineOf(w, id)) - (await now(w))).to.equal(w.risk.minGraceSeconds);
    await passDeadline(w, id);
    expect(await w.vault.statusOf(id)).to.equal(Status.Expired);
  });

  it("T-7. an account that rises from below the floor is Called again, with its old deadline", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    const deadline = await deadlineOf(w, id);
    await setMaintenanceValue(w, id, w.usd(1_300n));
    expect(await w.vault.statusOf(id)).to.equal(Status.Critical);
    await setMaintenanceValue(w, id, w.usd(1_450n));
    expect(await w.vault.statusOf(id)).to.equal(Status.Called);
    expect(await deadlineOf(w, id)).to.equal(deadline);
  });

  it("T-8. a healthy account is never touched by batches of everything", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    const state = await w.vault.accountState(id);
    await w.vault.openCalls([id]);
    await w.vault.closeCalls([id]);
    await w.vault.bookLoss([id]);
    await w.vault
      .connect(w.keeper)
      .liquidateMany(
        [{ account: id, asset: w.collaterals[0]!.address, maxRepay: MAX_UINT, minSeized: 0n }],
        w.keeper,
      );
    expect(await w.vault.accountState(id)).to.deep.equal(state);
  });
});
