import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Transaction, Wallet } from "ethers";
import type { KeySource } from "../config.ts";
import { GiveUpError, UserError, messageOf } from "../errors.ts";
import type { AllowList } from "./allowList.ts";
import type { ContractCall } from "./encodeAction.ts";
import type { Fees } from "./fees.ts";

/** A transaction that can be sent any number of times with one effect at most. */
export interface SignedTransaction {
  readonly nonce: number;
  readonly hash: string;
  readonly raw: string;
}

export interface UnsignedTransaction extends ContractCall {
  readonly nonce: number;
  readonly gasLimit: bigint;
  readonly fees: Fees;
}

/** Holds the key. Nothing else does, and nothing leaves it but signatures. */
export interface Signer {
  readonly address: string;
  /** Signs an EIP-1559 transaction without value. Throws a `GiveUpError` for a call that is not allowed. */
  sign(transaction: UnsignedTransaction, chainId: number, allowList: AllowList): Promise<SignedTransaction>;
}

/** Opens the configured key. Throws a `UserError` that never contains any of it. */
export async function openSigner(key: KeySource, environment: NodeJS.ProcessEnv): Promise<Signer> {
  const wallet =
    "privateKeyEnv" in key
      ? walletFromEnvironment(key.privateKeyEnv, environment)
      : await walletFromKeystore(key, environment);
  return {
    address: wallet.address,
    async sign({ to, data, nonce, gasLimit, fees }, chainId, allowList) {
      const wanted = { to, data, nonce, gasLimit, chainId, value: 0n, ...fees };
      allowList.checkTransaction({ ...wanted, chainId: BigInt(chainId) });
      const raw = await wallet.signTransaction({ type: 2, ...wanted });
      const signed = Transaction.from(raw);
      // Libraries have been replaced by ones that sign something else: what counts is in the bytes.
      allowList.checkTransaction({
        to: signed.to ?? "",
        data: signed.data,
        chainId: signed.chainId,
        value: signed.value,
        gasLimit: signed.gasLimit,
        maxFeePerGas: signed.maxFeePerGas ?? 0n,
      });
      const { hash, from } = signed;
      if (hash === null || from !== wallet.address || signed.nonce !== nonce || signed.data !== data) {
        throw new GiveUpError("what was signed is not what was to be signed");
      }
      return { nonce, hash, raw };
    },
  };
}

function walletFromEnvironment(name: string, environment: NodeJS.ProcessEnv): Wallet {
  const secret = takeFrom(environment, name);
  try {
    return new Wallet(secret);
  } catch {
    // The error's text shows the value, so it is dropped.
    throw new UserError(`the environment variable ${name} holds no private key`);
  }
}

async function walletFromKeystore(
  key: Exclude<KeySource, { privateKeyEnv: string }>,
  environment: NodeJS.ProcessEnv,
): Promise<Wallet> {
  const json = readSecret(key.keystoreFile, environment);
  const password =
    "passwordFile" in key
      ? readSecret(key.passwordFile, environment).replace(/\r?\n$/, "")
      : takeFrom(environment, key.passwordEnv);
  try {
    const { privateKey } = await Wallet.fromEncryptedJson(json, password);
    return new Wallet(privateKey);
  } catch {
    throw new UserError(
      `${key.keystoreFile} cannot be opened: it is no keystore, or the password is another`,
    );
  }
}

/** Reads a secret and removes it, so that no child process and no dump of the environment has it. */
export function takeFrom(environment: NodeJS.ProcessEnv, name: string): string {
  const value = environment[name];
  if (value === undefined || value === "") throw new UserError(`the environment variable ${name} is not set`);
  Reflect.deleteProperty(environment, name);
  return value;
}

/** What only its owner may read or write; Windows has no such modes. */
const OTHERS = 0o077;
/** systemd lets a service read its credentials by an access list, which shows as the group's right to read. */
const OTHERS_OF_CREDENTIAL = 0o037;

/** Throws a `UserError` for a file that others than its owner may read or change. */
function readSecret(file: string, { CREDENTIALS_DIRECTORY: credentials = "" }: NodeJS.ProcessEnv): string {
  // An empty path would be the working directory.
  const isCredential = credentials !== "" && resolve(credentials) === dirname(resolve(file));
  try {
    const mode = statSync(file).mode & 0o777;
    const others = isCredential ? OTHERS_OF_CREDENTIAL : OTHERS;
    if (process.platform !== "win32" && (mode & others) !== 0) {
      throw new UserError(
        `${file} is open to others than its owner (mode ${mode.toString(8)}): run "chmod 600 ${file}"; whoever may have read it knows the secret`,
      );
    }
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
