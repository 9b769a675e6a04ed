import type { Receipt } from "./receiptProbes.ts";
import type { SenderState } from "./slotBook.ts";

/**
 * What all endpoints together say of a key: mined is what every one has, gone from the pools what none has, and a gauge
 * has read what the most modest says. Throws without any.
 */
export function cautiousState(states: readonly SenderState[]): SenderState {
  const [first, ...others] = states;
  if (first === undefined) throw new Error("nobody was asked about a key");
  return others.reduce(
    (a, b) => ({
      nonce: Math.min(a.nonce, b.nonce),
      pendingNonce: lesser(a.pendingNonce, b.pendingNonce),
      receipts: new Map([...a.receipts].flatMap(([hash, receipt]) => both(receipt, b.receipts.get(hash)))),
      known: new Set([...a.known, ...b.known]),
    }),
    first,
  );
}

function both(a: Receipt, b: Receipt | undefined): readonly (readonly [string, Receipt])[] {
  if (b === undefined) return [];
  return [[a.hash, { ...a, measuredRoundId: lesser(a.measuredRoundId, b.measuredRoundId) }]];
}

/** What one endpoint does not say is not known. */
function lesser<T extends number | bigint>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || b === undefined) return undefined;
  return a < b ? a : b;
}
