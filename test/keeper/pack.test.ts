import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import { decide } from "../../keeper/policy/decide.ts";
import { pack, type PackLimits } from "../../keeper/policy/pack.ts";
import { accountOf, stateOf } from "./support/state.ts";
import { ETHER, SETTINGS, snapshotOf, USDC } from "./support/snapshot.ts";

const EIP_7825 = 16_777_216n;
const LIMITS: PackLimits = { gasPerItem: 150_000n, fixedGas: 120_000n, maxGas: 16_000_000n, maxItems: 1_000 };
const itself = (value: bigint) => value;

describe("pack", () => {
  it("sends what is worth most first, in full transactions", () => {
    const packed = pack([3n, 9n, 1n, 7n, 5n], itself, { ...LIMITS, maxItems: 2 });
    expect(packed).to.deep.equal([[9n, 7n], [5n, 3n], [1n]]);
  });

  it("keeps the order of equals", () => {
    const items = [1, 2, 3, 4];
    expect(pack(items, () => 0n, { ...LIMITS, maxItems: 3 })).to.deep.equal([[1, 2, 3], [4]]);
  });

  it("sends alone what is too large for any transaction", () => {
    expect(pack([1n, 2n], itself, { ...LIMITS, gasPerItem: 20_000_000n })).to.deep.equal([[2n], [1n]]);
    expect(pack([1n], itself, { ...LIMITS, fixedGas: 20_000_000n })).to.deep.equal([[1n]]);
  });

  it("packs nothing into nothing", () => {
    expect(pack([], itself, LIMITS)).to.be.empty;
  });

  it("loses nothing, doubles nothing, exceeds no limit, and no batch holds more value than one before it could", () => {
    const items = fc.array(fc.bigInt(0n, 1_000n), { maxLength: 300 });
    const gas = fc.bigInt(21_000n, 900_000n);
    fc.assert(
      fc.property(items, gas, fc.integer({ min: 1, max: 200 }), (values, gasPerItem, maxItems) => {
        const limits = { ...LIMITS, gasPerItem, maxItems, maxGas: EIP_7825 };
        const packed = pack(values, itself, limits);
        expect(packed.flat()).to.deep.equal(values.toSorted((a, b) => Number(b - a)));
        for (const [i, batch] of packed.entries()) {
          expect(batch.length).to.be.within(1, maxItems);
          expect(limits.fixedGas + gasPerItem * BigInt(batch.length) <= EIP_7825).to.be.true;
          if (i < packed.length - 1) expect(batch.length).to.equal(packed[0]?.length);
        }
      }),
    );
  });
});

describe("packing calls", () => {
  const debt = (i: number) => (i % 10 === 0 ? 10_000n + BigInt(i) : 200n + BigInt(i % 100)) * USDC;
  const callable = (owed: bigint) => stateOf((owed * ETHER * 9_900n) / (1_604n * USDC) / 10_000n, owed);
  const healthy = (owed: bigint) => stateOf((owed * ETHER * 13_000n) / (1_604n * USDC) / 10_000n, owed);
  const accounts = Array.from({ length: 10_000 }, (_, i) => {
    return [accountOf(i), i < 1_000 ? callable(debt(i)) : healthy(debt(i))] as const;
  });

  it("K-23 ten thousand accounts, a thousand to be called at once: all of them, the largest debts first, in the fewest transactions", () => {
    const { actions } = decide(snapshotOf(accounts), SETTINGS);
    expect(actions.every(({ duty, gasLimit }) => duty === "openCall" && gasLimit <= EIP_7825)).to.be.true;
    const items = actions.flatMap((action) => ("items" in action ? action.items : []));
    expect(new Set(items.map(({ account }) => account)).size).to.equal(1_000);
    expect(items.map(({ stake }) => stake)).to.deep.equal(
      items.map(({ stake }) => stake).toSorted((a, b) => Number(b - a)),
    );
    // 106 calls fit into 16 million gas at the first guess: nobody waits for more than the tenth transaction.
    expect(actions.length).to.be.at.most(10);
  });

  it("K-23 leaves dust below the operator's minimum alone, and says so", () => {
    const { actions, skips } = decide(snapshotOf(accounts), { ...SETTINGS, minimumCallDebt: 1_000n * USDC });
    const items = actions.flatMap((action) => ("items" in action ? action.items : []));
    expect(items).to.have.length(100);
    expect(actions).to.have.length(1);
    expect(skips).to.have.length(900);
    expect(skips.every(({ reason }) => reason === "belowMinimum")).to.be.true;
  });
});
