import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/compile.ts";
import { brakeTable, choiceTable, marketTable } from "../../scripts/docs/brake/brakeTable.ts";
import {
  blackThursday,
  blackThursdayByTheHour,
  CANDLES_FILE,
  slide,
  type Scene,
} from "../../scripts/docs/brake/scenes.ts";

const PAGE = join(root, "docs", "decisions", "0026-liquidation-brake.md");

describe("the tables of docs/decisions/0026-liquidation-brake.md", () => {
  const tables: readonly (readonly [string, (crash: Scene, slide: Scene) => string])[] = [
    ["of the replays", brakeTable],
    ["of other terms", choiceTable],
    ["of other markets", marketTable],
  ];
  for (const [name, table] of tables) {
    it(`are what the replays give: the one ${name}`, () => {
      const page = readFileSync(PAGE, "utf8");
      if (existsSync(CANDLES_FILE)) {
        expect(page).to.contain(table(blackThursday(), slide()));
        return;
      }
      // A plain clone lacks the candles; the columns of the slide, which come last, need none.
      const printed = table(blackThursdayByTheHour(), slide()).split("\n");
      const lastCells = printed.map((line) => line.split(" | ").slice(-2).join(" | "));
      for (const cells of lastCells) expect(page).to.contain(cells);
    }).timeout(300_000);
  }
});
