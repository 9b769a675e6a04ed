import { expect } from "chai";
import { id } from "ethers";
import { describe, it } from "mocha";
import { cautiousState } from "../../keeper/executors/cautiousState.ts";
import { PokeBook, type PokeOutcome } from "../../keeper/executors/pokeBook.ts";
import { receiptsProbe, type Receipt } from "../../keeper/executors/receiptProbes.ts";
import type { PokeAction } from "../../keeper/policy/action.ts";
import { decide } from "../../keeper/policy/decide.ts";
import { feeTermsOf } from "../../keeper/policy/feeTerms.ts";
import { LEAST_MOVE_BPS, type AllWeights, type PokeView } from "../../keeper/policy/poke.ts";
import type { PolicySettings, Snapshot } from "../../keeper/policy/snapshot.ts";
import type { PokeSeen } from "../../keeper/sources/gauges.ts";
import { IVolatilityGauge__factory } from "../../types/factories/interfaces/IVolatilityGauge__factory.ts";
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
  const TERMS: readonly AllWeights[] = [own, own];
  /** Of a poke that nothing came of. */
  const NOTHING: PokeOutcome = { collaterals: TERMS, measuredRoundId: undefined };

  it("counts the rounds that a gauge has not read; of a new phase nobody knows how many", () => {
    const book = new PokeBook();
    const behindOf = (gaugeRoundId: bigint, latestRoundId: bigint) =>
      book.viewOf({ ...seen, gaugeRoundId, latestRoundId }, NOW, TERMS)?.roundsBehind;
    expect(behindOf(10n, 12n)).to.equal(2);
    expect(behindOf((3n << 64n) + 7n, (3n << 64n) + 7n)).to.equal(0);
    expect(behindOf((3n << 64n) + 7n, (4n << 64n) + 1n)).to.equal(Infinity);
    // A feed without a usable answer, or one that went back.
    expect(behindOf(10n, 0n)).to.equal(0);
    expect(book.viewOf(undefined, NOW, TERMS)).to.equal(undefined);
    expect(book.viewOf({ ...seen, number: 2 }, NOW, TERMS)).to.equal(undefined);
  });

  describe("after a poke", () => {
    const HOUR = 3_600n;
    const becomes = (weights: Partial<AllWeights>): PokeOutcome => ({
      ...NOTHING,
      collaterals: [{ ...own, ...weights }, own],
    });
    const reads = (measuredRoundId: bigint): PokeOutcome => ({ ...NOTHING, measuredRoundId });
    const atRest = { initialBps: own.initialBps, maintenanceBps: own.maintenanceBps };
    const announcing = (of: Partial<PokeSeen["after"]>): PokeSeen => ({
      ...seen,
      after: { ...atRest, ...of },
    });
    const tightening = announcing({ initialBps: 7_400n, maintenanceBps: 7_995n });
    const behindBy = (rounds: bigint): PokeSeen => ({
      ...announcing({}),
      latestRoundId: seen.gaugeRoundId + rounds,
    });
    const isVain = (book: PokeBook, of: PokeSeen, at: bigint) => book.viewOf(of, at, TERMS)?.isVain;
    const pokeAt = (book: PokeBook, of: PokeSeen, at: bigint, outcome: PokeOutcome) => {
      expect(isVain(book, of, at), "may be sent").to.be.false;
      book.decided(poke);
      book.settled(at, outcome);
    };
    const isVainAfter = (of: PokeSeen, outcome: PokeOutcome) => {
      const book = new PokeBook();
      pokeAt(book, of, NOW, outcome);
      return isVain(book, of, NOW + 60n);
    };

    it("that was not sent, one may be decided upon again", () => {
      const book = new PokeBook();
      for (const at of [NOW, NOW + 12n]) {
        expect(isVain(book, seen, at)).to.be.false;
        book.decided(poke);
      }
    });

    it("that nothing came of, that collateral waits an hour, whatever is announced next", () => {
      const book = new PokeBook();
      pokeAt(book, tightening, NOW, NOTHING);
      for (const next of [
        tightening,
        announcing({ initialBps: 7_399n }),
        announcing({ maintenanceBps: 7_970n }),
        behindBy(100n),
        { ...tightening, gaugeRoundId: 12n },
      ]) {
        expect(isVain(book, next, NOW + 60n)).to.be.true;
        expect(isVain(book, next, NOW + HOUR - 1n)).to.be.true;
        expect(isVain(book, next, NOW + HOUR)).to.be.false;
      }
      expect(isVain(book, { ...tightening, number: 1 }, NOW + 60n)).to.be.false;
    });

    it("K-15 an endpoint that announces something else each time costs one a day in the end", () => {
      const book = new PokeBook();
      const sent: bigint[] = [];
      for (let at = 0n; at < 5n * 24n * HOUR; at += 60n) {
        const lie =
          at % 120n === 0n
            ? announcing({ initialBps: 7_500n - (at % 97n) })
            : { ...behindBy(49n), gaugeRoundId: at, latestRoundId: at + 100n };
        if (book.viewOf(lie, NOW + at, TERMS)?.isVain !== false) continue;
        book.decided(poke);
        // Somebody's round comes by each time, and the gauge reads it.
        book.settled(NOW + at, reads(10n + BigInt(sent.length)));
        sent.push(at / HOUR);
      }
      expect(sent).to.deep.equal([0n, 1n, 3n, 7n, 15n, 31n, 55n, 79n, 103n]);
    });

    it("that did what was announced, none waits, and what failed before is forgotten", () => {
      const book = new PokeBook();
      pokeAt(book, tightening, NOW, NOTHING);
      pokeAt(book, tightening, NOW + HOUR, NOTHING);
      expect(isVain(book, tightening, NOW + 3n * HOUR - 1n)).to.be.true;
      const done = becomes({ initialBps: 7_400n, maintenanceBps: 7_995n });
      pokeAt(book, tightening, NOW + 3n * HOUR, done);
      pokeAt(book, tightening, NOW + 3n * HOUR + 60n, NOTHING);
      expect(isVain(book, tightening, NOW + 4n * HOUR + 59n)).to.be.true;
      expect(isVain(book, tightening, NOW + 4n * HOUR + 60n)).to.be.false;
    });

    it("is content with half of what was announced, of one weight, by the vault's own", () => {
      const down = announcing({ initialBps: 7_400n });
      expect(isVainAfter(down, becomes({ initialBps: 7_500n }))).to.be.false;
      expect(isVainAfter(down, becomes({ initialBps: 7_501n }))).to.be.true;
      expect(isVainAfter(down, becomes({ initialBps: 7_800n }))).to.be.true;
      expect(isVainAfter(down, becomes({ maintenanceBps: 7_000n }))).to.be.true;
      expect(isVainAfter(tightening, becomes({ maintenanceBps: 7_995n }))).to.be.false;
      const up = announcing({ maintenanceBps: 8_050n });
      expect(isVainAfter(up, becomes({ maintenanceBps: 8_035n }))).to.be.false;
      expect(isVainAfter(up, becomes({ maintenanceBps: 8_034n }))).to.be.true;
      // A small move that comes true does not excuse a large one that does not, nor do rounds that come anyway.
      const both = announcing({ initialBps: 7_400n, maintenanceBps: 8_019n });
      expect(isVainAfter(both, becomes({ maintenanceBps: 8_019n }))).to.be.true;
      expect(isVainAfter(down, reads(60n))).to.be.true;
      const last = announcing({ maintenanceBps: 8_019n });
      expect(isVainAfter(last, becomes({ maintenanceBps: 8_019n }))).to.be.false;
    });

    it("for a gauge that was behind, counts what its receipt says that it has read", () => {
      expect(isVainAfter(behindBy(30n), reads(25n))).to.be.false;
      expect(isVainAfter(behindBy(30n), reads(24n))).to.be.true;
      expect(isVainAfter(behindBy(30n), NOTHING)).to.be.true;
      expect(isVainAfter(behindBy(500n), reads(34n))).to.be.false;
      expect(isVainAfter(behindBy(500n), reads(33n))).to.be.true;
      const newPhase = { ...behindBy(0n), latestRoundId: (1n << 64n) + 3n };
      expect(isVainAfter(newPhase, reads((1n << 64n) + 3n))).to.be.false;
      expect(isVainAfter(newPhase, reads(12n))).to.be.true;
    });

    it("does not believe that a gauge is further back than it is known to be", () => {
      const book = new PokeBook();
      pokeAt(book, behindBy(100n), NOW, reads(58n));
      pokeAt(book, behindBy(100n), NOW + 60n, reads(59n));
      expect(isVain(book, behindBy(100n), NOW + 120n)).to.be.true;
    });

    it("for a liquidation weight alone, leaves the others to theirs", () => {
      const ramp = { ...announcing({}), own: { ...own, liquidationBps: 8_500n } };
      const book = new PokeBook();
      pokeAt(book, ramp, NOW, NOTHING);
      expect(isVain(book, tightening, NOW + 60n)).to.be.false;
    });
  });

  describe("of a liquidation weight on its way down", () => {
    const DAY = 86_400n;
    const ramp: PokeSeen = { ...seen, own: { ...own, liquidationBps: 8_500n } };
    const nextOf = (book: PokeBook, of: PokeSeen, at: bigint) =>
      book.viewOf(of, at, TERMS)?.after.liquidationBps;

    it("tries at first, for nobody says when it was last lowered", () => {
      expect(nextOf(new PokeBook(), ramp, NOW)).to.equal(8_697n);
    });

    it("waits a day after a poke for it was mined, in vain or not", () => {
      const book = new PokeBook();
      nextOf(book, ramp, NOW);
      book.decided(poke);
      book.settled(NOW + 12n, NOTHING);
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
    book.viewOf(seen, NOW, TERMS);
    book.decided([]);
    book.settled(NOW, NOTHING);
    expect(book.viewOf(seen, NOW, TERMS)?.isVain).to.be.false;
  });
});

describe("the receipt of a poke", () => {
  const hash = id("poke");
  const gauge = IVolatilityGauge__factory.createInterface();
  const measured = (roundId: bigint) => gauge.encodeEventLog("VolatilityMeasured", [roundId, 1n, 1n, 1n, 0n]);
  const read = (logs: readonly unknown[]): ReadonlyMap<string, Receipt> => {
    const receipt = { transactionHash: hash, blockNumber: "0x7", status: "0x1", gasUsed: "0x5208", logs };
    return receiptsProbe([hash], 7).read([{ ok: true, result: receipt }]);
  };
  const roundIn = (logs: readonly unknown[]) => read(logs).get(hash)?.measuredRoundId;

  it("says up to which round the gauge has read, if it has", () => {
    expect(roundIn([{ topics: [id("Other()")] }, measured(2n ** 64n + 5n)])).to.equal(2n ** 64n + 5n);
    expect(roundIn([])).to.equal(undefined);
    expect(roundIn([null, {}, { topics: [] }, { topics: [measured(1n).topics[0], 7] }])).to.equal(undefined);
  });

  it("K-15 counts for what the most modest of the endpoints says", () => {
    const sender = { nonce: 1, pendingNonce: undefined, known: new Set<string>() };
    const roundBy = (...rounds: readonly (bigint | undefined)[]) => {
      const states = rounds.map((round) => ({
        ...sender,
        receipts: read(round === undefined ? [] : [measured(round)]),
      }));
      return cautiousState(states).receipts.get(hash)?.measuredRoundId;
    };
    expect(roundBy(9n)).to.equal(9n);
    expect(roundBy(9n, 7n)).to.equal(7n);
    expect(roundBy(7n, 9n)).to.equal(7n);
    expect(roundBy(9n, undefined)).to.equal(undefined);
    expect(roundBy(undefined, 9n)).to.equal(undefined);
    const silent = { ...sender, receipts: new Map<string, Receipt>() };
    expect(cautiousState([{ ...sender, receipts: read([]) }, silent]).receipts.size).to.equal(0);
  });
});
