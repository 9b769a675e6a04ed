import { join } from "node:path";
import { Book } from "../../../../keeper/book/book.ts";
import { NEW_VAULT, type VaultRecord } from "../../../../keeper/book/vaultRecord.ts";
import { silentLog } from "../../../../keeper/log.ts";
import { AccountsFile } from "../../../../keeper/store/accountsFile.ts";
import { Store } from "../../../../keeper/store/store.ts";
import type { AccountId } from "../../../../sdk/accountId.ts";
import type { Deployment } from "../../../../sdk/deployment.ts";
import type { AccountState } from "../../../../sdk/vaultTypes.ts";
import { BENCH_COLLATERALS, BENCH_RISK, Market } from "../market.ts";
import { STORE_FILE } from "../node/keeperChild.ts";
import { population, stateOf } from "../population.ts";
import { hashOf, timeOf } from "./idleChain.ts";

const CASH = 10n ** 18n;

/** A deployment where there is no chain; addresses of digits alone have no checksum to get wrong. */
export function idleDeployment(): Deployment {
  const { collaterals } = new Market(0).moment;
  const address = (number: number) => `0x${number.toString().padStart(40, "0")}`;
  return {
    chainId: 31_337,
    deployBlock: 1,
    vault: address(2_000),
    configurator: address(2_001),
    authority: address(2_002),
    clock: address(2_003),
    oracle: address(2_004),
    interestRateModel: address(2_005),
    callLogic: address(2_006),
    liquidationLogic: address(2_007),
    quote: { address: address(2_008), symbol: "USDC", decimals: 6, feed: address(2_009) },
    collaterals: BENCH_COLLATERALS.map(({ symbol, decimals }, number) => ({
      number,
      address: collaterals[number]?.asset ?? "",
      symbol,
      decimals,
      feed: address(2_100 + number),
    })),
    rates: {
      kinkWad: "800000000000000000",
      baseRateWad: "10000000000000000",
      kinkRateWad: "60000000000000000",
      fullRateWad: "600000000000000000",
    },
    contracts: {},
  };
}

/** The book of a vault with `count` accounts of the bench's, none of them called, at block `number`. */
export function idleBook(deployment: Deployment, count: number, seed: number, number: number): Book {
  let totalDebtShares = 0n;
  function* accounts(): Generator<[AccountId, AccountState]> {
    for (const account of population(count, seed)) {
      totalDebtShares += account.debtShares;
      yield [account.id, stateOf({ ...account, call: undefined })];
    }
  }
  const block = { number, hash: hashOf(number), timestamp: BigInt(timeOf(number)) };
  const withAccounts = new Book(deployment.vault, {
    blocks: [block],
    accounts: accounts(),
    vault: NEW_VAULT,
  });
  const { collaterals } = new Market(seed).moment;
  const pool = { ...NEW_VAULT.pool, cash: CASH, totalDebtShares, accruedAt: block.timestamp };
  const vault: VaultRecord = { ...NEW_VAULT, pool, risk: BENCH_RISK, collaterals, oracle: deployment.oracle };
  return new Book(deployment.vault, { blocks: [block], accounts: [], vault, table: withAccounts.table });
}

/** Puts a book where a keeper that was stopped in order has left it. */
export function putAway(folder: string, { chainId, vault }: Deployment, book: Book): void {
  if (book.head === undefined) throw new Error("an empty book is not worth keeping");
  const storeFile = join(folder, STORE_FILE);
  const store = new Store(storeFile, { chainId, vault });
  try {
    store.saveBlocks([{ block: book.head, accounts: new Map(), vault: book.vault }]);
    new AccountsFile({ storeFile, store, log: silentLog, leastAccounts: 1 }).write(book);
  } finally {
    store.close();
  }
}
