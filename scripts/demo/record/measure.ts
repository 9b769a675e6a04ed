import { quantity, type Rpc } from "../chain/rpc.ts";
import * as calls from "../world/calls.ts";
import type { PopulatedWorld } from "../world/buildWorld.ts";
import type { CheckedBlock } from "../check/checker.ts";
import type { ConservationWatch } from "../check/conservation.ts";
import type { BlockReader } from "../check/blockReader.ts";

/** What the people of the demo own at some moment. */
export interface Wealth {
  readonly keeperWei: bigint;
  /** Quote base units. */
  readonly lenders: bigint;
}

export async function wealthOf(
  rpc: Rpc,
  world: PopulatedWorld,
  lenders: { wealth: () => Promise<bigint> },
): Promise<Wealth> {
  const keeperWei = BigInt(await rpc<string>("eth_getBalance", [world.keeper.address, "latest"]));
  return { keeperWei, lenders: await lenders.wealth() };
}

/** What the insurance's shares are worth, quote base units. */
export async function insuranceOf(rpc: Rpc, vault: string, { vault: facts }: CheckedBlock): Promise<bigint> {
  const data = calls.vault.encodeFunctionData("convertToAssets", [facts.insuranceShares]);
  return BigInt(await rpc<string>("eth_call", [{ to: vault, data }, quantity(facts.block)]));
}

const HOLDERS_PER_CALL = 400;

/** Compares every wallet that ever held a token with what came to it and left it. */
export async function compareWallets(
  reader: BlockReader,
  conservation: ConservationWatch,
  block: number,
): Promise<void> {
  for (const token of conservation.tokens()) {
    const holders = conservation.holdersOf(token);
    const balances: bigint[] = [];
    for (let from = 0; from < holders.length; from += HOLDERS_PER_CALL) {
      balances.push(...(await reader.balances(block, token, holders.slice(from, from + HOLDERS_PER_CALL))));
    }
    conservation.compareWallets(block, token, holders, balances);
  }
}
