import { expect } from "chai";
import { Interface } from "ethers";
import { afterEach, beforeEach, describe, it } from "mocha";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BookStand } from "../../keeper/bookStand.ts";
import { Book } from "../../keeper/book/book.ts";
import { silentLog } from "../../keeper/log.ts";
import { blockLogsProbe, headerProbe } from "../../keeper/sources/chainReader.ts";
import type { Endpoints } from "../../keeper/sources/endpoints.ts";
import { ask } from "../../keeper/sources/probe.ts";
import { AccountsFile } from "../../keeper/store/accountsFile.ts";
import { Store } from "../../keeper/store/store.ts";
import { ownerOf, type AccountId } from "../../sdk/accountId.ts";
import type { RawLog } from "../../sdk/logReader.ts";
import { decodeVaultEvent } from "../../sdk/vaultEvents.ts";
import { FakeChain } from "./support/fakeChain.ts";
import { randomOf } from "./support/random.ts";
import { accountOf } from "./support/state.ts";
import { ASSET, borrowed, deposited, listed, VAULT, vaultLog } from "./support/vaultLogs.ts";

const ACCOUNTS = 9;
/** So many blocks that the store has forgotten the oldest. */
const LIVED = 200;
const LENDER = "0x00000000000000000000000000000000000000ee";
const LOG_RANGE_BLOCKS = 50;

type Pick = (below: number) => number;

const shares = new Interface([
  "event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares)",
  "event Withdraw(address indexed sender, address indexed receiver, address indexed owner, uint256 assets, uint256 shares)",
  "event Transfer(address indexed from, address indexed to, uint256 value)",
]);
const shareLog = (name: string, ...args: unknown[]): RawLog => shares.encodeEventLog(name, args);

const weights = (pick: Pick) => [7600, 8020 - pick(20), 8740, 800, 10n ** 30n];
const head = (account: AccountId) => [account, ownerOf(account), LENDER] as const;
const amountOf = (pick: Pick) => BigInt(1_000 + pick(1_000));

/** What may happen to a vault in a block, whatever the state: each changes another part of the book. */
const HAPPENINGS: readonly ((pick: Pick, account: AccountId) => readonly RawLog[])[] = [
  (pick, account) => [deposited(account, amountOf(pick))],
  (pick, account) => [vaultLog("CollateralWithdrawn", ...head(account), ASSET, 1n, LENDER, amountOf(pick))],
  (pick, account) => [...accrued(pick), borrowed(account, amountOf(pick), amountOf(pick))],
  (pick, account) => [
    ...accrued(pick),
    vaultLog("Repaid", ...head(account), amountOf(pick), amountOf(pick), 1n),
  ],
  (pick, account) => [...accrued(pick), called(pick, account)],
  (pick, account) => [
    ...accrued(pick),
    vaultLog("MarginCallClosed", ...head(account), 1n, 0, true, amountOf(pick), 1n, 1n),
  ],
  (pick, account) => [
    ...accrued(pick),
    vaultLog("Liquidated", ...head(account), [
      5,
      ASSET,
      amountOf(pick),
      amountOf(pick),
      ...[1n, 1n, 1n, amountOf(pick), amountOf(pick), 1n, amountOf(pick)],
    ]),
    vaultLog("BrakeDrawn", ASSET, 1n, amountOf(pick)),
  ],
  (pick, account) => [
    ...accrued(pick),
    vaultLog("BadDebtRealized", ...head(account), 1n, 1n, 1n, 1n, 1n, 1n),
    vaultLog("CollateralForfeited", account, ownerOf(account), ASSET, 1n, amountOf(pick)),
  ],
  accrued,
  (pick) => [...accrued(pick), vaultLog("FeeBooked", 1n, 1n, LENDER, 0n)],
  (pick) => [shareLog("Deposit", LENDER, LENDER, amountOf(pick), 1n)],
  (pick) => [shareLog("Withdraw", LENDER, LENDER, LENDER, amountOf(pick), 1n)],
  (pick) => [vaultLog("CollateralTermsSet", ASSET, weights(pick), weights(pick))],
  (pick) => [vaultLog("BrakeSet", ASSET, amountOf(pick), amountOf(pick))],
  (pick) => [vaultLog("OracleSet", VAULT, accountOf(pick(9)).slice(0, 42))],
  (pick) => [
    vaultLog("RiskTermsSet", [1, 1, 1, 1, 1, 1, 1], [1_000 + pick(9), 1, 1, 900, 14_400, 3_600, 1_800]),
  ],
  (pick) => [...accrued(pick), vaultLog("FeeSet", 0n, BigInt(pick(2_000)), LENDER, LENDER)],
  (pick) => [shareLog("Transfer", LENDER, VAULT, amountOf(pick))],
];

function accrued(pick: Pick): readonly RawLog[] {
  return [vaultLog("InterestAccrued", 10n ** 27n + amountOf(pick), 5n, BigInt(pick(3)))];
}

function called(pick: Pick, account: AccountId): RawLog {
  const times = [amountOf(pick), amountOf(pick)];
  return vaultLog("MarginCallOpened", ...head(account), [
    BigInt(pick(1_000)),
    false,
    ...times,
    0n,
    amountOf(pick),
    ...[1n, 1n, 1n, 1n],
    [1n],
    [1n],
  ]);
}

function contentOf(book: Book): unknown {
  return { head: book.head, vault: book.vault, accounts: new Map([...book.entries()].sort()) };
}

/** What a keeper that was there at every block of the chain would have: each block by itself, from the first. */
async function trueBook(chain: FakeChain): Promise<Book> {
  const book = new Book(VAULT);
  for (let number = 1; number <= chain.head.number; ++number) {
    const header = (await ask(chain, headerProbe(number)))[0]!;
    const [logs] = await ask(chain, blockLogsProbe(VAULT, header));
    const { hash, timestamp } = header;
    book.apply(
      { number, hash, timestamp },
      logs.flatMap((log) => decodeVaultEvent(log) ?? []),
    );
  }
  return book;
}

describe("a book that is restored", () => {
  let folder: string;
  let chain: FakeChain;
  let store: Store;
  let stand: BookStand;
  let pick: Pick;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-restored-"));
    chain = new FakeChain(VAULT);
    chain.mine([listed()]);
    pick = randomOf(7);
    start();
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  function start(): void {
    const storeFile = join(folder, "keeper.sqlite");
    store = new Store(storeFile, { chainId: 1, vault: VAULT });
    stand = new BookStand({
      config: { deployment: { deployBlock: 1, vault: VAULT }, logRangeBlocks: LOG_RANGE_BLOCKS } as never,
      endpoints: Object.assign(chain, { rotate: () => undefined }) as unknown as Endpoints,
      store,
      accountsFile: new AccountsFile({ storeFile, store, log: silentLog, leastAccounts: 1 }),
      listener: { applied: () => undefined, rolledBack: () => undefined },
      alerts: undefined,
      log: silentLog,
    });
  }
  function stop(isOrderly: boolean): void {
    if (isOrderly) stand.putAway();
    store.close();
  }
  /** Brings the book to the newest block, as ticks do. */
  async function follow(): Promise<Book> {
    for (let i = 0; i < 9; ++i) {
      const at = await stand.follow(undefined);
      if (at !== undefined) stand.decided(at);
      if (stand.book?.head?.hash === chain.head.hash) return stand.book;
    }
    throw new Error(`the book is at ${stand.book?.head?.number}, the chain at ${chain.head.number}`);
  }
  function mineBusy(blocks: number): void {
    for (let i = 0; i < blocks; ++i) {
      const logs = Array.from({ length: pick(4) }, () =>
        HAPPENINGS[pick(HAPPENINGS.length)]!(pick, accountOf(pick(ACCOUNTS))),
      );
      chain.mine(logs.flat());
    }
  }
  function mineQuiet(blocks: number): void {
    for (let i = 0; i < blocks; ++i) chain.mine([]);
  }
  /** A keeper that is there for so many blocks. */
  async function live(blocks: number): Promise<void> {
    for (let left = blocks; left > 0;) {
      const some = Math.min(left, 1 + pick(9));
      mineBusy(some);
      left -= some;
      await follow();
    }
  }

  async function expectTrue(): Promise<void> {
    expect(contentOf(await follow())).to.deep.equal(contentOf(await trueBook(chain)));
  }

  for (const end of ["in order", "by kill -9"] as const) {
    for (const lost of [1, 20, 64, 65, 130, LIVED]) {
      for (const [name, grow] of [
        [
          "as many blocks",
          () => {
            mineBusy(lost);
          },
        ],
        [
          "fewer blocks",
          () => {
            mineBusy(Math.floor(lost / 2));
          },
        ],
        [
          "more blocks, and then a long silence",
          () => {
            mineBusy(lost + 1);
            mineQuiet(150);
          },
        ],
        [
          "nothing but silence",
          () => {
            mineQuiet(lost + 90);
          },
        ],
      ] as const) {
        it(`I-44 K-13 stopped ${end}, ${lost} blocks lost, then ${name}: what a new one would have`, async () => {
          await live(LIVED);
          stop(end === "in order");
          chain.reorganise(lost);
          grow();
          start();
          await expectTrue();
          // What was put right is put away so, and goes on so.
          stop(true);
          start();
          await expectTrue();
          await live(5);
          await expectTrue();
        });
      }
    }
  }
});
