import { expect } from "chai";
import { Transaction, Wallet, id } from "ethers";
import { describe, it } from "mocha";
import { GiveUpError, RetryableError } from "../../keeper/errors.ts";
import { allowListOf } from "../../keeper/executors/allowList.ts";
import { encodeAction, type Targets } from "../../keeper/executors/encodeAction.ts";
import { Outbox, type Parcel, type Settled } from "../../keeper/executors/outbox.ts";
import { contentOf } from "../../keeper/executors/sentTransaction.ts";
import { openSigner, type Signer } from "../../keeper/executors/signer.ts";
import { silentLog } from "../../keeper/log.ts";
import type { BlockHeader } from "../../keeper/sources/blockHeader.ts";
import type { Rpc, RpcAnswer, RpcCall } from "../../keeper/sources/rpcClient.ts";
import type { JournalEntry, Store } from "../../keeper/store/store.ts";
import { KEYS } from "./support/chain.ts";
import { accountOf } from "./support/state.ts";

const GWEI = 10n ** 9n;
const keeper = new Wallet(KEYS.keeper).address;
const targets: Targets = {
  vault: "0x00000000000000000000000000000000000000aa",
  oracle: "0x00000000000000000000000000000000000000bb",
  quote: "0x00000000000000000000000000000000000000cc",
  keeper,
};

/** A node's pool and chain, as far as a sender sees them. */
class FakeNode implements Rpc {
  /** Raw bytes by hash, as the pool took them. */
  readonly pool = new Map<string, string>();
  readonly sends: string[] = [];
  readonly mined = new Map<string, { block: number; status: bigint }>();
  nonce = 0;
  /** What happens to a sending: taken and answered, taken with the reply lost, or refused. */
  behaviour: "take" | "loseReply" | "refuse" | "refuseButTake" = "take";

  async batch(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]> {
    return Promise.resolve(calls).then((all) => all.map((call) => this.#answer(call)));
  }

  mine(hash: string, block: number, status = 1n): void {
    this.mined.set(hash, { block, status });
    this.nonce = Math.max(this.nonce, Transaction.from(this.pool.get(hash)).nonce + 1);
  }

  #answer({ method, params }: RpcCall): RpcAnswer {
    const [first] = params as [string];
    switch (method) {
      case "eth_getTransactionCount":
        return { ok: true, result: `0x${this.nonce.toString(16)}` };
      case "eth_getTransactionByHash":
        return { ok: true, result: this.pool.has(first) ? { hash: first } : null };
      case "eth_getTransactionReceipt": {
        const receipt = this.mined.get(first);
        if (receipt === undefined) return { ok: true, result: null };
        const { block, status } = receipt;
        return {
          ok: true,
          result: {
            transactionHash: first,
            blockNumber: `0x${block.toString(16)}`,
            status: `0x${status.toString(16)}`,
            gasUsed: "0x5208",
          },
        };
      }
      case "eth_sendRawTransaction": {
        const hash = Transaction.from(first).hash!;
        this.sends.push(first);
        if (this.behaviour !== "refuse") this.pool.set(hash, first);
        if (this.behaviour === "loseReply") throw new RetryableError("no answer");
        return this.behaviour === "take"
          ? { ok: true, result: hash }
          : { ok: false, code: -32000, message: "refused", data: undefined };
      }
      default:
        throw new Error(method);
    }
  }
}

/** The journal in memory; `log` tells in which order things were written and sent. */
class FakeJournal implements Pick<Store, "journal" | "settle" | "unsettled"> {
  readonly entries = new Map<string, JournalEntry & { outcome: string | undefined }>();

  journal(entries: readonly JournalEntry[]): void {
    for (const entry of entries) this.entries.set(entry.hash, { ...entry, outcome: undefined });
  }

  settle(hash: string, outcome: string | undefined): void {
    this.entries.set(hash, { ...this.entries.get(hash)!, outcome });
  }

  unsettled(): readonly JournalEntry[] {
    return [...this.entries.values()].filter(({ outcome }) => outcome === undefined);
  }
}

function header(number: number, baseFeePerGas = GWEI): BlockHeader {
  return {
    number,
    hash: id(`block ${number}`),
    parentHash: id(`block ${number - 1}`),
    timestamp: BigInt(number) * 12n,
    baseFeePerGas,
    gasUsed: 15_000_000n,
    gasLimit: 30_000_000n,
  };
}

function parcel(...accounts: number[]): Parcel {
  const items = accounts.map((n) => ({ account: accountOf(n), stake: 1n, reason: "Callable" }));
  const action = { duty: "openCall", items, gasLimit: 500_000n, stake: 1n, reason: "Callable" } as const;
  return { action, call: encodeAction(action, targets), spending: [] };
}

async function setting(node = new FakeNode(), journal = new FakeJournal(), maxFeeGwei = 100n * GWEI) {
  const signer: Signer = await openSigner({ privateKeyEnv: "KEY" }, { KEY: KEYS.keeper });
  const outbox = new Outbox({
    rpc: node,
    store: journal,
    signer,
    chainId: 31_337,
    allowList: allowListOf(targets),
    fees: { tipGwei: GWEI, maxFeeGwei },
    replaceAfterBlocks: 3,
    giveUpAfterBlocks: 20,
    log: silentLog,
  });
  /** What the keeper does at each block. */
  const at = async (number: number, baseFee?: bigint): Promise<readonly Settled[]> => {
    const probe = outbox.probe(number);
    const { nonce, receipts } = probe.read(await node.batch(probe.calls));
    const settled = outbox.settle(number, nonce, receipts);
    await outbox.maintain(header(number, baseFee), nonce);
    return settled;
  };
  return { node, journal, outbox, at };
}

function hashAt(node: FakeNode, index: number): string {
  return Transaction.from(node.sends.at(index)).hash!;
}

describe("Outbox", () => {
  it("sends in order with nonces that follow the chain's, without value", async () => {
    const { node, outbox, at } = await setting();
    node.nonce = 7;
    await at(1);
    await outbox.send([parcel(1), parcel(2)], header(1));
    const sent = node.sends.map((raw) => Transaction.from(raw));
    expect(sent.map(({ nonce }) => nonce)).to.deep.equal([7, 8]);
    for (const transaction of sent) {
      expect(transaction).to.include({ value: 0n, type: 2, chainId: 31_337n, from: keeper });
    }
    expect([...outbox.busyAccounts(1)]).to.deep.equal([accountOf(1), accountOf(2)]);
  });

  it("K-05 has the bytes in the journal before anybody sees them", async () => {
    const { node, journal, outbox, at } = await setting();
    await at(1);
    const original = node.batch.bind(node);
    node.batch = (calls) => {
      for (const { method, params } of calls) {
        if (method !== "eth_sendRawTransaction") continue;
        expect([...journal.entries.values()].map(({ raw }) => raw)).to.include(params[0]);
      }
      return original(calls);
    };
    await outbox.send([parcel(1)], header(1));
    expect(node.sends).to.have.length(1);
  });

  it("K-05 K-09 after a crash sends the same bytes again, and nothing else for that nonce", async () => {
    const first = await setting();
    await first.at(1);
    first.node.behaviour = "loseReply";
    const lost: unknown = await first.outbox.send([parcel(1)], header(1)).catch((error: unknown) => error);
    expect(lost).to.be.instanceOf(RetryableError);
    first.node.behaviour = "take";

    const second = await setting(first.node, first.journal);
    expect([...second.outbox.busyAccounts(1)]).to.deep.equal([accountOf(1)]);
    await second.outbox.resume();
    expect(first.node.sends.at(-1)).to.equal(first.node.sends[0]);
    await second.at(2);
    await second.outbox.send([parcel(2)], header(2));
    expect(Transaction.from(first.node.sends.at(-1)).nonce).to.equal(1);
  });

  it("K-07 knows a mined transaction by nonce and receipt, and frees its accounts", async () => {
    const { node, outbox, at } = await setting();
    await at(1);
    await outbox.send([parcel(1)], header(1));
    node.mine(hashAt(node, 0), 2);
    const [settled] = await at(2);
    expect(settled).to.deep.include({ duty: "openCall", accounts: [accountOf(1)] });
    expect(settled?.outcome).to.deep.include({ kind: "mined", block: 2, gasUsed: 21_000n });
    expect(outbox.busyAccounts(2).size).to.equal(0);
  });

  it("tells a reverted transaction from a successful one", async () => {
    const { node, outbox, at } = await setting();
    await at(1);
    await outbox.send([parcel(1)], header(1));
    node.mine(hashAt(node, 0), 2, 0n);
    const [settled] = await at(2);
    expect(settled?.outcome.kind).to.equal("reverted");
  });

  it("does not look at blocks that the book has not seen", async () => {
    const { node, outbox, at } = await setting();
    await at(1);
    await outbox.send([parcel(1)], header(1));
    node.mine(hashAt(node, 0), 3);
    node.nonce = 0;
    expect(await at(2)).to.be.empty;
    node.nonce = 1;
    expect(await at(3)).to.have.length(1);
  });

  it("K-06 K-17 replaces what waits with the same nonce and call at 12.5 % more or better, up to the limit", async () => {
    const { node, outbox, at } = await setting(new FakeNode(), new FakeJournal(), 20n * GWEI);
    await at(1);
    await outbox.send([parcel(1)], header(1));
    for (let block = 2; block <= 60; ++block) await at(block);
    const attempts = [...new Set(node.sends)].map((raw) => ({ ...contentOf({ nonce: 0, hash: "", raw }) }));
    expect(attempts.length).to.be.greaterThan(8);
    for (const [i, attempt] of attempts.entries()) {
      expect(attempt.data).to.equal(attempts[0]?.data);
      expect(attempt.fees.maxFeePerGas <= 20n * GWEI).to.be.true;
      const previous = attempts[i - 1]?.fees;
      if (previous === undefined) continue;
      expect(attempt.fees.maxFeePerGas * 1000n >= previous.maxFeePerGas * 1125n).to.be.true;
      expect(attempt.fees.maxPriorityFeePerGas * 1000n >= previous.maxPriorityFeePerGas * 1125n).to.be.true;
    }
    expect(new Set(node.sends.map((raw) => Transaction.from(raw).nonce))).to.deep.equal(new Set([0]));
    // At the limit the same bytes go out again.
    expect(node.sends.length).to.be.greaterThan(attempts.length);
  });

  it("K-06 follows a base fee that leaves its offer behind", async () => {
    const { node, outbox, at } = await setting();
    await at(1);
    await outbox.send([parcel(1)], header(1));
    await at(4, 30n * GWEI);
    const { fees } = contentOf({ nonce: 0, hash: "", raw: node.sends.at(-1)! });
    expect(fees.maxFeePerGas).to.equal(61n * GWEI);
  });

  it("K-07 recognises whichever sibling was mined, and settles all", async () => {
    const { node, journal, outbox, at } = await setting();
    await at(1);
    await outbox.send([parcel(1)], header(1));
    await at(4);
    await at(7);
    const hashes = [...new Set(node.sends)].map((raw) => Transaction.from(raw).hash!);
    expect(hashes).to.have.length(3);
    node.mine(hashes[1]!, 8);
    expect((await at(8))[0]?.outcome).to.include({ kind: "mined", hash: hashes[1] });
    expect(journal.unsettled()).to.be.empty;
    expect(journal.entries.get(hashes[0]!)?.outcome).to.equal("replaced");
  });

  it("gives the accounts free after the time to give up, and goes on with the nonce", async () => {
    const { outbox, at } = await setting();
    await at(1);
    await outbox.send([parcel(1)], header(1));
    await at(20);
    expect(outbox.busyAccounts(20).size).to.equal(1);
    expect(outbox.busyAccounts(21).size).to.equal(0);
    expect(outbox.busyDuties().size).to.equal(1);
  });

  it("takes a nonce back when the endpoint refuses and does not know the transaction", async () => {
    const { node, journal, outbox, at } = await setting();
    await at(1);
    node.behaviour = "refuse";
    await outbox.send([parcel(1)], header(1));
    expect(outbox.busyAccounts(1).size).to.equal(0);
    expect(journal.unsettled()).to.be.empty;
    node.behaviour = "take";
    await outbox.send([parcel(2)], header(1));
    expect(Transaction.from(node.sends.at(-1)).nonce).to.equal(0);
  });

  it("K-05 keeps a nonce when the endpoint refuses but has taken the transaction", async () => {
    const { node, outbox, at } = await setting();
    await at(1);
    node.behaviour = "refuseButTake";
    await outbox.send([parcel(1)], header(1));
    expect(outbox.busyAccounts(1).size).to.equal(1);
    node.mine(hashAt(node, 0), 2);
    expect(await at(2)).to.have.length(1);
  });

  it("K-08 stops at the first nonce it did not use", async () => {
    const { node, outbox, at } = await setting();
    await at(1);
    await outbox.send([parcel(1)], header(1));
    node.mine(hashAt(node, 0), 2);
    node.nonce = 2;
    const error: unknown = await at(2).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(GiveUpError);
    expect(String(error)).to.contain("nonce 1");
  });

  it("K-08 stops when its nonce was used by somebody else, but gives a slow endpoint time", async () => {
    const { node, outbox, at } = await setting();
    await at(1);
    await outbox.send([parcel(1)], header(1));
    node.nonce = 1;
    for (let block = 2; block < 10; ++block) await at(block);
    const error: unknown = await at(10).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(GiveUpError);
    expect(String(error)).to.contain("nonce 0");
  });

  it("accepts nonces used before it was started", async () => {
    const { node, outbox, at } = await setting();
    node.nonce = 5;
    await at(1);
    await outbox.send([parcel(1)], header(1));
    expect(Transaction.from(node.sends[0]).nonce).to.equal(5);
  });

  it("K-13 opens again what a reorganisation has undone, and sends it again", async () => {
    const { node, journal, outbox, at } = await setting();
    await at(1);
    await outbox.send([parcel(1)], header(1));
    const hash = hashAt(node, 0);
    node.mine(hash, 2);
    await at(2);
    node.mined.clear();
    node.nonce = 0;
    outbox.rollBackTo(1);
    expect(journal.unsettled().map((entry) => entry.hash)).to.deep.equal([hash]);
    expect([...outbox.busyAccounts(2)]).to.deep.equal([accountOf(1)]);
    await at(5);
    expect(Transaction.from(node.sends.at(-1))).to.include({ nonce: 0 });
    await outbox.send([parcel(2)], header(5));
    expect(Transaction.from(node.sends.at(-1)).nonce).to.equal(1);
  });

  it("K-19 signs nothing that is not on the allow-list", async () => {
    const { node, journal, outbox, at } = await setting();
    await at(1);
    const good = parcel(1);
    const stray = { ...good, call: { to: targets.quote, data: good.call.data } };
    const error: unknown = await outbox.send([stray], header(1)).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(GiveUpError);
    expect(node.sends).to.be.empty;
    expect(journal.entries.size).to.equal(0);
  });
});
