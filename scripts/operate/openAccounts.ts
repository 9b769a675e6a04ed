import type { Provider } from "ethers";
import type { AccountId } from "../../sdk/accountId.ts";
import type { Deployment } from "../../sdk/deployment.ts";
import { VAULT_EVENT_TOPICS, decodeVaultEvent } from "../../sdk/vaultEvents.ts";

/** What most nodes answer at once. */
const MAX_BLOCKS = 9_999;

/** Every account that has ever borrowed, from the vault's logs up to `toBlock`. Rejects with the provider's error. */
export async function openAccounts(
  provider: Provider,
  { vault, deployBlock }: Deployment,
  toBlock: number,
): Promise<AccountId[]> {
  const accounts = new Set<AccountId>();
  for (let from = deployBlock; from <= toBlock; from += MAX_BLOCKS + 1) {
    const to = Math.min(from + MAX_BLOCKS, toBlock);
    const topics = [VAULT_EVENT_TOPICS.Borrowed];
    for (const log of await provider.getLogs({ address: vault, topics, fromBlock: from, toBlock: to })) {
      const event = decodeVaultEvent(log);
      if (event?.name === "Borrowed") accounts.add(event.account);
    }
  }
  return [...accounts];
}
