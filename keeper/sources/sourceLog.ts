import type { RawLog } from "../../sdk/logReader.ts";
import { RetryableError } from "../errors.ts";
import { fieldsOf, hashIn, numberIn } from "./blockHeader.ts";

/** A log and its place in the chain. */
export interface SourceLog extends RawLog {
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly logIndex: number;
  readonly transactionHash: string;
}

/** Reads one log. Throws `RetryableError` for a removed log, another contract's, or one with parts missing. */
export function sourceLogFrom(answer: unknown, address: string): SourceLog {
  const fields = fieldsOf(answer, "a log");
  const { topics, data, removed } = fields;
  if (removed === true) throw new RetryableError("the endpoint answered with a removed log");
  if (typeof fields.address !== "string" || fields.address.toLowerCase() !== address.toLowerCase()) {
    throw new RetryableError("the endpoint answered with another contract's log");
  }
  if (typeof data !== "string" || !isTextList(topics)) {
    throw new RetryableError("the endpoint answered with a log that has no topics or data");
  }
  return {
    topics,
    data,
    blockNumber: numberIn(fields, "blockNumber"),
    blockHash: hashIn(fields, "blockHash"),
    logIndex: numberIn(fields, "logIndex"),
    transactionHash: hashIn(fields, "transactionHash"),
  };
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
