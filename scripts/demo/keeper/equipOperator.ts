import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Rpc } from "../chain/rpc.ts";
import type { PopulatedWorld } from "../world/buildWorld.ts";
import { mint } from "../world/mint.ts";
import { fund, walletOf } from "../world/wallet.ts";

/**
 * Gives coins, and as many quote tokens as the demo's keeper had, to a key that nobody uses, and writes it into `folder`.
 * The tokens are there with the next block.
 */
export async function equipOperator(
  rpc: Rpc,
  seed: number,
  { deployment, reader, keeperFunds }: Pick<PopulatedWorld, "deployment" | "reader" | "keeperFunds">,
  folder: string,
): Promise<{ readonly keyFile: string }> {
  const operator = walletOf(seed, "operator");
  // Not the operator's own transaction: a keeper begins with a key whose nonces are all its own.
  const giver = walletOf(seed, "giver");
  await fund(rpc, [operator, giver]);
  const { chainId, quote } = deployment;
  await mint(rpc, giver, { chainId, reader, asset: quote.address }, [[operator.address, keeperFunds]]);
  const keyFile = join(folder, "operator.key");
  writeFileSync(keyFile, `${operator.privateKey}\n`, { mode: 0o600 });
  return { keyFile };
}
