import type { MockERC20 } from "../../../types/index.ts";
import { deployOracle, deployVault, MAX_UINT, type World, listingsOf } from "./world.ts";

/**
 * The world with another vault, which lends `token` (of the same decimals) instead. Everybody holds some and has
 * approved the vault; the lender has lent `lent` whole tokens.
 */
export async function withQuote(w: World, token: MockERC20, lent = 1_000_000n): Promise<World> {
  const vault = await deployVault(w.ethers, { ...w, quote: token });
  await w.configurator.setRiskTerms(vault, w.risk);
  await w.configurator.setFee(vault, 0n, w.feeRecipient);
  const oracle = await deployOracle(w.ethers, token, w.quoteFeed, w.collaterals);
  await w.configurator.listCollaterals(vault, await listingsOf(oracle, w.collaterals), oracle);
  for (const actor of [w.lender, w.trader, w.keeper, w.stranger]) {
    await token.mint(actor, w.usd(1_000_000_000n));
    for (const each of [token, ...w.collaterals.map((c) => c.token)])
      await each.connect(actor).approve(vault, MAX_UINT);
  }
  if (lent > 0n) await vault.connect(w.lender).deposit(w.usd(lent), w.lender);
  const [vaultAddress, quoteAddress] = [await vault.getAddress(), await token.getAddress()];
  return { ...w, vault, vaultAddress, oracle, quote: token, quoteAddress };
}
