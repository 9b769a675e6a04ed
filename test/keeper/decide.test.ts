import { expect } from "chai";
import { describe, it } from "mocha";
import { decide } from "../../keeper/policy/decide.ts";
import { accountsOf, isTake, type Action, type Duty, type TakeItem } from "../../keeper/policy/action.ts";
import type { PolicySettings, Snapshot } from "../../keeper/policy/snapshot.ts";
import { workTake } from "../../sdk/liquidation.ts";
import { Refusal, type AccountState } from "../../sdk/vaultTypes.ts";
import { momentOf } from "../../keeper/policy/assess.ts";
import { accountOf, stateOf } from "./support/state.ts";
import { ACT_AT, ALT, ETHER, GWEI, NOW, price36, SETTINGS, snapshotOf, USDC } from "./support/snapshot.ts";

const DEBT = 10_000n * USDC;
/** The debt is `DEBT`; one ether counts 1,604 for maintenance and 1,748 for the floor at 2,000. */
const amountFor = (healthBps: bigint, debt = DEBT) => (debt * ETHER * healthBps) / (1_604n * USDC) / 10_000n;

const healthy = stateOf(amountFor(13_000n), DEBT);
const callable = stateOf(amountFor(9_900n), DEBT);
const critical = stateOf(amountFor(9_100n), DEBT);
const called = stateOf(amountFor(9_900n), DEBT, {
  calledAt: NOW - 100n,
  deadline: ACT_AT + 1_000n,
  auctionStart: ACT_AT + 1_000n,
});
const openSince = (seconds: bigint, healthBps: bigint, debt = DEBT) =>
  stateOf(amountFor(healthBps, debt), debt, {
    calledAt: ACT_AT - seconds - 900n,
    deadline: ACT_AT - seconds,
    auctionStart: ACT_AT - seconds,
  });

function dutiesOf(actions: readonly Action[]): Duty[] {
  return actions.map(({ duty }) => duty);
}

function decideFor(
  states: readonly AccountState[],
  changes: Partial<Snapshot> = {},
  settings: Partial<PolicySettings> = {},
) {
  const accounts = states.map((state, i) => [accountOf(i), state] as const);
  return decide(snapshotOf(accounts, changes), { ...SETTINGS, ...settings });
}

function takesIn(actions: readonly Action[]): TakeItem[] {
  return actions.filter(isTake).flatMap(({ items }) => items);
}

describe("decide", () => {
  it("does nothing for accounts that are well, or without debt", () => {
    const decision = decideFor([healthy, stateOf(ETHER, 0n), called]);
    expect(decision.actions).to.be.empty;
    expect(decision.counts).to.deep.equal({ Healthy: 1, Called: 1 });
  });

  it("is pure: the same snapshot gives the same decision", () => {
    const accounts = [callable, critical, openSince(1_500n, 9_900n)].map(
      (s, i) => [accountOf(i), s] as const,
    );
    const snapshot = Object.freeze(snapshotOf(accounts));
    expect(decide(snapshot, SETTINGS)).to.deep.equal(decide(snapshot, SETTINGS));
  });

  it("orders the duties: critical, profitable, reopen, open, close, book", () => {
    const hopeless = stateOf(ETHER / 1_000n, DEBT);
    const states = [
      hopeless,
      openSince(100n, 10_100n),
      callable,
      openSince(3_700n, 9_900n),
      openSince(1_500n, 9_900n),
      critical,
    ];
    // A take of the hopeless account's 2 USDC costs more than it may lose.
    const { actions } = decideFor(states, {}, { criticalLossPerAccountPerDay: 1n });
    expect(dutiesOf(actions)).to.deep.equal([
      "liquidateCritical",
      "liquidateProfitable",
      "reopenCall",
      "openCall",
      "closeCall",
      "bookLoss",
    ]);
    expect(actions.map(accountsOf)).to.deep.equal([5, 4, 3, 2, 1, 0].map((n) => [accountOf(n)]));
  });

  it("judges accounts at the time of the next block, with its interest", () => {
    // At 50 % a year, 12 s are worth two ten-millionths; the account is one ten-millionth above the level.
    const rates = {
      kinkWad: ETHER / 2n,
      baseRateWad: ETHER / 2n,
      kinkRateWad: ETHER / 2n,
      fullRateWad: ETHER,
    };
    const amount = amountFor(10_000n);
    const edge = stateOf(amount + amount / 10_000_000n, DEBT);
    const snapshot = snapshotOf([[accountOf(0), edge]]);
    const pool = { ...snapshot.vault.pool, totalDebtShares: DEBT };
    const vault = { ...snapshot.vault, pool };
    expect(decideFor([edge], { vault }).actions).to.be.empty;
    expect(dutiesOf(decideFor([edge], { vault, rates }).actions)).to.deep.equal(["openCall"]);
  });

  describe("without prices", () => {
    it("decides nothing, for the vault would refuse everything", () => {
      const prices = { available: false, freshSet: 0, price36: [] };
      expect(decideFor([callable, critical], { prices }).actions).to.be.empty;
    });
  });

  describe("opening calls", () => {
    it("opens in batches, most at stake first", () => {
      const states = Array.from({ length: 7 }, (_, i) => {
        const debt = DEBT + BigInt(i) * USDC;
        return stateOf(amountFor(9_900n, debt), debt);
      });
      const { actions } = decideFor(states, {}, { callsPerTransaction: 3 });
      expect(actions.map((a) => accountsOf(a).length)).to.deep.equal([3, 3, 1]);
      expect(actions.flatMap(accountsOf)).to.deep.equal([6, 5, 4, 3, 2, 1, 0].map(accountOf));
      expect(actions[0]?.stake).to.equal(3n * DEBT + 15n * USDC);
    });

    it("never exceeds the gas of a transaction", () => {
      const states = Array.from({ length: 400 }, () => callable);
      const { actions } = decideFor(states, {}, { callsPerTransaction: 250 });
      for (const { gasLimit } of actions) expect(gasLimit <= 16_000_000n).to.be.true;
      expect(actions.reduce((sum, a) => sum + accountsOf(a).length, 0)).to.equal(400);
    });

    it("reopens a lapsed call, and not a second before it lapses", () => {
      const at = (seconds: bigint) => dutiesOf(decideFor([openSince(seconds, 9_900n)]).actions);
      expect(at(3_612n)).to.deep.equal(["reopenCall"]);
      expect(at(3_599n)).to.deep.equal(["liquidateProfitable"]);
      // Between this block and the next it lapses: nothing sent now would pass in both.
      expect(at(3_605n)).to.be.empty;
    });
  });

  describe("closing calls", () => {
    const before = (healthBps: bigint) => ({
      ...called,
      collateral: stateOf(amountFor(healthBps), 0n).collateral,
    });

    it("closes before the deadline at 1.01 and not below", () => {
      expect(dutiesOf(decideFor([before(10_101n)]).actions)).to.deep.equal(["closeCall"]);
      expect(decideFor([before(10_099n)]).actions).to.be.empty;
    });

    it("closes past the deadline at 1, once it has passed", () => {
      expect(decideFor([openSince(11n, 10_001n)]).actions).to.be.empty;
      expect(dutiesOf(decideFor([openSince(12n, 10_001n)]).actions)).to.deep.equal(["closeCall"]);
    });
  });

  describe("liquidating what is profitable", () => {
    it("waits until the discount pays for gas and margin, and knows the second", () => {
      const at = (seconds: bigint) =>
        decideFor([openSince(seconds, 9_900n)], {}, { profitMargin: 20n * USDC });
      const early = at(12n);
      expect(early.actions).to.be.empty;
      expect(early.skips).to.deep.equal([
        { account: accountOf(0), duty: "liquidateProfitable", reason: "notProfitable" },
      ]);
      const moment = early.nextMoment! - ACT_AT + 12n;
      expect(moment > 0n).to.be.true;
      expect(at(moment - 1n).actions).to.be.empty;
      const [take] = takesIn(at(moment).actions);
      expect(take!.gain >= 20n * USDC + USDC / 2n).to.be.true;
    });

    it("announces the lapse when the auction never pays", () => {
      const { nextMoment } = decideFor([openSince(100n, 9_900n)], {}, { profitMargin: 10n ** 12n });
      expect(nextMoment).to.equal(ACT_AT - 100n + 3_600n);
    });

    it("announces the nearest deadline", () => {
      expect(decideFor([called, healthy]).nextMoment).to.equal(ACT_AT + 1_000n);
    });

    it("asks for what the vault would give", () => {
      const state = openSince(1_500n, 9_900n);
      const snapshot = snapshotOf([[accountOf(0), state]]);
      const [item] = takesIn(decide(snapshot, SETTINGS).actions);
      const take = workTake(state, momentOf(snapshot), { number: 0, ...item! });
      expect(take.refusal).to.equal(Refusal.None);
      expect(take.repaid).to.equal(item!.stake);
      const value = (take.seized * take.price36) / 10n ** 36n;
      expect(value - take.repaid - take.insured).to.equal(item!.gain);
    });

    it("refuses a take that has shrunk below its gas meanwhile, and no other (C-53)", () => {
      const state = openSince(1_500n, 9_900n);
      const snapshot = snapshotOf([[accountOf(0), state]]);
      const [item] = takesIn(decide(snapshot, SETTINGS).actions);
      const repaid = { ...state, debtShares: state.debtShares - 1n };
      const take = workTake(repaid, momentOf(snapshot), { number: 0, ...item! });
      expect(take.refusal).to.equal(Refusal.None);
      expect(item!.minSeized > 0n && item!.minSeized < take.seized / 10n).to.be.true;
    });

    it("takes in the auction's first half what the vault allows, of two collaterals the lower weight", () => {
      const both: AccountState = {
        ...openSince(1_500n, 5_000n),
        collateralSet: 3,
        collateral: stateOf(amountFor(5_000n), 0n).collateral.with(1, (amountFor(4_900n) * 1_604n) / 750n),
      };
      const [item] = takesIn(decideFor([both]).actions);
      expect(item?.asset).to.equal(ALT.asset);
    });

    it("does nothing while the gas price is unknown", () => {
      const gas = { ...snapshotOf([]).gas, nativePrice36: undefined };
      const { actions, skips } = decideFor([openSince(1_500n, 9_900n)], { gas });
      expect(actions).to.be.empty;
      expect(skips[0]?.reason).to.equal("gasUnknown");
    });

    it("leaves a stale collateral alone", () => {
      const prices = { available: true, freshSet: 2, price36: [price36(2_000), price36(1_000)] };
      const { actions, skips } = decideFor([openSince(1_500n, 9_900n)], { prices });
      expect(actions).to.be.empty;
      expect(skips[0]?.reason).to.equal("notTakeable");
    });
  });

  describe("liquidating what is critical", () => {
    const small = stateOf(amountFor(9_100n, 100n * USDC), 100n * USDC);
    const dearGas = { ...snapshotOf([]).gas, weiPerGas: 10n * GWEI };

    it("does it at once, called or not, most at stake first", () => {
      const bigger = stateOf(amountFor(9_100n, 2n * DEBT), 2n * DEBT);
      const calledToo = { ...critical, deadline: ACT_AT + 500n, auctionStart: ACT_AT + 500n };
      const { actions } = decideFor([critical, bigger, calledToo]);
      expect(dutiesOf(actions)).to.deep.equal(["liquidateCritical"]);
      expect(takesIn(actions)[0]?.account).to.equal(accountOf(1));
      expect(takesIn(actions)).to.have.length(3);
    });

    it("takes a small one although its gas costs more than it earns", () => {
      const [item] = takesIn(decideFor([small], { gas: dearGas }).actions);
      expect(item!.loss > 0n).to.be.true;
      expect(item!.minSeized).to.equal(0n);
    });

    it("stops when the day's loss on the account is used up", () => {
      const [item] = takesIn(decideFor([small], { gas: dearGas }).actions);
      const spent = (amount: bigint) => ({ gas: dearGas, spentToday: new Map([[accountOf(0), amount]]) });
      const limit = SETTINGS.criticalLossPerAccountPerDay;
      expect(decideFor([small], spent(limit - item!.loss)).actions).to.have.length(1);
      const { actions, skips } = decideFor([small], spent(limit - item!.loss + 1n));
      expect(actions).to.be.empty;
      expect(skips[0]).to.deep.include({ duty: "liquidateCritical", reason: "lossBudgetSpent" });
    });

    it("asks for profit when told to", () => {
      const { actions, skips } = decideFor([small], { gas: dearGas }, { criticalAtAnyProfit: false });
      expect(actions).to.be.empty;
      expect(skips[0]?.reason).to.equal("notProfitable");
    });

    it("packs takes into transactions of the configured size", () => {
      const { actions } = decideFor(Array.from({ length: 45 }, () => critical));
      expect(actions.map((a) => accountsOf(a).length)).to.deep.equal([20, 20, 5]);
    });
  });

  describe("given less money than there is to take", () => {
    const wallet = (quote: bigint) => ({ wallet: { quote, allowance: 10n ** 12n, native: ETHER } });

    it("takes what matters most and says what it leaves", () => {
      const bigger = stateOf(amountFor(9_100n, 2n * DEBT), 2n * DEBT);
      const [one] = takesIn(decideFor([bigger]).actions);
      const { actions, skips } = decideFor([critical, bigger], wallet(one!.maxRepay));
      expect(takesIn(actions).map(({ account }) => account)).to.deep.equal([accountOf(1)]);
      expect(skips).to.deep.equal([
        { account: accountOf(0), duty: "liquidateCritical", reason: "quoteBalance" },
      ]);
    });

    it("takes a part where the vault accepts one", () => {
      const [whole] = takesIn(decideFor([critical]).actions);
      const half = whole!.maxRepay / 2n;
      const [part] = takesIn(decideFor([critical], wallet(half)).actions);
      expect(part!.maxRepay).to.equal(half);
      expect(part!.stake < whole!.stake).to.be.true;
    });

    it("never plans to pay more than it has", () => {
      const { actions } = decideFor(
        Array.from({ length: 10 }, () => critical),
        wallet(30_000n * USDC),
      );
      const sum = takesIn(actions).reduce((total, { maxRepay }) => total + maxRepay, 0n);
      expect(sum <= 30_000n * USDC && sum > 0n).to.be.true;
    });
  });

  describe("allowance", () => {
    const wallet = (allowance: bigint) => ({ wallet: { quote: 10n ** 12n, allowance, native: ETHER } });

    it("K-20 approves exactly what the takes may cost, and waits with them", () => {
      const [item] = takesIn(decideFor([critical]).actions);
      const { actions } = decideFor([critical, callable], wallet(0n));
      expect(dutiesOf(actions)).to.deep.equal(["approve", "openCall"]);
      expect(actions[0]).to.deep.include({ amount: item!.maxRepay });
    });

    it("K-20 takes with what was approved although an auction has come to ask for a little more", () => {
      const since = (blocks: bigint) => openSince(900n + 12n * blocks, 9_900n);
      const [approval] = decideFor([since(0n)], wallet(0n)).actions;
      const approved = approval?.duty === "approve" ? approval.amount : 0n;
      for (const blocks of [1n, 2n, 5n]) {
        const [whole] = takesIn(decideFor([since(blocks)]).actions);
        expect(whole!.maxRepay > approved).to.be.true;
        const { actions } = decideFor([since(blocks)], wallet(approved));
        expect(dutiesOf(actions)).to.deep.equal(["liquidateProfitable"]);
        expect(takesIn(actions)[0]!.maxRepay).to.equal(approved);
      }
    });

    it("K-20 takes those that are paid for while others wait for the approval, whoever joins them", () => {
      const bigger = stateOf(amountFor(9_100n, 2n * DEBT), 2n * DEBT);
      const [one] = takesIn(decideFor([critical]).actions);
      const { actions } = decideFor([critical, bigger, bigger], wallet(one!.maxRepay));
      expect(dutiesOf(actions)).to.deep.equal(["approve", "liquidateCritical"]);
      expect(takesIn(actions).map(({ account }) => account)).to.deep.equal([accountOf(0)]);
      const all = takesIn(decideFor([critical, bigger, bigger]).actions);
      const wanted = all.reduce((sum, { maxRepay }) => sum + maxRepay, 0n);
      expect(actions[0]).to.deep.include({ amount: wanted });
    });

    it("does not approve twice while one is on its way, nor take without it", () => {
      const { actions } = decideFor([critical], { ...wallet(0n), busyDuties: new Set(["approve"]) });
      expect(actions).to.be.empty;
    });

    it("keeps a configured ceiling topped up before it is needed", () => {
      const settings = { allowanceCeiling: 10n ** 11n };
      const { actions } = decideFor([healthy], wallet(10n ** 10n), settings);
      expect(actions).to.have.length(1);
      expect(actions[0]).to.deep.include({ duty: "approve", amount: 10n ** 11n });
      expect(decideFor([healthy], wallet(10n ** 11n / 2n), settings).actions).to.be.empty;
    });
  });

  describe("given accounts that are busy", () => {
    it("plans nothing for them, whatever they are", () => {
      const busy = new Set([0, 1, 2].map(accountOf));
      expect(decideFor([critical, callable, openSince(3_700n, 9_900n)], { busy }).actions).to.be.empty;
    });
  });

  describe("booking losses", () => {
    const hopeless = stateOf(ETHER / 1_000n, DEBT);
    const noLoss = { criticalLossPerAccountPerDay: 0n };

    it("books where everything left is worth less than dust", () => {
      expect(dutiesOf(decideFor([hopeless], {}, noLoss).actions)).to.deep.equal(["bookLoss"]);
      const justAbove = stateOf(ETHER / 200n, DEBT);
      expect(decideFor([justAbove], {}, noLoss).actions).to.be.empty;
    });

    it("takes what is left first when that is worth its gas, for it is the lenders'", () => {
      expect(dutiesOf(decideFor([hopeless]).actions)).to.deep.equal(["liquidateCritical"]);
    });

    it("C-50 books an account that holds nothing at all", () => {
      const bare: AccountState = { ...stateOf(0n, DEBT), collateralSet: 0 };
      expect(dutiesOf(decideFor([bare]).actions)).to.deep.equal(["bookLoss"]);
    });
  });

  describe("housekeeping", () => {
    const due = { lastRecordAt: ACT_AT - 14_400n };

    it("records the oracle's answers every few hours, when nothing else is to be done", () => {
      expect(dutiesOf(decideFor([healthy], due).actions)).to.deep.equal(["record"]);
      expect(decideFor([healthy], { lastRecordAt: ACT_AT - 14_399n }).actions).to.be.empty;
      expect(dutiesOf(decideFor([callable], due).actions)).to.deep.equal(["openCall"]);
    });

    it("not while gas is dear or unknown, nor twice", () => {
      const gas = { ...snapshotOf([]).gas, weiPerGas: 100n * GWEI };
      expect(decideFor([healthy], { ...due, gas }).actions).to.be.empty;
      const unknown = { ...gas, nativePrice36: undefined };
      expect(decideFor([healthy], { ...due, gas: unknown }).actions).to.be.empty;
      expect(decideFor([healthy], { ...due, busyDuties: new Set(["record"]) }).actions).to.be.empty;
    });

    it("books the fee when it is worth it", () => {
      const snapshot = snapshotOf([]);
      const withFee = (fee: bigint) => ({
        lastBookFeeAt: ACT_AT - 604_800n,
        vault: { ...snapshot.vault, pool: { ...snapshot.vault.pool, unbookedFee: fee } },
      });
      expect(dutiesOf(decideFor([], withFee(4n * USDC)).actions)).to.deep.equal(["bookFee"]);
      expect(decideFor([], withFee(3n * USDC)).actions).to.be.empty;
    });
  });

  it("K-23 decides about ten thousand accounts of which a thousand are to be called, by value", () => {
    const accounts = Array.from({ length: 10_000 }, (_, i) => {
      const debt = DEBT + BigInt(i) * USDC;
      return [accountOf(i), stateOf(amountFor(i % 10 === 0 ? 9_900n : 12_000n, debt), debt)] as const;
    });
    const { actions } = decide(snapshotOf(accounts), SETTINGS);
    const items = actions.flatMap((a) => ("items" in a ? a.items : []));
    expect(items).to.have.length(1_000);
    expect(items).to.deep.equal(items.toSorted((a, b) => Number(b.stake - a.stake)));
  });
});
