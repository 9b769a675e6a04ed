import { expect } from "chai";
import type { AccountId } from "../../sdk/accountId.ts";
import { Refusal, Status } from "../../sdk/vaultTypes.ts";
import { passDeadline } from "./support/clock.ts";
import {
  openCalledPosition,
  openPosition,
  setLiquidationValue,
  setMaintenanceValue,
  setValue,
} from "./support/position.ts";
import { loadWorld, MAX_UINT, type World } from "./support/world.ts";

/** The error with which an entrance refuses; nothing where it passes. */
type Verdict = string | undefined;
const PASSES = undefined;

interface Situation {
  status: keyof typeof Status;
  reach: (w: World) => Promise<AccountId>;
  /** Of a withdrawal and a loan: what they end with. */
  risky: Verdict;
  hasCall: boolean;
  mayOpen?: boolean;
  mayClose?: boolean;
  mayLiquidate?: boolean;
  isHopeless?: boolean;
}

async function at(w: World, set: typeof setValue, amount: bigint, debt = w.usd(1_500n)): Promise<AccountId> {
  const id = await openPosition(w, { debt });
  if (amount > 0n) await set(w, id, amount);
  return id;
}

async function past(w: World, maintenance: bigint, after: bigint): Promise<AccountId> {
  const id = await openCalledPosition(w, w.usd(1_450n));
  await passDeadline(w, id, after);
  await setMaintenanceValue(w, id, maintenance);
  return id;
}

const free = { hasCall: false };
const called = { hasCall: true, risky: "CallOpen" };

const situations: Record<string, Situation> = {
  "without debt": { ...free, status: "Healthy", risky: PASSES, reach: (w) => at(w, setValue, 0n, 0n) },
  healthy: { ...free, status: "Healthy", risky: PASSES, reach: (w) => at(w, setValue, 0n, w.usd(1_000n)) },
  warned: {
    ...free,
    status: "Warned",
    risky: "InsufficientMargin",
    reach: (w) => at(w, setMaintenanceValue, w.usd(1_500n)),
  },
  callable: {
    ...free,
    status: "Callable",
    risky: "InsufficientMargin",
    mayOpen: true,
    reach: (w) => at(w, setMaintenanceValue, w.usd(1_450n)),
  },
  called: { ...called, status: "Called", reach: (w) => openCalledPosition(w, w.usd(1_450n)) },
  recovering: {
    ...called,
    status: "Recovering",
    mayClose: true,
    reach: (w) => past(w, w.usd(1_500n), 10n),
  },
  expired: { ...called, status: "Expired", mayLiquidate: true, reach: (w) => past(w, w.usd(1_450n), 10n) },
  lapsed: { ...called, status: "Lapsed", mayOpen: true, reach: (w) => past(w, w.usd(1_450n), 4_000n) },
  critical: {
    ...free,
    status: "Critical",
    risky: "InsufficientMargin",
    mayLiquidate: true,
    reach: (w) => at(w, setLiquidationValue, w.usd(1_499n)),
  },
  "critical, called": {
    ...called,
    status: "Critical",
    mayLiquidate: true,
    reach: (w) => past(w, w.usd(1_370n), 10n),
  },
  insolvent: {
    ...free,
    status: "Insolvent",
    risky: "InsufficientMargin",
    mayLiquidate: true,
    reach: (w) => at(w, setValue, w.usd(1_000n)),
  },
  hopeless: {
    ...free,
    status: "Insolvent",
    risky: "InsufficientMargin",
    mayLiquidate: true,
    isHopeless: true,
    reach: (w) => at(w, setValue, w.usd(1n)),
  },
};

/** What every entrance that names an account makes of a situation; simulated. */
const entrances: Record<string, [(w: World, id: AccountId) => Promise<unknown>, (s: Situation) => Verdict]> =
  {
    depositCollateral: [
      (w, id) => w.vault.connect(w.trader).depositCollateral.staticCall(id, w.collaterals[0]!.address, 1n),
      () => PASSES,
    ],
    withdrawCollateral: [
      (w, id) =>
        w.vault.connect(w.trader).withdrawCollateral.staticCall(id, w.collaterals[0]!.address, 1n, w.trader),
      ({ risky }) => risky,
    ],
    borrow: [
      (w, id) => w.vault.connect(w.trader).borrow.staticCall(id, w.usd(100n), w.trader),
      ({ risky }) => risky,
    ],
    openCall: [(w, id) => w.vault.openCall.staticCall(id), (s) => (s.mayOpen ? PASSES : "NotCallable")],
    closeCall: [(w, id) => w.vault.closeCall.staticCall(id), (s) => (s.mayClose ? PASSES : "NotClosable")],
    cure: [
      (w, id) => w.vault.connect(w.trader).cure.staticCall(id, MAX_UINT),
      ({ hasCall }) => (hasCall ? PASSES : "NoCallOpen"),
    ],
    liquidate: [
      (w, id) =>
        w.vault
          .connect(w.keeper)
          .liquidate.staticCall(id, w.collaterals[0]!.address, MAX_UINT, 0n, w.keeper, "0x"),
      (s) => (s.mayLiquidate ? PASSES : "NotLiquidatable"),
    ],
  };

describe("what each status allows at each entrance, and what it forbids (section 2)", () => {
  for (const [what, situation] of Object.entries(situations)) {
    it(`${what} (rules 1 to 3, I-16, I-20, I-32)`, async () => {
      const w = await loadWorld();
      const id = await situation.reach(w);
      expect(await w.vault.statusOf(id)).to.equal(Status[situation.status]);
      for (const [name, [enter, verdictOf]] of Object.entries(entrances)) {
        const verdict = verdictOf(situation);
        const made = enter(w, id);
        if (verdict === PASSES) await made;
        else await expect(made, name).to.be.revertedWithCustomError(w.vault, verdict);
      }
      const isFree = (await w.vault.debtOf(id)) === 0n;
      const repayment = w.vault.connect(w.stranger).repay.staticCall(id, MAX_UINT);
      if (isFree) await expect(repayment).to.be.revertedWithCustomError(w.vault, "NoDebt");
      else await repayment;
      expect(await w.vault.bookLoss.staticCall([id])).to.deep.equal([
        BigInt(situation.isHopeless ? Refusal.None : Refusal.NoLossToBook),
      ]);
    });
  }

  it("is asked of every status there is", () => {
    const asked = new Set(Object.values(situations).map(({ status }) => status));
    expect(asked.size).to.equal(Object.keys(Status).length);
  });
});
