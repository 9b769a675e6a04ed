import { escapeXml } from "./escapeXml.ts";

/** As much of a Grafana panel as its place and its words need. */
export interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
}

/** Of a cell of Grafana's grid of 24 columns. */
const CELL_WIDTH = 44;
const CELL_HEIGHT = 17;
const GAP = 4;
const HEAD = 34;
const LETTER_WIDTH = 6.1;

/** Where a dashboard's panels lie, and which metrics each of them shows. */
export function dashboardPicture(title: string, panels: readonly Panel[]): string {
  const rows = Math.max(0, ...panels.map(({ gridPos: { y, h } }) => y + h));
  const width = 24 * CELL_WIDTH + GAP;
  const height = HEAD + rows * CELL_HEIGHT + GAP;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="The panels of the dashboard ${escapeXml(title)}">`,
    `<rect width="100%" height="100%" fill="#14181d"/>`,
    `<g font-family="system-ui, sans-serif" font-size="11">`,
    `<text x="${2 * GAP}" y="22" font-size="15" fill="#ffffff">${escapeXml(title)}</text>`,
    ...panels.map(boxOf),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function boxOf({ title, type, gridPos, targets }: Panel): string {
  const x = gridPos.x * CELL_WIDTH + GAP;
  const y = HEAD + gridPos.y * CELL_HEIGHT;
  const width = gridPos.w * CELL_WIDTH - GAP;
  const height = gridPos.h * CELL_HEIGHT - GAP;
  const room = Math.floor((width - 2 * GAP) / LETTER_WIDTH);
  const names = [
    ...new Set(targets.flatMap(({ expr }) => expr.match(/\b(?:tocsin|nodejs|process)_\w+/g) ?? [])),
  ];
  const lines = [type === "stat" ? "one number" : "over time", ...names]
    .map((line) => (line.length > room ? `${line.slice(0, room - 1)}…` : line))
    .slice(0, Math.floor((height - 24) / 14))
    .map(
      (line, i) => `<text x="${x + 2 * GAP}" y="${y + 32 + i * 14}" fill="#8f9aa5">${escapeXml(line)}</text>`,
    );
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="3" fill="#1d232a" stroke="#323b45"/>`,
    `<text x="${x + 2 * GAP}" y="${y + 16}" fill="#d6dbe0" font-weight="bold">${escapeXml(title)}</text>`,
    ...lines,
  ].join("\n");
}
