import { plainText } from "../commands/layout.ts";
import { RetryableError, UserError } from "../errors.ts";
import { toHex } from "../sources/blockHeader.ts";
import type { Rpc } from "../sources/rpcClient.ts";
import { withOne } from "../sources/withOne.ts";

/** An endpoint has the newest state and not this one. */
class StateGoneError extends RetryableError {}

/** How many steps are taken to find the earliest state that there is: enough for any chain. */
const MOST_STEPS = 40;

/**
 * Checks that the state of `block` can be read. Throws a `UserError` that says from which block on it can where no
 * endpoint has it, and a `RetryableError` when none answers.
 * @param head The newest block.
 */
export async function requireState(rpc: Rpc, vault: string, block: number, head: number): Promise<void> {
  try {
    await lookAt(rpc, vault, block);
  } catch (error) {
    if (!(error instanceof StateGoneError)) throw error;
    const earliest = await earliestState(rpc, vault, block, head);
    const from =
      earliest === undefined
        ? ""
        : `; the earliest block whose state there is is ${earliest}, so --from ${earliest + 1} works`;
    throw new UserError(
      `no endpoint has the state of block ${block} (${error.message}): an archive endpoint is needed${from}`,
      { cause: error },
    );
  }
}

/** By its state and not by its words: every kind of node has others for it. */
async function lookAt(rpc: Rpc, vault: string, block: number): Promise<void> {
  await withOne(rpc, async (one) => {
    const [newest, old] = await one.batch([
      { method: "eth_getBalance", params: [vault, "latest"] },
      { method: "eth_getBalance", params: [vault, toHex(block)] },
    ]);
    if (newest?.ok !== true) {
      throw new RetryableError(`the endpoint gives no state at all: ${newest?.message ?? "no answer"}`);
    }
    if (old?.ok === true && typeof old.result === "string") return;
    throw new StateGoneError(old?.ok === false ? plainText(old.message, 120) : "no answer");
  });
}

/** What is pruned is older than what is not. Undefined when it cannot be told. */
async function earliestState(
  rpc: Rpc,
  vault: string,
  gone: number,
  head: number,
): Promise<number | undefined> {
  let [low, high] = [gone, head];
  for (let step = 0; high - low > 1; ++step) {
    if (step === MOST_STEPS) return undefined;
    const middle = Math.floor((low + high) / 2);
    try {
      await lookAt(rpc, vault, middle);
      high = middle;
    } catch (error) {
      if (!(error instanceof StateGoneError)) return undefined;
      low = middle;
    }
  }
  return high;
}
