import { expect } from "chai";
import { parseUnits } from "ethers";
import { accountIdOf, type AccountId } from "../../../sdk/accountId.ts";
import { BPS, FEED_DECIMALS, WAD, type ListedCollateral, type World } from "./world.ts";

export interface PositionPlan {
  owner?: World["trader"];
  subAccount?: bigint;
  /** Base units of each collateral, by number; one whole token of the first unless given. */
  amounts?: readonly bigint[];
  /** Quote base units; 1,500 tokens unless given. */
  debt?: bigint;
}

/** Deposits and borrows at the prices of the day. One ETH at 2,000 against 1,500 has a health factor of 1.0693. */
export async function openPosition(w: World, plan: PositionPlan = {}): Promise<AccountId> {
  const owner = plan.owner ?? w.trader;
  const id = accountIdOf(owner.address, plan.subAccount ?? 0n);
  const vault = w.vault.connect(owner);
  for (const [number, amount] of (plan.amounts ?? [w.collaterals[0]!.unit]).entries()) {
    if (amount > 0n) await vault.depositCollateral(id, w.collaterals[number]!.address, amount);
  }
  const debt = plan.debt ?? w.usd(1_500n);
  if (debt > 0n) await vault.borrow(id, debt, owner);
  return id;
}

/** Opens a position, lets the price fall until the maintenance value is `maintenance`, and calls the account. */
export async function openCalledPosition(
  w: World,
  maintenance: bigint,
  plan: PositionPlan = {},
): Promise<AccountId> {
  const id = await openPosition(w, plan);
  await setMaintenanceValue(w, id, maintenance);
  await w.vault.connect(w.keeper).openCall(id);
  return id;
}

/** Sets the price of a collateral: quote tokens for one whole token. */
export async function setPrice(collateral: ListedCollateral, price: string): Promise<void> {
  await collateral.feed.push(answerOf(price));
}

/** What the feeds of this world answer for a price in quote tokens. */
export function answerOf(price: string): bigint {
  return parseUnits(price, FEED_DECIMALS);
}

/** Moves the price of the first collateral until the account, which holds no other, has exactly this `A_m`. */
export async function setMaintenanceValue(w: World, id: AccountId, maintenance: bigint): Promise<void> {
  await setValue(w, id, ceilDiv(maintenance * BPS, w.collaterals[0]!.terms.maintenanceBps));
  expect((await w.vault.marginOf(id)).maintenanceValue).to.equal(maintenance);
}

/** As `setMaintenanceValue` for `A_l`. */
export async function setLiquidationValue(w: World, id: AccountId, liquidation: bigint): Promise<void> {
  await setValue(w, id, ceilDiv(liquidation * BPS, w.collaterals[0]!.terms.liquidationBps));
  expect((await w.vault.marginOf(id)).liquidationValue).to.equal(liquidation);
}

/** As `setMaintenanceValue` for the value `V`. */
export async function setValue(w: World, id: AccountId, value: bigint): Promise<void> {
  const { address, unit, feed } = w.collaterals[0]!;
  const amount = await w.vault.collateralOf(id, address);
  const scale = 10n ** BigInt(FEED_DECIMALS - w.quoteDecimals);
  await feed.push(ceilDiv(value * unit * scale, amount));
  expect((await w.vault.marginOf(id)).value).to.equal(value);
}

/** `A_m` at which the account has this health factor, rounded up: one base unit less is below it. */
export async function maintenanceAt(w: World, id: AccountId, healthWad: bigint): Promise<bigint> {
  return ceilDiv((await w.vault.debtOf(id)) * healthWad, WAD);
}

export function ceilDiv(x: bigint, y: bigint): bigint {
  return (x + y - 1n) / y;
}
