/*
 * `npm run docs:operating`: draws docs/status.svg, what `tocsin-keeper status --watch` shows in a crash, and
 * docs/dashboard.svg, the panels of ops/grafana/tocsin-keeper.json as they lie.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderStatus } from "../../keeper/statusView/renderStatus.ts";
import { root } from "../compile.ts";
import { CRASH } from "./operating/crashReport.ts";
import { dashboardPicture, type Panel } from "./operating/dashboardPicture.ts";
import { terminalPicture } from "./operating/terminalPicture.ts";

const SCREEN = { columns: 124, rows: 30, isColoured: true };

const dashboard = JSON.parse(readFileSync(join(root, "ops", "grafana", "tocsin-keeper.json"), "utf8")) as {
  readonly title: string;
  readonly panels: readonly Panel[];
};
const pictures = {
  "status.svg": terminalPicture(renderStatus([CRASH], SCREEN), SCREEN.columns),
  "dashboard.svg": dashboardPicture(dashboard.title, dashboard.panels),
};
for (const [file, picture] of Object.entries(pictures)) {
  writeFileSync(join(root, "docs", file), picture);
  console.log(`docs/${file}`);
}
