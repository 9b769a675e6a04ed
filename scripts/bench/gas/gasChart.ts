import { scaleLinear } from "d3-scale";
import { markup, type Markup } from "../../demo/report/markup.ts";
import { grouped } from "../../demo/report/wording.ts";
import type { GasTable } from "./gasTable.ts";
import { OPERATIONS } from "./operations.ts";

const WIDTH = 1120;
const LEFT = 268;
const RIGHT = WIDTH - 70;
const TOP = 74;
const BAR = 10;
const BAR_GAP = 2;
const ROW_GAP = 14;

/** The bars of a row, from the top, and what the legend calls them. */
const BARS = [
  { key: "ours", label: "this vault" },
  { key: "target", label: "target" },
  { key: "morpho", label: "Morpho Blue 1.0, with a mock of its curve" },
  { key: "aave", label: "Aave v3.6" },
] as const;

/** The table as bars, as a file of its own, light or dark as the reader's screen is. */
export function gasChart(table: GasTable): string {
  const all = Object.values(table).flatMap(({ ours, target, morpho = 0, aave = 0 }) => [
    ours,
    target,
    morpho,
    aave,
  ]);
  const x = scaleLinear([0, Math.max(...all)], [LEFT, RIGHT]);
  let top = TOP;
  const rows: Markup[] = [];
  for (const { name, title } of OPERATIONS) {
    const bars = BARS.flatMap(({ key }) => {
      const gas = table[name][key];
      return gas === undefined ? [] : [{ key, gas }];
    });
    const height = bars.length * (BAR + BAR_GAP);
    const lines = bars.map(({ key, gas }, i) => bar(key, x(gas), top + i * (BAR + BAR_GAP), gas));
    rows.push(markup`<text class="title" x="${LEFT - 10}" y="${top + height / 2 + 3}">${title}</text>${lines}
`);
    top += height + ROW_GAP;
  }
  const grid = x
    .ticks(8)
    .filter((gas) => gas > 0)
    .map(
      (gas) => markup`<path class="grid" d="M${x(gas)} ${TOP - 8}V${top}"/>
<text class="tick" x="${x(gas)}" y="${TOP - 14}">${grouped(gas)}</text>`,
    );
  const words = "Gas of the vault's operations beside their targets, Morpho Blue and Aave v3.6.";
  const drawing = markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top + 6}" role="img" aria-label="${words}">
<style>${STYLE}</style>
<rect class="paper" width="${WIDTH}" height="${top + 6}"/>
${legend()}
${grid}
${rows}</svg>
`;
  return drawing.text;
}

function bar(key: string, right: number, y: number, gas: number): Markup {
  return markup`<rect class="${key}" x="${LEFT}" y="${y}" width="${right - LEFT}" height="${BAR}"/>
<text class="${key === "ours" ? "figure own" : "figure"}" x="${right + 5}" y="${y + BAR - 1}">${grouped(gas)}</text>
`;
}

function legend(): Markup {
  let x = LEFT;
  const entries = BARS.map(({ key, label }) => {
    const left = x;
    x += 48 + label.length * 6.4;
    return markup`<rect class="${key}" x="${left}" y="16" width="18" height="${BAR}"/><text x="${left + 25}" y="25">${label}</text>`;
  });
  return markup`<text class="heading" x="16" y="26">Gas</text>${entries}`;
}

const STYLE = `
svg { --paper: #fff; --ink: #16191d; --soft: #5d656e; --grid: #ecebe6; --ours: #d3480c; --morpho: #0072b2; --aave: #8f8aa8 }
@media (prefers-color-scheme: dark) {
  svg { --paper: #171b20; --ink: #edeff1; --soft: #9aa4ae; --grid: #242a30; --ours: #ff7a3c; --morpho: #4aa8e8; --aave: #8782a0 }
}
text { font: 12px system-ui, sans-serif; fill: var(--soft) }
.heading { font-size: 15px; font-weight: 600; fill: var(--ink) }
.title { text-anchor: end; fill: var(--ink) }
.tick { text-anchor: middle }
.figure { font-size: 10px }
.own { font-weight: 600; fill: var(--ink) }
.paper { fill: var(--paper) }
.grid { stroke: var(--grid); fill: none }
.ours { fill: var(--ours) }
.target { fill: none; stroke: var(--soft); stroke-dasharray: 3 2 }
.morpho { fill: var(--morpho) }
.aave { fill: var(--aave) }
`;
