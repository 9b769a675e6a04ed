import type { AccountId } from "../../../sdk/accountId.ts";
import type { BlockLogs } from "../chain/logs.ts";
import {
  STATUSES,
  debtIndexAt,
  pricesOf,
  standingOf,
  type CheckPrice,
  type CheckTerms,
  type Standing,
} from "./arithmetic.ts";
import type { BlockReader } from "./blockReader.ts";
import { clockAt, inForce, type CheckClock } from "./clock.ts";
import type { ConservationWatch } from "./conservation.ts";
import type { AccountFacts, VaultFacts } from "./facts.ts";
import { forbiddenTakes, type ForbiddenTake } from "./forbidden.ts";
import { MissWatch } from "./missed.ts";
import { isProfitable } from "./offer.ts";

/** A block as the check found it; accounts in the order in which they were given. */
export interface CheckedBlock {
  readonly vault: VaultFacts;
  readonly clock: CheckClock;
  /** With the weights in force. */
  readonly terms: CheckTerms;
  readonly prices: readonly CheckPrice[];
  /** As stored: deadlines are not put off yet by stops of the clock. */
  readonly facts: readonly AccountFacts[];
  readonly standings: readonly Standing[];
  /** Whether liquidating pays, by account. */
  readonly profitable: readonly boolean[];
  readonly logs: BlockLogs;
  /** Blocks from the first in which it was callable to the one in which its call opened; one a call of this block. */
  readonly latencyBlocks: readonly number[];
}

/** An account whose status the vault and the check see differently. */
export interface Difference {
  readonly account: AccountId;
  readonly block: number;
  readonly vaultSays: string;
  readonly checkSays: string;
}

/** A block in which the vault's clock shows something else than the check's. */
export interface ClockDifference {
  readonly block: number;
  readonly vaultSays: bigint;
  readonly checkSays: bigint;
}

export interface CheckerOptions {
  readonly reader: BlockReader;
  readonly ids: readonly AccountId[];
  /** The collaterals' addresses by number, lower case. */
  readonly assets: readonly string[];
  /** As deployed; weights that follow volatility move on from there. */
  readonly terms: CheckTerms;
  readonly conservation: ConservationWatch;
  /** Resolves when the check may take the node's time without standing in the way of a keeper or of the next block. */
  readonly turn: () => Promise<void>;
  readonly onChecked: (checked: CheckedBlock) => void;
}

type Judge = (account: AccountFacts) => Standing;

/** So many accounts are read in one call: a few milliseconds of the node's time. */
const CHUNK = 25;
/** Where nothing happened to an account, the chain is asked again about every tenth in turn. */
const ROTATION = 10;
/** Of the debt: who stands as near to a threshold is asked about in every block, or in those with a new round. */
const NEAR_BPS = 5n;
const NEAR_BPS_ON_ROUND = 100n;

/**
 * Judges every account at every block, in order and behind the chain's head, from what the chain says at that block.
 *
 * Prices, debt index and the uptime feed's rounds are read and every status is recomputed for every block. What `statusOf` says of an
 * account, and its own storage, is read again for those that a log names, whose status changes, who stand near a
 * threshold, and for each tenth in turn; in the first and the last block for all. For all in every block
 * it would take more of the node's time than keeper and blocks together.
 */
export class Checker {
  readonly watch = new MissWatch();
  readonly differences: Difference[] = [];
  readonly clockDifferences: ClockDifference[] = [];
  readonly forbidden: ForbiddenTake[] = [];
  readonly #options: CheckerOptions;
  readonly #index: ReadonlyMap<string, number>;
  readonly #facts: AccountFacts[] = [];
  #statuses: readonly string[] = [];
  #terms: CheckTerms;
  #before: VaultFacts | undefined;
  #queue: Promise<void> = Promise.resolve();
  #backlog = 0;

  constructor(options: CheckerOptions) {
    this.#options = options;
    this.#terms = options.terms;
    this.#index = new Map(options.ids.map((id, i) => [id, i]));
  }

  /** Blocks that wait to be checked. */
  get backlog(): number {
    return this.#backlog;
  }

  /** Puts the next block in the queue. */
  add(block: number, logs: BlockLogs): void {
    this.#backlog += 1;
    this.#queue = this.#queue.then(async () => {
      await this.#check(block, logs);
      this.#backlog -= 1;
    });
    // Reported by `done`, which everyone awaits in the end.
    this.#queue.catch(() => undefined);
  }

  /** Resolves when all blocks so far are checked; rejects when one could not be. */
  settled(): Promise<void> {
    return this.#queue;
  }

  /** As `settled`, with the last block checked in full. */
  async done(): Promise<void> {
    await this.settled();
    const last = this.#before;
    if (last !== undefined) await this.#refresh(last, this.#judgeOf(last), this.#all());
  }

  async #check(block: number, logs: BlockLogs): Promise<void> {
    const { reader, ids, assets, conservation } = this.#options;
    const { terms, isMoved } = termsAfter(this.#terms, logs, assets);
    this.#terms = terms;
    await this.#options.turn();
    const read = await reader.vault(block);
    const clock = clockAt(read.at, read.sequencer, terms.minGraceSeconds);
    this.#compareClocks(read, clock);
    const vault = { ...read, uptime: clock.uptime };
    const prices = pricesOf(vault, terms);
    const factsBefore = (id: AccountId) => this.#facts[this.#index.get(id) ?? -1];
    this.forbidden.push(...forbiddenTakes(logs, { block, clock, prices, assets, before: factsBefore }));

    const judge = this.#judgeOf(vault);
    await this.#refresh(vault, judge, this.#toRefresh(vault, logs, judge, isMoved));
    const standings = this.#facts.map(judge);
    const profitable = standings.map((standing, i) => {
      const facts = this.#facts[i];
      return facts !== undefined && isProfitable(inForce(facts, clock), standing, vault, prices, terms);
    });
    this.#statuses = standings.map(({ status }) => status);
    this.#before = vault;

    for (const movement of logs.movements) conservation.move(movement);
    conservation.compare(vault, this.#facts);
    const latencyBlocks = this.#latencies(block, logs);
    const taken = takenIn(logs);
    for (const [i, account] of ids.entries()) {
      const status = standings[i]?.status ?? "Healthy";
      const sighting = { account, status, profitable: profitable[i] === true, taken: taken.has(account) };
      this.watch.see(block, sighting);
    }
    this.#options.onChecked({
      vault,
      clock,
      terms,
      prices,
      facts: [...this.#facts],
      standings,
      profitable,
      logs,
      latencyBlocks,
    });
  }

  /** How accounts stand in a block whose uptime is the check's own. */
  #judgeOf(vault: VaultFacts): Judge {
    const terms = this.#terms;
    const clock = clockAt(vault.at, vault.sequencer, terms.minGraceSeconds);
    const prices = pricesOf(vault, terms);
    const index = debtIndexAt(vault, terms.rates);
    return (account) => standingOf(inForce(account, clock), prices, index, clock.uptime, terms);
  }

  #compareClocks({ block, uptime }: VaultFacts, clock: CheckClock): void {
    if (uptime === clock.uptime) return;
    this.clockDifferences.push({ block, vaultSays: uptime, checkSays: clock.uptime });
  }

  /** @param isMoved Whether weights have moved. */
  #toRefresh(vault: VaultFacts, logs: BlockLogs, judge: Judge, isMoved: boolean): number[] {
    const before = this.#before;
    // When the sequencer goes down or comes up again, every deadline is another.
    if (before?.sequencer.length !== vault.sequencer.length) return this.#all();
    const nearBps = isMoved || hasNewRound(before, vault) ? NEAR_BPS_ON_ROUND : NEAR_BPS;
    const touched = new Set(
      logs.events.flatMap(({ event }) => ("account" in event ? [this.#index.get(event.account)] : [])),
    );
    return this.#all().filter((i) => {
      const facts = this.#facts[i];
      if (facts === undefined || touched.has(i) || i % ROTATION === vault.block % ROTATION) return true;
      const standing = judge(facts);
      return standing.status !== this.#statuses[i] || isNearThreshold(standing, nearBps);
    });
  }

  #all(): number[] {
    return this.#options.ids.map((_, i) => i);
  }

  /** Reads accounts anew and compares the status that the vault gives with the one computed from the rest. */
  async #refresh(vault: VaultFacts, judge: Judge, indices: readonly number[]): Promise<void> {
    const { reader, ids } = this.#options;
    for (let from = 0; from < indices.length; from += CHUNK) {
      await this.#options.turn();
      const chunk = indices.slice(from, from + CHUNK).flatMap((i) => {
        const account = ids[i];
        return account === undefined ? [] : [{ i, account }];
      });
      const read = await reader.accounts(
        vault.block,
        chunk.map(({ account }) => account),
      );
      for (const [n, { i, account }] of chunk.entries()) {
        const facts = read[n];
        if (facts === undefined) throw new Error(`The chain did not answer for account ${account}.`);
        this.#facts[i] = facts;
        const { status } = judge(facts);
        const vaultSays = facts.status === undefined ? "no status" : STATUSES[facts.status];
        if (vaultSays === status) continue;
        this.differences.push({
          account,
          block: vault.block,
          vaultSays: vaultSays ?? `number ${String(facts.status)}`,
          checkSays: status,
        });
      }
    }
  }

  #latencies(block: number, logs: BlockLogs): number[] {
    return logs.events.flatMap(({ event }) => {
      if (event.name !== "MarginCallOpened" || event.notice.reopened) return [];
      return [block - (this.watch.callableSince(event.account) ?? block)];
    });
  }
}

/** The weights are what the vault last said that they are. */
function termsAfter(
  terms: CheckTerms,
  logs: BlockLogs,
  assets: readonly string[],
): { readonly terms: CheckTerms; readonly isMoved: boolean } {
  const set = logs.events.flatMap(({ event }) => (event.name === "CollateralTermsSet" ? [event] : []));
  if (set.length === 0) return { terms, isMoved: false };
  const collaterals = terms.collaterals.map((collateral, number) => {
    const last = set.findLast(({ asset }) => asset.toLowerCase() === assets[number]);
    if (last === undefined) return collateral;
    const { initialBps, maintenanceBps, liquidationBps, maxDiscountBps } = last.newTerms;
    return { ...collateral, initialBps, maintenanceBps, liquidationBps, maxDiscountBps };
  });
  return { terms: { ...terms, collaterals }, isMoved: true };
}

function hasNewRound(before: VaultFacts, now: VaultFacts): boolean {
  return now.tokens.some(({ answer, updatedAt }, i) => {
    const last = before.tokens[i];
    return last?.answer !== answer || last.updatedAt !== updatedAt;
  });
}

function takenIn(logs: BlockLogs): ReadonlySet<string> {
  return new Set(
    logs.events.flatMap(({ event }) =>
      event.name === "Liquidated" || event.name === "BadDebtRealized" ? [event.account] : [],
    ),
  );
}

/** Close to being called, warned, critical or insolvent, from either side. */
function isNearThreshold(standing: Standing, nearBps: bigint): boolean {
  const { debt, maintenanceValue, liquidationValue, value } = standing;
  const margins = [maintenanceValue - debt, 10n * maintenanceValue - 11n * debt, liquidationValue - debt];
  return [...margins, value - debt].some(
    (margin) => margin * 10_000n < nearBps * debt && -margin * 10_000n < nearBps * debt,
  );
}
