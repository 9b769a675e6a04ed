import type { Rpc, RpcAnswer, RpcCall } from "../../../keeper/sources/rpcClient.ts";
import type { FlashWorld } from "../../periphery/support/flashWorld.ts";

/** The chain of a world as the keeper sees an endpoint. */
export function rpcOf({ w }: FlashWorld): Rpc {
  const answerTo = async ({ method, params, at }: RpcCall): Promise<RpcAnswer> => {
    try {
      const all = at === undefined ? params : [...params, { blockHash: at.hash }];
      return { ok: true, result: (await w.ethers.provider.send(method, [...all])) as unknown };
    } catch (error) {
      return { ok: false, code: 3, message: (error as Error).message, data: "0x" };
    }
  };
  return { batch: (calls) => Promise.all(calls.map(answerTo)) };
}
