import { expect } from "chai";
import { describe, it } from "mocha";
import { Book, MAX_REORG_BLOCKS, type AppliedBlock } from "../../keeper/book/book.ts";
import { RetryableError } from "../../keeper/errors.ts";
import { silentLog } from "../../keeper/log.ts";
import { Follower } from "../../keeper/sources/follower.ts";
import type { RpcAnswer } from "../../keeper/sources/rpcClient.ts";
import { FakeChain } from "./support/fakeChain.ts";
import { accountOf } from "./support/state.ts";
import { borrowed, deposited, listed, VAULT } from "./support/vaultLogs.ts";

interface Setting {
  chain: FakeChain;
  book: Book;
  follower: Follower;
  applied: AppliedBlock[];
  rolledBack: number[];
}

function setting(logRangeBlocks = 1_000): Setting {
  const chain = new FakeChain(VAULT);
  const book = new Book(VAULT);
  const applied: AppliedBlock[] = [];
  const rolledBack: number[] = [];
  const listener = {
    applied: (block: AppliedBlock) => applied.push(block),
    rolledBack: (number: number) => rolledBack.push(number),
  };
  const follower = new Follower({
    rpc: chain,
    book,
    deployBlock: 1,
    logRangeBlocks,
    listener,
    log: silentLog,
  });
  return { chain, book, follower, applied, rolledBack };
}

/** A deposit whose balance names the block, so that a book tells which blocks it was made of. */
function marked(n: number) {
  return [deposited(accountOf(n % 7), 1_000n + BigInt(n))];
}

function contentOf(book: Book): unknown {
  return { head: book.head, vault: book.vault, accounts: new Map([...book.entries()].sort()) };
}

async function freshBook(chain: FakeChain): Promise<Book> {
  const book = new Book(VAULT);
  const listener = { applied: () => undefined, rolledBack: () => undefined };
  const options = { rpc: chain, book, deployBlock: 1, logRangeBlocks: 1_000, listener, log: silentLog };
  await new Follower(options).advance();
  return book;
}

describe("Follower", () => {
  it("builds the book from the deploy block and stands at the newest", async () => {
    const { chain, book, follower } = setting();
    chain.mine([listed()], [deposited(accountOf(1), 5n), borrowed(accountOf(1), 7n, 9n)], []);
    expect((await follower.advance()).kind).to.equal("advanced");
    expect(book.head).to.deep.include({ number: 3, hash: chain.head.hash });
    expect(book.account(accountOf(1))).to.deep.include({ collateralSet: 1, debtShares: 9n });
    expect(book.vault.pool).to.deep.include({ totalDebtShares: 9n, cash: -7n });
    expect((await follower.advance()).kind).to.equal("same");
  });

  it("K-24 backfills in ranges, halves one that fails, and leaves none out", async () => {
    const { chain, book, follower } = setting(40);
    chain.mine([listed()]);
    for (let n = 2; n <= 300; ++n) chain.mine(marked(n));
    chain.onBatch = (calls) => {
      for (const { method, params } of calls) {
        const filter = params[0] as { fromBlock?: string; toBlock?: string };
        if (method !== "eth_getLogs" || filter.fromBlock === undefined) continue;
        if (Number(filter.toBlock) - Number(filter.fromBlock) >= 10)
          throw new RetryableError("range too wide");
      }
    };
    await follower.advance();
    expect(book.head?.number).to.equal(300);
    expect(contentOf(book)).to.deep.equal(
      contentOf(await freshBook(Object.assign(chain, { onBatch: () => undefined }))),
    );
  });

  it("K-13 reads a range again whose last accrual was in another block than the endpoint then shows", async () => {
    const { chain, book, follower } = setting();
    chain.mine([listed()], [borrowed(accountOf(1), 7n, 9n)]);
    for (let n = 3; n <= 120; ++n) chain.mine(marked(n));
    const original = chain.batch.bind(chain);
    let spoilt = 0;
    chain.batch = async (calls) => {
      const answers = await original(calls);
      return answers.map((answer, i): RpcAnswer => {
        const isAccrual = calls[i]?.method === "eth_getBlockByNumber" && calls[i].params[0] === "0x2";
        if (!answer.ok || !isAccrual || spoilt > 0) return answer;
        spoilt += 1;
        return { ok: true, result: { ...(answer.result as object), hash: `0x${"22".repeat(32)}` } };
      });
    };
    await follower.advance();
    expect(spoilt).to.equal(1);
    expect(book.head?.number).to.equal(120);
    expect(book.vault.pool.accruedAt).to.equal(1_900_000_024n);
  });

  for (const depth of [1, 2, 5, 12, 40, MAX_REORG_BLOCKS]) {
    it(`K-13 rolls back a reorganisation ${depth} deep and ends with the same book as a fresh one`, async () => {
      const { chain, book, follower, rolledBack } = setting();
      chain.mine([listed()]);
      for (let n = 2; n <= 80; ++n) {
        chain.mine(marked(n));
        if (n % 3 === 0) await follower.advance();
      }
      await follower.advance();
      chain.reorganise(depth);
      for (let n = 0; n <= depth; ++n) chain.mine(marked(1_000 + n));
      expect((await follower.advance()).kind).to.equal("advanced");
      expect(rolledBack).to.have.length(depth);
      expect(rolledBack.at(-1)).to.equal(80 - depth);
      expect(contentOf(book)).to.deep.equal(contentOf(await freshBook(chain)));
    });
  }

  it("K-13 notices another block of the same height, and a shorter chain", async () => {
    const { chain, book, follower } = setting();
    chain.mine([listed()], marked(2), marked(3), marked(4));
    await follower.advance();
    chain.reorganise(1);
    chain.mine(marked(44));
    await follower.advance();
    expect(book.head?.hash).to.equal(chain.head.hash);
    chain.reorganise(2);
    chain.mine(marked(33));
    await follower.advance();
    expect(contentOf(book)).to.deep.equal(contentOf(await freshBook(chain)));
  });

  it("says so when a reorganisation goes deeper than the book remembers", async () => {
    const { chain, follower } = setting();
    chain.mine([listed()]);
    for (let n = 2; n <= 100; ++n) chain.mine(marked(n));
    await follower.advance();
    chain.reorganise(MAX_REORG_BLOCKS + 5);
    for (let n = 0; n < 80; ++n) chain.mine(marked(1_000 + n));
    expect((await follower.advance()).kind).to.equal("lost");
  });

  it("K-15 waits for an endpoint that lags instead of going back", async () => {
    const { chain, book, follower, rolledBack } = setting();
    chain.mine([listed()], marked(2), marked(3));
    await follower.advance();
    const head = book.head;
    const original = chain.batch.bind(chain);
    const lagging = new FakeChain(VAULT);
    lagging.mine([listed()], marked(2));
    chain.batch = (calls) => lagging.batch(calls);
    expect((await follower.advance()).kind).to.equal("same");
    chain.batch = original;
    expect(book.head).to.equal(head);
    expect(rolledBack).to.be.empty;
  });

  it("goes on where a failure stopped it, and tells of every block once", async () => {
    const { chain, book, follower, applied } = setting();
    chain.mine([listed()], marked(2));
    await follower.advance();
    chain.mine(marked(3), marked(4));
    let failures = 3;
    chain.onBatch = () => {
      if (failures-- > 0) throw new RetryableError("no answer");
    };
    for (let i = 0; i < 5 && book.head?.number !== 4; ++i) await follower.advance().catch(() => undefined);
    expect(applied.map(({ block }) => block.number)).to.deep.equal([1, 2, 3, 4]);
    expect(contentOf(book)).to.deep.equal(contentOf(await freshBook(chain)));
  });

  describe("C-65 given logs that cannot be true", () => {
    const cases: Record<string, (log: Record<string, unknown>) => Record<string, unknown>> = {
      "a removed log": (log) => ({ ...log, removed: true }),
      "another contract's log": (log) => ({ ...log, address: accountOf(1).slice(0, 42) }),
      "another block's log": (log) => ({ ...log, blockHash: `0x${"11".repeat(32)}` }),
      "a log without an index": (log) => ({ ...log, logIndex: undefined }),
      "a log cut short": (log) => ({ ...log, data: "0x00" }),
    };
    for (const [name, spoil] of Object.entries(cases)) {
      it(`refuses ${name}, changes nothing, and takes the true one later`, async () => {
        const { chain, book, follower } = setting();
        chain.mine([listed()]);
        await follower.advance();
        const before = contentOf(book);
        chain.mine(marked(2));
        const original = chain.batch.bind(chain);
        chain.batch = async (calls) => {
          const answers = await original(calls);
          return answers.map((answer): RpcAnswer => {
            if (!answer.ok || !Array.isArray(answer.result)) return answer;
            return { ok: true, result: answer.result.map((log: Record<string, unknown>) => spoil(log)) };
          });
        };
        const error: unknown = await follower.advance().catch((thrown: unknown) => thrown);
        expect(error).to.be.instanceOf(RetryableError);
        expect(contentOf(book)).to.deep.equal(before);
        chain.batch = original;
        await follower.advance();
        expect(book.head?.number).to.equal(2);
      });
    }

    it("takes each log once, in order, however they come", async () => {
      const { chain, book, follower } = setting();
      chain.mine(
        [listed()],
        [deposited(accountOf(1), 5n), deposited(accountOf(1), 6n), borrowed(accountOf(1), 3n, 4n)],
      );
      const original = chain.batch.bind(chain);
      chain.batch = async (calls) =>
        (await original(calls)).map((answer): RpcAnswer => {
          if (!answer.ok || !Array.isArray(answer.result)) return answer;
          const logs: unknown[] = answer.result;
          return { ok: true, result: [...logs].reverse().concat(logs) };
        });
      await follower.advance();
      expect(book.account(accountOf(1))?.collateral[0]).to.equal(6n);
      expect(book.vault.pool.totalDebtShares).to.equal(4n);
    });
  });
});
