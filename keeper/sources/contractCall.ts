import type { Interface, Result } from "ethers";
import { toHex } from "./blockHeader.ts";
import type { RpcAnswer, RpcCall } from "./rpcClient.ts";

/** A call of `name` on `to` at a block; the answer is for `decoded`. */
export function contractCall(
  to: string,
  abi: Interface,
  name: string,
  args: readonly unknown[],
  block: number,
): RpcCall {
  return { method: "eth_call", params: [{ to, data: abi.encodeFunctionData(name, args) }, toHex(block)] };
}

/** Undefined for a revert or bytes that do not decode: to the vault such a contract is silent, and so it is here. */
export function decoded(abi: Interface, name: string, answer: RpcAnswer | undefined): Result | undefined {
  if (answer?.ok !== true || typeof answer.result !== "string") return undefined;
  try {
    return abi.decodeFunctionResult(name, answer.result);
  } catch {
    return undefined;
  }
}
