import type { Probe } from "../sources/probe.ts";
import { knownProbe, nonceProbe, pendingNonceProbe, receiptsProbe } from "./receiptProbes.ts";
import type { SenderState } from "./slotBook.ts";

/**
 * Asks about a key that has nothing on its way: in every other block what the chain holds, in the others what waits, and
 * what the chain holds is `last` then, for if it were not, something would have waited. One call a block.
 * @param last What the chain held when it was last asked.
 */
export function idleSenderProbe(sender: string, last: number, block: number): Probe<SenderState> {
  const nothing = { receipts: new Map(), known: new Set<string>() };
  if (block % 2 === 0) {
    const count = nonceProbe(sender, block);
    return { calls: count.calls, read: (answers) => ({ nonce: count.read(answers), ...nothing }) };
  }
  const pending = pendingNonceProbe(sender);
  return {
    calls: pending.calls,
    read: (answers) => ({ nonce: last, pendingNonce: pending.read(answers), ...nothing }),
  };
}

/**
 * Asks for everything that tells what became of a key's transactions, as of `block`.
 * @param hashes Of each nonce whose end is not known every one signed for it, the last of which is the one to look for.
 */
export function senderProbe(
  sender: string,
  hashes: readonly (readonly string[])[],
  block: number,
): Probe<SenderState> {
  const count = nonceProbe(sender, block);
  const pending = pendingNonceProbe(sender);
  const receipts = receiptsProbe(hashes.flat(), block);
  const known = knownProbe(hashes.flatMap((siblings) => siblings.slice(-1)));
  const parts = [count, pending, receipts, known];
  return {
    calls: parts.flatMap(({ calls }) => calls),
    read: (answers) => {
      const [nonces, rest] = [answers.slice(0, 2), answers.slice(2)];
      return {
        nonce: count.read(nonces),
        pendingNonce: pending.read(nonces.slice(1)),
        receipts: receipts.read(rest.slice(0, receipts.calls.length)),
        known: known.read(rest.slice(receipts.calls.length)),
      };
    },
  };
}
