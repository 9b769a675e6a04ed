import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { StatusReport } from "../../../keeper/monitor/statusReport.ts";
import { renderStatus } from "../../../keeper/statusView/renderStatus.ts";
import { terminalPicture } from "./terminalPicture.ts";

const SCREEN = { columns: 124, rows: 30, isColoured: true };

/**
 * What `status --watch` showed at block 84 of `npm run demo`, seed 1, of a keeper in a dry run beside the demo's own; the
 * file is what that keeper answered to GET /status.
 */
export function statusPicture(): string {
  const file = join(import.meta.dirname, "status.json");
  const reports = JSON.parse(readFileSync(file, "utf8")) as readonly StatusReport[];
  return terminalPicture(renderStatus(reports, SCREEN), SCREEN.columns);
}
