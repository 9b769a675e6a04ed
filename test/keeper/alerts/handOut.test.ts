import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import { failed, type Sent } from "../../../keeper/alerts/channels/channel.ts";
import { accountIdOf } from "../../../sdk/accountId.ts";
import { stateOf } from "../support/state.ts";
import { ACCOUNT, AlertsBench, fakeChannel, until, type FakeChannel } from "./support/alertsBench.ts";
import { liquidatedEvent } from "./support/events.ts";

const SENT: Sent = { kind: "sent" };
const slowly = (ms: number) => async () => {
  await sleep(ms);
  return SENT;
};

describe("an end of the keeper", () => {
  let bench: AlertsBench;
  let channel: FakeChannel;
  const never = new AbortController().signal;
  beforeEach(() => {
    bench = new AlertsBench(200);
    channel = fakeChannel();
    bench.channels.set("telegram", channel);
    bench.accounts.set(ACCOUNT, stateOf(10n ** 19n, 10_000_000_000n));
  });
  afterEach(async () => {
    await bench.close();
  });
  const ownerOf = (n: number) => `0x${(0xd000 + n).toString(16).padStart(40, "0")}`;
  const seeTakes = (count: number) => {
    const takes = Array.from({ length: count }, (_, n) => liquidatedEvent(accountIdOf(ownerOf(n))));
    bench.block(1, takes);
  };
  /** Takes that as many traders are told of. */
  const tellMany = (count: number) => {
    for (let n = 0; n < count; ++n) bench.subscribe("telegram", String(n), { owner: ownerOf(n) });
    bench.startSending();
    seeTakes(count);
  };
  const states = () => [...new Set(bench.messages().map(({ state }) => state))];

  it("hands out all that is due, also what there is no room for at first", async () => {
    channel.answer = slowly(40);
    tellMany(60);
    await bench.dispatcher.handOut(5_000, never);
    expect(channel.letters.length).to.equal(60);
    expect(states()).to.deep.equal(["sent"]);
  });

  it("does not wait for what has failed, which stays for the next run", async () => {
    channel.answer = ({ to }) => (to.target === "1" ? failed("HTTP 500", "target") : SENT);
    tellMany(3);
    const startedAt = performance.now();
    await bench.dispatcher.handOut(20_000, never);
    expect(performance.now() - startedAt).to.be.below(5_000);
    expect(channel.letters.length).to.equal(3);
    expect(bench.queue.size).to.equal(1);
    expect(states()).to.have.members(["sent", "pending"]);
  });

  it("waits no longer than it is told to, nor once the process is to stop", async () => {
    channel.answer = slowly(3_000);
    tellMany(2);
    const startedAt = performance.now();
    await bench.dispatcher.handOut(300, never);
    const stopping = new AbortController();
    setTimeout(() => {
      stopping.abort();
    }, 200);
    await bench.dispatcher.handOut(20_000, stopping.signal);
    expect(performance.now() - startedAt).to.be.within(450, 2_500);
    expect(bench.queue.size).to.equal(2);
  });

  it("K-09 waits for the answer to what is being sent, so that it is not sent twice, and begins nothing new", async () => {
    await bench.stopSending();
    bench.endWithinMs = 5_000;
    bench.reopen();
    channel.answer = slowly(400);
    tellMany(30);
    await until(() => channel.letters.length > 0);
    const begun = channel.letters.length;
    expect(begun).to.be.below(30);
    await bench.stopSending();
    expect(channel.letters.length).to.equal(begun);
    expect(bench.messages().filter(({ state }) => state === "sent").length).to.equal(begun);
    bench.reopen();
    bench.startSending();
    // The block was not saved, and is seen again.
    seeTakes(30);
    await until(() => channel.letters.length === 30);
    expect(new Set(channel.letters.map(({ message }) => message.key)).size).to.equal(30);
  });

  it("does not wait for a target that never answers; that one is sent again", async () => {
    await bench.stopSending();
    bench.endWithinMs = 300;
    bench.reopen();
    channel.answer = () => new Promise<Sent>(() => undefined);
    tellMany(1);
    await until(() => channel.letters.length === 1);
    const startedAt = performance.now();
    await bench.stopSending();
    expect(performance.now() - startedAt).to.be.within(250, 2_000);
    expect(bench.messages()).to.have.length(1);
    expect(bench.messages()[0]).to.deep.include({ state: "pending", attempts: 1 });
  });
});
