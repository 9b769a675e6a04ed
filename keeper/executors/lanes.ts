import type { AccountId } from "../../sdk/accountId.ts";
import type { Duty } from "../policy/action.ts";
import { quantityIn, toHex, type BlockHeader } from "../sources/blockHeader.ts";
import { resultOf } from "../sources/chainReader.ts";
import type { Probe } from "../sources/probe.ts";
import type { RpcAnswer } from "../sources/rpcClient.ts";
import { laneOf, LANES, type Lane } from "./lane.ts";
import type { Outbox, Settled } from "./outbox.ts";
import type { SenderState } from "./slotBook.ts";

/** A key, the lanes that use it, and what the chain says of it. */
export interface KeyState {
  readonly outbox: Outbox;
  readonly lanes: readonly Lane[];
  readonly sender: SenderState;
  /** What it can pay for gas, wei. */
  readonly nativeWei: bigint;
}

/** Each lane's outbox; lanes with the same key share one, for a key has only one row of nonces. */
export class Lanes {
  readonly #outboxes: Readonly<Record<Lane, Outbox>>;

  constructor(outboxes: Readonly<Record<Lane, Outbox>>) {
    this.#outboxes = outboxes;
  }

  /** The outbox in which a duty's transactions go. */
  outboxFor(duty: Duty): Outbox {
    return this.#outboxes[laneOf(duty)];
  }

  /** Every key's outbox once. */
  get all(): readonly Outbox[] {
    return [...new Set(LANES.map((lane) => this.#outboxes[lane]))];
  }

  get addresses(): ReadonlySet<string> {
    return new Set(this.all.map(({ address }) => address));
  }

  busyAccounts(block: number): ReadonlySet<AccountId> {
    return new Set(this.all.flatMap((outbox) => [...outbox.busyAccounts(block)]));
  }

  busyDuties(): ReadonlySet<Duty> {
    return new Set(this.all.flatMap((outbox) => [...outbox.busyDuties()]));
  }

  /** Asks for every key's transactions and coins, as of `block`. */
  probe(block: number): Probe<readonly KeyState[]> {
    const parts = this.all.map((outbox) => {
      const sender = outbox.probe(block);
      const balance = { method: "eth_getBalance", params: [outbox.address, toHex(block)] };
      return { outbox, sender, calls: [balance, ...sender.calls] };
    });
    return {
      calls: parts.flatMap(({ calls }) => calls),
      read: (answers) => {
        let from = 0;
        return parts.map(({ outbox, sender, calls }) => {
          const [balance, ...rest] = answers.slice(from, from + calls.length);
          from += calls.length;
          return {
            outbox,
            lanes: this.lanesOf(outbox),
            sender: sender.read(rest),
            nativeWei: weiIn(balance),
          };
        });
      },
    };
  }

  /** Takes in the answers of `probe`; see `Outbox.settle`. */
  settle(block: number, states: readonly KeyState[]): readonly Settled[] {
    return states.flatMap(({ outbox, sender }) => outbox.settle(block, sender));
  }

  rollBackTo(block: number): void {
    for (const outbox of this.all) outbox.rollBackTo(block);
  }

  /** All keys at once; one that fails does not keep the others from it. Throws what the first failure threw. */
  async maintain(head: BlockHeader, states: readonly KeyState[]): Promise<void> {
    await all(states.map(({ outbox, sender }) => outbox.maintain(head, sender.nonce)));
  }

  async resume(head: BlockHeader): Promise<void> {
    await all(this.all.map((outbox) => outbox.resume(head)));
  }

  /** The lanes that use an outbox. */
  lanesOf(outbox: Outbox): readonly Lane[] {
    return LANES.filter((lane) => this.#outboxes[lane] === outbox);
  }
}

async function all(work: readonly Promise<void>[]): Promise<void> {
  const failure = (await Promise.allSettled(work)).find((end) => end.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}

function weiIn(answer: RpcAnswer | undefined): bigint {
  return BigInt(quantityIn({ balance: resultOf(answer) }, "balance"));
}
