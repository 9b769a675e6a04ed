import { valueDown } from "../../sdk/healthMath.ts";
import type { VaultMoment } from "../../sdk/vaultTypes.ts";
import { bestTake } from "./bestTake.ts";
import type { Candidate } from "./candidates.ts";

/** What a plan leaves in the buckets of the vault's brakes, take by take. */
export class Buckets {
  #moment: VaultMoment;

  constructor(moment: VaultMoment) {
    this.#moment = moment;
  }

  /** The moment with what is left. */
  get moment(): VaultMoment {
    return this.#moment;
  }

  /** The candidate with the take that there is room for after those before it; undefined when there is none. */
  withRoomFor(candidate: Candidate): Candidate | undefined {
    const { assessment, best, isCritical } = candidate;
    if (isCritical || this.#moment.brakes?.[best.take.number] === undefined) return candidate;
    const now = bestTake(assessment, this.#moment);
    return now && { ...candidate, best: now };
  }

  /** The candidate's take is part of the plan. */
  draw({ best: { take } }: Candidate): void {
    const { brakes } = this.#moment;
    const brake = brakes?.[take.number];
    if (brakes === undefined || brake === undefined) return;
    const value = valueDown(take.seized, take.price36);
    const room = brake.room > value ? brake.room - value : 0n;
    this.#moment = { ...this.#moment, brakes: brakes.with(take.number, { ...brake, room }) };
  }
}
