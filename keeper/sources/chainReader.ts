import { RetryableError } from "../errors.ts";
import { headerFrom, toHex, type BlockHeader } from "./blockHeader.ts";
import type { Probe } from "./probe.ts";
import type { RpcAnswer } from "./rpcClient.ts";
import { sourceLogFrom, type SourceLog } from "./sourceLog.ts";

/** The result of a call. Throws `RetryableError` when the endpoint answered with an error. */
export function resultOf(answer: RpcAnswer | undefined): unknown {
  if (answer?.ok === true) return answer.result;
  throw new RetryableError(`the endpoint answered with an error: ${answer?.message ?? "nothing"}`);
}

/** The header of a block by number, or of the newest; undefined when the endpoint does not have it. */
export function headerProbe(block: number | "latest"): Probe<BlockHeader | undefined> {
  const tag = block === "latest" ? block : toHex(block);
  return {
    calls: [{ method: "eth_getBlockByNumber", params: [tag, false] }],
    read: ([answer]) => {
      const header = headerFrom(resultOf(answer));
      if (header !== undefined && block !== "latest" && header.number !== block) {
        throw new RetryableError(`the endpoint answered with block ${header.number} for ${block}`);
      }
      return header;
    },
  };
}

/** The headers of a range of blocks. */
export function headersProbe(from: number, to: number): Probe<readonly (BlockHeader | undefined)[]> {
  const probes = Array.from({ length: to - from + 1 }, (_, i) => headerProbe(from + i));
  return {
    calls: probes.flatMap(({ calls }) => calls),
    read: (answers) => probes.map((probe, i) => probe.read(answers.slice(i, i + 1))),
  };
}

/** The logs of `address` in a block, by its hash: an endpoint on another fork has none of it, and says so. */
export function blockLogsProbe(address: string, block: BlockHeader): Probe<readonly SourceLog[]> {
  return logsProbe({ address, blockHash: block.hash }, (log) => {
    if (log.blockHash !== block.hash)
      throw new RetryableError("the endpoint answered with another block's logs");
  });
}

/** The logs of `address` in a range of blocks, in chain order. */
export function rangeLogsProbe(address: string, from: number, to: number): Probe<readonly SourceLog[]> {
  return logsProbe({ address, fromBlock: toHex(from), toBlock: toHex(to) }, (log) => {
    if (log.blockNumber < from || log.blockNumber > to) {
      throw new RetryableError("the endpoint answered with logs from outside the range");
    }
  });
}

function logsProbe(
  filter: { address: string } & Record<string, string>,
  check: (log: SourceLog) => void,
): Probe<readonly SourceLog[]> {
  return {
    calls: [{ method: "eth_getLogs", params: [filter] }],
    read: ([answer]) => {
      const result = resultOf(answer);
      if (!Array.isArray(result)) throw new RetryableError("the endpoint answered with no list of logs");
      const logs = result.map((log: unknown) => sourceLogFrom(log, filter.address));
      logs.forEach(check);
      return inChainOrder(logs);
    },
  };
}

/** Endpoints have been seen to answer out of order and to repeat themselves. */
function inChainOrder(logs: readonly SourceLog[]): readonly SourceLog[] {
  const sorted = logs.toSorted((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
  return sorted.filter((log, i) => {
    const previous = sorted[i - 1];
    return previous?.blockNumber !== log.blockNumber || previous.logIndex !== log.logIndex;
  });
}
