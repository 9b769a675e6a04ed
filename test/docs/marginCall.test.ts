import { expect } from "chai";
import { describe, it } from "mocha";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/compile.ts";
import { writeMarginCallPage } from "../../scripts/docs/marginCallPage.ts";

describe("docs/margin-call.md", () => {
  it("says what the contracts answer; `npm run docs:margin-call` writes it anew", async () => {
    const page = readFileSync(join(root, "docs", "margin-call.md"), "utf8");
    expect(page).to.equal(await writeMarginCallPage());
  });
});
