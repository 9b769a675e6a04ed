import type { AccountId } from "../../sdk/accountId.ts";
import type { Log } from "../log.ts";
import {
  accountsOf,
  isFlash,
  isNotice,
  isTake,
  withItems,
  type Action,
  type Duty,
} from "../policy/action.ts";
import type { FeeTerms } from "../policy/feeTerms.ts";
import type { BlockHeader } from "../sources/blockHeader.ts";
import type { Rpc } from "../sources/rpcClient.ts";
import type { BlindBook } from "./blindBook.ts";
import type { DeadLetters } from "./deadLetters.ts";
import { encodeAction, type Targets } from "./encodeAction.ts";
import type { Outbox, Parcel } from "./outbox.ts";
import { simulate, type Simulated } from "./simulate.ts";

export interface ExecutorOptions {
  readonly rpc: Rpc;
  readonly targets: Targets;
  /** The outbox in which a duty's transactions go. */
  readonly outboxFor: (duty: Duty) => Outbox;
  readonly deadLetters: DeadLetters;
  readonly blindBook: BlindBook;
  /** Told what the flash liquidator would not take. */
  readonly flashDesk: { refused(account: AccountId, block: number): void };
  readonly log: Log;
}

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

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /**
   * Returns how many transactions were sent. Lanes with keys of their own work beside each other: one whose endpoint or
   * simulation is slow keeps no other from sending. Throws what the first of them threw, when all have ended.
   */
  async execute(
    actions: readonly Action[],
    head: BlockHeader,
    termsOf: (action: Action) => FeeTerms,
  ): Promise<number> {
    const alone = actions.flatMap((action) => this.#apart(action));
    const byKey = Map.groupBy(alone, ({ duty }) => this.#options.outboxFor(duty));
    const ends = await Promise.allSettled(
      [...byKey.values()].map((own) => this.#executeInOrder(own, head, termsOf)),
    );
    let sent = 0;
    for (const end of ends) {
      if (end.status === "rejected") throw end.reason;
      sent += end.value;
    }
    return sent;
  }

  async #executeInOrder(
    actions: readonly Action[],
    head: BlockHeader,
    termsOf: (action: Action) => FeeTerms,
  ): Promise<number> {
    const parts = actions.flatMap((action) =>
      isNotice(action.duty) ? this.#byBlindness(action, head.number) : [action],
    );
    const notices = parts.filter((action) => isNotice(action.duty) && this.#mayGoBlind(action, head.number));
    let sent = await this.#sendBlind(notices, head, termsOf);
    const rest = parts.filter((each) => !notices.includes(each));
    for (const [i, action] of rest.entries()) {
      if (i > 0 && (await this.#hasMoved(head))) {
        const takes = rest.slice(i).filter((each) => isTake(each) && this.#mayGoBlind(each, head.number));
        return sent + (await this.#sendBlind(takes, head, termsOf));
      }
      const parcels = (await this.#simulate(action, head)).flatMap((simulated): Parcel[] => {
        const { action: left, call } = simulated;
        return call === undefined ? [] : [{ action: left, call, terms: termsOf(left) }];
      });
      sent += await this.#send(parcels, head);
    }
    return sent;
  }

  /** An account in quarantine goes alone, for it would spoil what it goes with. */
  #apart(action: Action): Action[] {
    const poison = accountsOf(action).filter((account) => this.#options.deadLetters.isQuarantined(account));
    if (poison.length === 0 || accountsOf(action).length === 1) return [action];
    const parts = [
      withItems(action, ({ account }) => !poison.includes(account)),
      ...poison.map((own) => withItems(action, ({ account }) => account === own)),
    ];
    return parts.filter((part) => part !== undefined);
  }

  async #sendBlind(
    actions: readonly Action[],
    head: BlockHeader,
    termsOf: (action: Action) => FeeTerms,
  ): Promise<number> {
    const { targets } = this.#options;
    const parcels = actions.map((action) => ({
      action,
      call: encodeAction(action, targets),
      terms: termsOf(action),
    }));
    const sent = await this.#send(parcels, head);
    for (const action of actions) this.#options.blindBook.sent(action, head.number);
    return sent;
  }

  /** All parcels are of one key. */
  async #send(parcels: readonly Parcel[], head: BlockHeader): Promise<number> {
    const [first] = parcels;
    return first === undefined ? 0 : this.#options.outboxFor(first.action.duty).send(parcels, head);
  }

  /** Whether there is a block after `head`; an endpoint that does not say has none. */
  async #hasMoved(head: BlockHeader): Promise<boolean> {
    const [answer] = await this.#options.rpc.batch([{ method: "eth_blockNumber", params: [] }]);
    return answer?.ok === true && Number(answer.result) > head.number;
  }

  #mayGoBlind(action: Action, block: number): boolean {
    const { blindBook } = this.#options;
    return accountsOf(action).every((account) => blindBook.mayGoBlind(account, action.duty, block));
  }

  /** An account that has to be simulated keeps no other from going ahead. */
  #byBlindness(action: Action, block: number): Action[] {
    const { blindBook } = this.#options;
    const isBlind = ({ account }: { readonly account: AccountId }) =>
      blindBook.mayGoBlind(account, action.duty, block);
    const halves = [withItems(action, isBlind), withItems(action, (item) => !isBlind(item))];
    return halves.filter((half) => half !== undefined);
  }

  /** One that fails as a whole is simulated again in halves, until whatever spoils it stands alone. */
  async #simulate(action: Action, head: BlockHeader): Promise<readonly Simulated[]> {
    const { rpc, targets, outboxFor } = this.#options;
    const { address } = outboxFor(action.duty);
    const simulated = await simulate(rpc, action, targets, head.number, address);
    if (simulated.error === undefined || !("items" in action) || action.items.length === 1) {
      this.#report(simulated, head.number);
      return [simulated];
    }
    const halves = await Promise.all(halvesOf(action).map((half) => this.#simulate(half, head)));
    return halves.flat();
  }

  #report({ action, refused, error }: Simulated, block: number): void {
    const { deadLetters, flashDesk, log } = this.#options;
    // One of many may have spoilt the whole; alone it has nobody else to blame.
    const kind = error === undefined ? "refused" : "failed";
    for (const { account, reason } of refused) {
      // A sale that does not work out says nothing about the account.
      if (isFlash(action)) flashDesk.refused(account, block);
      else deadLetters.failed({ account, kind, reason }, block);
      log.info("account.refused", { account, duty: action.duty, reason, ...wayOf(action) });
    }
    if (error !== undefined && refused.length === 0) {
      log.warn("action.failed", { duty: action.duty, error });
    }
  }
}

function wayOf(action: Action): { readonly way?: "flash" } {
  return isFlash(action) ? { way: "flash" } : {};
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
