import { id } from "ethers";
import { toAccountId, type AccountId } from "../../sdk/accountId.ts";
import { resultOf } from "../sources/chainReader.ts";
import { fieldsOf, hashIn, numberIn, quantityIn, toHex } from "../sources/blockHeader.ts";
import type { Probe } from "../sources/probe.ts";

/** What a mined transaction did, as far as its sender asks. */
export interface Receipt {
  readonly hash: string;
  readonly block: number;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  /** What a unit of gas cost, wei; undefined from an endpoint that does not say. */
  readonly weiPerGas: bigint | undefined;
  /** Accounts that the called contract says it has left out, as the flash liquidator does. */
  readonly skipped: readonly AccountId[];
  /** The last round that a volatility gauge says it has read; undefined where none has read any. */
  readonly measuredRoundId: bigint | undefined;
}

const MEASURED_TOPIC = id("VolatilityMeasured(uint256,uint256,uint256,uint256,uint256)");
const SKIPPED_TOPIC = id("Skipped(bytes32,address,address,bytes4)");

/** How many transactions of `sender` the chain holds up to a block. */
export function nonceProbe(sender: string, block: number): Probe<number> {
  return {
    calls: [{ method: "eth_getTransactionCount", params: [sender, toHex(block)] }],
    read: ([answer]) => numberIn({ count: resultOf(answer) }, "count"),
  };
}

/** The same with what waits in the endpoint's pool; undefined from one that does not say. */
export function pendingNonceProbe(sender: string): Probe<number | undefined> {
  return {
    calls: [{ method: "eth_getTransactionCount", params: [sender, "pending"] }],
    read: ([answer]) => (answer?.ok === true ? numberIn({ count: answer.result }, "count") : undefined),
  };
}

/** Receipts by hash, those that exist up to and including `block`: a later one belongs to a block not yet looked at. */
export function receiptsProbe(hashes: readonly string[], block: number): Probe<ReadonlyMap<string, Receipt>> {
  return {
    calls: hashes.map((hash) => ({ method: "eth_getTransactionReceipt", params: [hash] })),
    read: (answers) => {
      const receipts = answers.flatMap((answer) => receiptFrom(resultOf(answer)) ?? []);
      const known = receipts.filter((receipt) => receipt.block <= block);
      return new Map(known.map((receipt) => [receipt.hash, receipt]));
    },
  };
}

/** Which of the hashes an endpoint has, in its pool or its chain. */
export function knownProbe(hashes: readonly string[]): Probe<ReadonlySet<string>> {
  return {
    calls: hashes.map((hash) => ({ method: "eth_getTransactionByHash", params: [hash] })),
    read: (answers) => new Set(hashes.filter((_, i) => resultOf(answers[i]) !== null)),
  };
}

function receiptFrom(answer: unknown): Receipt | undefined {
  if (answer === null) return undefined;
  const fields = fieldsOf(answer, "a receipt");
  const logs: readonly unknown[] = Array.isArray(fields.logs) ? fields.logs : [];
  return {
    hash: hashIn(fields, "transactionHash"),
    block: numberIn(fields, "blockNumber"),
    succeeded: BigInt(quantityIn(fields, "status")) === 1n,
    gasUsed: BigInt(quantityIn(fields, "gasUsed")),
    weiPerGas:
      fields.effectiveGasPrice === undefined ? undefined : BigInt(quantityIn(fields, "effectiveGasPrice")),
    skipped: logs.flatMap((log) => skippedIn(log, fields.to)),
    measuredRoundId: logs.flatMap((log) => measuredIn(log) ?? []).at(-1),
  };
}

/** Only what the contract itself says counts: tokens log in the same transaction. */
function skippedIn(log: unknown, called: unknown): AccountId[] {
  const { address, topics } = (log ?? {}) as { address?: unknown; topics?: unknown };
  const [topic, account] = Array.isArray(topics) ? (topics as unknown[]) : [];
  if (topic !== SKIPPED_TOPIC || String(address).toLowerCase() !== String(called).toLowerCase()) return [];
  return typeof account === "string" && /^0x[0-9a-f]{64}$/i.test(account) ? [toAccountId(account)] : [];
}

/** Of a poke's receipt alone: in a poke nobody but the gauge writes logs of this kind. */
function measuredIn(log: unknown): bigint | undefined {
  const { topics } = (log ?? {}) as { topics?: unknown };
  const [topic, round] = Array.isArray(topics) ? (topics as unknown[]) : [];
  if (topic !== MEASURED_TOPIC || typeof round !== "string" || !/^0x[0-9a-f]{64}$/i.test(round))
    return undefined;
  return BigInt(round);
}
