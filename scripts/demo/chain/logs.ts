import { id } from "ethers";
import { decodeVaultEvent } from "../../../sdk/vaultEvents.ts";
import type { VaultEvent } from "../../../sdk/vaultEvent.ts";
import type { Movement } from "../check/conservation.ts";
import { quantity, type Rpc } from "./rpc.ts";

/** A log as the node gives it; addresses and topics are lower case. */
export interface ChainLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly transactionHash: string;
}

/** What happened in one block. */
export interface BlockLogs {
  readonly events: readonly LoggedEvent[];
  readonly movements: readonly Movement[];
}

/** An event of the vault and the transaction it came in. */
export interface LoggedEvent {
  readonly event: VaultEvent;
  readonly transactionHash: string;
}

const TRANSFER = id("Transfer(address,address,uint256)");

/** All logs of a range of blocks, in order. */
export async function logsOf(rpc: Rpc, vault: string, from: number, to: number): Promise<BlockLogs> {
  const logs = await rpc<ChainLog[]>("eth_getLogs", [{ fromBlock: quantity(from), toBlock: quantity(to) }]);
  const ofVault = logs.filter(({ address }) => address === vault);
  return {
    events: ofVault.flatMap((log) => {
      const event = decodeVaultEvent(log);
      return event === undefined ? [] : [{ event, transactionHash: log.transactionHash }];
    }),
    movements: logs.filter(({ topics }) => topics[0] === TRANSFER).map(movementOf),
  };
}

function movementOf({ address, topics, data }: ChainLog): Movement {
  const party = (topic: string | undefined) => `0x${topic?.slice(-40) ?? ""}`;
  return { token: address, from: party(topics[1]), to: party(topics[2]), amount: BigInt(data) };
}
