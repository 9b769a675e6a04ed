import { idleSenderProbe } from "../../keeper/executors/senderProbe.ts";
import { expect } from "chai";
import { Transaction } from "ethers";
import { describe, it } from "mocha";
import { GiveUpError, RetryableError } from "../../keeper/errors.ts";
import { allowListOf } from "../../keeper/executors/allowList.ts";
import { contentOf } from "../../keeper/executors/sentTransaction.ts";
import { FakeJournal } from "./support/fakeJournal.ts";
import { FakeNode } from "./support/fakeNode.ts";
import { callParcel, GWEI, headerAt, outboxBench, targets } from "./support/outboxBench.ts";
import { recordingLog } from "./support/recordingLog.ts";
import { accountOf } from "./support/state.ts";

const keeper = targets.keeper;
const parcel = (...accounts: number[]) => callParcel(accounts);
const header = headerAt;
const setting = (node?: FakeNode, journal?: FakeJournal, maxFeeGwei?: bigint) =>
  outboxBench({
    ...(node === undefined ? {} : { node }),
    ...(journal === undefined ? {} : { journal }),
    ...(maxFeeGwei === undefined ? {} : { maxFeeGwei }),
  });

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
    await second.outbox.resume(header(1));
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

  it("K-08 stops while a stranger's transaction with its key still waits, before it signs for the same nonce", async () => {
    const { node, outbox, at } = await setting();
    node.pendingNonce = 0;
    await at(1);
    await outbox.send([parcel(1)], header(1));
    // Its own in the pool, and nothing else.
    node.pendingNonce = 1;
    await at(2);
    node.pendingNonce = 2;
    const error: unknown = await at(3).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(GiveUpError);
    expect(String(error)).to.contain("nonce 1").and.to.contain("another process has its key");
    expect(node.sends).to.have.length(1);
  });

  it("K-08 does not start beside another's transaction, nor stop for its own that it took back too early", async () => {
    const stranger = await setting();
    stranger.node.pendingNonce = 1;
    expect(await stranger.at(1).catch((thrown: unknown) => thrown)).to.be.instanceOf(GiveUpError);

    const own = await setting();
    await own.at(1);
    own.node.behaviour = "refuse";
    await own.outbox.send([parcel(1)], header(1));
    expect(own.outbox.busyAccounts(1).size).to.equal(0);
    // The endpoint that had refused it took it all the same, and says so now.
    own.node.pendingNonce = 1;
    expect(await own.at(2)).to.be.empty;
  });

  it("K-08 does not stop on the word of one endpoint that nobody confirms", async () => {
    const { node, outbox } = await setting();
    node.pendingNonce = 3;
    const probe = outbox.probe(1);
    const state = probe.read(await node.batch(probe.calls));
    expect(outbox.settle(1, { ...state, isDoubted: true })).to.be.empty;
    expect(() => outbox.settle(1, state)).to.throw(GiveUpError, "nonce 2");
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

  it("K-19 offers no more for what an earlier configuration signed, sends its bytes again and says so", async () => {
    const first = await setting();
    await first.at(1);
    await first.outbox.send([parcel(1)], header(1));
    const log = recordingLog();
    const allowList = allowListOf({ ...targets, vault: `0x${"ee".repeat(20)}` });
    const { node, journal, at } = await outboxBench({
      node: first.node,
      journal: first.journal,
      allowList,
      log,
    });
    for (let n = 2; n <= 12; ++n) await at(n);
    expect(new Set(node.sends).size).to.equal(1);
    expect(node.sends.length).to.be.greaterThan(1);
    expect(journal.entries.size).to.equal(1);
    expect(log.of("transaction.notAllowed")[0]).to.include({ nonce: 0, duty: "openCall" });
  });
});

describe("asking about a key with nothing on its way", () => {
  const sender = "0x00000000000000000000000000000000000000ee";
  const answer = (count: number) => [{ ok: true as const, result: `0x${count.toString(16)}` }];

  it("takes one call a block: what the chain holds, and in the next block what waits in the pool (K-08)", () => {
    const [even, odd] = [10, 11].map((block) => idleSenderProbe(sender, 7, block));
    expect(even!.calls.map(({ params }) => params)).to.deep.equal([[sender, "0xa"]]);
    expect(odd!.calls.map(({ params }) => params)).to.deep.equal([[sender, "pending"]]);
    expect(even!.read(answer(8))).to.include({ nonce: 8 });
    expect(even!.read(answer(8)).pendingNonce).to.equal(undefined);
    expect(odd!.read(answer(8))).to.include({ nonce: 7, pendingNonce: 8 });
    // One that does not say what waits says no more than was known.
    expect(odd!.read([{ ok: false, error: "no pool" }] as never)).to.include({
      nonce: 7,
      pendingNonce: undefined,
    });
  });
});
