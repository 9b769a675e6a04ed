import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../keeper/errors.ts";
import { GasBudget } from "../../keeper/executors/gasBudget.ts";
import { KillSwitch } from "../../keeper/executors/killSwitch.ts";
import { silentLog, type Log } from "../../keeper/log.ts";
import { FakeJournal } from "./support/fakeJournal.ts";
import { callParcel, GWEI, headerAt, outboxBench, sentAt, takeParcel } from "./support/outboxBench.ts";

function listener(): { readonly heard: string[]; readonly log: Log } {
  const heard: string[] = [];
  const hear = (event: string) => {
    heard.push(event);
  };
  return { heard, log: { debug: hear, info: hear, warn: hear, error: hear } };
}

describe("KillSwitch", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-stop-"));
    file = join(folder, "keeper.stop");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("says once that sending has stopped, and once that it goes on", () => {
    const { heard, log } = listener();
    const killSwitch = new KillSwitch(file, log);
    expect(killSwitch.isOn).to.be.false;
    writeFileSync(file, "");
    expect([killSwitch.isOn, killSwitch.isOn]).to.deep.equal([true, true]);
    killSwitch.turnOff();
    expect(killSwitch.isOn).to.be.false;
    expect(heard).to.deep.equal(["sending.stopped", "sending.resumed"]);
  });

  it("stays on for the next process, and says what is wrong when it cannot be turned on", () => {
    new KillSwitch(file, silentLog).turnOn();
    expect(new KillSwitch(file, silentLog).isOn).to.be.true;
    expect(() => {
      new KillSwitch(join(folder, "none", "stop"), silentLog).turnOn();
    }).to.throw(UserError, "cannot be written");
  });

  it("stops signing, sending and sending again at once; reading goes on, and what waited goes out afterwards", async () => {
    const killSwitch = new KillSwitch(file, silentLog);
    const { node, journal, outbox, at } = await outboxBench({ killSwitch });
    await at(1);
    await outbox.send([callParcel([1])], headerAt(1));
    killSwitch.turnOn();
    expect(await outbox.send([callParcel([2])], headerAt(1))).to.equal(0);
    for (let block = 2; block < 12; ++block) await at(block, 30n * GWEI);
    await outbox.resume(headerAt(12));
    expect(node.sends).to.have.length(1);
    expect(journal.entries.size).to.equal(1);
    node.mineAll(12);
    expect(await at(12)).to.have.length(1);
    killSwitch.turnOff();
    expect(await outbox.send([callParcel([2])], headerAt(12))).to.equal(1);
    expect(sentAt(node, -1).nonce).to.equal(1);
  });

  it("turned on between the journal and the network, keeps what is signed from the network until it is off", async () => {
    const killSwitch = new KillSwitch(file, silentLog);
    const journal = new FakeJournal();
    const bench = await outboxBench({ killSwitch, journal });
    await bench.at(1);
    const write = journal.journal.bind(journal);
    journal.journal = (...args) => {
      write(...args);
      killSwitch.turnOn();
    };
    await bench.outbox.send([callParcel([1])], headerAt(1));
    expect(bench.node.sends).to.be.empty;
    journal.journal = write;
    killSwitch.turnOff();
    for (let block = 2; block < 6; ++block) await bench.at(block);
    expect(sentAt(bench.node, 0).hash).to.equal([...journal.entries.keys()][0]);
  });
});

describe("GasBudget", () => {
  /** One of `callParcel` reserves 500,000 gas at 3 gwei. */
  const WORST = 500_000n * 3n * GWEI;

  it("K-17 K-21 stops at the day's budget, counts what is on its way at its worst, and begins again the next day", async () => {
    const { node, outbox, at } = await outboxBench({ dailyWei: 4n * WORST });
    node.weiPerGas = GWEI;
    await at(1);
    const parcels = [1, 2, 3].map((n) => callParcel([n]));
    // Half is kept for critical liquidations.
    expect(await outbox.send(parcels, headerAt(1))).to.equal(2);
    expect(await outbox.send([callParcel([4])], headerAt(1))).to.equal(0);
    expect(await outbox.send([takeParcel(5, "liquidateProfitable")], headerAt(1))).to.equal(0);
    expect(await outbox.send([takeParcel(6, "liquidateCritical")], headerAt(1))).to.equal(1);
    node.mineAll(2);
    await at(2);
    // Each has cost 21,000 gas at 1 gwei after all.
    expect(await outbox.send([callParcel([7])], headerAt(2))).to.equal(1);
    node.mineAll(3);
    await at(3);
    const tomorrow = 7_300;
    await at(tomorrow);
    expect(await outbox.send(parcels, headerAt(tomorrow))).to.equal(2);
  });

  it("K-09 remembers over a restart what was paid and what is on its way", async () => {
    const journal = new FakeJournal();
    const first = await outboxBench({ dailyWei: 4n * WORST, journal });
    await first.at(1);
    await first.outbox.send([callParcel([1]), callParcel([2])], headerAt(1));
    const second = await outboxBench({ dailyWei: 4n * WORST, journal, node: first.node });
    await second.at(2);
    expect(await second.outbox.send([callParcel([3])], headerAt(2))).to.equal(0);
    const paid = new GasBudget({ dailyWei: 4n * WORST, store: journal, log: silentLog });
    journal.addGasFee({ sender: "0x", nonce: 0, day: 0, wei: 3n * WORST });
    expect(paid.allows("openCall", 1n, "0x")).to.be.false;
    expect(paid.allows("liquidateCritical", WORST, "0x")).to.be.true;
    expect(paid.allows("liquidateCritical", WORST + 1n, "0x")).to.be.false;
  });

  it("K-13 takes back what a reorganisation has undone", async () => {
    const { node, journal, outbox, at } = await outboxBench({ dailyWei: 4n * WORST });
    await at(1);
    await outbox.send([callParcel([1])], headerAt(1));
    node.mineAll(2);
    await at(2);
    expect(journal.gasPaidOn(0) > 0n).to.be.true;
    node.mined.clear();
    node.nonce = 0;
    outbox.rollBackTo(1);
    expect(journal.gasPaidOn(0)).to.equal(0n);
  });

  it("never raises a fee above the day's budget", async () => {
    const { node, outbox, at } = await outboxBench({ dailyWei: 2n * WORST });
    await at(1);
    await outbox.send([callParcel([1])], headerAt(1));
    for (let block = 2; block < 40; ++block) await at(block);
    expect(new Set(node.sends).size).to.equal(1);
  });
});
