import { expect } from "chai";
import { describe, it } from "mocha";
import { deedsIn } from "../../../keeper/replay/deedsIn.ts";
import type { SeenEvent } from "../../../keeper/sources/follower.ts";
import { accountIdOf } from "../../../sdk/accountId.ts";
import { CloseReason, Status } from "../../../sdk/vaultTypes.ts";

const OWNER = `0x${"33".repeat(20)}`;
const KEEPER = `0x${"22".repeat(20)}`;
const ACCOUNT = accountIdOf(OWNER, 1n);

/** An event with no more of it than is looked at. */
function seen(name: string, fields: Readonly<Record<string, unknown>>, transaction = "0x1"): SeenEvent {
  const event = { name, account: ACCOUNT, owner: OWNER, actor: KEEPER, ...fields };
  return { event: event as unknown as SeenEvent["event"], blockNumber: 7, transactionHash: transaction };
}

describe("deedsIn", () => {
  const dutiesIn = (events: readonly SeenEvent[]) => deedsIn(events).map(({ duty }) => duty);

  it("names each event's duty", () => {
    expect(dutiesIn([seen("MarginCallOpened", { notice: { reopened: false } })])).to.deep.equal(["openCall"]);
    expect(dutiesIn([seen("MarginCallOpened", { notice: { reopened: true } })])).to.deep.equal([
      "reopenCall",
    ]);
    const take = (status: Status) => dutiesIn([seen("Liquidated", { notice: { status } })]);
    expect(take(Status.Critical)).to.deep.equal(["liquidateCritical"]);
    expect(take(Status.Insolvent)).to.deep.equal(["liquidateCritical"]);
    expect(take(Status.Expired)).to.deep.equal(["liquidateProfitable"]);
    expect(deedsIn([seen("BadDebtRealized", {})])).to.deep.equal([
      { kind: "loss", duty: "bookLoss", account: ACCOUNT, block: 7, by: KEEPER, transactionHash: "0x1" },
    ]);
  });

  it("knows a call's end only where a keeper could have brought it about", () => {
    const ends = Object.values(CloseReason).filter(
      (reason) => dutiesIn([seen("MarginCallClosed", { reason })]).length > 0,
    );
    expect(ends).to.deep.equal([CloseReason.Recovered]);
  });

  it("takes a loss that a take has left for part of it, and one of its own for a deed", () => {
    const take = seen("Liquidated", { notice: { status: Status.Insolvent } });
    expect(dutiesIn([take, seen("BadDebtRealized", {})])).to.deep.equal(["liquidateCritical"]);
    expect(dutiesIn([take, seen("BadDebtRealized", {}, "0x2")])).to.deep.equal([
      "liquidateCritical",
      "bookLoss",
    ]);
  });

  it("counts several tranches of an account in a block once, and leaves out what traders do", () => {
    const take = seen("Liquidated", { notice: { status: Status.Expired } });
    expect(deedsIn([take, { ...take, transactionHash: "0x2" }])).to.have.lengthOf(1);
    expect(deedsIn([seen("Repaid", {}), seen("InterestAccrued", {})])).to.deep.equal([]);
  });
});
