import type { Hedging, Rpc, RpcGroup } from "./rpcClient.ts";

/** Does something that takes several questions with one endpoint of a group, or with the only one there is. */
export function withOne<T>(rpc: Rpc, use: (one: Rpc) => Promise<T>, hedging?: Hedging): Promise<T> {
  return isGroup(rpc) ? rpc.first(use, hedging) : use(rpc);
}

/** Endpoints to ask for a second opinion on what `one` says. */
export function othersThan(rpc: Rpc, one: Rpc): readonly Rpc[] {
  return isGroup(rpc) ? rpc.others(one) : [];
}

function isGroup(rpc: Rpc): rpc is RpcGroup {
  return "first" in rpc;
}
