import { computeAddress } from "ethers";
import { readFileSync } from "node:fs";
import type { Prices } from "../../sdk/vaultTypes.ts";
import type { Book } from "../book/book.ts";
import type { Config, KeySource } from "../config.ts";
import { RetryableError } from "../errors.ts";
import { GasBook } from "../executors/gasBook.ts";
import { silentLog } from "../log.ts";
import type { Snapshot, Wallet } from "../policy/snapshot.ts";
import { pretendedWallet } from "../shadowDesk.ts";
import { gasViewAt, snapshotAt } from "../snapshotAt.ts";
import type { BlockHeader } from "../sources/blockHeader.ts";
import { headerProbe } from "../sources/chainReader.ts";
import type { Endpoints } from "../sources/endpoints.ts";
import { Follower } from "../sources/follower.ts";
import { ask } from "../sources/probe.ts";
import { restoreBook } from "../sources/restoreBook.ts";
import { secondViewsAt, type SecondView } from "../sources/secondSources.ts";
import type { Sight } from "../sources/sight.ts";
import { withOne } from "../sources/withOne.ts";
import type { Store } from "../store/store.ts";
import { openParts, readOnlyShelf, type ViewParts } from "./openParts.ts";

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
  const keys = keyAddresses(config, environment);
  const parts = await openParts(config, keys);
  const { endpoints, nativePrice, secondSources, sightReader, store, close } = parts;
  try {
    const { book, head } = await readBook(parts);
    const view = { oracle: book.vault.oracle, collateralCount: book.vault.collaterals.length };
    const nothing = { calls: [], read: () => undefined };
    const [sight] = await withOne(endpoints, (one) =>
      readTwice(() => sightReader.read(one, head, view, [], nothing)),
    );
    const secondViews = secondViewsAt(sight, nativePrice, secondSources);
    const nativePrice36 = nativePrice.price36(sight.answers);
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

async function readBook({
  config,
  endpoints,
  store,
}: ViewParts): Promise<{ readonly book: Book; readonly head: BlockHeader }> {
  const { deployment, storeFile, logRangeBlocks } = config;
  const { vault, deployBlock } = deployment;
  const book = await restoreBook(endpoints, readOnlyShelf(storeFile, store), vault, silentLog);
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
  const { config, book, head, sight, nativePrice36, secondViews, store } = view;
  const actAt = head.timestamp + 1n;
  const [snapshot] = snapshotAt(
    { deployment: config.deployment, head, book, sight: { ...sight, prices }, secondViews, actAt },
    {
      brake: { wasEngaged: (store?.note("brakeEngagedAt") ?? "") !== "", isConfirmed: false },
      gas: gasViewAt(head, config, nativePrice36, new GasBook()),
      wallet: walletOf(view),
      busy: () => new Set(),
      busyDuties: new Set(),
      spentToday: store?.spentOn(Number(head.timestamp / 86_400n)) ?? new Map(),
      lastRecordAt: head.timestamp,
      lastBookFeeAt: head.timestamp,
    },
  );
  return snapshot;
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
