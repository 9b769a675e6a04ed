import { expect } from "chai";
import { readFileSync } from "node:fs";
import { globSync } from "node:fs";

const IMPORT = /^(?:import|export)\s[^;]*?from\s+"([^"]+)"/gm;

describe("sdk/ stays small and runs anywhere", () => {
  const files = globSync("sdk/**/*.ts");

  it("imports ethers, itself, and types from interfaces alone", () => {
    expect(files.length).to.be.above(10);
    const allowed =
      /^(ethers|\.\/\w+\.ts|\.\.\/types\/(factories\/)?interfaces\/\w+\.ts|\.\.\/types\/common\.ts)$/;
    for (const file of files) {
      for (const [, source] of readFileSync(file, "utf8").matchAll(IMPORT)) {
        expect(source, file).to.match(allowed);
      }
    }
  });

  it("carries no bytecode", () => {
    for (const file of globSync("types/factories/interfaces/*.ts")) {
      expect(readFileSync(file, "utf8"), file).not.to.match(/bytecode|"0x[0-9a-f]{40}/i);
    }
  });

  it("is exported as a whole by its index", () => {
    const index = readFileSync("sdk/index.ts", "utf8");
    const internal = ["index.ts", "errorSentences.ts"];
    for (const file of files.map((path) => path.replaceAll("\\", "/").slice("sdk/".length))) {
      if (!internal.includes(file)) expect(index).to.contain(`"./${file}"`);
    }
  });
});
