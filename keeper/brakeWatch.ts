import type { Confirmation } from "./confirmation.ts";
import type { Log, LogFields } from "./log.ts";
import type { Brake, BrakeExtent, BrakeState } from "./policy/brake.ts";
import type { SecondView } from "./sources/secondSources.ts";
import type { Store } from "./store/store.ts";

export interface BrakeWatchOptions {
  readonly confirmation: Pick<Confirmation, "holdsAt">;
  readonly store: Pick<Store, "note" | "setNote">;
  readonly log: Log;
}

interface When {
  readonly number: number;
  readonly timestamp: bigint;
}

/** The block at which the brake engaged, or nothing. On the disk, for a restart must not let go of it. */
const NOTE = "brakeEngagedAt";

/** Remembers whether the brake is engaged, over restarts, and says so once each way. */
export class BrakeWatch {
  readonly #options: BrakeWatchOptions;
  #engagedAt: number | undefined;
  #wasBacked = false;

  constructor(options: BrakeWatchOptions) {
    this.#options = options;
    const noted = options.store.note(NOTE) ?? "";
    this.#engagedAt = noted === "" ? undefined : Number(noted);
  }

  /** For the decision at a block. Throws `RetryableError` when the store does not take what it has to. */
  stateAt(block: When): BrakeState {
    return {
      wasEngaged: this.#engagedAt !== undefined,
      isConfirmed: this.#options.confirmation.holdsAt(block),
    };
  }

  /** A block was decided upon, by endpoints that agree. Throws `RetryableError` as `stateAt` does. */
  decided({ number }: When, brake: Brake, views: readonly SecondView[]): void {
    const { log } = this.#options;
    if (brake.kind === "engaged") {
      if (this.#engagedAt === undefined) this.#engage(number, brake, views);
      return;
    }
    const fields = fieldsOf(number, brake.extent);
    const isBacked = brake.kind === "backed";
    const by = isBacked ? brake.by : "share";
    if (this.#engagedAt !== undefined) {
      const forBlocks = number - this.#engagedAt;
      this.#note(undefined);
      log.error("brake.released", { ...fields, by, forBlocks });
    } else if (isBacked && !this.#wasBacked)
      log.warn("brake.backed", { ...fields, by, prices: textOf(views) });
    this.#wasBacked = isBacked;
  }

  #engage(
    number: number,
    { extent, held, unconfirmed }: Extract<Brake, { kind: "engaged" }>,
    views: readonly SecondView[],
  ): void {
    this.#note(number);
    this.#options.log.error("brake.engaged", {
      ...fieldsOf(number, extent),
      held: held.size,
      unconfirmed,
      prices: textOf(views),
    });
  }

  #note(engagedAt: number | undefined): void {
    this.#options.store.setNote(NOTE, engagedAt === undefined ? "" : String(engagedAt));
    this.#engagedAt = engagedAt;
  }
}

function fieldsOf(block: number, { accounts, debt, bookDebt, shareBps }: BrakeExtent): LogFields {
  return { block, accounts, debt, bookDebt, shareBps };
}

/** By collateral number: the opinion, the vault's price and the other one. */
function textOf(views: readonly SecondView[]): string[] {
  return views.map(
    ({ opinion, price36, second36 }, number) =>
      `${number} ${opinion}: ${price36}${second36 === undefined ? "" : ` against ${second36}`}`,
  );
}
