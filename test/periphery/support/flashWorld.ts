import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { ContractTransactionResponse } from "ethers";
import type { AccountId } from "../../../sdk/accountId.ts";
import { batchGasLimit, encodeSwapPath, Sale, type FlashTake } from "../../../sdk/flashLiquidator.ts";
import type { FlashLiquidator } from "../../../types/index.ts";
import { passDeadline } from "../../vault/support/clock.ts";
import { eventsOf } from "../../vault/support/events.ts";
import { openPosition, setMaintenanceValue } from "../../vault/support/position.ts";
import { deploy, loadWorld, MAX_UINT, type World, type WorldOptions } from "../../vault/support/world.ts";
import { createPool, deployUniswap, FEE, pushPrice, type Side, type Uniswap } from "./uniswap.ts";

/** A vault, Uniswap v3 beside it, and an operator's flash liquidator. */
export interface FlashWorld {
  w: World;
  u: Uniswap;
  liquidator: FlashLiquidator;
  liquidatorAddress: string;
  operator: HardhatEthersSigner;
  /** A lane's key: allowed, and without a single token. */
  lane: HardhatEthersSigner;
  secondLane: HardhatEthersSigner;
  recipient: HardhatEthersSigner;
}

export const MAX_SLIPPAGE_BPS = 300n;
export const GAS_PER_TAKE = 1_200_000n;
/** Of a transaction, by EIP-7825. */
const MAX_GAS = 16_777_216n;

const fixtures = new Map<string, () => Promise<FlashWorld>>();

/** As fresh from their deployment, by snapshots; no pool exists yet. */
export async function loadFlashWorld(options: WorldOptions = {}): Promise<FlashWorld> {
  const key = JSON.stringify(options, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
  const { helpers } = await loadWorld(options);
  let fixture = fixtures.get(key);
  if (fixture === undefined) {
    fixture = async () => addFlashLiquidator(await loadWorld(options));
    fixtures.set(key, fixture);
  }
  return helpers.loadFixture(fixture);
}

/** Deploys Uniswap and a flash liquidator for the vault of `w`. */
export async function addFlashLiquidator(w: World): Promise<FlashWorld> {
  const signers = await w.ethers.getSigners();
  const [operator, lane, secondLane, recipient] = signers.slice(-4) as [
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
  ];
  const u = await deployUniswap(w.ethers);
  const liquidator = await deploy<FlashLiquidator>(w.ethers, "FlashLiquidator", [
    w.vault,
    u.factory,
    operator.address,
    recipient.address,
    MAX_SLIPPAGE_BPS,
  ]);
  await liquidator.connect(operator).setKeeper(lane, true);
  await liquidator.connect(operator).setKeeper(secondLane, true);
  const liquidatorAddress = await liquidator.getAddress();
  return { w, u, liquidator, liquidatorAddress, operator, lane, secondLane, recipient };
}

/** `units` whole tokens of a collateral and as much quote as they are worth at the oracle's price, `percent` of it. */
export async function sidesAt(
  { w }: FlashWorld,
  number: number,
  units: bigint,
  percent = 100n,
): Promise<[Side, Side]> {
  const { address, unit } = w.collaterals[number]!;
  const { price36 } = await w.oracle.price(address);
  const amount = units * unit;
  return [
    [address, amount],
    [w.quoteAddress, (amount * price36 * percent) / (100n * 10n ** 36n)],
  ];
}

/** A pool of a collateral and the quote at the oracle's price over all prices. */
export async function addPool(
  f: FlashWorld,
  number = 0,
  units = 100_000n,
  fee: number = FEE.medium,
): Promise<void> {
  await createPool(f.u, f.w.stranger, fee, ...(await sidesAt(f, number, units)));
}

/** Somebody trades until the pool's price is `percent` of the oracle's. */
export async function movePool(
  f: FlashWorld,
  percent: bigint,
  number = 0,
  fee: number = FEE.medium,
): Promise<void> {
  await pushPrice(f.u, f.w.lender, fee, ...(await sidesAt(f, number, 1_000n, percent)));
}

/** Tokens and the fees between them as Uniswap packs a path. */
export function pathOf(tokens: readonly string[], fees: readonly number[]): string {
  return encodeSwapPath({ from: tokens[0]!, hops: fees.map((fee, i) => ({ fee, to: tokens[i + 1]! })) });
}

/** All that the vault lets be taken of a collateral, sold whole in its pool, at any profit. */
export function orderOf(
  { w }: FlashWorld,
  account: AccountId,
  number = 0,
  change: Partial<FlashTake> = {},
): FlashTake {
  const asset = w.collaterals[number]!.address;
  const path = pathOf([asset, w.quoteAddress], [FEE.medium]);
  return {
    account,
    asset,
    maxRepay: MAX_UINT,
    minSeized: 0n,
    minProfit: 0n,
    sale: Sale.All,
    path,
    ...change,
  };
}

export function take(f: FlashWorld, order: FlashTake): Promise<ContractTransactionResponse> {
  return f.liquidator.connect(f.lane).take(order);
}

export function takeMany(
  f: FlashWorld,
  orders: readonly FlashTake[],
  gasPerTake = GAS_PER_TAKE,
): Promise<ContractTransactionResponse> {
  const wanted = batchGasLimit(orders.length, gasPerTake);
  const gasLimit = wanted < MAX_GAS ? wanted : MAX_GAS;
  return f.liquidator.connect(f.lane).takeMany([...orders], gasPerTake, { gasLimit });
}

/** 10 ETH against 15,000, called, and `after` seconds past the deadline; 1,800 is the deepest discount, 8 %. */
export async function expiredAccount(
  { w }: FlashWorld,
  plan: { subAccount?: bigint; after?: bigint; maintenance?: bigint } = {},
): Promise<AccountId> {
  const id = await openPosition(w, {
    subAccount: plan.subAccount ?? 0n,
    amounts: [10n * w.collaterals[0]!.unit],
    debt: w.usd(15_000n),
  });
  await setMaintenanceValue(w, id, w.usd(plan.maintenance ?? 14_500n));
  await w.vault.openCall(id);
  await passDeadline(w, id, plan.after ?? 1_800n);
  return id;
}

/** Several as `expiredAccount`, all past their deadlines, in sub-accounts 0, 1, 2, ... */
export async function expiredAccounts({ w }: FlashWorld, count: bigint): Promise<AccountId[]> {
  const ids: AccountId[] = [];
  for (let subAccount = 0n; subAccount < count; subAccount++) {
    const amounts = [10n * w.collaterals[0]!.unit];
    ids.push(await openPosition(w, { subAccount, amounts, debt: w.usd(15_000n) }));
  }
  await setMaintenanceValue(w, ids[0]!, w.usd(14_500n));
  await w.vault.openCalls(ids);
  await passDeadline(w, ids[0]!, 1_800n);
  return ids;
}

/** What somebody holds of the quote and of each collateral. */
export async function balancesOf(f: FlashWorld, holder: string): Promise<bigint[]> {
  const tokens = [f.w.quote, ...f.w.collaterals.map(({ token }) => token)];
  return Promise.all(tokens.map((token) => token.balanceOf(holder)));
}

export interface TakenEvent {
  payment: bigint;
  seized: bigint;
  profit: bigint;
  kept: bigint;
}

/** What a batch did: an account and its profit, or an account and the name of the error it was skipped for. */
export async function outcomesOf(
  f: FlashWorld,
  transaction: ContractTransactionResponse,
): Promise<Map<string, string>> {
  const skipped = await eventsOf(transaction, f.liquidator, "Skipped");
  const taken = await eventsOf(transaction, f.liquidator, "Taken");
  return new Map([
    ...taken.map(({ account }) => [account as string, "taken"] as const),
    ...skipped.map(({ account, reason }) => [account as string, nameOf(f, reason as string)] as const),
  ]);
}

/** The name of the error with a selector, of the liquidator, the vault or a token. */
export function nameOf({ w, liquidator }: FlashWorld, selector: string): string {
  for (const contract of [liquidator, w.vault, w.quote]) {
    const error = contract.interface.getError(selector);
    if (error !== null) return error.name;
  }
  return selector;
}
