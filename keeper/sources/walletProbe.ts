import { Interface } from "ethers";
import { RetryableError } from "../errors.ts";
import type { Wallet } from "../policy/snapshot.ts";
import { quantityIn } from "./blockHeader.ts";
import { resultOf } from "./chainReader.ts";
import { contractCall, stateCall, type StateAt } from "./contractCall.ts";
import type { Probe } from "./probe.ts";
import type { RpcAnswer } from "./rpcClient.ts";

const tokenAbi = new Interface([
  "function balanceOf(address owner) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
]);

/** What the keeper can pay with at a block. */
export function walletProbe(
  keeper: string,
  quote: string,
  vault: string,
  at: StateAt | number,
): Probe<Wallet> {
  const read = (name: string, args: readonly string[]) => contractCall(quote, tokenAbi, name, args, at);
  return {
    calls: [
      stateCall("eth_getBalance", [keeper], at),
      read("balanceOf", [keeper]),
      read("allowance", [keeper, vault]),
    ],
    read: ([native, balance, allowance]) => ({
      native: BigInt(quantityIn({ balance: resultOf(native) }, "balance")),
      quote: wordIn(balance),
      allowance: wordIn(allowance),
    }),
  };
}

function wordIn(answer: RpcAnswer | undefined): bigint {
  const result = resultOf(answer);
  if (typeof result === "string" && /^0x[0-9a-f]{64}$/i.test(result)) return BigInt(result);
  throw new RetryableError("the quote token answered with something else than an amount");
}
