import { SigningKey, Transaction, computeAddress, id } from "ethers";
import { quantity, type Rpc } from "../chain/rpc.ts";

/** A key with its own count of transactions; nobody else may use the key. */
export interface Wallet {
  readonly privateKey: string;
  readonly address: string;
  readonly key: SigningKey;
  nonce: number;
}

export interface Message {
  /** Null to deploy what `data` says. */
  readonly to: string | null;
  readonly data: string;
  readonly gasLimit: number;
  /** Wei a gas above the base fee: what orders transactions within a block. */
  readonly tipWei?: bigint;
}

const MAX_FEE_WEI = 10n ** 12n;
const DEFAULT_TIP_WEI = 10n ** 9n;
const FUNDS_WEI = 10n ** 20n;

/** The wallet that a seed and a name decide. */
export function walletOf(seed: number, name: string): Wallet {
  const key = new SigningKey(id(`tocsin demo/${seed}/${name}`));
  return { privateKey: key.privateKey, address: computeAddress(key.publicKey), key, nonce: 0 };
}

/** Gives wallets native coins to pay gas with. */
export async function fund(rpc: Rpc, wallets: readonly Wallet[]): Promise<void> {
  await Promise.all(wallets.map(({ address }) => rpc("hardhat_setBalance", [address, quantity(FUNDS_WEI)])));
}

/** Signs and hands a transaction to the chain, which mines it when it mines. Returns its hash. */
export async function send(rpc: Rpc, wallet: Wallet, chainId: number, message: Message): Promise<string> {
  const transaction = Transaction.from({
    type: 2,
    chainId,
    nonce: wallet.nonce,
    to: message.to,
    data: message.data,
    gasLimit: message.gasLimit,
    maxFeePerGas: MAX_FEE_WEI,
    maxPriorityFeePerGas: message.tipWei ?? DEFAULT_TIP_WEI,
  });
  transaction.signature = wallet.key.sign(transaction.unsignedHash);
  // Taken before the wait, so that transactions sent at the same time do not share it.
  wallet.nonce += 1;
  return rpc<string>("eth_sendRawTransaction", [transaction.serialized]);
}
