import type { AccountId } from "../../../sdk/accountId.ts";
import type { AccountView, LensAnswer } from "../../../sdk/lensAnswer.ts";
import { connectVaultLens, type LensQuestion, type VaultLensHandle } from "../../../sdk/vaultLens.ts";
import type { MockOracle, VaultLens } from "../../../types/index.ts";
import { withMockOracle } from "../../vault/support/listing.ts";
import { openPosition, type PositionPlan } from "../../vault/support/position.ts";
import { deploy, loadWorld, type World, type WorldOptions } from "../../vault/support/world.ts";

/** A world with a lens, whose prices can be set to the unit. */
export interface LensWorld extends World {
  lens: VaultLensHandle;
  lensAddress: string;
  prices: MockOracle;
}

/** Some gas less than a transaction may have, as nodes allow for a call. */
export const CALL_GAS = 2n ** 24n;

export async function loadLensWorld(options: WorldOptions = {}): Promise<LensWorld> {
  const w = await loadWorld(options);
  const prices = await withMockOracle(w);
  const contract = await deploy<VaultLens>(w.ethers, "VaultLens");
  const lensAddress = await contract.getAddress();
  return { ...w, lensAddress, prices, lens: connectVaultLens(lensAddress, w.ethers.provider) };
}

/** What the lens sees of the world's vault. */
export function look(w: LensWorld, question: Partial<LensQuestion> = {}): Promise<LensAnswer> {
  return w.lens.look({ vault: w.vaultAddress, ...question });
}

/** What the lens sees of one account, which it must know. */
export async function lookAt(
  w: LensWorld,
  id: AccountId,
  question: Partial<LensQuestion> = {},
): Promise<AccountView> {
  return onlyView(await look(w, { ...question, accounts: [id] }));
}

/** The first account of an answer, which must be known. */
export function onlyView({ accounts }: Pick<LensAnswer, "accounts">): AccountView {
  return viewsIn({ accounts: accounts.slice(0, 1) })[0]!;
}

/** The accounts of an answer, which must all be known. */
export function viewsIn({ accounts }: Pick<LensAnswer, "accounts">): AccountView[] {
  return accounts.map((account) => {
    if (!("valuation" in account)) throw new Error(`unknown: ${account.reading.sentence}`);
    return account;
  });
}

/** Sets the price of a collateral, times 1e36. */
export async function setPrice36(w: LensWorld, number: number, price36: bigint): Promise<void> {
  await w.prices.set(number, price36, true);
}

/** The price of a collateral in whole quote tokens for a whole token, times 1e36 a base unit. */
export function price36Of(w: LensWorld, number: number, price: bigint): bigint {
  return (w.usd(price) * 10n ** 36n) / w.collaterals[number]!.unit;
}

/** Opens `count` accounts of three collaterals each, one after the other. */
export async function openAccounts(w: LensWorld, count: number, plan: PositionPlan): Promise<AccountId[]> {
  const ids: AccountId[] = [];
  for (let subAccount = 0n; subAccount < BigInt(count); ++subAccount) {
    ids.push(await openPosition(w, { ...plan, subAccount }));
  }
  return ids;
}
