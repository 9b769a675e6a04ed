import { median, min, sum } from "d3-array";
import { markup, type Markup } from "./markup.ts";
import type { Story } from "./story.ts";
import { durationText, grouped, percentText, priceOf, ratioOf } from "./wording.ts";

interface KeyFigure {
  readonly label: string;
  readonly value: string;
  readonly note: string;
}

/** The run in eight numbers. */
export function keyFigures(story: Story): Markup {
  const figures = [fall(story), ...callFigures(story), ...takeFigures(story), latency(story)];
  return markup`<dl class="figures">${figures.map(
    ({ label, value, note }) =>
      markup`<div><dt>${label}</dt><dd><b>${value}</b><span>${note}</span></dd></div>`,
  )}</dl>`;
}

function fall(story: Story): KeyFigure {
  const { blocks, collaterals, quote } = story.recording;
  const terms = collaterals[0];
  const prices =
    terms === undefined ? [] : blocks.map(({ price36 }) => priceOf(price36[0] ?? 0n, terms, quote));
  const [first] = prices;
  if (terms === undefined || first === undefined) {
    return { label: "Price", value: "–", note: "none recorded" };
  }
  return {
    label: `${terms.symbol} at its lowest`,
    value: percentText((min(prices) ?? first) / first - 1, 1),
    note: "against the first price",
  };
}

function callFigures(story: Story): KeyFigure[] {
  const { calls, recording } = story;
  const called = new Set(calls.map(({ account }) => account)).size;
  const cured = calls.filter(({ outcome }) => outcome === "repaid" || outcome === "deposited").length;
  const recovered = calls.filter(({ outcome }) => outcome === "recovered").length;
  const notices = calls.map(({ openedAt, deadline }) => deadline - openedAt);
  return [
    {
      label: "Margin calls",
      value: grouped(calls.length),
      note: `on ${grouped(called)} of ${grouped(recording.accounts)} accounts`,
    },
    {
      label: "Median notice",
      value: calls.length > 0 ? durationText(median(notices) ?? 0) : "–",
      note: calls.length > 0 ? `${durationText(min(notices) ?? 0)} at the least` : "no call",
    },
    {
      label: "Cured by traders",
      value: grouped(cured),
      note: calls.length > 0 ? `${percentText(cured / calls.length)} of the calls` : "no call",
    },
    { label: "Recovered", value: grouped(recovered), note: "prices came back in time" },
  ];
}

function takeFigures(story: Story): KeyFigure[] {
  const { takes } = story.recording;
  const accounts = story.takesOf.size;
  const critical = takes.filter((take) => take.critical).length;
  const repaid = sum(takes, (take) => Number(take.repaid));
  const weighted = sum(takes, (take) => ratioOf(take.discountWad) * Number(take.repaid));
  return [
    {
      label: "Accounts liquidated",
      value: grouped(accounts),
      note: `${grouped(takes.length)} tranches, ${grouped(critical)} below the floor`,
    },
    {
      label: "Average discount",
      value: repaid > 0 ? percentText(weighted / repaid, 2) : "–",
      note: "by what was repaid",
    },
  ];
}

function latency({ recording: { latencyBlocks } }: Story): KeyFigure {
  const sorted = [...latencyBlocks].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return {
    label: "Callable to called",
    value: sorted.length > 0 ? blocksText(at(0.5)) : "–",
    note: sorted.length > 0 ? `99 % within ${at(0.99)}, slowest ${at(1)}` : "no call",
  };
}

function blocksText(blocks: number): string {
  return `${blocks} ${blocks === 1 ? "block" : "blocks"}`;
}
