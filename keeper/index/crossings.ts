import type { AccountId } from "../../sdk/accountId.ts";
import type { AccountTable } from "./accountTable.ts";
import type { Standing } from "./standing.ts";
import { withRoomFor } from "./withRoomFor.ts";

/** An account that stands differently than before. */
export interface Crossing {
  readonly id: AccountId;
  readonly from: Standing;
  readonly to: Standing;
}

/** Who stands differently since the last `advance`, in arrays; an object each is made only for who asks. */
export class Crossings {
  #table: AccountTable | undefined;
  #slots = new Uint32Array(0);
  #from = new Uint8Array(0);
  #to = new Uint8Array(0);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  *[Symbol.iterator](): Generator<Crossing> {
    for (let i = 0; i < this.#count; ++i) {
      const id = this.#table?.idOf(this.#slots[i] ?? 0);
      if (id !== undefined) yield { id, from: this.#from[i] ?? 0, to: this.#to[i] ?? 0 };
    }
  }

  begin(table: AccountTable): void {
    this.#table = table;
    this.#count = 0;
  }

  add(slot: number, from: Standing, to: Standing): void {
    this.#slots = withRoomFor(this.#slots, this.#count + 1);
    this.#from = withRoomFor(this.#from, this.#count + 1);
    this.#to = withRoomFor(this.#to, this.#count + 1);
    this.#slots[this.#count] = slot;
    this.#from[this.#count] = from;
    this.#to[this.#count] = to;
    this.#count += 1;
  }
}
