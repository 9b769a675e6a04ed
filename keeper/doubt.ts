import type { Agreement } from "./sources/agree.ts";
import type { BlockHeader } from "./sources/blockHeader.ts";
import type { Endpoints } from "./sources/endpoints.ts";

/**
 * What to do about a block on which endpoints do not agree. One that is silent is asked again: before long it answers or
 * is set aside. Where two contradict each other and no third settles it, each is followed for one decision in turn, so
 * that what cannot wait is seen by whichever of them is right; then the next block has to tell.
 */
export class Doubt {
  readonly #endpoints: Endpoints;
  #disputedHeight: number | undefined;
  #turns = 0;

  constructor(endpoints: Endpoints) {
    this.#endpoints = endpoints;
  }

  /** Whether nothing more is to be learned about `head` after a decision that was trusted so far. */
  mayMoveOn(trust: Agreement<unknown>["kind"], { number }: BlockHeader): boolean {
    if (this.#disputedHeight !== number) this.#turns = 0;
    this.#disputedHeight = trust === "disputed" ? number : undefined;
    if (trust === "silent") return false;
    if (trust !== "disputed") return true;
    this.#turns += 1;
    this.#endpoints.rotate();
    return this.#turns >= this.#endpoints.inUse.length;
  }
}
