import { expect } from "chai";
import { describe, it } from "mocha";
import {
  accountsOf,
  isFlash,
  isFlashItem,
  isTake,
  type Action,
  type FlashAction,
  type FlashItem,
} from "../../keeper/policy/action.ts";
import { decide } from "../../keeper/policy/decide.ts";
import { feeTermsOf } from "../../keeper/policy/feeTerms.ts";
import { flashQuestions } from "../../keeper/policy/flashQuestions.ts";
import { payByHand } from "../../keeper/policy/payByHand.ts";
import type { PolicySettings, Snapshot } from "../../keeper/policy/snapshot.ts";
import { Sale } from "../../sdk/flashLiquidator.ts";
import type { AccountState } from "../../sdk/vaultTypes.ts";
import { asked, FLASH, FLASH_SETTINGS, PATH, QUOTE, quoted, saleAt, worthOf } from "./support/flashState.ts";
import { ACT_AT, ETHER, GWEI, SETTINGS, snapshotOf, USDC } from "./support/snapshot.ts";
import { accountOf, stateOf } from "./support/state.ts";

const DEBT = 10_000n * USDC;
/** The debt is `DEBT`; one ether counts 1,604 for maintenance and 1,748 for the floor at 2,000. */
const amountFor = (healthBps: bigint, debt = DEBT) => (debt * ETHER * healthBps) / (1_604n * USDC) / 10_000n;
const critical = stateOf(amountFor(9_100n), DEBT);
const callable = stateOf(amountFor(9_900n), DEBT);
const healthy = stateOf(amountFor(13_000n), DEBT);
const openSince = (seconds: bigint, healthBps: bigint, debt = DEBT) =>
  stateOf(amountFor(healthBps, debt), debt, {
    calledAt: ACT_AT - seconds - 900n,
    deadline: ACT_AT - seconds,
    auctionStart: ACT_AT - seconds,
  });
const expired = openSince(1_500n, 9_900n);

const EMPTY = { quote: 0n, allowance: 0n, native: ETHER };
/** Gas of a take by the flash liquidator before anything was learned: 600,000 at 1 gwei and 2,000 USDC an ether. */
const FLASH_GAS = (12n * USDC) / 10n;

function scene(states: readonly AccountState[], changes: Partial<Snapshot> = {}): Snapshot {
  const accounts = states.map((state, i) => [accountOf(i), state] as const);
  return snapshotOf(accounts, { wallet: EMPTY, ...changes });
}

function flashActions(actions: readonly Action[]): FlashAction[] {
  return actions.filter(isFlash);
}

function onlyItem(actions: readonly Action[]): FlashItem {
  const items = flashActions(actions).flatMap((action) => action.items);
  expect(items).to.have.length(1);
  return items[0]!;
}

describe("what the pools are asked about", () => {
  it("is nothing while nobody can be liquidated, or there is no flash liquidator", () => {
    expect(asked(scene([healthy, callable, openSince(-500n, 9_900n)]))).to.be.empty;
    expect(asked(scene([critical, expired]), SETTINGS)).to.be.empty;
    expect(asked(scene([critical], { prices: { available: false, freshSet: 0, price36: [] } }))).to.be.empty;
  });

  it("is what would be taken if selling cost no more than the pools' fees", () => {
    const snapshot = scene([critical, expired]);
    const questions = asked(snapshot);
    expect(questions.map(({ account }) => account)).to.have.members([0, 1].map(accountOf));
    for (const question of questions) {
      expect(worthOf(question, snapshot) > question.payment).to.be.true;
    }
    // In its first seconds an auction's discount does not even pay the pool's 0.3 %.
    expect(asked(scene([openSince(5n, 9_900n)]))).to.be.empty;
  });

  it("K-17 is nothing while gas costs more than the discount, or nobody knows what it costs", () => {
    const { gas } = snapshotOf([]);
    expect(asked(scene([expired], { gas: { ...gas, weiPerGas: 1_000n * GWEI } }))).to.be.empty;
    expect(asked(scene([expired], { gas: { ...gas, nativePrice36: undefined } }))).to.be.empty;
  });

  it("is nothing about accounts on their way, nor about what has no route", () => {
    expect(asked(scene([critical], { busy: new Set([accountOf(0)]) }))).to.be.empty;
    const elsewhere = { ...FLASH, routes: FLASH.routes.map((route) => ({ ...route, from: QUOTE })) };
    expect(asked(scene([critical]), { ...SETTINGS, flashLiquidator: elsewhere })).to.be.empty;
  });

  it("K-22 comes in order: critical, small before large, what was stuck lately last, and fifty at most", () => {
    const states = [
      openSince(1_500n, 9_900n, 5n * DEBT),
      expired,
      stateOf(amountFor(9_100n, 2n * DEBT), 2n * DEBT),
      critical,
    ];
    const order = (stuck: readonly number[]) =>
      flashQuestions(scene(states), FLASH_SETTINGS, new Set(stuck.map(accountOf))).map(
        ({ account }) => account,
      );
    expect(order([])).to.deep.equal([3, 2, 1, 0].map(accountOf));
    expect(order([3, 1])).to.deep.equal([2, 0, 3, 1].map(accountOf));
    expect(asked(scene(new Array<AccountState>(80).fill(critical)))).to.have.length(50);
  });
});

describe("decide with a flash liquidator", () => {
  it("takes without a quote token what its sale pays for, for the least that the operator wants", () => {
    const snapshot = scene([expired]);
    const [question] = asked(snapshot);
    const decision = decide(quoted(snapshot, saleAt(snapshot, 9_960n)), FLASH_SETTINGS);
    const item = onlyItem(decision.actions);
    const proceeds = (worthOf(question!, snapshot) * 9_960n) / 10_000n;
    const left = proceeds - question!.payment;
    expect(item).to.deep.include({ account: accountOf(0), sale: Sale.All, path: PATH, gain: left, loss: 0n });
    // 30 bps of the proceeds less than quoted, rounded against others.
    expect(item.minProfit).to.equal(left - (proceeds * 30n + 9_999n) / 10_000n);
    expect(item.minProfit >= FLASH_GAS + SETTINGS.profitMargin).to.be.true;
    expect(item.maxRepay > question!.payment).to.be.true;
    // Nothing has to be approved: the contract pays.
    expect(decision.actions.map(({ duty }) => duty)).to.deep.equal(["liquidateProfitable"]);
    expect(decision.skips).to.be.empty;
  });

  it("decides to the base unit: gas and margin have to be left, not one less", () => {
    const snapshot = scene([expired]);
    const [question] = asked(snapshot);
    const least = question!.payment + FLASH_GAS + SETTINGS.profitMargin;
    const at = (amount: bigint) =>
      decide(
        quoted(snapshot, () => ({ sale: { amount, path: PATH } }), FLASH_SETTINGS, 10_000n),
        FLASH_SETTINGS,
      );
    expect(onlyItem(at(least).actions).minProfit).to.equal(FLASH_GAS + SETTINGS.profitMargin);
    expect(at(least - 1n).actions).to.be.empty;
    expect(at(least - 1n).skips).to.deep.equal([
      { account: accountOf(0), duty: "liquidateProfitable", reason: "swapTooDear" },
    ]);
  });

  it("sends no sale that the contract's owner forbids, to the base unit", () => {
    const snapshot = scene([expired]);
    const [question] = asked(snapshot);
    const worth = worthOf(question!, snapshot);
    const minimum = worth - (worth * 100n) / 10_000n;
    const at = (amount: bigint) =>
      decide(
        quoted(snapshot, () => ({ sale: { amount, path: PATH } }), FLASH_SETTINGS, 100n),
        FLASH_SETTINGS,
      );
    expect(flashActions(at(minimum).actions)).to.have.length(1);
    expect(at(minimum - 1n).skips[0]!.reason).to.equal("swapTooDear");
  });

  it("says when there is no quote, and when there is nothing to pay with at all", () => {
    const snapshot = scene([critical]);
    expect(
      decide(
        quoted(snapshot, () => ({})),
        FLASH_SETTINGS,
      ).skips[0]!.reason,
    ).to.equal("noSwapQuote");
    expect(decide(snapshot, FLASH_SETTINGS).skips[0]!.reason).to.equal("noSwapQuote");
    expect(decide(snapshot, SETTINGS).skips[0]!.reason).to.equal("quoteBalance");
  });

  describe("given quote tokens as well", () => {
    const wallet = { quote: 10n ** 12n, allowance: 10n ** 12n, native: ETHER };

    it("sells at once where that leaves more than selling later is assumed to", () => {
      const snapshot = scene([expired], { wallet });
      expect(
        flashActions(decide(quoted(snapshot, saleAt(snapshot, 9_960n)), FLASH_SETTINGS).actions),
      ).to.have.length(1);
    });

    // Whatever the pools say, what can be paid for by hand is.
    for (const [what, amount] of Object.entries({
      nothing: undefined,
      "that a sale brings nothing": 0n,
      "that a sale costs something": -(10n ** 30n),
      "that a sale brings a little": 100n * USDC,
    })) {
      it(`K-15 pays by hand when the pools say ${what}`, () => {
        const snapshot = scene([expired, critical], { wallet });
        const quote = amount === undefined ? {} : { sale: { amount, path: PATH } };
        const { actions } = decide(
          quoted(snapshot, () => quote),
          FLASH_SETTINGS,
        );
        expect(flashActions(actions)).to.be.empty;
        expect(actions.filter(isTake).flatMap(accountsOf)).to.deep.equal([1, 0].map(accountOf));
      });
    }

    it("keeps what it keeps: sells for the payment alone, and only without the means", () => {
      const keeps: PolicySettings = { ...SETTINGS, flashLiquidator: { ...FLASH, keepsCollateral: true } };
      const purchase = (snapshot: Snapshot) =>
        quoted(
          snapshot,
          ({ payment }) => ({
            // 0.4 % more than at the oracle's 2,000.
            purchase: { amount: (payment * ETHER * 10_040n) / 10_000n / (2_000n * USDC), path: PATH },
          }),
          keeps,
        );
      const poor = scene([expired]);
      const item = onlyItem(decide(purchase(poor), keeps).actions);
      expect(item.sale).to.equal(Sale.Payment);
      const rich = decide(purchase(scene([expired], { wallet })), keeps).actions;
      expect(flashActions(rich)).to.be.empty;
      expect(rich.filter(isTake)).to.have.length(1);
    });

    it("takes the part that it can pay for where no sale pays for the whole", () => {
      const [whole] = asked(scene([expired]));
      const quote = whole!.payment / 2n;
      const snapshot = scene([expired], { wallet: { ...wallet, quote } });
      const { actions } = decide(
        quoted(snapshot, () => ({})),
        FLASH_SETTINGS,
      );
      const [item] = actions.filter(isTake).flatMap(({ items }) => items);
      expect(item!.maxRepay).to.equal(quote);
      expect(isFlashItem(item!)).to.be.false;
    });
  });

  it("K-15 counts on no more than 5 % above the oracle's price, nor spends it on gas", () => {
    const snapshot = scene([expired]);
    const [question] = asked(snapshot);
    const worth = worthOf(question!, snapshot);
    const most = worth + (worth * 500n) / 10_000n;
    const promised = quoted(snapshot, () => ({ sale: { amount: 2n ** 255n, path: PATH } }));
    const [action] = flashActions(decide(promised, FLASH_SETTINGS).actions);
    expect(action!.items[0]!.gain).to.equal(most - question!.payment);
    const fees = { ...SETTINGS, callMaxCost: USDC };
    const { budgetWei } = feeTermsOf(action!, snapshot.gas, fees, new Map());
    // At 2,000 USDC an ether.
    expect(budgetWei! <= ((most - question!.payment) * ETHER) / (2_000n * USDC)).to.be.true;
  });

  describe("a critical account", () => {
    it("may cost what is left of its day's losses, in gas alone", () => {
      const snapshot = scene([critical]);
      const [question] = asked(snapshot);
      const at = (amount: bigint, spent = 0n) =>
        decide(
          quoted(
            { ...snapshot, spentToday: new Map([[accountOf(0), spent]]) },
            () => ({ sale: { amount, path: PATH } }),
            FLASH_SETTINGS,
            10_000n,
          ),
          FLASH_SETTINGS,
        );
      const item = onlyItem(at(question!.payment + 1n).actions);
      expect(item).to.deep.include({ minProfit: 1n, gain: 1n, loss: FLASH_GAS - 1n });
      expect(at(question!.payment).skips[0]!.reason).to.equal("swapTooDear");
      const spent = SETTINGS.criticalLossPerAccountPerDay - FLASH_GAS;
      expect(flashActions(at(question!.payment + 1n, spent + 1n).actions)).to.have.length(1);
      expect(at(question!.payment + 1n, spent + 2n).skips[0]!.reason).to.equal("swapTooDear");
    });
  });

  it("packs by gas, each with its own, in the order of the quotes", () => {
    const states = Array.from({ length: 30 }, (_, i) => {
      const debt = DEBT + BigInt(i) * USDC;
      return stateOf(amountFor(9_100n, debt), debt);
    });
    const snapshot = scene(states.toReversed());
    const { actions } = decide(quoted(snapshot, saleAt(snapshot, 9_960n)), FLASH_SETTINGS);
    const flash = flashActions(actions);
    const order = asked(snapshot).map(({ account }) => account);
    expect(flash.flatMap(accountsOf)).to.deep.equal(order);
    expect(order[0]).to.equal(accountOf(29));
    expect(flash.length).to.be.above(1);
    for (const { gasLimit, gasPerTake, items } of flash) {
      expect(gasLimit <= BigInt(SETTINGS.maxGasPerTransaction)).to.be.true;
      // EIP-150 passes on 63 of 64 parts of what is left.
      expect((gasLimit - 100_000n) * 63n >= gasPerTake * BigInt(items.length) * 63n + gasPerTake).to.be.true;
    }
  });

  it("pays some by hand and some by a sale, in one block, and approves for the first alone", () => {
    const snapshot = scene([expired, critical], {
      wallet: { quote: 10n ** 12n, allowance: 0n, native: ETHER },
    });
    const some = quoted(snapshot, (question) =>
      question.account === accountOf(0) ? saleAt(snapshot, 9_960n)(question) : {},
    );
    const { actions } = decide(some, FLASH_SETTINGS);
    // The critical one waits for its approval; the other one needs none.
    expect(actions.map(({ duty }) => duty)).to.deep.equal(["approve", "liquidateProfitable"]);
    const [approve, flash] = actions;
    expect(flash && isFlash(flash)).to.be.true;
    expect(approve!.stake > 0n).to.be.true;
    expect(approve!.stake < 2n * DEBT).to.be.true;
  });
});

describe("payByHand", () => {
  const wallet = { quote: 50_000n * USDC, allowance: 10n ** 12n, native: ETHER };
  const snapshot = scene([expired, critical], { wallet });
  const some = quoted(snapshot, (question) =>
    question.account === accountOf(0) ? saleAt(snapshot, 9_960n)(question) : {},
  );
  const { actions } = decide(some, FLASH_SETTINGS);

  it("K-15 has what was refused decided again, with what the others leave", () => {
    const again = payByHand(some, actions, (account) => account === accountOf(0), new Set(["approve"]))!;
    expect([...again.accounts.keys()]).to.deep.equal([accountOf(0)]);
    expect(again.flash).to.equal(undefined);
    expect([...again.busyDuties]).to.deep.equal(["approve"]);
    const [byHand] = actions.filter((action) => isTake(action) && !isFlash(action)).filter(isTake);
    expect(again.wallet.quote).to.equal(wallet.quote - byHand!.items[0]!.maxRepay);
    expect(again.wallet.allowance).to.equal(wallet.allowance - byHand!.items[0]!.maxRepay);
    const takes = decide(again, FLASH_SETTINGS).actions.filter(isTake);
    expect(takes.flatMap(accountsOf)).to.deep.equal([accountOf(0)]);
    expect(takes.some(isFlash)).to.be.false;
  });

  it("does nothing again that was not refused, was paid by hand, or cannot be paid", () => {
    expect(payByHand(some, actions, () => false, new Set())).to.equal(undefined);
    expect(payByHand(some, actions, (account) => account === accountOf(1), new Set())).to.equal(undefined);
    const spent = { ...some, wallet: EMPTY };
    expect(payByHand(spent, actions, () => true, new Set())).to.equal(undefined);
  });
});
