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

const { initialBps, maintenanceBps, liquidationBps } = WETH;
const OWN = { initialBps, maintenanceBps, liquidationBps };
const AT_REST: PokeView = {
  number: 0,
  after: OWN,
  own: OWN,
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
const floorBy = (bps: bigint): PokeView => ({
  ...AT_REST,
  after: { ...AT_REST.after, liquidationBps: liquidationBps + bps },
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
      ["the liquidation weight goes down a step", floorBy(-43n)],
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
      const after = { ...OWN, initialBps: initialBps + 50n, maintenanceBps: maintenanceBps - 25n };
      expect(pokesIn({ ...AT_REST, after })[0]?.isPressing).to.be.true;
    });
  });

  describe("when a ramp moves by less", () => {
    const arriving = (view: PokeView): PokeView => ({ ...view, own: view.after });

    it("takes its last step when there is time, at housekeeping's price", () => {
      for (const view of [maintenanceBy(-9n), initialBy(-1n), floorBy(-4n)]) {
        expect(pokesIn(arriving(view))[0]).to.include({ isPressing: false, reason: "a ramp goes on" });
      }
      expect(pokesIn(arriving(maintenanceBy(-10n)))[0]?.isPressing).to.be.true;
      const dear = { ...snapshotOf([]).gas, weiPerGas: 5n * GWEI };
      expect(pokesIn(arriving(maintenanceBy(-9n)), { gas: dear })).to.be.empty;
    });

    it("takes every step of a small liquidation weight, of which there is one a day", () => {
      expect(pokesIn(floorBy(-3n))[0]).to.include({ isPressing: false, reason: "a ramp goes on" });
    });

    it("does nothing where the weights are where they are to be", () => {
      expect(pokesIn(AT_REST)).to.be.empty;
      expect(pokesIn(arriving(maintenanceBy(9n)))).to.be.empty;
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
  const own = { initialBps: 7_600n, maintenanceBps: 8_020n, liquidationBps: 8_740n };
  const seen: PokeSeen = {
    number: 0,
    after: { initialBps: 7_400n, maintenanceBps: 7_995n },
    liquidationBps: 8_740n,
    own,
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

  describe("of a liquidation weight on its way down", () => {
    const DAY = 86_400n;
    const ramp: PokeSeen = { ...seen, own: { ...own, liquidationBps: 8_500n } };
    const nextOf = (book: PokeBook, of: PokeSeen, at: bigint) => book.viewOf(of, at)?.after.liquidationBps;

    it("tries at first, for nobody says when it was last lowered", () => {
      expect(nextOf(new PokeBook(), ramp, NOW)).to.equal(8_697n);
    });

    it("waits a day after a poke for it was mined, in vain or not", () => {
      const book = new PokeBook();
      nextOf(book, ramp, NOW);
      book.decided(poke);
      book.settled(NOW + 12n);
      expect(nextOf(book, ramp, NOW + 12n + DAY - 1n)).to.equal(8_740n);
      expect(nextOf(book, ramp, NOW + 12n + DAY)).to.equal(8_697n);
    });

    it("waits a day after it was seen lower, whoever did it", () => {
      const book = new PokeBook();
      nextOf(book, ramp, NOW);
      const lower = { ...ramp, liquidationBps: 8_697n };
      expect(nextOf(book, lower, NOW + 60n)).to.equal(8_697n);
      expect(nextOf(book, { ...lower, number: 1 }, NOW + 60n)).to.equal(8_654n);
      expect(nextOf(book, lower, NOW + 60n + DAY - 1n)).to.equal(8_697n);
      expect(nextOf(book, lower, NOW + 60n + DAY)).to.equal(8_654n);
    });

    it("expects no step nearer to the maintenance weight than the call band, nor past the ramp's end", () => {
      const at = (maintenanceBps: bigint, end: bigint) =>
        nextOf(
          new PokeBook(),
          { ...ramp, after: { ...ramp.after, maintenanceBps }, own: { ...own, liquidationBps: end } },
          NOW,
        );
      expect(at(8_380n, 8_500n)).to.equal(8_716n);
      expect(at(8_404n, 8_500n)).to.equal(8_740n);
      expect(at(7_995n, 8_720n)).to.equal(8_720n);
      expect(at(7_995n, 8_740n)).to.equal(8_740n);
      expect(
        nextOf(
          new PokeBook(),
          {
            ...ramp,
            liquidationBps: 199n,
            own: { ...own, liquidationBps: 100n },
            after: { initialBps: 1n, maintenanceBps: 2n },
          },
          NOW,
        ),
      ).to.equal(199n);
    });
  });

  it("does not take what it never asked for as done", () => {
    const book = new PokeBook();
    book.viewOf(seen, NOW);
    book.decided([]);
    book.settled(NOW);
    expect(book.viewOf(seen, NOW)?.isVain).to.be.false;
  });
});
