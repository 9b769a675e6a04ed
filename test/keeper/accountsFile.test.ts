import { expect } from "chai";
import { id } from "ethers";
import { afterEach, beforeEach, describe, it } from "mocha";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Book } from "../../keeper/book/book.ts";
import type { Log } from "../../keeper/log.ts";
import { restoreBook } from "../../keeper/sources/restoreBook.ts";
import type { Rpc } from "../../keeper/sources/rpcClient.ts";
import { AccountsFile } from "../../keeper/store/accountsFile.ts";
import { Store } from "../../keeper/store/store.ts";
import type { VaultEvent } from "../../sdk/vaultEvent.ts";
import { accountOf } from "./support/state.ts";

const VAULT = "0x00000000000000000000000000000000000000aa";
const ACCOUNTS = 20;

describe("AccountsFile", () => {
  let folder: string;
  let storeFile: string;
  let store: Store;
  let unused: string[];
  let book: Book;

  const log = {
    warn: (name: string, { reason }: { reason?: string } = {}) => {
      if (name === "accountsFile.unused") unused.push(reason ?? "");
    },
  } as unknown as Log;
  const file = () => new AccountsFile({ storeFile, store, log, leastAccounts: ACCOUNTS });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-accounts-"));
    storeFile = join(folder, "keeper.sqlite");
    store = new Store(storeFile, { chainId: 1, vault: VAULT });
    unused = [];
    book = new Book(VAULT);
    mine(listed, ...Array.from({ length: ACCOUNTS }, (_, i) => deposited(i, 100n + BigInt(i))));
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  const listed = {
    name: "CollateralListed",
    asset: VAULT,
    index: 0,
    terms: {
      asset: VAULT,
      initialBps: 1n,
      maintenanceBps: 2n,
      liquidationBps: 3n,
      maxDiscountBps: 1n,
      cap: 1n,
    },
  } as unknown as VaultEvent;
  const deposited = (i: number, balance: bigint) =>
    ({
      name: "CollateralDeposited",
      account: accountOf(i),
      actor: VAULT,
      owner: VAULT,
      asset: VAULT,
      amount: 1n,
      balance,
    }) as unknown as VaultEvent;

  function mine(...events: VaultEvent[]): void {
    const number = (book.head?.number ?? 0) + 1;
    const block = { number, hash: hashOf(number, true), timestamp: BigInt(number) };
    store.saveBlocks([book.apply(block, events)]);
  }

  /** Blocks up to `agreed` are on the chain as they were saved. */
  function restored(agreed = Infinity): Promise<Book> {
    const rpc = {
      batch: (calls: readonly { params: readonly unknown[] }[]) =>
        Promise.resolve(
          calls.map(({ params: [number] }) => ({
            ok: true as const,
            result: headerOf(Number(number), Number(number) <= agreed),
          })),
        ),
    } as unknown as Rpc;
    return restoreBook(rpc, { store, accountsFile: file() }, VAULT, log);
  }

  const contentOf = (of: Book) => ({
    head: of.head,
    vault: of.vault,
    accounts: new Map([...of.entries()].sort(([a], [b]) => (a < b ? -1 : 1))),
  });

  it("gives back the book as it was, with what changed after the file was written", async () => {
    file().write(book);
    mine(deposited(3, 7n), deposited(ACCOUNTS, 9n));
    const again = await restored();
    expect(contentOf(again)).to.deep.equal(contentOf(book));
    expect(again.size).to.equal(ACCOUNTS + 1);
    expect(unused).to.deep.equal([]);
  });

  it("reads nothing but changes from the store when the file serves", () => {
    file().write(book);
    mine(deposited(3, 7n));
    const since = store.accountsFileBlock()?.number;
    expect([...new Map(store.loadBook(since)?.accounts).keys()]).to.deep.equal([accountOf(3)]);
  });

  it("K-13 forgets the file when its block is taken back", async () => {
    const before = contentOf(book);
    mine(deposited(3, 7n));
    file().write(book);
    expect(contentOf(await restored(1))).to.deep.equal(before);
    expect(store.accountsFileBlock()).to.equal(undefined);
  });

  it("K-11 does without a file that is damaged, of another block or gone, and says so", async () => {
    file().write(book);
    const path = `${storeFile}.accounts`;
    const whole = readFileSync(path);
    writeFileSync(path, whole.with(whole.length >> 1, (whole[whole.length >> 1] ?? 0) ^ 1));
    expect(contentOf(await restored())).to.deep.equal(contentOf(book));
    writeFileSync(path, whole);
    store.noteAccountsFile({ number: 1, hash: "another", timestamp: 1n });
    expect(contentOf(await restored())).to.deep.equal(contentOf(book));
    rmSync(path);
    expect(contentOf(await restored())).to.deep.equal(contentOf(book));
    expect(unused).to.deep.equal(["its checksum is wrong", "another block", "absent"]);
  });

  it("writes none for a small book", async () => {
    new AccountsFile({ storeFile, store, log }).write(book);
    expect(store.accountsFileBlock()).to.equal(undefined);
    expect(contentOf(await restored())).to.deep.equal(contentOf(book));
  });
});

function hashOf(number: number, isOurs: boolean): string {
  return id(`${isOurs ? "ours" : "another"} ${number}`);
}

function headerOf(number: number, isOurs: boolean): Record<string, string> {
  const hex = (value: number) => `0x${value.toString(16)}`;
  return {
    number: hex(number),
    hash: hashOf(number, isOurs),
    parentHash: hashOf(number - 1, isOurs),
    timestamp: hex(number),
    logsBloom: `0x${"00".repeat(256)}`,
    baseFeePerGas: "0x1",
    gasUsed: "0x0",
    gasLimit: "0x1",
  };
}
