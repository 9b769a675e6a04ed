import type { AccountId } from "../../sdk/accountId.ts";
import type { Log } from "../log.ts";
import { accountsOf, isTake, withItems, type Action } from "../policy/action.ts";
import type { BlockHeader } from "../sources/blockHeader.ts";
import type { Rpc } from "../sources/rpcClient.ts";
import type { Spending } from "../store/store.ts";
import type { BackOff } from "./backOff.ts";
import { encodeAction, type Targets } from "./encodeAction.ts";
import type { Outbox, Parcel } from "./outbox.ts";
import { simulate, type Simulated } from "./simulate.ts";

export interface ExecutorOptions {
  readonly rpc: Rpc;
  readonly targets: Targets;
  readonly outbox: Outbox;
  readonly backOff: BackOff;
  readonly log: Log;
}

/** An account that was acted upon unsimulated is simulated first when it comes again this soon. */
const BLIND_ONCE_IN_BLOCKS = 16;

/**
 * Carries out a block's actions in their order, each simulated, signed, journalled and sent before the next is looked
 * at: a long simulation of something less urgent would keep the endpoint from taking in what is ready.
 *
 * Opening and closing calls goes ahead of that and unsimulated. The vault skips what it refuses, nothing but gas can be
 * lost, and in a crash the simulations of many liquidations would make the traders' notices late. For the same reason
 * work stops between two actions once there is a newer block; only the liquidations that were still to be simulated then
 * go out as they are. Each bounds what it pays and what it receives, and waiting costs more than the gas of a refusal.
 */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #sentBlindAt = new Map<AccountId, number>();

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** Returns how many transactions were sent. `day` is the day of block time that losses are booked on. */
  async execute(actions: readonly Action[], head: BlockHeader, day: number): Promise<number> {
    const notices = actions.filter((action) => isNotice(action) && this.#mayGoBlind(action, head.number));
    await this.#sendBlind(notices, head, day);
    let sent = notices.length;
    const rest = actions.filter((each) => !notices.includes(each));
    for (const [i, action] of rest.entries()) {
      if (i > 0 && (await this.#hasMoved(head))) {
        const takes = rest.slice(i).filter((each) => isTake(each) && this.#mayGoBlind(each, head.number));
        await this.#sendBlind(takes, head, day);
        return sent + takes.length;
      }
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

  async #sendBlind(actions: readonly Action[], head: BlockHeader, day: number): Promise<void> {
    const { outbox, targets } = this.#options;
    await outbox.send(
      actions.map((action) => ({
        action,
        call: encodeAction(action, targets),
        spending: spendingOf(action, day),
      })),
      head,
    );
    for (const account of actions.flatMap(accountsOf)) this.#sentBlindAt.set(account, head.number);
  }

  /** Whether there is a block after `head`; an endpoint that does not say has none. */
  async #hasMoved(head: BlockHeader): Promise<boolean> {
    const [answer] = await this.#options.rpc.batch([{ method: "eth_blockNumber", params: [] }]);
    return answer?.ok === true && Number(answer.result) > head.number;
  }

  #mayGoBlind(action: Action, block: number): boolean {
    for (const [account, at] of this.#sentBlindAt) {
      if (block - at >= BLIND_ONCE_IN_BLOCKS || at > block) this.#sentBlindAt.delete(account);
    }
    return accountsOf(action).every((account) => !this.#sentBlindAt.has(account));
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

function isNotice({ duty }: Action): boolean {
  return duty === "openCall" || duty === "reopenCall" || duty === "closeCall";
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
