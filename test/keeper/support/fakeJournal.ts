import type { AccountId } from "../../../sdk/accountId.ts";
import type { GasFee, JournalEntry, Spending } from "../../../keeper/store/records.ts";
import type { Store } from "../../../keeper/store/store.ts";

type Journal = Pick<Store, "journal" | "settle" | "unsettled" | "addGasFee" | "removeGasFee" | "gasPaidOn">;

/** The journal in memory. */
export class FakeJournal implements Journal {
  readonly entries = new Map<string, JournalEntry & { outcome: string | undefined }>();
  readonly spending: Spending[] = [];
  readonly fees = new Map<string, GasFee>();

  journal(entries: readonly JournalEntry[], spending: readonly Spending[]): void {
    for (const entry of entries) this.entries.set(entry.hash, { ...entry, outcome: undefined });
    this.spending.push(...spending);
  }

  settle(hash: string, outcome: string | undefined): void {
    this.entries.set(hash, { ...this.entries.get(hash)!, outcome });
  }

  unsettled(sender?: string): readonly JournalEntry[] {
    const all = [...this.entries.values()];
    return all.filter((entry) => entry.outcome === undefined && (sender ?? entry.sender) === entry.sender);
  }

  addGasFee(fee: GasFee): void {
    this.fees.set(`${fee.sender} ${fee.nonce}`, fee);
  }

  removeGasFee(sender: string, nonce: number): void {
    this.fees.delete(`${sender} ${nonce}`);
  }

  gasPaidOn(day: number): bigint {
    return [...this.fees.values()].reduce((sum, fee) => (fee.day === day ? sum + fee.wei : sum), 0n);
  }

  lostOn(account: AccountId): bigint {
    return this.spending.reduce((sum, each) => (each.account === account ? sum + each.amount : sum), 0n);
  }
}
