import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import { HeapPlaces, KeyedHeap } from "../../../keeper/index/keyedHeap.ts";

const ITEMS = 120;
const action = fc.record({
  does: fc.constantFrom("put", "put", "put", "put", "put", "remove", "remove", "pop"),
  item: fc.nat({ max: ITEMS - 1 }),
  key: fc.nat({ max: 300 }),
});

describe("KeyedHeap", () => {
  it("gives the least key of a plain map, whatever was put, moved and removed", () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 100, maxLength: 400 }), (actions) => {
        const places = new HeapPlaces();
        places.reserve(ITEMS);
        const heap = new KeyedHeap(places);
        const model = new Map<number, number>();
        for (const { does, item, key } of actions) {
          if (does === "put") {
            heap.put(item, key);
            model.set(item, key);
          } else if (does === "remove") {
            heap.remove(item);
            model.delete(item);
          } else if (model.size > 0) {
            expect(model.get(heap.first!)).to.equal(heap.firstKey);
            model.delete(heap.pop());
          }
          expect(heap.size).to.equal(model.size);
          expect(heap.firstKey).to.equal(Math.min(...model.values()));
        }
        const drained = Array.from({ length: heap.size }, () => model.get(heap.pop()));
        expect(drained).to.deep.equal([...model.values()].sort((a, b) => a - b));
      }),
      { numRuns: 100 },
    );
  });
});
