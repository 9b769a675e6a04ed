import { closeReasonName, statusName } from "../sdk/vaultTypes.ts";
import type { Log } from "./log.ts";
import type { SeenEvent } from "./sources/follower.ts";

/** Logs what happened on the chain that an operator wants to see, whoever did it. */
export function reportEvents(events: readonly SeenEvent[], keepers: ReadonlySet<string>, log: Log): void {
  for (const { event, blockNumber } of events) {
    if (!("actor" in event)) continue;
    const common = { block: blockNumber, account: event.account, own: keepers.has(event.actor) };
    switch (event.name) {
      case "MarginCallOpened": {
        const { nonce, reopened, deadline, repayAmount, debt } = event.notice;
        log.info("call.opened", { ...common, nonce, reopened, deadline, repayAmount, debt });
        break;
      }
      case "MarginCallClosed":
        log.info("call.closed", { ...common, nonce: event.nonce, reason: closeReasonName(event.reason) });
        break;
      case "Liquidated": {
        const { status, asset, repaid, insured, seized, discountWad, debt } = event.notice;
        const fields = { status: statusName(status), asset, repaid, insured, seized, discountWad, debt };
        log.info("account.liquidated", { ...common, ...fields });
        break;
      }
      case "BadDebtRealized":
        log.warn("loss.booked", { ...common, loss: event.loss, insured: event.insured });
        break;
      case "CollateralDeposited":
      case "CollateralWithdrawn":
      case "Borrowed":
      case "Repaid":
        break;
    }
  }
}
