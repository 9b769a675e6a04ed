import { AbiCoder, keccak256, toBeHex } from "ethers";
import type { Deployment } from "../../sdk/deployment.ts";
import { quantity, type Rpc } from "./chain/rpc.ts";

/** What may be broken, to see that it is noticed. `ledger`: tokens vanish from the vault. */
export type Fault = "ledger";

/** OpenZeppelin's ERC-20 keeps its balances in the first slot. */
const BALANCES_SLOT = 0n;
const THIEF = `0x${"7".repeat(40)}`;

/**
 * Breaks the ledger as a hostile token would: a hundredth of the vault's first collateral is somebody else's all of a
 * sudden, and no log says so.
 */
export async function breakLedger(rpc: Rpc, { vault, collaterals }: Deployment): Promise<void> {
  const token = collaterals[0]?.address;
  if (token === undefined) throw new Error("There is no collateral to break.");
  const held = BigInt(await rpc<string>("eth_getStorageAt", [token, balanceSlot(vault), "latest"]));
  const stolen = held / 100n + 1n;
  await rpc("hardhat_setStorageAt", [
    token,
    quantity(BigInt(balanceSlot(vault))),
    toBeHex(held - stolen, 32),
  ]);
  await rpc("hardhat_setStorageAt", [token, quantity(BigInt(balanceSlot(THIEF))), toBeHex(stolen, 32)]);
}

function balanceSlot(holder: string): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["address", "uint256"], [holder, BALANCES_SLOT]));
}
