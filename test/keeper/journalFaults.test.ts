import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RetryableError, UserError } from "../../keeper/errors.ts";
import { decode, encode } from "../../keeper/store/codec.ts";
import { readDeadLetters } from "../../keeper/store/readDeadLetters.ts";
import { MIGRATIONS, SCHEMA_VERSION } from "../../keeper/store/schema.ts";
import { Store } from "../../keeper/store/store.ts";
import { callParcel, headerAt, outboxBench, sentAt, type OutboxBench } from "./support/outboxBench.ts";
import { accountOf } from "./support/state.ts";

const OWNER = { chainId: 31_337, vault: "0xVault" };

/** Opens a store and hands out its own connection, to break what only that connection sees. */
function openWithConnection(file: string): {
  readonly store: Store;
  readonly connection: DatabaseSync;
  readonly said: readonly string[];
} {
  const said: string[] = [];
  const speakers: DatabaseSync[] = [];
  const exec = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, "exec");
  const original = exec?.value as (this: DatabaseSync, sql: string) => void;
  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
    said.push(sql);
    speakers.push(this);
    original.call(this, sql);
  };
  try {
    const store = new Store(file, OWNER);
    // The last to speak: the lock speaks before.
    const connection = speakers.at(-1);
    if (connection === undefined) throw new Error("the store said nothing to its database");
    return { store, connection, said };
  } finally {
    DatabaseSync.prototype.exec = original;
  }
}

describe("the journal", () => {
  let folder: string;
  let file: string;
  let store: Store;
  let connection: DatabaseSync;
  let said: readonly string[];
  let bench: OutboxBench;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-journal-"));
    file = join(folder, "keeper.sqlite");
    ({ store, connection, said } = openWithConnection(file));
    bench = await outboxBench({ store });
    await bench.at(1);
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });
  const reopen = async () => {
    store.close();
    store = new Store(file, OWNER);
    bench = await outboxBench({ store, node: bench.node });
  };
  const send = (n: number) => bench.outbox.send([callParcel([n])], headerAt(1));

  it("K-10 is forced to the disk at each commit: write-ahead log, synchronous FULL, checkpoints included", () => {
    expect(said.join(";"))
      .to.contain("PRAGMA journal_mode = WAL")
      .and.to.contain("PRAGMA synchronous = FULL");
    expect(connection.prepare("PRAGMA synchronous").get()).to.deep.include({ synchronous: 2 });
    expect(connection.prepare("PRAGMA journal_mode").get()).to.deep.include({ journal_mode: "wal" });
  });

  it("K-10 what is journalled is in the files before send returns, also without a clean end", async () => {
    await send(1);
    const copy = join(folder, "copy.sqlite");
    for (const suffix of ["", "-wal"]) copyFileSync(`${file}${suffix}`, `${copy}${suffix}`);
    const other = new Store(copy, OWNER);
    expect(other.unsettled(bench.outbox.address).map(({ raw }) => raw)).to.deep.equal(bench.node.sends);
    other.close();
  });

  const broken: Readonly<
    Record<string, { readonly breaks: string; readonly mends: string; readonly says: string }>
  > = {
    "disk full": {
      breaks: "PRAGMA max_page_count = 1",
      mends: "PRAGMA max_page_count = 1000000",
      says: "the disk is full",
    },
    "read-only": { breaks: "PRAGMA query_only = 1", mends: "PRAGMA query_only = 0", says: "it is read-only" },
  };
  for (const [name, { breaks, mends, says }] of Object.entries(broken)) {
    it(`K-11 ${name}: nothing is sent, the words are clear, nothing is lost, and it goes on once there is room`, async () => {
      await send(1);
      connection.exec(breaks);
      // A full disk is noticed when a page has to be added.
      const many = Array.from({ length: 120 }, (_, i) => callParcel([i + 2]));
      const error: unknown = await bench.outbox.send(many, headerAt(1)).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(RetryableError);
      expect(String(error))
        .to.contain("the store cannot be written, so nothing is sent")
        .and.to.contain(says);
      expect(bench.node.sends).to.have.length(1);
      expect(bench.outbox.busyAccounts(1).size).to.equal(1);
      connection.exec(mends);
      expect(store.unsettled(bench.outbox.address)).to.have.length(1);
      await send(2);
      expect(sentAt(bench.node, -1).nonce).to.equal(1);
    });
  }

  it("K-11 a last record cut off by a power loss was never sent; everything before it is there", async () => {
    await send(1);
    const sizes = statSync(`${file}-wal`).size;
    await send(2);
    // The second record's pages reached the disk in part; its commit did not.
    const torn = join(folder, "torn.sqlite");
    for (const suffix of ["", "-wal"]) copyFileSync(`${file}${suffix}`, `${torn}${suffix}`);
    expect(statSync(`${torn}-wal`).size).to.be.greaterThan(sizes);
    truncateSync(`${torn}-wal`, sizes + 100);
    const other = new Store(torn, OWNER);
    expect(other.unsettled(bench.outbox.address).map(({ nonce }) => nonce)).to.deep.equal([0]);
    other.close();
  });

  const entries: Readonly<Record<string, string>> = {
    "an action that is no JSON": "UPDATE transactions SET action = '{\"duty\":'",
    "an action that says nothing": "UPDATE transactions SET action = '{}'",
    "bytes that are no transaction": "UPDATE transactions SET raw = '0x02f8'",
    "another transaction's bytes": "UPDATE transactions SET hash = '0x00'",
  };
  for (const [name, sql] of Object.entries(entries)) {
    it(`K-11 given a record with ${name}, refuses to send and names the nonce`, async () => {
      await send(1);
      connection.exec(sql);
      const error: unknown = await reopen().catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(UserError);
      expect(String(error)).to.contain("nonce 0 is damaged, so nothing is sent");
    });
  }

  it("K-11 refuses to start on damaged pages of the journal", async () => {
    for (let n = 1; n < 40; ++n) await send(n);
    store.close();
    const intact = readFileSync(file);
    const database = new DatabaseSync(file);
    const { rootpage } = database
      .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'transactions'")
      .get() as {
      rootpage: number;
    };
    const { page_size: size } = database.prepare("PRAGMA page_size").get() as { page_size: number };
    database.close();
    const damagedFile = Buffer.from(intact);
    damagedFile.fill(0xee, (rootpage - 1) * size + 8, rootpage * size);
    writeFileSync(file, damagedFile);
    expect(() => new Store(file, OWNER)).to.throw(UserError, /damaged|malformed|cannot be used/);
    writeFileSync(file, intact);
    store = new Store(file, OWNER);
  });

  it("K-30 brings a store of schema 1 up to date and sends what was on its way, the same bytes", async () => {
    await send(1);
    const [entry] = store.unsettled(bench.outbox.address);
    store.close();
    const old = join(folder, "old.sqlite");
    const database = new DatabaseSync(old);
    database.exec(`${MIGRATIONS[0] ?? ""}; PRAGMA user_version = 1`);
    database.exec("INSERT INTO meta VALUES ('chainId', '31337'), ('vault', '0xVault')");
    // A keeper of that time knew nothing of budgets.
    const { duty, accounts } = decode(entry!.action) as { duty: string; accounts: readonly string[] };
    database
      .prepare("INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, NULL)")
      .run(entry!.hash, entry!.sender, entry!.nonce, entry!.raw, encode({ duty, accounts }), 1);
    database.close();
    file = old;
    store = new Store(file, OWNER);
    bench = await outboxBench({ store, node: bench.node });
    await bench.outbox.resume(headerAt(2));
    expect(bench.node.sends).to.deep.equal([entry!.raw, entry!.raw]);
    await bench.at(2);
    await bench.at(6);
    expect(sentAt(bench.node, -1).nonce).to.equal(0);
    store.addGasFee({ sender: "0x", nonce: 0, day: 1, wei: 5n });
    expect(store.gasPaidOn(1)).to.equal(5n);
    expect(Number(new DatabaseSync(file).prepare("PRAGMA user_version").get()?.user_version)).to.equal(
      SCHEMA_VERSION,
    );
  });

  it("K-22 lists accounts in quarantine while the keeper runs", () => {
    store.setDeadLetter({ account: accountOf(1), block: 7, failures: 10, reason: "Poison" });
    expect(readDeadLetters(file).map((row) => ({ ...row }))).to.deep.equal([
      { account: accountOf(1), block: 7, failures: 10, reason: "Poison" },
    ]);
    expect(() => readDeadLetters(join(folder, "none.sqlite"))).to.throw(UserError, "cannot be read");
  });
});
