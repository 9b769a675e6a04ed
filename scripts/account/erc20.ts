import { Contract, type ContractRunner, type ContractTransactionResponse } from "ethers";

const ABI = [
  "function balanceOf(address) view returns (uint256)",
  "function allowance(address, address) view returns (uint256)",
  "function approve(address, uint256) returns (bool)",
];

export interface Erc20 {
  balanceOf: (owner: string) => Promise<bigint>;
  allowance: (owner: string, spender: string) => Promise<bigint>;
  approve: (spender: string, amount: bigint) => Promise<ContractTransactionResponse>;
}

/** The three functions of a token that paying needs. */
export function erc20(address: string, runner: ContractRunner): Erc20 {
  const token = new Contract(address, ABI, runner);
  return {
    balanceOf: (owner) => token.getFunction("balanceOf").staticCall(owner) as Promise<bigint>,
    allowance: (owner, spender) =>
      token.getFunction("allowance").staticCall(owner, spender) as Promise<bigint>,
    approve: (spender, amount) => token.getFunction("approve").send(spender, amount),
  };
}
