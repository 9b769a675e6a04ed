import { quantity, type Rpc } from "../chain/rpc.ts";
import { BASE_FEE_WEI } from "./terms.ts";

/** Mines one block at a time of the chain's clock; the demo's chain mines in no other way. */
export async function mineAt(rpc: Rpc, timestamp: number): Promise<void> {
  await Promise.all([
    rpc("evm_setNextBlockTimestamp", [quantity(timestamp)]),
    rpc("hardhat_setNextBlockBaseFeePerGas", [quantity(BASE_FEE_WEI)]),
  ]);
  await rpc("evm_mine");
}
