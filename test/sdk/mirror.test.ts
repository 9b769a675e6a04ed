import { expect } from "chai";
import * as sdk from "../../sdk/index.ts";
import type { Lot, Moment, Valuation } from "../../sdk/index.ts";
import { deployHarness, type Harness, type Row } from "./support/harness.ts";
import { diceOf, type Dice } from "./support/seed.ts";
import * as vectors from "./support/vectors.ts";

/** The issue asks for 100,000 vectors; together the suites below run a few more. */
const VECTORS = 20_000;

const wordsOfValuation = (v: Valuation): Row => [
  v.value,
  v.initialValue,
  v.maintenanceValue,
  v.liquidationValue,
  v.debt,
];
const wordsOfLot = (lot: Lot): Row => [
  lot.amount,
  lot.price36,
  lot.maintenanceBps,
  lot.liquidationBps,
  lot.discountWad,
];
const flag = (value: boolean): bigint => (value ? 1n : 0n);
const wordsOfMoment = (m: Moment): Row => [
  m.uptime,
  m.protectedFrom,
  m.protectedUntil,
  m.earlierFrom,
  m.earlierUntil,
  flag(m.isCallingPaused),
  flag(m.isLiquidationPaused),
];

interface Vector {
  readonly input: Row;
  readonly expected: Row;
}

/** Compares exactly; the first difference is shown with its input. */
async function compare(
  harness: Harness,
  name: string,
  cases: readonly Vector[],
  before?: Row,
): Promise<void> {
  const inputs = cases.map(({ input }) => input);
  const rows = await harness.run(name, inputs, cases[0]!.expected.length, before);
  for (const [i, { input, expected }] of cases.entries()) {
    if (expected.every((value, column) => value === rows[i]![column])) continue;
    expect(rows[i], `${name}(${input.join(", ")})`).to.deep.equal(expected);
  }
}

const generate = (count: number, one: () => Vector): Vector[] => Array.from({ length: count }, one);

function healthVector(dice: Dice): Vector {
  const v = vectors.valuationOf(dice);
  const levelWad = dice.pick([sdk.WAD, sdk.CLOSE_LEVEL_WAD, sdk.CURE_LEVEL_WAD, sdk.WARNING_LEVEL_WAD]);
  const amount = vectors.amountOf(dice);
  const price36 = dice.oneIn(30) ? 0n : vectors.price36Of(dice);
  const [, maintenanceBps] = vectors.weightsOf(dice);
  const discountWad = vectors.discountOf(dice);
  const shortfall = sdk.shortfallUp(v);
  return {
    input: [...wordsOfValuation(v), levelWad, amount, price36, maintenanceBps, discountWad],
    expected: [
      sdk.valueDown(amount, price36),
      sdk.valueUp(amount, price36),
      flag(sdk.isAtLeast(v, levelWad)),
      flag(sdk.isAboveFloor(v)),
      sdk.ratioWadDown(v.maintenanceValue, v.debt),
      sdk.ratioWadDown(v.liquidationValue, v.debt),
      shortfall,
      sdk.cureRepayUp(shortfall, v.debt),
      sdk.cureDepositUp(shortfall, maintenanceBps, price36),
      sdk.cureBySaleUp(shortfall, maintenanceBps, discountWad),
    ],
  };
}

function clockVector(dice: Dice): Vector {
  const v = vectors.valuationOf(dice);
  const uptime = 1_700_000_000n + dice.below(1_000_000n);
  const clock = vectors.momentOf(dice, uptime);
  const deadline = dice.oneIn(3) ? 0n : vectors.near(dice, dice.pick(vectors.timesOf(clock)));
  const again = vectors.near(dice, dice.pick(vectors.timesOf(clock)));
  const auctionStart = deadline !== 0n && again > deadline && dice.oneIn(2) ? again : deadline;
  const call = { deadline, auctionStart };
  const effective = sdk.deadlineAt(call, clock);
  const auctionSeconds = dice.pick([1n, 600n, 3_600n, 86_400n]);
  const minGrace = dice.pick([300n, 900n]);
  const maxGrace = dice.pick([minGrace, 14_400n, 86_400n]);
  const hasGrace = v.maintenanceValue < v.debt && v.debt <= v.liquidationValue;
  return {
    input: [
      ...wordsOfValuation(v),
      ...[deadline, auctionStart, auctionSeconds, minGrace, maxGrace],
      ...wordsOfMoment(clock),
    ],
    expected: [
      effective,
      sdk.auctionStartAt(call, clock),
      flag(sdk.isPastDeadline(call, clock)),
      BigInt(sdk.statusAt(v, call, auctionSeconds, clock)),
      flag(sdk.mayClose(v, effective, uptime)),
      sdk.closeLevelWad(effective, uptime),
      hasGrace ? sdk.graceSeconds(v, minGrace, maxGrace) : 0n,
    ],
  };
}

function auctionVector(dice: Dice): Vector {
  const v = vectors.valuationOf(dice);
  const ramp = dice.pick([300n, 1_800n, 7_200n]);
  const elapsed = dice.oneIn(3) ? vectors.near(dice, ramp) : dice.below(2n * ramp);
  const maxDiscountBps = dice.oneIn(3) ? dice.pick([0n, 24n, 25n, 26n, 100n, 800n]) : dice.below(1_501n);
  const running = dice.oneIn(2) ? 0n : sdk.auctionDiscountWad(elapsed, maxDiscountBps, ramp);
  return {
    input: [...wordsOfValuation(v), elapsed, maxDiscountBps, ramp, running],
    expected: [
      sdk.auctionDiscountWad(elapsed, maxDiscountBps, ramp),
      v.debt === 0n ? 0n : sdk.criticalDiscountWad(v, maxDiscountBps, running),
    ],
  };
}

function trancheVector(dice: Dice): Vector {
  const v = vectors.valuationOf(dice);
  const lot = vectors.lotOf(dice);
  const minimumDebt = dice.oneIn(4) ? vectors.near(dice, v.debt / 5n) : dice.upToBits(90);
  const repaid = dice.oneIn(3) ? vectors.near(dice, v.debt) : dice.below(v.debt + 1n);
  const maxPay = dice.oneIn(5) ? dice.upToBits(200) : near20(dice, repaid);
  return {
    input: [...wordsOfValuation(v), ...wordsOfLot(lot), minimumDebt, repaid, maxPay],
    expected: [
      sdk.trancheUp(v, lot, minimumDebt),
      flag(sdk.raisesFloor(v, lot)),
      sdk.reachUp(lot),
      sdk.seizedDown(lot, repaid),
      sdk.insuranceUp(repaid, lot.discountWad),
      sdk.affordableDown(maxPay, lot.discountWad),
    ],
  };
}

function volatilityVector(dice: Dice): Vector {
  const varianceWad = dice.oneIn(9) ? dice.pick([0n, 10n ** 22n]) : dice.upToBits(70);
  const before = dice.oneIn(2) ? 1n + dice.upToBits(127) : dice.between(10n ** 8n, 10n ** 12n);
  const moved = (before * dice.between(9_000n, 11_000n)) / 10_000n;
  const answer = dice.oneIn(3) ? dice.upToBits(128) : moved;
  const halfLife = dice.pick([3_600n, 21_600n, 86_400n, 2_592_000n]);
  const elapsed =
    1n + (dice.oneIn(4) ? dice.upToBits(32) : dice.oneIn(3) ? near20(dice, halfLife) : dice.below(4_000n));
  const terms = {
    referenceWad: dice.between(10n ** 16n, 3n * 10n ** 18n),
    slopeBps: dice.between(1n, 10_000n),
    capBps: dice.between(1n, 2_500n),
  };
  const [initialBps, maintenanceBps] = vectors.weightsOf(dice);
  const [lower, loosen] = [dice.oneIn(2), dice.oneIn(2)];
  const moveWad = sdk.moveWadDown(before, answer);
  const variance = sdk.nextVarianceWadDown(varianceWad, moveWad, elapsed, halfLife);
  const volatility = sdk.volatilityWadDown(variance);
  const tightening = sdk.tighteningWadDown(volatility, terms);
  const target = sdk.tightenedDown({ initialBps, maintenanceBps }, tightening);
  const current = {
    initialBps: vectors.near(dice, dice.pick([initialBps, target.initialBps])),
    maintenanceBps: dice.pick([maintenanceBps, vectors.near(dice, target.maintenanceBps + 25n)]),
  };
  const next = sdk.nextWeights(current, target, { lower, loosen });
  return {
    input: [
      ...[varianceWad, before, answer, elapsed, halfLife, ...Object.values(terms)],
      ...[initialBps, maintenanceBps, current.initialBps, current.maintenanceBps, flag(lower), flag(loosen)],
    ],
    expected: [
      ...[sdk.decayWad(elapsed, halfLife), moveWad, variance, volatility, tightening],
      ...[target.initialBps, target.maintenanceBps, next.initialBps, next.maintenanceBps],
    ],
  };
}

function near20(dice: Dice, repaid: bigint): bigint {
  return vectors.near(dice, repaid + (repaid * dice.below(5n)) / 100n);
}

function debtVector(dice: Dice): Vector {
  const amount = dice.oneIn(8) ? dice.pick([0n, 1n, vectors.MAX_DEBT]) : dice.upToBits(118);
  const shares = dice.oneIn(8) ? dice.pick([0n, 1n, 2n ** 112n - 1n]) : dice.upToBits(112);
  const index = vectors.indexOf(dice);
  const rate = vectors.rateOf(dice);
  const elapsed = vectors.elapsedOf(dice);
  return {
    input: [amount, shares, index, rate, elapsed],
    expected: [
      sdk.toSharesUp(amount, index),
      sdk.toSharesDown(amount, index),
      sdk.toDebtUp(shares, index),
      sdk.toDebtDown(shares, index),
      sdk.compoundedWad(rate, elapsed),
    ],
  };
}

function mulDivVector(dice: Dice): Vector {
  const x = dice.oneIn(10) ? sdk.MAX_UINT256 : dice.upToBits(256);
  const y = dice.oneIn(10) ? sdk.MAX_UINT256 : dice.upToBits(256);
  // The least denominator for which the quotient fits a word, and anything above it.
  const least = (x * y) / sdk.MAX_UINT256 + 1n;
  const wanted = dice.oneIn(4) ? least : dice.upToBits(256);
  const floor = wanted < least ? least : wanted;
  const denominator = floor > sdk.MAX_UINT256 ? sdk.MAX_UINT256 : floor;
  const product = x * y;
  const down = product / denominator;
  const up = down + (product % denominator === 0n ? 0n : 1n);
  return { input: [x, y, denominator], expected: [down, up] };
}

describe("mirror: sdk and libraries agree to the wei", () => {
  let harness: Harness;
  let dice: Dice;
  before(async () => {
    harness = await deployHarness();
    dice = diceOf("mirror");
  });

  it("FixedPoint rounds as plain integers do", async () => {
    const cases = generate(VECTORS / 2, () => mulDivVector(dice));
    for (const { input, expected } of cases) {
      const [x, y, denominator] = input as [bigint, bigint, bigint];
      expect(sdk.mulDivDown(x, y, denominator)).to.equal(expected[0]);
      expect(sdk.mulDivUp(x, y, denominator)).to.equal(expected[1]);
    }
    await compare(harness, "mulDiv", cases);
  });

  it("DebtMath", () =>
    compare(
      harness,
      "debt",
      generate(VECTORS / 2, () => debtVector(dice)),
    ));
  it("HealthMath", () =>
    compare(
      harness,
      "health",
      generate(VECTORS, () => healthVector(dice)),
    ));
  it("CallClock", () =>
    compare(
      harness,
      "clock",
      generate(VECTORS, () => clockVector(dice)),
    ));
  it("AuctionMath", () =>
    compare(
      harness,
      "auction",
      generate(VECTORS, () => auctionVector(dice)),
    ));
  it("TrancheMath", () =>
    compare(
      harness,
      "tranche",
      generate(VECTORS, () => trancheVector(dice)),
    ));

  it("VolatilityMath", () =>
    compare(
      harness,
      "volatility",
      generate(VECTORS / 2, () => volatilityVector(dice)),
    ));

  it("KinkedRateModel", async () => {
    for (let model = 0; model < 5; ++model) {
      const [base, kinkRate, full] = [0, 0, 0]
        .map(() => dice.upToBits(63))
        .sort((a, b) => (a < b ? -1 : 1)) as [bigint, bigint, bigint];
      const rates: sdk.KinkedRates = {
        kinkWad: dice.between(1n, sdk.WAD - 1n),
        baseRateWad: base,
        kinkRateWad: kinkRate,
        fullRateWad: full,
      };
      const cases = generate(VECTORS / 10, () => {
        const cash = dice.oneIn(8) ? 0n : dice.upToBits(104);
        const atKink = (cash * rates.kinkWad) / (sdk.WAD - rates.kinkWad);
        const debt = dice.oneIn(3) ? vectors.near(dice, atKink) : dice.oneIn(8) ? 0n : dice.upToBits(118);
        return { input: [cash, debt], expected: [sdk.kinkedRatePerSecondWad(rates, cash, debt)] };
      });
      await compare(harness, "rates", cases, [await harness.deployModel(rates)]);
    }
  });
});
