import { network } from "hardhat";
import { RpcClient, type Rpc } from "../../../keeper/sources/rpcClient.ts";
import { resultOf } from "../../../keeper/sources/chainReader.ts";

/** A Hardhat node over HTTP that mines when told to. */
export interface Chain {
  readonly url: string;
  readonly rpc: Rpc;
  send<Result = unknown>(method: string, ...params: unknown[]): Promise<Result>;
  /** Mines a block `seconds` after the last. */
  mine(seconds?: number): Promise<void>;
  close(): Promise<void>;
}

/** The well-known accounts of a Hardhat node. */
export const KEYS = {
  deployer: "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
  keeper: "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
} as const;

/** Starts a node on a free port; `auto` mines each transaction at once until `setAutomine(false)`. */
export async function startChain(): Promise<Chain> {
  const server = await network.createServer(
    { network: "default", override: { initialDate: new Date(Date.UTC(2030, 0, 7)) } },
    "127.0.0.1",
    0,
  );
  const { address, port } = await server.listen();
  const url = `http://${address}:${port}`;
  const rpc = new RpcClient({ url, timeoutMs: 30_000 });
  const send = async <Result>(method: string, ...params: unknown[]): Promise<Result> =>
    resultOf((await rpc.batch([{ method, params }]))[0]) as Result;
  return {
    url,
    rpc,
    send,
    async mine(seconds = 12) {
      const head = await send<{ timestamp: string }>("eth_getBlockByNumber", "latest", false);
      await send("evm_setNextBlockTimestamp", Number(head.timestamp) + seconds);
      await send("evm_mine");
    },
    close: () => server.close(),
  };
}
