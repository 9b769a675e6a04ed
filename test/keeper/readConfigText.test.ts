import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../keeper/errors.ts";
import { readConfigText } from "../../keeper/readConfigText.ts";

describe("readConfigText", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-text-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const read = (text: string, environment: NodeJS.ProcessEnv = {}) => {
    const file = join(folder, "keeper.yaml");
    writeFileSync(file, text);
    return readConfigText(file, environment);
  };

  it("reads YAML and the JSON that is part of it", () => {
    const value = { a: 1, b: ["x", true, null], c: { d: "0.5" } };
    expect(read('# words\na: 1\nb: [x, true, null]\nc:\n  d: "0.5"\n').value).to.deep.equal(value);
    expect(read(JSON.stringify(value)).value).to.deep.equal(value);
    expect(read(JSON.stringify(value, undefined, "\t")).value).to.deep.equal(value);
  });

  it("takes an address without quotes for text, of which a number would lose the end", () => {
    const address = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
    expect(read(`feed: ${address}`).value).to.deep.equal({ feed: address });
  });

  it("fills in variables and defaults, and keeps quoted ones text", () => {
    const text =
      'url: https://a.example/${KEY}\nms: ${MS:-250}\nmargin: "${MARGIN:-1}"\nplain: $${KEY}\non: ${ON}\n';
    expect(read(text, { KEY: "k", ON: "true" }).value).to.deep.equal({
      url: "https://a.example/k",
      ms: 250,
      margin: "1",
      plain: "${KEY}",
      on: true,
    });
    expect(read(text, { KEY: "k", MS: "9", MARGIN: "2", ON: "x" }).value).to.include({
      ms: 9,
      margin: "2",
      on: "x",
    });
  });

  it("C-66 puts what a variable holds where it stands, and nowhere else", () => {
    const environment = { A: 'x"\nkey: { privateKeyEnv: OTHER }\n#' };
    expect(read("a: ${A}\nb: 1", environment).value).to.deep.equal({ a: environment.A, b: 1 });
  });

  it("says where things stand", () => {
    const { placeOf, file } = read("a: 1\nlist:\n  - x: 1\n    y: 2\n");
    expect(placeOf(["list", 0, "y"])).to.equal(`${file}:4:5`);
    expect(placeOf(["list", 0, "none"])).to.equal(`${file}:3:5`);
    expect(placeOf(["none"])).to.equal(`${file}:1:1`);
  });

  const wrong: [string, string, string][] = [
    [
      "a variable that is not set",
      "a: 1\nb: ${NOT_SET}",
      ":2:4: the environment variable NOT_SET is not set",
    ],
    ["one that is set to nothing", "b: ${EMPTY}", "EMPTY is not set"],
    ["a reference that ends nowhere", "b: 'x${NAME'", ":1:4: after ${ must come"],
    ["a key from a variable", "key:\n  privateKeyEnv: ${SECRET}", ":2:18: ${…} is not filled in here"],
    ["a lane's", "keys: {urgent: {passwordEnv: '${SECRET}'}}", "is not filled in here"],
    ["one vault's", "vaults:\n  - key: { privateKeyEnv: '${SECRET}' }", ":2:27: ${…} is not filled in here"],
    ["a key twice", "a: s3cr3t\na: 2", ":2:1: is no YAML: Map keys must be unique"],
    ["brackets that do not close", "a: [s3cr3t\nb: 1", ":2:1: is no YAML"],
    ["an alias", "a: &x s3cr3t\nb: *x", ":2:4: an alias"],
    ["a tag", "a: !!binary2 s3cr3t", ":1:4: is no YAML: a tag"],
    ["two documents", "a: 1\n---\nb: s3cr3t", "is no YAML"],
  ];
  for (const [name, text, says] of wrong) {
    it(`C-66 refuses ${name} with its place, and repeats nothing of the file`, () => {
      expect(() => read(text, { EMPTY: "", SECRET: "s3cr3t" }))
        .to.throw(UserError, says)
        .with.property("message")
        .that.does.not.contain("s3cr3t");
    });
  }

  it("lets the path of a keystore come from the environment", () => {
    const text = "key: { keystoreFile: '${HOME_OF_KEYS}/k.json', passwordEnv: PASSWORD }";
    expect(read(text, { HOME_OF_KEYS: "/keys" }).value).to.deep.equal({
      key: { keystoreFile: "/keys/k.json", passwordEnv: "PASSWORD" },
    });
  });

  it("says which file cannot be read", () => {
    expect(() => readConfigText(join(folder, "none.yaml"))).to.throw(UserError, "none.yaml cannot be read");
  });
});
