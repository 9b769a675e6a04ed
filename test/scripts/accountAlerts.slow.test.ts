import { expect } from "chai";
import { Wallet } from "ethers";
import { afterEach, beforeEach, describe, it } from "mocha";
import { execFile } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../../scripts/compile.ts";
import { startSink, type Sink } from "../keeper/alerts/support/sink.ts";
import { startSmtpSink, type SmtpSink } from "../keeper/alerts/support/smtpSink.ts";
import { KEYS } from "../keeper/support/chain.ts";
import { etherFor } from "../keeper/support/etherFor.ts";
import { useKeeperBench } from "../keeper/support/keeperBench.ts";
import type { KeeperProcess } from "../keeper/support/keeperProcess.ts";

const DEBT = 10_000n * 10n ** 6n;
const ADDRESS = "trader@example.org";

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe("npm run account: subscribe, confirm, unsubscribe", function () {
  this.timeout(120_000);
  const bench = useKeeperBench("account-alerts");
  let hook: Sink;
  let smtp: SmtpSink;
  let keeper: KeeperProcess;
  let alerts: string;

  beforeEach(async () => {
    [hook, smtp] = [await startSink(), await startSmtpSink()];
    hook.answer = ({ body }, response) => {
      const { kind, code } = JSON.parse(body) as { kind: string; code?: string };
      response.end(kind === "confirmation" ? code : "thanks");
    };
    await bench.world.open(1n, 0, etherFor(1.06), DEBT);
    await bench.chain.mine();
    keeper = bench.start(
      bench.written({
        alerts: {
          listen: "127.0.0.1:0",
          webhook: { allowed: [hook.host] },
          email: { host: "127.0.0.1", port: smtp.port, security: "none", from: "calls@example.org" },
        },
      }),
    );
    await until(() => said("alerts.listening").length > 0 && said("block.seen").length > 0);
    alerts = `http://127.0.0.1:${String(said("alerts.listening")[0]?.port)}/alerts`;
    const key = await new Wallet(KEYS.deployer).encrypt("correct horse");
    writeFileSync(at("trader.json"), key);
    writeFileSync(at("password"), "correct horse\n");
    writeFileSync(at("deployment.json"), JSON.stringify(bench.world.deployment));
  });
  afterEach(async () => {
    await Promise.all([hook.close(), smtp.close()]);
  });

  const at = (file: string) => join(bench.folder, file);
  const said = (event: string) => keeper.lines.filter((line) => line.event === event);
  const kindsTold = () => hook.received.map(({ body }) => (JSON.parse(body) as { kind: string }).kind);

  async function until(isSo: () => boolean): Promise<void> {
    for (let i = 0; i < 600; ++i) {
      if (isSo()) return;
      if (i % 20 === 19) await bench.chain.mine();
      await sleep(50);
    }
    throw new Error(JSON.stringify(keeper.lines.slice(-10)));
  }

  function account(...args: string[]): Promise<Ran> {
    const tsx = join(root, "node_modules", "tsx", "dist", "cli.mjs");
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [tsx, join(root, "scripts", "account.ts"), ...args],
        (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
        },
      );
    });
  }

  function signed(command: string, channel: string, target: string, ...more: string[]): Promise<Ran> {
    const chain = ["--rpc", bench.chain.url, "--deployment", at("deployment.json")];
    const key = ["--keystore", at("trader.json"), "--password-file", at("password")];
    return account(command, "--channel", channel, "--target", target, ...chain, ...key, ...more);
  }

  it("a webhook is asked, agrees, and hears of the call; then it is told no more", async () => {
    const target = `http://${hook.host}/hook`;
    const secret = ["--secret-file", at("secret")];
    const ran = await signed("subscribe", "webhook", target, "--keeper", alerts, ...secret);
    expect(ran.code, ran.stderr).to.equal(0);
    expect(ran.stdout).to.contain("holds a new secret").and.to.contain("is unconfirmed");
    expect(statSync(at("secret")).mode & 0o777).to.equal(0o600);
    await until(() => kindsTold().includes("confirmation"));
    await bench.world.setPrice(0, 1_870);
    await until(() => kindsTold().includes("called"));

    // Later by the chain's time than what was signed first.
    await bench.chain.mine(60);
    const ended = await signed("unsubscribe", "webhook", target, "--keeper", alerts);
    expect(ended.code, ended.stderr).to.equal(0);
    expect(ended.stdout).to.match(/^Subscription \S+ is ended\.\n$/);
    const toldBefore = kindsTold();
    await bench.world.setPrice(0, 2_400);
    await until(() => said("call.closed").length > 0);
    for (let i = 0; i < 5; ++i) {
      await bench.chain.mine();
      await sleep(200);
    }
    expect(kindsTold()).to.deep.equal(toldBefore);
  });

  it("an address confirms with the code that it was sent, and not with another", async () => {
    const ran = await signed("subscribe", "email", ADDRESS, "--keeper", alerts, "--levels", "called,cured");
    expect(ran.code, ran.stderr).to.equal(0);
    const [, id = ""] = /^Subscription (\S+) is unconfirmed/.exec(ran.stdout) ?? [];
    expect(ran.stdout).to.contain(`npm run account -- confirm ${id} CODE`);
    await until(() => smtp.mails.length > 0);
    const wrong = await account("confirm", id, "A".repeat(26), "--keeper", alerts);
    expect(wrong.code).to.equal(2);
    expect(wrong.stderr).to.match(/^account: The keeper refuses it: .+\.\n$/);
    const [code = ""] = /\b[0-9A-Z]{26}\b/.exec(smtp.mails[0]!.data) ?? [];
    const right = await account("confirm", id, code, "--keeper", alerts);
    expect(right.code, right.stderr).to.equal(0);
    expect(right.stdout).to.equal(`Subscription ${id} is active.\n`);
  });

  it("writes the request down for an operator whose keeper does not listen", async () => {
    const ran = await signed("subscribe", "email", ADDRESS, "--out", at("request.json"));
    expect(ran.code, ran.stderr).to.equal(0);
    expect(statSync(at("request.json")).mode & 0o777).to.equal(0o600);
    const request = JSON.parse(readFileSync(at("request.json"), "utf8")) as { kind: string };
    expect(request.kind).to.equal("subscribe");
    const response = await fetch(alerts, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    expect(await response.json()).to.include({ state: "unconfirmed" });
  });

  it("C-66 signs nothing for another vault, an unknown level, a channel that is not offered, or in the clear", async () => {
    const other = { ...bench.world.deployment, vault: bench.world.deployment.quote.address };
    writeFileSync(at("other.json"), JSON.stringify(other));
    const to = ["--keeper", alerts];
    const cases: (readonly [readonly string[], string])[] = [
      [[...to, "--levels", "calld"], 'There is no level "calld"'],
      [["--keeper", "http://alerts.example/alerts"], "must begin with https://"],
      [[], "Give --keeper URL to hand it in, or --out FILE"],
      [[...to, "--deployment", at("other.json")], "tells of another vault"],
    ];
    for (const [args, says] of cases) {
      const ran = await signed("subscribe", "email", ADDRESS, ...args);
      expect([ran.code, ran.stderr.includes(says)], ran.stderr).to.deep.equal([2, true]);
    }
    const unoffered = await signed("subscribe", "slack", "https://hooks.slack.com/services/x", ...to);
    expect(unoffered.stderr).to.contain("does not offer slack; it has webhook, email");
    const unsecret = await signed("subscribe", "webhook", `http://${hook.host}/hook`, ...to);
    expect(unsecret.stderr).to.contain("give --secret-file FILE");
    expect(smtp.mails).to.be.empty;
    expect(hook.received).to.be.empty;
  });
});
