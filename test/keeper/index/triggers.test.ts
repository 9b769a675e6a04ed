import { expect } from "chai";
import { describe, it } from "mocha";
import { Measure, scalarAt, Scalars } from "../../../keeper/index/scalars.ts";
import { Triggers } from "../../../keeper/index/triggers.ts";

describe("Triggers", () => {
  /** The least power of two below 1 and its neighbours, where one bucket ends and the next begins. */
  const edge = 0.5;

  for (const direction of ["Fall", "Rise"] as const) {
    it(`takes who waits for no move at all with the first, at the edge of a bucket too (${direction})`, () => {
      const scalars = new Scalars();
      const triggers = new Triggers(scalars);
      triggers.reserve(1);
      const at = scalarAt(Measure.Value, 2);
      const below = edge * (1 - 2 ** -53);
      const [from, to] = direction === "Fall" ? [below, below - 2 ** -54] : [edge, edge + 2 ** -53];
      scalars.now[at] = from;
      triggers.takePassed(() => undefined);
      triggers[`waitFor${direction}`](0, 2, Measure.Value, 1);
      const taken: number[] = [];
      triggers.takePassed((leg) => taken.push(leg));
      expect(taken, "nothing moved").to.deep.equal([]);
      scalars.now[at] = to;
      triggers.takePassed((leg) => taken.push(leg));
      expect(taken).to.deep.equal([0]);
    });
  }
});
