import type { Command } from "commander";
import type { Deployment } from "../../sdk/deployment.ts";
import { formatAmount, formatBps, formatUnits } from "../../sdk/format.ts";
import { BPS } from "../../sdk/fixedPoint.ts";
import { Status, type Prices } from "../../sdk/vaultTypes.ts";
import { UserError } from "../errors.ts";
import { nearestName } from "../nearestName.ts";
import { isTake } from "../policy/action.ts";
import { assess, momentOf } from "../policy/assess.ts";
import { decide } from "../policy/decide.ts";
import { columns, plainText } from "./layout.ts";
import { snapshotOf, type VaultView } from "./openView.ts";
import { printView, withViewOptions, type ViewOptions } from "./withView.ts";

/** A price that moves by `changeBps`; -10,000 is nothing left. */
export interface Shock {
  /** Undefined for the quote. */
  readonly number: number | undefined;
  readonly symbol: string;
  readonly changeBps: bigint;
}

/** The book at other prices. Amounts are quote base units. */
export interface Simulation {
  readonly block: number;
  readonly shocks: readonly Shock[];
  /** Accounts with debt by status, at the present prices and at the shocked ones. */
  readonly before: Readonly<Record<string, number>>;
  readonly after: Readonly<Record<string, number>>;
  readonly calls: { readonly count: number; readonly debt: bigint };
  readonly takes: { readonly count: number; readonly gain: bigint; readonly funds: bigint };
  /** Insolvent accounts, and by how much their debt exceeds what they hold: what lenders and insurance lose at least. */
  readonly insolvent: { readonly count: number; readonly loss: bigint };
  readonly skipped: Readonly<Record<string, number>>;
  /** The share of all debt that would be acted against at once, bps; above `brake.maxShareBps` the brake asks. */
  readonly shareBps: bigint;
}

interface SimulateOptions extends ViewOptions {
  readonly shock: string;
}

/** So much money that it is never what a take waits for. */
const PLENTY = 2n ** 120n;

export function addSimulate(program: Command): void {
  withViewOptions(
    program
      .command("simulate")
      .description(
        "the whole book at other prices: who would be called and liquidated, what it takes and what is lost",
      )
      .requiredOption("--shock <list>", "such as WETH=-30%,WBTC=-20%, by the deployment's symbols"),
  ).action((options: SimulateOptions) =>
    printView(
      options,
      (view) => simulateShocks(view, parseShocks(options.shock, view.config.deployment)),
      describe,
    ),
  );
}

/** Throws a `UserError` for what is no list of shocks, or names no asset of the vault. */
export function parseShocks(text: string, deployment: Deployment): readonly Shock[] {
  const { collaterals, quote } = deployment;
  const assets = [...collaterals, quote];
  return text.split(",").map((part) => {
    const match = /^\s*([^=]+?)\s*=\s*([+-]?)(\d+)(?:\.(\d{1,2}))?\s*%\s*$/.exec(part);
    if (match === null) throw new UserError(`"${plainText(part)}" is no shock; write SYMBOL=-30%`);
    const [, name = "", sign, whole = "", fraction = ""] = match;
    // The wrapped coin is what people mean by the coin.
    const wanted = [name, `W${name}`].map((one) => one.toLowerCase());
    const asset =
      assets.find(({ symbol }) => symbol.toLowerCase() === wanted[0]) ??
      assets.find(({ symbol }) => symbol.toLowerCase() === wanted[1]);
    if (asset === undefined)
      throw unknownAsset(
        name,
        assets.map(({ symbol }) => plainText(symbol, 24)),
      );
    const size = BigInt(whole) * 100n + BigInt(fraction.padEnd(2, "0"));
    const changeBps = sign === "-" ? -size : size;
    if (changeBps < -BPS) throw new UserError(`${plainText(name)} cannot lose more than 100 %`);
    return {
      number: collaterals.find((collateral) => collateral === asset)?.number,
      symbol: plainText(asset.symbol, 24),
      changeBps,
    };
  });
}

function unknownAsset(name: string, symbols: readonly string[]): UserError {
  const nearest = nearestName(name, symbols);
  const suggestion = nearest === undefined ? `it has ${symbols.join(", ")}` : `did you mean ${nearest}?`;
  return new UserError(`the vault has no asset ${plainText(name)}; ${suggestion}`);
}

/** Prices after the shocks; when the quote loses, everything is worth more of it. Nothing becomes stale by it. */
export function shockedPrices(prices: Prices, shocks: readonly Shock[]): Prices {
  const price36 = prices.price36.map((price, number) =>
    shocks.reduce((moved, shock) => {
      if (shock.number === number) return (moved * (BPS + shock.changeBps)) / BPS;
      if (shock.number !== undefined) return moved;
      if (shock.changeBps === -BPS) throw new UserError("a quote that is worth nothing has no prices");
      return (moved * BPS) / (BPS + shock.changeBps);
    }, price),
  );
  return { ...prices, price36 };
}

/** What the first block at the shocked prices would bring, with as much money as it takes. */
export function simulateShocks(view: VaultView, shocks: readonly Shock[]): Simulation {
  const { book, config, head, sight } = view;
  if (!sight.prices.available)
    throw new UserError("the vault's oracle gives no answer: there are no prices to move");
  const before = book.rollAt(momentOf(snapshotOf(view))).counts;
  const prices = shockedPrices(sight.prices, shocks);
  const wallet = { quote: PLENTY, allowance: PLENTY, native: PLENTY };
  const snapshot = { ...snapshotOf(view, prices), wallet };
  const moment = momentOf(snapshot);
  const after = book.rollAt(moment).counts;
  const decision = decide(snapshot, { ...config, brake: { ...config.brake, maxShareBps: 10_000 } });
  const takes = decision.actions.filter(isTake).flatMap(({ items }) => items);
  const calls = decision.actions.flatMap((action) =>
    action.duty === "openCall" || action.duty === "reopenCall" ? action.items : [],
  );
  const insolvent = assess(snapshot, moment).filter(({ status }) => status === Status.Insolvent);
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
  return {
    block: head.number,
    shocks,
    before,
    after,
    calls: { count: calls.length, debt: sum(calls.map(({ stake }) => stake)) },
    takes: {
      count: takes.length,
      gain: sum(takes.map(({ gain }) => gain)),
      funds: sum(takes.map(({ maxRepay }) => maxRepay)),
    },
    insolvent: {
      count: insolvent.length,
      loss: sum(insolvent.map(({ valuation: { debt, value } }) => debt - value)),
    },
    skipped: Object.fromEntries(
      [...Map.groupBy(decision.skips, ({ reason }) => reason)].map(([reason, all]) => [reason, all.length]),
    ),
    shareBps: decision.brake?.extent.shareBps ?? 0n,
  };
}

function describe(simulation: Simulation, { config }: VaultView): string {
  const { quote } = config.deployment;
  const { before, after, calls, takes, insolvent, skipped, shareBps } = simulation;
  const amount = (value: bigint) => formatAmount(value, { ...quote, symbol: plainText(quote.symbol, 24) }, 2);
  const moved = simulation.shocks.map(
    ({ symbol, changeBps }) => `${symbol} ${changeBps > 0n ? "+" : ""}${formatUnits(changeBps, 2)} %`,
  );
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const left = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`);
  const rows = [
    ["calls", `${calls.count} would open, on ${amount(calls.debt)} of debt`],
    ["takes", `${takes.count} would be made, gaining ${amount(takes.gain)} before gas`],
    ["funds", `${amount(takes.funds)} to pay for them all at once`],
    [
      "loss",
      `at least ${amount(insolvent.loss)} to lenders and insurance, by ${insolvent.count} insolvent accounts`,
    ],
    ["left alone", left.length === 0 ? "nobody" : left.join(", ")],
    [
      "brake",
      `${formatBps(shareBps)} of all debt; it asks above ${formatBps(BigInt(config.brake.maxShareBps))}`,
    ],
  ];
  return [
    `at block ${simulation.block}, with ${moved.join(", ")}`,
    ...columns([
      ["accounts", "now", "then"],
      ...names.map((name) => [name, String(before[name] ?? 0), String(after[name] ?? 0)]),
    ]),
    "",
    "in the first block",
    ...columns(rows),
  ].join("\n");
}
