import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alertsConfigFrom, alertsSchema } from "../../../keeper/alerts/alertsConfig.ts";
import { startAlertServer } from "../../../keeper/alerts/alertServer.ts";
import { checkAlerts } from "../../../keeper/commands/doctor/checkAlerts.ts";
import { checkMetrics } from "../../../keeper/commands/doctor/checkMetrics.ts";
import type { Finding } from "../../../keeper/commands/doctor/finding.ts";
import type { Config } from "../../../keeper/config.ts";
import { silentLog } from "../../../keeper/log.ts";
import { metricsSchema } from "../../../keeper/metricsConfig.ts";
import { openMonitoring } from "../../../keeper/monitor/openMonitoring.ts";
import { Store } from "../../../keeper/store/store.ts";
import { WATCHED } from "../support/blockView.ts";
import { VAULT } from "../support/vaultLogs.ts";
import { startSink, type Sink } from "../alerts/support/sink.ts";
import { startSmtpSink, type SmtpSink } from "../alerts/support/smtpSink.ts";

const TOKEN = "123456:ABCDEFGHIJKLMNOPQRST";

describe("doctor on what is served and sent", () => {
  let folder: string;
  let busy: Server;
  let busyPort: number;
  let store: Store | undefined;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-doctor-services-"));
    store = undefined;
    busy = createServer((_, response) => response.end('{"what":"else"}'));
    await new Promise<void>((resolve) => busy.listen(0, "127.0.0.1", resolve));
    busyPort = (busy.address() as AddressInfo).port;
  });
  afterEach(async () => {
    busy.closeAllConnections();
    await new Promise((resolve) => busy.close(resolve));
    store?.close();
    rmSync(folder, { recursive: true });
  });
  const storeFile = () => join(folder, "keeper.sqlite");
  const openStore = () => (store = new Store(storeFile(), { chainId: 31_337, vault: VAULT }));
  const configOf = (changes: Readonly<Record<string, unknown>>): Config => ({
    ...WATCHED,
    deployment: { ...WATCHED.deployment, chainId: 31_337 },
    storeFile: storeFile(),
    ...changes,
  });
  const freePort = async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  };

  describe("metrics.listen", () => {
    const metricsAt = (listen: string) => configOf({ metrics: metricsSchema.parse({ listen }) });

    it("is free, or taken by something else, or at no address of this machine", async () => {
      expect(await checkMetrics([configOf({ metrics: undefined })])).to.deep.equal([]);
      const free = `127.0.0.1:${await freePort()}`;
      // Twice: the first look lets go of it.
      for (let i = 0; i < 2; ++i)
        expect(await checkMetrics([metricsAt(free)])).to.deep.equal([
          { severity: "ok", subject: "metrics.listen", says: `${free} is free` },
        ]);
      const [taken] = await checkMetrics([metricsAt(`127.0.0.1:${busyPort}`)]);
      expect(taken).to.include({ severity: "failure" });
      expect(taken?.says).to.contain("in use by something else");
      const [elsewhere] = await checkMetrics([metricsAt("203.0.113.7:9469")]);
      expect(elsewhere).to.include({ severity: "failure" });
      expect(elsewhere?.says).to.contain("EADDRNOTAVAIL");
    });

    it("may be in use by the keeper that runs with this store, and by no other keeper of the vault", async () => {
      const listen = `127.0.0.1:${await freePort()}`;
      const config = metricsAt(listen);
      const monitoring = await openMonitoring([config], silentLog);
      try {
        const [stranger] = await checkMetrics([config]);
        expect(stranger).to.include({ severity: "failure" });
        openStore();
        expect(await checkMetrics([config])).to.deep.equal([
          {
            severity: "ok",
            subject: "metrics.listen",
            says: `${listen} is in use by the keeper that runs`,
          },
        ]);
      } finally {
        await monitoring?.close();
      }
    });

    it("is something else's where it answers more than a keeper would", async () => {
      const answer = { vault: VAULT, more: "x".repeat(70_000) };
      const huge = createServer((_, response) => response.end(JSON.stringify([answer])));
      await new Promise<void>((resolve) => huge.listen(0, "127.0.0.1", resolve));
      const config = metricsAt(`127.0.0.1:${(huge.address() as AddressInfo).port}`);
      openStore();
      try {
        const check = async () => (await checkMetrics([config]))[0]?.severity;
        expect(await check()).to.equal("failure");
        answer.more = "";
        expect(await check()).to.equal("ok");
      } finally {
        huge.closeAllConnections();
        await new Promise((resolve) => huge.close(resolve));
      }
    });

    it("is asked about without making a lock where there is none", async () => {
      const monitoring = await openMonitoring([metricsAt(`127.0.0.1:0`)], silentLog);
      const listen = (monitoring?.url ?? "").replace("http://", "");
      try {
        expect((await checkMetrics([metricsAt(listen)]))[0]).to.include({ severity: "failure" });
        expect(existsSync(`${storeFile()}-lock`)).to.be.false;
      } finally {
        await monitoring?.close();
      }
    });

    it("is one place for a process of several vaults, as run has it", async () => {
      const [two] = await checkMetrics([metricsAt("127.0.0.1:1111"), metricsAt("127.0.0.1:2222")]);
      expect(two).to.include({ severity: "failure" });
      expect(two?.says).to.contain("at one place");
    });
  });

  describe("alerts", () => {
    let telegram: Sink;
    let smtp: SmtpSink;
    beforeEach(async () => {
      [telegram, smtp] = [await startSink(), await startSmtpSink()];
      telegram.answer = ({ path }, response) => {
        response.statusCode = path === `/bot${TOKEN}/getMe` ? 200 : 401;
        response.end("{}");
      };
    });
    afterEach(async () => {
      await Promise.all([telegram.close(), smtp.close()]);
    });
    const alertsOf = (changes: Readonly<Record<string, unknown>> = {}) =>
      alertsConfigFrom(
        "keeper.yaml",
        alertsSchema.parse({
          timeoutMs: 500,
          webhook: {},
          telegram: { botTokenEnv: "TOKEN", apiUrl: telegram.url },
          email: {
            host: "127.0.0.1",
            port: smtp.port,
            security: "none",
            from: "calls@example.org",
            user: "calls",
            passwordEnv: "MAIL",
          },
          ...changes,
        }),
        storeFile(),
        (path) => join(folder, path),
      );
    const find = async (changes: Readonly<Record<string, unknown>> = {}, token = TOKEN) => {
      const environment = { TOKEN: token, MAIL: "s3cr3t" };
      const findings = await checkAlerts(configOf({ alerts: alertsOf(changes) }), environment);
      // What is to start afterwards finds its secrets.
      expect(environment.MAIL).to.equal("s3cr3t");
      return findings;
    };
    const of = (findings: readonly Finding[], subject: string) =>
      findings.find((one) => one.subject === subject);
    const login = (answer: string) => {
      smtp.answer = (command) => {
        if (command.startsWith("EHLO")) return "250-sink\r\n250 AUTH PLAIN";
        return command.startsWith("AUTH") ? answer : undefined;
      };
    };

    it("finds channels that work, and tells nobody anything", async () => {
      login("235 welcome");
      const findings = await find();
      expect(findings.map(({ severity, subject }) => [severity, subject])).to.deep.equal([
        ["ok", "alerts webhook"],
        ["ok", "alerts telegram"],
        ["ok", "alerts email"],
        ["ok", "alerts inbox"],
      ]);
      expect(telegram.received.map(({ path }) => path)).to.deep.equal([`/bot${TOKEN}/getMe`]);
      expect(smtp.mails).to.be.empty;
    });

    it("K-19 finds a token and a login that are not taken, and shows neither", async () => {
      login("535 no");
      const findings = await find({}, "999999:ZYXWVUTSRQPONMLKJIHG");
      expect(of(findings, "alerts telegram")).to.include({
        severity: "failure",
        says: "cannot be used: HTTP 401",
      });
      expect(of(findings, "alerts email")).to.include({
        severity: "failure",
        says: "cannot be used: SMTP 535",
      });
      expect(JSON.stringify(findings)).to.not.match(/s3cr3t|ZYXW/);
      for (const { severity, remedy } of findings) expect(remedy === undefined).to.equal(severity === "ok");
    });

    it("finds servers that are not there, or too slow", async () => {
      smtp.answer = () => "";
      telegram.answer = () => undefined;
      const findings = await find();
      expect(of(findings, "alerts email")).to.include({ severity: "failure" });
      expect(of(findings, "alerts telegram")?.says).to.contain("no answer within 500 ms");
      const email = { host: "127.0.0.1", port: await freePort(), security: "none", from: "a@example.org" };
      expect(of(await find({ email }), "alerts email")?.says).to.match(/ECONNREFUSED|ESOCKET/);
    });

    it("finds a secret that is missing, and alerts without a channel", async () => {
      const config = configOf({ alerts: alertsOf() });
      const [missing] = await checkAlerts(config, { MAIL: "s3cr3t" });
      expect(missing).to.include({
        severity: "failure",
        says: "the environment variable TOKEN is not set",
      });
      const none = { webhook: undefined, telegram: undefined, email: undefined };
      expect((await find(none))[0]).to.include({ severity: "warning", says: "no channel is offered" });
      expect(await checkAlerts(configOf({ alerts: undefined }), {})).to.deep.equal([]);
    });

    it("finds an inbox that is no folder", async () => {
      writeFileSync(join(folder, "in"), "");
      expect(of(await find({ inboxFolder: "in" }), "alerts inbox")).to.include({ severity: "failure" });
    });

    it("finds an inbox that has no folder to be in", async () => {
      expect(of(await find({ inboxFolder: "none/in" }), "alerts inbox")).to.include({ severity: "failure" });
    });

    it("finds where subscriptions are taken in free, taken, or the running keeper's", async () => {
      const listen = `127.0.0.1:${await freePort()}`;
      expect(of(await find({ listen }), "alerts.listen")).to.include({ severity: "ok" });
      expect(of(await find({ listen: `127.0.0.1:${busyPort}` }), "alerts.listen")).to.include({
        severity: "failure",
      });
      const server = await startAlertServer({
        listen,
        clientHeader: undefined,
        requestsPerMinute: 20,
        desk: { take: () => Promise.reject(new Error("nobody asks")) },
        deployment: { chainId: 31_337, vault: VAULT },
        channels: new Set(["webhook"]),
        now: () => undefined,
        nowMs: () => 0,
        log: silentLog,
      });
      try {
        expect(of(await find({ listen }), "alerts.listen")).to.include({ severity: "failure" });
        openStore();
        expect(of(await find({ listen }), "alerts.listen")?.says).to.equal(
          `${listen} is in use by the keeper that runs`,
        );
      } finally {
        server.close();
      }
    });
  });
});
