import { expect } from "chai";
import { AbiCoder, Wallet } from "ethers";
import { afterEach, beforeEach, describe, it } from "mocha";
import {
  ALERT_CHANNELS,
  NO_SECRET_HASH,
  secretHashOf,
  subscribeTypedData,
  unsubscribeTypedData,
  type AlertTypedData,
  type Subscribe,
  type Unsubscribe,
} from "../../../sdk/alertRequest.ts";
import { RetryableError } from "../../../keeper/errors.ts";
import { SubscriptionDesk, type SubscriptionDeskOptions } from "../../../keeper/alerts/subscriptionDesk.ts";
import type { Rpc, RpcCall } from "../../../keeper/sources/rpcClient.ts";
import { NOW } from "../support/snapshot.ts";
import { VAULT } from "../support/vaultLogs.ts";
import { AlertsBench, OWNER } from "./support/alertsBench.ts";

const CHAIN_ID = 31_337;
const TRADER = new Wallet(`0x${"11".repeat(32)}`);
const STRANGER = new Wallet(`0x${"22".repeat(32)}`);
const SECRET = `0x${"ab".repeat(32)}`;
const TIME = Number(NOW);

const subscribing: Subscribe = {
  owner: TRADER.address,
  channel: "email",
  target: "trader@example.org",
  levels: ["called", "liquidated"],
  quietHours: "22:00-07:00 Europe/Berlin",
  secretHash: NO_SECRET_HASH,
  issuedAt: TIME - 10,
  validUntil: TIME + 3_600,
};
const leaving: Unsubscribe = {
  owner: TRADER.address,
  channel: "email",
  target: "trader@example.org",
  issuedAt: TIME,
  validUntil: TIME + 3_600,
};

async function sign({ domain, types, message }: AlertTypedData, by = TRADER): Promise<string> {
  return by.signTypedData(domain, types, message);
}
async function subscribe(changes: Partial<Subscribe> = {}, by = TRADER, secret?: string) {
  const message = { ...subscribing, ...changes };
  const signature = await sign(subscribeTypedData(CHAIN_ID, VAULT, message), by);
  return { kind: "subscribe", message, signature, ...(secret === undefined ? {} : { secret }) };
}
async function unsubscribe(changes: Partial<Unsubscribe> = {}, by = TRADER) {
  const message = { ...leaving, ...changes };
  return {
    kind: "unsubscribe",
    message,
    signature: await sign(unsubscribeTypedData(CHAIN_ID, VAULT, message), by),
  };
}

describe("SubscriptionDesk", () => {
  let bench: AlertsBench;
  let calls: RpcCall[];
  let rpc: Rpc;
  let now: bigint | undefined;
  beforeEach(() => {
    bench = new AlertsBench();
    calls = [];
    now = NOW;
    rpc = {
      batch(asked) {
        calls.push(...asked);
        return Promise.resolve(asked.map(() => ({ ok: true, result: "0x" })));
      },
    };
  });
  afterEach(() => bench.close());

  const desk = (changes: Partial<SubscriptionDeskOptions> = {}) =>
    new SubscriptionDesk({
      deployment: { chainId: CHAIN_ID, vault: VAULT },
      channels: new Set(ALERT_CHANNELS),
      allowed: new Set(),
      limits: { subscriptionsPerOwner: 3, maxSubscriptions: 5 },
      store: bench.alertStore,
      book: bench.subscriptions,
      rpc: { batch: (asked) => rpc.batch(asked) },
      now: () => now,
      log: bench.log,
      ...changes,
    });
  const stateOf = (id: string) => bench.alertStore.subscription(id)?.state;
  const reasonOf = async (json: unknown, on = desk()) => {
    const taken = await on.take(json);
    return taken.kind === "refused" ? taken.reason : taken.state;
  };
  const idOf = async (json: unknown, on = desk()) => {
    const taken = await on.take(json);
    if (taken.kind === "refused") throw new Error(taken.sentence);
    return taken.id;
  };
  const codeSent = () => {
    const notice = bench.alertStore.pending().find(({ notice: { kind } }) => kind === "confirmation")?.notice;
    return notice?.kind === "confirmation" ? notice.code : "";
  };

  it("takes in what the owner signed, and sends nothing but a question until it is answered", async () => {
    const id = await idOf(await subscribe());
    expect(stateOf(id)).to.equal("unconfirmed");
    expect(bench.kinds()).to.deep.equal(["confirmation"]);
    const code = codeSent();
    expect(code).to.match(/^[A-Z2-7]{26}$/);
    // The store cannot confirm in the target's place.
    expect(bench.alertStore.subscription(id)?.code).not.to.equal(code);
    expect(await reasonOf({ kind: "confirm", id, code })).to.equal("active");
    expect(bench.alertStore.subscription(id)).to.deep.include({
      owner: TRADER.address,
      levels: ["called", "liquidated"],
      target: "trader@example.org",
    });
  });

  it("refuses what somebody else signed, or for another vault, chain or message", async () => {
    expect(await reasonOf(await subscribe({}, STRANGER))).to.equal("notSigned");
    const good = await subscribe();
    expect(await reasonOf({ ...good, message: { ...good.message, target: "thief@example.org" } })).to.equal(
      "notSigned",
    );
    for (const [chainId, vault] of [
      [1, VAULT],
      [CHAIN_ID, OWNER],
    ] as const) {
      const signature = await sign(subscribeTypedData(chainId, vault, subscribing));
      expect(await reasonOf({ ...good, signature })).to.equal("notSigned");
    }
    expect(bench.kinds()).to.be.empty;
  });

  it("asks an owner that is a contract, with bounded gas, and believes nothing but the magic value", async () => {
    const request = await subscribe({ owner: OWNER }, STRANGER);
    const answers = [
      "0x",
      AbiCoder.defaultAbiCoder().encode(["bytes4"], ["0xffffffff"]),
      AbiCoder.defaultAbiCoder().encode(["uint256"], [1n]),
      AbiCoder.defaultAbiCoder().encode(["bytes4"], ["0x1626ba7e"]).slice(0, 12),
    ];
    for (const result of answers) {
      rpc = { batch: (asked) => Promise.resolve(asked.map(() => ({ ok: true, result }))) };
      expect(await reasonOf(request), result).to.equal("notSigned");
    }
    const reverted = { ok: false, code: 3, message: "execution reverted", data: "0x" } as const;
    rpc = { batch: () => Promise.resolve([reverted]) };
    expect(await reasonOf(request)).to.equal("notSigned");
    rpc = {
      batch(asked) {
        calls.push(...asked);
        const result = AbiCoder.defaultAbiCoder().encode(["bytes4"], ["0x1626ba7e"]);
        return Promise.resolve(asked.map(() => ({ ok: true, result })));
      },
    };
    expect(await reasonOf(request)).to.equal("unconfirmed");
    expect(calls[0]?.params[0]).to.deep.include({ to: OWNER, gas: "0x7a120" });
    rpc = { batch: () => Promise.reject(new RetryableError("down")) };
    expect(await reasonOf(await subscribe({ owner: OWNER, issuedAt: TIME }, STRANGER))).to.equal("notReady");
  });

  it("lets what was signed later win, and refuses what was signed earlier or is handed in again", async () => {
    const [first, second] = [await subscribe(), await subscribe({ issuedAt: TIME - 5, levels: ["called"] })];
    const id = await idOf(first);
    expect(await reasonOf(first)).to.equal("stale");
    await desk().take({ kind: "confirm", id, code: codeSent() });
    expect(await reasonOf(second)).to.equal("active");
    expect(bench.alertStore.subscription(id)?.levels).to.deep.equal(["called"]);
    expect(await reasonOf(first)).to.equal("stale");
    expect(await reasonOf(await unsubscribe())).to.equal("ended");
    expect(bench.subscriptions.countOf(TRADER.address)).to.equal(0);
    expect(await reasonOf(second)).to.equal("stale");
    // Nor after a restart, and not after the queue was cleared.
    await bench.kill();
    bench.open();
    expect(await reasonOf(second)).to.equal("stale");
    expect(await reasonOf(await subscribe({ issuedAt: TIME + 1 }))).to.equal("unconfirmed");
  });

  it("keeps an end for as long as anything older could be handed in", async () => {
    const week = 7 * 86_400;
    await idOf(await subscribe({ issuedAt: TIME - 10, validUntil: TIME - 10 + week }));
    const id = await idOf(await unsubscribe());
    bench.subscriptions.prune(NOW);
    expect(stateOf(id)).to.equal("ended");
    bench.subscriptions.prune(NOW + 1n);
    expect(stateOf(id)).to.equal(undefined);
  });

  it("two at once about the same target: one is taken", async () => {
    const requests = await Promise.all([subscribe(), subscribe()]);
    const on = desk();
    const reasons = await Promise.all(requests.map((request) => reasonOf(request, on)));
    expect(reasons.toSorted()).to.deep.equal(["stale", "unconfirmed"]);
  });

  it("goes by the chain's time, and is not ready before it knows it", async () => {
    expect(await reasonOf(await subscribe({ issuedAt: TIME + 301, validUntil: TIME + 400 }))).to.equal(
      "notNow",
    );
    expect(await reasonOf(await subscribe({ validUntil: TIME - 1 }))).to.equal("notNow");
    expect(await reasonOf(await subscribe({ validUntil: TIME + 8 * 86_400 }))).to.equal("notNow");
    now = undefined;
    expect(await reasonOf(await subscribe())).to.equal("notReady");
  });

  it("takes five wrong codes and then none, and a code that was sent ends it too", async () => {
    const id = await idOf(await subscribe());
    const code = codeSent();
    const wrong = { kind: "confirm", id, code: "A".repeat(26) };
    expect(await reasonOf(wrong)).to.equal("wrongCode");
    expect(await reasonOf({ kind: "confirm", id, code })).to.equal("active");
    expect(await reasonOf({ kind: "stop", id, code })).to.equal("ended");
    const again = await idOf(await subscribe({ issuedAt: TIME }));
    for (let i = 0; i < 5; ++i) expect(await reasonOf({ ...wrong, id: again })).to.equal("wrongCode");
    expect(await reasonOf({ kind: "confirm", id: again, code: codeSent() })).to.equal("wrongCode");
    expect(await reasonOf({ kind: "confirm", id: "0".repeat(32), code })).to.equal("unknown");
  });

  it("bounds subscriptions of an owner and in all, and questions to one target", async () => {
    const targets = ["a@example.org", "b@example.org", "c@example.org", "d@example.org"];
    for (const target of targets.slice(0, 3))
      expect(await reasonOf(await subscribe({ target }))).to.equal("unconfirmed");
    expect(await reasonOf(await subscribe({ target: targets[3]! }))).to.equal("tooMany");
    // Signed anew again and again, the same target is asked three times a day at most.
    for (const issuedAt of [TIME - 9, TIME - 8]) {
      expect(await reasonOf(await subscribe({ target: targets[0]!, issuedAt }))).to.equal("unconfirmed");
    }
    expect(await reasonOf(await subscribe({ target: targets[0]!, issuedAt: TIME - 7 }))).to.equal("tooMany");
    const byStranger = { owner: STRANGER.address, target: targets[0]! };
    expect(await reasonOf(await subscribe(byStranger, STRANGER))).to.equal("tooMany");
    for (const target of ["e@example.org", "f@example.org"]) {
      expect(await reasonOf(await subscribe({ owner: STRANGER.address, target }, STRANGER))).to.equal(
        "unconfirmed",
      );
    }
    const last = { owner: STRANGER.address, target: "g@example.org" };
    expect(await reasonOf(await subscribe(last, STRANGER))).to.equal("tooMany");
  });

  it("wants of a webhook a secret whose hash is signed, and of others none", async () => {
    const hook = {
      channel: "webhook",
      target: "https://hooks.example/x",
      secretHash: secretHashOf(SECRET),
    } as const;
    expect(await reasonOf(await subscribe(hook, TRADER, SECRET))).to.equal("unconfirmed");
    expect(await reasonOf(await subscribe({ ...hook, issuedAt: TIME }, TRADER))).to.equal("malformed");
    const other = `0x${"cd".repeat(32)}`;
    expect(await reasonOf(await subscribe({ ...hook, issuedAt: TIME }, TRADER, other))).to.equal("malformed");
    expect(await reasonOf(await subscribe({}, TRADER, SECRET))).to.equal("malformed");
  });

  describe("C-66 refuses targets that are none", () => {
    const cases: readonly (readonly [Subscribe["channel"], string])[] = [
      ["webhook", "http://hooks.example/x"],
      ["webhook", "https://169.254.169.254/latest"],
      ["webhook", "https://[::ffff:10.0.0.1]/"],
      ["webhook", "https://2130706433/"],
      ["webhook", "https://user:word@hooks.example/"],
      ["webhook", "https://hooks.example:22/"],
      ["webhook", "https://hooks.example/\nHost: x"],
      ["webhook", "file:///etc/passwd"],
      ["discord", "https://discord.com.evil.example/api/webhooks/123456/abcdefghijklmnopqrstuvwxyz"],
      ["discord", "https://discord.com/api/webhooks/123456/../../x"],
      ["discord", "https://discord.com@evil.example/api/webhooks/123456/abcdefghijklmnopqrstuvwxyz"],
      ["slack", "https://hooks.slack.com/other/T1/B1/abcdefgh"],
      ["slack", "https://hooks.slack.com.evil.example/services/T1/B1/abcdefgh"],
      ["telegram", "12 34"],
      ["telegram", "@a\nb"],
      ["telegram", "https://t.me/x"],
      ["email", "a@b"],
      ["email", "a@example.org\r\nBcc: b@example.org"],
      ["email", "a@example.org, b@example.org"],
      ["email", "<a@example.org>"],
      ["email", "a..b@example.org"],
      ["email", '"a b"@example.org'],
      ["email", "a@[127.0.0.1]"],
    ];
    for (const [channel, target] of cases) {
      it(`${channel} ${JSON.stringify(target)}`, async () => {
        const secretHash = channel === "webhook" ? secretHashOf(SECRET) : NO_SECRET_HASH;
        const request = await subscribe(
          { channel, target, secretHash },
          TRADER,
          channel === "webhook" ? SECRET : undefined,
        );
        const taken = await desk().take(request);
        expect(taken.kind === "refused" && taken.sentence).to.contain("message.target");
      });
    }
  });

  it("C-66 refuses requests that are none, and never throws", async () => {
    const good = await subscribe();
    const { message } = good;
    const bad: unknown[] = [
      undefined,
      null,
      [],
      "subscribe",
      {},
      { kind: "other" },
      { ...good, more: 1 },
      { ...good, message: { ...message, more: 1 } },
      { ...good, message: { ...message, levels: [] } },
      { ...good, message: { ...message, levels: ["called", "called"] } },
      { ...good, message: { ...message, levels: ["all"] } },
      { ...good, message: { ...message, quietHours: "at night" } },
      { ...good, message: { ...message, issuedAt: -1 } },
      { ...good, message: { ...message, issuedAt: 2 ** 60 } },
      { ...good, message: { ...message, owner: "0x12" } },
      { ...good, signature: "0x" },
      { ...good, signature: `0x${"00".repeat(5_000)}` },
      { kind: "confirm", id: "'; DROP TABLE", code: "x" },
    ];
    for (const json of bad) expect(await reasonOf(json), JSON.stringify(json)).to.equal("malformed");
    expect(await reasonOf(good, desk({ channels: new Set(["webhook"]) }))).to.equal("channelOff");
  });
});
