import { expect } from "chai";
import { Wallet } from "ethers";
import { afterEach, beforeEach, describe, it } from "mocha";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configTemplate } from "../../../keeper/commands/configTemplate.ts";
import { readConfig } from "../../../keeper/config.ts";
import { KEYS } from "../support/chain.ts";
import { madeUpDeployment } from "../support/madeUpDeployment.ts";
import { runCommand } from "../support/runCommand.ts";

const { vault: A, quote: asset } = madeUpDeployment;
const deployment = {
  ...madeUpDeployment,
  collaterals: [{ ...asset, number: 0, symbol: "WETH", decimals: 18 }],
};

describe("init", function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-init-"));
    writeFileSync(at("deployment.json"), JSON.stringify(deployment));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const at = (name: string) => join(folder, name);
  const init = (args: readonly string[], input = "") =>
    runCommand(["init", "--out", at("keeper.yaml"), ...args], input);
  const given = () => ["--deployment", at("deployment.json"), "--rpc", "http://127.0.0.1:8545"];

  it("writes a configuration that observes, readable by its owner alone, and overwrites nothing", async () => {
    const { code, stderr } = await init(given());
    expect(code, stderr).to.equal(0);
    const config = readConfig(at("keeper.yaml"));
    expect(config.mode).to.equal("observe");
    expect(config.deployment.vault).to.equal(A);
    expect(statSync(at("keeper.yaml")).mode & 0o777).to.equal(0o600);
    const before = readFileSync(at("keeper.yaml"), "utf8");
    expect(before).to.match(/^# /m);
    const again = await init([...given(), "--mode", "live"]);
    expect(again.code).to.equal(2);
    expect(again.stderr).to.contain("is there already");
    expect(readFileSync(at("keeper.yaml"), "utf8")).to.equal(before);
  });

  it("asks for what is not given", async () => {
    const { code, stderr } = await init([], `${at("deployment.json")}\nhttps://rpc.example.com/x\n`);
    expect(code, stderr).to.equal(0);
    expect(readConfig(at("keeper.yaml")).endpoints[0]?.http).to.equal("https://rpc.example.com/x");
  });

  it("C-66 imports a key into a keystore that only its owner can read, and shows neither it nor the password", async () => {
    const args = [...given(), "--mode", "live", "--keystore", at("key.json"), "--import-key"];
    const { code, stdout, stderr } = await init(args, `${KEYS.keeper}\nhorse battery\n`);
    expect(code, stderr).to.equal(0);
    expect(stdout + stderr)
      .to.not.contain(KEYS.keeper.slice(2, 20))
      .and.to.not.contain("horse");
    expect(statSync(at("key.json")).mode & 0o777).to.equal(0o600);
    const opened = await Wallet.fromEncryptedJson(readFileSync(at("key.json"), "utf8"), "horse battery");
    expect((opened as Wallet).privateKey).to.equal(KEYS.keeper);
    expect(readConfig(at("keeper.yaml")).keys?.urgent).to.deep.equal({
      keystoreFile: at("key.json"),
      passwordEnv: "TOCSIN_KEEPER_PASSWORD",
    });
  });

  it("makes a new key with a password from a file, which it closes to others", async () => {
    writeFileSync(at("password"), "horse battery\n", { mode: 0o644 });
    const { code, stdout } = await init([
      ...given(),
      "--keystore",
      at("key.json"),
      "--password-file",
      at("password"),
    ]);
    expect(code).to.equal(0);
    expect(stdout).to.match(/holds the key of 0x[0-9a-fA-F]{40}, encrypted/);
    expect(statSync(at("password")).mode & 0o777).to.equal(0o600);
  });

  it("C-66 refuses what is no deployment, no mode, no key and no password, and then leaves nothing behind", async () => {
    writeFileSync(at("wrong.json"), "{}");
    const keystore = ["--keystore", at("key.json")];
    const wrong: [readonly string[], string, string][] = [
      [["--deployment", at("wrong.json"), "--rpc", "http://127.0.0.1:1"], "", "is no deployment"],
      [[...given(), "--mode", "alive"], "", "--mode must be one of"],
      [[...given(), ...keystore, "--import-key"], "0x1234\n", "that is no private key"],
      [[...given(), ...keystore], "short\n", "at least 8 characters"],
      [[], "", "standard input has ended"],
    ];
    for (const [args, input, says] of wrong) {
      const { code, stderr } = await init(args, input);
      expect([code, stderr.includes(says)], stderr).to.deep.equal([2, true]);
      expect(existsSync(at("keeper.yaml")) || existsSync(at("key.json"))).to.be.false;
    }
  });

  it("C-64 is not led astray by a hostile symbol or path", () => {
    const hostile = { ...deployment, quote: { ...asset, symbol: "US\n  mode: live\u202e\u001b[31m" } };
    writeFileSync(at("deployment.json"), JSON.stringify(hostile));
    const options = {
      deployment: hostile,
      deploymentFile: "deployment.json",
      storeFile: "keeper.sqlite",
      urls: ['http://127.0.0.1:1/"#'],
      mode: "observe" as const,
      key: undefined,
    };
    writeFileSync(at("keeper.yaml"), configTemplate(options));
    expect(readConfig(at("keeper.yaml")).mode).to.equal("observe");
    const text = readFileSync(at("keeper.yaml"), "utf8");
    for (const character of ["\u001b", "\u202e"]) expect(text).to.not.contain(character);
  });
});
