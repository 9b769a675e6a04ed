import type { AccountId } from "../../sdk/accountId.ts";
import { decodeError } from "../../sdk/decodeError.ts";
import { withItems, type Action } from "../policy/action.ts";
import { toHex } from "../sources/blockHeader.ts";
import type { Rpc, RpcAnswer } from "../sources/rpcClient.ts";
import { encodeAction, refusalsIn, type ContractCall, type Targets } from "./encodeAction.ts";

/** An item the chain would not accept now, and why. */
export interface Refused {
  readonly account: AccountId;
  readonly reason: string;
}

/** What a simulation left of an action; `call` is undefined when nothing is left to send. */
export interface Simulated {
  readonly action: Action;
  readonly call: ContractCall | undefined;
  readonly refused: readonly Refused[];
  /** Set when the whole call failed. */
  readonly error: string | undefined;
}

/**
 * Runs an action of `from` against the state of block `number` and leaves out the items that the vault would refuse. Throws
 * `RetryableError` when the endpoint gives no answer.
 */
export async function simulate(
  rpc: Rpc,
  action: Action,
  targets: Targets,
  number: number,
  from = targets.keeper,
): Promise<Simulated> {
  const call = encodeAction(action, targets);
  const gas = toHex(action.gasLimit);
  const request = { from, ...call, gas };
  const [answer] = await rpc.batch([{ method: "eth_call", params: [request, toHex(number)] }]);
  return judge(action, call, answer, targets);
}

function judge(
  action: Action,
  call: ContractCall,
  answer: RpcAnswer | undefined,
  targets: Targets,
): Simulated {
  if (answer?.ok !== true || typeof answer.result !== "string") {
    const error = answer?.ok === false ? reasonOf(answer) : "no answer";
    const refused = "items" in action ? action.items.map(({ account }) => ({ account, reason: error })) : [];
    return { action, call: undefined, refused, error };
  }
  const refusals = refusalsIn(action, answer.result);
  const refused = refusals.flatMap((refusal, i): Refused[] => {
    const account = "items" in action ? action.items[i]?.account : undefined;
    return refusal === undefined || account === undefined ? [] : [{ account, reason: refusal }];
  });
  if (refused.length === 0) return { action, call, refused, error: undefined };
  const gone = new Set(refused.map(({ account }) => account));
  const left = withItems(action, ({ account }) => !gone.has(account));
  return { action: left ?? action, call: left && encodeAction(left, targets), refused, error: undefined };
}

/** The name of the contract's own error where there is one: short enough to count by. */
function reasonOf({ data, message }: Extract<RpcAnswer, { ok: false }>): string {
  return data === undefined || data === "0x" ? message : decodeError(data).name;
}
