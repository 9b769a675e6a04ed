import type { BlockRef } from "../book/book.ts";
import { RetryableError } from "../errors.ts";

/** A block's header, as far as the keeper reads it. */
export interface BlockHeader extends BlockRef {
  readonly parentHash: string;
  readonly baseFeePerGas: bigint;
  readonly gasUsed: bigint;
  readonly gasLimit: bigint;
  /** Which addresses and topics its logs may have; absent where the chain keeps no such filter. */
  readonly logsBloom?: string | undefined;
}

/** Reads an answer to `eth_getBlockBy…`; undefined for a block the endpoint does not have. */
export function headerFrom(answer: unknown): BlockHeader | undefined {
  if (answer === null) return undefined;
  const fields = fieldsOf(answer, "a block");
  return {
    number: numberIn(fields, "number"),
    hash: hashIn(fields, "hash"),
    parentHash: hashIn(fields, "parentHash"),
    timestamp: BigInt(quantityIn(fields, "timestamp")),
    // Absent on chains from before EIP-1559.
    baseFeePerGas: fields.baseFeePerGas === undefined ? 0n : BigInt(quantityIn(fields, "baseFeePerGas")),
    gasUsed: BigInt(quantityIn(fields, "gasUsed")),
    gasLimit: BigInt(quantityIn(fields, "gasLimit")),
    logsBloom: bloomIn(fields),
  };
}

/** The fields of an answer. Throws `RetryableError`: what is no object now may be one the next time. */
export function fieldsOf(answer: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof answer === "object" && answer !== null) return answer as Record<string, unknown>;
  throw new RetryableError(`the endpoint answered with something else than ${what}`);
}

/** A hexadecimal quantity that a block number, an index or a gas amount fits. */
export function numberIn(fields: Readonly<Record<string, unknown>>, name: string): number {
  const value = Number(quantityIn(fields, name));
  if (!Number.isSafeInteger(value))
    throw new RetryableError(`the endpoint answered with an impossible ${name}`);
  return value;
}

export function hashIn(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value === "string" && /^0x[0-9a-f]{64}$/i.test(value)) return value.toLowerCase();
  throw new RetryableError(`the endpoint answered without a ${name}`);
}

export function quantityIn(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value === "string" && /^0x[0-9a-f]{1,64}$/i.test(value)) return value;
  throw new RetryableError(`the endpoint answered without a ${name}`);
}

function bloomIn({ logsBloom }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof logsBloom === "string" && /^0x[0-9a-f]{512}$/i.test(logsBloom) ? logsBloom : undefined;
}

/** A block number as JSON-RPC writes it. */
export function toHex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
