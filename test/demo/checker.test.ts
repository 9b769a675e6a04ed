import { expect } from "chai";
import { describe, it } from "mocha";
import { STATUSES, type CheckStatus } from "../../scripts/demo/check/arithmetic.ts";
import { Checker, type CheckedBlock } from "../../scripts/demo/check/checker.ts";
import { ConservationWatch } from "../../scripts/demo/check/conservation.ts";
import type { AccountFacts, SequencerRound, VaultFacts } from "../../scripts/demo/check/facts.ts";
import type { BlockLogs } from "../../scripts/demo/chain/logs.ts";
import type { AccountId } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { accountFacts, ETHER, NOW, TERMS, USDC, vaultFacts } from "./support/facts.ts";

const ANN: AccountId = `0x${"a".repeat(64)}`;
const WETH = `0x${"e".repeat(40)}`;
const QUIET: BlockLogs = { events: [], movements: [] };
const UP = NOW + 2_700n;
const OUTAGE: readonly SequencerRound[] = [
  { isDown: false, startedAt: NOW - 1_000_000n },
  { isDown: true, startedAt: NOW },
  { isDown: false, startedAt: UP },
];
/** Of a call on Ann that would have passed while the sequencer was down. */
const DEADLINE = NOW + 60n;

interface Block {
  readonly at: bigint;
  readonly uptime: bigint;
  readonly rounds: number;
  /** What the vault says of Ann. */
  readonly status: CheckStatus;
  readonly logs?: BlockLogs;
}

/** A checker that was shown these blocks of a chain on which Ann is called, and how many of them it asked about her. */
async function checked(...blocks: readonly Block[]) {
  let asked = 0;
  const seen: CheckedBlock[] = [];
  const blockAt = (block: number): Block => {
    const found = blocks[block];
    if (found === undefined) throw new Error(`There is no block ${block}.`);
    return found;
  };
  const checker = new Checker({
    reader: {
      vault: (block) => Promise.resolve(factsOf(block, blockAt(block))),
      accounts: (block) => {
        asked += 1;
        return Promise.resolve([annOf(blockAt(block))]);
      },
      balances: () => Promise.resolve([]),
    },
    ids: [ANN],
    assets: [WETH],
    terms: TERMS,
    conservation: new ConservationWatch({ vault: "0xv", tokens: [], shareSymbol: "shares" }),
    turn: () => Promise.resolve(),
    onChecked: (block) => {
      seen.push(block);
    },
  });
  for (const [i, { logs = QUIET }] of blocks.entries()) checker.add(i, logs);
  await checker.settled();
  return { checker, seen, asked };
}

function factsOf(block: number, { at, uptime, rounds }: Block): VaultFacts {
  const fresh = vaultFacts({ block, at, uptime, sequencer: OUTAGE.slice(0, rounds) });
  return { ...fresh, accruedAt: at, tokens: fresh.tokens.map((token) => ({ ...token, updatedAt: at })) };
}

function annOf({ status }: Block): AccountFacts {
  const call = { deadline: DEADLINE, auctionStart: DEADLINE, status: STATUSES.indexOf(status) };
  return accountFacts(1_700n * USDC, [ETHER, 0n], call);
}

function takenAs(status: Status): BlockLogs {
  const event = { name: "Liquidated", account: ANN, owner: "", actor: "", notice: { status, asset: WETH } };
  return { events: [{ transactionHash: "0x", event: event as never }], movements: [] };
}

const before: Block = { at: NOW, uptime: NOW, rounds: 1, status: "Called" };
const first: Block = { at: UP, uptime: NOW, rounds: 2, status: "Called" };
const after: Block = { at: UP + 899n, uptime: NOW + 899n, rounds: 3, status: "Called" };
const graceOver: Block = { at: UP + 900n, uptime: NOW + 900n, rounds: 3, status: "Expired" };

describe("Checker, through an outage", () => {
  it("given a vault that stops its clock and puts the deadline off: agrees with it (I-22)", async () => {
    const { checker, seen } = await checked(before, first, after, graceOver);
    expect(checker.differences).to.be.empty;
    expect(checker.clockDifferences).to.be.empty;
    expect(seen.map(({ standings }) => standings[0]?.status)).to.deep.equal([
      "Called",
      "Called",
      "Called",
      "Expired",
    ]);
    expect(seen.map(({ vault }) => vault.uptime)).to.deep.equal([NOW, NOW, NOW + 899n, NOW + 900n]);
  });

  it("given a vault whose clock went on: says in which blocks, and goes by its own", async () => {
    const { checker, seen } = await checked(before, { ...first, uptime: UP });
    expect(checker.clockDifferences).to.deep.equal([{ block: 1, vaultSays: UP, checkSays: NOW }]);
    expect(seen[1]?.vault.uptime).to.equal(NOW);
  });

  it("given a vault that does not put the deadline off: its status is another", async () => {
    const { checker } = await checked(before, first, { ...after, status: "Expired" });
    expect(checker.differences).to.deep.equal([
      { account: ANN, block: 2, vaultSays: "Expired", checkSays: "Called" },
    ]);
  });

  it("asks about everybody when the sequencer goes down or comes up again", async () => {
    const calm = (at: bigint, rounds: number): Block => ({ ...first, at, rounds, uptime: NOW });
    const { asked } = await checked(before, { ...before, at: NOW + 1n, uptime: NOW + 1n });
    const { asked: more } = await checked(before, calm(UP, 2), calm(UP, 3));
    expect([asked, more]).to.deep.equal([1, 3]);
  });

  it("given a take before the grace after it is over: forbidden, by the deadline of the block before", async () => {
    const early = await checked(before, first, { ...after, logs: takenAs(Status.Expired) });
    expect(early.checker.forbidden).to.deep.equal([
      { account: ANN, block: 2, why: "taken before its deadline, above the floor" },
    ]);
    const late = await checked(before, first, { ...graceOver, logs: takenAs(Status.Expired) });
    expect(late.checker.forbidden).to.be.empty;
  });

  it("counts as missed what could be taken and was not, by its own clock", async () => {
    const at = (seconds: bigint): Block => ({
      ...graceOver,
      at: UP + 900n + seconds,
      uptime: NOW + 900n + seconds,
    });
    // From 298 seconds on the discount on a fifth of the debt pays for the gas and half as much again.
    const waiting = [300n, 360n, 420n, 480n, 540n];
    const inTime = await checked(before, first, after, ...waiting.map(at));
    expect(inTime.checker.watch.misses).to.be.empty;
    const missed = await checked(before, first, after, ...[...waiting, 600n].map(at));
    expect(missed.checker.watch.misses).to.deep.equal([
      { account: ANN, duty: "liquidation", since: 3, found: 8 },
    ]);
  });
});

describe("Checker, when weights follow volatility", () => {
  const still: Block = { at: NOW, uptime: NOW, rounds: 1, status: "Called" };
  const setTo = (asset: string, initialBps: bigint, maintenanceBps: bigint): BlockLogs => {
    const newTerms = { initialBps, maintenanceBps, liquidationBps: 8740n, maxDiscountBps: 800n, cap: 1n };
    const event = { name: "CollateralTermsSet", asset, oldTerms: newTerms, newTerms };
    return { events: [{ transactionHash: "0x", event: event as never }], movements: [] };
  };
  const at = (seconds: bigint, logs: BlockLogs = QUIET): Block => ({
    ...still,
    at: NOW + seconds,
    uptime: NOW + seconds,
    logs,
  });

  it("judges by the weights of the block, and goes on with them", async () => {
    const { seen, checker } = await checked(
      at(0n),
      at(12n, setTo(WETH.toUpperCase().replace("0X", "0x"), 7_000n, 7_900n)),
      at(24n),
    );
    expect(seen.map(({ terms }) => terms.collaterals[0]?.maintenanceBps)).to.deep.equal([
      8_000n,
      7_900n,
      7_900n,
    ]);
    expect(seen.map(({ terms }) => terms.collaterals[0]?.initialBps)).to.deep.equal([7_600n, 7_000n, 7_000n]);
    expect(seen.map(({ standings }) => standings[0]?.maintenanceValue)).to.deep.equal([
      1_600n * USDC,
      1_580n * USDC,
      1_580n * USDC,
    ]);
    expect(checker.differences).to.be.empty;
  });

  it("leaves the others' alone", async () => {
    const { seen } = await checked(at(0n), at(12n, setTo(`0x${"d".repeat(40)}`, 1n, 2n)));
    expect(seen[1]?.terms.collaterals).to.deep.equal(TERMS.collaterals);
  });

  it("notices a vault that judges by others", async () => {
    // At 86 % an ether carries 1,720, which is more than she owes.
    const loose = setTo(WETH, 8_000n, 8_600n);
    const right = await checked({ ...at(60n, loose), status: "Recovering" });
    expect(right.checker.differences).to.be.empty;
    const { checker } = await checked({ ...at(0n) }, { ...at(60n, loose), status: "Expired" });
    expect(checker.differences).to.deep.equal([
      { account: ANN, block: 1, vaultSays: "Expired", checkSays: "Recovering" },
    ]);
  });
});
