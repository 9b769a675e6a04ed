import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import { cleanName } from "../../../keeper/alerts/cleanText.ts";
import type { AccountNotice, Notice } from "../../../keeper/alerts/notice.ts";
import {
  DISCORD_MARKDOWN,
  PLAIN,
  SLACK_MRKDWN,
  TELEGRAM_HTML,
  writeIn,
  type Page,
} from "../../../keeper/alerts/page.ts";
import { pageOf, type Setting } from "../../../keeper/alerts/pageOf.ts";
import { parseQuietHours, quietSecondsLeft } from "../../../keeper/alerts/quietHours.ts";
import { CloseReason, Status } from "../../../sdk/vaultTypes.ts";
import { NOW, price36, RUNNING, WETH } from "../support/snapshot.ts";
import { ACCOUNT, deploymentOf, OWNER, USDC_ADDRESS } from "./support/alertsBench.ts";

const HOSTILE = [
  "<b>x</b>",
  "<script>alert(1)</script>",
  "<!channel> <@U123> @everyone <@&1>",
  "`code` ```block```",
  "[click](https://evil.example)",
  "https://evil.example/claim",
  "evil.com",
  "a\nSubject: x\r\n\r\nb",
  "\u202egnp.exe\u202c",
  "\u200b\u2066\u2069\ufeff",
  "\u001b[31mred\u001b[0m",
  "\u0000\u0007",
  "x".repeat(100_000),
  "\ud800\udfff\ud800",
  "e" + "\u0301".repeat(500),
  "&lt;&amp;&#60;",
  "*bold* _it_ ~s~ ||spoiler|| > quote # head",
  "\u{e0041}\u{e0042}tags",
  "",
  "   ",
];
const names = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ unit: fc.constantFrom(...Array.from("<>&`*_@#[]()|~\\:/.\n\u202e\u200b")) }),
);

describe("cleanName (K-28, C-64)", () => {
  it("leaves one line of at most 64 characters, of which none is unseen or turns the line around", () => {
    fc.assert(
      fc.property(names, (name) => {
        const clean = cleanName(name);
        expect(Array.from(clean).length).to.be.within(1, 64);
        expect(clean).not.to.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Cn}]/u);
        expect(clean).not.to.match(/:\/\//);
        expect(clean).not.to.match(/\p{M}{3}/u);
        expect(clean).to.equal(clean.trim());
        expect(clean.isWellFormed()).to.be.true;
      }),
      { numRuns: 1_000 },
    );
  });

  it("keeps what is a name, and makes no link of what looks like one", () => {
    expect(cleanName("WETH")).to.equal("WETH");
    expect(cleanName("Ethér ₿ 以太")).to.equal("Ethér ₿ 以太");
    expect(cleanName("evil.com")).to.equal("evil·com");
    expect(cleanName("https://evil.com/x")).to.equal("https evil·com/x");
    expect(cleanName("\u202e")).to.equal("unnamed");
  });
});

/** What a reader sees of Telegram's HTML; throws for a tag that is none of ours. */
function seenInHtml(html: string): string {
  return html
    .replace(/<(\/?)(\w+)>/g, (tag, _slash, name: string) => {
      if (name !== "b" && name !== "code") throw new Error(`a tag of somebody else: ${tag}`);
      return "";
    })
    .replace(/[<>]/g, () => {
      throw new Error("a bracket that is not escaped");
    })
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}

describe("how channels write what others have named (K-28, C-64)", () => {
  const page = (name: string): Page => ({
    title: "Margin call",
    lines: [["Owed: 1 ", { name }, " (", { code: OWNER }, ")"]],
  });

  it("Telegram shows exactly the name, and no markup of it has a meaning", () => {
    fc.assert(
      fc.property(names, (name) => {
        const html = writeIn(TELEGRAM_HTML, page(name));
        expect(seenInHtml(html)).to.equal(writeIn(PLAIN, page(name)));
      }),
    );
  });

  it("Slack gets no control sequence and no code span that ends early", () => {
    fc.assert(
      fc.property(names, (name) => {
        const line = writeIn(SLACK_MRKDWN, page(cleanName(name))).split("\n")[2] ?? "";
        expect(line).not.to.match(/[<>]/);
        expect(line.split("`").length).to.equal(5);
      }),
    );
  });

  it("Discord gets no code span that ends early, and nothing outside of one that has a meaning", () => {
    fc.assert(
      fc.property(names, (name) => {
        const line = writeIn(DISCORD_MARKDOWN, page(cleanName(name))).split("\n")[2] ?? "";
        const spans = line.split("`");
        expect(spans.length).to.equal(5);
        expect(spans.filter((_, i) => i % 2 === 0).join("")).not.to.match(/(?<!\\)[*_~|<>#[\]@]/);
      }),
    );
    fc.assert(
      fc.property(names, (words) => {
        const written = DISCORD_MARKDOWN.words(words);
        expect(written).not.to.match(/(?<!\\)(?:\\\\)*[*_~|<>#[\]@`]/);
      }),
    );
  });

  it("leaves out whole lines of what does not fit", () => {
    const long: Page = { title: "t", lines: Array.from({ length: 5_000 }, (_, i) => [`<${i}>`]) };
    for (const style of [TELEGRAM_HTML, SLACK_MRKDWN, DISCORD_MARKDOWN]) {
      const written = writeIn(style, long);
      expect(written.length).to.be.at.most(style.longest);
      expect(written.endsWith(style.words(">"))).to.be.true;
    }
  });
});

const cure = { repay: 123_456_789n, deposits: [{ asset: WETH.asset, amount: 77n * 10n ** 15n }] };
const base = { account: ACCOUNT, transactionHash: "0xabc" };
const NOTICES: readonly AccountNotice[] = [
  { kind: "approaching", account: ACCOUNT, status: Status.Warned, healthWad: 10n ** 18n, debt: 5n, cure },
  {
    kind: "approaching",
    account: ACCOUNT,
    status: Status.Critical,
    healthWad: 9n * 10n ** 17n,
    debt: 5n,
    cure,
  },
  {
    kind: "forecast",
    account: ACCOUNT,
    probabilityBps: 3_456,
    volatilityWad: 8n * 10n ** 17n,
    healthWad: 10n ** 18n,
    debt: 5n,
  },
  { kind: "called", ...base, nonce: 1, reopened: false, deadline: NOW + 7_500n, debt: 10n ** 10n, cure },
  {
    kind: "reminder",
    account: ACCOUNT,
    nonce: 1,
    left: "half",
    deadline: NOW + 60n,
    debt: 1n,
    isCritical: true,
    cure,
  },
  {
    kind: "closed",
    ...base,
    nonce: 1,
    reason: CloseReason.Repaid,
    isLate: true,
    healthWad: 10n ** 18n,
    debt: 0n,
  },
  {
    kind: "liquidated",
    ...base,
    status: Status.Expired,
    asset: WETH.asset,
    seized: 10n ** 18n,
    price36: price36(2_000),
    discountWad: 25n * 10n ** 15n,
    repaid: 1_950_000_000n,
    insured: 10_000_000n,
    balance: 0n,
    debt: 8_000_000_000n,
  },
  { kind: "writtenOff", ...base, loss: 7n },
];

describe("pageOf", () => {
  const setting = (symbol = "WETH"): Setting => ({ deployment: deploymentOf(symbol), clock: RUNNING });
  const plain = (notice: Notice, symbol?: string) => writeIn(PLAIN, pageOf(notice, setting(symbol)));

  it("says a call's amounts in each form and its deadline as a time and as time left", () => {
    const text = plain(NOTICES[3]!);
    expect(text).to.contain("Deadline: 2030-03-17 19:51:40 UTC, in 2 h 5 min");
    expect(text).to.contain(`either repay 123.456789 USDC (${USDC_ADDRESS})`);
    expect(text).to.contain(`or deposit 0.077 WETH (${WETH.asset})`);
    expect(text).to.contain("0xabc");
  });

  it("gives a receipt: what was taken, at which price and discount, what it paid and in which transaction", () => {
    const text = plain(NOTICES[6]!);
    for (const words of [
      "Taken: 1 WETH",
      "Price: 2,000 USDC",
      "2.5 %",
      "1,950 USDC",
      "10 USDC",
      "8,000 USDC",
      "0xabc",
    ]) {
      expect(text).to.contain(words);
    }
  });

  it("promises no time in an outage, and says when the deadline has passed", () => {
    const clock = { ...RUNNING, isSequencerDown: true };
    const outage = writeIn(PLAIN, pageOf(NOTICES[3]!, { ...setting(), clock }));
    expect(outage).to.contain("Time left: 2 h 5 min; the clock stands still");
    const late = { ...RUNNING, moment: { ...RUNNING.moment, uptime: NOW + 8_000n } };
    expect(writeIn(PLAIN, pageOf(NOTICES[3]!, { ...setting(), clock: late }))).to.contain("it has passed");
  });

  it("counts a deadline that a stop of the clock protects as protected", () => {
    const moment = { ...RUNNING.moment, protectedFrom: NOW - 10n, protectedUntil: NOW + 9_000n };
    const text = writeIn(PLAIN, pageOf(NOTICES[3]!, { ...setting(), clock: { ...RUNNING, moment } }));
    expect(text).to.contain("in 2 h 30 min");
  });

  it("C-64 writes every notice with every name, in every channel, with the address beside it", () => {
    for (const notice of NOTICES) {
      for (const of of [notice, { kind: "retraction", of: notice, ofKey: "k" } as const]) {
        for (const symbol of HOSTILE) {
          for (const style of [PLAIN, TELEGRAM_HTML, SLACK_MRKDWN, DISCORD_MARKDOWN]) {
            const text = writeIn(style, pageOf(of, setting(symbol)));
            expect(text.length).to.be.at.most(style.longest);
            expect(text).to.contain(OWNER);
            expect(text).not.to.match(/\p{Cf}|\r|evil\.(com|example)/u);
          }
        }
      }
    }
    expect(plain(NOTICES[6]!, HOSTILE[0])).to.contain(WETH.asset);
  });
});

describe("quiet hours", () => {
  it("are hours of the day at a place, also over midnight and in summer", () => {
    const hours = parseQuietHours("22:00-07:00 Europe/Berlin")!;
    const at = (iso: string) => quietSecondsLeft(hours, BigInt(Date.parse(iso) / 1_000));
    expect(at("2030-01-07T21:00:00Z")).to.equal(9 * 3_600);
    expect(at("2030-01-07T20:59:59Z")).to.equal(0);
    expect(at("2030-01-07T05:59:30Z")).to.equal(30);
    expect(at("2030-01-07T06:00:00Z")).to.equal(0);
    expect(at("2030-07-07T20:00:00Z")).to.equal(9 * 3_600);
  });

  it("are nothing else than that", () => {
    for (const text of [
      "",
      "22-07 UTC",
      "24:00-07:00 UTC",
      "22:00-22:00 UTC",
      "22:00-07:00 Nowhere/Here",
      "22:00-07:00",
    ]) {
      expect(parseQuietHours(text), text).to.equal(undefined);
    }
  });
});
