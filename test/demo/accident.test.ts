import { expect } from "chai";
import { describe, it } from "mocha";
import { debtIndexAt, pricesOf, standingOf, type CheckTerms } from "../../scripts/demo/check/arithmetic.ts";
import type { CheckedBlock } from "../../scripts/demo/check/checker.ts";
import { clockAt } from "../../scripts/demo/check/clock.ts";
import { loadPrices } from "../../scripts/demo/prices/loadPrices.ts";
import { AccidentWatch } from "../../scripts/demo/record/accidentWatch.ts";
import { accidentRowsOf, weightRowsOf } from "../../scripts/demo/record/summary.ts";
import { WeightWatch } from "../../scripts/demo/record/weightWatch.ts";
import { planAccident } from "../../scripts/demo/replay/accidentPlan.ts";
import type { AccountId } from "../../sdk/accountId.ts";
import type { VaultEvent } from "../../sdk/vaultEvent.ts";
import { CloseReason } from "../../sdk/vaultTypes.ts";
import { accountFacts, ETHER, NOW, TERMS, USDC, vaultFacts } from "./support/facts.ts";

const IDS: readonly AccountId[] = ["a", "b", "c"].map((letter): AccountId => `0x${letter.repeat(64)}`);
const [ANN, BEN, CLEO] = IDS as [AccountId, AccountId, AccountId];
const TRUE_ANSWER = 2_000n * 10n ** 8n;
const BEGIN = Number(NOW);
const PLAN = { from: BEGIN, until: BEGIN + 1_200, lowBps: 300n };
const ROUNDS = [
  { at: BEGIN - 600, answer: TRUE_ANSWER },
  { at: BEGIN + 9_000, answer: TRUE_ANSWER / 2n },
];

/** An ether at 2,000 and a maintenance weight of 80 % carries 1,600. */
const FINE = accountFacts(1_580n * USDC, [ETHER, 0n]);
const ILL = accountFacts(1_610n * USDC, [ETHER, 0n]);

function block(
  seconds: number,
  events: readonly object[],
  { terms = TERMS, lowBps = 300n }: { terms?: CheckTerms; lowBps?: bigint } = {},
): CheckedBlock {
  const at = NOW + BigInt(seconds);
  const plain = vaultFacts({ at, accruedAt: at });
  const answer = (TRUE_ANSWER * (10_000n - lowBps)) / 10_000n;
  const tokens = plain.tokens.map((token, i) => ({
    ...token,
    updatedAt: at,
    ...(i === 1 ? { answer } : {}),
  }));
  const vault = { ...plain, tokens };
  const clock = clockAt(at, [], TERMS.minGraceSeconds);
  const prices = pricesOf(vault, terms);
  const facts = [FINE, ILL, FINE];
  const index = debtIndexAt(vault, terms.rates);
  return {
    vault,
    clock,
    terms,
    prices,
    facts,
    standings: facts.map((own) => standingOf(own, prices, index, clock.uptime, terms)),
    profitable: [],
    latencyBlocks: [],
    logs: {
      movements: [],
      events: events.map((event) => ({ transactionHash: "0x", event: event as VaultEvent })),
    },
  };
}

const opened = (account: AccountId, reopened = false) => ({
  name: "MarginCallOpened",
  account,
  notice: { nonce: 1, deadline: NOW + 9_999n, reopened },
});
const closed = (account: AccountId, reason: CloseReason) => ({ name: "MarginCallClosed", account, reason });
const taken = (account: AccountId) => ({ name: "Liquidated", account, notice: {} });

describe("planAccident", () => {
  it("takes twenty minutes of the crash's calm beginning", () => {
    const { rounds } = loadPrices({});
    const [first] = rounds[0];
    expect(planAccident(rounds[0])).to.deep.equal({
      from: first!.at + 120,
      until: first!.at + 120 + 1_200,
      lowBps: 300n,
    });
    expect(planAccident(loadPrices({ crash: "black-thursday" }).rounds[0])).not.to.equal(undefined);
  });

  it("waits for a stretch in which every price is within 1 % of the first", () => {
    const at = (minutes: number, answer: bigint) => ({ at: 60 * minutes, answer });
    const rounds = [at(0, 10_000n), at(10, 9_899n), at(20, 9_900n), at(30, 10_100n), at(47, 9_800n)];
    // From the third round on it takes 27 minutes, with their last second.
    expect(planAccident(rounds)).to.deep.equal(undefined);
    expect(planAccident([...rounds.slice(0, 4), at(48, 9_800n)])?.from).to.equal(60 * 22);
  });

  it("finds none where prices are never calm, or end too soon", () => {
    const falling = [0, 1, 2, 3].map((i) => ({ at: 900 * i, answer: 10_000n - 101n * BigInt(i) }));
    expect(planAccident(falling)).to.equal(undefined);
    expect(planAccident([{ at: 0, answer: 1n }])).to.equal(undefined);
    expect(planAccident([])).to.equal(undefined);
  });
});

describe("AccidentWatch", () => {
  const watchOf = () => new AccidentWatch(IDS, "WETH", ROUNDS, PLAN);

  it("follows who was well at the true price, and nobody else", () => {
    const watch = watchOf();
    watch.add(block(-60, [], { lowBps: 0n }));
    expect(watch.problems).to.deep.equal(["The accident called nobody who was well at the true price."]);
    watch.add(block(60, [opened(ANN), opened(BEN)]));
    watch.add(block(1_200, [opened(CLEO)], { lowBps: 0n }));
    expect(watch.record).to.include({ from: BEGIN, until: BEGIN + 1_200, lowBps: 300, called: 1 });
    expect(watch.record.open).to.deep.equal([ANN]);
  });

  it("is content when every call has ended by the price or by its trader", () => {
    const watch = watchOf();
    watch.add(block(60, [opened(ANN), opened(CLEO)]));
    watch.add(block(600, [closed(CLEO, CloseReason.Deposited)]));
    watch.add(block(1_260, [closed(ANN, CloseReason.Recovered)], { lowBps: 0n }));
    expect(watch.problems).to.be.empty;
    expect(watch.record).to.deep.include({ called: 2, recovered: 1, cured: 1, liquidated: [], open: [] });
    // Called and sold again for a true price is another matter.
    watch.add(block(9_060, [opened(ANN), taken(ANN)]));
    expect(watch.problems).to.be.empty;
    expect(accidentRowsOf(watch.record)).to.deep.equal([
      { label: "first feed too low", value: "by 3 % for 1,200 s" },
      { label: "well at the true price", value: "2 called, 1 recovered, 1 cured, 0 liquidated" },
    ]);
  });

  it("names whoever was sold for it, and whose call has not ended", () => {
    const watch = watchOf();
    watch.add(block(60, [opened(ANN), opened(CLEO)]));
    watch.add(block(120, [taken(ANN), closed(ANN, CloseReason.Recovered)]));
    expect(watch.record).to.deep.include({ liquidated: [ANN], open: [CLEO], recovered: 0 });
    expect(watch.problems).to.deep.equal([
      `Account ${ANN} was well at the true price, called in the accident and liquidated.`,
      `Account ${CLEO} was called in the accident, and its call has not ended.`,
    ]);
  });

  it("says once when it begins, when it is over, and when its calls have ended", () => {
    const watch = watchOf();
    const words = [
      block(-60, []),
      block(0, []),
      block(60, [opened(ANN)]),
      block(1_200, []),
      block(1_260, [closed(ANN, CloseReason.Recovered)]),
      block(1_320, []),
    ].map((each) => {
      const { begins, ends } = watch.add(each);
      return [...ends, ...begins].join("; ");
    });
    expect(words[1]).to.match(/^WETH's feed answers 3 % too low until /);
    expect(words[3]).to.equal("WETH's feed is right again: 1 called who were well, 1 of their calls open");
    expect(words[4]).to.equal("all these calls have ended: 1 recovered, 0 cured");
    expect([words[0], words[2], words[5]]).to.deep.equal(["", "", ""]);
  });
});

describe("WeightWatch", () => {
  const weights = (initialBps: bigint, maintenanceBps: bigint): CheckTerms => {
    const [first, second] = TERMS.collaterals;
    return { ...TERMS, collaterals: [{ ...first!, initialBps, maintenanceBps }, second!] };
  };

  it("counts accounts that without any tightening nobody could have called, once each", () => {
    const watch = new WeightWatch(IDS);
    const tight = { terms: weights(6_909n, 7_850n), lowBps: 0n };
    watch.add(block(0, [opened(CLEO)], { lowBps: 0n }));
    watch.add(block(60, [opened(ANN), opened(BEN)], tight));
    watch.add(block(120, [opened(ANN, true)], tight));
    watch.add(block(180, [opened(ANN)], tight));
    expect(watch.record.calledByTightening).to.equal(1);
  });

  it("keeps the first, the last and the lowest weights, and tells of those that moved", () => {
    const watch = new WeightWatch(IDS);
    for (const [i, [initial, maintenance]] of [
      [7_600n, 8_000n],
      [6_909n, 7_975n],
      [7_100n, 7_950n],
    ].entries()) {
      watch.add(block(60 * i, [], { terms: weights(initial!, maintenance!) }));
    }
    expect(weightRowsOf(watch.record, ["WETH", "WBTC"])).to.deep.equal([
      {
        label: "weights of WETH",
        value: "76.00 / 80.00 % at first, 69.09 / 79.50 % at the least, 71.00 / 79.50 % in the end",
      },
      { label: "called by tightening", value: "0 accounts" },
    ]);
  });
});
