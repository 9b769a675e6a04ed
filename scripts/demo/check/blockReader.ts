import type { AccountId } from "../../../sdk/accountId.ts";
import { quantity, type Rpc } from "../chain/rpc.ts";
import * as calls from "../world/calls.ts";
import type { World } from "../world/deployWorld.ts";
import { accountFactsOf, vaultFactsOf, wordsOf, type AccountFacts, type VaultFacts } from "./facts.ts";

/** Reads facts of a block by direct calls to the chain. */
export interface BlockReader {
  readonly vault: (block: number) => Promise<VaultFacts>;
  readonly accounts: (block: number, ids: readonly AccountId[]) => Promise<AccountFacts[]>;
  readonly balances: (block: number, token: string, holders: readonly string[]) => Promise<bigint[]>;
}

/** The node refuses calls with more. */
const CALL_GAS = quantity(16_777_216);

export function blockReaderOf(rpc: Rpc, { deployment, reader, sequencerFeed }: World): BlockReader {
  const { vault, quote, collaterals } = deployment;
  const assets = [quote, ...collaterals];
  const read = (block: number, name: string, args: readonly unknown[]) => {
    const data = calls.reader.encodeFunctionData(name, args);
    return rpc<string>("eth_call", [{ to: reader, data, gas: CALL_GAS }, quantity(block)]);
  };
  const [tokens, feeds] = [assets.map(({ address }) => address), assets.map(({ feed }) => feed)];
  const vaultArgs = [vault, tokens, feeds, sequencerFeed];
  const listed = collaterals.map(({ address }) => address);
  return {
    vault: async (block) => {
      const [header, answer] = await Promise.all([
        rpc<{ baseFeePerGas: string }>("eth_getBlockByNumber", [quantity(block), false]),
        read(block, "readVault", vaultArgs),
      ]);
      return vaultFactsOf(block, BigInt(header.baseFeePerGas), answer);
    },
    accounts: async (block, ids) =>
      accountFactsOf(await read(block, "readAccounts", [vault, ids, listed]), listed.length),
    balances: async (block, token, holders) => wordsOf(await read(block, "readBalances", [token, holders])),
  };
}
