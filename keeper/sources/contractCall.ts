import type { Interface, Result } from "ethers";
import { RetryableError } from "../errors.ts";
import { toHex } from "./blockHeader.ts";
import type { RpcAnswer, RpcCall } from "./rpcClient.ts";

/** A block whose state is asked for. */
export interface StateAt {
  readonly number: number;
  readonly hash: string;
}

/** A block by its number, for where the hash is not known, or the newest, for what may be of any. */
export type LooseBlock = number | "latest";

/** A call of `name` on `to` at a block; the answer is for `decoded`. */
export function contractCall(
  to: string,
  abi: Interface,
  name: string,
  args: readonly unknown[],
  at: StateAt | LooseBlock,
): RpcCall {
  return stateCall("eth_call", [{ to, data: abi.encodeFunctionData(name, args) }], at);
}

/** A question about a block's state. */
export function stateCall(method: string, params: readonly unknown[], at: StateAt | LooseBlock): RpcCall {
  if (typeof at === "object") return { method, params, at };
  return { method, params: [...params, at === "latest" ? at : toHex(at)] };
}

/**
 * Undefined for a revert or bytes that do not decode: to the vault such a contract is silent, and so it is here. Throws
 * `RetryableError` when it was the endpoint that failed and not the contract.
 */
export function decoded(abi: Interface, name: string, answer: RpcAnswer | undefined): Result | undefined {
  if (answer?.ok !== true) {
    if (answer !== undefined && isRevert(answer)) return undefined;
    throw new RetryableError(`the endpoint could not call ${name}: ${answer?.message ?? "no answer"}`);
  }
  if (typeof answer.result !== "string") return undefined;
  try {
    return abi.decodeFunctionResult(name, answer.result);
  } catch {
    return undefined;
  }
}

/** Nodes have no common code for it: 3 where there is a reason, otherwise words. */
function isRevert({ code, message, data }: Extract<RpcAnswer, { ok: false }>): boolean {
  return (
    code === 3 ||
    data !== undefined ||
    /revert|out of gas|opcode|stack (under|over)flow|bad jump/i.test(message)
  );
}
