import { markup, type Markup, type Part } from "./markup.ts";
import { endOf, healthAt, type Story } from "./story.ts";
import {
  clockText,
  durationText,
  grouped,
  momentText,
  outcomeLabel,
  percentText,
  priceOf,
  priceText,
  ratioOf,
  shortAccount,
  tokensOf,
} from "./wording.ts";

const SAMPLES = 30;

function table(caption: string, head: readonly string[], rows: readonly (readonly Part[])[]): Markup {
  const cells = (row: readonly Part[]) => row.map((cell) => markup`<td>${cell}</td>`);
  return markup`<details><summary>${caption}</summary><div class="scroll"><table><thead><tr>${head.map(
    (name) => markup`<th scope="col">${name}</th>`,
  )}</tr></thead><tbody>${rows.map((row) => markup`<tr>${cells(row)}</tr>`)}</tbody></table></div></details>`;
}

/** Prices, health and statuses at thirty blocks. */
export function blockTable(story: Story): Markup {
  const { blocks, collaterals, quote } = story.recording;
  const every = Math.max(1, Math.ceil(blocks.length / SAMPLES));
  const shown = blocks.filter((_, index) => index % every === 0 || index === blocks.length - 1);
  const head = ["time (UTC)", "block", ...collaterals.map(({ symbol }) => symbol)];
  return table(
    `Prices and health at ${shown.length} blocks, as a table`,
    [...head, "health 5 %", "median", "95 %", "called", "expired", "critical"],
    shown.map(({ at, number, price36, healthWad, counts }) => [
      momentText(at),
      grouped(number),
      ...collaterals.map((terms, index) => priceText(priceOf(price36[index] ?? 0n, terms, quote))),
      ...[0, 2, 4].map((quantile) => {
        const health = healthWad?.[quantile];
        return health === undefined ? "–" : ratioOf(health).toFixed(3);
      }),
      grouped(counts.Called ?? 0),
      grouped(counts.Expired ?? 0),
      grouped((counts.Critical ?? 0) + (counts.Insolvent ?? 0)),
    ]),
  );
}

export function callTable(story: Story): Markup {
  return table(
    `All ${story.calls.length} calls, as a table`,
    ["account", "call", "opened (UTC)", "health", "notice", "ended", "after", "outcome", "takes"],
    story.calls.map((call) => {
      const end = endOf(story, call);
      const takes = story.takesOf.get(call.account) ?? [];
      return [
        shortAccount(call.account),
        call.nonce,
        momentText(call.openedAt),
        healthAt(story, call.account, call.openedAt)?.toFixed(4) ?? "–",
        durationText(call.deadline - call.openedAt),
        call.closedAt === undefined ? "–" : clockText(call.closedAt),
        durationText(end - call.openedAt),
        outcomeLabel(call.outcome),
        takes.filter(({ at }) => at >= call.openedAt && at <= end).length,
      ];
    }),
  );
}

export function takeTable(story: Story): Markup {
  const { collaterals, quote, takes } = story.recording;
  return table(
    `All ${takes.length} takes, as a table`,
    [
      "account",
      "time (UTC)",
      "auction's age",
      `repaid, ${quote.symbol}`,
      "insurance",
      "seized",
      "discount",
      "why",
    ],
    takes.map((take) => {
      const terms = collaterals[take.collateral];
      const seized = terms === undefined ? "–" : tokensOf(take.seized, terms.decimals).toPrecision(6);
      return [
        shortAccount(take.account),
        momentText(take.at),
        take.sinceAuctionStart === undefined ? "none ran" : durationText(take.sinceAuctionStart),
        grouped(tokensOf(take.repaid, quote.decimals), 2),
        grouped(tokensOf(take.insured, quote.decimals), 2),
        `${seized} ${terms?.symbol ?? ""}`,
        percentText(ratioOf(take.discountWad), 2),
        take.critical ? "below the floor" : "deadline passed",
      ];
    }),
  );
}
