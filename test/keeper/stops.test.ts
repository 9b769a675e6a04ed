import { expect } from "chai";
import { Interface, type FunctionFragment } from "ethers";
import { describe, it } from "mocha";
import type { Action } from "../../keeper/policy/action.ts";
import { decide } from "../../keeper/policy/decide.ts";
import type { Snapshot } from "../../keeper/policy/snapshot.ts";
import { CLOCK_ABI } from "../../keeper/sources/clockProbes.ts";
import type { ClockState } from "../../sdk/clockState.ts";
import type { AccountState } from "../../sdk/vaultTypes.ts";
import { UptimeClock__factory } from "../../types/factories/UptimeClock__factory.ts";
import { accountOf, stateOf } from "./support/state.ts";
import { ETHER, NOW, RUNNING, SETTINGS, snapshotOf, USDC } from "./support/snapshot.ts";

const DEBT = 10_000n * USDC;
const STEP = 12n;
/** How long the clock has stood still in its life, so that uptime and block time never look alike. */
const DOWNTIME = 77_777n;
const UPTIME = NOW - DOWNTIME;

/** One ether counts 1,604 for maintenance at 2,000. */
const amountFor = (healthBps: bigint) => (DEBT * ETHER * healthBps) / (1_604n * USDC) / 10_000n;

/** A call whose deadline passed `seconds` of uptime ago. */
function calledSince(seconds: bigint, healthBps = 9_900n): AccountState {
  const deadline = UPTIME - seconds;
  const changes = { calledAt: deadline - 900n, deadline, auctionStart: deadline };
  return stateOf(amountFor(healthBps), DEBT, changes);
}

const STATES = {
  callable: stateOf(amountFor(9_900n), DEBT),
  called: calledSince(-500n),
  expired: calledSince(1_500n),
  lapsed: calledSince(3_700n),
  recovering: calledSince(1_500n, 10_100n),
  critical: stateOf(amountFor(9_100n), DEBT),
  "critical under call": calledSince(-500n, 9_100n),
  hopeless: stateOf(ETHER / 1_000n, DEBT),
};

/** A clock that has stood still before and runs, or as `changes` make it. */
function clockOf(changes: Partial<ClockState> = {}, moment: Partial<ClockState["moment"]> = {}): ClockState {
  return { ...RUNNING, ...changes, moment: { ...RUNNING.moment, uptime: UPTIME, ...moment } };
}

const callingPaused = (until: bigint) => clockOf({ callingPausedUntil: until }, { isCallingPaused: true });
const liquidationPaused = (until: bigint) =>
  clockOf({ liquidationPausedUntil: until }, { isLiquidationPaused: true });
const down = clockOf({ isSequencerDown: true });

function decideFor(clock: ClockState, states: readonly AccountState[], changes: Partial<Snapshot> = {}) {
  const accounts = states.map((state, i) => [accountOf(i), state] as const);
  return decide(snapshotOf(accounts, { clock, ...changes }), {
    ...SETTINGS,
    criticalLossPerAccountPerDay: 0n,
  });
}

const dutiesOf = (actions: readonly Action[]) => actions.map(({ duty }) => duty);

describe("decide, while the clock stands still", () => {
  const none: readonly string[] = [];
  const everywhere = (duty: string) => ({
    running: [duty],
    calling: [duty],
    liquidation: [duty],
    down: [duty],
  });
  const clocks = {
    running: clockOf(),
    calling: callingPaused(NOW + 3_600n),
    liquidation: liquidationPaused(NOW + 3_600n),
    down,
  };
  const expected: Record<keyof typeof STATES, Record<keyof typeof clocks, readonly string[]>> = {
    callable: { ...everywhere("openCall"), calling: none },
    called: { running: none, calling: none, liquidation: none, down: none },
    expired: { ...everywhere("liquidateProfitable"), liquidation: none },
    lapsed: { ...everywhere("reopenCall"), calling: none },
    recovering: everywhere("closeCall"),
    critical: everywhere("liquidateCritical"),
    "critical under call": everywhere("liquidateCritical"),
    hopeless: everywhere("bookLoss"),
  };
  for (const [phase, byClock] of Object.entries(expected)) {
    for (const [name, duties] of Object.entries(byClock)) {
      it(`C-62 C-28 ${phase}, clock ${name}: ${duties.join() || "nothing"}`, () => {
        const { actions, skips } = decideFor(clocks[name as keyof typeof clocks], [
          STATES[phase as keyof typeof STATES],
        ]);
        expect(dutiesOf(actions)).to.deep.equal(duties);
        const isRefused = duties.length === 0 && phase !== "called";
        expect(skips.filter(({ reason }) => reason === "paused")).to.have.length(isRefused ? 1 : 0);
      });
    }
  }

  it("sends nothing before a pause's end has been seen, for the next block may come early", () => {
    const at = (until: bigint, isOver: boolean) => {
      const paused = callingPaused(until);
      const moment = { ...paused.moment, isCallingPaused: !isOver };
      return dutiesOf(decideFor({ ...paused, moment }, [STATES.callable]).actions);
    };
    expect(at(NOW + 1n, false)).to.be.empty;
    expect(at(NOW, true)).to.deep.equal(["openCall"]);
  });

  it("lets no deadline pass and no auction go on", () => {
    const almost = calledSince(-1n);
    expect(decideFor(callingPaused(NOW + 60n), [almost]).actions).to.be.empty;
    expect(decideFor(down, [almost]).actions).to.be.empty;
    const early = calledSince(0n);
    const discountOf = (clock: ClockState) => decideFor(clock, [early]).actions[0]?.reason;
    expect(discountOf(down)).to.equal("Expired at a discount of 0.25 %");
    expect(discountOf(callingPaused(NOW + 5n))).to.equal("Expired at a discount of 0.28 %");
    expect(discountOf(clockOf())).to.equal("Expired at a discount of 0.3 %");
  });
});

describe("decide, after the clock has stood still (I-20, I-22)", () => {
  /** It stood still 50 s of uptime ago; every deadline after that has until 850 s from now. */
  const resumed = clockOf({}, { protectedFrom: UPTIME - 50n, protectedUntil: UPTIME + 850n });

  it("waits for a deadline that is protected, and says when it passes in block time", () => {
    const { actions, nextMoment, counts } = decideFor(resumed, [calledSince(20n)]);
    expect(actions).to.be.empty;
    expect(counts).to.deep.equal({ Called: 1 });
    expect(nextMoment).to.equal(NOW + 850n);
  });

  it("acts from the protection's end on, at the auction's beginning", () => {
    const at = (seconds: bigint) =>
      decideFor(clockOf({}, { protectedFrom: UPTIME - 900n, protectedUntil: UPTIME - seconds }), [
        calledSince(850n),
      ]).actions;
    expect(at(-1n)).to.be.empty;
    expect(dutiesOf(at(0n))).to.deep.equal(["liquidateProfitable"]);
    expect(at(0n)[0]?.reason).to.equal("Expired at a discount of 0.3 %");
  });

  it("protects nothing that had passed before, and nobody who is critical", () => {
    expect(dutiesOf(decideFor(resumed, [calledSince(60n)]).actions)).to.deep.equal(["liquidateProfitable"]);
    expect(dutiesOf(decideFor(resumed, [calledSince(20n, 9_100n)]).actions)).to.deep.equal([
      "liquidateCritical",
    ]);
  });

  it("remembers the stop before the last for the auction that it put off", () => {
    const twice = clockOf(
      {},
      {
        earlierFrom: UPTIME - 1_500n,
        earlierUntil: UPTIME - 600n,
        protectedFrom: UPTIME - 550n,
        protectedUntil: UPTIME + 350n,
      },
    );
    const { actions } = decideFor(twice, [calledSince(1_400n)]);
    expect(actions[0]?.reason).to.equal("Expired at a discount of 2.88 %");
  });
});

describe("decide, the next moment (K-26: block time and nothing else)", () => {
  const ahead = calledSince(-500n);
  const early = calledSince(100n);

  it("is a deadline's, with what the clock has stood still added", () => {
    expect(decideFor(clockOf(), [ahead]).nextMoment).to.equal(NOW + 500n);
  });

  it("is the end of a pause, and then the deadline after it", () => {
    expect(decideFor(liquidationPaused(NOW + 3_600n), [ahead]).nextMoment).to.equal(NOW + 3_600n);
    expect(decideFor(liquidationPaused(NOW + STEP), [ahead]).nextMoment).to.equal(NOW + STEP + 500n);
  });

  it("is the end of the first of two pauses, whichever it is", () => {
    const both = { ...liquidationPaused(NOW + 600n), callingPausedUntil: NOW + 300n };
    expect(decideFor(both, []).nextMoment).to.equal(NOW + 300n);
    expect(decideFor({ ...both, callingPausedUntil: NOW + 900n }, []).nextMoment).to.equal(NOW + 600n);
  });

  it("is unknown in an outage, but for the end of a pause", () => {
    expect(decideFor(down, [ahead, early]).nextMoment).to.equal(undefined);
    const paused = { ...down, callingPausedUntil: NOW + 300n };
    expect(decideFor(paused, [ahead]).nextMoment).to.equal(NOW + 300n);
  });

  it("is the second at which an auction pays, though a pause has put it off", () => {
    const accounts = [[accountOf(0), early]] as const;
    const settings = { ...SETTINGS, profitMargin: 20n * USDC };
    const at = (clock: ClockState) => decide(snapshotOf(accounts, { clock }), settings).nextMoment!;
    const running = at(clockOf());
    expect(running > NOW + STEP).to.equal(true);
    expect(at(liquidationPaused(NOW + 10n))).to.equal(running + 10n);
  });

  it("and the decision are the same whatever the time of day, but for the time they are at", () => {
    const states = Object.values(STATES);
    const shift = 5_000_000n;
    const accounts = states.map((state, i) => [accountOf(i), state] as const);
    const snapshot = snapshotOf(accounts, { clock: clockOf() });
    const later = snapshotOf(accounts, {
      ...snapshot,
      block: { number: 100, timestamp: NOW + shift },
      actAt: snapshot.actAt + shift,
      clock: clockOf({ timestamp: NOW + shift }),
      vault: { ...snapshot.vault, pool: { ...snapshot.vault.pool, accruedAt: NOW + shift } },
      lastRecordAt: NOW + shift,
      lastBookFeeAt: NOW + shift,
    });
    const [now, then] = [decide(snapshot, SETTINGS), decide(later, SETTINGS)];
    expect(then).to.deep.equal({ ...now, nextMoment: now.nextMoment! + shift });
  });
});

describe("what the keeper asks of the clock", () => {
  const compiled = new Interface(UptimeClock__factory.abi);
  const wordsOf = ({ inputs, outputs }: FunctionFragment) =>
    [inputs, outputs].map((list) => list.map((of) => of.format("sighash")));
  CLOCK_ABI.forEachFunction((fragment) => {
    it(`${fragment.name} is as it is compiled`, () => {
      expect(wordsOf(compiled.getFunction(fragment.selector)!)).to.deep.equal(wordsOf(fragment));
    });
  });
});
