import { expect } from "chai";
import fc from "fast-check";
import { after, afterEach, before, beforeEach, describe, it } from "mocha";
import { isPublicAddress } from "../../../keeper/alerts/addressRanges.ts";
import { faultOf, safePost, type SafePostOptions } from "../../../keeper/alerts/safePost.ts";
import { startSink, type Sink } from "./support/sink.ts";

const bigOf = (...octets: number[]) => octets.reduce((sum, octet) => sum * 256 + octet, 0);

/** The naive way: an address as a number, between the first and the last of a range. */
const PRIVATE_V4: readonly (readonly [number, number])[] = [
  [bigOf(0, 0, 0, 0), bigOf(0, 255, 255, 255)],
  [bigOf(10, 0, 0, 0), bigOf(10, 255, 255, 255)],
  [bigOf(100, 64, 0, 0), bigOf(100, 127, 255, 255)],
  [bigOf(127, 0, 0, 0), bigOf(127, 255, 255, 255)],
  [bigOf(169, 254, 0, 0), bigOf(169, 254, 255, 255)],
  [bigOf(172, 16, 0, 0), bigOf(172, 31, 255, 255)],
  [bigOf(192, 0, 0, 0), bigOf(192, 0, 0, 255)],
  [bigOf(192, 0, 2, 0), bigOf(192, 0, 2, 255)],
  [bigOf(192, 31, 196, 0), bigOf(192, 31, 196, 255)],
  [bigOf(192, 52, 193, 0), bigOf(192, 52, 193, 255)],
  [bigOf(192, 88, 99, 0), bigOf(192, 88, 99, 255)],
  [bigOf(192, 168, 0, 0), bigOf(192, 168, 255, 255)],
  [bigOf(192, 175, 48, 0), bigOf(192, 175, 48, 255)],
  [bigOf(198, 18, 0, 0), bigOf(198, 19, 255, 255)],
  [bigOf(198, 51, 100, 0), bigOf(198, 51, 100, 255)],
  [bigOf(203, 0, 113, 0), bigOf(203, 0, 113, 255)],
  [bigOf(224, 0, 0, 0), bigOf(255, 255, 255, 255)],
];

const v4Of = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
const hex = (value: bigint, from: number) => ((value >> BigInt(from)) & 0xffffn).toString(16);
const v6Of = (value: bigint) => [112, 96, 80, 64, 48, 32, 16, 0].map((from) => hex(value, from)).join(":");
const top = (value: bigint, bits: number) => value >> BigInt(128 - bits);

function isPublicV6(value: bigint): boolean {
  if (top(value, 3) !== 1n) return false;
  if (top(value, 23) === 0x2001_0000n >> 9n) return false;
  if (top(value, 32) === 0x2001_0db8n || top(value, 16) === 0x2002n) return false;
  if (top(value, 48) === 0x2620_004f_8000n) return false;
  return top(value, 20) !== 0x3fff0n;
}

describe("isPublicAddress (K-27, C-66)", () => {
  it("knows every special range of IPv4, at its edges and inside", () => {
    const nearRange = fc
      .tuple(fc.constantFrom(...PRIVATE_V4), fc.integer({ min: -2, max: 2 }), fc.boolean())
      .map(([[first, last], off, atLast]) => ((atLast ? last : first) + off + 2 ** 32) % 2 ** 32);
    const anywhere = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(fc.oneof(nearRange, anywhere), (value) => {
        const isPrivate = PRIVATE_V4.some(([first, last]) => value >= first && value <= last);
        expect(isPublicAddress(v4Of(value)), v4Of(value)).to.equal(!isPrivate);
      }),
      { numRuns: 2_000 },
    );
  });

  it("takes of IPv6 only what is handed out, and none of the tunnels into IPv4", () => {
    const within = (prefix: bigint, bits: number) =>
      fc.bigInt(0n, (1n << BigInt(128 - bits)) - 1n).map((rest) => (prefix << BigInt(128 - bits)) | rest);
    const some = fc.oneof(
      fc.bigInt(0n, (1n << 128n) - 1n),
      within(1n, 3),
      within(0x2001n, 16),
      within(0x2002n, 16),
      within(0x2620_004f_8000n, 48),
      within(0x3fffn, 16),
      within(0xffffn, 96),
      within(0x64_ff9b_0000_0000_0000_0000n, 96),
      within(0xfe8n, 12),
      within(0x7en, 7),
    );
    fc.assert(
      fc.property(some, (value) => {
        expect(isPublicAddress(v6Of(value)), v6Of(value)).to.equal(isPublicV6(value));
      }),
      { numRuns: 2_000 },
    );
    for (const address of [
      "::1",
      "::",
      "::ffff:8.8.8.8",
      "::ffff:169.254.169.254",
      "::8.8.8.8",
      "64:ff9b::8.8.8.8",
      "64:ff9b:1::1",
      "2002:a9fe:a9fe::1",
      "2001:0:1::1",
      "fe80::1%eth0",
      "fd00:ec2::254",
      "ff02::1",
      "169.254.169.254",
      "100.100.100.200",
    ])
      expect(isPublicAddress(address), address).to.be.false;
    for (const address of ["8.8.8.8", "2606:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888"])
      expect(isPublicAddress(address), address).to.be.true;
  });

  it("takes nothing that is no address", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (/^[\d.]+$|:/.test(text)) return;
        expect(isPublicAddress(text)).to.be.false;
      }),
    );
  });
});

describe("faultOf (C-66)", () => {
  it("refuses addresses that are not public however they are written", () => {
    for (const host of [
      "127.0.0.1",
      "2130706433",
      "0x7f.1",
      "0177.0.0.1",
      "127.1",
      "[::1]",
      "[::ffff:127.0.0.1]",
      "[::ffff:7f00:1]",
      "[64:ff9b::a9fe:a9fe]",
      "[2002:7f00:1::]",
      "169.254.169.254",
      "①②⑦.0.0.1",
    ])
      expect(faultOf(new URL(`https://${host}/hook`)), host).to.equal("its address is not public");
  });

  it("refuses http, a user, a password and ports of other services", () => {
    expect(faultOf(new URL("http://example.com/"))).to.equal("it is not https");
    expect(faultOf(new URL("ftp://example.com/"))).to.equal("it is not https");
    expect(faultOf(new URL("https://user@example.com/"))).to.contain("user");
    expect(faultOf(new URL("https://:secret@example.com/"))).to.contain("password");
    expect(faultOf(new URL("https://example.com:25/"))).to.contain("port 25");
    expect(faultOf(new URL("https://example.com:8443/hook"))).to.equal(undefined);
    expect(faultOf(new URL("https://example.com/hook"))).to.equal(undefined);
  });
});

describe("safePost (K-27)", () => {
  let sink: Sink;
  let inner: Sink;
  before(async () => {
    [sink, inner] = [await startSink(), await startSink()];
  });
  after(async () => {
    await Promise.all([sink.close(), inner.close()]);
  });
  let asked: string[];
  let addresses: string[];
  beforeEach(() => {
    asked = [];
    addresses = ["127.0.0.1"];
  });
  afterEach(() => {
    sink.answer = (_received, response) => response.end("ok");
  });

  const post = (url: string, changes: Partial<SafePostOptions> = {}) =>
    safePost(
      { url, headers: { "x-a": "b" }, body: "{}" },
      {
        timeoutMs: 2_000,
        maxAnswerBytes: 64,
        allowed: new Set([sink.host, `hook.example:${new URL(sink.url).port}`]),
        resolve: (name) => {
          asked.push(name);
          return Promise.resolve(addresses);
        },
        ...changes,
      },
    );

  it("posts to the address that was looked at, and asks for it once", async () => {
    const answer = await post(`http://hook.example:${new URL(sink.url).port}/a?b=c`);
    expect(answer).to.deep.equal({ kind: "answered", status: 200, body: "ok", retryAfterMs: undefined });
    expect(asked).to.deep.equal(["hook.example"]);
    expect(sink.received.at(-1)).to.deep.include({ path: "/a?b=c", body: "{}" });
    expect(sink.received.at(-1)?.headers).to.deep.include({ "x-a": "b" });
  });

  it("does not connect when any address of the name is not public", async () => {
    const before = sink.received.length;
    for (const list of [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:127.0.0.1"], ["fe80::1"]]) {
      addresses = list;
      const answer = await post(`https://evil.example:${new URL(sink.url).port}/`);
      expect(answer.kind, list.join()).to.equal("refused");
    }
    expect(sink.received.length).to.equal(before);
  });

  it("says that a name without an address has none", async () => {
    addresses = [];
    expect(await post("https://nobody.example/")).to.deep.include({ kind: "failed" });
  });

  it("follows no redirect", async () => {
    sink.answer = (_received, response) => {
      response.writeHead(307, { location: `${inner.url}/latest/meta-data` }).end();
    };
    expect(await post(sink.url)).to.deep.include({ kind: "answered", status: 307 });
    expect(inner.received).to.be.empty;
  });

  it("gives up who does not answer in time, also name servers", async () => {
    sink.answer = () => undefined;
    expect(await post(sink.url, { timeoutMs: 100 })).to.deep.equal({
      kind: "failed",
      reason: "no answer within 100 ms",
    });
    const never = () => new Promise<string[]>(() => undefined);
    expect(await post("https://slow.example/", { timeoutMs: 100, resolve: never })).to.deep.include({
      kind: "failed",
    });
  });

  it("gives up who drips", async () => {
    sink.answer = (_received, response) => {
      const timer = setInterval(() => response.write("."), 20);
      response.on("close", () => {
        clearInterval(timer);
      });
    };
    const answer = await post(sink.url, { timeoutMs: 200, maxAnswerBytes: 1_000_000 });
    expect(answer.kind).to.equal("failed");
  });

  it("reads no more of 50 MB than it wants", async () => {
    let written = 0;
    sink.answer = (_received, response) => {
      const chunk = Buffer.alloc(1_000_000, "x");
      const more = () => {
        while (written < 50_000_000 && !response.destroyed) {
          written += chunk.length;
          if (!response.write(chunk)) {
            response.once("drain", more);
            return;
          }
        }
      };
      more();
    };
    const answer = await post(sink.url);
    expect(answer.kind === "answered" && answer.body.length).to.equal(64);
    expect(written).to.be.below(20_000_000);
  });

  it("does not unpack what is packed", async () => {
    sink.answer = (_received, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end("not gzip at all");
    };
    expect(await post(sink.url)).to.deep.include({ kind: "answered", body: "not gzip at all" });
    expect(sink.received.at(-1)?.headers["accept-encoding"]).to.equal(undefined);
  });

  it("never names the address in what went wrong, which may be a secret", async () => {
    const answer = await post("https://127.0.0.1:1/secret", { allowed: new Set(["127.0.0.1:1"]) });
    expect(JSON.stringify(answer)).not.to.contain("127.0.0.1").and.not.to.contain("secret");
    expect(await post("not a url")).to.deep.equal({ kind: "failed", reason: "it is no URL" });
  });
});
