import { expect } from "chai";
import { describe, it } from "mocha";
import { Moments } from "../../../keeper/index/moments.ts";
import { unstoppedMoment, type ClockState } from "../../../sdk/clockState.ts";

/** Block time is 500 seconds ahead of uptime. */
const CLOCK: ClockState = {
  timestamp: 10_500n,
  moment: unstoppedMoment(10_000n),
  callingPausedUntil: 0n,
  liquidationPausedUntil: 0n,
  isSequencerDown: false,
};

describe("Moments", () => {
  it("names the soonest of both clocks in block time", () => {
    const moments = new Moments();
    expect(moments.next(CLOCK)).to.be.undefined;
    moments.set("feedStale", 3, 10_900n);
    expect(moments.next(CLOCK)).to.deep.equal({ kind: "feedStale", subject: 3, at: 10_900n });
    moments.set("call", 7, 10_300n);
    expect(moments.next(CLOCK)).to.deep.equal({ kind: "call", subject: 7, at: 10_800n });
    moments.set("auction", 9, 10_299n);
    expect(moments.next(CLOCK)).to.deep.equal({ kind: "auction", subject: 9, at: 10_799n });
  });

  it("puts off what goes by uptime to the end of a pause (I-22)", () => {
    const moments = new Moments();
    moments.set("call", 7, 10_300n);
    expect(moments.next({ ...CLOCK, callingPausedUntil: 20_000n })?.at).to.equal(20_300n);
    moments.set("feedDead", 0, 15_000n);
    expect(moments.next({ ...CLOCK, callingPausedUntil: 20_000n })?.kind).to.equal("feedDead");
  });

  it("foresees nothing by uptime while the sequencer is down", () => {
    const moments = new Moments();
    moments.set("call", 7, 10_300n);
    const down = { ...CLOCK, isSequencerDown: true };
    expect(moments.next(down)).to.be.undefined;
    moments.set("feedStale", 1, 11_000n);
    expect(moments.next(down)?.kind).to.equal("feedStale");
  });

  it("says now for what is overdue", () => {
    const moments = new Moments();
    moments.set("call", 1, 9_000n);
    expect(moments.next(CLOCK)?.at).to.equal(10_500n);
    moments.clear("call", 1);
    moments.set("feedDead", 1, 9_000n);
    expect(moments.next(CLOCK)?.at).to.equal(10_500n);
  });

  it("has each subject once a kind, at the time set last", () => {
    const moments = new Moments();
    moments.set("call", 1, 11_000n);
    moments.set("call", 1, 12_000n);
    expect(moments.count("call")).to.equal(1);
    expect(moments.next(CLOCK)?.at).to.equal(12_500n);
    moments.set("call", 1, 10_100n);
    expect(moments.next(CLOCK)?.at).to.equal(10_600n);
    moments.clear("call", 1);
    moments.clear("call", 1);
    expect(moments.next(CLOCK)).to.be.undefined;
  });

  it("hands out what is due, at its very second, once", () => {
    const moments = new Moments();
    for (const [subject, at] of [10_001n, 10_000n, 9_999n, 10_002n].entries())
      moments.set("auction", subject, at);
    const due: number[] = [];
    moments.takeDue("auction", 10_000n, (subject) => due.push(subject));
    expect(due).to.deep.equal([2, 1]);
    moments.takeDue("auction", 10_000n, (subject) => due.push(subject));
    expect(due).to.have.length(2);
    moments.takeDue("auction", 10_001n, (subject) => due.push(subject));
    expect(due).to.deep.equal([2, 1, 0]);
  });
});
