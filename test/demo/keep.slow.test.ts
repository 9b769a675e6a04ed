import { expect } from "chai";
import { once } from "node:events";
import type { ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { runCommand } from "../keeper/support/runCommand.ts";
import { folderWith, SHORT_CRASH, startDemo } from "./support/runDemo.ts";

describe("the demo, interrupted", function () {
  this.timeout(60_000);
  let folder: ReturnType<typeof folderWith>;
  let short: string[];
  before(() => {
    folder = folderWith({ "prices.csv": SHORT_CRASH });
    short = ["--prices", join(folder.path, "prices.csv"), "--accounts", "10", "--beat", "120"];
  });
  after(() => {
    folder.remove();
  });

  it("--keep: chain and keeper run on and are named; Ctrl-C ends both and the demo's result stands", async () => {
    const html = join(folder.path, "kept.html");
    const child = startDemo([...short, "--keep", "--report", html], folder.path);
    const words = await heard(child, "Running until Ctrl-C");
    const { url, keeper } = namedIn(words);
    expect(await chainIdOf(url)).to.equal("0x7a69");
    expect(isAlive(keeper)).to.be.true;

    child.kill("SIGINT");
    const [code] = (await once(child, "exit")) as [number | null];
    expect(code, words).to.equal(0);
    expect(isAlive(keeper)).to.be.false;
    expect(await chainIdOf(url)).to.be.undefined;
  });

  it("--keep chain: its keeper ends, and a fresh operator's goes live with the key that it has left", async () => {
    const child = startDemo(
      [...short, "--keep", "chain", "--report", join(folder.path, "a.html")],
      folder.path,
    );
    const words = await heard(child, "Running until Ctrl-C");
    const { url, keeper } = namedIn(words);
    expect(isAlive(keeper)).to.be.false;
    const [deployment = "", keyFile = ""] = [/Deployment file (\S+)/, /with coins and USDC: (\S+)/].map(
      (sign) => sign.exec(words)?.[1] ?? "",
    );
    const config = join(folder.path, "operator.yaml");
    const passwordFile = join(folder.path, "password");
    writeFileSync(passwordFile, "correct horse\n");
    const files = ["--out", config, "--keystore", join(folder.path, "operator.json")];
    const terms = ["--deployment", deployment, "--rpc", url, "--mode", "live"];
    const key = ["--import-key", "--password-file", passwordFile];
    const made = await runCommand(["init", ...terms, ...files, ...key], readFileSync(keyFile, "utf8"));
    expect(made.code, made.stderr).to.equal(0);
    const run = await runCommand(["once", "--config", config]);
    expect(run.code, run.stderr).to.equal(0);
    expect(run.stdout).to.contain('"mode":"live"');
    const doctor = await runCommand(["doctor", "--config", config]);
    expect(doctor.stdout).to.contain(" 0 failures");
    expect(doctor.stdout).to.match(/ok +purse/);
    child.kill("SIGINT");
    expect(((await once(child, "exit")) as [number | null])[0], words).to.equal(0);
  });

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    it(`${signal} in the middle of the replay: no process is left behind`, async () => {
      const child = startDemo(short, folder.path);
      const { url, keeper } = namedIn(await heard(child, "Replaying"));
      child.kill(signal);
      const [ended] = (await once(child, "exit")) as [number | null];
      expect(ended).to.equal(code);
      expect(isAlive(keeper)).to.be.false;
      expect(await chainIdOf(url)).to.be.undefined;
    });
  }

  it("killed without a chance to clean up: chain and keeper end all the same (K-09)", async () => {
    const child = startDemo(short, folder.path);
    const { url, keeper } = namedIn(await heard(child, "Replaying"));
    child.kill("SIGKILL");
    await once(child, "exit");
    await eventually(() => !isAlive(keeper));
    expect(await chainIdOf(url)).to.be.undefined;
  });
});

/** Everything said up to and including the line that holds `sign`. */
function heard(child: ChildProcess, sign: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let words = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      words += chunk.toString();
      if (words.includes(sign)) resolve(words);
    });
    child.once("exit", () => {
      reject(new Error(`The demo ended before it said "${sign}":\n${words}`));
    });
  });
}

function namedIn(words: string): { url: string; keeper: number } {
  const url = /Chain at (http:\S+)/.exec(words)?.[1]?.replace(/,$/, "") ?? "";
  const keeper = Number(/Keeper 0x\w+, process (\d+)/.exec(words)?.[1]);
  return { url, keeper };
}

async function chainIdOf(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] }),
    });
    return ((await response.json()) as { result: string }).result;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function eventually(isTrue: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 && !isTrue(); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(isTrue()).to.be.true;
}
