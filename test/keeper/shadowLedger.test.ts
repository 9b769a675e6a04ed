import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MAX_REORG_BLOCKS } from "../../keeper/book/book.ts";
import { readShadowOf } from "../../keeper/store/readJournal.ts";
import { MIGRATIONS, SCHEMA_VERSION } from "../../keeper/store/schema.ts";
import { ShadowLedger, type ShadowBounds, type ShadowEntry } from "../../keeper/store/shadowLedger.ts";
import { Store } from "../../keeper/store/store.ts";
import { accountOf } from "./support/state.ts";

const OWNER = { chainId: 31_337, vault: "0xVault" };
const DAY = 86_400n;
const PLENTY: ShadowBounds = { entries: 100_000, seconds: 90n * DAY };
const START = 1_800_000_000n;

describe("ShadowLedger", () => {
  let folder: string;
  let file: string;
  let ledger: ShadowLedger | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-shadow-"));
    file = join(folder, "keeper.sqlite");
    ledger = undefined;
  });
  afterEach(() => {
    ledger?.close();
    rmSync(folder, { recursive: true });
  });
  const open = (bounds = PLENTY) => {
    new Store(file, OWNER).close();
    ledger?.close();
    return (ledger = new ShadowLedger(file, bounds));
  };
  /** In a chain of 12 s a block; what it brings tells it from the others. */
  const entry = (block: number, account: number, changes: Partial<ShadowEntry> = {}): ShadowEntry => ({
    block,
    timestamp: START + 12n * BigInt(block),
    duty: "openCall",
    account: accountOf(account),
    state: `s${block}`,
    earned: BigInt(block),
    cost: 1n,
    ...changes,
  });
  const sumOf = (entries: readonly ShadowEntry[]) => ({
    duty: "openCall",
    count: entries.length,
    earned: entries.reduce((sum, { earned }) => sum + earned, 0n),
    cost: BigInt(entries.length),
  });

  it("keeps so many entries at most, of which the oldest go, and its sums stay as they are", () => {
    const all = Array.from({ length: 500 }, (_, i) => entry(i, i % 7));
    const kept = open({ ...PLENTY, entries: 100 });
    for (const each of all) {
      kept.add([each]);
      expect(kept.entries().length).to.be.at.most(100);
    }
    const left = kept.entries();
    expect(left.length).to.be.at.least(90);
    // A gap would mean that a newer one went before an older.
    expect(left).to.deep.equal(all.slice(-left.length));
    expect(readShadowOf(file)).to.deep.equal([sumOf(all)]);
  });

  it("keeps entries for so long at most, but for the last about an account, by which it is not entered again", () => {
    const old = [entry(1, 1), entry(2, 1), entry(3, 2)];
    const late = entry(10 * 7_200, 3);
    const kept = open({ ...PLENTY, seconds: 9n * DAY });
    kept.add(old);
    kept.add([late]);
    expect(kept.entries()).to.deep.equal([old[1], old[2], late]);
    expect(readShadowOf(file)).to.deep.equal([sumOf([...old, late])]);
  });

  it("gives up the last about an account where there is no room for it", () => {
    const all = Array.from({ length: 300 }, (_, i) => entry(i, i));
    const kept = open({ ...PLENTY, entries: 100 });
    for (const each of all) kept.add([each]);
    expect(kept.entries().length).to.be.within(90, 100);
    expect(readShadowOf(file)).to.deep.equal([sumOf(all)]);
  });

  it("K-13 keeps what a reorganisation may take back, however much it is", () => {
    const kept = open({ entries: 10, seconds: 1n });
    const recent = Array.from({ length: MAX_REORG_BLOCKS }, (_, i) => entry(1_000 + i, i));
    kept.add([entry(1, 0)]);
    for (const each of recent) kept.add([each]);
    expect(kept.entries()).to.deep.equal(recent);
    kept.rollBackTo(1_009);
    expect(kept.entries()).to.deep.equal(recent.slice(0, 10));
    expect(readShadowOf(file)).to.deep.equal([sumOf([entry(1, 0), ...recent.slice(0, 10)])]);
  });

  it("adds up each duty for itself, also below zero and beyond 2^53, over restarts", () => {
    const huge = 10n ** 30n;
    const takes = Array.from({ length: 200 }, (_, i) =>
      entry(i, 1, {
        duty: i % 2 === 0 ? "liquidateCritical" : "closeCall",
        earned: i % 2 === 0 ? -huge : 3n,
      }),
    );
    for (const each of takes) open({ ...PLENTY, entries: 50 }).add([each]);
    const sums = readShadowOf(file).toSorted((a, b) => a.duty.localeCompare(b.duty));
    expect(sums).to.deep.equal([
      { duty: "closeCall", count: 100, earned: 300n, cost: 100n },
      { duty: "liquidateCritical", count: 100, earned: -100n * huge, cost: 100n },
    ]);
  });

  it("counts nothing twice that is there already", () => {
    const kept = open({ ...PLENTY, entries: 3 });
    for (let i = 0; i < 10; ++i) kept.add([entry(5, 1)]);
    expect(kept.entries()).to.have.length(1);
    expect(readShadowOf(file)).to.deep.equal([sumOf([entry(5, 1)])]);
  });

  it("K-30 takes over the ledger of a store that was never pruned, and prunes it", () => {
    const database = new DatabaseSync(file);
    database.exec(`${MIGRATIONS.slice(0, 5).join("\n")}; PRAGMA user_version = 5`);
    database.exec("INSERT INTO meta VALUES ('chainId', '31337'), ('vault', '0xVault')");
    const insert = database.prepare("INSERT INTO shadow VALUES (?, ?, 'openCall', ?, ?, ?, '1')");
    const all = Array.from({ length: 400 }, (_, i) => entry(i, i % 9));
    for (const { block, timestamp, account, state, earned } of all)
      insert.run(block, timestamp, account ?? "", state, earned.toString());
    database.close();
    const kept = open({ ...PLENTY, entries: 100 });
    const upgraded = new DatabaseSync(file, { readOnly: true });
    expect(upgraded.prepare("PRAGMA user_version").get()?.user_version).to.equal(SCHEMA_VERSION);
    upgraded.close();
    expect(kept.entries()).to.deep.equal(all);
    kept.add([entry(500, 1)]);
    expect(kept.entries().length).to.be.at.most(100);
    expect(readShadowOf(file)).to.deep.equal([sumOf([...all, entry(500, 1)])]);
  });

  it("prunes a hundred thousand within a block's time", function () {
    this.timeout(60_000);
    const kept = open();
    kept.add(Array.from({ length: 100_000 }, (_, i) => entry(Math.floor(i / 10), i)));
    const startedAt = performance.now();
    kept.add([entry(20_000, 1)]);
    expect(performance.now() - startedAt).to.be.below(3_000);
    expect(kept.entries().length).to.equal(90_000);
  });
});
