import { grouped } from "../../demo/report/wording.ts";
import { BRAKE, MARKET } from "./chosenTerms.ts";
import { recordReplay, type ReplayFigures } from "./recordReplay.ts";
import { planOf, type ReplayOptions, type Scene } from "./scenes.ts";

/** Six draws of the accounts: what one of them does is as much luck as brake. */
export const SEEDS = [1, 2, 3, 4, 5, 6] as const;

type Read = (figures: ReplayFigures) => number;

interface Row {
  readonly name: string;
  readonly read: Read;
  readonly digits: number;
  /** Of the draws, the most and not the mean. */
  readonly isMost?: true;
}

const QUOTE_UNIT = 1e6;
/** Quote base units. */
const THOUSAND = 10n ** 9n;
const FELL = "of them fallen below the floor waiting";
const LOWEST = "lowest ETH/USD";
const thousands = (amount: bigint): number => Number(amount) / QUOTE_UNIT / 1_000;

const ROWS: readonly Row[] = [
  { name: "accounts called", read: ({ called }) => called, digits: 1 },
  { name: "calls", read: ({ calls }) => calls, digits: 1 },
  { name: "of them cured or recovered, nothing sold", read: ({ unsold }) => unsold, digits: 1 },
  { name: "accounts sold of above the floor", read: ({ soldAbove }) => soldAbove, digits: 1 },
  { name: "accounts sold of below it", read: ({ soldBelow }) => soldBelow, digits: 1 },
  { name: "worth sold above, thousands", read: ({ worthAbove }) => thousands(worthAbove), digits: 0 },
  { name: "worth sold below, thousands", read: ({ worthBelow }) => thousands(worthBelow), digits: 0 },
  { name: "most in an hour above, thousands", read: ({ mostAbove }) => thousands(mostAbove), digits: 0 },
  { name: "most in an hour in all, thousands", read: ({ mostInAll }) => thousands(mostInAll), digits: 0 },
  { name: "accounts that waited", read: ({ waited }) => waited, digits: 1 },
  { name: FELL, read: ({ fellWaiting }) => fellWaiting, digits: 1 },
  {
    name: "longest wait of all draws, minutes",
    read: ({ longestWaitSeconds }) => longestWaitSeconds / 60,
    digits: 0,
    isMost: true,
  },
  { name: "penalties, thousands", read: ({ penalties }) => thousands(penalties), digits: 1 },
  {
    name: "penalties, % of the debt repaid",
    read: ({ penalties, repaid }) => (repaid === 0n ? 0 : Number((penalties * 1_000_000n) / repaid) / 10_000),
    digits: 2,
  },
  { name: "bad debt, thousands", read: ({ badDebt }) => thousands(badDebt), digits: 1 },
  { name: LOWEST, read: ({ lowest36 }) => Number(lowest36 / 10n ** 12n) / 1e12, digits: 2 },
];

/** Burst and what flows in each hour, thousands. */
const CHOICES = [
  [100n, 100n],
  [250n, 100n],
  [100n, 250n],
  [250n, 250n],
  [500n, 250n],
  [250n, 500n],
  [500n, 500n],
] as const;

/** Depth in millions of the quote, half-life in hours. */
const MARKETS = [
  [10n, 1],
  [20n, 1],
  [20n, 4],
  [50n, 1],
  [100n, 1],
] as const;

/** The scenes of the page's table, each without and with the brake. */
export function brakeTable(crash: Scene, slide: Scene): string {
  const columns = [
    figuresOf(crash, {}),
    figuresOf(crash, { brake: BRAKE }),
    figuresOf(crash, { market: MARKET }),
    figuresOf(crash, { market: MARKET, brake: BRAKE }),
    figuresOf(slide, { market: MARKET }),
    figuresOf(slide, { market: MARKET, brake: BRAKE }),
  ];
  return [
    "| | a | a, brake | b | b, brake | slide | slide, brake |",
    "| --- | --: | --: | --: | --: | --: | --: |",
    ...ROWS.map((row) => `| ${[row.name, ...columns.map((column) => cellOf(row, column))].join(" | ")} |`),
  ].join("\n");
}

/** What other terms of the brake would have done, in the figures that the choice was made by. */
export function choiceTable(crash: Scene, slide: Scene): string {
  const rows = [undefined, ...CHOICES].map((choice) => {
    const brake = choice && { burst: choice[0] * THOUSAND, perHour: choice[1] * THOUSAND };
    const cells = [
      ...cellsOf(["penalties, thousands", FELL, "bad debt, thousands"], figuresOf(crash, { brake })),
      ...cellsOf(
        ["penalties, thousands", "bad debt, thousands", LOWEST],
        figuresOf(crash, { market: MARKET, brake }),
      ),
      ...cellsOf(
        ["accounts called", "worth sold above, thousands", "penalties, thousands", LOWEST],
        figuresOf(slide, { market: MARKET, brake }),
      ),
    ];
    return `| ${[choice?.join(", ") ?? "none", ...cells].join(" | ")} |`;
  });
  return [
    "| burst, an hour | a: penalties | fell waiting | bad debt | b: penalties | bad debt | lowest | slide: called | sold | penalties | lowest |",
    "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
    ...rows,
  ].join("\n");
}

/** What the chosen brake does in other markets: each figure without it and with it. */
export function marketTable(crash: Scene, slide: Scene): string {
  const rows = MARKETS.map(([millions, hours]) => {
    const market = { depth: millions * THOUSAND * 1_000n, halfLifeSeconds: hours * 3_600 };
    const pairsOf = (scene: Scene, names: readonly string[]): string[] => {
      const without = cellsOf(names, figuresOf(scene, { market }));
      const withIt = cellsOf(names, figuresOf(scene, { market, brake: BRAKE }));
      return without.map((cell, i) => `${cell} to ${withIt[i] ?? ""}`);
    };
    const cells = [
      ...pairsOf(crash, ["penalties, thousands", "bad debt, thousands", LOWEST]),
      ...pairsOf(slide, ["accounts called", "penalties, thousands", LOWEST]),
    ];
    return `| ${[`${millions} million, ${hours} h`, ...cells].join(" | ")} |`;
  });
  return [
    "| depth, half-life | b: penalties | bad debt | lowest | slide: called | penalties | lowest |",
    "| --- | --: | --: | --: | --: | --: | --: |",
    ...rows,
  ].join("\n");
}

function figuresOf(scene: Scene, options: ReplayOptions): ReplayFigures[] {
  return SEEDS.map((seed) => recordReplay(planOf(scene, seed, options)).figures);
}

function cellsOf(names: readonly string[], figures: readonly ReplayFigures[]): string[] {
  return names.map((name) => {
    const row = ROWS.find((candidate) => candidate.name === name);
    if (row === undefined) throw new RangeError(`no row is called ${name}`);
    return cellOf(row, figures);
  });
}

function cellOf({ read, digits, isMost }: Row, figures: readonly ReplayFigures[]): string {
  const values = figures.map(read);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return grouped(isMost === true ? Math.max(...values) : mean, digits);
}
