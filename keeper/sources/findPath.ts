import { MAX_REORG_BLOCKS, type BlockRef } from "../book/book.ts";
import { FalseAnswerError, RetryableError } from "../errors.ts";
import type { BlockHeader } from "./blockHeader.ts";
import { headerProbe, headersProbe } from "./chainReader.ts";
import { ask } from "./probe.ts";
import type { Rpc } from "./rpcClient.ts";

/** What is known of the chain so far. */
export interface Known {
  readonly head: BlockRef | undefined;
  /** The hash of a block that is the head or can be gone back to. */
  hashAt(number: number): string | undefined;
}

/**
 * The way from the known head to an endpoint's newest block. `near`: take back what is above `backTo`, then apply
 * `headers`, each the child of the one before. `far`: take back, then read on to `until` in ranges, which is older than
 * any reorganisation.
 */
export type Path =
  | { readonly kind: "same" }
  | { readonly kind: "lost" }
  | { readonly kind: "far"; readonly backTo: number | undefined; readonly until: number }
  | { readonly kind: "near"; readonly backTo: number | undefined; readonly headers: readonly BlockHeader[] };

export interface PathQuestion {
  readonly one: Rpc;
  /** Asked before an endpoint is believed that says that all that is known is gone. */
  readonly others: readonly Rpc[];
  readonly book: Known;
  readonly deployBlock: number;
  readonly pushed: BlockHeader | undefined;
}

/**
 * Finds it by hashes and parents. Throws a `FalseAnswerError` for an endpoint that cannot show the blocks below the
 * height it claims, and a `RetryableError` when the chain moved meanwhile.
 */
export async function findPath(question: PathQuestion): Promise<Path> {
  const { one, book, deployBlock } = question;
  const newest = question.pushed ?? (await ask(one, headerProbe("latest")))[0];
  if (newest === undefined) throw new RetryableError("the endpoint has no newest block");
  const { head } = book;
  if (head !== undefined && newest.number <= head.number && book.hashAt(newest.number) === newest.hash) {
    return { kind: "same" };
  }
  const base = head === undefined ? undefined : await findBase(question, newest, head);
  if (base === "lost") return { kind: "lost" };
  const backTo = base === head?.number ? undefined : base;
  const from = base === undefined ? deployBlock : base + 1;
  const until = newest.number - MAX_REORG_BLOCKS;
  if (from <= until) {
    // What is claimed has to be there: a false height would be followed for ever.
    const [deep] = await ask(one, headerProbe(until));
    if (deep === undefined)
      throw new FalseAnswerError(`the endpoint claims block ${newest.number} but lacks ${until}`);
    return { kind: "far", backTo, until };
  }
  const headers = await childrenOf(one, base === undefined ? undefined : book.hashAt(base), from, newest);
  return { kind: "near", backTo, headers };
}

/** The newest known block that is on the endpoint's chain. */
async function findBase(
  { one, others, book }: PathQuestion,
  newest: BlockHeader,
  head: BlockRef,
): Promise<number | "lost"> {
  if (newest.parentHash === head.hash) return head.number;
  if (newest.number > head.number + 1) {
    const [canonical] = await ask(one, headerProbe(head.number));
    if (canonical === undefined) throw lacks(head.number, newest.number);
    if (canonical.hash === head.hash) return head.number;
  }
  const top = Math.min(head.number, newest.number - 1);
  const bottom = Math.max(0, head.number - MAX_REORG_BLOCKS);
  const headers = top < bottom ? [] : (await ask(one, headersProbe(bottom, top)))[0];
  const base = headers.findLastIndex(
    (header, i) => header !== undefined && header.hash === book.hashAt(bottom + i),
  );
  if (base >= 0) return bottom + base;
  await doubt(others, head);
  return "lost";
}

/** An endpoint alone does not make the keeper forget everything while another still has the head. */
async function doubt(others: readonly Rpc[], head: BlockRef): Promise<void> {
  for (const other of others) {
    const header = await ask(other, headerProbe(head.number)).then(
      ([found]) => found,
      () => undefined,
    );
    if (header?.hash === head.hash) {
      throw new FalseAnswerError(`the endpoint knows no block near ${head.number}, which another one has`);
    }
  }
}

/** The blocks from `from` to `newest`, linked by their parents' hashes. */
async function childrenOf(
  one: Rpc,
  parentHash: string | undefined,
  from: number,
  newest: BlockHeader,
): Promise<readonly BlockHeader[]> {
  const between = from < newest.number ? (await ask(one, headersProbe(from, newest.number - 1)))[0] : [];
  let parent = parentHash;
  return [...between, newest].map((header, i) => {
    if (header === undefined) throw lacks(from + i, newest.number);
    if (parent !== undefined && header.parentHash !== parent) {
      throw new RetryableError(
        `block ${header.number} is no child of the one before: the chain moved meanwhile`,
      );
    }
    parent = header.hash;
    return header;
  });
}

function lacks(number: number, newest: number): FalseAnswerError {
  return new FalseAnswerError(`the endpoint claims block ${newest} but lacks ${number}`);
}
