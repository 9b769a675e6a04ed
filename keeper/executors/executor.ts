import type { Log } from "../log.ts";
import { isTake, withItems, type Action } from "../policy/action.ts";
import type { BlockHeader } from "../sources/blockHeader.ts";
import type { Rpc } from "../sources/rpcClient.ts";
import type { Spending } from "../store/store.ts";
import type { BackOff } from "./backOff.ts";
import type { Targets } from "./encodeAction.ts";
import type { Outbox, Parcel } from "./outbox.ts";
import { simulate, type Simulated } from "./simulate.ts";

export interface ExecutorOptions {
  readonly rpc: Rpc;
  readonly targets: Targets;
  readonly outbox: Outbox;
  readonly backOff: BackOff;
  readonly log: Log;
}

/**
 * Carries out a block's actions in their order, each simulated, signed, journalled and sent before the next is looked
 * at: a long simulation of something less urgent would keep the endpoint from taking in what is ready.
 */
export class Executor {
  readonly #options: ExecutorOptions;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** Returns how many transactions were sent. `day` is the day of block time that losses are booked on. */
  async execute(actions: readonly Action[], head: BlockHeader, day: number): Promise<number> {
    let sent = 0;
    for (const action of actions) {
      const parcels = (await this.#simulate(action, head)).flatMap((simulated): Parcel[] =>
        simulated.call === undefined
          ? []
          : [{ action: simulated.action, call: simulated.call, spending: spendingOf(simulated.action, day) }],
      );
      await this.#options.outbox.send(parcels, head);
      sent += parcels.length;
    }
    return sent;
  }

  /** One that fails as a whole is simulated again in halves, until whatever spoils it stands alone. */
  async #simulate(action: Action, head: BlockHeader): Promise<readonly Simulated[]> {
    const { rpc, targets } = this.#options;
    const simulated = await simulate(rpc, action, targets, head.number);
    if (simulated.error === undefined || !("items" in action) || action.items.length === 1) {
      this.#report(simulated, head.number);
      return [simulated];
    }
    const halves = await Promise.all(halvesOf(action).map((half) => this.#simulate(half, head)));
    return halves.flat();
  }

  #report({ action, refused, error }: Simulated, block: number): void {
    const { backOff, log } = this.#options;
    for (const { account, reason } of refused) {
      backOff.refused(account, block);
      log.info("account.refused", { account, duty: action.duty, reason });
    }
    if (error !== undefined && refused.length === 0) {
      log.warn("action.failed", { duty: action.duty, error });
    }
  }
}

function halvesOf(action: Action): Action[] {
  if (!("items" in action)) return [action];
  const first = new Set(action.items.slice(0, Math.ceil(action.items.length / 2)));
  const halves = [
    withItems(action, (item) => first.has(item)),
    withItems(action, (item) => !first.has(item)),
  ];
  return halves.filter((half) => half !== undefined);
}

function spendingOf(action: Action, day: number): Spending[] {
  if (!isTake(action)) return [];
  return action.items.flatMap(({ account, loss }) => (loss > 0n ? [{ account, day, amount: loss }] : []));
}
