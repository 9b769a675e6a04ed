import { RetryableError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Broadcaster, Rpc, RpcAnswer, RpcCall } from "../sources/rpcClient.ts";

/** Takes transactions that the public is not to see before they are mined. */
export interface Relay {
  readonly rpc: Rpc;
  readonly method: "eth_sendRawTransaction" | "eth_sendPrivateTransaction";
  /** Blocks for which a transaction stays with the relay alone. */
  readonly blocks: number;
}

/** A signed transaction and the way it is to go. */
export interface Letter {
  readonly raw: string;
  readonly way: "public" | "relay";
}

/** What was answered, and whether the public may have seen it. */
export interface Delivered {
  readonly answer: RpcAnswer;
  readonly isPublic: boolean;
}

/** Brings signed bytes to the network: to a relay first where that is wanted, to the public pool otherwise. */
export class Delivery {
  readonly #broadcaster: Broadcaster;
  readonly #relay: Relay | undefined;
  readonly #log: Log;

  constructor(broadcaster: Broadcaster, relay: Relay | undefined, log: Log) {
    this.#broadcaster = broadcaster;
    this.#relay = relay;
    this.#log = log;
  }

  /** Blocks for which a transaction stays private; zero without a relay. */
  get privateBlocks(): number {
    return this.#relay?.blocks ?? 0;
  }

  /**
   * An answer for each letter. What the relay does not take goes public at once: a take that others see is worth more
   * than one that nobody mines. Throws `RetryableError` when nobody answers.
   */
  async deliver(letters: readonly Letter[]): Promise<readonly Delivered[]> {
    const delivered = new Map<Letter, Delivered>();
    const quiet = letters.filter(({ way }) => way === "relay");
    for (const [i, answer] of (await this.#askRelay(quiet)).entries()) {
      const letter = quiet[i];
      if (letter !== undefined && answer.ok) delivered.set(letter, { answer, isPublic: false });
    }
    const loud = letters.filter((letter) => !delivered.has(letter));
    const answers = loud.length === 0 ? [] : await this.#broadcaster.broadcast(loud.map(({ raw }) => raw));
    for (const [i, letter] of loud.entries()) {
      const answer = answers[i];
      if (answer !== undefined) delivered.set(letter, { answer, isPublic: true });
    }
    return letters.map((letter) => {
      const result = delivered.get(letter);
      if (result === undefined) throw new RetryableError("a transaction was left without an answer");
      return result;
    });
  }

  async #askRelay(letters: readonly Letter[]): Promise<readonly RpcAnswer[]> {
    const relay = this.#relay;
    if (relay === undefined || letters.length === 0) return [];
    const calls = letters.map(({ raw }): RpcCall => ({
      method: relay.method,
      params: [paramOf(relay, raw)],
    }));
    try {
      const answers = await relay.rpc.batch(calls);
      const refusal = answers.find((answer) => !answer.ok);
      if (refusal !== undefined) this.#log.warn("relay.refused", { error: refusal.message });
      return answers;
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      this.#log.warn("relay.failed", { error: error.message });
      return [];
    }
  }
}

function paramOf({ method }: Relay, raw: string): unknown {
  return method === "eth_sendPrivateTransaction" ? { tx: raw } : raw;
}

/** A single endpoint as a broadcaster. */
export function broadcasterOver(rpc: Rpc): Broadcaster {
  return {
    broadcast: (raws) => rpc.batch(raws.map((raw) => ({ method: "eth_sendRawTransaction", params: [raw] }))),
  };
}
