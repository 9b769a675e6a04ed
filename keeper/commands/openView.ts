import { computeAddress } from "ethers";
import { existsSync, readFileSync } from "node:fs";
import { ratesOf } from "../../sdk/deployment.ts";
import type { Prices } from "../../sdk/vaultTypes.ts";
import type { Book } from "../book/book.ts";
import type { Config, KeySource } from "../config.ts";
import { RetryableError } from "../errors.ts";
import { prudentBaseFee } from "../executors/fees.ts";
import { GasBook } from "../executors/gasBook.ts";
import { silentLog } from "../log.ts";
import { momentOf } from "../policy/assess.ts";
import type { Snapshot, Wallet } from "../policy/snapshot.ts";
import { pretendedWallet } from "../shadowDesk.ts";
import type { BlockHeader } from "../sources/blockHeader.ts";
import { headerProbe } from "../sources/chainReader.ts";
import type { Endpoints } from "../sources/endpoints.ts";
import { Follower } from "../sources/follower.ts";
import { openNativePrice } from "../sources/nativePrice.ts";
import { checkEndpoints, endpointPool, openEndpoints } from "../sources/openEndpoints.ts";
import { ask } from "../sources/probe.ts";
import { restoreBook } from "../sources/restoreBook.ts";
import { openSecondSources, type SecondView } from "../sources/secondSources.ts";
import type { Sight } from "../sources/sight.ts";
import { SightReader } from "../sources/sightReader.ts";
import { withOne } from "../sources/withOne.ts";
import { AccountsFile } from "../store/accountsFile.ts";
import { Store } from "../store/store.ts";

/** A vault at the newest block, as a keeper would see it that is not there: nothing is written, nothing is sent. */
export interface VaultView {
  readonly config: Config;
  readonly endpoints: Endpoints;
  readonly book: Book;
  readonly head: BlockHeader;
  readonly sight: Sight;
  readonly nativePrice36: bigint | undefined;
  readonly secondViews: readonly SecondView[];
  /** Of the keys whose addresses can be told without opening them; the urgent lane's first. */
  readonly keys: readonly string[];
  /** Undefined before a keeper has run. */
  readonly store: Store | undefined;
  close(): void;
}

const NOTHING_KEPT = { applied: ignore, rolledBack: ignore };

/** What is saved, brought to the newest block from the vault's logs. Throws a `UserError` or a `RetryableError`. */
export async function openView(
  config: Config,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<VaultView> {
  const { deployment, storeFile, endpoints: urls, rpcTimeoutMs: timeoutMs, hedgeAfterMs } = config;
  const { chainId, vault } = deployment;
  const stop = new AbortController();
  const pool = endpointPool(silentLog, stop.signal);
  const endpoints = openEndpoints({
    endpoints: urls,
    chainId,
    timeoutMs,
    hedgeAfterMs,
    pool,
    log: silentLog,
  });
  const store = existsSync(storeFile) ? new Store(storeFile, { chainId, vault }, "read") : undefined;
  const close = () => {
    stop.abort();
    store?.close();
  };
  try {
    await checkEndpoints(endpoints, { chainId, vault });
    const { book, head } = await readBook(config, endpoints, store);
    const keys = keyAddresses(config, environment);
    const nativePrice = await openNativePrice(config.nativePrice, deployment.quote, endpoints);
    const secondSources = await openSecondSources(config.brake, deployment, endpoints);
    const feeds = [...nativePrice.feeds, ...secondSources.feeds];
    const reader = new SightReader({
      vault,
      quote: deployment.quote.address,
      keepers: keys,
      feeds,
      clock: deployment.clock,
      log: silentLog,
    });
    const view = { oracle: book.vault.oracle, collateralCount: book.vault.collaterals.length };
    const nothing = { calls: [], read: () => undefined };
    const [sight] = await withOne(endpoints, (one) =>
      readTwice(() => reader.read(one, head, view, [], nothing)),
    );
    const { answers, prices, clock } = sight;
    const secondViews = secondSources.views(prices, answers.slice(nativePrice.feeds.length), clock.timestamp);
    const nativePrice36 = nativePrice.price36(answers);
    return { config, endpoints, book, head, sight, nativePrice36, secondViews, keys, store, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** An endpoint without overrides is found out by its first failure. */
async function readTwice<T>(read: () => Promise<T>): Promise<T> {
  return read().catch((error: unknown) => {
    if (error instanceof RetryableError) return read();
    throw error;
  });
}

async function readBook(
  config: Config,
  endpoints: Endpoints,
  store: Store | undefined,
): Promise<{ readonly book: Book; readonly head: BlockHeader }> {
  const { deployment, storeFile, logRangeBlocks } = config;
  const { vault, deployBlock } = deployment;
  const shelf = {
    store: { loadBook: (since?: number) => store?.loadBook(since), rollBackTo: NOTHING_KEPT.rolledBack },
    accountsFile:
      store === undefined
        ? { read: () => undefined }
        : new AccountsFile({
            storeFile,
            log: silentLog,
            store: {
              accountsFileBlock: () => store.accountsFileBlock(),
              noteAccountsFile: NOTHING_KEPT.applied,
            },
          }),
  };
  const book = await restoreBook(endpoints, shelf, vault, silentLog);
  const follower = new Follower({
    rpc: endpoints,
    book,
    deployBlock,
    logRangeBlocks,
    listener: NOTHING_KEPT,
    log: silentLog,
  });
  const following = await follower.advance();
  if (following.kind === "advanced") return { book, head: following.head };
  if (following.kind !== "same" || book.head === undefined) {
    throw new RetryableError("the chain has changed while it was read; try again");
  }
  const [head] = await ask(endpoints, headerProbe(book.head.number));
  if (head === undefined) throw new RetryableError(`no endpoint has block ${book.head.number}`);
  return { book, head };
}

/**
 * What a keeper would decide upon at the head: nothing on its way, and as much money as its key has, or as it pretends to
 * have where no key's address is known.
 * @param prices In place of the vault's, to see what would be.
 */
export function snapshotOf(view: VaultView, prices: Prices = view.sight.prices): Snapshot {
  const { config, book, head, sight, nativePrice36, store } = view;
  const { perAccount, limitPerAccount } = new GasBook();
  const circumstances = {
    vault: book.vault,
    prices,
    rates: ratesOf(config.deployment),
    clock: sight.clock,
    actAt: head.timestamp + 1n,
  };
  return {
    ...circumstances,
    block: head,
    vaultAddress: config.deployment.vault,
    accounts: prices.available ? book.rollAt(momentOf(circumstances)).accounts : new Map(),
    opinions: view.secondViews.map(({ opinion }) => opinion),
    brake: { wasEngaged: (store?.note("brakeEngagedAt") ?? "") !== "", isConfirmed: false },
    gas: { weiPerGas: prudentBaseFee(head) + config.tipGwei, nativePrice36, perAccount, limitPerAccount },
    wallet: walletOf(view),
    busy: new Set(),
    busyDuties: new Set(),
    spentToday: store?.spentOn(Number(head.timestamp / 86_400n)) ?? new Map(),
    lastRecordAt: head.timestamp,
    lastBookFeeAt: head.timestamp,
  };
}

function walletOf({ config, sight, keys }: VaultView): Wallet {
  const [urgent] = sight.wallets;
  if (config.mode !== "live" || keys.length === 0 || urgent === undefined) return pretendedWallet(config);
  // The keeper gives itself the allowance that it needs.
  return { ...urgent, allowance: pretendedWallet(config).allowance };
}

/** A keystore says whose it is without a password; a variable may be set for the keeper alone. */
export function keyAddresses(
  { keys }: Pick<Config, "keys">,
  environment: NodeJS.ProcessEnv,
): readonly string[] {
  if (keys === undefined) return [];
  const found = [keys.urgent, keys.normal, keys.housekeeping].map((key) => addressOf(key, environment));
  return [...new Set(found.filter((address) => address !== undefined))];
}

function addressOf(key: KeySource, environment: NodeJS.ProcessEnv): string | undefined {
  try {
    if ("privateKeyEnv" in key) return computeAddress(environment[key.privateKeyEnv] ?? "");
    const { address } = JSON.parse(readFileSync(key.keystoreFile, "utf8")) as { address?: unknown };
    return typeof address === "string" && /^(0x)?[0-9a-f]{40}$/i.test(address)
      ? `0x${address.replace(/^0x/i, "").toLowerCase()}`
      : undefined;
  } catch {
    return undefined;
  }
}

function ignore(): void {
  // The book in memory is all that is wanted.
}
