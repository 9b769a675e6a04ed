import fc from "fast-check";
import { accountIdOf, type AccountId } from "../../../../sdk/accountId.ts";
import { unstoppedMoment } from "../../../../sdk/clockState.ts";
import { INDEX_SCALE, INITIAL_INDEX } from "../../../../sdk/debtMath.ts";
import { BPS, PRICE_SCALE } from "../../../../sdk/fixedPoint.ts";
import { numbersIn, valuationOf } from "../../../../sdk/valuation.ts";
import type { AccountState, CollateralTerms, VaultMoment } from "../../../../sdk/vaultTypes.ts";
import { NEW_ACCOUNT } from "../../../../keeper/book/vaultRecord.ts";

/*
 * Random walks of a whole vault: accounts that come, change and go, prices, weights, interest, time and stops of the
 * clock. Debts are made so that accounts stand on a threshold, or a share or two beside it, far more often than chance
 * would have it.
 */

export const COLLATERAL_COUNT = 5;
export const ACCOUNT_COUNT = 24;

const OWNER = "0x00000000000000000000000000000000000000dd";
/** The largest numbers that the contract holds. */
const MAX_SHARES = 2n ** 96n - 1n;
const MAX_AMOUNT = 2n ** 128n - 1n;

/** An account as a step wants it; what it owes follows from what it holds at that moment. */
export interface Wish {
  readonly set: number;
  /** Of each collateral, in quote base units at the walk's first prices. */
  readonly worth: bigint;
  /** Health in parts of ten thousand, and by which weight it is measured. */
  readonly levelBps: number;
  readonly measure: "value" | "liquidationValue" | "maintenanceValue";
  /** Debt shares beside the level. */
  readonly beside: number;
  readonly owes: "nothing" | "level" | "aShare" | "most";
  /** Seconds from now to the deadline, and from it to the auction's start; undefined without a call. */
  readonly call: { readonly deadline: number; readonly auction: number } | undefined;
}

export type Step =
  | { readonly kind: "set"; readonly account: number; readonly wish: Wish }
  | { readonly kind: "setBack"; readonly account: number }
  | { readonly kind: "delete"; readonly account: number }
  | { readonly kind: "price"; readonly number: number; readonly factorBps: number }
  | { readonly kind: "crash"; readonly factorBps: number }
  | { readonly kind: "tie"; readonly account: number; readonly levelBps: number; readonly beside: number }
  | { readonly kind: "index"; readonly factorBps: number }
  | { readonly kind: "time"; readonly seconds: number }
  | { readonly kind: "stop"; readonly from: number; readonly seconds: number }
  | { readonly kind: "weights"; readonly number: number; readonly factorBps: number }
  | { readonly kind: "disorder"; readonly number: number }
  | { readonly kind: "risk"; readonly dust: number; readonly auctionSeconds: number }
  | { readonly kind: "nothing" };

const levels = fc.constantFrom(5_000, 9_000, 9_999, 10_000, 10_001, 10_100, 10_200, 11_000, 11_500, 20_000);
const beside = fc.integer({ min: -3, max: 3 });
const account = fc.nat({ max: ACCOUNT_COUNT - 1 });
const number = fc.nat({ max: COLLATERAL_COUNT - 1 });

const wish: fc.Arbitrary<Wish> = fc.record({
  set: fc.oneof(
    { weight: 5, arbitrary: number.map((n) => 1 << n) },
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 2 ** COLLATERAL_COUNT - 1 }) },
  ),
  worth: fc.constantFrom(0n, 1n, 7n, 1_000n, 9_999_999n, 10n ** 8n, 123_456_789_012n, 10n ** 15n, MAX_AMOUNT),
  levelBps: levels,
  measure: fc.constantFrom("value", "liquidationValue", "maintenanceValue"),
  beside,
  owes: fc.constantFrom("level", "level", "level", "level", "nothing", "aShare", "most"),
  call: fc.option(
    fc.record({
      deadline: fc.integer({ min: -5_000, max: 5_000 }),
      auction: fc.constantFrom(0, 0, 1, 1_000),
    }),
    { nil: undefined },
  ),
});

/** Accounts within a hundredth of a per cent of a threshold, where every creeping step counts. */
export const nearThreshold: fc.Arbitrary<Wish> = fc.record({
  set: fc.integer({ min: 1, max: 15 }),
  worth: fc.constantFrom(10n ** 9n, 123_456_789_012n),
  levelBps: fc.constantFrom(10_000, 10_100, 11_000, 10_001, 9_999, 10_099, 10_101),
  measure: fc.constantFrom("value", "liquidationValue", "maintenanceValue"),
  beside,
  owes: fc.constant("level"),
  call: fc.option(fc.constantFrom({ deadline: 5_000, auction: 0 }, { deadline: -5, auction: 0 }), {
    nil: undefined,
  }),
});

/** Worth less than the debt and than dust. */
export const hopelessWish: Wish = {
  set: 1,
  worth: 5_000_000n,
  levelBps: 9_000,
  measure: "value",
  beside: 0,
  owes: "level",
  call: undefined,
};

const factors = fc.oneof(
  fc.integer({ min: 9_900, max: 10_100 }),
  fc.integer({ min: 7_000, max: 13_000 }),
  fc.constantFrom(0, 1, 10_000),
);

export const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("set" as const), account, wish }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("setBack" as const), account }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), account }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("price" as const), number, factorBps: factors }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("crash" as const),
      factorBps: fc.integer({ min: 8_500, max: 11_500 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("tie" as const), account, levelBps: levels, beside }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("index" as const),
      factorBps: fc.constantFrom(10_000, 10_001, 10_001, 10_050, 11_000, 9_999, 9_000),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("time" as const),
      seconds: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: -2_000, max: 4_000 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("stop" as const),
      from: fc.integer({ min: -3_000, max: 0 }),
      seconds: fc.integer({ min: 1, max: 6_000 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("weights" as const),
      number,
      factorBps: fc.integer({ min: 9_000, max: 10_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("disorder" as const), number }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("risk" as const),
      dust: fc.constantFrom(0, 1, 10_000_000, 2_000_000_000),
      auctionSeconds: fc.constantFrom(0, 1, 600, 3_600),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("nothing" as const) }) },
);

/** Quote base units (6 decimals) for a base unit, times 1e36: 18, 8, 6, 18 and 0 decimals, the last near the limit. */
const FIRST_PRICES = [
  2_000n * 10n ** 24n,
  30_000n * 10n ** 34n,
  PRICE_SCALE,
  3n * 10n ** 18n,
  2n ** 150n,
] as const;

export const FIRST_MOMENT: VaultMoment = {
  collaterals: FIRST_PRICES.map((_, i): CollateralTerms => ({
    asset: `0x${(i + 1).toString(16).padStart(40, "0")}`,
    initialBps: 7_600n,
    maintenanceBps: 8_020n + BigInt(i) * 100n,
    liquidationBps: 8_740n + BigInt(i) * 100n,
    maxDiscountBps: 800n,
    cap: MAX_AMOUNT,
  })),
  risk: {
    minimumDebt: 100_000_000n,
    dustValue: 10_000_000n,
    maxBounty: 5_000_000n,
    minGraceSeconds: 900n,
    maxGraceSeconds: 14_400n,
    auctionSeconds: 3_600n,
    rampSeconds: 1_800n,
  },
  prices: { available: true, freshSet: 31, price36: [...FIRST_PRICES] },
  debtIndex: INITIAL_INDEX + INITIAL_INDEX / 100n + 123_456_789n,
  clock: unstoppedMoment(1_000_000n),
};

export function idOf(number: number): AccountId {
  return accountIdOf(OWNER, BigInt(number));
}

/** The moment after `step`; steps that concern an account leave it alone, but a tie, which moves a price. */
export function momentAfter(step: Step, moment: VaultMoment, state: AccountState | undefined): VaultMoment {
  const { prices, collaterals, risk, debtIndex, clock } = moment;
  switch (step.kind) {
    case "price":
      return withPrice(moment, step.number, scaled(prices.price36[step.number] ?? 0n, step, FIRST_PRICES));
    case "crash":
      return prices.price36.reduce(
        (m, price, i) => withPrice(m, i, scaled(price, step, FIRST_PRICES)),
        moment,
      );
    case "tie":
      return state === undefined ? moment : tied(moment, state, step);
    case "index": {
      const next = (debtIndex * BigInt(step.factorBps)) / BPS;
      return { ...moment, debtIndex: next < INITIAL_INDEX ? INITIAL_INDEX : next + 1n };
    }
    case "time":
      return { ...moment, clock: { ...clock, uptime: clock.uptime + BigInt(step.seconds) } };
    case "stop":
      return {
        ...moment,
        clock: {
          ...clock,
          earlierFrom: clock.protectedFrom,
          earlierUntil: clock.protectedUntil,
          protectedFrom: clock.uptime + BigInt(step.from),
          protectedUntil: clock.uptime + BigInt(step.from + step.seconds),
        },
      };
    case "weights":
      return withTerms(moment, step.number, (terms) => ({
        ...terms,
        maintenanceBps: (8_020n * BigInt(step.factorBps)) / BPS,
        liquidationBps: (8_740n * BigInt(step.factorBps)) / BPS,
      }));
    case "disorder":
      return withTerms(moment, step.number, (terms) => ({ ...terms, liquidationBps: 8_000n }));
    case "risk":
      return {
        ...moment,
        collaterals,
        risk: { ...risk, dustValue: BigInt(step.dust), auctionSeconds: BigInt(step.auctionSeconds) },
      };
    default:
      return moment;
  }
}

/** The moment after prices have moved by millionths and the index by thousand-millionths. */
export function crept(moment: VaultMoment, ppm: readonly number[], growthPpb: number): VaultMoment {
  const { prices, debtIndex } = moment;
  return {
    ...moment,
    prices: {
      ...prices,
      price36: prices.price36.map((price, i) => (price * BigInt(1_000_000 + (ppm[i] ?? 0))) / 1_000_000n),
    },
    debtIndex: (debtIndex * BigInt(1_000_000_000 + growthPpb)) / 1_000_000_000n,
  };
}

/** What `wish` comes to at `moment`. */
export function stateOf(wish: Wish, moment: VaultMoment): AccountState {
  const collateral = new Array<bigint>(16).fill(0n);
  for (const number of numbersIn(wish.set)) {
    const amount = (wish.worth * PRICE_SCALE) / (FIRST_PRICES[number] ?? 1n);
    collateral[number] = amount > MAX_AMOUNT ? MAX_AMOUNT : amount;
  }
  const held: AccountState = { ...NEW_ACCOUNT, collateralSet: wish.set, collateral };
  const deadline = wish.call === undefined ? 0n : moment.clock.uptime + BigInt(wish.call.deadline);
  return {
    ...held,
    callNonce: wish.levelBps,
    calledAt: deadline === 0n ? 0n : 1n,
    deadline,
    auctionStart: deadline === 0n ? 0n : deadline + BigInt(wish.call?.auction ?? 0),
    closedLateAt: 0xffffffffn,
    debtShares: sharesOf(wish, held, moment),
  };
}

function sharesOf(wish: Wish, held: AccountState, moment: VaultMoment): bigint {
  if (wish.owes === "nothing") return 0n;
  if (wish.owes === "aShare") return 1n;
  if (wish.owes === "most") return MAX_SHARES;
  const { collaterals, prices, debtIndex } = moment;
  const covered = valuationOf(held, collaterals, prices, debtIndex)[wish.measure];
  const debt = (covered * BPS) / BigInt(wish.levelBps);
  const shares = (debt * INDEX_SCALE) / debtIndex + BigInt(wish.beside);
  return shares < 0n ? 0n : shares > MAX_SHARES ? MAX_SHARES : shares;
}

/** The price of an account's first collateral at which that alone covers its debt so many times, or one beside it. */
function tied(moment: VaultMoment, state: AccountState, step: Step & { kind: "tie" }): VaultMoment {
  const number = numbersIn(state.collateralSet)[0];
  const amount = number === undefined ? 0n : (state.collateral[number] ?? 0n);
  const weight = number === undefined ? 0n : (moment.collaterals[number]?.maintenanceBps ?? 0n);
  if (number === undefined || amount === 0n) return moment;
  const debt = (state.debtShares * moment.debtIndex) / INDEX_SCALE + 1n;
  const value = (debt * BigInt(step.levelBps)) / weight + 1n;
  const price = (value * PRICE_SCALE) / amount + BigInt(step.beside);
  return withPrice(moment, number, price < 0n ? 0n : price);
}

function scaled(price: bigint, { factorBps }: { factorBps: number }, first: readonly bigint[]): bigint {
  // A price that died comes back as what it was.
  const from = price === 0n ? (first[2] ?? 0n) : price;
  return (from * BigInt(factorBps)) / BPS;
}

function withPrice(moment: VaultMoment, number: number, price: bigint): VaultMoment {
  const limited = price < 1n << 184n ? price : 0n;
  return { ...moment, prices: { ...moment.prices, price36: moment.prices.price36.with(number, limited) } };
}

function withTerms(
  moment: VaultMoment,
  number: number,
  change: (terms: CollateralTerms) => CollateralTerms,
): VaultMoment {
  return { ...moment, collaterals: moment.collaterals.map((t, i) => (i === number ? change(t) : t)) };
}
