import { expect } from "chai";
import { describe, it } from "mocha";
import { PokeBook } from "../../keeper/executors/pokeBook.ts";
import type { PokeAction } from "../../keeper/policy/action.ts";
import { decide } from "../../keeper/policy/decide.ts";
import { feeTermsOf } from "../../keeper/policy/feeTerms.ts";
import { LEAST_MOVE_BPS, type PokeView } from "../../keeper/policy/poke.ts";
import type { PolicySettings, Snapshot } from "../../keeper/policy/snapshot.ts";
import type { PokeSeen } from "../../keeper/sources/gauges.ts";
import { accountOf, stateOf } from "./support/state.ts";
import { ACT_AT, ETHER, GWEI, NOW, SETTINGS, snapshotOf, USDC, WETH } from "./support/snapshot.ts";

const AT_REST: PokeView = {
  number: 0,
  after: { initialBps: WETH.initialBps, maintenanceBps: WETH.maintenanceBps },
  roundsBehind: 1,
  isVain: false,
};
const initialBy = (bps: bigint): PokeView => ({
  ...AT_REST,
  after: { ...AT_REST.after, initialBps: WETH.initialBps + bps },
});
const maintenanceBy = (bps: bigint): PokeView => ({
  ...AT_REST,
  after: { ...AT_REST.after, maintenanceBps: WETH.maintenanceBps + bps },
});
const behind = (roundsBehind: number): PokeView => ({ ...AT_REST, roundsBehind });

const DEBT = 10_000n * USDC;
const callable = stateOf((DEBT * ETHER * 99n) / (1_604n * USDC) / 100n, DEBT);

function decideOn(
  poke: PokeView | undefined,
  changes: Partial<Snapshot> = {},
  settings: Partial<PolicySettings> = {},
) {
  return decide(snapshotOf([], { poke, ...changes }), { ...SETTINGS, ...settings }).actions;
}

function pokesIn(...of: Parameters<typeof decideOn>): PokeAction[] {
  return decideOn(...of).filter((action): action is PokeAction => action.duty === "poke");
}

describe("pokeFor", () => {
  describe("when weights would move", () => {
    for (const [name, view] of [
      ["the initial weight tightens", initialBy(-LEAST_MOVE_BPS)],
      ["the maintenance weight goes down a step", maintenanceBy(-25n)],
    ] as const) {
      it(`pokes at once: ${name}`, () => {
        const [poke] = pokesIn(view);
        expect(poke).to.include({ asset: WETH.asset, isPressing: true, reason: "weights tighten" });
      });
    }

    for (const [name, view] of [
      ["the initial weight loosens", initialBy(LEAST_MOVE_BPS)],
      ["the maintenance weight loosens", maintenanceBy(300n)],
    ] as const) {
      it(`pokes when there is time: ${name}`, () => {
        expect(pokesIn(view)[0]).to.include({ isPressing: false, reason: "weights loosen" });
      });
    }

    it("not for less than a tenth of a per cent, either way", () => {
      for (const bps of [-9n, -1n, 0n, 1n, 9n]) {
        expect(pokesIn(initialBy(bps)), String(bps)).to.be.empty;
        expect(pokesIn(maintenanceBy(bps)), String(bps)).to.be.empty;
      }
    });

    it("tightens where one weight loosens and the other does not", () => {
      const after = { initialBps: WETH.initialBps + 50n, maintenanceBps: WETH.maintenanceBps - 25n };
      expect(pokesIn({ ...AT_REST, after })[0]?.isPressing).to.be.true;
    });
  });

  describe("when the gauge lags", () => {
    it("pokes at the configured number of rounds, at housekeeping's price", () => {
      expect(pokesIn(behind(23))).to.be.empty;
      expect(pokesIn(behind(24))[0]).to.include({ isPressing: false, reason: "the gauge is behind" });
      expect(pokesIn(behind(5), {}, { pokeAfterRounds: 5 })).to.have.length(1);
    });

    it("does not wait where one poke does not reach the end, for what it would do is not known", () => {
      expect(pokesIn(behind(48))[0]?.isPressing).to.be.false;
      for (const rounds of [49, Infinity]) {
        expect(pokesIn(behind(rounds))[0], String(rounds)).to.include({
          isPressing: true,
          reason: "the gauge is far behind",
        });
      }
    });

    it("has gas for every round that it may read, and never more than a transaction may have", () => {
      const limits = [1, 24, 48, Infinity].map(
        (rounds) => pokesIn({ ...initialBy(-50n), roundsBehind: rounds })[0],
      );
      const [least, more, most, phase] = limits.map((poke) => poke?.gasLimit ?? 0n);
      expect(least! < more! && more! < most!).to.be.true;
      expect(phase).to.equal(most);
      const [poke] = pokesIn(behind(48), {}, { maxGasPerTransaction: 1_000_000 });
      expect(poke?.gasLimit).to.equal(1_000_000n);
    });
  });

  it("comes after the other duties, and what can wait waits for a block without any", () => {
    const accounts = [[accountOf(0), callable]] as const;
    const dutiesWith = (poke: PokeView, changes: Partial<Snapshot> = {}) =>
      decide(snapshotOf(accounts, { poke, ...changes }), SETTINGS).actions.map(({ duty }) => duty);
    expect(dutiesWith(initialBy(-50n))).to.deep.equal(["openCall", "poke"]);
    expect(dutiesWith(initialBy(50n))).to.deep.equal(["openCall"]);
    expect(dutiesWith(behind(30))).to.deep.equal(["openCall"]);
    const record = { lastRecordAt: ACT_AT - 14_400n };
    expect(decideOn(initialBy(50n), record).map(({ duty }) => duty)).to.deep.equal(["record"]);
    expect(decideOn(initialBy(-50n), record).map(({ duty }) => duty)).to.deep.equal(["record", "poke"]);
  });

  it("costs what it may: more where a weight tightens", () => {
    const gasAt = (gwei: bigint) => ({ ...snapshotOf([]).gas, weiPerGas: gwei * GWEI });
    // 250,000 gas at 1 gwei and 2,000 USDC an ether are 0.5 USDC.
    for (const [view, dearest] of [
      [initialBy(50n), 4n],
      [behind(24), 4n],
      [initialBy(-50n), 40n],
    ] as const) {
      expect(pokesIn(view, { gas: gasAt(dearest) })).to.have.length(1);
      expect(pokesIn(view, { gas: gasAt(dearest + 1n) })).to.be.empty;
    }
    expect(pokesIn(initialBy(-50n), { gas: { ...gasAt(1n), nativePrice36: undefined } })).to.be.empty;
    const budgetOf = (view: PokeView) => {
      const { gas, spentToday } = snapshotOf([]);
      return feeTermsOf(pokesIn(view)[0]!, gas, { ...SETTINGS, callMaxCost: 0n }, spentToday).budgetWei;
    };
    // 2 and 20 USDC in ether at 2,000.
    expect(budgetOf(initialBy(50n))).to.equal(ETHER / 1_000n);
    expect(budgetOf(initialBy(-50n))).to.equal(ETHER / 100n);
  });

  it("one at a time, none in vain, and none for a price that a second source contradicts", () => {
    const view = maintenanceBy(-25n);
    expect(pokesIn(view, { busyDuties: new Set(["poke"]) })).to.be.empty;
    expect(pokesIn({ ...view, isVain: true })).to.be.empty;
    expect(pokesIn(view, { opinions: ["contradicts", "agrees"] })).to.be.empty;
    expect(pokesIn(view, { opinions: ["silent", "contradicts"] })).to.have.length(1);
  });

  it("does nothing where nobody knows, or the vault has no such collateral yet", () => {
    expect(pokesIn(undefined)).to.be.empty;
    expect(pokesIn({ ...initialBy(-500n), number: 2 })).to.be.empty;
  });
});

describe("PokeBook", () => {
  const seen: PokeSeen = {
    number: 0,
    after: { initialBps: 7_400n, maintenanceBps: 7_995n },
    gaugeRoundId: 10n,
    latestRoundId: 12n,
  };
  const poke = decideOn(initialBy(-50n));

  it("counts the rounds that a gauge has not read; of a new phase nobody knows how many", () => {
    const book = new PokeBook();
    const behindOf = (gaugeRoundId: bigint, latestRoundId: bigint) =>
      book.viewOf({ ...seen, gaugeRoundId, latestRoundId }, NOW)?.roundsBehind;
    expect(behindOf(10n, 12n)).to.equal(2);
    expect(behindOf((3n << 64n) + 7n, (3n << 64n) + 7n)).to.equal(0);
    expect(behindOf((3n << 64n) + 7n, (4n << 64n) + 1n)).to.equal(Infinity);
    // A feed without a usable answer, or one that went back.
    expect(behindOf(10n, 0n)).to.equal(0);
    expect(book.viewOf(undefined, NOW)).to.equal(undefined);
  });

  it("calls a poke vain that was mined and would do the same again, for an hour", () => {
    const book = new PokeBook();
    const isVain = (of: PokeSeen, at: bigint) => book.viewOf(of, at)?.isVain;
    expect(isVain(seen, NOW)).to.be.false;
    book.decided(poke);
    // Decided upon is not sent: it may be decided upon again.
    expect(isVain(seen, NOW + 12n)).to.be.false;
    book.decided(poke);
    book.settled(NOW + 24n);
    expect(isVain(seen, NOW + 24n)).to.be.true;
    expect(isVain({ ...seen, number: 1 }, NOW + 24n)).to.be.false;
    expect(isVain({ ...seen, gaugeRoundId: 12n }, NOW + 24n)).to.be.false;
    const further = { ...seen.after, maintenanceBps: 7_970n };
    expect(isVain({ ...seen, after: further }, NOW + 24n)).to.be.false;
    expect(isVain(seen, NOW + 24n + 3_599n)).to.be.true;
    expect(isVain(seen, NOW + 24n + 3_600n)).to.be.false;
  });

  it("does not take what it never asked for as done", () => {
    const book = new PokeBook();
    book.viewOf(seen, NOW);
    book.decided([]);
    book.settled(NOW);
    expect(book.viewOf(seen, NOW)?.isVain).to.be.false;
  });
});
