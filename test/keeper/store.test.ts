import { expect } from "chai";
import { describe, it, beforeEach, afterEach } from "mocha";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AccountId } from "../../sdk/accountId.ts";
import type { AccountState } from "../../sdk/vaultTypes.ts";
import { MAX_REORG_BLOCKS, type AppliedBlock } from "../../keeper/book/book.ts";
import { NEW_VAULT } from "../../keeper/book/vaultRecord.ts";
import { UserError } from "../../keeper/errors.ts";
import { decode, encode } from "../../keeper/store/codec.ts";
import type { JournalEntry } from "../../keeper/store/records.ts";
import { Store } from "../../keeper/store/store.ts";
import { accountOf, stateOf } from "./support/state.ts";

const OWNER = { chainId: 31_337, vault: "0xVault" };
const SENDER = "0xSender";

function block(number: number, ...accounts: [AccountId, AccountState][]): AppliedBlock {
  const vault = { ...NEW_VAULT, pool: { ...NEW_VAULT.pool, cash: BigInt(number) } };
  return {
    block: { number, hash: `hash ${number}`, timestamp: BigInt(number) * 12n },
    accounts: new Map(accounts),
    vault,
  };
}

function entry(nonce: number, hash: string, signedAtBlock = 1): JournalEntry {
  return { hash, sender: SENDER, nonce, raw: `raw ${hash}`, action: "{}", signedAtBlock };
}

describe("Store", () => {
  let folder: string;
  let file: string;
  let store: Store;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-store-"));
    file = join(folder, "keeper.sqlite");
    store = new Store(file, OWNER);
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });
  const reopen = () => {
    store.close();
    store = new Store(file, OWNER);
  };

  it("has no book at first", () => {
    expect(store.loadBook()).to.equal(undefined);
  });

  it("gives back the book as it was saved, bigints and all", () => {
    const state = stateOf(2n ** 127n, 2n ** 95n, { deadline: 1_900_000_000n, callNonce: 65_535 });
    store.saveBlocks([block(1, [accountOf(1), stateOf(1n, 1n)]), block(2, [accountOf(1), state])]);
    reopen();
    const book = store.loadBook();
    expect(new Map(book?.accounts).get(accountOf(1))).to.deep.equal(state);
    expect(book?.vault.pool.cash).to.equal(2n);
    expect(book?.blocks.at(-1)).to.deep.equal({ number: 2, hash: "hash 2", timestamp: 24n });
  });

  it("K-13 goes back to any block a reorganisation can reach, also after pruning", () => {
    const last = 500;
    for (let n = 1; n <= last; ++n) store.saveBlocks([block(n, [accountOf(n % 50), stateOf(BigInt(n), 1n)])]);
    const to = last - MAX_REORG_BLOCKS;
    store.rollBackTo(to);
    reopen();
    const book = store.loadBook();
    expect(book?.blocks.at(-1)?.number).to.equal(to);
    expect(book?.vault.pool.cash).to.equal(BigInt(to));
    const accounts = new Map(book?.accounts);
    expect(accounts.size).to.equal(50);
    for (let n = to - 49; n <= to; ++n) {
      expect(accounts.get(accountOf(n % 50))?.collateral[0]).to.equal(BigInt(n));
    }
  });

  it("forgets versions that nothing can reach", () => {
    for (let n = 1; n <= 600; ++n) store.saveBlocks([block(n, [accountOf(1), stateOf(BigInt(n), 1n)])]);
    const database = new DatabaseSync(file, { readOnly: true });
    const count = Number(database.prepare("SELECT count(*) AS n FROM account_versions").get()?.n);
    database.close();
    expect(count).to.be.below(5 * MAX_REORG_BLOCKS);
  });

  it("an account that a rolled back block created is gone", () => {
    store.saveBlocks([block(1, [accountOf(1), stateOf(1n, 1n)]), block(2, [accountOf(2), stateOf(2n, 2n)])]);
    store.rollBackTo(1);
    expect([...new Map(store.loadBook()?.accounts).keys()]).to.deep.equal([accountOf(1)]);
  });

  it("K-05 keeps signed bytes until their end is known, siblings together and in order", () => {
    store.journal([entry(1, "b"), entry(0, "a")], []);
    store.journal([entry(0, "a again", 5)], []);
    reopen();
    expect(store.unsettled(SENDER).map(({ hash }) => hash)).to.deep.equal(["a", "a again", "b"]);
    store.settle("a", "mined");
    store.settle("a again", "replaced");
    expect(store.unsettled(SENDER).map(({ raw }) => raw)).to.deep.equal(["raw b"]);
    store.settle("a", undefined);
    expect(store.unsettled(SENDER).map(({ hash }) => hash)).to.deep.equal(["a", "b"]);
  });

  it("adds up what was lost on an account in a day", () => {
    const spend = (day: number, amount: bigint) => ({ account: accountOf(1), day, amount });
    store.journal([entry(0, "a")], [spend(7, 3n), spend(7, 4n)]);
    store.journal([], [spend(8, 5n)]);
    expect(store.spentOn(7).get(accountOf(1))).to.equal(7n);
    expect(store.spentOn(8).get(accountOf(1))).to.equal(5n);
    expect(store.spentOn(9).size).to.equal(0);
  });

  it("K-12 is locked against a second process, and free again when closed", () => {
    expect(() => new Store(file, OWNER)).to.throw(UserError, "in use by another keeper");
    reopen();
  });

  it("K-30 refuses a schema version it does not know", () => {
    store.close();
    const database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 99");
    database.close();
    expect(() => new Store(file, OWNER)).to.throw(UserError, "schema version 99");
    const repaired = new DatabaseSync(file);
    repaired.exec("PRAGMA user_version = 1");
    repaired.close();
    store = new Store(file, OWNER);
  });

  it("refuses to serve another vault or another chain", () => {
    store.close();
    expect(() => new Store(file, { ...OWNER, vault: "0xOther" })).to.throw(
      UserError,
      "belongs to vault 0xVault",
    );
    expect(() => new Store(file, { ...OWNER, chainId: 1 })).to.throw(UserError, "belongs to chainId 31337");
    store = new Store(file, OWNER);
  });

  it("K-11 says so when the file is no database", () => {
    const other = join(folder, "other.sqlite");
    writeFileSync(other, "this is not a database, however long it gets ".repeat(200));
    expect(() => new Store(other, OWNER)).to.throw(UserError, "cannot be used as a store");
    expect(() => new Store(join(folder, "no", "such", "folder"), OWNER)).to.throw(
      UserError,
      "cannot be opened",
    );
  });
});

describe("codec", () => {
  it("C-65 keeps bigints beyond 2^53 and everything else", () => {
    const value = { a: 2n ** 255n, b: [1, "x", null, -5n], c: { n: "not a tag", m: 0n }, d: true };
    expect(decode(encode(value))).to.deep.equal(value);
  });
});
