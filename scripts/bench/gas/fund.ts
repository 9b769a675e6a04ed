import { MaxUint256, type Contract } from "ethers";
import type { GasChain } from "./gasChain.ts";
import { UNIT } from "./market.ts";

const PLENTY = 10n ** 9n * UNIT;

/** Gives each of `holders` plenty of each token, and `spender` leave to take all of it. */
export async function fund(
  chain: GasChain,
  tokens: readonly Contract[],
  { holders, spender }: { readonly holders: readonly number[]; readonly spender: unknown },
): Promise<void> {
  for (const token of tokens) {
    for (const holder of holders.map((index) => chain.signer(index))) {
      await chain.act(holder, [token, "mint", holder.address, PLENTY]);
      await chain.act(holder, [token, "approve", spender, MaxUint256]);
    }
  }
}
