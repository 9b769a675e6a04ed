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

/** Carries out a block's actions in their order: simulated together, what passes signed, journalled and sent together. */
export class Executor {
  readonly #options: ExecutorOptions;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** Returns how many transactions were sent. `day` is the day of block time that losses are booked on. */
  async execute(actions: readonly Action[], head: BlockHeader, day: number): Promise<number> {
    const parcels: Parcel[] = [];
    for (const { action, call } of await this.#simulate(actions, head)) {
      if (call !== undefined) parcels.push({ action, call, spending: spendingOf(action, day) });
    }
    await this.#options.outbox.send(parcels, head);
    return parcels.length;
  }

  /** One that fails as a whole is simulated again in halves, until whatever spoils it stands alone. */
  async #simulate(actions: readonly Action[], head: BlockHeader): Promise<readonly Simulated[]> {
    if (actions.length === 0) return [];
    const { rpc, targets } = this.#options;
    const simulated = await simulate(rpc, actions, targets, head.number);
    const broken = simulated.filter(isDivisible);
    for (const each of simulated) if (!isDivisible(each)) this.#report(each, head.number);
    const halves = await this.#simulate(
      broken.flatMap(({ action }) => halvesOf(action)),
      head,
    );
    return [...simulated.filter((each) => !isDivisible(each)), ...halves];
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

function isDivisible({ action, error }: Simulated): boolean {
  return error !== undefined && "items" in action && action.items.length > 1;
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
