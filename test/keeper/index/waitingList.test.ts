import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import { WaitingList } from "../../../keeper/index/waitingList.ts";

const LEGS = 30;
const SCALARS = [0, 17, 63];

/** Scalars that creep, leap over many octaves, die, and go to the ends of what a double holds. */
const scalar = fc.oneof(
  fc.double({ min: 0.9, max: 1.1, noNaN: true }),
  fc.double({ min: 0, max: 1e6, noNaN: true }),
  fc.constantFrom(0, Number.MIN_VALUE, 1e-300, 1e300, 1, 4, 0.25),
);
const action = fc.oneof(
  fc.record({
    does: fc.constant("put" as const),
    leg: fc.nat({ max: LEGS - 1 }),
    which: fc.nat({ max: 2 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({ does: fc.constant("remove" as const), leg: fc.nat({ max: LEGS - 1 }) }),
  fc.record({ does: fc.constant("move" as const), which: fc.nat({ max: 2 }), to: scalar }),
);

describe("WaitingList", () => {
  for (const direction of ["fall", "rise"] as const) {
    it(`takes out exactly those that a move has passed (${direction})`, () => {
      const list = new WaitingList(direction);
      list.reserve(LEGS);
      fc.assert(
        fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
          const now = [1, 1, 1];
          const model = new Map<number, { which: number; key: number }>();
          for (const step of actions) {
            if (step.does === "put") {
              const at = now[step.which]!;
              const key = direction === "fall" ? at * step.share : at === 0 ? 0 : at / step.share;
              list.put(step.leg, SCALARS[step.which]!, key);
              model.set(step.leg, { which: step.which, key });
            } else if (step.does === "remove") {
              list.remove(step.leg);
              model.delete(step.leg);
            } else {
              const taken: number[] = [];
              list.takePassed(SCALARS[step.which]!, now[step.which]!, step.to, (leg) => taken.push(leg));
              const passed = [...model].filter(
                ([, { which, key }]) =>
                  which === step.which && (direction === "fall" ? key > step.to : key < step.to),
              );
              for (const [leg] of passed) model.delete(leg);
              expect(taken.sort()).to.deep.equal(passed.map(([leg]) => leg).sort());
              now[step.which] = step.to;
            }
          }
          for (let leg = 0; leg < LEGS; ++leg) list.remove(leg);
        }),
        { numRuns: 300 },
      );
    });
  }

  it("refuses more legs than its words can name", () => {
    expect(() => {
      new WaitingList("fall").reserve(2 ** 26);
    }).to.throw(RangeError);
  });
});
