import type { AccountId } from "../sdk/accountId.ts";
import type { VaultRecord } from "./book/vaultRecord.ts";
import { cautiousState } from "./executors/cautiousState.ts";
import type { KeyState, Lanes } from "./executors/lanes.ts";
import type { Outbox } from "./executors/outbox.ts";
import type { SenderState } from "./executors/slotBook.ts";
import type { Log } from "./log.ts";
import { agree, type Agreement } from "./sources/agree.ts";
import type { BlockHeader } from "./sources/blockHeader.ts";
import type { Endpoints } from "./sources/endpoints.ts";
import type { Gauges, PokeSeen } from "./sources/gauges.ts";
import type { Probe } from "./sources/probe.ts";
import type { Sight } from "./sources/sight.ts";
import type { SightReader } from "./sources/sightReader.ts";

export interface ObserverOptions {
  readonly endpoints: Endpoints;
  readonly sightReader: SightReader;
  readonly gauges: Gauges;
  readonly lanes: Lanes;
  readonly agreeWithinMs: number;
  readonly log: Log;
}

/** A block as the endpoints show it, and how far that is to be believed. */
export interface Observation {
  readonly trust: Agreement<unknown>["kind"];
  readonly sight: Sight;
  /**
   * What a poke of one collateral would do, by one endpoint's word: whoever lies about it costs a poke's gas, and when
   * nothing comes of it the next one's an hour later, then ever more seldom. Undefined where there is nothing to poke,
   * or no answer.
   */
  readonly poke: PokeSeen | undefined;
  /** Of the keys that were asked about. */
  readonly keys: readonly KeyState[];
}

/**
 * Reads what a decision stands on, from two endpoints where there are two. Keys with nothing on their way are asked
 * about in turn, one a block: that is enough to notice a stranger who uses one.
 */
export class Observer {
  readonly #options: ObserverOptions;
  /** Keys asked about since the last reorganisation; the others have to be before they can send. */
  #known = new Set<Outbox>();
  #turn = 0;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /** Throws `RetryableError` when no endpoint has the block. */
  async at(
    head: BlockHeader,
    { oracle, collaterals }: Pick<VaultRecord, "oracle" | "collaterals">,
    accounts: readonly AccountId[],
  ): Promise<Observation> {
    const { endpoints, sightReader, gauges, agreeWithinMs, log } = this.#options;
    const view = { oracle, collateralCount: collaterals.length };
    const outboxes = this.#chosen();
    const also = inTurn(
      gauges.probeAt(head, collaterals),
      outboxes.map((outbox) => outbox.probe(head.number)),
    );
    const { kind, value, same } = await agree({
      endpoints,
      read: (one) => sightReader.read(one, head, view, accounts, also),
      isSame: ([a], [b]) => isSameSight(a, b),
      withinMs: agreeWithinMs,
      log,
    });
    const [sight, { first: poke }] = value;
    const states = [value, ...same].map(([, { rest }]) => rest);
    for (const outbox of outboxes) this.#known.add(outbox);
    const keys = outboxes.map((outbox, i) => {
      const sender = cautiousState(states.flatMap((state) => state[i] ?? []));
      return this.#keyState(outbox, sight, {
        ...sender,
        isDoubted: kind === "silent" || kind === "disputed",
      });
    });
    return { trust: kind, sight, poke, keys };
  }

  /** The chain went back: what was known of nonces may no longer be so. */
  rolledBack(): void {
    this.#known = new Set();
  }

  #chosen(): readonly Outbox[] {
    const { all } = this.#options.lanes;
    this.#turn = (this.#turn + 1) % all.length;
    return all.filter(
      (outbox, i) => i === this.#turn || !this.#known.has(outbox) || outbox.busyDuties().size > 0,
    );
  }

  #keyState(outbox: Outbox, sight: Sight, sender: SenderState): KeyState {
    const { lanes } = this.#options;
    const wallet = sight.wallets[lanes.all.indexOf(outbox)];
    return { outbox, lanes: lanes.lanesOf(outbox), sender, nativeWei: wallet?.native ?? 0n };
  }
}

/** Whether two endpoints could have confirmed the block and did not. */
export function isUnsure({ trust }: Pick<Observation, "trust">): boolean {
  return trust === "silent" || trust === "disputed";
}

/** Several questions as one. */
function inTurn<T, U>(
  first: Probe<T>,
  rest: readonly Probe<U>[],
): Probe<{ readonly first: T; readonly rest: readonly U[] }> {
  return {
    calls: [first, ...rest].flatMap(({ calls }) => calls),
    read: (answers) => {
      let from = 0;
      const next = <V>(probe: Probe<V>): V => {
        const own = answers.slice(from, from + probe.calls.length);
        from += probe.calls.length;
        return probe.read(own);
      };
      return { first: next(first), rest: rest.map((probe) => next(probe)) };
    },
  };
}

/** One endpoint may be able to show more than the other; what both show has to be the same. */
function isSameSight(a: Sight, b: Sight): boolean {
  const text = ({ vault, ...rest }: Sight, withVault: boolean) =>
    JSON.stringify(
      withVault ? { ...rest, vault, accounts: [...(vault?.accounts ?? [])] } : rest,
      (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value),
    );
  const both = a.vault !== undefined && b.vault !== undefined;
  return text(a, both) === text(b, both);
}
