import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { callsChart } from "./callsChart.ts";
import { discountChart } from "./discountChart.ts";
import type { Size } from "./frame.ts";
import { healthChart } from "./healthChart.ts";
import { keyFigures } from "./keyFigures.ts";
import { latencyChart } from "./latencyChart.ts";
import { markup, Markup, type Part } from "./markup.ts";
import { priceChart } from "./priceChart.ts";
import type { Recording } from "./recording.ts";
import { SHOWN_STATUSES, statusChart } from "./statusChart.ts";
import { storyOf, type Story } from "./story.ts";
import { outcomeKey, takeKey } from "./symbols.ts";
import { blockTable, callTable, takeTable } from "./tables.ts";
import {
  durationText,
  exactAmount,
  grouped,
  momentText,
  OUTCOMES,
  priceOf,
  priceText,
  ratioOf,
} from "./wording.ts";

const style = readFileSync(new URL("page.css", import.meta.url), "utf8");
const script = readFileSync(new URL("page.js", import.meta.url), "utf8");
/** The page forbids itself the network and every script but its own. */
const scriptHash = createHash("sha256").update(script).digest("base64");
const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'`;

/**
 * One HTML page about one run, complete in itself: no network, and readable without its script, which only adds a
 * read-out under the pointer.
 */
export function renderReport(recording: Recording): string {
  const story = storyOf(recording);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${recording.title} – Tocsin</title>
<style>${new Markup(style)}</style>
</head>
<body>
${header(story)}
<main>
${keyFigures(story)}
${charts(story)}
${closingTable(recording)}
</main>
${footer(story)}
<output class="readout" hidden></output>
<script type="application/json" id="readout">${readout(story)}</script>
<script>${new Markup(script)}</script>
</body>
</html>
`.text;
}

function header({ recording }: Story): Markup {
  const { verdict, collaterals, quote } = recording;
  const decimals = new Map([quote, ...collaterals].map((token) => [token.symbol, token.decimals]));
  const off = Object.entries(verdict.conservation).filter(([, delta]) => delta !== 0n);
  const isGood = verdict.missed === 0 && off.length === 0 && verdict.problems.length === 0;
  const missed = verdict.missed === 0 ? "Nothing missed." : `${grouped(verdict.missed)} missed.`;
  const kept =
    off.length === 0
      ? "Every token accounted for, to the last unit."
      : `Not accounted for: ${off.map(([symbol, delta]) => `${exactAmount(delta, decimals.get(symbol) ?? 0)} ${symbol}`).join(", ")}.`;
  const problems = verdict.problems.map((problem) => markup`<li>${problem}</li>`);
  return markup`<header>
<p class="brand">Tocsin <span>margin calls on a chain, replayed</span></p>
<h1>${recording.title}</h1>
<p class="verdict ${isGood ? "good" : "bad"}"><span class="sign" aria-hidden="true">${isGood ? "✓" : "✕"}</span><strong>${missed}</strong> ${kept}</p>
${problems.length > 0 ? markup`<ul class="problems">${problems}</ul>` : undefined}
</header>`;
}

function charts(story: Story): Markup {
  const { collaterals } = story.recording;
  const prices = story.moving.map((index) =>
    figure({
      title: `${collaterals[index]?.symbol ?? ""} against the call band`,
      text:
        index === 0
          ? "The price in steps. From each call hangs the account's band: from the price that called it down to its floor, where there is no more time to give."
          : "The same for the accounts that hold mostly this collateral.",
      chart: (size) => priceChart(story, index, size),
      isTimed: true,
    }),
  );
  return markup`${prices}
${figure({
  title: "Health of the accounts",
  text: "Health factors: the median account, the middle half and nine tenths as ribbons, and each called account as a line in the colour of its outcome. Below 1 an account is called; below the floor it is liquidated at once.",
  chart: (size) => healthChart(story, size),
  isTimed: true,
})}
${figure({
  title: "Calls and their deadlines",
  text: "A row for each call, by opening: the notice it gave up to its deadline, the auction after it, each take, and how it ended.",
  legend: outcomeLegend(story),
  chart: (size) => callsChart(story, size),
  after: callTable(story),
  isTimed: true,
})}
${figure({
  title: "Where accounts stand",
  text: "How many accounts are in each status but healthy, block by block.",
  legend: statusLegend(story),
  chart: (size) => statusChart(story, size),
  after: blockTable(story),
  isTimed: true,
})}
<div class="pair">
${figure({
  title: "Auction discounts",
  text: "Each take by the age of its auction; the area is the debt repaid. The dashed line is the ramp that everyone could foresee.",
  legend: takeLegend,
  chart: (size) => discountChart(story, size),
  after: takeTable(story),
})}
${figure({
  title: "How fast the keeper called",
  text: "Blocks from the first in which an account was callable to the one in which its call opened.",
  chart: (size) => latencyChart(story, size),
})}
</div>`;
}

interface Figure {
  readonly title: string;
  readonly text: string;
  readonly chart: (size: Size) => Markup;
  readonly legend?: Part;
  readonly after?: Part;
  readonly isTimed?: boolean;
}

function figure({ title, text, chart, legend, after, isTimed = false }: Figure): Markup {
  return markup`<figure class="${isTimed ? "timed" : "plain"}"><figcaption><h2>${title}</h2><p>${text}</p>${legend}</figcaption>${chart("wide")}${chart("narrow")}${after}</figure>`;
}

function outcomeLegend(story: Story): Markup {
  const items = OUTCOMES.map(({ outcome, label }) => {
    const calls = story.calls.filter((call) => call.outcome === outcome).length;
    return calls === 0 ? undefined : markup`<li>${outcomeKey(outcome)}${label} <b>${calls}</b></li>`;
  });
  const key = (parts: Markup) =>
    markup`<svg class="key wide-key" viewBox="0 0 26 12" aria-hidden="true">${parts}</svg>`;
  const notice = key(
    markup`<path class="grace key-bar" stroke-width="5" d="M0 6h9"/><path class="unused" d="M9 6h7"/><path class="deadline" d="M16 1v10"/>`,
  );
  const auction = key(
    markup`<path class="auction" stroke-width="5" d="M0 6h26"/><path class="take" d="M9 1v10M17 1v10"/>`,
  );
  const lines = markup`<li>${notice}notice used, unused, deadline</li><li>${auction}auction with takes</li>`;
  return markup`<ul class="legend">${items}${lines}</ul>`;
}

function statusLegend({ recording: { blocks } }: Story): Markup {
  const items = SHOWN_STATUSES.filter((status) => blocks.some(({ counts }) => (counts[status] ?? 0) > 0)).map(
    (status) =>
      markup`<li><svg class="key" viewBox="0 0 12 12" aria-hidden="true"><rect class="status ${status}" width="12" height="12" rx="2"/></svg>${status.toLowerCase()}</li>`,
  );
  return markup`<ul class="legend">${items}</ul>`;
}

const takeLegend = markup`<ul class="legend"><li>${takeKey(false)}deadline passed</li><li>${takeKey(true)}below the floor, at once</li></ul>`;

function closingTable({ summary }: Recording): Markup {
  const rows = summary.map(
    ({ label, value }) => markup`<tr><th scope="row">${label}</th><td>${value}</td></tr>`,
  );
  return markup`<section class="closing"><h2>The run in figures</h2><div class="scroll"><table><tbody>${rows}</tbody></table></div></section>`;
}

function footer({ from, recording }: Story): Markup {
  const { accounts, beatMs, blocks, endedAt, keeper, seed, series, startedAt } = recording;
  const ran = durationText(Math.max(0, endedAt - startedAt));
  const isCut = from > (blocks[0]?.at ?? from);
  const cut = isCut ? " The time axes leave out quiet hours before the first call." : "";
  return markup`<footer><p>Prices: ${series}. ${grouped(accounts)} accounts, seed ${seed}, keeper ${keeper}; ${grouped(blocks.length)} blocks, one every ${grouped(beatMs)} ms, in ${ran} on ${momentText(endedAt)} UTC.${cut}</p></footer>`;
}

/** More are finer than the pointer. */
const MOST_LINES = 500;

/** For the script: each block's time and the sentence about it. */
function readout({ from, to, recording }: Story): Markup {
  const { blocks, collaterals, quote } = recording;
  const every = Math.ceil(blocks.length / MOST_LINES);
  const shown = blocks.filter((_, index) => index % every === 0);
  const lines = shown.map(({ at, number, price36, healthWad, counts }): [number, string] => {
    const prices = collaterals.map(
      (terms, index) => `${terms.symbol} ${priceText(priceOf(price36[index] ?? 0n, terms, quote))}`,
    );
    const health = healthWad === undefined ? [] : [`median health ${ratioOf(healthWad[2]).toFixed(2)}`];
    const statuses = SHOWN_STATUSES.flatMap((status) => {
      const count = counts[status] ?? 0;
      return count > 0 ? [`${count} ${status.toLowerCase()}`] : [];
    });
    return [at, [`${momentText(at)}, block ${number}`, ...prices, ...health, ...statuses].join(" · ")];
  });
  // Within a script element only "<" could end it.
  return new Markup(JSON.stringify({ from, to, lines }).replaceAll("<", "\\u003c"));
}
