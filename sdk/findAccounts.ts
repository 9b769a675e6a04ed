import { zeroPadValue, type Provider } from "ethers";
import { IMarginVault__factory } from "../types/factories/interfaces/IMarginVault__factory.ts";
import { toAccountId, type AccountId } from "./accountId.ts";
import type { Deployment } from "./deployment.ts";

/** What logs are asked of; any provider. */
export type LogSource = Pick<Provider, "getBlockNumber" | "getLogs">;

/** Where to look. */
export interface LogRange {
  /** Included; the latest block unless given. */
  readonly toBlock?: number;
  /** Blocks asked for at once, halved as often as the node refuses; 50,000 unless given. */
  readonly span?: number;
}

const DEPOSITED = IMarginVault__factory.createInterface().getEvent("CollateralDeposited").topicHash;
const SPAN = 50_000;

/**
 * The accounts of `owner` that have ever held anything, by the vault's logs: nothing else tells their numbers. Whether
 * they still do, `VaultLens` says. In the order of their first deposits. Rejects with the node's error when it refuses
 * the logs of a single block.
 */
export async function findAccounts(
  provider: LogSource,
  { vault, deployBlock }: Pick<Deployment, "vault" | "deployBlock">,
  owner: string,
  range: LogRange = {},
): Promise<AccountId[]> {
  const last = range.toBlock ?? (await provider.getBlockNumber());
  const topics = [DEPOSITED, null, zeroPadValue(owner, 32)];
  const found = new Set<AccountId>();
  let span = range.span ?? SPAN;
  for (let from = deployBlock; from <= last;) {
    const toBlock = Math.min(from + span - 1, last);
    try {
      for (const log of await provider.getLogs({ address: vault, topics, fromBlock: from, toBlock })) {
        found.add(toAccountId(log.topics[1] ?? ""));
      }
      from = toBlock + 1;
    } catch (error) {
      if (span <= 1) throw error;
      span = Math.floor(span / 2);
    }
  }
  return [...found];
}
