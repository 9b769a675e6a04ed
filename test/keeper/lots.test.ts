import { expect } from "chai";
import { describe, it } from "mocha";
import { isTake, type Action } from "../../keeper/policy/action.ts";
import { momentOf } from "../../keeper/policy/assess.ts";
import { decide } from "../../keeper/policy/decide.ts";
import type { PolicySettings, Snapshot } from "../../keeper/policy/snapshot.ts";
import { accountIdOf } from "../../sdk/accountId.ts";
import { workSale } from "../../sdk/forfeited.ts";
import { Refusal, type AccountState } from "../../sdk/vaultTypes.ts";
import { accountOf, stateOf } from "./support/state.ts";
import {
  ACT_AT,
  ALT,
  ETHER,
  NOW,
  price36,
  RUNNING,
  SETTINGS,
  snapshotOf,
  USDC,
  WETH,
} from "./support/snapshot.ts";
import { VAULT } from "./support/vaultLogs.ts";

const LOT = accountIdOf(VAULT, 0n);
/** Ten ether at 2,000: the deepest discount is worth 1,600. */
const unsold = stateOf(10n * ETHER, 0n);
const onSale = (seconds: bigint) =>
  stateOf(10n * ETHER, 0n, {
    calledAt: ACT_AT - seconds - 900n,
    deadline: ACT_AT - seconds,
    auctionStart: ACT_AT - seconds,
  });

function decideFor(
  lot: AccountState,
  changes: Partial<Snapshot> = {},
  settings: Partial<PolicySettings> = {},
  others: readonly AccountState[] = [],
) {
  const accounts = others.map((state, i) => [accountOf(i), state] as const);
  return decide(snapshotOf([[LOT, lot], ...accounts], changes), { ...SETTINGS, ...settings });
}

const dutiesOf = (actions: readonly Action[]) => actions.map(({ duty }) => duty);
const takeIn = (actions: readonly Action[]) => actions.find(isTake)?.items[0];

describe("decide about what a default left", () => {
  it("opens its sale, and opens it again when it lapsed", () => {
    const { actions, counts } = decideFor(unsold);
    expect(dutiesOf(actions)).to.deep.equal(["openCall"]);
    expect(actions[0]).to.deep.include({ stake: 0n, reason: "forfeited" });
    expect(counts).to.deep.equal({ Forfeited: 1 });
    expect(dutiesOf(decideFor(onSale(3_700n)).actions)).to.deep.equal(["reopenCall"]);
  });

  it("waits out the grace, and knows when the auction begins", () => {
    const { actions, nextMoment } = decideFor(onSale(-300n));
    expect(actions).to.be.empty;
    expect(nextMoment).to.equal(ACT_AT + 300n);
  });

  it("buys what the vault sells, at its price", () => {
    const snapshot = snapshotOf([[LOT, onSale(900n)]]);
    const item = takeIn(decide(snapshot, SETTINGS).actions);
    const take = workSale(onSale(900n), momentOf(snapshot), { number: 0, ...item! });
    // Half of the ramp: 4.125 % under 20,000.
    expect(take).to.deep.include({ refusal: Refusal.None, insured: 19_175n * USDC, empties: true });
    expect(item).to.deep.include({ account: LOT, asset: WETH.asset, stake: 19_175n * USDC, loss: 0n });
    expect(item!.gain).to.equal(825n * USDC);
    expect(item!.maxRepay > take.insured && item!.maxRepay < (take.insured * 103n) / 100n).to.equal(true);
    expect(item!.reason).to.equal("forfeited at a discount of 4.12 %");
  });

  it("waits until the discount pays, and knows the second", () => {
    const at = (seconds: bigint) => decideFor(onSale(seconds), {}, { profitMargin: 100n * USDC });
    const { actions, nextMoment, skips } = at(12n);
    expect(actions).to.be.empty;
    expect(skips[0]).to.deep.include({ account: LOT, duty: "liquidateProfitable", reason: "notProfitable" });
    const pays = nextMoment! - ACT_AT + 12n;
    expect(at(pays - 1n).actions).to.be.empty;
    expect(takeIn(at(pays).actions)!.gain >= 100n * USDC).to.equal(true);
  });

  describe("for a profit only", () => {
    it("does not open what would not pay for the gas of both", () => {
      const { actions, skips } = decideFor(unsold, {}, { profitMargin: 1_600n * USDC });
      expect(actions).to.be.empty;
      expect(skips).to.deep.equal([{ account: LOT, duty: "openCall", reason: "notProfitable" }]);
      const dust = decideFor(stateOf(ETHER / 100n, 0n));
      expect(dust.actions).to.be.empty;
    });

    it("does not open what it could not pay a quarter of", () => {
      const wallet = (quote: bigint) => ({ wallet: { quote, allowance: 10n ** 12n, native: ETHER } });
      const quarter = (18_400n * USDC) / 4n;
      expect(decideFor(unsold, wallet(quarter - 1n)).actions).to.be.empty;
      expect(dutiesOf(decideFor(unsold, wallet(quarter)).actions)).to.deep.equal(["openCall"]);
    });

    it("does nothing while the gas price is unknown", () => {
      const gas = { ...snapshotOf([]).gas, nativePrice36: undefined };
      expect(decideFor(unsold, { gas }).skips[0]?.reason).to.equal("gasUnknown");
      expect(decideFor(onSale(900n), { gas }).actions).to.be.empty;
    });
  });

  it("buys a part when it has less, and none of less than a quarter", () => {
    const wallet = (quote: bigint) => ({ wallet: { quote, allowance: 10n ** 12n, native: ETHER } });
    const part = takeIn(decideFor(onSale(900n), wallet(9_000n * USDC)).actions);
    expect(part).to.deep.include({ maxRepay: 9_000n * USDC, stake: 9_000n * USDC });
    const { actions, skips } = decideFor(onSale(900n), wallet(4_000n * USDC));
    expect(actions).to.be.empty;
    expect(skips[0]?.reason).to.equal("quoteBalance");
  });

  it("sells nothing at a price that is not fresh", () => {
    const prices = { available: true, freshSet: 2, price36: [price36(2_000), price36(1_000)] };
    expect(decideFor(unsold, { prices }).actions).to.be.empty;
    expect(decideFor(onSale(900n), { prices }).actions).to.be.empty;
  });

  it("C-62 sends nothing that a pause refuses, and loses no time of the auction in one", () => {
    const calling = { ...RUNNING, callingPausedUntil: NOW + 600n };
    const moment = { ...RUNNING.moment, isCallingPaused: true };
    expect(decideFor(unsold, { clock: { ...calling, moment } }).skips[0]?.reason).to.equal("paused");
    const liquidation = { ...RUNNING, liquidationPausedUntil: NOW + 600n };
    const clock = { ...liquidation, moment: { ...RUNNING.moment, isLiquidationPaused: true } };
    const { actions, skips, nextMoment } = decideFor(onSale(900n), { clock });
    expect(actions).to.be.empty;
    expect(skips[0]?.reason).to.equal("paused");
    expect(nextMoment).to.equal(NOW + 600n);
    // Calling paused stops the clock, and the sale goes on at the discount where it stands.
    const going = decideFor(onSale(900n), { clock: { ...calling, moment } });
    expect(takeIn(going.actions)?.reason).to.equal("forfeited at a discount of 4.07 %");
  });

  it("comes after every debt", () => {
    const debt = 1_000n * USDC;
    const expired = {
      ...onSale(900n),
      debtShares: debt,
      collateral: unsold.collateral.with(0, (ETHER * 62n) / 100n),
    };
    const { actions } = decideFor(onSale(900n), {}, {}, [expired]);
    expect(actions.filter(isTake).flatMap(({ items }) => items.map(({ account }) => account))).to.deep.equal([
      accountOf(0),
      LOT,
    ]);
  });

  it("leaves alone what is nobody's lot: an empty one, and a trader's account without debt", () => {
    const empty: AccountState = { ...stateOf(0n, 0n), collateralSet: 0 };
    expect(decideFor(empty, {}, {}, [unsold])).to.deep.include({ actions: [], skips: [], counts: {} });
  });

  it("knows each lot by its own number", () => {
    const second: AccountState = {
      ...onSale(900n),
      collateralSet: 2,
      collateral: unsold.collateral.with(1, 5n * ETHER),
    };
    const { actions } = decide(snapshotOf([[accountIdOf(VAULT, 1n), second]]), SETTINGS);
    expect(takeIn(actions)?.asset).to.equal(ALT.asset);
  });
});
