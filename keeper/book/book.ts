import type { AccountId } from "../../sdk/accountId.ts";
import type { VaultEvent } from "../../sdk/vaultEvent.ts";
import type { AccountState } from "../../sdk/vaultTypes.ts";
import { applyEvent, type BookView } from "./applyEvent.ts";
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
  readonly accounts: ReadonlyMap<AccountId, AccountState>;
  readonly vault: VaultRecord;
}

/** How many blocks can be taken back, the deepest reorganisation that costs no rebuild. */
export const MAX_REORG_BLOCKS = 64;

interface Undo {
  readonly block: BlockRef;
  readonly accounts: readonly (readonly [AccountId, AccountState | undefined])[];
  readonly vault: VaultRecord;
}

/**
 * Every account of a vault at one block, from its logs alone. An account is never dropped: what has no debt today may
 * borrow tomorrow. States are immutable, so that a snapshot is a reference and taking a block back is putting old
 * references in place.
 */
export class Book implements BookView {
  readonly vaultAddress: string;
  #vault: VaultRecord = NEW_VAULT;
  #accounts = new Map<AccountId, AccountState>();
  #head: BlockRef | undefined;
  #undos: Undo[] = [];

  constructor(vaultAddress: string, saved?: SavedBook) {
    this.vaultAddress = vaultAddress;
    if (saved === undefined) return;
    this.#vault = saved.vault;
    this.#accounts = new Map(saved.accounts);
    this.#head = saved.blocks.at(-1);
  }

  /** The last block applied; undefined before the first. */
  get head(): BlockRef | undefined {
    return this.#head;
  }

  get vault(): VaultRecord {
    return this.#vault;
  }

  /** Live: changes with the next block. */
  get accounts(): ReadonlyMap<AccountId, AccountState> {
    return this.#accounts;
  }

  account(id: AccountId): AccountState | undefined {
    return this.#accounts.get(id);
  }

  /** The hash of a block that is the head or can be gone back to. */
  hashAt(number: number): string | undefined {
    if (this.#head?.number === number) return this.#head.hash;
    return this.#undos.find((undo) => undo.block.number === number)?.block.hash;
  }

  /**
   * Applies the events of `block`, the child of the head, in log order; with more than one block's events, up to and
   * including `block`, nothing before it can be taken back any more. Throws a `BookError`, and then nothing has changed.
   */
  apply(block: BlockRef, events: readonly VaultEvent[]): AppliedBlock {
    const previous = { block: this.#head, vault: this.#vault };
    const before = new Map<AccountId, AccountState | undefined>();
    try {
      for (const event of events) {
        const change = applyEvent(this, event, block.timestamp);
        this.#vault = change.vault;
        for (const [id, state] of change.accounts) {
          if (!before.has(id)) before.set(id, this.#accounts.get(id));
          this.#accounts.set(id, state);
        }
      }
    } catch (error) {
      this.#putBack(before, previous.vault);
      throw error;
    }
    this.#head = block;
    this.#remember(previous.block, block, [...before], previous.vault);
    return {
      block,
      accounts: new Map([...before.keys()].map((id) => [id, this.#stateOf(id)])),
      vault: this.#vault === previous.vault ? undefined : this.#vault,
    };
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
      if (state === undefined) this.#accounts.delete(id);
      else this.#accounts.set(id, state);
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
    const state = this.#accounts.get(id);
    if (state === undefined) throw new Error(`no account ${id} after it changed`);
    return state;
  }
}
