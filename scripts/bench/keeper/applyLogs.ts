import { applyEvent } from "../../../keeper/book/applyEvent.ts";
import { NEW_VAULT, type VaultRecord } from "../../../keeper/book/vaultRecord.ts";
import type { AccountIndex } from "../../../keeper/index/accountIndex.ts";
import type { RawLog } from "../../../sdk/logReader.ts";
import { decodeVaultEvent } from "../../../sdk/vaultEvents.ts";

/** Rebuilds an index from a vault's logs, as they came from an endpoint: decoded, applied, put in. */
export class LogApplier {
  readonly #index: AccountIndex;
  readonly #vaultAddress: string;
  #vault: VaultRecord = NEW_VAULT;

  constructor(index: AccountIndex, vaultAddress: string) {
    this.#index = index;
    this.#vaultAddress = vaultAddress;
  }

  get vault(): VaultRecord {
    return this.#vault;
  }

  /** Throws a `BookError` or `MalformedLogError` for logs that no vault wrote. */
  apply(logs: readonly RawLog[], timestamp: bigint): void {
    for (const log of logs) {
      const event = decodeVaultEvent(log);
      if (event === undefined) continue;
      const view = {
        vaultAddress: this.#vaultAddress,
        vault: this.#vault,
        account: (id: `0x${string}`) => this.#index.state(id),
      };
      const change = applyEvent(view, event, timestamp);
      this.#vault = change.vault;
      for (const [id, state] of change.accounts) this.#index.set(id, state);
    }
  }
}
