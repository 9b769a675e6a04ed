import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AccountId } from "../../sdk/accountId.ts";
import type { VaultEvent } from "../../sdk/vaultEvent.ts";
import type { AccountState } from "../../sdk/vaultTypes.ts";
import { RetryableError } from "../../keeper/errors.ts";
import { accountsOf, type Duty } from "../../keeper/policy/action.ts";
import { decide, type Decision } from "../../keeper/policy/decide.ts";
import type { PolicySettings, Snapshot } from "../../keeper/policy/snapshot.ts";
import { isOverdue, STANDBY_DUTIES, type Since, type StandbySettings } from "../../keeper/policy/standby.ts";
import { standbySchema } from "../../keeper/standbyConfig.ts";
import { StandbyWatch } from "../../keeper/standbyWatch.ts";
import { Store } from "../../keeper/store/store.ts";
import { recordingLog, type RecordingLog } from "./support/recordingLog.ts";
import { ACT_AT, ETHER, NOW, SETTINGS, snapshotOf, USDC } from "./support/snapshot.ts";
import { accountOf, stateOf } from "./support/state.ts";
import { VAULT } from "./support/vaultLogs.ts";

const OWN = "0x00000000000000000000000000000000000000a1";
const OTHER = "0x00000000000000000000000000000000000000a2";
const DEBT = 10_000n * USDC;
const amountFor = (healthBps: bigint) => (DEBT * ETHER * healthBps) / (1_604n * USDC) / 10_000n;
const callable = stateOf(amountFor(9_900n), DEBT);
const critical = stateOf(amountFor(9_100n), DEBT);
const recovered = stateOf(amountFor(10_400n), DEBT, {
  calledAt: NOW - 100n,
  deadline: ACT_AT + 1_000n,
  auctionStart: ACT_AT + 1_000n,
});

const place = (changes: Partial<StandbySettings> = {}): StandbySettings => ({
  ...standbySchema.parse({}),
  rank: 1,
  ...changes,
});
const at = (number: number) => ({ number, timestamp: 12n * BigInt(number) });
const since = (duty: Duty, number: number): Since => {
  const { timestamp } = at(number);
  return { duty, block: number, timestamp };
};

describe("isOverdue", () => {
  it("is so at once for the first in the row, and never for another before it is due", () => {
    expect(isOverdue("openCall", undefined, at(1), place({ rank: 0 }))).to.be.true;
    expect(isOverdue("openCall", undefined, at(1_000), place())).to.be.false;
  });

  it("waits rank times the delay, in blocks and in block time, whichever is longer", () => {
    for (const rank of [1, 2, 7]) {
      const settings = place({ rank, delayBlocks: 2 });
      // 36 s are three blocks of 12 s.
      expect(isOverdue("openCall", since("openCall", 10), at(10 + 3 * rank - 1), settings)).to.be.false;
      expect(isOverdue("openCall", since("openCall", 10), at(10 + 3 * rank), settings)).to.be.true;
      // 6 s are less than two blocks.
      expect(isOverdue("liquidateCritical", since("liquidateCritical", 10), at(9 + 2 * rank), settings)).to.be
        .false;
      expect(isOverdue("liquidateCritical", since("liquidateCritical", 10), at(10 + 2 * rank), settings)).to
        .be.true;
    }
  });

  it("begins anew when something else is due than before", () => {
    expect(isOverdue("liquidateCritical", since("openCall", 1), at(1_000), place())).to.be.false;
  });

  it("waits least for what is below its floor, by default", () => {
    const { delaySeconds } = place();
    const others = STANDBY_DUTIES.filter((duty) => duty !== "liquidateCritical");
    expect(others.every((duty) => delaySeconds[duty] > delaySeconds.liquidateCritical)).to.be.true;
  });
});

describe("decide for a standby", () => {
  const states: readonly AccountState[] = [callable, critical, recovered];
  const decideAs = (
    changes: Partial<Snapshot>,
    settings: Partial<PolicySettings> = {},
    list: readonly AccountState[] = states,
  ): Decision => {
    const accounts = list.map((state, i) => [accountOf(i), state] as const);
    return decide(snapshotOf(accounts, changes), { ...SETTINGS, standby: place(), ...settings });
  };
  const remembered = (entries: readonly (readonly [number, Duty, number])[], isInCharge = false) => ({
    standby: {
      since: new Map(
        entries.map(([n, duty, blocks]) => [
          accountOf(n),
          { duty, block: 100 - blocks, timestamp: NOW - 12n * BigInt(blocks) },
        ]),
      ),
      isInCharge,
    },
  });
  const done = ({ actions }: Decision) =>
    actions.flatMap((action) => accountsOf(action).map((account) => [action.duty, account]));
  const left = ({ skips }: Decision) =>
    new Map(skips.filter(({ reason }) => reason === "standby").map(({ account, duty }) => [account, duty]));

  it("does nothing about what has just become due, says so, and says what is due", () => {
    const decision = decideAs({ standby: { since: new Map(), isInCharge: false } });
    expect(decision.actions).to.be.empty;
    const all = new Map<AccountId, Duty>([
      [accountOf(0), "openCall"],
      [accountOf(1), "liquidateCritical"],
      [accountOf(2), "closeCall"],
    ]);
    expect(left(decision)).to.deep.equal(all);
    expect(decision.due).to.deep.equal(all);
  });

  it("does what is overdue and leaves the rest", () => {
    const decision = decideAs(
      remembered([
        [0, "openCall", 2],
        [1, "liquidateCritical", 2],
        [2, "closeCall", 5],
      ]),
    );
    expect(done(decision)).to.deep.equal([
      ["liquidateCritical", accountOf(1)],
      ["closeCall", accountOf(2)],
    ]);
    expect([...left(decision).keys()]).to.deep.equal([accountOf(0)]);
  });

  it("does everything at once as the first in the row, as without a row", () => {
    const first = decideAs({}, { standby: place({ rank: 0 }) });
    const alone = decideAs({}, { standby: undefined });
    expect(done(first)).to.have.length(3);
    expect(first).to.deep.equal(alone);
  });

  it("knows what is due beyond its own purse, and about what it has on its way", () => {
    const wallet = { quote: 0n, allowance: 0n, native: ETHER };
    const decision = decideAs({ wallet, busy: new Set([accountOf(0)]) });
    expect([...decision.due!.keys()]).to.have.members([accountOf(0), accountOf(1), accountOf(2)]);
    // Overdue, and not to be paid for: that is another reason than its turn.
    const poor = decideAs({ wallet, ...remembered([[1, "liquidateCritical", 9]]) });
    expect(poor.skips).to.deep.include({
      account: accountOf(1),
      duty: "liquidateCritical",
      reason: "quoteBalance",
    });
  });

  it("does not count the time for which the brake holds back", () => {
    const brake = { maxShareBps: 1, minAccounts: 1 };
    const decision = decideAs(remembered([[0, "openCall", 50]]), { brake }, [callable]);
    expect(decision.actions).to.be.empty;
    expect(decision.due).to.be.empty;
  });

  it("keeps house only while it is in charge: that leaves no trace by which to know who did it", () => {
    const old = { lastRecordAt: NOW - 20_000n };
    expect(decideAs({ ...old, ...remembered([]) }, {}, []).actions).to.be.empty;
    const [action] = decideAs({ ...old, ...remembered([], true) }, {}, []).actions;
    expect(action?.duty).to.equal("record");
  });
});

describe("StandbyWatch", () => {
  let folder: string;
  let store: Store;
  let log: RecordingLog;
  const open = () => new Store(join(folder, "keeper.sqlite"), { chainId: 1, vault: VAULT });
  const watch = (rank = 1) =>
    new StandbyWatch({ settings: place({ rank }), own: new Set([OWN]), store, log });
  const due = (...entries: readonly (readonly [number, Duty])[]) =>
    new Map(entries.map(([n, duty]) => [accountOf(n), duty]));
  const deed = (n: number, actor: string, block: number) => ({
    event: { name: "MarginCallOpened", account: accountOf(n), actor } as VaultEvent,
    blockNumber: block,
    transactionHash: "0x",
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-standby-"));
    store = open();
    log = recordingLog();
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  it("remembers the first block at which something was due, also over a restart", () => {
    const first = watch();
    first.decided(at(5), due([1, "openCall"], [2, "openCall"]), false);
    first.decided(at(6), due([1, "openCall"], [2, "liquidateCritical"]), false);
    const expected = new Map([
      [accountOf(1), since("openCall", 5)],
      [accountOf(2), since("liquidateCritical", 6)],
    ]);
    expect(first.view.since).to.deep.equal(expected);
    store.close();
    store = open();
    expect(watch().view.since).to.deep.equal(expected);
  });

  it("forgets what is not due any more, but not on the word of endpoints that do not agree", () => {
    const own = watch();
    own.decided(at(5), due([1, "openCall"]), false);
    own.decided(at(6), due(), true);
    expect(own.view.since.size).to.equal(1);
    own.decided(at(7), due(), false);
    expect(own.view.since.size).to.equal(0);
    expect(store.dues()).to.be.empty;
  });

  it("counts anew after anybody has done it, though the same is due again at once", () => {
    const own = watch();
    own.decided(at(5), due([1, "liquidateCritical"]), false);
    own.seen([deed(1, OTHER, 6)]);
    own.decided(at(6), due([1, "liquidateCritical"]), false);
    expect(own.view.since.get(accountOf(1))?.block).to.equal(6);
    expect(store.dues()).to.deep.equal([[accountOf(1), since("liquidateCritical", 6)]]);
  });

  it("K-13 forgets what became due in blocks that are gone", () => {
    const own = watch();
    own.decided(at(5), due([1, "openCall"]), false);
    own.decided(at(7), due([1, "openCall"], [2, "openCall"]), false);
    own.rolledBack(6);
    own.decided(at(7), due([1, "openCall"]), false);
    expect([...own.view.since.keys()]).to.deep.equal([accountOf(1)]);
    expect(store.dues().map(([account]) => account)).to.deep.equal([accountOf(1)]);
  });

  it("takes over once, until somebody else does something, and says both", () => {
    const own = watch();
    const opening = {
      duty: "openCall",
      items: [],
      gasLimit: 1n,
      stake: 0n,
      reason: "",
    } as const;
    own.acted(at(3), [{ duty: "approve", amount: 1n, gasLimit: 1n, stake: 0n, reason: "" }]);
    expect(own.view.isInCharge).to.be.false;
    own.acted(at(4), [opening]);
    own.acted(at(5), [opening]);
    own.seen([deed(1, OWN, 6)]);
    expect(watch().view.isInCharge).to.be.true;
    own.seen([deed(1, OTHER, 9)]);
    expect(own.view.isInCharge).to.be.false;
    own.decided(at(9), due(), false);
    expect(watch().view.isInCharge).to.be.false;
    expect(log.lines).to.deep.equal([
      { event: "standby.tookOver", block: 4, rank: 1, duties: ["openCall"] },
      { event: "standby.steppedBack", block: 9, forBlocks: 5 },
    ]);
  });

  it("K-11 puts on the disk what the disk refused before", () => {
    const refusing = {
      dues: () => [],
      note: () => undefined,
      setNote: () => undefined,
      saveDues: (): void => {
        throw new RetryableError("the disk is full");
      },
    };
    const options = { settings: place(), own: new Set([OWN]), log };
    const own = new StandbyWatch({ ...options, store: refusing });
    expect(() => {
      own.decided(at(5), due([1, "openCall"]), false);
    }).to.throw(RetryableError);
    const saved: (readonly AccountId[])[] = [];
    refusing.saveDues = ((fresh: ReadonlyMap<AccountId, Since>) => {
      saved.push([...fresh.keys()]);
    }) as () => void;
    own.decided(at(6), due([1, "openCall"]), false);
    expect(saved).to.deep.equal([[accountOf(1)]]);
    expect(own.view.since.get(accountOf(1))?.block).to.equal(5);
  });

  it("writes nothing for the first in the row", () => {
    const own = watch(0);
    own.decided(at(5), due([1, "openCall"]), false);
    own.acted(at(5), []);
    expect(own.view).to.deep.equal({ since: new Map(), isInCharge: true });
    expect(store.dues()).to.be.empty;
  });
});
