import { existsSync } from "node:fs";
import type { Config } from "../config.ts";
import { silentLog } from "../log.ts";
import type { Endpoints } from "../sources/endpoints.ts";
import { openNativePrice, type NativePriceSource } from "../sources/nativePrice.ts";
import { checkEndpoints, endpointPool, openEndpoints } from "../sources/openEndpoints.ts";
import type { Shelf } from "../sources/restoreBook.ts";
import { openSecondSources, type SecondSources } from "../sources/secondSources.ts";
import { SightReader } from "../sources/sightReader.ts";
import { AccountsFile } from "../store/accountsFile.ts";
import { Store } from "../store/store.ts";

/** What a command reads a vault with: nothing is written, nothing is sent. */
export interface ViewParts {
  readonly config: Config;
  readonly endpoints: Endpoints;
  readonly nativePrice: NativePriceSource;
  readonly secondSources: SecondSources;
  /** Asks for the coin's price and the second sources' as well. */
  readonly sightReader: SightReader;
  /** Undefined before a keeper has run. */
  readonly store: Store | undefined;
  readonly close: () => void;
}

/**
 * Throws a `UserError` or a `RetryableError`.
 * @param keepers Whose balances every sight is to show.
 */
export async function openParts(config: Config, keepers: readonly string[]): Promise<ViewParts> {
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
    const nativePrice = await openNativePrice(config.nativePrice, deployment.quote, endpoints);
    const secondSources = await openSecondSources(config.brake, deployment, endpoints);
    const sightReader = new SightReader({
      vault,
      quote: deployment.quote.address,
      keepers,
      feeds: [...nativePrice.feeds, ...secondSources.feeds],
      clock: deployment.clock,
      log: silentLog,
    });
    return { config, endpoints, nativePrice, secondSources, sightReader, store, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Where a book is saved, to be read only. */
export function readOnlyShelf(storeFile: string, store: Store | undefined): Shelf {
  return {
    store: { loadBook: (since?: number) => store?.loadBook(since), rollBackTo: ignore },
    accountsFile:
      store === undefined
        ? { read: () => undefined }
        : new AccountsFile({
            storeFile,
            log: silentLog,
            store: { accountsFileBlock: () => store.accountsFileBlock(), noteAccountsFile: ignore },
          }),
  };
}

function ignore(): void {
  // The book in memory is all that is wanted.
}
