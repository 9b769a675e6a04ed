import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../keeper/config.ts";
import { UserError } from "../../keeper/errors.ts";
import { writeConfig } from "./support/keeperProcess.ts";
import { madeUpDeployment } from "./support/madeUpDeployment.ts";

describe("endpoints in the configuration", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-config-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const read = (changes: Readonly<Record<string, unknown>>) =>
    readConfig(
      writeConfig(folder, "http://127.0.0.1:1/", madeUpDeployment, {
        nativePriceFeed: { fixed: "1" },
        ...changes,
      }),
    );

  it("takes rpcUrl for a single endpoint that is polled", () => {
    expect(read({}).endpoints).to.deep.equal([{ http: "http://127.0.0.1:1/", ws: undefined }]);
  });

  it("takes a list, in its order", () => {
    const endpoints = [
      { http: "https://a.example/k", ws: "wss://a.example/k" },
      { http: "https://b.example" },
    ];
    expect(read({ rpcUrl: undefined, endpoints }).endpoints).to.deep.equal([
      endpoints[0],
      { http: "https://b.example", ws: undefined },
    ]);
  });

  const http = "https://a.example";
  const wrong: [string, Record<string, unknown>, string][] = [
    ["neither form", { rpcUrl: undefined }, 'either "rpcUrl"'],
    ["both forms", { endpoints: [{ http }] }, 'either "rpcUrl"'],
    ["an empty list", { rpcUrl: undefined, endpoints: [] }, "endpoints"],
    ["an unknown key", { rpcUrl: undefined, endpoints: [{ http, wss: "wss://a" }] }, "endpoints.0.wss"],
    ["http where ws belongs", { rpcUrl: undefined, endpoints: [{ http, ws: http }] }, "endpoints.0.ws"],
    [
      "ws where http belongs",
      { rpcUrl: undefined, endpoints: [{ http: "wss://a.example" }] },
      "endpoints.0.http",
    ],
    ["the same twice", { rpcUrl: undefined, endpoints: [{ http }, { http: `${http}/` }] }, "named twice"],
    ["a password in rpcUrl", { rpcUrl: "https://user:s3cr3t@a.example" }, "rpcUrl: must not contain a user"],
    [
      "a user in ws",
      { rpcUrl: undefined, endpoints: [{ http, ws: "wss://s3cr3t@a.example" }] },
      "endpoints.0.ws: must not contain a user",
    ],
  ];
  for (const [name, changes, says] of wrong) {
    it(`C-66 refuses ${name} in one sentence that shows no value`, () => {
      expect(() => read(changes))
        .to.throw(UserError)
        .with.property("message")
        .that.contains(says)
        .and.not.contains("s3cr3t");
    });
  }
});
