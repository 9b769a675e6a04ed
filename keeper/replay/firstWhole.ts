import { toHex } from "../sources/blockHeader.ts";
import { resultOf } from "../sources/chainReader.ts";
import type { Rpc } from "../sources/rpcClient.ts";
import { withOne } from "../sources/withOne.ts";

/**
 * The first of `from` to `to` at which all `contracts` are there: a vault is deployed over several blocks, and in the
 * first of them there is nothing to look at. Undefined when they are not there at `to` either. Throws `RetryableError`.
 */
export async function firstWhole(
  rpc: Rpc,
  contracts: readonly string[],
  from: number,
  to: number,
): Promise<number | undefined> {
  const isWhole = (block: number) =>
    withOne(rpc, async (one) => {
      const answers = await one.batch(
        contracts.map((address) => ({ method: "eth_getCode", params: [address, toHex(block)] })),
      );
      return answers.every((answer) => resultOf(answer) !== "0x");
    });
  if (await isWhole(from)) return from;
  if (from === to || !(await isWhole(to))) return undefined;
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await isWhole(middle)) high = middle;
    else low = middle;
  }
  return high;
}
