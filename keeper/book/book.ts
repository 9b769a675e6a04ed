import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import type { VaultEvent } from "../../sdk/vaultEvent.ts";
import {
  Status,
  statusName,
  type AccountState,
  type PoolState,
  type VaultMoment,
} from "../../sdk/vaultTypes.ts";
import { AccountIndex, type ListedStatus } from "../index/accountIndex.ts";
import type { AccountTable } from "../index/accountTable.ts";
import { applyEvent, BookError, type BookView } from "./applyEvent.ts";
import { NEW_VAULT, type VaultRecord } from "./vaultRecord.ts";

/** The place of a block in the chain. */
export interface BlockRef {
  readonly number: number;
  readonly hash: string;
  /** Seconds since 1970. */
  readonly timestamp: bigint;
}

/** What a block made of the accounts and the vault; what it left alone is absent. */
export interface AppliedBlock {
  readonly block: BlockRef;
  readonly accounts: ReadonlyMap<AccountId, AccountState>;
  readonly vault: VaultRecord | undefined;
}

/** A book as it was put away: enough to go on, and how far back it can go. */
export interface SavedBook {
  /** Ascending; the last is the head. */
  readonly blocks: readonly BlockRef[];
  /** All accounts, or with a `table` those that have changed since it was saved. */
  readonly accounts: Iterable<readonly [AccountId, AccountState]>;
  readonly vault: VaultRecord;
  readonly table?: AccountTable;
}

/** Who something may have to be done about at a moment, and how all others stand. */
export interface Roll {
  /** Every account that is neither healthy nor merely warned, and every lot that defaults have left. */
  readonly accounts: ReadonlyMap<AccountId, AccountState>;
  /** Accounts with debt by status name, where there are any. */
  readonly counts: Readonly<Record<string, number>>;
}

/** How many blocks can be taken back, the deepest reorganisation that costs no rebuild. */
export const MAX_REORG_BLOCKS = 64;

/** In which an account is watched and left alone. */
const CALM: ReadonlySet<Status> = new Set([Status.Healthy, Status.Warned]);
const LISTED = Object.values(Status).filter((status): status is ListedStatus => status !== Status.Healthy);

interface Undo {
  readonly block: BlockRef;
  readonly accounts: readonly (readonly [AccountId, AccountState | undefined])[];
  readonly vault: VaultRecord;
}

/**
 * Every account of a vault at one block, from its logs alone. An account is never dropped: what has no debt today may
 * borrow tomorrow. The index holds the states; taking a block back is putting earlier ones in place.
 */
export class Book implements BookView {
  readonly vaultAddress: string;
  readonly #index: AccountIndex;
  #vault: VaultRecord = NEW_VAULT;
  #head: BlockRef | undefined;
  #undos: Undo[] = [];

  constructor(vaultAddress: string, saved?: SavedBook) {
    this.vaultAddress = vaultAddress;
    this.#index = new AccountIndex(saved?.table);
    if (saved === undefined) return;
    this.#vault = saved.vault;
    for (const [id, state] of saved.accounts) this.#index.set(id, state);
    this.#head = saved.blocks.at(-1);
  }

  /** The last block applied; undefined before the first. */
  get head(): BlockRef | undefined {
    return this.#head;
  }

  get vault(): VaultRecord {
    return this.#vault;
  }

  /** How many accounts there are. */
  get size(): number {
    return this.#index.size;
  }

  /** The states as they are kept, for who saves them. */
  get table(): AccountTable {
    return this.#index.table;
  }

  account(id: AccountId): AccountState | undefined {
    return this.#index.state(id);
  }

  /** The account at a place of the table; undefined where there is none. */
  accountAt(place: number): [AccountId, AccountState] | undefined {
    const { table } = this.#index;
    return table.isUsed(place) ? [table.idOf(place), table.read(place)] : undefined;
  }

  /** Every account as it stands, in no order; slow with many. */
  *entries(): Generator<[AccountId, AccountState]> {
    for (let place = 0; place < this.#index.table.end; ++place) {
      const entry = this.accountAt(place);
      if (entry !== undefined) yield entry;
    }
  }

  /** Accounts that were near a call when they were last judged, in no order. */
  *warned(): Generator<[AccountId, AccountState]> {
    for (const id of this.#index.withStatus(Status.Warned)) yield [id, this.#stateOf(id)];
  }

  /** Judges at `moment` whoever may stand differently since the last time. Throws a RangeError without prices. */
  rollAt(moment: VaultMoment): Roll {
    this.#index.advance(moment);
    const accounts = new Map(this.#lots());
    const counts: Record<string, number> = {};
    let healthy = this.#index.debtors;
    for (const status of LISTED) {
      const count = this.#index.count(status);
      healthy -= count;
      if (count > 0) counts[statusName(status)] = count;
      if (CALM.has(status)) continue;
      for (const id of this.#index.withStatus(status)) accounts.set(id, this.#stateOf(id));
    }
    if (healthy > 0) counts[statusName(Status.Healthy)] = healthy;
    return { accounts, counts };
  }

  /** What defaults have left of each collateral, where there is any. */
  *#lots(): Generator<[AccountId, AccountState]> {
    for (const number of this.#vault.collaterals.keys()) {
      const id = accountIdOf(this.vaultAddress, BigInt(number));
      const state = this.#index.state(id);
      if (state !== undefined && state.collateralSet !== 0) yield [id, state];
    }
  }

  /** The hash of a block that is the head or can be gone back to. */
  hashAt(number: number): string | undefined {
    if (this.#head?.number === number) return this.#head.hash;
    return this.#undos.find((undo) => undo.block.number === number)?.block.hash;
  }

  /**
   * Applies the events of `block`, the child of the head, in log order; with more than one block's events, up to and
   * including `block`, nothing before it can be taken back any more. Throws a `BookError`, and then nothing has changed.
   * @param accruedAt The time of the block in which the last of these events that accrue happened: interest runs from it.
   */
  apply(block: BlockRef, events: readonly VaultEvent[], accruedAt: bigint = block.timestamp): AppliedBlock {
    const previous = { block: this.#head, vault: this.#vault };
    const before = new Map<AccountId, AccountState | undefined>();
    try {
      for (const event of events) {
        const change = applyEvent(this, event, accruedAt);
        this.#vault = change.vault;
        for (const [id, state] of change.accounts) {
          if (!before.has(id)) before.set(id, this.#index.state(id));
          this.#index.set(id, state);
        }
      }
    } catch (error) {
      this.#putBack(before, previous.vault);
      // A state that no contract can have comes from logs that no contract wrote.
      throw error instanceof RangeError ? new BookError(error.message, { cause: error }) : error;
    }
    this.#head = block;
    this.#remember(previous.block, block, [...before], previous.vault);
    return {
      block,
      accounts: new Map([...before.keys()].map((id) => [id, this.#stateOf(id)])),
      vault: this.#vault === previous.vault ? undefined : this.#vault,
    };
  }

  /**
   * Puts the contract's own state at the head in place of what logs made of it. Blocks can still be taken back, to
   * states that were as wrong as before.
   */
  repair(accounts: Iterable<readonly [AccountId, AccountState]>, pool?: Partial<PoolState>): AppliedBlock {
    if (this.#head === undefined) throw new Error("an empty book cannot be repaired");
    const repaired = new Map(accounts);
    for (const [id, state] of repaired) this.#index.set(id, state);
    if (pool !== undefined) this.#vault = { ...this.#vault, pool: { ...this.#vault.pool, ...pool } };
    return { block: this.#head, accounts: repaired, vault: pool === undefined ? undefined : this.#vault };
  }

  /** Takes the head back; false when it cannot, and the book then has to be read again. */
  rollBack(): boolean {
    const undo = this.#undos.pop();
    if (undo === undefined) return false;
    this.#putBack(undo.accounts, undo.vault);
    this.#head = undo.block;
    return true;
  }

  #putBack(accounts: Iterable<readonly [AccountId, AccountState | undefined]>, vault: VaultRecord): void {
    for (const [id, state] of accounts) {
      if (state === undefined) this.#index.delete(id);
      else this.#index.set(id, state);
    }
    this.#vault = vault;
  }

  #remember(
    parent: BlockRef | undefined,
    block: BlockRef,
    accounts: readonly (readonly [AccountId, AccountState | undefined])[],
    vault: VaultRecord,
  ): void {
    if (parent?.number !== block.number - 1) {
      this.#undos = [];
      return;
    }
    this.#undos.push({ block: parent, accounts, vault });
    if (this.#undos.length > MAX_REORG_BLOCKS) this.#undos.shift();
  }

  #stateOf(id: AccountId): AccountState {
    const state = this.#index.state(id);
    if (state === undefined) throw new Error(`no account ${id} after it changed`);
    return state;
  }
}
