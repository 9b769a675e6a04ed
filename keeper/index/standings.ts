import { Status } from "../../sdk/vaultTypes.ts";
import { HEALTHY, statusIn, type Standing } from "./standing.ts";
import { withRoomFor } from "./withRoomFor.ts";

const STATUSES = Object.values(Status);

/** The standing of every account by slot, and by status a list of the accounts that are not healthy. */
export class Standings {
  #standings = new Uint8Array(0);
  /** Where an account is in the list of its status. */
  #places = new Uint32Array(0);
  readonly #lists = STATUSES.map(() => ({ slots: new Uint32Array(0), count: 0 }));

  /** Makes room for slots below `count`. */
  reserve(count: number): void {
    this.#standings = withRoomFor(this.#standings, count);
    this.#places = withRoomFor(this.#places, count);
  }

  of(slot: number): Standing {
    return this.#standings[slot] ?? HEALTHY;
  }

  set(slot: number, to: Standing): void {
    const from = this.of(slot);
    this.#standings[slot] = to;
    if (statusIn(from) === statusIn(to)) return;
    if (statusIn(from) !== Status.Healthy) this.#leave(slot, statusIn(from));
    if (statusIn(to) !== Status.Healthy) this.#enter(slot, statusIn(to));
  }

  /** How many accounts have `status`, which is not Healthy. */
  count(status: Exclude<Status, 0>): number {
    return this.#lists[status]?.count ?? 0;
  }

  /** The slots of the accounts that have `status`, in no order; valid until the next `set`. */
  slotsWith(status: Exclude<Status, 0>): Uint32Array {
    const list = this.#lists[status];
    return list === undefined ? new Uint32Array(0) : list.slots.subarray(0, list.count);
  }

  #enter(slot: number, status: Status): void {
    const list = this.#lists[status];
    if (list === undefined) return;
    list.slots = withRoomFor(list.slots, list.count + 1);
    list.slots[list.count] = slot;
    this.#places[slot] = list.count;
    list.count += 1;
  }

  #leave(slot: number, status: Status): void {
    const list = this.#lists[status];
    if (list === undefined) return;
    list.count -= 1;
    const last = list.slots[list.count] ?? 0;
    const place = this.#places[slot] ?? 0;
    list.slots[place] = last;
    this.#places[last] = place;
  }
}
