import type { AccountId } from "../../sdk/accountId.ts";
import { accountsOf, isNotice, type Action, type Duty } from "../policy/action.ts";
import type { SeenEvent } from "../sources/follower.ts";

/** An account for which a blind transaction did nothing is simulated first when it comes again this soon. */
const SIMULATED_FOR_BLOCKS = 16;

/**
 * Who was acted upon unsimulated, and when, until it is known to have worked: what did nothing then is not sent blindly
 * again for a while. Notices and liquidations each for themselves, for one that was liquidated blindly may have to be
 * called in the next block.
 */
export class BlindBook {
  readonly #notices = new Map<AccountId, number>();
  readonly #takes = new Map<AccountId, number>();

  sent(action: Action, block: number): void {
    const kind = this.#kindOf(action.duty);
    for (const account of accountsOf(action)) kind.set(account, block);
  }

  /**
   * What the vault's logs say was done, by whomever: these accounts may be acted upon blindly again at once. That a
   * transaction was mined says nothing: a batch passes over what it refuses.
   */
  seen(events: readonly SeenEvent[]): void {
    for (const { event } of events) {
      if (event.name === "MarginCallOpened" || event.name === "MarginCallClosed") {
        this.#notices.delete(event.account);
      } else if (event.name === "Liquidated") this.#takes.delete(event.account);
    }
  }

  mayGoBlind(account: AccountId, duty: Duty, block: number): boolean {
    const kind = this.#kindOf(duty);
    const at = kind.get(account);
    // After a reorganisation a block may lie ahead.
    if (at !== undefined && block >= at && block - at < SIMULATED_FOR_BLOCKS) return false;
    kind.delete(account);
    return true;
  }

  #kindOf(duty: Duty): Map<AccountId, number> {
    return isNotice(duty) ? this.#notices : this.#takes;
  }
}
