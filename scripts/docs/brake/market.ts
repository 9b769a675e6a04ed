import { mulDivDown, WAD } from "../../../sdk/fixedPoint.ts";

/** How a market answers sales. A model: one number for its depth, one for how soon it forgets. */
export interface MarketTerms {
  /** A sale lowers the price by its worth divided by this, quote base units. */
  readonly depth: bigint;
  /** After so long without sales, half of what they took from the price is back. */
  readonly halfLifeSeconds: number;
}

/** What sales have taken from the price of one collateral. */
export class Market {
  readonly #terms: MarketTerms | undefined;
  #keptWad = WAD;
  #forgottenAt = 0;

  /** @param terms Without any, the price is nobody's doing. */
  constructor(terms: MarketTerms | undefined) {
    this.#terms = terms;
  }

  /** The price at `at`, unix seconds that never fall, where it would be `price36` had nobody sold. */
  priceAt(price36: bigint, at: number): bigint {
    if (this.#terms !== undefined && this.#keptWad !== WAD) {
      const lives = (at - this.#forgottenAt) / this.#terms.halfLifeSeconds;
      // Nine digits: more would differ from one machine's power function to another's.
      const leftWad = BigInt(Math.round(2 ** -lives * 1e9)) * 10n ** 9n;
      this.#keptWad = WAD - mulDivDown(WAD - this.#keptWad, leftWad, WAD);
    }
    this.#forgottenAt = at;
    return mulDivDown(price36, this.#keptWad, WAD);
  }

  /** Takes a sale in; `worth` is quote base units. */
  sell(worth: bigint): void {
    if (this.#terms === undefined) return;
    const left = this.#terms.depth > worth ? this.#terms.depth - worth : 0n;
    this.#keptWad = mulDivDown(this.#keptWad, left, this.#terms.depth);
  }
}
