import type { Rpc } from "../chain/rpc.ts";
import * as calls from "./calls.ts";
import { send, type Wallet } from "./wallet.ts";

/** One of the demo's tokens, whose units anybody may make, and the contract that does it for many. */
export interface Mint {
  readonly chainId: number;
  /** Address of the `DemoReader`. */
  readonly reader: string;
  readonly asset: string;
}

const GAS = 100_000;
const GAS_PER_HOLDER = 60_000;

/** Gives holders base units, once the chain mines it. */
export async function mint(
  rpc: Rpc,
  sender: Wallet,
  { chainId, reader, asset }: Mint,
  gifts: readonly (readonly [holder: string, amount: bigint])[],
): Promise<void> {
  await send(rpc, sender, chainId, {
    to: reader,
    data: calls.reader.encodeFunctionData("mintMany", [
      asset,
      gifts.map(([holder]) => holder),
      gifts.map(([, amount]) => amount),
    ]),
    gasLimit: GAS + GAS_PER_HOLDER * gifts.length,
  });
}
