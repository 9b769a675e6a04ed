import { expect } from "chai";
import { describe, it } from "mocha";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/compile.ts";
import { CANARIES } from "./canaries.ts";

describe("The canaries", () => {
  it("are at least ten, each with a name of its own", () => {
    expect(CANARIES.length).to.be.at.least(10);
    expect(new Set(CANARIES.map(({ name }) => name)).size).to.equal(CANARIES.length);
  });

  for (const { name, file, find, replace } of CANARIES) {
    it(`fit their contracts: ${name}`, () => {
      const source = readFileSync(join(root, "contracts", file), "utf8");
      expect(source.split(find).length - 1, `places of ${file} that it fits`).to.equal(1);
      expect(replace).not.to.equal(find);
    });
  }
});
