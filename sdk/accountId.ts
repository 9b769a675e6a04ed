import { getAddress } from "ethers";
import { InputError } from "./inputError.ts";

/** An account: the owner's address and a sub-account number in one word, lower-case hex with 64 digits. */
export type AccountId = `0x${string}`;

const SUB_ACCOUNT_LIMIT = 1n << 96n;

/** The account `subAccount` of `owner`. Throws an `InputError` for a bad address or number. */
export function accountIdOf(owner: string, subAccount = 0n): AccountId {
  if (subAccount < 0n || subAccount >= SUB_ACCOUNT_LIMIT) {
    throw new InputError(`A sub-account is a number from 0 to 2^96 - 1, not ${subAccount.toString()}.`);
  }
  const address = checkedAddress(owner).slice("0x".length).toLowerCase();
  return `0x${address}${subAccount.toString(16).padStart(24, "0")}`;
}

/** The checksummed address that owns `account`. */
export function ownerOf(account: AccountId): string {
  return getAddress(account.slice(0, 42));
}

/** Whether `account` is one of `owner`'s; the address in any case. */
export function isOwnedBy(account: AccountId, owner: string): boolean {
  return account.startsWith(owner.toLowerCase());
}

/** The number of `account` among its owner's accounts. */
export function subAccountOf(account: AccountId): bigint {
  return BigInt(`0x${account.slice(42)}`);
}

/**
 * Reads an account as people write it: 64 hex digits, an address (its sub-account 0), or `address/number`.
 * Throws an `InputError` that says what is wrong.
 */
export function parseAccountId(text: string): AccountId {
  const trimmed = text.trim();
  if (/^0x[0-9a-f]{64}$/i.test(trimmed)) return toAccountId(trimmed);
  const [owner = "", subAccount = "0", ...rest] = trimmed.split("/");
  if (rest.length > 0 || !/^\d{1,29}$/.test(subAccount)) {
    throw new InputError(`An account is an address, address/number, or 0x and 64 hex digits, not "${text}".`);
  }
  return accountIdOf(owner, BigInt(subAccount));
}

/** `address/number`, or the address alone for sub-account 0: what `parseAccountId` reads and a person can compare. */
export function formatAccountId(account: AccountId): string {
  const subAccount = subAccountOf(account);
  return subAccount === 0n ? ownerOf(account) : `${ownerOf(account)}/${subAccount.toString()}`;
}

/** A 32-byte word from the chain as an `AccountId`. Throws an `InputError` for anything else. */
export function toAccountId(word: string): AccountId {
  if (!/^0x[0-9a-f]{64}$/i.test(word)) {
    throw new InputError(`An account is 0x and 64 hex digits, not "${word}".`);
  }
  return `0x${word.slice(2).toLowerCase()}`;
}

function checkedAddress(text: string): string {
  try {
    return getAddress(text);
  } catch {
    throw new InputError(
      `"${text}" is not an address: 0x and 40 hex digits, in one case or with a valid checksum.`,
    );
  }
}
