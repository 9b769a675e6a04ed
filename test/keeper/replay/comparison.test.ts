import { expect } from "chai";
import { beforeEach, describe, it } from "mocha";
import type { Duty, Skip } from "../../../keeper/policy/action.ts";
import { Comparison } from "../../../keeper/replay/comparison.ts";
import { kindOf, type ChainDeed } from "../../../keeper/replay/deedsIn.ts";
import type { PaperDecision } from "../../../keeper/replay/paperKeeper.ts";
import { replayReport } from "../../../keeper/replay/replayReport.ts";
import { accountIdOf, type AccountId } from "../../../sdk/accountId.ts";

const OWN = `0x${"11".repeat(20)}`;
const OTHER = `0x${"22".repeat(20)}`;
const ACCOUNT = accountIdOf(`0x${"33".repeat(20)}`, 1n);
const SECOND = accountIdOf(`0x${"33".repeat(20)}`, 2n);

interface Meant {
  readonly entries?: readonly (readonly [Duty, AccountId, bigint?, bigint?])[];
  readonly meant?: readonly (readonly [Duty, AccountId])[];
  readonly skips?: readonly Skip[];
  readonly refused?: PaperDecision["refused"];
  readonly hasPrices?: boolean;
  readonly isBraked?: boolean;
}

describe("the comparison of a replay", () => {
  let comparison: Comparison;
  let states: Map<AccountId, string>;

  beforeEach(() => {
    comparison = new Comparison(new Set([OWN]));
    states = new Map();
  });

  const stateOf = (account: AccountId) => states.get(account) ?? "as it was";
  const decided = (
    block: number,
    { entries = [], meant, skips = [], refused = [], hasPrices = true, isBraked = false }: Meant,
  ) => {
    const decision: PaperDecision = {
      block,
      entries: entries.map(([duty, account, earned = 0n, cost = 0n]) => ({
        block,
        timestamp: BigInt(block),
        duty,
        account,
        state: stateOf(account),
        earned,
        cost,
      })),
      meant: meant ?? entries.map(([duty, account]) => [duty, account]),
      skips,
      refused,
      hasPrices,
      isBraked,
    };
    comparison.decided(decision, stateOf);
  };
  const done = (block: number, duty: Duty, account = ACCOUNT, by = OTHER) => {
    const deed: ChainDeed = { kind: kindOf(duty)!, duty, account, block, by, transactionHash: `0x${block}` };
    comparison.happened([deed]);
  };
  const skip = (duty: Duty, reason: Skip["reason"], account = ACCOUNT): Skip => ({ account, duty, reason });
  const outcomes = () =>
    comparison.deeds().map(({ outcome, leadBlocks, why }) => [outcome, leadBlocks, why?.reason]);

  describe("when the chain does what was meant", () => {
    it("is in the same block when it is the first in which it could be done", () => {
      decided(10, { entries: [["openCall", ACCOUNT, 5n, 1n]] });
      done(11, "openCall");
      const [deed] = comparison.deeds();
      expect(deed).to.deep.include({ outcome: "same", wouldBlock: 11, leadBlocks: 0, earned: 5n, cost: 1n });
      expect(deed!.done).to.deep.include({ block: 11, by: OTHER, isOwn: false });
    });

    it("is later by as many blocks as lie between, and is counted once meanwhile", () => {
      decided(10, { entries: [["openCall", ACCOUNT, 5n, 1n]] });
      decided(11, { meant: [["openCall", ACCOUNT]] });
      done(15, "openCall", ACCOUNT, OWN);
      const [deed, ...others] = comparison.deeds();
      expect(others).to.deep.equal([]);
      expect(deed).to.deep.include({ outcome: "later", leadBlocks: 4 });
      expect(deed!.done!.isOwn).to.be.true;
    });

    it("counts the first amounts when the account changes and stays due", () => {
      decided(10, { entries: [["liquidateCritical", ACCOUNT, 90n, 1n]] });
      states.set(ACCOUNT, "repaid a little");
      decided(11, { entries: [["liquidateCritical", ACCOUNT, 80n, 1n]] });
      done(13, "liquidateProfitable");
      expect(comparison.deeds().map(({ earned, wouldBlock }) => [earned, wouldBlock])).to.deep.equal([
        [90n, 11],
      ]);
    });

    it("takes what follows a tranche for another deed", () => {
      decided(10, { entries: [["liquidateCritical", ACCOUNT, 90n, 1n]] });
      done(11, "liquidateCritical");
      states.set(ACCOUNT, "a tranche less");
      decided(11, { entries: [["liquidateCritical", ACCOUNT, 70n, 1n]] });
      done(14, "liquidateCritical");
      expect(outcomes()).to.deep.equal([
        ["same", 0, undefined],
        ["later", 2, undefined],
      ]);
    });
  });

  describe("when nobody does it", () => {
    it("is still due at the end", () => {
      decided(10, { entries: [["closeCall", ACCOUNT]] });
      decided(20, { meant: [["closeCall", ACCOUNT]] });
      expect(comparison.deeds()[0]).to.deep.include({
        outcome: "nobody",
        dueUntil: undefined,
        done: undefined,
      });
    });

    it("ends when the account changes and is due no more", () => {
      decided(10, { entries: [["openCall", ACCOUNT]] });
      states.set(ACCOUNT, "cured");
      decided(12, {});
      expect(comparison.deeds()[0]).to.deep.include({ outcome: "nobody", dueUntil: 12 });
      done(13, "openCall");
      expect(outcomes()).to.deep.equal([
        ["nobody", undefined, undefined],
        ["leftAlone", undefined, "notDueBefore"],
      ]);
    });

    it("ends when a price comes back and the account stays as it is", () => {
      decided(10, { entries: [["openCall", ACCOUNT]] });
      decided(11, {});
      decided(12, {});
      expect(comparison.deeds()[0]).to.deep.include({ outcome: "nobody", dueUntil: 11 });
      // What is then done for another dip is none of its lead.
      done(413, "openCall");
      expect(outcomes()).to.deep.equal([
        ["nobody", undefined, undefined],
        ["leftAlone", undefined, "notDueBefore"],
      ]);
    });

    it("begins anew with the next dip, which is worth nothing more", () => {
      decided(10, { entries: [["openCall", ACCOUNT, 5n, 1n]] });
      decided(11, {});
      decided(410, { meant: [["openCall", ACCOUNT]] });
      expect(comparison.deeds().map(({ wouldBlock, dueUntil }) => [wouldBlock, dueUntil])).to.deep.equal([
        [11, 11],
        [411, undefined],
      ]);
      decided(411, { meant: [["openCall", ACCOUNT]] });
      done(412, "openCall");
      expect(outcomes()).to.deep.equal([
        ["nobody", undefined, undefined],
        ["later", 1, undefined],
      ]);
      expect(comparison.deeds().map(({ earned, cost }) => [earned, cost])).to.deep.equal([
        [5n, 1n],
        [0n, 0n],
      ]);
    });

    it("is worth nothing more in another dip as another duty, and is again once the account has changed", () => {
      decided(10, { entries: [["liquidateProfitable", ACCOUNT, 5n, 1n]] });
      decided(11, {});
      decided(12, { entries: [["liquidateCritical", ACCOUNT, 9n, 1n]] });
      decided(13, {});
      states.set(ACCOUNT, "repaid a little");
      decided(14, { entries: [["liquidateCritical", ACCOUNT, 7n, 1n]] });
      expect(comparison.deeds().map(({ wouldBlock, earned }) => [wouldBlock, earned])).to.deep.equal([
        [11, 5n],
        [13, 0n],
        [15, 7n],
      ]);
    });

    it("is still due to everybody else while the brake holds it back", () => {
      decided(10, { entries: [["openCall", ACCOUNT]] });
      decided(11, { skips: [skip("openCall", "brake")] });
      done(12, "openCall");
      expect(outcomes()).to.deep.equal([["later", 1, undefined]]);
    });

    it("is not on paper for what the vault would have refused", () => {
      decided(10, { meant: [["openCall", ACCOUNT]] });
      decided(11, { meant: [["openCall", ACCOUNT]] });
      expect(comparison.deeds()).to.deep.equal([]);
    });
  });

  describe("when the chain does what was not meant", () => {
    const reasons: readonly (readonly [string, Meant, readonly [string, string | undefined]])[] = [
      ["skipped", { skips: [skip("liquidateCritical", "brake")] }, ["brake", undefined]],
      ["not due", { skips: [skip("openCall", "paused", SECOND)] }, ["notDueBefore", undefined]],
      ["without prices", { hasPrices: false }, ["noPrices", undefined]],
      ["meant otherwise", { meant: [["openCall", ACCOUNT]] }, ["otherDuty", "openCall"]],
      [
        "refused on paper",
        {
          meant: [["liquidateCritical", ACCOUNT]],
          refused: [{ duty: "liquidateCritical", account: ACCOUNT, reason: "TakeTooSmall" }],
        },
        ["refused", "TakeTooSmall"],
      ],
    ];
    for (const [name, meant, [reason, detail]] of reasons) {
      it(`says why: ${name}`, () => {
        decided(10, meant);
        done(11, "liquidateCritical");
        expect(comparison.deeds()[0]).to.deep.include({ outcome: "leftAlone", why: { reason, detail } });
      });
    }

    it("forgets a refusal once it is on paper", () => {
      const refused = [{ duty: "openCall", account: ACCOUNT, reason: "NotCallable" }];
      decided(10, { meant: [["openCall", ACCOUNT]], refused });
      decided(26, { entries: [["openCall", ACCOUNT]] });
      done(27, "openCall");
      expect(outcomes()).to.deep.equal([["same", 0, undefined]]);
    });

    it("was earlier when this keeper would have done it on what was left", () => {
      decided(10, { skips: [skip("liquidateProfitable", "notProfitable")] });
      done(11, "liquidateProfitable");
      states.set(ACCOUNT, "a tranche less");
      decided(11, { skips: [skip("liquidateProfitable", "notProfitable")] });
      decided(30, { entries: [["liquidateProfitable", ACCOUNT, 9n, 1n]] });
      expect(outcomes()).to.deep.equal([["earlier", -20, "notProfitable"]]);
      // Until somebody else comes after it: then that is what it is held against.
      done(35, "liquidateProfitable");
      expect(outcomes()).to.deep.equal([
        ["leftAlone", undefined, "notProfitable"],
        ["later", 4, undefined],
      ]);
    });

    it("was something else when the account stood well in between", () => {
      decided(10, { skips: [skip("liquidateProfitable", "notProfitable")] });
      done(11, "liquidateProfitable");
      decided(11, {});
      decided(30, { entries: [["liquidateProfitable", ACCOUNT, 9n, 1n]] });
      expect(outcomes()).to.deep.equal([
        ["leftAlone", undefined, "notProfitable"],
        ["nobody", undefined, undefined],
      ]);
    });
  });

  it("counts what was skipped by reason: accounts, and each block", () => {
    const both = [skip("openCall", "brake"), skip("openCall", "brake", SECOND)];
    decided(10, { skips: both });
    decided(11, { skips: [...both, skip("liquidateProfitable", "quoteBalance")] });
    expect(comparison.skips()).to.deep.equal([
      { duty: "openCall", reason: "brake", accounts: 2, times: 4 },
      { duty: "liquidateProfitable", reason: "quoteBalance", accounts: 1, times: 1 },
    ]);
  });

  it("says from when to when the brake was engaged", () => {
    for (const [block, isBraked] of [false, true, true, false, true].entries()) decided(block, { isBraked });
    expect(comparison.brakes()).to.deep.equal([
      { from: 1, to: 2 },
      { from: 4, to: 4 },
    ]);
  });

  it("adds up by duty, and what it would have been alone with", () => {
    decided(10, {
      entries: [
        ["liquidateCritical", ACCOUNT, 90n, 2n],
        ["openCall", SECOND, 5n, 1n],
      ],
    });
    done(11, "openCall", SECOND);
    done(14, "liquidateCritical", ACCOUNT, OWN);
    done(14, "bookLoss", SECOND);
    const header = { number: 14, timestamp: 14n } as never;
    const { totals, blocks } = replayReport({
      config: { deployment: { vault: OTHER } } as never,
      range: { from: 11, to: 20 },
      first: header,
      last: header,
      deeds: comparison.deeds(),
      skips: [],
      brakes: [],
      ending: { kind: "stopped" },
    });
    expect(blocks).to.equal(4);
    expect(
      totals.map(({ duty, would, later, same, leftAlone }) => [duty, would, later, same, leftAlone]),
    ).to.deep.equal([
      ["liquidateCritical", 1, 1, 0, 0],
      ["openCall", 1, 0, 1, 0],
      ["bookLoss", 0, 0, 0, 1],
      ["all", 2, 1, 1, 1],
    ]);
    expect(totals.at(-1)).to.deep.include({ own: 1, earned: 95n, cost: 3n, net: 92n, netAhead: 88n });
  });
});
