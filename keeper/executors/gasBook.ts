import type { GasKind } from "../policy/snapshot.ts";

/** Gas for one account before anything has been learned; above what was measured, so that the first limits suffice. */
const FIRST_GUESS: Readonly<Record<GasKind, bigint>> = {
  take: 250_000n,
  // With a swap through two pools.
  flashTake: 600_000n,
  open: 75_000n,
  close: 45_000n,
  bookLoss: 120_000n,
  housekeeping: 200_000n,
  poke: 250_000n,
};

/** What work takes, learned from receipts: the mean of what was expected and what was seen. */
export class GasBook {
  #perAccount = FIRST_GUESS;

  get perAccount(): Readonly<Record<GasKind, bigint>> {
    return this.#perAccount;
  }

  get limitPerAccount(): Readonly<Record<GasKind, bigint>> {
    const larger = (kind: GasKind) =>
      this.#perAccount[kind] > FIRST_GUESS[kind] ? this.#perAccount[kind] : FIRST_GUESS[kind];
    return {
      take: larger("take"),
      flashTake: larger("flashTake"),
      open: larger("open"),
      close: larger("close"),
      bookLoss: larger("bookLoss"),
      housekeeping: larger("housekeeping"),
      poke: larger("poke"),
    };
  }

  /** Learns from a transaction that did something for `count` accounts; for none, from the whole. */
  learn(kind: GasKind, gasUsed: bigint, count: number): void {
    const seen = gasUsed / BigInt(Math.max(1, count));
    this.#perAccount = { ...this.#perAccount, [kind]: (this.#perAccount[kind] + seen) / 2n };
  }
}
