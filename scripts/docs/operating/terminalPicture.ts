import { partsOf, type Style } from "../../../keeper/statusView/paint.ts";
import { escapeXml } from "./escapeXml.ts";

const COLUMN_WIDTH = 7.6;
const LINE_HEIGHT = 18;
const MARGIN = 14;
const COLOURS: Readonly<Record<Style, string>> = {
  plain: "#d6dbe0",
  title: "#ffffff",
  faint: "#7d8894",
  good: "#7bc67e",
  warning: "#e8b65a",
  alarm: "#f0766b",
};

/** A terminal's lines as a picture. */
export function terminalPicture(lines: readonly string[], columns: number): string {
  const width = Math.ceil(columns * COLUMN_WIDTH) + 2 * MARGIN;
  const height = lines.length * LINE_HEIGHT + 2 * MARGIN;
  const rows = lines.map((line, i) => {
    const y = MARGIN + (i + 1) * LINE_HEIGHT - 5;
    const spans = partsOf(line).map(([text, style]) => {
      const weight = style === "title" ? ' font-weight="bold"' : "";
      return `<tspan fill="${COLOURS[style]}"${weight}>${escapeXml(text)}</tspan>`;
    });
    return `<text x="${MARGIN}" y="${y}" xml:space="preserve">${spans.join("")}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="The keeper's status in a terminal">`,
    `<rect width="100%" height="100%" rx="6" fill="#14181d"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="12.6">`,
    ...rows,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}
