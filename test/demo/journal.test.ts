import { expect } from "chai";
import { describe, it } from "mocha";
import type { Standing } from "../../scripts/demo/check/arithmetic.ts";
import type { CheckedBlock } from "../../scripts/demo/check/checker.ts";
import { clockAt } from "../../scripts/demo/check/clock.ts";
import type { AccountFacts, SequencerRound } from "../../scripts/demo/check/facts.ts";
import { Journal } from "../../scripts/demo/record/journal.ts";
import { OutageWatch } from "../../scripts/demo/record/outageWatch.ts";
import { Tracker } from "../../scripts/demo/record/tracker.ts";
import type { AccountId } from "../../sdk/accountId.ts";
import type { VaultEvent } from "../../sdk/vaultEvent.ts";
import { CloseReason, Status } from "../../sdk/vaultTypes.ts";
import { accountFacts, ETHER, NOW, TERMS, USDC, vaultFacts, WAD } from "./support/facts.ts";

const ANN: AccountId = `0x${"a".repeat(64)}`;
const BEN: AccountId = `0x${"b".repeat(64)}`;
const WETH = `0x${"E".repeat(40)}`;
const GRACE = TERMS.minGraceSeconds;
const [DOWN, UP] = [NOW + 100n, NOW + 1_900n];
const OUTAGE: readonly SequencerRound[] = [
  { isDown: true, startedAt: DOWN },
  { isDown: false, startedAt: UP },
];

interface Block {
  readonly at: bigint;
  readonly events?: readonly object[];
  readonly facts?: readonly AccountFacts[];
  readonly debts?: readonly bigint[];
  readonly rounds?: readonly SequencerRound[];
  readonly fresh?: boolean;
}

function block({ at, events = [], facts = [], debts = [], rounds = [], fresh = true }: Block): CheckedBlock {
  const standing = (debt: bigint): Standing => ({
    value: 2_000n * USDC,
    maintenanceValue: 1_600n * USDC,
    liquidationValue: 1_748n * USDC,
    debt,
    status: "Called",
  });
  return {
    vault: vaultFacts({ at, sequencer: rounds }),
    clock: clockAt(at, rounds, GRACE),
    terms: TERMS,
    prices: [{ price36: 2n * 10n ** 27n, fresh }],
    facts,
    standings: debts.map(standing),
    profitable: [],
    latencyBlocks: [],
    logs: {
      movements: [],
      events: events.map((event) => ({ transactionHash: "0x", event: event as VaultEvent })),
    },
  };
}

const opened = (deadline: bigint) => ({
  name: "MarginCallOpened",
  account: ANN,
  actor: BEN,
  notice: { nonce: 1, deadline, reopened: false, debt: USDC, bounty: 0n },
});
const taken = (auctionStart: bigint, status: Status = Status.Expired) => ({
  name: "Liquidated",
  account: ANN,
  actor: BEN,
  notice: {
    status,
    asset: WETH,
    repaid: USDC,
    insured: 0n,
    seized: ETHER,
    discountWad: WAD / 100n,
    price36: 1n,
    debt: USDC,
    auctionStart,
  },
});
const closed = { name: "MarginCallClosed", account: ANN, reason: CloseReason.Liquidated };

describe("Journal", () => {
  const deadline = NOW + 900n;
  const journalOf = (...blocks: readonly Block[]) => {
    const journal = new Journal([ANN], [WETH]);
    for (const one of blocks) journal.add(block(one));
    return journal;
  };
  const agesOf = (...blocks: readonly Block[]) =>
    journalOf({ at: NOW, events: [opened(deadline)] }, ...blocks).takes.map(
      ({ sinceAuctionStart }) => sinceAuctionStart,
    );

  it("the first take's auction is as old as its deadline; none ran before it", () => {
    expect(agesOf({ at: deadline + 90n, events: [taken(deadline + 90n)] })).to.deep.equal([90]);
    expect(agesOf({ at: deadline - 1n, events: [taken(deadline, Status.Critical)] })).to.deep.equal([
      undefined,
    ]);
  });

  it("after a take that restarted the auction: since that take", () => {
    const ages = agesOf(
      { at: deadline + 90n, events: [taken(deadline + 90n)] },
      { at: deadline + 120n, events: [taken(deadline + 120n)] },
    );
    expect(ages).to.deep.equal([90, 30]);
  });

  it("after a take that did not, being too small or before the deadline: since the deadline", () => {
    const ages = agesOf(
      { at: deadline - 60n, events: [taken(deadline, Status.Critical)] },
      { at: deadline + 90n, events: [taken(deadline)] },
      { at: deadline + 120n, events: [taken(0n), closed] },
    );
    expect(ages).to.deep.equal([undefined, 90, 120]);
  });

  it("after an outage: in uptime, since the deadline that was put off", () => {
    const at = UP + GRACE + 60n;
    expect(agesOf({ at, rounds: OUTAGE, events: [taken(at - 1_800n), closed] })).to.deep.equal([60]);
  });

  it("moves the deadline of an open call to when the clock will show it, and leaves that of a closed one", () => {
    const [open] = journalOf(
      { at: NOW, events: [opened(deadline)] },
      { at: UP + 120n, rounds: OUTAGE },
    ).calls;
    expect(open?.deadline).to.equal(Number(UP + GRACE));
    const [ended] = journalOf(
      { at: NOW, events: [opened(deadline)] },
      { at: NOW + 60n, events: [closed] },
      { at: UP + 120n, rounds: OUTAGE },
    ).calls;
    expect(ended?.deadline).to.equal(Number(deadline));
  });
});

describe("Tracker", () => {
  it("a trace holds until its account last had debt", () => {
    const tracker = new Tracker();
    tracker.add(block({ at: NOW, debts: [1_500n * USDC, 1_500n * USDC] }));
    tracker.add(block({ at: NOW + 60n, debts: [1_500n * USDC, 1_500n * USDC] }));
    tracker.add(block({ at: NOW + 120n, debts: [0n, 1_500n * USDC] }));
    const traces = tracker.traces([ANN, BEN], new Set([ANN, BEN]));
    expect(traces.map(({ points }) => points.length)).to.deep.equal([1, 1]);
    expect(traces.map(({ until }) => until)).to.deep.equal([Number(NOW) + 60, Number(NOW) + 120]);
  });
});

describe("OutageWatch", () => {
  const times = {
    feedFrom: Number(NOW),
    feedUntil: Number(UP) + 3_000,
    sequencerFrom: Number(DOWN),
    sequencerUntil: Number(UP),
  };
  const called = (deadline: bigint) => accountFacts(USDC, [ETHER], { deadline, auctionStart: deadline });
  const watchOf = (deadlines: readonly bigint[], ...later: readonly Block[]) => {
    const ids = deadlines.map((_, i): AccountId => `0x${"ab".charAt(i).repeat(64)}`);
    const watch = new OutageWatch(ids, "WETH", () => times);
    const facts = deadlines.map(called);
    const said = [{ at: NOW }, { at: DOWN }, ...later].map((one) => watch.add(block({ ...one, facts })));
    return { watch, said };
  };

  it("counts the deadlines that would have passed while the sequencer was down", () => {
    const of = (deadline: bigint) => watchOf([deadline]).watch.record?.protectedDeadlines;
    expect([DOWN, DOWN + 1n, UP, UP + 1n].map(of)).to.deep.equal([0, 1, 1, 0]);
  });

  it("counts takes while it was down, and early ones of those protected, but none below the floor", () => {
    const { watch } = watchOf(
      [DOWN + 60n],
      { at: DOWN + 60n, rounds: OUTAGE.slice(0, 1), events: [taken(0n, Status.Critical)] },
      { at: UP + GRACE - 1n, rounds: OUTAGE, events: [taken(0n), taken(0n, Status.Critical)] },
      { at: UP + GRACE, rounds: OUTAGE, events: [taken(0n)] },
    );
    expect(watch.record).to.deep.include({ takesWhileDown: 1, takesBeforeGrace: 1 });
  });

  it("says each thing once, and that no call was open", () => {
    const { said } = watchOf(
      [0n],
      { at: DOWN + 60n, fresh: false },
      { at: UP, fresh: false },
      { at: UP + 3_000n },
    );
    expect(said.flatMap(({ ends, begins }) => [...ends, ...begins])).to.deep.equal([
      "WETH's feed falls silent, no call is open: these prices have opened none",
      "the sequencer is down, no block for 1,800 s",
      "WETH's price is stale: none of it can be taken",
      "the sequencer is up again: 0 deadlines fell into it and are put off",
      "WETH's feed answers again",
    ]);
  });
});
