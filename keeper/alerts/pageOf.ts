import { ownerOf, subAccountOf, type AccountId } from "../../sdk/accountId.ts";
import { protectedDeadline } from "../../sdk/callClock.ts";
import { timeOf, type ClockState } from "../../sdk/clockState.ts";
import type { DeployedAsset, Deployment } from "../../sdk/deployment.ts";
import {
  formatBps,
  formatDuration,
  formatPercentWad,
  formatTime,
  formatUnits,
  formatWad,
} from "../../sdk/format.ts";
import { closeReasonName, Status, type CloseReason } from "../../sdk/vaultTypes.ts";
import { cleanName } from "./cleanText.ts";
import type { AccountNotice, CureForms, Notice } from "./notice.ts";
import type { Page, Span } from "./page.ts";

/** What a notice is written with. */
export interface Setting {
  readonly deployment: Deployment;
  /** The protocol's clock as last seen, by which deadlines become times of day. */
  readonly clock: ClockState;
}

type Line = readonly Span[];
type Of<Kind extends Notice["kind"]> = Extract<Notice, { kind: Kind }>;

const CLOSINGS: Readonly<Record<ReturnType<typeof closeReasonName>, string>> = {
  Deposited: "enough collateral was deposited",
  Repaid: "enough debt was repaid",
  DebtFree: "the debt was repaid",
  Recovered: "the account recovered",
  Liquidated: "liquidation has brought the account in order",
  WrittenOff: "what was left of the debt was written off",
};

/** What a message says, in words. Amounts in whole tokens; every token and account with its address. */
export function pageOf(notice: Notice, setting: Setting): Page {
  switch (notice.kind) {
    case "confirmation":
      return confirmationPage(notice, setting);
    case "retraction": {
      const said = accountPage(notice.of, setting);
      const reason = "The chain was reorganised, and what you were told does not hold any more:";
      return { title: `Taken back: ${said.title}`, lines: [[reason], ...said.lines] };
    }
    case "approaching":
    case "forecast":
    case "called":
    case "reminder":
    case "closed":
    case "liquidated":
    case "writtenOff":
      return accountPage(notice, setting);
  }
}

/** When an uptime comes by the clock as it runs now, UTC; undefined in an outage, whose end nobody knows. */
export function deadlineTime(deadline: bigint, { clock }: Setting): bigint | undefined {
  const until = protectedDeadline(deadline, clock.moment);
  return until <= clock.moment.uptime ? undefined : timeOf(clock, until);
}

function accountPage(notice: AccountNotice, setting: Setting): Page {
  const [title, lines] = contentOf(notice, setting);
  return { title, lines: [accountLine(notice.account), ...lines, vaultLine(setting)] };
}

function contentOf(notice: AccountNotice, setting: Setting): [string, Line[]] {
  switch (notice.kind) {
    case "approaching":
      return approaching(notice, setting);
    case "forecast":
      return forecast(notice);
    case "called":
      return called(notice, setting);
    case "reminder":
      return reminder(notice, setting);
    case "closed":
      return closed(notice, setting);
    case "liquidated":
      return liquidated(notice, setting);
    case "writtenOff":
      return [
        "Debt written off",
        [["Written off: ", ...quote(notice.loss, setting)], ...transaction(notice)],
      ];
  }
}

function approaching(notice: Of<"approaching">, setting: Setting): [string, Line[]] {
  const health = `Health ${formatWad(notice.healthWad)}; below 1 the account is called.`;
  const lines: Line[] = [[health], ["Owed: ", ...quote(notice.debt, setting)]];
  if (notice.status === Status.Critical || notice.status === Status.Insolvent) {
    return [
      "Your account may be liquidated at once",
      [["It is below the floor, where no call is needed."], ...lines, ...cureLines(notice.cure, setting)],
    ];
  }
  return ["A margin call is near", lines];
}

function forecast({ probabilityBps, volatilityWad, healthWad }: Of<"forecast">): [string, Line[]] {
  const likely = formatBps(BigInt(probabilityBps));
  return [
    `A margin call within 24 hours: about ${likely}`,
    [
      [
        `Health ${formatWad(healthWad)}; the collateral's volatility is ${formatPercentWad(volatilityWad, 0)} a year.`,
      ],
      ["This is a model's estimate and no promise: prices may jump."],
    ],
  ];
}

function called(notice: Of<"called">, setting: Setting): [string, Line[]] {
  return [
    notice.reopened ? "Margin call, opened again" : "Margin call",
    [
      deadlineLine(notice.deadline, setting),
      ["Owed: ", ...quote(notice.debt, setting)],
      ...cureLines(notice.cure, setting),
      ["After the deadline the account may be liquidated, in parts, by auction."],
      ...transaction(notice),
    ],
  ];
}

function reminder(notice: Of<"reminder">, setting: Setting): [string, Line[]] {
  const { left, isCritical, deadline, cure } = notice;
  const floor: Line[] = isCritical ? [["Below the floor: it may be liquidated at once."]] : [];
  return [
    left === "half" ? "Margin call: half of the time is over" : "Margin call: a tenth of the time is left",
    [...floor, deadlineLine(deadline, setting), ...cureLines(cure, setting)],
  ];
}

function closed(notice: Of<"closed">, setting: Setting): [string, Line[]] {
  const { reason, isLate, debt, healthWad } = notice;
  const late = isLate ? ", after its deadline" : "";
  return [
    "Margin call closed",
    [
      [`It is closed${late}: ${wordsOf(reason)}.`],
      debt === 0n
        ? ["Nothing is owed."]
        : [`Health ${formatWad(healthWad)}, owed: `, ...quote(debt, setting)],
      ...transaction(notice),
    ],
  ];
}

function liquidated(notice: Of<"liquidated">, setting: Setting): [string, Line[]] {
  const asset = assetAt(notice.asset, setting);
  const { quote: unit } = setting.deployment;
  return [
    "Liquidated: receipt",
    [
      ["Taken: ", ...amount(notice.seized, asset)],
      [`Price: ${formatUnits(wholePrice(notice.price36, asset, unit), 18, 6)} `, ...named(unit), " for one"],
      [`Discount: ${formatPercentWad(notice.discountWad)}`],
      ["Paid to the debt: ", ...quote(notice.repaid, setting)],
      ["Paid to the insurance: ", ...quote(notice.insured, setting)],
      ["Left: ", ...amount(notice.balance, asset)],
      ["Still owed: ", ...quote(notice.debt, setting)],
      ...transaction(notice),
    ],
  ];
}

function confirmationPage({ owner, id, code }: Of<"confirmation">, { deployment }: Setting): Page {
  return {
    title: "Confirm alerts about margin calls",
    lines: [
      [
        "The owner of ",
        { code: owner },
        " asks to be told here about accounts of the vault ",
        { code: deployment.vault },
        ".",
      ],
      ["Was it you? Then hand in this code. Otherwise do nothing: no other message will come."],
      ["Subscription: ", { code: id }],
      ["Code: ", { code }],
    ],
  };
}

function wordsOf(reason: CloseReason): string {
  return CLOSINGS[closeReasonName(reason)];
}

function accountLine(account: AccountId): Line {
  const subAccount = subAccountOf(account);
  const number = subAccount === 0n ? [] : [`, number ${subAccount}`];
  return ["Account of ", { code: ownerOf(account) }, ...number];
}

function vaultLine({ deployment }: Setting): Line {
  return ["Vault ", { code: deployment.vault }, ` on chain ${deployment.chainId}`];
}

function deadlineLine(deadline: bigint, setting: Setting): Line {
  const { clock } = setting;
  const left = protectedDeadline(deadline, clock.moment) - clock.moment.uptime;
  if (left <= 0n) return ["Deadline: it has passed"];
  const at = deadlineTime(deadline, setting);
  if (at === undefined) return [`Time left: ${formatDuration(left)}; the clock stands still in an outage`];
  return [`Deadline: ${formatTime(at)}, in ${formatDuration(at - clock.timestamp)}`];
}

function cureLines({ repay, deposits }: CureForms, setting: Setting): Line[] {
  if (repay === 0n) return [];
  return [
    ["To close it, either repay ", ...quote(repay, setting)],
    ...deposits.map(({ asset, amount: needed }): Line => [
      "or deposit ",
      ...amount(needed, assetAt(asset, setting), "up"),
    ]),
  ];
}

function transaction({ transactionHash }: { readonly transactionHash: string | undefined }): Line[] {
  return transactionHash === undefined ? [] : [["Transaction ", { code: transactionHash }]];
}

function quote(base: bigint, { deployment }: Setting): Line {
  return amount(base, deployment.quote, "up");
}

function amount(base: bigint, asset: DeployedAsset, rounding: "down" | "up" = "down"): Line {
  const places = Math.min(asset.decimals, 8);
  return [`${formatUnits(base, asset.decimals, places, rounding)} `, ...named(asset)];
}

/** A name is what its token says; the address says which token. */
function named({ symbol, address }: DeployedAsset): Line {
  return [{ name: cleanName(symbol) }, " (", { code: address }, ")"];
}

function assetAt(address: string, { deployment }: Setting): DeployedAsset {
  const known = deployment.collaterals.find((each) => each.address === address);
  // Listed after the deployment was written down: base units.
  return known ?? { address, symbol: "base units", decimals: 0, feed: address };
}

/** Whole quote tokens for a whole collateral token, times 1e18, rounded down. */
function wholePrice(price36: bigint, collateral: DeployedAsset, unit: DeployedAsset): bigint {
  return (price36 * 10n ** BigInt(collateral.decimals + 18)) / 10n ** BigInt(36 + unit.decimals);
}
