import { Interface } from "ethers";
import { ownerOf, type AccountId } from "../../../sdk/accountId.ts";
import type { RawLog } from "../../../sdk/logReader.ts";
import { IMarginVault__factory } from "../../../types/factories/interfaces/IMarginVault__factory.ts";

/** The vault of the tests that have no chain. */
export const VAULT = "0x00000000000000000000000000000000000000aa";
export const ASSET = "0x00000000000000000000000000000000000000cc";
const TRADER = "0x00000000000000000000000000000000000000dd";

const abi = new Interface(IMarginVault__factory.abi);

/** A log as the vault writes it. */
export function vaultLog(name: string, ...args: unknown[]): RawLog {
  return abi.encodeEventLog(name, args);
}

export function listed(): RawLog {
  return vaultLog("CollateralListed", ASSET, 0n, [7600, 8020, 8740, 800, 10n ** 30n]);
}

export function deposited(account: AccountId, balance: bigint): RawLog {
  return vaultLog("CollateralDeposited", account, ownerOf(account), TRADER, ASSET, balance, balance);
}

export function borrowed(account: AccountId, amount: bigint, debtShares: bigint): RawLog {
  return vaultLog("Borrowed", account, ownerOf(account), TRADER, amount, TRADER, debtShares, amount);
}
