import type { AccountId } from "../../sdk/accountId.ts";
import type { VaultMoment } from "../../sdk/vaultTypes.ts";
import type { AppliedBlock, Book } from "../book/book.ts";
import { NEW_ACCOUNT } from "../book/vaultRecord.ts";
import type { Log } from "../log.ts";
import type { VaultSeen } from "../sources/sight.ts";
import { AuditSample } from "./auditSample.ts";
import { compareAccount } from "./compareAccount.ts";
import { comparePool, hasAccruedUnlogged, proveBook, storedPoolOf } from "./compareVault.ts";

/** Accounts in quarantine are looked at in every block, so many of them. */
const QUARANTINED_A_BLOCK = 16;

/**
 * Holds the book against the contract in every block, at the same block hash: the pool, and a sample of accounts. A
 * difference is a page to the operator; the account is put in quarantine and takes over the contract's own state, and
 * comes out when it is next found equal. What stays different there is an error in the arithmetic, not in the logs.
 */
export class Auditor {
  readonly #log: Log;
  readonly #sample = new AuditSample();
  readonly #quarantined = new Set<AccountId>();
  #moment: VaultMoment | undefined;
  #audited = 0;
  #isPoolWrong = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Nothing is done about them. */
  get quarantined(): ReadonlySet<AccountId> {
    return this.#quarantined;
  }

  /** How many accounts were compared in all. */
  get audited(): number {
    return this.#audited;
  }

  /** The accounts to ask the contract about in the next block; nearness is judged at the moment last seen. */
  choose(book: Book): readonly AccountId[] {
    if (this.#moment === undefined) return [];
    const suspects = [...this.#quarantined].slice(0, QUARANTINED_A_BLOCK);
    const view = {
      end: book.table.end,
      at: (place: number) => book.accountAt(place),
      account: (id: AccountId) => book.account(id),
    };
    return [...new Set([...suspects, ...this.#sample.next(view, this.#moment)])];
  }

  /**
   * Compares, and repairs what differs. For a block on which endpoints agree, or that only one can show.
   * @param moment The block's own: prices and time as the contract had them.
   * @returns What the repair changed, for the store; undefined if nothing.
   */
  audit(book: Book, seen: VaultSeen, moment: VaultMoment): AppliedBlock | undefined {
    this.#moment = moment;
    const block = book.head?.number;
    this.#audited += seen.accounts.size;
    const wrong = [...seen.accounts].filter(([id, account]) => {
      const mirror = book.account(id) ?? NEW_ACCOUNT;
      const verdict = compareAccount(mirror, account, moment);
      if (verdict.kind === "equal") {
        if (this.#quarantined.delete(id)) this.#log.warn("audit.released", { block, account: id });
        return false;
      }
      const { field, mirror: own, contract } = verdict;
      const isNew = !this.#quarantined.has(id);
      this.#quarantined.add(id);
      if (isNew) this.#log.error("audit.different", { block, account: id, field, mirror: own, contract });
      return true;
    });
    const isPoolOther = this.#isPoolDifferent(book, seen);
    if (wrong.length === 0 && !isPoolOther) return undefined;
    return book.repair(
      wrong.map(([id, { state }]) => [id, state] as const),
      isPoolOther ? storedPoolOf(seen) : undefined,
    );
  }

  /** Whether all accounts together are what the contract says; for a book that was just read. */
  prove(book: Book, seen: VaultSeen): boolean {
    const startedAt = performance.now();
    const verdict = proveBook(book.entries(), seen);
    const ms = Math.round(performance.now() - startedAt);
    const fields = { block: book.head?.number, accounts: book.size, ms };
    if (verdict.kind === "equal") this.#log.info("book.proved", fields);
    else this.#log.error("book.unproved", { ...fields, ...verdict });
    return verdict.kind === "equal";
  }

  #isPoolDifferent(book: Book, seen: VaultSeen): boolean {
    const verdict = comparePool(book.vault.pool, seen);
    const isWrong = verdict.kind === "different" && !hasAccruedUnlogged(book.vault.pool, seen);
    if (isWrong && !this.#isPoolWrong) {
      const { field, mirror, contract } = verdict;
      this.#log.error("audit.poolDifferent", { block: book.head?.number, field, mirror, contract });
    }
    this.#isPoolWrong = isWrong;
    return verdict.kind === "different";
  }
}
