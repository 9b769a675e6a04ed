import { dataSlice, getBytes, hexlify, id, Interface, keccak256, zeroPadValue, ZeroAddress } from "ethers";
import type { Book } from "../../../../keeper/book/book.ts";
import { momentOf } from "../../../../keeper/policy/assess.ts";
import { CLOCK_ABI } from "../../../../keeper/sources/clockProbes.ts";
import { toAccountId } from "../../../../sdk/accountId.ts";
import { unstoppedMoment } from "../../../../sdk/clockState.ts";
import { ratesOf, type Deployment } from "../../../../sdk/deployment.ts";
import { marginOf } from "../../../../sdk/margin.ts";
import { numbersIn } from "../../../../sdk/valuation.ts";
import { VAULT_EVENT_TOPICS } from "../../../../sdk/vaultEvents.ts";
import type { Prices } from "../../../../sdk/vaultTypes.ts";
import { KeeperLens__factory } from "../../../../types/factories/periphery/KeeperLens__factory.ts";
import { RiskConfigurator__factory } from "../../../../types/factories/RiskConfigurator__factory.ts";
import { BENCH_BEGINS } from "../market.ts";

interface Question {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

export interface IdleChainOptions {
  readonly deployment: Deployment;
  /** What the vault holds, for ever. */
  readonly book: Book;
  readonly prices: Prices;
  readonly firstBlock: number;
}

const BLOCK_SECONDS = 12;
const LENS = KeeperLens__factory.createInterface();
const CONFIGURATOR = RiskConfigurator__factory.createInterface();
/** What a call that reverts is answered with. */
const REVERTED = Symbol("reverted");
const TRANSFER = new Interface(["event Transfer(address indexed from, address indexed to, uint256 value)"]);

/**
 * A chain on which nothing happens, with a vault of as many accounts as a book holds: it answers whatever a keeper asks
 * about it from that book and the exact mirror, at every block. Its headers have true blooms.
 */
export class IdleChain {
  readonly #options: IdleChainOptions;
  /** A block in which shares of the vault change hands, which changes no account. */
  #transferBlock: number | undefined;
  #head: number;

  constructor(options: IdleChainOptions) {
    this.#options = options;
    this.#head = options.firstBlock;
  }

  /** Adds a block, with a log of the vault's or without; returns its header. */
  mine(hasLog = false): Readonly<Record<string, unknown>> {
    this.#head += 1;
    if (hasLog) this.#transferBlock = this.#head;
    return this.header(this.#head);
  }

  get head(): number {
    return this.#head;
  }

  /** The body of an answer to the body of a request. Throws for a question that a real node would have to answer. */
  answer(body: string): string {
    const asked = JSON.parse(body) as Question | readonly Question[];
    const answers = [asked].flat().map(({ id: of, method, params }) => {
      const result = this.#resultOf(method, params);
      return result === REVERTED
        ? { jsonrpc: "2.0", id: of, error: { code: 3, message: "execution reverted", data: "0x" } }
        : { jsonrpc: "2.0", id: of, result };
    });
    return JSON.stringify(Array.isArray(asked) ? answers : answers[0]);
  }

  header(number: number): Readonly<Record<string, unknown>> {
    const { vault } = this.#options.deployment;
    const items = number === this.#transferBlock ? [vault, VAULT_EVENT_TOPICS.Transfer] : [];
    return {
      number: hex(number),
      hash: hashOf(number),
      parentHash: hashOf(number - 1),
      timestamp: hex(timeOf(number)),
      baseFeePerGas: hex(10n ** 9n),
      gasUsed: "0x0",
      gasLimit: hex(60_000_000),
      logsBloom: bloomOf(items),
    };
  }

  #resultOf(method: string, params: readonly unknown[]): unknown {
    const { chainId } = this.#options.deployment;
    switch (method) {
      case "eth_chainId":
        return hex(chainId);
      case "eth_getCode":
        return "0x00";
      case "eth_getTransactionCount":
        return "0x0";
      case "eth_getBlockByNumber": {
        const number = params[0] === "latest" ? this.#head : Number(params[0]);
        return number > this.#head ? null : this.header(number);
      }
      case "eth_getLogs":
        return this.#logs(params[0] as { readonly blockHash?: string });
      case "eth_call":
        return this.#call(
          params[0] as { readonly to: string; readonly data: string },
          params[1] as { readonly blockHash: string },
        );
      default:
        throw new Error(`nobody answers ${method} on a chain on which nothing happens`);
    }
  }

  #logs({ blockHash }: { readonly blockHash?: string }): unknown[] {
    const { vault } = this.#options.deployment;
    if (this.#transferBlock === undefined || blockHash !== hashOf(this.#transferBlock)) return [];
    const log = TRANSFER.encodeEventLog("Transfer", [zeroPadValue("0x01", 20), zeroPadValue("0x02", 20), 1n]);
    const place = { blockNumber: hex(this.#transferBlock), blockHash, logIndex: "0x0", removed: false };
    return [{ ...log, ...place, address: vault, transactionHash: id("a transfer") }];
  }

  #call(
    { to, data }: { readonly to: string; readonly data: string },
    at: { readonly blockHash: string },
  ): string | typeof REVERTED {
    const { clock, configurator } = this.#options.deployment;
    if (to.toLowerCase() === configurator.toLowerCase()) return this.#weights(data);
    if (to.toLowerCase() === clock.toLowerCase() && data === CLOCK_ABI.encodeFunctionData("sequencerFeed")) {
      return CLOCK_ABI.encodeFunctionResult("sequencerFeed", [ZeroAddress]);
    }
    if (dataSlice(data, 0, 4) !== LENS.getFunction("look").selector) throw new Error("an unknown question");
    return this.#look(data, numberOf(at.blockHash));
  }

  /** A configurator whose weights are at rest: there is nothing to poke. */
  #weights(data: string): string | typeof REVERTED {
    if (dataSlice(data, 0, 4) !== CONFIGURATOR.getFunction("ownWeights").selector) return REVERTED;
    const [, asset] = CONFIGURATOR.decodeFunctionData("ownWeights", data) as unknown as [string, string];
    const isAsked = ({ asset: one }: { readonly asset: string }) => one.toLowerCase() === asset.toLowerCase();
    const terms = this.#options.book.vault.collaterals.find(isAsked);
    if (terms === undefined) return REVERTED;
    const { initialBps, maintenanceBps, liquidationBps } = terms;
    return CONFIGURATOR.encodeFunctionResult("ownWeights", [initialBps, maintenanceBps, liquidationBps]);
  }

  /** What the lens would see. */
  #look(data: string, block: number): string {
    const { book, prices, deployment } = this.#options;
    const [question] = LENS.decodeFunctionData("look", data);
    const { keepers, feeds, accounts } = question as {
      keepers: readonly string[];
      feeds: readonly string[];
      accounts: readonly string[];
    };
    const timestamp = BigInt(timeOf(block));
    const clock = {
      timestamp,
      moment: unstoppedMoment(timestamp),
      callingPausedUntil: 0n,
      liquidationPausedUntil: 0n,
      isSequencerDown: false,
    };
    const { vault } = book;
    const moment = momentOf({ vault, prices, rates: ratesOf(deployment), clock, actAt: timestamp });
    const seen = accounts.map((account) => {
      const state = book.account(toAccountId(account));
      if (state === undefined) throw new Error(`nobody knows ${account}`);
      const amounts = numbersIn(state.collateralSet).map((number) => state.collateral[number] ?? 0n);
      return { ...state, known: true, amounts, valued: true, margin: marginOf(state, moment) };
    });
    const sight = {
      blockNumber: block,
      timestamp,
      prices: {
        known: true,
        prices36: prices.price36.slice(0, vault.collaterals.length),
        freshSet: prices.freshSet,
      },
      clock: { known: true, ...clock },
      wallets: keepers.map(() => ({ known: true, native: 10n ** 20n, quote: 0n, allowance: 0n })),
      books: { known: true, ...vault.pool, collateralTotals: this.#collateralTotals },
      rounds: feeds.map(() => ({ known: true, roundId: 1, answer: 1, startedAt: 1, updatedAt: 1 })),
      accounts: seen,
    };
    return LENS.encodeFunctionResult("look", [sight]);
  }

  readonly #totals: bigint[] = [];

  get #collateralTotals(): readonly bigint[] {
    const { book } = this.#options;
    if (this.#totals.length > 0) return this.#totals;
    this.#totals.push(...book.vault.collaterals.map(() => 0n));
    for (const [, { collateralSet, collateral }] of book.entries()) {
      for (const number of numbersIn(collateralSet)) {
        this.#totals[number] = (this.#totals[number] ?? 0n) + (collateral[number] ?? 0n);
      }
    }
    return this.#totals;
  }
}

/** Hashes that say their number. */
export function hashOf(number: number): string {
  return `0x${"b1".repeat(24)}${number.toString(16).padStart(16, "0")}`;
}

export function timeOf(number: number): number {
  return Number(BENCH_BEGINS) + number * BLOCK_SECONDS;
}

function numberOf(hash: string): number {
  return parseInt(hash.slice(-16), 16);
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** The Yellow Paper's, 4.3.1: three bits an item. */
function bloomOf(items: readonly string[]): string {
  const bytes = new Uint8Array(256);
  for (const item of items) {
    const hash = getBytes(keccak256(item));
    for (const at of [0, 2, 4]) {
      const bit = (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) & 2047;
      const byte = 255 - (bit >> 3);
      bytes[byte] = (bytes[byte] ?? 0) | (1 << (bit & 7));
    }
  }
  return hexlify(bytes);
}
