import { expect } from "chai";
import { CommanderError } from "commander";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, before, describe, it } from "mocha";
import { demoProgram } from "../../scripts/demo/options.ts";
import { folderWith, startDemo } from "./support/runDemo.ts";

const FILES = {
  "empty.csv": "",
  "word.csv": "timestamp_utc_seconds,price\n1700000000,2000\n1700000060,none\n",
  "order.csv": "timestamp_utc_seconds,price\n1700000060,2000\n1700000000,1990\n",
  "zero.csv": "timestamp_utc_seconds,price\n1700000000,2000\n1700000060,0\n",
};

describe("the demo, given what it cannot use", function () {
  this.timeout(30_000);
  let folder: ReturnType<typeof folderWith>;
  before(() => {
    folder = folderWith(FILES);
  });
  after(() => {
    folder.remove();
  });

  async function refuse(args: readonly string[]): Promise<string> {
    const demosBefore = demoFolders();
    const child = startDemo(args, folder.path);
    let [stdout, stderr] = ["", ""];
    child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    expect(code, stderr).to.equal(2);
    expect(stdout).to.equal("");
    expect(demoFolders(), "something was started").to.deep.equal(demosBefore);
    return stderr.trim();
  }

  const cases: readonly [string, readonly string[], RegExp][] = [
    ["a file that is not there", ["--prices", "nowhere.csv"], /^nowhere\.csv: .*no such file/],
    ["an empty file", ["--prices", "empty.csv"], /^empty\.csv: .*empty/],
    ["a row that is no number", ["--prices", "word.csv"], /^word\.csv, line 3: /],
    ["prices out of order", ["--prices", "order.csv"], /^order\.csv, line 3: /],
    ["a price of zero", ["--prices", "zero.csv"], /^zero\.csv, line 3: .*zero/],
    ["positions that are not there", ["--positions", "nobody.csv"], /^nobody\.csv: /],
  ];
  for (const [what, args, sentence] of cases) {
    it(`${what}: one sentence, code 2, nothing started (C-64)`, async () => {
      const words = await refuse(args);
      expect(words).to.match(sentence);
      expect(words.split("\n")).to.have.length(1);
    });
  }
});

describe("demoProgram", () => {
  const cases: readonly [string, readonly string[], RegExp][] = [
    ["an option that does not exist", ["--price", "x.csv"], /unknown option '--price'/],
    ["no number of accounts", ["--accounts", "many"], /--accounts.*integer/],
    ["no account at all", ["--accounts", "0"], /--accounts.*from 1/],
    ["half a seed", ["--seed", "1.5"], /--seed.*integer/],
    ["a keeper of another kind", ["--keeper", "fast"], /on, off, slow/],
    ["a fault nobody knows", ["--fault", "feed"], /ledger/],
    ["a crash nobody knows", ["--crash", "tulips"], /flash, black-thursday/],
    ["a report in a folder that is not there", ["--json", "no/such/folder.json"], /There is no folder/],
  ];
  it("has an outage and an accident when asked for one alone, and says so in its help", async () => {
    const given: (readonly boolean[])[] = [];
    const parse = (args: readonly string[]) =>
      demoProgram(({ outage, accident }) => {
        given.push([outage, accident]);
        return Promise.resolve();
      }).parseAsync(args, { from: "user" });
    await parse([]);
    await parse(["--outage"]);
    await parse(["--accident"]);
    expect(given).to.deep.equal([
      [false, false],
      [true, false],
      [false, true],
    ]);
    const help = demoProgram(() => Promise.resolve()).helpInformation();
    expect(help).to.match(/--outage +let the first feed and/);
    expect(help).to.match(/--accident +let the first feed answer 3 % too low/);
  });

  for (const [what, args, sentence] of cases) {
    it(`refuses ${what} in one line`, async () => {
      let words = "";
      const program = demoProgram(() => Promise.reject(new Error("It started.")));
      program.configureOutput({ writeErr: (text) => (words += text) });
      const error: unknown = await program.parseAsync(args, { from: "user" }).catch((e: unknown) => e);
      expect(error).to.be.instanceOf(CommanderError);
      expect(words).to.match(sentence);
      expect(words.trim().split("\n")).to.have.length(1);
    });
  }
});

function demoFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("tocsin-demo-") && !name.includes("test"));
}
