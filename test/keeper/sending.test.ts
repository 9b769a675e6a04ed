import { expect } from "chai";
import { Transaction } from "ethers";
import { describe, it } from "mocha";
import { GiveUpError, RetryableError } from "../../keeper/errors.ts";
import { allowListOf } from "../../keeper/executors/allowList.ts";
import { DeadLetters } from "../../keeper/executors/deadLetters.ts";
import { TOKEN_ABI, VAULT_ABI } from "../../keeper/executors/encodeAction.ts";
import { nextBaseFee } from "../../keeper/executors/fees.ts";
import { RevertLosses } from "../../keeper/executors/revertLosses.ts";
import { contentOf } from "../../keeper/executors/sentTransaction.ts";
import { openSigner } from "../../keeper/executors/signer.ts";
import { silentLog } from "../../keeper/log.ts";
import type { RpcCall } from "../../keeper/sources/rpcClient.ts";
import type { DeadLetter } from "../../keeper/store/records.ts";
import { KEYS } from "./support/chain.ts";
import { FakeJournal } from "./support/fakeJournal.ts";
import { FakeNode } from "./support/fakeNode.ts";
import {
  callParcel,
  GWEI,
  headerAt,
  outboxBench,
  sentAt,
  takeParcel,
  targets,
} from "./support/outboxBench.ts";
import { accountOf } from "./support/state.ts";

const PATIENCE = { patienceBlocks: 4 };

/** What kill -9 looks like from inside: whatever was awaited never comes. */
class Killed extends Error {}

/** Dies at the nth thing it is asked, before or after the node or the disk has done it. */
function mortal(
  node: FakeNode,
  journal: FakeJournal,
  dieAt: number,
): { readonly node: FakeNode; asked: number } {
  const state = { node: Object.create(node) as FakeNode, asked: 0 };
  const die = (when: "before" | "after") => {
    state.asked += 1;
    if (state.asked === dieAt) throw new Killed(when);
  };
  state.node.batch = async (calls: readonly RpcCall[]) => {
    die("before");
    const answers = await node.batch(calls);
    die("after");
    return answers;
  };
  const write = journal.journal.bind(journal);
  journal.journal = (...args) => {
    die("before");
    write(...args);
    die("after");
  };
  return state;
}

describe("sending", () => {
  describe("K-05 K-09 killed at every await point", () => {
    /** Three blocks' work, from a fresh start; throws `Killed` when its time has come. */
    async function work(node: FakeNode, journal: FakeJournal, from: number): Promise<void> {
      const { outbox, at } = await outboxBench({ node, journal });
      await at(from);
      await outbox.resume(headerAt(from));
      const isBusy = (n: number) => outbox.busyAccounts(from).has(accountOf(n));
      const due = [1, 2].filter((n) => !isBusy(n));
      await outbox.send(
        due.map((n) => callParcel([n], PATIENCE)),
        headerAt(from),
      );
      // It waits and is replaced.
      for (const block of [from + 3, from + 5]) await at(block, 2n * GWEI);
    }

    const points = Array.from({ length: 40 }, (_, i) => i + 1);
    it(`sends one transaction for a nonce and one for an account, wherever it died (${points.length} points)`, async () => {
      let deaths = 0;
      for (const dieAt of points) {
        const node = new FakeNode();
        const journal = new FakeJournal();
        const { node: dying } = mortal(node, journal, dieAt);
        const death: unknown = await work(dying, journal, 1).catch((error: unknown) => error);
        if (death !== undefined) expect(death).to.be.instanceOf(Killed);
        if (death !== undefined) deaths += 1;
        Reflect.deleteProperty(journal, "journal");
        await work(node, journal, 10);
        node.mineAll(20);
        const { at } = await outboxBench({ node, journal });
        await at(20);
        expect(journal.unsettled(), `died at ${dieAt}`).to.be.empty;
        const mined = [...node.mined.keys()].map((hash) => Transaction.from(node.pool.get(hash)));
        expect(mined.map(({ nonce }) => nonce).sort(), `died at ${dieAt}`).to.deep.equal([0, 1]);
        const datas = mined.map(({ data }) => data);
        expect(new Set(datas).size, `died at ${dieAt}`).to.equal(2);
        // All that was ever signed for a nonce calls the same.
        const byNonce = Map.groupBy(
          node.sends.map((raw) => Transaction.from(raw)),
          ({ nonce }) => nonce,
        );
        for (const siblings of byNonce.values())
          expect(new Set(siblings.map(({ data }) => data)).size).to.equal(1);
      }
      expect(deaths).to.be.greaterThan(15);
    }).timeout(30_000);
  });

  describe("K-07 dropped, waiting and mined", () => {
    it("sends the same bytes again once no pool knows them for two blocks, and raises nothing", async () => {
      const { node, outbox, at } = await outboxBench({ replaceAfterBlocks: 10 });
      await at(1);
      node.behaviour = "swallow";
      await outbox.send([callParcel([1])], headerAt(1));
      await at(2);
      expect(node.sends).to.have.length(1);
      await at(3);
      node.behaviour = "take";
      await at(4);
      expect(node.sends).to.have.length(2);
      expect(node.sends[1]).to.equal(node.sends[0]);
      for (let block = 5; block < 10; ++block) await at(block);
      expect(node.sends).to.have.length(2);
    });

    it("leaves alone what waits in the pool until its time to be replaced", async () => {
      const { node, outbox, at } = await outboxBench({ replaceAfterBlocks: 10 });
      await at(1);
      await outbox.send([callParcel([1])], headerAt(1));
      for (let block = 2; block < 10; ++block) await at(block);
      expect(node.sends).to.have.length(1);
    });

    it("never waits: a block's work is done while everything before it is still on its way", async () => {
      const { node, outbox, at } = await outboxBench();
      for (let block = 1; block <= 5; ++block) {
        await at(block);
        await outbox.send([callParcel([block])], headerAt(block));
      }
      expect(new Set(node.sends.map((raw) => Transaction.from(raw).nonce))).to.deep.equal(
        new Set([0, 1, 2, 3, 4]),
      );
    });
  });

  describe("K-08 nonces", () => {
    it("fills a gap before anything else, for nothing behind it is ever mined", async () => {
      const journal = new FakeJournal();
      const first = await outboxBench({ journal });
      await first.at(1);
      await first.outbox.send([callParcel([1]), callParcel([2]), callParcel([3])], headerAt(1));
      // The first entry is gone: a journal restored from an older copy.
      const [lost] = journal.unsettled();
      journal.entries.delete(lost!.hash);
      first.node.pool.delete(lost!.hash);
      const second = await outboxBench({ journal, node: first.node });
      await second.at(2);
      await second.outbox.send([callParcel([4]), callParcel([5])], headerAt(2));
      expect([sentAt(first.node, -2).nonce, sentAt(first.node, -1).nonce]).to.deep.equal([0, 3]);
    });

    it("K-15 stops for a stranger's nonce, and not on the word of one endpoint that another did not confirm", async () => {
      const { node, outbox, at } = await outboxBench();
      await at(1);
      await outbox.send([callParcel([1])], headerAt(1));
      const made = { nonce: 99, receipts: new Map(), known: new Set(node.pool.keys()) };
      expect(outbox.settle(2, { ...made, isDoubted: true })).to.be.empty;
      await outbox.send([callParcel([2])], headerAt(2));
      // What was made up is not what comes next.
      expect(sentAt(node, -1).nonce).to.equal(1);
      expect(() => outbox.settle(3, { ...made, isDoubted: false })).to.throw("nonce 98 was used");
    });

    it("takes back all nonces of a batch that the node refuses", async () => {
      const { node, journal, outbox, at } = await outboxBench();
      await at(1);
      node.behaviour = "refuse";
      await outbox.send(
        [1, 2, 3].map((n) => callParcel([n])),
        headerAt(1),
      );
      expect(journal.unsettled()).to.be.empty;
      node.behaviour = "take";
      await outbox.send([callParcel([4])], headerAt(1));
      expect(sentAt(node, -1).nonce).to.equal(0);
    });

    it("K-16 takes back no nonce that another endpoint knows, or does not speak of", async () => {
      const knows = new FakeNode();
      const silent = new FakeNode();
      for (const other of [knows, silent]) {
        const { node, outbox, at } = await outboxBench();
        await at(1);
        node.behaviour = "refuse";
        const group = Object.assign(Object.create(node) as FakeNode, {
          first: undefined,
          others: () => [node, other],
        });
        const bench = await outboxBench({ node, rpc: group });
        await bench.at(1);
        other.behaviour = "take";
        const parcel = callParcel([1]);
        if (other === silent) other.batch = () => Promise.reject(new RetryableError("no answer"));
        else {
          const send = node.batch.bind(node);
          node.batch = async (calls) => {
            await other.batch(calls.filter(({ method }) => method === "eth_sendRawTransaction"));
            return send(calls);
          };
        }
        await bench.outbox.send([parcel], headerAt(1));
        expect(bench.outbox.busyAccounts(1).size).to.equal(1);
        expect(outbox.busyAccounts(1).size).to.equal(0);
      }
    });

    it("does not go back to used nonces when an endpoint lags", async () => {
      const { node, outbox, at } = await outboxBench();
      node.nonce = 5;
      await at(1);
      node.nonce = 3;
      await at(2);
      await outbox.send([callParcel([1])], headerAt(2));
      expect(sentAt(node, -1).nonce).to.equal(5);
    });
  });

  describe("K-13 K-14 a reorganisation", () => {
    it("that drops a transaction is followed by the same bytes at the next block, whoever has forgotten them", async () => {
      const { node, outbox, at } = await outboxBench();
      await at(5);
      await outbox.send([callParcel([1])], headerAt(5));
      node.mineAll(6);
      await at(6);
      node.mined.clear();
      node.pool.clear();
      node.nonce = 0;
      outbox.rollBackTo(3);
      await at(4);
      expect(node.sends).to.have.length(2);
      expect(node.sends[1]).to.equal(node.sends[0]);
    });

    it("that drops it later than it was signed is followed by them at once too, not after two blocks", async () => {
      const { node, outbox, at } = await outboxBench({ replaceAfterBlocks: 10 });
      await at(5);
      await outbox.send([callParcel([1])], headerAt(5));
      node.mineAll(6);
      await at(6);
      node.mined.clear();
      node.pool.clear();
      node.nonce = 0;
      outbox.rollBackTo(5);
      await at(6);
      expect(node.sends).to.have.length(2);
      expect(node.sends[1]).to.equal(node.sends[0]);
    });

    it("after which the call is no longer valid costs its gas and no more: it is settled, and its account free", async () => {
      const { node, outbox, at } = await outboxBench();
      await at(5);
      await outbox.send([callParcel([1])], headerAt(5));
      node.mineAll(6);
      await at(6);
      const [hash] = [...node.mined.keys()];
      node.mined.clear();
      node.nonce = 0;
      outbox.rollBackTo(4);
      node.mine(hash!, 7, 0n);
      const [settled] = await at(7);
      expect(settled?.outcome.kind).to.equal("reverted");
      expect(outbox.busyAccounts(7).size).to.equal(0);
    });
  });

  describe("K-06 K-17 fees within a budget", () => {
    /** 100,000 gas are expected. */
    const worth = (gwei: bigint) => ({ budgetWei: 100_000n * gwei * GWEI, ...PATIENCE });

    it("rise to the budget as time runs out, by the block where they are late, and stop there", async () => {
      const { node, outbox, at } = await outboxBench({ maxFeeGwei: 1_000n * GWEI });
      await at(1);
      await outbox.send([callParcel([1], worth(40n))], headerAt(1));
      const offers: bigint[] = [];
      for (let block = 2; block <= 20; ++block) {
        await at(block);
        offers.push(contentOf({ nonce: 0, hash: "", raw: node.sends.at(-1)! }).fees.maxFeePerGas / GWEI);
      }
      expect(offers.slice(0, 6)).to.deep.equal([3n, 4n, 8n, 16n, 33n, 40n]);
      expect(offers.every((offer) => offer <= 40n)).to.be.true;
    });

    it("K-17 gas a hundred times as dear: what is worth it goes at once, what is not takes no nonce and holds up nobody", async () => {
      const { node, outbox, at } = await outboxBench({ maxFeeGwei: 1_000n * GWEI });
      await at(1);
      const spike = headerAt(1, 100n * GWEI);
      const parcels = [
        callParcel([1], worth(20n)),
        callParcel([2], worth(500n)),
        callParcel([3], worth(99n)),
      ];
      expect(await outbox.send(parcels, spike)).to.equal(1);
      const sent = sentAt(node, -1);
      expect(sent.nonce).to.equal(0);
      expect(sent.maxFeePerGas! >= nextBaseFee(spike) && sent.maxFeePerGas! <= 500n * GWEI).to.be.true;
      expect([...outbox.busyAccounts(1)]).to.deep.equal([accountOf(2)]);
    });

    it("K-17 what a spike has left behind is raised at the cost of what waits behind it, in the same block", async () => {
      const { node, outbox, at } = await outboxBench({ maxFeeGwei: 1_000n * GWEI });
      await at(1);
      await outbox.send([callParcel([1], worth(5n))], headerAt(1));
      await at(2, 100n * GWEI);
      // Its own budget is used up.
      expect(sentAt(node, -1).maxFeePerGas! <= 5n * GWEI).to.be.true;
      await outbox.send([callParcel([2], worth(600n))], headerAt(2, 100n * GWEI));
      expect(node.mineAll(3, 100n * GWEI)).to.have.length(2);
      const paid = [...node.mined.keys()].map(
        (hash) => contentOf({ nonce: 0, hash, raw: node.pool.get(hash)! }).fees,
      );
      const total = paid.reduce((sum, { maxFeePerGas }) => sum + 100_000n * maxFeePerGas, 0n);
      expect(total <= 100_000n * 605n * GWEI).to.be.true;
    });

    it("K-17 frees the account of what its budget has left behind, to be decided anew at today's worth", async () => {
      const { outbox, at } = await outboxBench({ maxFeeGwei: 1_000n * GWEI });
      await at(1);
      await outbox.send([callParcel([1], worth(5n))], headerAt(1));
      await at(2, 4n * GWEI);
      expect([...outbox.busyAccounts(2)]).to.deep.equal([accountOf(1)]);
      await at(3, 6n * GWEI);
      expect([...outbox.busyAccounts(3)]).to.be.empty;
      // What is cheap again is on its way again.
      await at(4, 4n * GWEI);
      expect([...outbox.busyAccounts(4)]).to.deep.equal([accountOf(1)]);
    });

    it("K-17 begins nothing below the base fee of the last block, whose fall is not certain", async () => {
      const { outbox, at } = await outboxBench({ maxFeeGwei: 1_000n * GWEI });
      await at(1);
      const empty = { ...headerAt(1, 8n * GWEI), gasUsed: 0n };
      expect(nextBaseFee(empty)).to.equal(7n * GWEI);
      expect(
        await outbox.send([callParcel([1], { ...worth(15n), budgetWei: 750_000n * GWEI })], empty),
      ).to.equal(0);
      expect(await outbox.send([callParcel([1], worth(8n))], empty)).to.equal(1);
    });

    it("K-21 books what an account may lose by an offer, and more only when the offer is raised", async () => {
      const { journal, outbox, at } = await outboxBench({ maxFeeGwei: 1_000n * GWEI });
      await at(1);
      // 2,000 USDC an ether, and a gain of 0.4 USDC: at 3 gwei, 100,000 gas cost 0.6.
      const terms = { ...worth(9n), gainsWei: [200_000n * GWEI], nativePrice36: 2n * 10n ** 27n };
      await outbox.send([takeParcel(1, "liquidateCritical", terms)], headerAt(1));
      expect(journal.lostOn(accountOf(1))).to.equal(200_000n);
      for (let block = 2; block < 12; ++block) await at(block);
      const booked = journal.lostOn(accountOf(1));
      // Never above the budget of 9 gwei: 1.8 USDC less the gain.
      expect(booked > 200_000n && booked <= 1_400_000n).to.be.true;
    });
  });

  describe("a private relay", () => {
    const relayOn = (rpc: FakeNode, method: "eth_sendRawTransaction" | "eth_sendPrivateTransaction") => {
      const seen: RpcCall[] = [];
      const relay = {
        method,
        blocks: 3,
        rpc: {
          batch: (calls: readonly RpcCall[]) => {
            seen.push(...calls);
            return rpc.batch(calls.map(({ params }) => ({ method: "eth_sendRawTransaction", params })));
          },
        },
      };
      return { relay, seen };
    };

    it("has a liquidation for itself for so many blocks; then everybody sees the same bytes", async () => {
      const { relay, seen } = relayOn(new FakeNode(), "eth_sendRawTransaction");
      const { node, outbox, at } = await outboxBench({ relay, replaceAfterBlocks: 10 });
      await at(1);
      await outbox.send([takeParcel(1, "liquidateProfitable"), callParcel([2])], headerAt(1));
      expect(seen).to.have.length(1);
      // Nobody competes for a call.
      expect(node.sends.map((raw) => Transaction.from(raw).nonce)).to.deep.equal([1]);
      await at(2);
      await at(3);
      expect(node.sends).to.have.length(1);
      await at(4);
      expect(node.sends.at(-1)).to.equal(seen[0]?.params[0]);
    });

    it("that fails or refuses is passed over at once", async () => {
      const dead = { batch: () => Promise.reject(new RetryableError("no answer")) };
      const refusing = new FakeNode();
      refusing.behaviour = "refuse";
      for (const rpc of [dead, refusing]) {
        const relay = { rpc, method: "eth_sendRawTransaction", blocks: 3 } as const;
        const { node, outbox, at } = await outboxBench({ relay });
        await at(1);
        expect(await outbox.send([takeParcel(1, "liquidateCritical")], headerAt(1))).to.equal(1);
        expect(node.sends).to.have.length(1);
      }
    });

    it("may speak eth_sendPrivateTransaction", async () => {
      const seen: RpcCall[] = [];
      const rpc = {
        batch: (calls: readonly RpcCall[]) => {
          seen.push(...calls);
          return Promise.resolve(calls.map(() => ({ ok: true as const, result: "0x" })));
        },
      };
      const relay = { rpc, method: "eth_sendPrivateTransaction", blocks: 3 } as const;
      const { node, journal, outbox, at } = await outboxBench({ relay });
      await at(1);
      await outbox.send([takeParcel(1, "liquidateCritical")], headerAt(1));
      const [entry] = journal.unsettled();
      expect(seen).to.deep.equal([{ method: "eth_sendPrivateTransaction", params: [{ tx: entry?.raw }] }]);
      expect(node.sends).to.be.empty;
    });
  });

  describe("K-21 K-22 accounts that fail", () => {
    const letters = () => {
      const kept = new Map<string, DeadLetter>();
      const store = {
        setDeadLetter: (letter: DeadLetter) => void kept.set(letter.account, letter),
        removeDeadLetter: (account: string) => void kept.delete(account),
        deadLetters: () => [...kept.values()],
      };
      return { kept, deadLetters: new DeadLetters(store, silentLog), store };
    };
    const failure = (n: number) => ({ account: accountOf(n), kind: "failed" as const, reason: "Poison" });

    it("K-22 one that fails ten times while others pass is quarantined, listed, tried seldom, and released when it passes", () => {
      const { kept, deadLetters, store } = letters();
      for (let i = 0; i < 9; ++i) deadLetters.failed(failure(1), 100 + i);
      deadLetters.succeeded(accountOf(2), 105);
      expect(kept.size).to.equal(0);
      deadLetters.failed(failure(1), 110);
      expect(kept.get(accountOf(1))).to.deep.equal({
        account: accountOf(1),
        block: 110,
        failures: 10,
        reason: "Poison",
      });
      expect(deadLetters.waiting(365)).to.deep.equal([accountOf(1)]);
      expect(deadLetters.waiting(366)).to.be.empty;
      expect(new DeadLetters(store, silentLog).isQuarantined(accountOf(1))).to.be.true;
      deadLetters.succeeded(accountOf(1), 366);
      expect(kept.size).to.equal(0);
    });

    it("K-22 nobody is quarantined when everybody fails: then the fault is elsewhere", () => {
      const { kept, deadLetters } = letters();
      for (let i = 0; i < 30; ++i) for (const n of [1, 2, 3]) deadLetters.failed(failure(n), 100 + i);
      expect(kept.size).to.equal(0);
      expect(deadLetters.waiting(129 + 32)).to.be.empty;
    });

    it("K-22 a polite refusal is no failure, however often it comes", () => {
      const { kept, deadLetters } = letters();
      deadLetters.succeeded(accountOf(2), 200);
      for (let i = 0; i < 30; ++i) deadLetters.failed({ ...failure(1), kind: "refused" }, 100 + i);
      expect(kept.size).to.equal(0);
    });

    it("K-21 gas lost on an account by liquidations that fail on the chain is bounded for a day", () => {
      const losses = new RevertLosses();
      losses.add(accountOf(1), 7, 6n);
      expect(losses.over(10n, 7)).to.be.empty;
      losses.add(accountOf(1), 7, 4n);
      losses.add(accountOf(2), 7, 9n);
      expect(losses.over(10n, 7)).to.deep.equal([accountOf(1)]);
      expect(losses.over(10n, 8)).to.be.empty;
    });
  });

  describe("K-19 K-20 before signing", () => {
    const limits = { chainId: 31_337n, maxGas: 16_000_000n, maxFeePerGas: 300n * GWEI };
    const list = allowListOf(targets, limits);
    const { call } = takeParcel(1, "liquidateCritical");
    const good = { ...call, chainId: 31_337n, value: 0n, gasLimit: 500_000n, maxFeePerGas: GWEI };
    const stranger = "0x00000000000000000000000000000000000000ff";
    const take = (to: string, data: string) =>
      VAULT_ABI.encodeFunctionData("liquidate", [accountOf(1), targets.quote, 1n, 0n, to, data]);
    const bad: Readonly<Record<string, Partial<typeof good>>> = {
      "any value": { value: 1n },
      "another chain": { chainId: 1n },
      "more gas than configured": { gasLimit: 16_000_001n },
      "a dearer unit of gas than configured": { maxFeePerGas: 300n * GWEI + 1n },
      "collateral for somebody else": { data: take(stranger, "0x") },
      "a batch for somebody else": { data: VAULT_ABI.encodeFunctionData("liquidateMany", [[], stranger]) },
      "a liquidation that calls back": { data: take(targets.keeper, "0x01") },
      "an approval for somebody else": {
        to: targets.quote,
        data: TOKEN_ABI.encodeFunctionData("approve", [stranger, 1n]),
      },
    };
    it("passes what the keeper sends", () => {
      list.checkTransaction(good);
    });
    for (const [name, change] of Object.entries(bad)) {
      it(`refuses ${name}`, () => {
        expect(() => {
          list.checkTransaction({ ...good, ...change });
        }).to.throw(GiveUpError, "refused to sign");
      });
    }

    it("refuses a gas limit above EIP-7825's when nothing is configured", () => {
      expect(() => {
        allowListOf(targets).checkTransaction({ ...good, gasLimit: 16_777_217n });
      }).to.throw(GiveUpError, "16777217 gas");
    });

    it("signs for its own chain only", async () => {
      const signer = await openSigner({ privateKeyEnv: "KEY" }, { KEY: KEYS.keeper });
      const fees = { maxFeePerGas: GWEI, maxPriorityFeePerGas: 0n };
      const unsigned = { ...call, nonce: 0, gasLimit: 500_000n, fees };
      expect(Transaction.from((await signer.sign(unsigned, 31_337, list)).raw).from).to.equal(targets.keeper);
      const error: unknown = await signer.sign(unsigned, 1, list).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(GiveUpError);
    });
  });
});
