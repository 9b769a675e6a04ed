import {
  formatAmount,
  formatDuration,
  formatPercentWad,
  formatPrice,
  formatTime,
  formatUnits,
  formatWad,
} from "../../sdk/format.ts";
import { numbersIn } from "../../sdk/valuation.ts";
import { statusName } from "../../sdk/vaultTypes.ts";
import type { DeployedAsset } from "../../sdk/deployment.ts";
import type { Skip } from "../policy/action.ts";
import type { Explanation, TakeExplained } from "./explain.ts";
import { columns, plainText } from "./layout.ts";
import type { VaultView } from "./openView.ts";

const WHY: Readonly<Record<Skip["reason"], string>> = {
  gasUnknown: "nobody knows what gas costs: nativePriceFeed gives no answer",
  notProfitable: "it does not earn its gas and profitMargin",
  lossBudgetSpent: "it would lose more than criticalLossPerAccountPerDay leaves today",
  quoteBalance: "there is too little of the quote token to pay for it",
  noSwapQuote: "nobody has quoted its sale",
  swapTooDear: "selling it costs more than its discount",
  notTakeable:
    "the vault would accept no take of it: its prices are not fresh, or what is left would be too small",
  paused: "a guardian has paused it",
  belowMinimum: "it owes less than minimumCallDebt",
  brake: "the brake is engaged: so much of the book is concerned that somebody has to confirm the prices",
  standby: "another keeper may do it first: this one waits for its rank's turn",
  vaultBrake: "the vault's own brake leaves no room for it yet: the bucket of its collateral fills with time",
};

/** The explanation as text. */
export function describeExplanation(explanation: Explanation, view: VaultView): string {
  const quote = tokenOf(view.config.deployment.quote);
  return [
    `account ${explanation.account} at block ${explanation.block}`,
    ...columns(stateRows(explanation, view)),
    "",
    "now",
    ...columns(nowRows(explanation, view)),
    ...section("prices that would change it", triggerRows(explanation, view)),
    ...section(
      "the take that would earn most",
      explanation.take === undefined ? [] : takeRows(explanation.take, view),
    ),
    ...section("what the keeper remembers", memoryRows(explanation, quote)),
  ].join("\n");
}

function stateRows({ state, margin }: Explanation, { config }: VaultView): string[][] {
  const { collaterals } = config.deployment;
  const quote = tokenOf(config.deployment.quote);
  const held = numbersIn(state.collateralSet).map((number) => {
    const token = collaterals[number];
    const amount = state.collateral[number] ?? 0n;
    return token === undefined ? `${amount} of number ${number}` : formatAmount(amount, tokenOf(token), 6);
  });
  const rows = [["collateral", held.length === 0 ? "none" : held.join(", ")]];
  if (margin === undefined) return [...rows, ["status", "unknown: the vault's oracle gives no answer"]];
  return [
    ["status", statusName(margin.status)],
    ...rows,
    ["worth", formatAmount(margin.value, quote, 2)],
    ["debt", formatAmount(margin.debt, quote, 2, "up")],
    ["health", `${formatWad(margin.healthWad)} (called below 1)`],
    ["floor health", `${formatWad(margin.floorHealthWad)} (liquidated without a call below 1)`],
  ];
}

function nowRows(
  { due, skipped, margin, deadlineAt, profitableAt }: Explanation,
  { config, head }: VaultView,
): string[][] {
  const doing = config.mode === "live" ? "the keeper does" : `a live keeper would do (mode ${config.mode})`;
  const rows = due.map((duty) => ["due", `${duty}, which ${doing} now`]);
  rows.push(...skipped.map(({ duty, reason }) => ["left alone", `${duty}: ${WHY[reason]}`]));
  if (rows.length === 0) rows.push(["nothing", whyNothing(margin)]);
  if (deadlineAt !== undefined) rows.push(["deadline", whenOf(deadlineAt, head.timestamp)]);
  if (profitableAt !== undefined) rows.push(["auction pays", whenOf(profitableAt, head.timestamp)]);
  return rows;
}

function whyNothing(margin: Explanation["margin"]): string {
  if (margin === undefined) return "without prices nobody can be judged";
  if (margin.debt === 0n) return "it owes nothing";
  if (margin.deadline !== 0n) return "its call is open, and its time has not come";
  return "it is above the level at which it would be called";
}

function triggerRows({ triggers }: Explanation, { config, sight }: VaultView): string[][] {
  const { collaterals, quote } = config.deployment;
  return triggers.map(({ number, trigger, price36, changeBps }) => {
    const asset = collaterals[number];
    const symbol = plainText(asset?.symbol ?? String(number), 24);
    if (price36 === undefined || changeBps === undefined || asset === undefined) {
      return [symbol, trigger, "at no price of it alone"];
    }
    const at = (price: bigint) => formatPrice(price, tokenOf(asset), tokenOf(quote));
    const change = `${changeBps > 0n ? "+" : ""}${formatUnits(changeBps, 2)} %`;
    return [
      symbol,
      trigger,
      `below ${at(price36)}, ${change} from ${at(sight.prices.price36[number] ?? 0n)}`,
    ];
  });
}

function takeRows(
  { asset, payment, gain, discountWad, gasCost, leastProfit }: TakeExplained,
  { config }: VaultView,
): string[][] {
  const { collaterals } = config.deployment;
  const quote = tokenOf(config.deployment.quote);
  const symbol =
    collaterals.find(({ address }) => address.toLowerCase() === asset.toLowerCase())?.symbol ?? asset;
  const amount = (value: bigint) => formatAmount(value, quote, 2);
  return [
    ["collateral", plainText(symbol, 42)],
    ["pays", amount(payment)],
    ["discount", formatPercentWad(discountWad)],
    ["gains", `${amount(gain)} at the oracle's price`],
    ["gas", gasCost === undefined ? "unknown" : amount(gasCost)],
    [
      "leaves",
      gasCost === undefined ? "unknown" : `${amount(gain - gasCost)}; it has to leave ${amount(leastProfit)}`,
    ],
  ];
}

function memoryRows({ memory }: Explanation, quote: DeployedAsset): string[][] {
  const { quarantine, spentToday, onTheWay } = memory;
  const rows = onTheWay.map(({ nonce, duty, signedAtBlock }) => [
    "on its way",
    `${duty} with nonce ${nonce}, signed at block ${signedAtBlock}`,
  ]);
  if (quarantine !== undefined) {
    const { failures, block, reason } = quarantine;
    rows.push(["quarantine", `failed ${failures} times, last at block ${block}: ${plainText(reason)}`]);
  }
  if (spentToday > 0n) rows.push(["lost today", formatAmount(spentToday, quote, 2)]);
  return rows;
}

function section(title: string, rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : ["", title, ...columns(rows)];
}

function whenOf(time: bigint, now: bigint): string {
  const distance = time > now ? `in ${formatDuration(time - now)}` : `${formatDuration(now - time)} ago`;
  return `${formatTime(time)}, ${distance}`;
}

/** Symbols come from whoever deployed the token. */
function tokenOf(asset: DeployedAsset): DeployedAsset {
  return { ...asset, symbol: plainText(asset.symbol, 24) };
}
