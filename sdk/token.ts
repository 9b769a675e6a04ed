import {
  Contract,
  type AddressLike,
  type BaseContract,
  type BigNumberish,
  type ContractRunner,
} from "ethers";
import type { TypedContractMethod } from "../types/common.ts";

/** What the protocol's users need of an ERC-20 token. */
export interface Token extends BaseContract {
  symbol: TypedContractMethod<[], [string], "view">;
  decimals: TypedContractMethod<[], [bigint], "view">;
  totalSupply: TypedContractMethod<[], [bigint], "view">;
  balanceOf: TypedContractMethod<[account: AddressLike], [bigint], "view">;
  allowance: TypedContractMethod<[owner: AddressLike, spender: AddressLike], [bigint], "view">;
  approve: TypedContractMethod<[spender: AddressLike, value: BigNumberish], [boolean], "nonpayable">;
  transfer: TypedContractMethod<[to: AddressLike, value: BigNumberish], [boolean], "nonpayable">;
}

/** The lenders' side of a vault: its ERC-4626 shares. */
export interface Shares extends Token {
  asset: TypedContractMethod<[], [string], "view">;
  totalAssets: TypedContractMethod<[], [bigint], "view">;
  convertToAssets: TypedContractMethod<[shares: BigNumberish], [bigint], "view">;
  convertToShares: TypedContractMethod<[assets: BigNumberish], [bigint], "view">;
  maxWithdraw: TypedContractMethod<[owner: AddressLike], [bigint], "view">;
  maxRedeem: TypedContractMethod<[owner: AddressLike], [bigint], "view">;
  deposit: TypedContractMethod<[assets: BigNumberish, receiver: AddressLike], [bigint], "nonpayable">;
  withdraw: TypedContractMethod<
    [assets: BigNumberish, receiver: AddressLike, owner: AddressLike],
    [bigint],
    "nonpayable"
  >;
  redeem: TypedContractMethod<
    [shares: BigNumberish, receiver: AddressLike, owner: AddressLike],
    [bigint],
    "nonpayable"
  >;
}

const TOKEN_ABI = [
  "function symbol() view returns (string)",
  "function decimals() view returns (uint8)",
  "function totalSupply() view returns (uint256)",
  "function balanceOf(address account) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function approve(address spender, uint256 value) returns (bool)",
  "function transfer(address to, uint256 value) returns (bool)",
];

const SHARES_ABI = [
  ...TOKEN_ABI,
  "function asset() view returns (address)",
  "function totalAssets() view returns (uint256)",
  "function convertToAssets(uint256 shares) view returns (uint256)",
  "function convertToShares(uint256 assets) view returns (uint256)",
  "function maxWithdraw(address owner) view returns (uint256)",
  "function maxRedeem(address owner) view returns (uint256)",
  "function deposit(uint256 assets, address receiver) returns (uint256)",
  "function withdraw(uint256 assets, address receiver, address owner) returns (uint256)",
  "function redeem(uint256 shares, address receiver, address owner) returns (uint256)",
];

/** The token at `address`. */
export function tokenAt(address: string, runner: ContractRunner): Token {
  return new Contract(address, TOKEN_ABI, runner) as unknown as Token;
}

/** The shares of the vault at `address`. */
export function sharesAt(address: string, runner: ContractRunner): Shares {
  return new Contract(address, SHARES_ABI, runner) as unknown as Shares;
}
