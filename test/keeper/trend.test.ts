import { expect } from "chai";
import { describe, it } from "mocha";
import { floorOf, slopeOf } from "./support/trend.ts";

/** A heap that fills and is emptied, and of which `leak` stays for good with each block. */
const heap = (leak: number) =>
  Array.from({ length: 200 }, (_, i) => [i, 1_000 + (i % 17) * 50 + i * leak] as const);

describe("what a soak is judged by", () => {
  it("finds a leak under the garbage, and none where there is none", () => {
    expect(slopeOf(floorOf(heap(0), 20))).to.be.within(-0.05, 0.05);
    expect(slopeOf(floorOf(heap(2), 20))).to.be.within(1.9, 2.1);
  });

  it("says nothing of too few points", () => {
    expect(slopeOf([])).to.equal(0);
    expect(slopeOf([[1, 5]])).to.equal(0);
    expect(floorOf(heap(1).slice(0, 3), 20)).to.be.empty;
  });
});
