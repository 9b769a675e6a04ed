import { Transaction } from "ethers";
import { RetryableError } from "../../../keeper/errors.ts";
import type { Rpc, RpcAnswer, RpcCall } from "../../../keeper/sources/rpcClient.ts";

interface Mined {
  readonly block: number;
  readonly status: bigint;
}

/** A node's pool and chain, as far as one sender sees them. Wei for a unit of gas in receipts: `weiPerGas`. */
export class FakeNode implements Rpc {
  /** Raw bytes by hash, as the pool took them. */
  readonly pool = new Map<string, string>();
  readonly sends: string[] = [];
  readonly mined = new Map<string, Mined>();
  nonce = 0;
  /** With what the pool holds of the sender; undefined: the node does not say. */
  pendingNonce: number | undefined;
  weiPerGas: bigint | undefined;
  /** What happens to a sending: taken and answered, taken with the reply lost, refused, or lost with a friendly answer. */
  behaviour: "take" | "loseReply" | "refuse" | "refuseButTake" | "swallow" = "take";

  async batch(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]> {
    return Promise.resolve(calls).then((all) => all.map((call) => this.#answer(call)));
  }

  mine(hash: string, block: number, status = 1n): void {
    this.mined.set(hash, { block, status });
    this.nonce = Math.max(this.nonce, Transaction.from(this.pool.get(hash)).nonce + 1);
  }

  /** Mines what the pool holds in the order of nonces, the dearest of each, as far as `baseFee` lets it. */
  mineAll(block: number, baseFee = 0n): readonly string[] {
    const hashes: string[] = [];
    for (;;) {
      const [best] = [...this.pool]
        .map(([hash, raw]) => ({ hash, transaction: Transaction.from(raw) }))
        .filter(({ transaction: t }) => t.nonce === this.nonce && (t.maxFeePerGas ?? 0n) >= baseFee)
        .sort((a, b) => Number((b.transaction.maxFeePerGas ?? 0n) - (a.transaction.maxFeePerGas ?? 0n)));
      if (best === undefined) return hashes;
      this.mine(best.hash, block);
      hashes.push(best.hash);
    }
  }

  #answer({ method, params }: RpcCall): RpcAnswer {
    const [first, tag] = params as [string, unknown];
    switch (method) {
      case "eth_getTransactionCount":
        if (tag === "pending") return this.#pending();
        return { ok: true, result: `0x${this.nonce.toString(16)}` };
      case "eth_getTransactionByHash":
        return { ok: true, result: this.pool.has(first) ? { hash: first } : null };
      case "eth_getTransactionReceipt":
        return { ok: true, result: this.#receipt(first) };
      case "eth_sendRawTransaction":
        return this.#take(first);
      default:
        throw new Error(method);
    }
  }

  #pending(): RpcAnswer {
    if (this.pendingNonce === undefined)
      return { ok: false, code: -32602, message: "no such block", data: undefined };
    return { ok: true, result: `0x${Math.max(this.nonce, this.pendingNonce).toString(16)}` };
  }

  #receipt(hash: string): unknown {
    const mined = this.mined.get(hash);
    if (mined === undefined) return null;
    return {
      transactionHash: hash,
      blockNumber: `0x${mined.block.toString(16)}`,
      status: `0x${mined.status.toString(16)}`,
      gasUsed: "0x5208",
      ...(this.weiPerGas === undefined ? {} : { effectiveGasPrice: `0x${this.weiPerGas.toString(16)}` }),
    };
  }

  #take(raw: string): RpcAnswer {
    const { hash } = Transaction.from(raw);
    if (hash === null) throw new Error("an unsigned transaction");
    this.sends.push(raw);
    if (this.behaviour !== "refuse" && this.behaviour !== "swallow") this.pool.set(hash, raw);
    if (this.behaviour === "loseReply") throw new RetryableError("no answer");
    return this.behaviour === "take" || this.behaviour === "swallow"
      ? { ok: true, result: hash }
      : { ok: false, code: -32000, message: "refused", data: undefined };
  }
}
