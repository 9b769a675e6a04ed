import { GiveUpError } from "../errors.ts";
import {
  CONFIGURATOR_ABI,
  FLASH_ABI,
  ORACLE_ABI,
  TOKEN_ABI,
  VAULT_ABI,
  type ContractCall,
  type FlashTarget,
  type Targets,
} from "./encodeAction.ts";

/** Decides what may be signed: a wrong answer anywhere before this cannot cost more than gas, and of that a bounded amount. */
export interface AllowList {
  /** Throws a `GiveUpError` for a call that is not on the list: something in this process is not what it should be. */
  check(call: ContractCall): void;
  /** The same as an answer, for what an earlier configuration may have allowed. */
  allows(call: ContractCall): boolean;
  /** The same for a whole transaction: chain, value and gas too. */
  checkTransaction(transaction: CheckedTransaction): void;
}

/** A transaction as far as it can do harm; wei and units of gas. */
export interface CheckedTransaction extends ContractCall {
  readonly chainId: bigint;
  readonly value: bigint;
  readonly gasLimit: bigint;
  readonly maxFeePerGas: bigint;
}

/** What no transaction may exceed. */
export interface SigningLimits {
  readonly chainId: bigint;
  readonly maxGas: bigint;
  readonly maxFeePerGas: bigint;
}

/** EIP-7825: no transaction may use more. */
const TRANSACTION_GAS_LIMIT = 16_777_216n;
const NO_DATA = "0x";

/**
 * The vault's and the oracle's functions that the keeper uses, what is taken for the keeper alone, an approval of the
 * quote token for the vault alone, a poke of this vault's weights, and the flash liquidator's takes by configured routes and with something left. Never
 * with value.
 */
export function allowListOf(targets: Targets, limits: Partial<SigningLimits> = {}): AllowList {
  const { flash } = targets;
  const selectors = new Map<string, ReadonlySet<string>>([
    // First, so that none of the others could ever be taken for it.
    ...(flash === undefined ? [] : [[flash.liquidator.toLowerCase(), selectorsOf(FLASH_ABI)] as const]),
    [targets.vault.toLowerCase(), selectorsOf(VAULT_ABI)],
    [targets.oracle.toLowerCase(), selectorsOf(ORACLE_ABI)],
    [targets.configurator.toLowerCase(), selectorsOf(CONFIGURATOR_ABI)],
    [targets.quote.toLowerCase(), selectorsOf(TOKEN_ABI)],
  ]);
  const check = ({ to, data }: ContractCall) => {
    const selector = data.slice(0, 10);
    if (selectors.get(to.toLowerCase())?.has(selector) !== true) {
      throw new GiveUpError(`refused to sign: ${selector} of ${to} is not on the allow-list`);
    }
    if (to.toLowerCase() === targets.quote.toLowerCase()) checkSpender(data, targets.vault);
    if (to.toLowerCase() === targets.vault.toLowerCase()) checkRecipient(data, targets.keeper);
    if (to.toLowerCase() === targets.configurator.toLowerCase()) checkPoked(data, targets.vault);
    if (to.toLowerCase() === flash?.liquidator.toLowerCase()) checkOrders(data, flash);
  };
  return {
    check,
    allows(call) {
      try {
        check(call);
        return true;
      } catch (error) {
        if (error instanceof GiveUpError) return false;
        throw error;
      }
    },
    checkTransaction(transaction) {
      check(transaction);
      checkLimits(transaction, limits);
    },
  };
}

function checkLimits(
  { chainId, value, gasLimit, maxFeePerGas }: CheckedTransaction,
  limits: Partial<SigningLimits>,
): void {
  const { maxGas = TRANSACTION_GAS_LIMIT } = limits;
  if (value !== 0n) throw new GiveUpError(`refused to sign: it sends ${value} wei`);
  if (gasLimit > maxGas) throw new GiveUpError(`refused to sign: ${gasLimit} gas is above ${maxGas}`);
  if (limits.chainId !== undefined && chainId !== limits.chainId) {
    throw new GiveUpError(`refused to sign: it is for chain ${chainId}, not ${limits.chainId}`);
  }
  if (limits.maxFeePerGas !== undefined && maxFeePerGas > limits.maxFeePerGas) {
    throw new GiveUpError(
      `refused to sign: ${maxFeePerGas} wei for a unit of gas is above ${limits.maxFeePerGas}`,
    );
  }
}

/** What is taken goes to the keeper, and nobody is called back. */
function checkRecipient(data: string, keeper: string): void {
  const call = VAULT_ABI.parseTransaction({ data });
  if (call?.name !== "liquidate" && call?.name !== "liquidateMany") return;
  const { to, data: callback } = call.args.toObject() as { to: string; data?: string };
  if (to.toLowerCase() !== keeper.toLowerCase()) {
    throw new GiveUpError(`refused to sign: collateral would go to ${to}, which is not the keeper`);
  }
  if ((callback ?? NO_DATA) !== NO_DATA)
    throw new GiveUpError("refused to sign: a liquidation with a callback");
}

interface Order {
  readonly asset: string;
  readonly minProfit: bigint;
  readonly path: string;
}

/** Sold where the operator said, and never for nothing; who receives the profit is the contract's owner's to say. */
function checkOrders(data: string, { paths }: FlashTarget): void {
  const call = FLASH_ABI.parseTransaction({ data });
  const { order, orders } = (call?.args.toObject() ?? {}) as { order?: Order; orders?: readonly Order[] };
  for (const { asset, minProfit, path } of order === undefined ? [...(orders ?? [])] : [order]) {
    if (!paths.has(path.toLowerCase()) || !path.toLowerCase().startsWith(asset.toLowerCase())) {
      throw new GiveUpError(
        `refused to sign: ${asset} would be sold by ${path}, which is no configured route`,
      );
    }
    if (minProfit <= 0n)
      throw new GiveUpError("refused to sign: a take by the flash liquidator for no profit");
  }
}

/** One configurator may serve many vaults. */
function checkPoked(data: string, vault: string): void {
  const [poked] = CONFIGURATOR_ABI.decodeFunctionData("poke", data) as unknown as [string];
  if (poked.toLowerCase() !== vault.toLowerCase()) {
    throw new GiveUpError(`refused to sign: a poke of ${poked}, which is not the vault`);
  }
}

function checkSpender(data: string, vault: string): void {
  const [spender] = TOKEN_ABI.decodeFunctionData("approve", data) as unknown as [string];
  if (spender.toLowerCase() !== vault.toLowerCase()) {
    throw new GiveUpError(`refused to sign: an approval for ${spender}, which is not the vault`);
  }
}

function selectorsOf(abi: typeof VAULT_ABI): ReadonlySet<string> {
  const selectors = new Set<string>();
  abi.forEachFunction(({ selector }) => selectors.add(selector));
  return selectors;
}
