import { expect } from "chai";
import { describe, it } from "mocha";
import { momentAt, pastTimeOf, saysDown, stopOf, timeOf, unstoppedMoment } from "../../sdk/clockState.ts";
import type { ClockState } from "../../sdk/clockState.ts";

const NOW = 2_000n;
/** At block time 2,000 the clock shows 1,500 and runs. */
const RUNNING: ClockState = {
  timestamp: NOW,
  moment: { ...unstoppedMoment(1_500n), protectedFrom: 1_000n, protectedUntil: 1_100n },
  callingPausedUntil: 1_990n,
  liquidationPausedUntil: 0n,
  isSequencerDown: false,
};
const paused: ClockState = { ...RUNNING, callingPausedUntil: 2_300n, liquidationPausedUntil: 2_100n };
const down: ClockState = { ...RUNNING, isSequencerDown: true };
const downAndPaused: ClockState = { ...paused, isSequencerDown: true };

describe("the clock ahead (I-22, K-26)", () => {
  const cases = {
    "while it runs": { state: RUNNING, stop: undefined, at: { 2_000: 1_500n, 2_600: 2_100n }, of: 2_001n },
    "in two pauses that overlap": {
      state: paused,
      stop: "callingPaused",
      at: { 2_000: 1_500n, 2_299: 1_500n, 2_300: 1_500n, 2_301: 1_501n, 2_600: 1_800n },
      of: 2_301n,
    },
    "in an outage": {
      state: down,
      stop: "sequencerDown",
      at: { 2_000: 1_500n, 9_000: 1_500n },
      of: undefined,
    },
    "in an outage and a pause": {
      state: downAndPaused,
      stop: "sequencerDown",
      at: { 2_300: 1_500n, 9_000: 1_500n },
      of: undefined,
    },
  };
  for (const [when, { state, stop, at, of }] of Object.entries(cases)) {
    it(`${when} shows what it will`, () => {
      expect(stopOf(state)).to.equal(stop);
      for (const [time, uptime] of Object.entries(at)) {
        expect(momentAt(state, BigInt(time)).uptime, time).to.equal(uptime);
      }
      expect(timeOf(state, 1_501n)).to.equal(of);
      expect(timeOf(state, 1_500n)).to.equal(NOW);
    });
  }

  it("keeps a pause in force up to its end, for the next block may come early", () => {
    const state = { ...paused, moment: { ...paused.moment, isCallingPaused: true } };
    expect(momentAt(state, 9_000n).isCallingPaused).to.equal(true);
  });
});

describe("the clock behind", () => {
  it("is exact where no stop came after, and else the latest it can have been", () => {
    expect(pastTimeOf(RUNNING, 1_100n)).to.deep.equal({ timestamp: 1_600n, isExact: true });
    expect(pastTimeOf(RUNNING, 1_099n)).to.deep.equal({ timestamp: 1_599n, isExact: false });
  });

  it("is block time as long as the clock has never stood still", () => {
    const never = { ...RUNNING, moment: { ...RUNNING.moment, uptime: NOW } };
    expect(pastTimeOf(never, 10n)).to.deep.equal({ timestamp: 10n, isExact: true });
  });
});

describe("the sequencer's feed (C-28, C-29)", () => {
  it("says down by a round that makes sense, and by nothing else", () => {
    expect(saysDown(1n, 1n, 1n)).to.equal(true);
    const senseless: readonly (readonly [bigint, bigint, bigint])[] = [
      [1n, 0n, 1n],
      [1n, 1n, 0n],
      [0n, 1n, 1n],
      [1n << 80n, 1n, 1n],
      [1n, 2n, 1n],
      [1n, -1n, 1n],
    ];
    for (const round of senseless) expect(saysDown(...round), round.join()).to.equal(false);
  });
});
