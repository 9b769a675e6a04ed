import { plainText } from "../commands/layout.ts";
import { RetryableError, UserError } from "../errors.ts";
import { toHex } from "../sources/blockHeader.ts";
import { resultOf } from "../sources/chainReader.ts";
import type { Rpc } from "../sources/rpcClient.ts";

/** Of all endpoints: one has the state, or all say that they have not, and one of them how. */
type StateSeen = { readonly kind: "there" } | { readonly kind: "gone"; readonly said: string };

/**
 * Checks that the state of `block` can be read. Throws a `UserError` that says from which block on it can where no
 * endpoint has it, and a `RetryableError` while one that may have it does not answer.
 * @param endpoints Also those that are set aside, for one of them may be the archive.
 * @param head The newest block.
 */
export async function requireState(
  endpoints: readonly Rpc[],
  vault: string,
  block: number,
  head: number,
): Promise<void> {
  const seen = await lookAt(endpoints, vault, block);
  if (seen.kind === "there") return;
  const earliest = await earliestState(endpoints, vault, block, head);
  const from =
    earliest === undefined
      ? ""
      : `; the earliest block whose state there is is ${earliest}, so --from ${earliest + 1} works`;
  throw new UserError(
    `no endpoint has the state of block ${block} (${plainText(seen.said, 120)}): an archive endpoint is needed${from}`,
  );
}

/** By what it has and not by its words: every kind of node has others for it. */
async function lookAt(endpoints: readonly Rpc[], vault: string, block: number): Promise<StateSeen> {
  let failure: RetryableError | undefined;
  let said = "no answer";
  for (const endpoint of endpoints) {
    try {
      const [newest, old] = await endpoint.batch([
        { method: "eth_getBalance", params: [vault, "latest"] },
        { method: "eth_getBalance", params: [vault, toHex(block)] },
      ]);
      resultOf(newest);
      if (old?.ok === true && typeof old.result === "string") return { kind: "there" };
      if (old?.ok === false) said = old.message;
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      failure = error;
    }
  }
  if (failure !== undefined) throw failure;
  return { kind: "gone", said };
}

/** What is pruned is older than what is not. Undefined when it cannot be told now. */
async function earliestState(
  endpoints: readonly Rpc[],
  vault: string,
  gone: number,
  head: number,
): Promise<number | undefined> {
  let [low, high] = [gone, head];
  try {
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      const { kind } = await lookAt(endpoints, vault, middle);
      if (kind === "there") high = middle;
      else low = middle;
    }
    return high;
  } catch (error) {
    if (error instanceof RetryableError) return undefined;
    throw error;
  }
}
