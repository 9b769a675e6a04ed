import { expect } from "chai";
import { describe, it } from "mocha";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/compile.ts";
import { dashboardPicture } from "../../scripts/docs/operating/dashboardPicture.ts";
import { statusPicture } from "../../scripts/docs/operating/statusPicture.ts";
import { terminalPicture } from "../../scripts/docs/operating/terminalPicture.ts";

const docs = (file: string) => readFileSync(join(root, "docs", file), "utf8");

describe("the pictures of docs/keeper.md", () => {
  it("are what the script draws of what there is now", () => {
    const dashboard = JSON.parse(
      readFileSync(join(root, "ops", "grafana", "tocsin-keeper.json"), "utf8"),
    ) as { readonly title: string; readonly panels: Parameters<typeof dashboardPicture>[1] };
    expect(docs("dashboard.svg")).to.equal(dashboardPicture(dashboard.title, dashboard.panels));
    expect(docs("status.svg")).to.equal(statusPicture());
  });

  it("show every letter as it is", () => {
    const picture = terminalPicture(['a < b & \u001b[31m"c"\u001b[0m'], 20);
    expect(picture)
      .to.contain("a &lt; b &amp; </tspan>")
      .and.to.contain('<tspan fill="#f0766b">&quot;c&quot;</tspan>');
  });
});
