import { quantileSorted } from "d3-array";
import { loadPrices } from "../../../scripts/demo/prices/loadPrices.ts";
import type { CrashName } from "../../../scripts/demo/prices/priceSeries.ts";
import type {
  CallOutcome,
  HealthQuantiles,
  RecordedBlock,
  RecordedCall,
  RecordedTake,
  Recording,
} from "../../../scripts/demo/report/recording.ts";

/** A rough floating-point model of a vault in a crash: enough to look real on the page, and nothing more. */
interface Borrower {
  readonly account: string;
  readonly behaviour: "repay" | "deposit" | "partly" | "nothing";
  readonly mainCollateral: number;
  amounts: number[];
  debt: number;
  call: { openedBlock: number; openedAt: number; deadline: number; auctionStart: number } | undefined;
  nonce: number;
  readonly points: { at: number; healthWad: bigint }[];
}

const MAINTENANCE = 0.802;
const LIQUIDATION = 0.874;
const AUCTION_SECONDS = 3600;
const RAMP_SECONDS = 1800;

export interface SyntheticOptions {
  readonly crash?: CrashName;
  readonly accounts?: number;
  readonly blocks?: number;
  readonly seed?: number;
}

export function syntheticRecording(options: SyntheticOptions = {}): Recording {
  const { crash = "flash", accounts = 300, blocks: blockCount = 420, seed = 7 } = options;
  const random = generator(seed);
  const series = loadPrices({ crash });
  const [eth, btc] = series.rounds;
  const from = eth[0]!.at;
  const to = eth.at(-1)!.at;
  const pricesAt = (at: number) =>
    [eth, btc].map(
      (rounds) => Number((rounds.findLast((round) => round.at <= at) ?? rounds[0]!).answer) / 1e8,
    );
  const borrowers = Array.from({ length: accounts }, (_, index) => borrowerOf(index, pricesAt(from), random));
  const calls: RecordedCall[] = [];
  const takes: RecordedTake[] = [];
  const blocks: RecordedBlock[] = Array.from({ length: blockCount }, (_, index) => {
    const number = 100 + index;
    const at = Math.round(from + ((to - from) * index) / (blockCount - 1));
    const prices = pricesAt(at);
    const counts: Record<string, number> = {};
    const healths: number[] = [];
    for (const borrower of borrowers) {
      const status = step(borrower, { number, at, prices, random, calls, takes });
      counts[status] = (counts[status] ?? 0) + 1;
      healths.push(healthOf(borrower, prices));
    }
    healths.sort((a, b) => a - b);
    return {
      number,
      at,
      price36: prices.map(
        (price, token) => BigInt(Math.round(price * 1e8)) * 10n ** (token === 0 ? 16n : 26n),
      ),
      baseFeeWei: 7n,
      counts: counts,
      healthWad: [0.05, 0.25, 0.5, 0.75, 0.95].map((share) =>
        wadOf(quantileSorted(healths, share)!),
      ) as unknown as HealthQuantiles,
    };
  });
  for (const borrower of borrowers) close(borrower, undefined, "open", calls);
  return {
    title: crash === "flash" ? "The flash crash of 17 August 2023" : "Black Thursday, 12 March 2020",
    series: series.name,
    seed,
    keeper: "on",
    beatMs: 120,
    startedAt: 1_790_000_000,
    endedAt: 1_790_000_063,
    accounts,
    quote: { symbol: "USDC", decimals: 6 },
    collaterals: [18, 8].map((decimals, token) => ({
      symbol: token === 0 ? "WETH" : "WBTC",
      decimals,
      initialBps: 7600,
      maintenanceBps: 8020,
      liquidationBps: 8740,
      maxDiscountBps: 800,
    })),
    auctionSeconds: AUCTION_SECONDS,
    rampSeconds: RAMP_SECONDS,
    blocks,
    traces: borrowers
      .filter(({ nonce }) => nonce > 0)
      .map(({ account, points }) => ({ account, points, until: to })),
    calls,
    takes,
    latencyBlocks: calls.map(() => (random() < 0.93 ? 1 : 2)),
    summary: [
      { label: "calls opened", value: String(calls.length) },
      { label: "average penalty of those who responded", value: "0.00 %" },
      { label: "average penalty of those who did not", value: "2.31 %" },
      { label: "bad debt", value: "0.00 USDC" },
    ],
    verdict: { missed: 0, conservation: { USDC: 0n, WETH: 0n, WBTC: 0n }, problems: [] },
  };
}

interface Moment {
  readonly number: number;
  readonly at: number;
  readonly prices: readonly number[];
  readonly random: () => number;
  readonly calls: RecordedCall[];
  readonly takes: RecordedTake[];
}

function borrowerOf(index: number, prices: readonly number[], random: () => number): Borrower {
  const mix = random() < 0.6 ? 1 : random() < 0.6 ? 0 : 0.3 + 0.4 * random();
  const debt = 500 * Math.exp(4 * random());
  const value = (debt * (1.02 + 1.9 * random() ** 2.2)) / MAINTENANCE;
  return {
    account: `0x${(0x1234567 * (index + 1)).toString(16).padStart(40, "a")}${"0".repeat(24)}`,
    behaviour: (["repay", "deposit", "partly", "nothing", "nothing", "nothing"] as const)[
      Math.floor(random() * 6)
    ]!,
    mainCollateral: mix >= 0.5 ? 0 : 1,
    amounts: [(value * mix) / prices[0]!, (value * (1 - mix)) / prices[1]!],
    debt,
    call: undefined,
    nonce: 0,
    points: [],
  };
}

function valueOf({ amounts }: Borrower, prices: readonly number[]): number {
  return amounts[0]! * prices[0]! + amounts[1]! * prices[1]!;
}

function healthOf(borrower: Borrower, prices: readonly number[]): number {
  if (borrower.debt <= 1) return 9;
  return (valueOf(borrower, prices) * MAINTENANCE) / borrower.debt;
}

function step(borrower: Borrower, moment: Moment): string {
  const { at, prices, random, calls } = moment;
  const status = act(borrower, moment);
  const health = healthOf(borrower, prices);
  borrower.points.push({ at, healthWad: wadOf(health) });
  const call = borrower.call;
  if (call !== undefined && health > 0 && at < call.deadline && random() < 0.05) {
    if (borrower.behaviour === "repay") borrower.debt *= Math.min(1, health / 1.02);
    if (borrower.behaviour === "deposit") scale(borrower, Math.max(1, 1.02 / health));
    if (borrower.behaviour === "partly") borrower.debt *= 0.997;
    if (healthOf(borrower, prices) >= 1.01) {
      close(borrower, at, borrower.behaviour === "deposit" ? "deposited" : "repaid", calls);
    }
  }
  return status;
}

function act(borrower: Borrower, moment: Moment): string {
  const { at, number, prices, calls } = moment;
  const health = healthOf(borrower, prices);
  const floor = (health * LIQUIDATION) / MAINTENANCE;
  const call = borrower.call;
  if (floor < 1) {
    take(borrower, moment, Math.min(0.08, 0.02 + 2 * (1 - floor)), true);
    return "Critical";
  }
  if (call === undefined) {
    if (health >= 1) return health >= 1.1 ? "Healthy" : "Warned";
    const unused =
      ((valueOf(borrower, prices) * LIQUIDATION - borrower.debt) * MAINTENANCE) /
      (borrower.debt * (LIQUIDATION - MAINTENANCE));
    const deadline = at + Math.max(900, Math.round(14_400 * unused ** 2));
    borrower.nonce += 1;
    borrower.call = { openedBlock: number, openedAt: at, deadline, auctionStart: deadline };
    return "Callable";
  }
  if (health >= (at < call.deadline ? 1.01 : 1)) {
    close(borrower, at, "recovered", calls);
    return "Warned";
  }
  if (at < call.deadline) return "Called";
  const since = at - call.auctionStart;
  if (since > AUCTION_SECONDS) {
    close(borrower, at, "lapsed", calls);
    return "Lapsed";
  }
  const discount = 0.0025 + (0.08 - 0.0025) * Math.min(1, since / RAMP_SECONDS);
  if (discount * borrower.debt > 60 || since > 1200) take(borrower, moment, discount, false);
  return "Expired";
}

function take(
  borrower: Borrower,
  { at, prices, calls, takes }: Moment,
  discount: number,
  critical: boolean,
): void {
  const value = valueOf(borrower, prices);
  const shortfall = 1.02 * borrower.debt - value * MAINTENANCE;
  const wanted = value > 0 ? shortfall / (1.02 - MAINTENANCE / (1 - discount)) : borrower.debt;
  const repaid = Math.min(
    borrower.debt,
    critical ? wanted : Math.min(wanted, Math.max(100, borrower.debt * 0.2)),
  );
  const seizedValue = Math.min(value, repaid / (1 - discount));
  takes.push({
    account: borrower.account,
    at,
    collateral: borrower.mainCollateral,
    repaid: BigInt(Math.round(repaid * 1e6)),
    insured: BigInt(Math.round(repaid * discount * 0.2 * 1e6)),
    seized:
      BigInt(Math.round((seizedValue / prices[borrower.mainCollateral]!) * 1e8)) *
      (borrower.mainCollateral === 0 ? 10n ** 10n : 1n),
    discountWad: wadOf(discount),
    critical,
    sinceAuctionStart:
      borrower.call !== undefined && at >= borrower.call.deadline
        ? at - borrower.call.auctionStart
        : undefined,
  });
  borrower.nonce = Math.max(1, borrower.nonce);
  borrower.debt = Math.max(1, borrower.debt - repaid);
  scale(borrower, value > 0 ? 1 - seizedValue / value : 0);
  if (borrower.call === undefined) return;
  if (healthOf(borrower, prices) >= 1) close(borrower, at, "liquidated", calls);
  else if (!critical) borrower.call.auctionStart = at;
}

function scale(borrower: Borrower, factor: number): void {
  borrower.amounts = borrower.amounts.map((amount) => amount * factor);
}

function close(
  borrower: Borrower,
  closedAt: number | undefined,
  outcome: CallOutcome,
  calls: RecordedCall[],
): void {
  if (borrower.call === undefined) return;
  const { openedBlock, openedAt, deadline } = borrower.call;
  const { account, nonce, mainCollateral } = borrower;
  calls.push({ account, nonce, mainCollateral, openedBlock, openedAt, deadline, closedAt, outcome });
  borrower.call = undefined;
}

function wadOf(ratio: number): bigint {
  return BigInt(Math.round(ratio * 1e9)) * 10n ** 9n;
}

/** mulberry32: the same numbers for the same seed everywhere. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
