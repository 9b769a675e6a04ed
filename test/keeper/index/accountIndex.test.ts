import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import { AccountIndex, standingFrom, type AccountStanding } from "../../../keeper/index/accountIndex.ts";
import type { AccountId } from "../../../sdk/accountId.ts";
import { Status, type AccountState, type VaultMoment } from "../../../sdk/vaultTypes.ts";
import { scanned, waitsForTime } from "./support/scan.ts";
import {
  crept,
  FIRST_MOMENT,
  hopelessWish,
  idOf,
  momentAfter,
  nearThreshold,
  stateOf,
  steps,
  type Step,
} from "./support/walk.ts";

const HEALTHY: AccountStanding = { status: Status.Healthy, mayClose: false, isHopeless: false };

/** An index beside a plain map, which is scanned in full after every step. */
class Pair {
  readonly index = new AccountIndex();
  readonly states = new Map<AccountId, AccountState>();
  readonly earlier = new Map<AccountId, AccountState>();
  standings = new Map<AccountId, AccountStanding>();
  moment: VaultMoment = FIRST_MOMENT;

  take(step: Step): void {
    const id = "account" in step ? idOf(step.account) : undefined;
    const state = id === undefined ? undefined : this.states.get(id);
    this.moment = momentAfter(step, this.moment, state);
    if (id === undefined) return;
    if (step.kind === "set") this.#set(id, stateOf(step.wish, this.moment));
    const before = this.earlier.get(id);
    if (step.kind === "setBack" && before !== undefined) this.#set(id, before);
    if (step.kind === "delete") {
      expect(this.index.delete(id)).to.equal(this.states.delete(id));
      this.standings.delete(id);
    }
  }

  #set(id: AccountId, state: AccountState): void {
    const before = this.states.get(id);
    if (before !== undefined) this.earlier.set(id, before);
    this.states.set(id, state);
    this.index.set(id, state);
  }

  /** Advances and compares everything that the index tells with the full scan. */
  compare(): void {
    const crossings = [...this.index.advance(this.moment)];
    const scan = new Map([...this.states].map(([id, state]) => [id, scanned(state, this.moment)]));
    for (const [id, standing] of scan) expect(this.index.standingOf(id), id).to.deep.equal(standing);
    const changed = [...scan].filter(([id, now]) => !isSame(now, this.standings.get(id) ?? HEALTHY));
    expect(new Set(crossings.map(({ id }) => id))).to.deep.equal(new Set(changed.map(([id]) => id)));
    expect(crossings.length, "each once").to.equal(changed.length);
    for (const { id, from, to } of crossings) {
      expect(standingFrom(from)).to.deep.equal(this.standings.get(id) ?? HEALTHY);
      expect(standingFrom(to)).to.deep.equal(scan.get(id));
    }
    for (let status = Status.Warned as 1 | 2; status <= Status.Insolvent; ++status) {
      const ids = [...scan].filter(([, standing]) => standing.status === status).map(([id]) => id);
      expect(new Set(this.index.withStatus(status)), `status ${status}`).to.deep.equal(new Set(ids));
      expect(this.index.count(status)).to.equal(ids.length);
    }
    expect(this.index.size).to.equal(this.states.size);
    const waiting = [...this.states.values()].filter((state) => waitsForTime(state, this.moment));
    expect(this.index.moments.count("call")).to.equal(waiting.length);
    expect(this.index.debtors).to.equal([...this.states.values()].filter((s) => s.debtShares !== 0n).length);
    this.standings = scan;
  }
}

function isSame(a: AccountStanding, b: AccountStanding): boolean {
  return a.status === b.status && a.mayClose === b.mayClose && a.isHopeless === b.isHopeless;
}

describe("AccountIndex", () => {
  it("says of every account what the full exact scan says, after every step of any walk (K-23, I-18)", () => {
    const walk = fc.array(fc.array(steps, { minLength: 1, maxLength: 4 }), { minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(walk, (blocks) => {
        const pair = new Pair();
        for (const block of blocks) {
          for (const step of block) pair.take(step);
          pair.compare();
        }
      }),
      { numRuns: 80 },
    );
  });

  it("misses no crossing of prices that creep over thresholds, one collateral or many (K-23, I-18)", () => {
    const creep = fc.record({
      kind: fc.constant("creep" as const),
      ppm: fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 5, maxLength: 5 }),
      growthPpb: fc.integer({ min: -40, max: 400 }),
    });
    const population = fc.array(nearThreshold, { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(population, fc.array(creep, { minLength: 60, maxLength: 60 }), (accounts, creeps) => {
        const pair = new Pair();
        for (const [i, wish] of accounts.entries()) {
          pair.take({ kind: "set", account: i, wish });
        }
        for (const { ppm, growthPpb } of creeps) {
          pair.compare();
          pair.moment = crept(pair.moment, ppm, growthPpb);
        }
      }),
      { numRuns: 25 },
    );
  });

  describe("when a block is taken back", () => {
    it("sees a hopeless debt that falls under what stands behind it", () => {
      const pair = new Pair();
      const hopeless = { ...hopelessWish, levelBps: 9_990 } as const;
      pair.take({ kind: "set", account: 0, wish: hopeless });
      pair.take({ kind: "index", factorBps: 11_000 });
      pair.compare();
      expect(pair.index.standingOf(idOf(0))).to.deep.include({ status: Status.Insolvent, isHopeless: true });
      pair.moment = { ...pair.moment, debtIndex: (FIRST_MOMENT.debtIndex * 995n) / 1000n };
      pair.compare();
      expect(pair.index.standingOf(idOf(0))?.isHopeless).to.be.false;
    });

    it("stands as before when the earlier states are set again", () => {
      const pair = new Pair();
      pair.take({ kind: "set", account: 0, wish: hopelessWish });
      pair.take({ kind: "set", account: 1, wish: { ...hopelessWish, levelBps: 20_000 } });
      pair.compare();
      const before = [0, 1].map((i) => pair.index.standingOf(idOf(i)));
      pair.take({ kind: "set", account: 1, wish: hopelessWish });
      pair.take({ kind: "set", account: 2, wish: hopelessWish });
      pair.compare();
      pair.take({ kind: "setBack", account: 1 });
      pair.take({ kind: "delete", account: 2 });
      pair.compare();
      expect([0, 1, 2].map((i) => pair.index.standingOf(idOf(i)))).to.deep.equal([...before, undefined]);
    });
  });

  describe("when the clock has stood still (I-22)", () => {
    const called = {
      ...hopelessWish,
      worth: 10n ** 10n,
      levelBps: 9_900,
      measure: "maintenanceValue",
    } as const;

    it("puts off deadlines that either stop protects, and no other", () => {
      const pair = new Pair();
      const { clock } = FIRST_MOMENT;
      for (const [i, deadline] of [100, 300, 500].entries()) {
        pair.take({ kind: "set", account: i, wish: { ...called, call: { deadline, auction: 0 } } });
      }
      pair.compare();
      const statuses = () => [0, 1, 2].map((i) => pair.index.standingOf(idOf(i))?.status);
      const at = (seconds: number) => clock.uptime + BigInt(seconds);
      pair.moment = { ...pair.moment, clock: { ...clock, uptime: at(600) } };
      pair.compare();
      expect(statuses()).to.deep.equal([Status.Expired, Status.Expired, Status.Expired]);
      const earlier = { earlierFrom: at(200), earlierUntil: at(900) };
      pair.moment = { ...pair.moment, clock: { ...clock, uptime: at(601), ...earlier } };
      pair.compare();
      expect(statuses()).to.deep.equal([Status.Expired, Status.Called, Status.Called]);
      const later = { protectedFrom: at(850), protectedUntil: at(1_000) };
      pair.moment = { ...pair.moment, clock: { ...clock, uptime: at(950), ...earlier, ...later } };
      pair.compare();
      expect(statuses()).to.deep.equal([Status.Expired, Status.Called, Status.Called]);
      pair.moment = { ...pair.moment, clock: { ...pair.moment.clock, protectedUntil: at(940) } };
      pair.compare();
      expect(statuses()).to.deep.equal([Status.Expired, Status.Expired, Status.Expired]);
      pair.moment = { ...pair.moment, clock: { ...pair.moment.clock, protectedUntil: at(1_000) } };
      pair.compare();
      pair.moment = { ...pair.moment, clock: { ...pair.moment.clock, protectedFrom: at(960) } };
      pair.compare();
      expect(statuses()).to.deep.equal([Status.Expired, Status.Expired, Status.Expired]);
      pair.moment = { ...pair.moment, clock: { ...pair.moment.clock, earlierUntil: at(990) } };
      pair.compare();
      expect(statuses()).to.deep.equal([Status.Expired, Status.Called, Status.Called]);
    });

    it("knows when time alone makes the next difference: the deadline, then the end of the auction", () => {
      const pair = new Pair();
      pair.take({ kind: "set", account: 0, wish: { ...called, call: { deadline: 100, auction: 0 } } });
      const { uptime } = FIRST_MOMENT.clock;
      const next = () =>
        pair.index.moments.next({
          timestamp: pair.moment.clock.uptime,
          moment: pair.moment.clock,
          callingPausedUntil: 0n,
          liquidationPausedUntil: 0n,
          isSequencerDown: false,
        })?.at;
      pair.compare();
      expect(next()).to.equal(uptime + 100n);
      for (const [seconds, expected] of [
        [99, 100],
        [100, 3_700],
        [3_699, 3_700],
      ] as const) {
        pair.moment = { ...pair.moment, clock: { ...pair.moment.clock, uptime: uptime + BigInt(seconds) } };
        pair.compare();
        expect(next()).to.equal(uptime + BigInt(expected));
      }
      pair.moment = { ...pair.moment, clock: { ...pair.moment.clock, uptime: uptime + 3_700n } };
      pair.compare();
      expect(next()).to.be.undefined;
      expect(pair.index.standingOf(idOf(0))?.status).to.equal(Status.Lapsed);
    });
  });

  it("judges nobody without prices, and goes on from there with them", () => {
    const pair = new Pair();
    pair.take({ kind: "set", account: 0, wish: hopelessWish });
    const unavailable = { ...FIRST_MOMENT, prices: { ...FIRST_MOMENT.prices, available: false } };
    expect(() => pair.index.advance(unavailable)).to.throw(RangeError, "without prices");
    pair.compare();
  });

  it("refuses a state that the contract cannot hold, and keeps the one it had (C-65)", () => {
    const pair = new Pair();
    pair.take({ kind: "set", account: 0, wish: hopelessWish });
    const state = pair.states.get(idOf(0))!;
    const bad: Partial<AccountState>[] = [
      { debtShares: 2n ** 96n },
      { debtShares: -1n },
      { deadline: 2n ** 32n },
      { callNonce: 65_536 },
      { collateralSet: 3.5 },
      { collateral: state.collateral.with(0, 2n ** 128n) },
      { collateral: state.collateral.with(4, 1n) },
    ];
    for (const change of bad) {
      for (const id of [idOf(0), idOf(1)]) {
        expect(() => {
          pair.index.set(id, { ...state, ...change });
        }, Object.keys(change)[0]).to.throw(RangeError);
      }
    }
    expect(pair.index.state(idOf(0))).to.deep.equal(state);
    expect(pair.index.state(idOf(1))).to.be.undefined;
    pair.compare();
  });
});
