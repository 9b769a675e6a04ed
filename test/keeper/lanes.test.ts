import { expect } from "chai";
import { Transaction } from "ethers";
import { describe, it } from "mocha";
import { RetryableError } from "../../keeper/errors.ts";
import { BlindBook } from "../../keeper/executors/blindBook.ts";
import { DeadLetters } from "../../keeper/executors/deadLetters.ts";
import { encodeAction } from "../../keeper/executors/encodeAction.ts";
import { Executor } from "../../keeper/executors/executor.ts";
import { GasBudget } from "../../keeper/executors/gasBudget.ts";
import { GasWatch } from "../../keeper/executors/gasWatch.ts";
import { laneOf, LANES } from "../../keeper/executors/lane.ts";
import { Lanes } from "../../keeper/executors/lanes.ts";
import { silentLog, type LogFields } from "../../keeper/log.ts";
import { DUTIES, type Action } from "../../keeper/policy/action.ts";
import type { RpcAnswer, RpcCall } from "../../keeper/sources/rpcClient.ts";
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
  UNBOUND,
  type OutboxBench,
} from "./support/outboxBench.ts";
import { accountOf } from "./support/state.ts";

const NORMAL_KEY = KEYS.deployer;
const HOUSEKEEPING_KEY = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";
const noLetters = {
  setDeadLetter: () => undefined,
  removeDeadLetter: () => undefined,
  deadLetters: () => [],
};

interface ThreeLanes {
  readonly lanes: Lanes;
  readonly urgent: OutboxBench;
  readonly normal: OutboxBench;
  readonly housekeeping: OutboxBench;
}

/** Three keys on nodes of their own, one journal and one day's budget. */
async function threeLanes(dailyWei?: bigint): Promise<ThreeLanes> {
  const journal = new FakeJournal();
  const gasBudget = new GasBudget({ dailyWei, store: journal, log: silentLog });
  const bench = (key: string) => outboxBench({ key, journal, gasBudget });
  const [urgent, normal, housekeeping] = [
    await bench(KEYS.keeper),
    await bench(NORMAL_KEY),
    await bench(HOUSEKEEPING_KEY),
  ];
  const lanes = new Lanes({
    urgent: urgent.outbox,
    normal: normal.outbox,
    housekeeping: housekeeping.outbox,
  });
  return { lanes, urgent, normal, housekeeping };
}

const noFlash = { refused: () => undefined };

describe("laneOf", () => {
  it("has liquidations and what they wait for apart from calls, and both apart from housekeeping", () => {
    const lanes = LANES.map((lane) => DUTIES.filter((duty) => laneOf(duty) === lane));
    expect(lanes).to.deep.equal([
      ["approve", "liquidateCritical", "liquidateProfitable"],
      ["reopenCall", "openCall", "closeCall", "bookLoss"],
      ["record", "bookFee", "poke"],
    ]);
  });
});

describe("Lanes", () => {
  it("K-17 a call that is stuck with its nonce holds up no liquidation", async () => {
    const { lanes, urgent, normal } = await threeLanes();
    await normal.at(1);
    await urgent.at(1);
    await lanes.outboxFor("openCall").send([callParcel([1])], headerAt(1));
    await lanes.outboxFor("liquidateCritical").send([takeParcel(2, "liquidateCritical")], headerAt(1));
    expect([normal, urgent].map(({ node }) => sentAt(node, 0).nonce)).to.deep.equal([0, 0]);
    expect(sentAt(normal.node, 0).from).to.not.equal(sentAt(urgent.node, 0).from);
    expect(lanes.busyAccounts(1).size).to.equal(2);
    expect([...lanes.busyDuties()]).to.have.members(["openCall", "liquidateCritical"]);
  });

  it("with one key have one outbox, for a key has one row of nonces", async () => {
    const { outbox, node, at } = await outboxBench();
    const lanes = new Lanes({ urgent: outbox, normal: outbox, housekeeping: outbox });
    expect(lanes.all).to.deep.equal([outbox]);
    await at(1);
    await lanes.outboxFor("openCall").send([callParcel([1])], headerAt(1));
    await lanes.outboxFor("liquidateCritical").send([takeParcel(2, "liquidateCritical")], headerAt(1));
    expect(node.sends.map((raw) => Transaction.from(raw).nonce)).to.deep.equal([0, 1]);
  });

  it("asks for every key's nonce, coins and transactions in one request, and gives each its own", async () => {
    const { lanes, urgent, normal } = await threeLanes();
    await normal.at(1);
    await normal.outbox.send([callParcel([1])], headerAt(1));
    const probe = lanes.probe(1);
    const answer = ({ method, params }: RpcCall): RpcAnswer => {
      const isUrgent = params[0] === urgent.outbox.address;
      if (method === "eth_getBalance") return { ok: true, result: isUrgent ? "0x10" : "0x5" };
      if (method === "eth_getTransactionCount") return { ok: true, result: isUrgent ? "0x7" : "0x0" };
      return { ok: true, result: null };
    };
    const states = probe.read(probe.calls.map(answer));
    expect(states.map(({ nativeWei }) => nativeWei)).to.deep.equal([16n, 5n, 5n]);
    expect(states.map(({ sender }) => sender.nonce)).to.deep.equal([7, 0, 0]);
    expect(states.map(({ lanes: names }) => names)).to.deep.equal(LANES.map((lane) => [lane]));
  });

  it("K-02 one whose endpoint fails does not keep the others from sending again", async () => {
    const { lanes, urgent, normal, housekeeping } = await threeLanes();
    const all = [urgent, normal, housekeeping];
    for (const { at } of all) await at(1);
    for (const [i, { outbox }] of all.entries()) await outbox.send([callParcel([i])], headerAt(1));
    urgent.node.batch = () => Promise.reject(new RetryableError("no answer"));
    const sender = { nonce: 0, receipts: new Map(), known: new Set<string>() };
    const states = all.map(({ outbox }) => ({ outbox, lanes: [], sender, nativeWei: 0n }));
    const error: unknown = await lanes.maintain(headerAt(9), states).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(RetryableError);
    expect([normal, housekeeping].map(({ node }) => node.sends.length)).to.deep.equal([2, 2]);
  });

  it("share the day's budget for gas", async () => {
    const { lanes, urgent, normal } = await threeLanes(2n * 500_000n * 3n * GWEI);
    await normal.at(1);
    await urgent.at(1);
    expect(await lanes.outboxFor("openCall").send([callParcel([1])], headerAt(1))).to.equal(1);
    const take = [takeParcel(2, "liquidateCritical")];
    expect(await lanes.outboxFor("liquidateCritical").send(take, headerAt(1))).to.equal(1);
    expect(await lanes.outboxFor("liquidateCritical").send(take, headerAt(1))).to.equal(0);
  });
});

describe("Executor with lanes", () => {
  const take = takeParcel(1, "liquidateCritical").action;
  const book: Action = {
    duty: "bookLoss",
    items: [{ account: accountOf(2), stake: 1n, reason: "" }],
    gasLimit: 100_000n,
    stake: 1n,
    reason: "",
  };

  it("K-02 a simulation that hangs in one lane keeps no other lane from sending", async () => {
    const { lanes, urgent, normal } = await threeLanes();
    for (const { at } of [urgent, normal]) await at(1);
    const takeData = encodeAction(take, targets).data;
    let release: () => void = () => undefined;
    const hangs = new Promise<void>((resolve) => {
      release = resolve;
    });
    const rpc = {
      batch: async ([call]: readonly RpcCall[]): Promise<readonly RpcAnswer[]> => {
        const [request] = call?.params as [{ data: string; from: string }];
        if (request.data === takeData) await hangs;
        return [{ ok: false, code: 3, message: "reverted", data: undefined }];
      },
    };
    const deadLetters = new DeadLetters(noLetters, silentLog);
    const outboxFor = lanes.outboxFor.bind(lanes);
    const executor = new Executor({
      rpc,
      targets,
      outboxFor,
      deadLetters,
      blindBook: new BlindBook(),
      flashDesk: noFlash,
      log: silentLog,
    });
    const done = executor.execute([take, callParcel([3]).action, book], headerAt(1), () => UNBOUND);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(normal.node.sends).to.have.length(1);
    release();
    expect(await done).to.equal(1);
  });

  it("K-22 an account in quarantine goes alone, and the others together", async () => {
    const { lanes, normal } = await threeLanes();
    await normal.at(1);
    const letters = { ...noLetters, deadLetters: () => [] };
    const deadLetters = new DeadLetters(letters, silentLog);
    const { action } = callParcel([1, 2, 3]);
    const accounts = "items" in action ? action.items.map(({ account }) => account) : [];
    for (let i = 0; i < 10; ++i) {
      deadLetters.succeeded(accounts[0]!, i);
      deadLetters.failed({ account: accounts[1]!, kind: "failed", reason: "" }, 0);
    }
    const outboxFor = lanes.outboxFor.bind(lanes);
    const executor = new Executor({
      rpc: new FakeNode(),
      targets,
      outboxFor,
      deadLetters,
      blindBook: new BlindBook(),
      flashDesk: noFlash,
      log: silentLog,
    });
    expect(await executor.execute([action], headerAt(1), () => UNBOUND)).to.equal(2);
    const sent = normal.node.sends.map((raw) => Transaction.from(raw).data);
    expect(sent[0]).to.contain(accounts[0]!.slice(2)).and.to.contain(accounts[2]!.slice(2));
    expect(sent[0]).to.not.contain(accounts[1]!.slice(2));
    expect(sent[1]).to.contain(accounts[1]!.slice(2));
  });
});

describe("GasWatch", () => {
  it("K-18 warns of each key ten large transactions ahead, and says when it is out; once each until it was full", async () => {
    const { outbox } = await outboxBench();
    const heard: [string, LogFields | undefined][] = [];
    const hear = (event: string, fields?: LogFields) => {
      heard.push([event, fields]);
    };
    const watch = new GasWatch({ ...silentLog, warn: hear, error: hear });
    const sender = { nonce: 0, receipts: new Map(), known: new Set<string>() };
    const large = 16_000_000n * GWEI;
    const see = (nativeWei: bigint) => {
      watch.seen({ outbox, lanes: ["urgent"], sender, nativeWei }, GWEI, 16_000_000);
    };
    for (const times of [11n, 10n, 9n, 9n, 1n]) see(times * large);
    expect(heard.map(([event]) => event)).to.deep.equal(["wallet.gasLow"]);
    see(large - 1n);
    see(0n);
    expect(heard.map(([event]) => event)).to.deep.equal(["wallet.gasLow", "wallet.gasOut"]);
    expect(heard[1]?.[1]).to.deep.include({ keeper: outbox.address, lanes: ["urgent"], needed: large });
    see(100n * large);
    see(9n * large);
    expect(heard).to.have.length(3);
  });
});
