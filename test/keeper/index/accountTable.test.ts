import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import { AccountTable } from "../../../keeper/index/accountTable.ts";
import type { AccountId } from "../../../sdk/accountId.ts";
import type { AccountState } from "../../../sdk/vaultTypes.ts";

const bits = (count: number) =>
  fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** BigInt(count) - 1n }),
    fc.constantFrom(0n, 2n ** BigInt(count) - 1n),
  );

const state: fc.Arbitrary<AccountState> = fc
  .record({
    collateralSet: fc.integer({ min: 0, max: 0xffff }),
    callNonce: fc.integer({ min: 0, max: 0xffff }),
    calledAt: bits(32),
    deadline: bits(32),
    auctionStart: bits(32),
    closedLateAt: bits(32),
    debtShares: bits(96),
    collateral: fc.array(bits(128), { minLength: 16, maxLength: 16 }),
  })
  .map((s) => ({ ...s, collateral: s.collateral.map((a, i) => ((s.collateralSet >> i) & 1 ? a : 0n)) }));

/** Few, so that they meet, and differing in every part. */
const id = fc.nat({ max: 40 }).map((n): AccountId => {
  const digits = n.toString(16).padStart(2, "0");
  return `0x${n % 3 === 0 ? digits.padEnd(64, "0") : n % 3 === 1 ? digits.padStart(64, "f") : digits.padStart(33, "0").padEnd(64, "9")}`;
});

describe("AccountTable", () => {
  it("gives back every state exactly, to the last bit of every field, as a map would (I-44)", () => {
    const action = fc.record({ does: fc.constantFrom("set", "set", "set", "remove"), id, state });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 150 }), (actions) => {
        const table = new AccountTable();
        const model = new Map<AccountId, AccountState>();
        for (const step of actions) {
          const slot = table.slotOf(step.id);
          expect(slot !== undefined).to.equal(model.has(step.id));
          if (step.does === "set") {
            table.write(slot ?? table.add(step.id), step.state);
            model.set(step.id, step.state);
          } else if (slot !== undefined) {
            table.remove(slot);
            model.delete(step.id);
          }
        }
        expect(table.size).to.equal(model.size);
        for (const [key, value] of model) {
          const slot = table.slotOf(key)!;
          expect(table.idOf(slot)).to.equal(key);
          expect(table.read(slot)).to.deep.equal(value);
          expect(table.isUsed(slot)).to.be.true;
        }
      }),
      { numRuns: 60 },
    );
  });

  it("uses the room of what was removed again", () => {
    const table = new AccountTable();
    const idAt = (n: number): AccountId => `0x${n.toString(16).padStart(64, "0")}`;
    const [sample] = fc.sample(state, { numRuns: 1, seed: 7 });
    for (let n = 0; n < 2_000; ++n) {
      table.write(table.add(idAt(n)), sample!);
      if (n >= 10) table.remove(table.slotOf(idAt(n - 10))!);
    }
    expect(table.size).to.equal(10);
    expect(table.end).to.equal(11);
    expect(table.legs.end).to.be.at.most(11 * 16);
  });

  it("approximates debts and amounts to within what the index allows for", () => {
    fc.assert(
      fc.property(state, (s) => {
        const table = new AccountTable();
        const slot = table.add(`0x${"1".repeat(64)}`);
        table.write(slot, s);
        const isNear = (double: number, exact: bigint) =>
          Math.abs(double - Number(exact)) <= Number(exact) * 5e-16;
        expect(isNear(table.approximateSharesOf(slot), s.debtShares)).to.be.true;
        expect(table.approximateSharesOf(slot) === 0).to.equal(s.debtShares === 0n);
        const amounts = s.collateral.filter((_, i) => (s.collateralSet >> i) & 1);
        for (const [i, amount] of amounts.entries()) {
          expect(isNear(table.legs.approximate(table.firstLegOf(slot) + i), amount)).to.be.true;
        }
      }),
      { numRuns: 200 },
    );
  });
});
