/** JSON-RPC to the demo's chain. */
export type Rpc = <Result = unknown>(method: string, params?: readonly unknown[]) => Promise<Result>;

/** The node's refusal of a request. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly data: unknown;

  constructor(method: string, error: { code: number; message: string; data?: unknown }) {
    super(`${method}: ${error.message}`);
    this.code = error.code;
    this.data = error.data;
  }
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { code: number; message: string; data?: unknown };
}

/** A client without retries: the chain is a child process, and when it fails the demo is over. */
export function rpcOf(url: string): Rpc {
  let id = 0;
  return async <Result>(method: string, params: readonly unknown[] = []) => {
    id += 1;
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id, method, params }),
    });
    const answer = (await response.json()) as Answer;
    if (answer.error !== undefined) throw new RpcError(method, answer.error);
    return answer.result as Result;
  };
}

/** A quantity as JSON-RPC writes it. */
export function quantity(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
