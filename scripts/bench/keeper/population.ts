import { NEW_ACCOUNT } from "../../../keeper/book/vaultRecord.ts";
import type { AccountId } from "../../../sdk/accountId.ts";
import { INITIAL_INDEX, toSharesUp } from "../../../sdk/debtMath.ts";
import { BPS } from "../../../sdk/fixedPoint.ts";
import { valueDown } from "../../../sdk/healthMath.ts";
import type { AccountState } from "../../../sdk/vaultTypes.ts";
import { BENCH_BEGINS, BENCH_COLLATERALS, Market, QUOTE_DECIMALS } from "./market.ts";
import { randomOf, type Random } from "./random.ts";

/** An account of the bench: what it holds by number, and what it owes. */
export interface BenchAccount {
  readonly id: AccountId;
  readonly holdings: readonly { readonly number: number; readonly amount: bigint }[];
  readonly debtShares: bigint;
  /** Uptimes of an open call; undefined for most. */
  readonly call: { readonly calledAt: bigint; readonly deadline: bigint } | undefined;
}

const FIRST_OWNER = 0x10000;
const QUOTE_UNIT = 10 ** QUOTE_DECIMALS;
/** Feeds are not equally popular. */
const POPULARITY = [0.34, 0.2, 0.14, 0.08, 0.06, 0.06, 0.08, 0.04];

/**
 * `count` accounts one by one, the same for the same seed: 70 % hold one collateral and 30 % two to four; 95 % owe,
 * between 100 and some millions; health factors lie around 1.6, one in forty below 1.1; one in 200 has an open call.
 */
export function* population(count: number, seed: number): Generator<BenchAccount> {
  const random = randomOf(seed ^ 0x5bd1e995);
  const { prices, collaterals } = new Market(seed).moment;
  for (let i = 0; i < count; ++i) {
    const worth = 250 * Math.exp(2 + 1.8 * random.normal());
    const holdings = holdingsOf(random, worth);
    const maintenance = holdings.reduce((sum, { number, amount }) => {
      const weight = collaterals[number]?.maintenanceBps ?? 0n;
      return sum + (valueDown(amount, prices.price36[number] ?? 0n) * weight) / BPS;
    }, 0n);
    const hasDebt = random.next() < 0.95;
    const hasCall = hasDebt && random.next() < 0.005;
    const health = hasCall ? 0.93 + 0.07 * random.next() : 1.005 + Math.exp(-0.5 + 0.8 * random.normal());
    const debt = BigInt(Math.round(Number(maintenance) / health));
    const calledAt = BENCH_BEGINS - BigInt(random.below(4_000));
    yield {
      id: idOf(i),
      holdings,
      debtShares: hasDebt && debt > 0n ? toSharesUp(debt, INITIAL_INDEX) : 0n,
      call:
        hasCall && debt > 0n
          ? { calledAt, deadline: calledAt + 900n + BigInt(random.below(5_000)) }
          : undefined,
    };
  }
}

/** The account numbered `i`; owners differ, sub-accounts too. */
export function idOf(i: number): AccountId {
  const owner = (FIRST_OWNER + i).toString(16).padStart(40, "0");
  return `0x${owner}${(i % 4).toString(16).padStart(24, "0")}`;
}

/** The inverse of `idOf`. */
export function numberOf(id: AccountId): number {
  return parseInt(id.slice(2, 42), 16) - FIRST_OWNER;
}

/** The account as a vault stores it. */
export function stateOf({ holdings, debtShares, call }: BenchAccount): AccountState {
  const collateral = new Array<bigint>(16).fill(0n);
  for (const { number, amount } of holdings) collateral[number] = amount;
  return {
    ...NEW_ACCOUNT,
    collateralSet: holdings.reduce((set, { number }) => set | (1 << number), 0),
    collateral,
    debtShares,
    callNonce: call === undefined ? 0 : 1,
    calledAt: call?.calledAt ?? 0n,
    deadline: call?.deadline ?? 0n,
    auctionStart: call?.deadline ?? 0n,
  };
}

function holdingsOf(random: Random, worth: number): BenchAccount["holdings"] {
  const legs = random.next() < 0.7 ? 1 : 2 + random.below(3);
  const numbers = new Set<number>();
  while (numbers.size < legs) numbers.add(drawCollateral(random));
  const shares = [...numbers].map(() => 0.1 + random.next());
  const total = shares.reduce((a, b) => a + b, 0);
  return [...numbers]
    .map((number, i) => ({ number, amount: amountOf(number, (worth * (shares[i] ?? 0)) / total) }))
    .sort((a, b) => a.number - b.number);
}

function drawCollateral(random: Random): number {
  let rest = random.next();
  const number = POPULARITY.findIndex((share) => (rest -= share) < 0);
  return number < 0 ? 0 : number;
}

/** Base units of collateral `number` for so many whole quote units, at least one. */
function amountOf(number: number, worth: number): bigint {
  const { price = 1, decimals = 0 } = BENCH_COLLATERALS[number] ?? {};
  // In millionths of a base quote unit first, for a double does not reach 18 decimals.
  const millionths = BigInt(Math.max(1, Math.round((worth / price) * QUOTE_UNIT)));
  const amount = (millionths * 10n ** BigInt(decimals)) / BigInt(QUOTE_UNIT);
  return amount > 0n ? amount : 1n;
}
