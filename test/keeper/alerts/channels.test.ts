import { expect } from "chai";
import { createHmac } from "node:crypto";
import { after, afterEach, before, beforeEach, describe, it } from "mocha";
import { createServer } from "node:net";
import { once } from "node:events";
import type { Message } from "../../../keeper/alerts/alertStore.ts";
import { discordChannel, slackChannel, telegramChannel } from "../../../keeper/alerts/channels/chat.ts";
import type { Letter } from "../../../keeper/alerts/channels/channel.ts";
import { emailChannel } from "../../../keeper/alerts/channels/email.ts";
import { webhookChannel } from "../../../keeper/alerts/channels/webhook.ts";
import type { Notice } from "../../../keeper/alerts/notice.ts";
import { lookupName } from "../../../keeper/alerts/safePost.ts";
import type { Subscription } from "../../../keeper/alerts/subscription.ts";
import type { AlertChannel } from "../../../sdk/alertRequest.ts";
import { NOW, RUNNING, WETH } from "../support/snapshot.ts";
import { VAULT } from "../support/vaultLogs.ts";
import { ACCOUNT, deploymentOf, OWNER } from "./support/alertsBench.ts";
import { startSink, type Sink } from "./support/sink.ts";
import { startSmtpSink, type SmtpSink } from "./support/smtpSink.ts";

const SECRET = `0x${"5a".repeat(32)}`;
const KEY = "0123456789abcdef0123456789abcdef";
const called: Notice = {
  kind: "called",
  account: ACCOUNT,
  transactionHash: "0xabc",
  nonce: 3,
  reopened: false,
  deadline: NOW + 7_200n,
  debt: 2n ** 70n,
  cure: { repay: 123_456_789n, deposits: [{ asset: WETH.asset, amount: 2n ** 80n }] },
};
const question: Notice = { kind: "confirmation", owner: OWNER, id: "a".repeat(32), code: "CODE" };

function letterTo(channel: AlertChannel, target: string, notice: Notice = called, symbol = "WETH"): Letter {
  return {
    message: { key: KEY, notice, block: 7, hash: "0xb7" } as Message,
    to: { channel, target, secret: SECRET } as Subscription,
    setting: { deployment: deploymentOf(symbol), clock: RUNNING },
  };
}

describe("channels", () => {
  let sink: Sink;
  before(async () => {
    sink = await startSink();
  });
  after(() => sink.close());
  afterEach(() => {
    sink.answer = (_received, response) => response.end("ok");
  });
  const address = { timeoutMs: 500, maxAnswerBytes: 4_096, resolve: lookupName };
  const jsonSent = () => JSON.parse(sink.received.at(-1)?.body ?? "") as Record<string, unknown>;
  const answering = (status: number, headers: Record<string, string> = {}) => {
    sink.answer = (_received, response) => response.writeHead(status, headers).end();
  };

  describe("webhook", () => {
    const channel = () => webhookChannel({ ...address, allowed: new Set([sink.host]) });
    const letter = (notice?: Notice) => letterTo("webhook", `${sink.url}/hook`, notice);

    it("is signed with the trader's secret over time and body, and carries the key twice", async () => {
      expect(await channel().send(letter())).to.deep.equal({ kind: "sent" });
      const { headers, body } = sink.received.at(-1)!;
      const timestamp = String(headers["tocsin-timestamp"]);
      const mac = createHmac("sha256", Buffer.from(SECRET.slice(2), "hex")).update(`v1.${timestamp}.${body}`);
      expect(headers["tocsin-signature"]).to.equal(`v1=${mac.digest("hex")}`);
      expect(Math.abs(Number(timestamp) - Date.now() / 1_000)).to.be.below(5);
      expect(headers["tocsin-key"]).to.equal(KEY);
      expect(jsonSent()).to.deep.include({
        version: 1,
        key: KEY,
        kind: "called",
        vault: VAULT,
        owner: OWNER,
        block: 7,
      });
    });

    it("gives amounts as decimal strings, and the deadline as a time", async () => {
      await channel().send(letter());
      expect(jsonSent()).to.deep.include({
        debt: (2n ** 70n).toString(),
        cure: { repay: "123456789", deposits: [{ asset: WETH.asset, amount: (2n ** 80n).toString() }] },
        deadlineAt: (NOW + 7_200n).toString(),
        blockHash: "0xb7",
      });
    });

    it("names what it takes back", async () => {
      await channel().send(letter({ kind: "retraction", of: called, ofKey: "k1" }));
      expect(jsonSent()).to.deep.include({
        kind: "retraction",
        retractedKey: "k1",
        retractedKind: "called",
        nonce: 3,
      });
    });

    it("is confirmed by the echo of its code and by nothing else", async () => {
      const replies: [string, string][] = [
        ["CODE", "echoed"],
        [" CODE\n", "echoed"],
        ['"CODE"', "echoed"],
        ['{"code":"CODE"}', "echoed"],
        ["code", "failed"],
        ["", "failed"],
        ["null", "failed"],
        ["CODECODE", "failed"],
        ['{"code":["CODE"]}', "failed"],
      ];
      for (const [reply, kind] of replies) {
        sink.answer = (_received, response) => response.end(reply);
        expect((await channel().send(letter(question))).kind, reply).to.equal(kind);
      }
      // A server that says back what it is sent has not agreed to anything.
      sink.answer = ({ body }, response) => response.end(body);
      expect((await channel().send(letter(question))).kind).to.equal("failed");
    });

    it("K-27 is the target's fault when it fails, and its end when it says that it is gone", async () => {
      for (const status of [301, 307, 400, 404, 429, 500, 503]) {
        answering(status, { location: `${sink.url}/inside`, "retry-after": "7" });
        const count = sink.received.length;
        expect(await channel().send(letter())).to.deep.include({
          kind: "failed",
          blame: "target",
          retryAfterMs: 7_000,
        });
        expect(sink.received.length).to.equal(count + 1);
      }
      answering(410);
      expect((await channel().send(letter())).kind).to.equal("refused");
      const closed = webhookChannel({ ...address, allowed: new Set() });
      const inside = letterTo("webhook", "https://127.0.0.1:8443/x");
      expect((await closed.send(inside)).kind).to.equal("refused");
    });
  });

  it("Telegram: the bot's method, HTML, no preview", async () => {
    const channel = telegramChannel(`${sink.url}/`, "123:abc", address);
    expect(await channel.send(letterTo("telegram", "-100123", called, "<b>&"))).to.deep.equal({
      kind: "sent",
    });
    expect(sink.received.at(-1)?.path).to.equal("/bot123:abc/sendMessage");
    const sent = jsonSent();
    expect(sent).to.deep.include({ chat_id: "-100123", parse_mode: "HTML" });
    expect(sent.link_preview_options).to.deep.equal({ is_disabled: true });
    expect(sent.text).to.contain("<code>&lt;b&gt;&amp;</code>").and.to.contain(KEY);
    answering(403);
    expect((await channel.send(letterTo("telegram", "1"))).kind).to.equal("refused");
    answering(429, { "retry-after": "3" });
    expect(await channel.send(letterTo("telegram", "1"))).to.deep.include({
      blame: "channel",
      retryAfterMs: 3_000,
    });
    answering(400);
    expect(await channel.send(letterTo("telegram", "1"))).to.deep.include({
      kind: "failed",
      blame: "target",
    });
    answering(502);
    expect(await channel.send(letterTo("telegram", "1"))).to.deep.include({
      kind: "failed",
      blame: "channel",
    });
  });

  it("Discord: the trader's webhook at the service alone, and nobody can be mentioned", async () => {
    const channel = discordChannel(sink.url, address);
    const target = "https://discord.com/api/webhooks/123456/tokentokentokentoken";
    await channel.send(letterTo("discord", target, called, "@everyone <@1>"));
    expect(sink.received.at(-1)?.path).to.equal("/api/webhooks/123456/tokentokentokentoken");
    const sent = jsonSent();
    expect(sent.allowed_mentions).to.deep.equal({ parse: [] });
    expect(sent.content).to.contain("`@everyone <@1>`");
    answering(404);
    expect((await channel.send(letterTo("discord", target))).kind).to.equal("refused");
  });

  it("Slack: escaped mrkdwn, no names linked, nothing unfurled", async () => {
    const channel = slackChannel(sink.url, address);
    await channel.send(
      letterTo("slack", "https://hooks.slack.com/services/T1/B1/abcdefgh", called, "<!channel>`x`"),
    );
    expect(sink.received.at(-1)?.path).to.equal("/services/T1/B1/abcdefgh");
    expect(jsonSent()).to.deep.include({ link_names: false, unfurl_links: false });
    expect(jsonSent().text).to.contain("`&lt;!channel&gt;'x'`");
  });

  it("names no secret in what went wrong", async () => {
    const dead = createServer().listen(0, "127.0.0.1");
    await once(dead, "listening");
    const { port } = dead.address() as { port: number };
    dead.close();
    await once(dead, "close");
    const sent = await telegramChannel(`http://127.0.0.1:${port}`, "123:secret", address).send(
      letterTo("telegram", "1"),
    );
    expect(sent).to.deep.include({
      kind: "failed",
      blame: "channel",
      reason: "the connection failed: ECONNREFUSED",
    });
  });

  describe("e-mail", () => {
    let smtp: SmtpSink;
    beforeEach(async () => {
      smtp = await startSmtpSink();
    });
    afterEach(() => smtp.close());
    const channel = () =>
      emailChannel({
        settings: { host: "127.0.0.1", port: smtp.port, security: "none", from: "calls@example.org" },
        password: undefined,
        timeoutMs: 300,
      });

    it("is plain text to the one address, and its id is its key", async () => {
      expect(await channel().send(letterTo("email", "trader@example.net"))).to.deep.equal({ kind: "sent" });
      const [mail] = smtp.mails;
      expect(mail?.to.join()).to.contain("<trader@example.net>");
      expect(mail?.data).to.contain(`Message-ID: <${KEY}@example.org>`);
      expect(mail?.data).to.match(/^Subject: Margin call$/m);
      expect(mail?.data).to.match(/^Content-Type: text\/plain/m);
      expect(mail?.data.replaceAll("=\r\n", "")).to.contain("Deadline: 2030-03-17 19:46:40 UTC");
    });

    it("C-64 no name makes a header or another recipient", async () => {
      await channel().send(
        letterTo("email", "trader@example.net", called, "x\r\nBcc: thief@example.net\r\n\r\n.\r\nQUIT"),
      );
      const [mail] = smtp.mails;
      const [head = "", ...body] = mail?.data.split("\r\n\r\n") ?? [];
      expect(head).not.to.match(/bcc|thief/i);
      expect(body.join("")).to.contain("x Bcc: thief");
      expect(mail?.to.length).to.equal(1);
      expect(smtp.mails.length).to.equal(1);
    });

    it("tells the target's fault from the server's", async () => {
      const answers: [string, string, object][] = [
        ["RCPT", "550 no such user", { kind: "refused", reason: "SMTP 550" }],
        ["RCPT", "450 later", { kind: "failed", blame: "target" }],
        ["EHLO", "421 busy", { kind: "failed", blame: "channel" }],
        ["MAIL", "451 later", { kind: "failed", blame: "channel" }],
      ];
      for (const [command, reply, expected] of answers) {
        smtp.answer = (line) => (line.startsWith(command) ? reply : undefined);
        expect(await channel().send(letterTo("email", "a@example.net")), reply).to.deep.include(expected);
      }
    });

    it("gives up a server that says nothing", async () => {
      smtp.answer = (line) => (line.startsWith("DATA") ? "" : undefined);
      const startedAt = performance.now();
      const sent = await channel().send(letterTo("email", "a@example.net"));
      expect(sent).to.deep.include({ kind: "failed", blame: "channel" });
      expect(performance.now() - startedAt).to.be.below(2_000);
    });

    it("does not speak in the clear where encryption is wanted", async () => {
      const settings = {
        host: "127.0.0.1",
        port: smtp.port,
        security: "starttls",
        from: "calls@example.org",
      } as const;
      const sent = await emailChannel({ settings, password: undefined, timeoutMs: 300 }).send(
        letterTo("email", "a@example.net"),
      );
      expect(sent.kind).to.equal("failed");
      expect(smtp.mails).to.be.empty;
    });
  });
});
