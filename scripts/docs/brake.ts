/*
 * `npm run docs:brake [-- --choice]`: draws docs/brake.svg and prints the table of
 * docs/decisions/0026-liquidation-brake.md, from the candles of 12 March 2020 in the data that lies beside the
 * repository. With `--choice` it prints what the brake's terms were chosen by, and what they do
 * in other markets, and draws nothing.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../compile.ts";
import { PriceInputError } from "../demo/prices/priceInputError.ts";
import { brakeChart } from "./brake/brakeChart.ts";
import { brakePicture } from "./brake/brakePicture.ts";
import { brakeTable, choiceTable, marketTable } from "./brake/brakeTable.ts";
import { blackThursday, slide } from "./brake/scenes.ts";

function main(wantsChoice: boolean): void {
  const crash = blackThursday();
  if (wantsChoice) {
    console.log(`${choiceTable(crash, slide())}\n\n${marketTable(crash, slide())}`);
    return;
  }
  const target = join(root, "docs", "brake.svg");
  writeFileSync(target, brakeChart(brakePicture(crash, slide())));
  console.log(`wrote ${target}\n`);
  console.log(brakeTable(crash, slide()));
}

try {
  main(process.argv[2] === "--choice");
} catch (error) {
  if (!(error instanceof PriceInputError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
