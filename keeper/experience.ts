import type { AccountId } from "../sdk/accountId.ts";
import type { CollateralTerms } from "../sdk/vaultTypes.ts";
import { BlindBook } from "./executors/blindBook.ts";
import { DeadLetters } from "./executors/deadLetters.ts";
import { GasBook } from "./executors/gasBook.ts";
import { PokeBook } from "./executors/pokeBook.ts";
import type { Settled } from "./executors/outbox.ts";
import { RevertLosses } from "./executors/revertLosses.ts";
import type { FlashDesk } from "./flashDesk.ts";
import type { Log } from "./log.ts";
import { costOf } from "./policy/gasCost.ts";
import type { GasView } from "./policy/snapshot.ts";
import type { Store } from "./store/store.ts";

export interface ExperienceOptions {
  readonly store: Store;
  /** What may be lost on an account in a day, quote base units. */
  readonly lossPerAccountPerDay: bigint;
  /** Told what came of the flash liquidator's takes. */
  readonly flashDesk: Pick<FlashDesk, "refused" | "taken">;
  readonly log: Log;
}

/** A block and the day of block time it belongs to. */
interface When {
  readonly number: number;
  readonly timestamp: bigint;
}

const DAY_SECONDS = 86_400n;

/** What came of earlier transactions, as far as it bears on the next ones. */
export class Experience {
  readonly deadLetters: DeadLetters;
  readonly blindBook = new BlindBook();
  readonly pokes = new PokeBook();
  readonly #options: ExperienceOptions;
  readonly #revertLosses = new RevertLosses();
  readonly #gasBook = new GasBook();

  constructor(options: ExperienceOptions) {
    this.#options = options;
    this.deadLetters = new DeadLetters(options.store, options.log);
  }

  /** Gas by duty, as learned from receipts. */
  get gas(): Pick<GasView, "perAccount" | "limitPerAccount"> {
    const { perAccount, limitPerAccount } = this.#gasBook;
    return { perAccount, limitPerAccount };
  }

  /** Accounts that refused lately or were too dear today. */
  waiting(block: When): ReadonlySet<AccountId> {
    return new Set([
      ...this.deadLetters.waiting(block.number),
      ...this.#revertLosses.over(this.#options.lossPerAccountPerDay, dayOf(block)),
    ]);
  }

  /** @param collaterals The vault's, at `block`. */
  takeIn(
    settled: readonly Settled[],
    block: When,
    gas: GasView,
    collaterals: readonly CollateralTerms[],
  ): void {
    for (const each of settled) {
      const { duty, gasKind, accounts, outcome } = each;
      const { measuredRoundId } = outcome;
      if (duty === "poke") this.pokes.settled(block.timestamp, { collaterals, measuredRoundId });
      const failed = outcome.kind === "mined" ? outcome.skipped : accounts;
      // What it cost, at today's price of a coin and shared by all that were in it.
      const lost = (costOf({ ...gas, weiPerGas: 1n }, outcome.feeWei) ?? 0n) / BigInt(accounts.length || 1);
      for (const account of failed) {
        this.#failed(account, each, block);
        this.#revertLosses.add(account, dayOf(block), lost);
      }
      if (outcome.kind !== "mined") continue;
      // What was left out took less than what was done.
      if (duty !== "approve" && failed.length === 0) {
        this.#gasBook.learn(gasKind, outcome.gasUsed, accounts.length);
      }
      const done = accounts.filter((account) => !failed.includes(account));
      for (const account of done) {
        this.deadLetters.succeeded(account, block.number);
        if (gasKind === "flashTake") this.#options.flashDesk.taken(account, block.number);
      }
      if (duty === "record" || duty === "bookFee") this.#note(duty, block);
    }
  }

  /** Block time of the last recording or booking; the first block seen counts as one. */
  lastDone(duty: "record" | "bookFee", block: When): bigint {
    const noted = this.#options.store.note(noteOf(duty));
    if (noted !== undefined) return BigInt(noted);
    this.#note(duty, block);
    return block.timestamp;
  }

  /** Quote base units lost so far in the day of `block` on critical accounts. */
  spentToday(block: When): ReadonlyMap<AccountId, bigint> {
    return this.#options.store.spentOn(dayOf(block));
  }

  /** A sale that does not work out says nothing about the account. */
  #failed(account: AccountId, { duty, gasKind, accounts }: Settled, block: When): void {
    if (gasKind === "flashTake") this.#options.flashDesk.refused(account, block.number);
    else {
      const kind = accounts.length === 1 ? "failed" : "refused";
      this.deadLetters.failed({ account, kind, reason: `${duty} reverted` }, block.number);
    }
  }

  #note(duty: "record" | "bookFee", { timestamp }: When): void {
    this.#options.store.setNote(noteOf(duty), timestamp.toString());
  }
}

function noteOf(duty: "record" | "bookFee"): string {
  return duty === "record" ? "lastRecordAt" : "lastBookFeeAt";
}

function dayOf({ timestamp }: When): number {
  return Number(timestamp / DAY_SECONDS);
}
