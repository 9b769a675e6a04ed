import { id, keccak256 } from "ethers";
import type { Rpc, RpcAnswer, RpcCall } from "../../../keeper/sources/rpcClient.ts";
import { RetryableError } from "../../../keeper/errors.ts";
import type { RawLog } from "../../../sdk/logReader.ts";

interface FakeBlock {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestamp: number;
  readonly logs: readonly RawLog[];
}

/** Answers to questions other than those about blocks and logs. */
export type Answerer = (call: RpcCall) => unknown;

/** A chain in memory whose blocks can be taken back; logs are `address`'s. Block 0 exists from the start. */
export class FakeChain implements Rpc {
  readonly address: string;
  readonly requests: RpcCall[] = [];
  /** Called with each request before it is answered; a throw is an endpoint that fails. */
  onBatch: (calls: readonly RpcCall[]) => void = () => undefined;
  answer: Answerer | undefined;
  /** Whether headers have blooms: none, true ones, or blooms that show nothing, as some chains write. */
  blooms: "absent" | "true" | "empty" = "absent";
  #blocks: FakeBlock[] = [];
  #forks = 0;

  constructor(address: string) {
    this.address = address;
    this.mine([]);
  }

  get head(): FakeBlock {
    return this.#blocks.at(-1)!;
  }

  mine(...blocks: (readonly RawLog[])[]): void {
    for (const logs of blocks) {
      const parent = this.#blocks.at(-1);
      const number = this.#blocks.length;
      this.#blocks.push({
        number,
        hash: id(`${number} of fork ${this.#forks} after ${parent?.hash ?? ""}`),
        parentHash: parent?.hash ?? id("nothing"),
        timestamp: 1_900_000_000 + number * 12,
        logs,
      });
    }
  }

  /** Takes the last `depth` blocks back; what is mined afterwards has other hashes. */
  reorganise(depth: number): void {
    this.#blocks = this.#blocks.slice(0, this.#blocks.length - depth);
    this.#forks += 1;
  }

  batch(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]> {
    this.requests.push(...calls);
    try {
      this.onBatch(calls);
      return Promise.resolve(calls.map((call) => this.#answerTo(call)));
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #answerTo(call: RpcCall): RpcAnswer {
    const [first] = call.params;
    switch (call.method) {
      case "eth_getBlockByNumber": {
        const block = first === "latest" ? this.head : this.#blocks[Number(first)];
        return {
          ok: true,
          result: block === undefined ? null : { ...headerOf(block), ...this.#bloomOf(block) },
        };
      }
      case "eth_getLogs":
        return this.#logs(first as Record<string, string>);
      default: {
        const result = this.answer?.(call);
        if (result === undefined) throw new RetryableError(`nobody answers ${call.method}`);
        return { ok: true, result };
      }
    }
  }

  #bloomOf(block: FakeBlock): { logsBloom?: string } {
    if (this.blooms === "absent") return {};
    const items =
      this.blooms === "empty" ? [] : block.logs.flatMap(({ topics }) => [this.address, ...topics]);
    return { logsBloom: bloomOf(items) };
  }

  #logs(filter: Record<string, string>): RpcAnswer {
    if (filter.blockHash !== undefined) {
      const block = this.#blocks.find(({ hash }) => hash === filter.blockHash);
      if (block === undefined) return { ok: false, code: -32000, message: "unknown block", data: undefined };
      return { ok: true, result: this.#logsOf(block) };
    }
    const [from, to] = [Number(filter.fromBlock), Number(filter.toBlock)];
    return { ok: true, result: this.#blocks.slice(from, to + 1).flatMap((block) => this.#logsOf(block)) };
  }

  #logsOf(block: FakeBlock): unknown[] {
    return block.logs.map((log, i) => ({
      ...log,
      address: this.address,
      blockNumber: hex(block.number),
      blockHash: block.hash,
      logIndex: hex(i),
      transactionHash: id(`${block.hash} ${i}`),
      removed: false,
    }));
  }
}

function headerOf(block: FakeBlock): Record<string, unknown> {
  return {
    number: hex(block.number),
    hash: block.hash,
    parentHash: block.parentHash,
    timestamp: hex(block.timestamp),
    baseFeePerGas: "0x3b9aca00",
    gasUsed: "0x0",
    gasLimit: "0x1c9c380",
  };
}

/** The bloom of addresses and topics, as one number: bit n counts from the right. */
export function bloomOf(items: readonly string[]): string {
  let bloom = 0n;
  for (const item of items) {
    const hash = keccak256(item).slice(2);
    for (const at of [0, 4, 8]) bloom |= 1n << (BigInt(`0x${hash.slice(at, at + 4)}`) % 2048n);
  }
  return `0x${bloom.toString(16).padStart(512, "0")}`;
}

export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
