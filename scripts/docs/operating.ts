/*
 * `npm run docs:operating`: draws docs/status.svg, what `tocsin-keeper status --watch` shows in a crash, and
 * docs/dashboard.svg, the panels of ops/grafana/tocsin-keeper.json as they lie.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../compile.ts";
import { dashboardPicture, type Panel } from "./operating/dashboardPicture.ts";
import { statusPicture } from "./operating/statusPicture.ts";

const dashboard = JSON.parse(readFileSync(join(root, "ops", "grafana", "tocsin-keeper.json"), "utf8")) as {
  readonly title: string;
  readonly panels: readonly Panel[];
};
const pictures = {
  "status.svg": statusPicture(),
  "dashboard.svg": dashboardPicture(dashboard.title, dashboard.panels),
};
for (const [file, picture] of Object.entries(pictures)) {
  writeFileSync(join(root, "docs", file), picture);
  console.log(`docs/${file}`);
}
