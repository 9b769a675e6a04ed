import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkHeadAge } from "../../../keeper/commands/doctor/checkEndpoint.ts";
import { checkCoins, runwayDays } from "../../../keeper/commands/doctor/checkPurse.ts";
import { checkSharedKeys, examine } from "../../../keeper/commands/doctor/examine.ts";
import { exitCodeOf, type Finding } from "../../../keeper/commands/doctor/finding.ts";
import { readConfig } from "../../../keeper/config.ts";
import { ZeroHash as ZERO_HASH } from "ethers";
import { KEYS } from "../support/chain.ts";
import { useWorld } from "../support/useWorld.ts";
import { runCommand } from "../support/runCommand.ts";
import { writeConfig } from "../support/keeperProcess.ts";

const NOW = 1_800_000_000;

describe("doctor", function () {
  this.timeout(60_000);
  const bench = useWorld();
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-doctor-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const written = (changes: Readonly<Record<string, unknown>> = {}, deployment = bench.world.deployment) =>
    writeConfig(folder, bench.chain.url, deployment, { brake: { sources: [] }, ...changes });
  const find = async (
    changes: Readonly<Record<string, unknown>> = {},
    deployment = bench.world.deployment,
    now?: number,
  ) => {
    const config = readConfig(written(changes, deployment));
    const { timestamp } = await bench.chain.send<{ timestamp: string }>(
      "eth_getBlockByNumber",
      "latest",
      false,
    );
    const environment = { TOCSIN_KEEPER_KEY: KEYS.keeper };
    return (await examine({ config, environment, now: now ?? Number(timestamp) })).findings;
  };
  const of = (findings: readonly Finding[], subject: string) =>
    findings.filter((one) => one.subject.startsWith(subject));

  it("finds a healthy set-up healthy, but for what only one endpoint and one source of prices can tell", async () => {
    const findings = await find();
    expect(findings.filter(({ severity }) => severity === "failure")).to.deep.equal([]);
    expect(
      findings.filter(({ severity }) => severity === "warning").map(({ subject }) => subject),
    ).to.deep.equal(["endpoints", "brake"]);
    expect(of(findings, "contracts")[0]?.says).to.match(
      /^\d+ are there, the code of \d+ is what was deployed$/,
    );
    expect(of(findings, "feed of").map(({ subject }) => subject)).to.deep.equal([
      "feed of WETH",
      "feed of WBTC",
      "feed of USDC",
      "feed of the native coin",
    ]);
    for (const { severity, remedy } of findings) expect(remedy === undefined).to.equal(severity === "ok");
  });

  it("says what to do about code that is not what was deployed, and about a contract that is not there", async () => {
    const { deployment } = bench.world;
    const vault = { ...deployment.contracts.MarginVault!, codeHash: ZERO_HASH };
    const changed = { ...deployment, contracts: { ...deployment.contracts, MarginVault: vault } };
    expect(of(await find({}, changed), "contracts")).to.have.length(1);
    expect(of(await find({}, changed), "contracts")[0]).to.include({ severity: "failure" });
    const nowhere = { ...deployment, clock: `0x${"11".repeat(20)}`, contracts: {} };
    expect(of(await find({}, nowhere), "contracts")[0]?.says).to.contain("there is no contract at 0x1111");
  });

  it("C-66 finds an endpoint of another chain, and says which", async () => {
    const elsewhere = { ...bench.world.deployment, chainId: 1 };
    const [endpoint] = of(await find({}, elsewhere), "endpoint ");
    expect(endpoint).to.include({
      severity: "failure",
      says: "serves chain 31337; the deployment is on chain 1",
    });
  });

  it("finds an endpoint that is not there, and shows no part of its path", async () => {
    const findings = await find({ rpcUrl: "http://127.0.0.1:1/s3cr3t" });
    expect(of(findings, "endpoint 1 127.0.0.1:1")[0]).to.include({ severity: "failure" });
    expect(JSON.stringify(findings)).to.not.contain("s3cr3t");
  });

  it("C-68 tells a clock that is two hours wrong, in either direction, and a chain that is ahead", () => {
    const at = (age: number) => checkHeadAge("x", { timestamp: BigInt(NOW - age) }, NOW)[0];
    expect(at(5)).to.include({ severity: "ok" });
    expect(at(-5)).to.include({ severity: "ok" });
    expect(at(7_200)).to.include({
      severity: "warning",
      says: "its newest block is 2 h old by this machine's clock",
    });
    expect(at(-7_200)).to.include({
      severity: "warning",
      says: "its newest block is 2 h ahead of this machine's clock",
    });
  });

  it("C-68 judges feeds by block time: a machine's clock that is hours wrong makes none of them old", async () => {
    const findings = await find({}, bench.world.deployment, NOW + 1_000_000_000);
    for (const feed of of(findings, "feed of")) expect(feed.severity).to.equal("ok");
  });

  it("finds the stop file, and a folder that cannot hold a store", async () => {
    const file = written();
    writeFileSync(`${readConfig(file).storeFile}.stop`, "");
    expect(of(await find(), "stop file")[0]).to.include({ severity: "warning" });
    expect(of(await find({ storeFile: "none/keeper.sqlite" }), "store")[0]).to.include({
      severity: "failure",
    });
  });

  it("C-66 says what is wrong with a key, and shows none of it", async () => {
    expect(of(await find({ key: { privateKeyEnv: "NOT_SET" } }), "key")[0]).to.include({
      severity: "failure",
      says: "the environment variable NOT_SET is not set",
    });
    expect(of(await find({ mode: "dry-run" }), "key")).to.deep.equal([]);
  });

  it("finds two vaults with one key", () => {
    expect(
      checkSharedKeys([
        { findings: [], keys: ["a", "b"] },
        { findings: [], keys: ["c", "a"] },
      ]),
    ).to.have.length(1);
    expect(
      checkSharedKeys([
        { findings: [], keys: ["a"] },
        { findings: [], keys: ["b"] },
      ]),
    ).to.deep.equal([]);
  });

  it("tells how long a key's coins last", () => {
    expect(runwayDays(10n, { wei: 4n, days: 2 })).to.equal(5);
    expect(runwayDays(10n, { wei: 0n, days: 2 })).to.equal(undefined);
    const severity = (native: bigint, days = 1) =>
      checkCoins("k", "urgent", native, 10n, { wei: 10n, days }).severity;
    expect([severity(0n), severity(9n), severity(99n), severity(100n), severity(1_000n)]).to.deep.equal([
      "failure",
      "failure",
      "warning",
      "ok",
      "ok",
    ]);
    expect(checkCoins("k", "urgent", 100n, 1n, { wei: 100n, days: 1 }).severity).to.equal("warning");
  });

  it("exits with 0, 1 or 2 by the worst that it found, as text and as JSON", async () => {
    expect(
      [[], ["ok"], ["ok", "warning"], ["failure", "ok"]].map((all) =>
        exitCodeOf(
          all.map((severity) => ({ severity: severity as Finding["severity"], subject: "", says: "" })),
        ),
      ),
    ).to.deep.equal([0, 0, 1, 2]);
    const file = written();
    const { code, stdout } = await runCommand(["doctor", "--config", file, "--json"]);
    expect(code).to.equal(1);
    const sections = JSON.parse(stdout) as { title: string; findings: Finding[] }[];
    expect(sections.flatMap(({ findings }) => findings.map(({ subject }) => subject))).to.include(
      "contracts",
    );
    const text = await runCommand(["doctor", "--config", file]);
    // A path is not broken in two.
    const lines = text.stdout.split("\n").filter((line) => !line.includes(folder));
    for (const line of lines) expect(line.length, line).to.be.at.most(100);
    writeFileSync(file, "polMs: 1");
    const broken = await runCommand(["doctor", "--config", file]);
    expect(broken.code).to.equal(2);
    expect(broken.stdout.replaceAll(/\s+/g, " "))
      .to.contain("failure")
      .and.to.contain(`did you mean "pollMs"?`);
  });
});
