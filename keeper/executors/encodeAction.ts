import { Interface } from "ethers";
import { errorNameOf } from "../../sdk/decodeError.ts";
import { Refusal, refusalName } from "../../sdk/vaultTypes.ts";
import { isFlash, type Action, type FlashAction } from "../policy/action.ts";

/** Where actions go, and for whom. */
export interface Targets {
  readonly vault: string;
  readonly oracle: string;
  readonly configurator: string;
  readonly quote: string;
  /** The keeper's own address, which receives what it takes. */
  readonly keeper: string;
  readonly flash?: FlashTarget | undefined;
}

/** The flash liquidator that the keeper may use. */
export interface FlashTarget {
  readonly liquidator: string;
  /** Where it may sell, each as `encodeSwapPath` packs it. */
  readonly paths: ReadonlySet<string>;
}

/** A call of a contract, without value: the keeper never sends any. */
export interface ContractCall {
  readonly to: string;
  readonly data: string;
}

/** The functions the keeper may call, as the contracts declare them; a test compares them with the compiled interfaces. */
export const VAULT_ABI = new Interface([
  "function openCalls(bytes32[] accounts) returns (uint8[] refusals)",
  "function closeCalls(bytes32[] accounts) returns (uint8[] refusals)",
  "function bookLoss(bytes32[] accounts) returns (uint8[] refusals)",
  "function liquidateMany((bytes32 account, address asset, uint256 maxRepay, uint256 minSeized)[] requests, address to) returns ((uint8 refusal, uint256 repaid, uint256 insured, uint256 seized, uint256 loss)[] results)",
  "function liquidate(bytes32 account, address asset, uint256 maxRepay, uint256 minSeized, address to, bytes data) returns (uint256 repaid, uint256 insured, uint256 seized)",
  "function bookFee() returns (uint256 shares)",
]);
export const ORACLE_ABI = new Interface(["function record()"]);
export const CONFIGURATOR_ABI = new Interface([
  "function poke(address vault, address asset) returns (uint256 initialBps, uint256 maintenanceBps)",
]);
export const TOKEN_ABI = new Interface(["function approve(address spender, uint256 amount) returns (bool)"]);
const FLASH_TAKE =
  "(bytes32 account, address asset, uint256 maxRepay, uint256 minSeized, uint256 minProfit, uint8 sale, bytes path)";
const FLASH_RESULT =
  "(bool taken, bytes4 reason, uint256 payment, uint256 seized, uint256 profit, uint256 kept)";
export const FLASH_ABI = new Interface([
  `function take(${FLASH_TAKE} order) returns (${FLASH_RESULT} result)`,
  `function takeMany(${FLASH_TAKE}[] orders, uint256 gasPerTake) returns (${FLASH_RESULT}[] results)`,
]);

/** The call that carries out `action`. */
export function encodeAction(action: Action, targets: Targets): ContractCall {
  if (isFlash(action)) return encodeFlash(action, targets);
  const { vault, oracle, configurator, quote, keeper } = targets;
  const onVault = (name: string, ...args: unknown[]): ContractCall => ({
    to: vault,
    data: VAULT_ABI.encodeFunctionData(name, args),
  });
  switch (action.duty) {
    case "liquidateCritical":
    case "liquidateProfitable": {
      const [only, ...others] = action.items;
      if (only !== undefined && others.length === 0) {
        return onVault("liquidate", only.account, only.asset, only.maxRepay, only.minSeized, keeper, "0x");
      }
      const requests = action.items.map((item) => [item.account, item.asset, item.maxRepay, item.minSeized]);
      return onVault("liquidateMany", requests, keeper);
    }
    case "reopenCall":
    case "openCall":
      return onVault("openCalls", accountIds(action));
    case "closeCall":
      return onVault("closeCalls", accountIds(action));
    case "bookLoss":
      return onVault("bookLoss", accountIds(action));
    case "bookFee":
      return onVault("bookFee");
    case "record":
      return { to: oracle, data: ORACLE_ABI.encodeFunctionData("record") };
    case "poke":
      return { to: configurator, data: CONFIGURATOR_ABI.encodeFunctionData("poke", [vault, action.asset]) };
    case "approve":
      return { to: quote, data: TOKEN_ABI.encodeFunctionData("approve", [vault, action.amount]) };
  }
}

function encodeFlash({ items, gasPerTake }: FlashAction, { flash }: Targets): ContractCall {
  if (flash === undefined) throw new Error("a flash take without a flash liquidator");
  const orders = items.map(({ account, asset, maxRepay, minSeized, minProfit, sale, path }) => [
    account,
    asset,
    maxRepay,
    minSeized,
    minProfit,
    sale,
    path,
  ]);
  const data =
    orders.length === 1
      ? FLASH_ABI.encodeFunctionData("take", orders)
      : FLASH_ABI.encodeFunctionData("takeMany", [orders, gasPerTake]);
  return { to: flash.liquidator, data };
}

/** Why a simulated action would leave out each of its items, undefined for one it does; for one without items, nothing. */
export function refusalsIn(action: Action, returned: string): readonly (string | undefined)[] {
  if (!("items" in action)) return [];
  if (isFlash(action)) return flashRefusalsIn(action, returned);
  switch (action.duty) {
    case "liquidateCritical":
    case "liquidateProfitable": {
      // A single liquidation reverts instead of refusing.
      if (action.items.length === 1) return [undefined];
      const [results] = VAULT_ABI.decodeFunctionResult("liquidateMany", returned);
      return (results as { refusal: bigint }[]).map(({ refusal }) => refusalFrom(refusal));
    }
    case "reopenCall":
    case "openCall":
    case "closeCall":
    case "bookLoss": {
      const [refusals] = VAULT_ABI.decodeFunctionResult("openCalls", returned);
      return [...(refusals as bigint[])].map(refusalFrom);
    }
  }
}

function accountIds(action: Extract<Action, { items: unknown }>): string[] {
  return action.items.map(({ account }) => account);
}

/** A batch skips what reverts, with the first four bytes of what it reverted with. */
function flashRefusalsIn({ items }: FlashAction, returned: string): readonly (string | undefined)[] {
  if (items.length === 1) return [undefined];
  const [results] = FLASH_ABI.decodeFunctionResult("takeMany", returned);
  return (results as { taken: boolean; reason: string }[]).map(({ taken, reason }) =>
    taken ? undefined : (errorNameOf(reason) ?? reason),
  );
}

function refusalFrom(value: bigint): string | undefined {
  const refusal = Number(value) as Refusal;
  return refusal === Refusal.None ? undefined : refusalName(refusal);
}
