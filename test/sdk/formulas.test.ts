import { expect } from "chai";
import * as sdk from "../../sdk/index.ts";
import { bps, Fraction, wad, whole } from "./support/fraction.ts";
import { diceOf, type Dice } from "./support/seed.ts";
import * as vectors from "./support/vectors.ts";

/*
 * Each formula as the design page writes it, in exact fractions. The mirror equals the contract (mirror.test.ts), so
 * what holds here holds there. A result that comes from one division is the fraction's floor or ceiling, exactly; one
 * that comes from several is on the stated side and within the stated distance.
 */
const RUNS = 4_000;
const ONE = whole(1n);
const K = new Fraction(102n, 100n);

function repeat(dice: Dice, check: (dice: Dice, label: string) => void): void {
  for (let run = 0; run < RUNS; ++run) check(dice, `run ${run}`);
}

/** `actual` is at or above `exact`, by less than `slack`. */
function expectUp(actual: bigint, exact: Fraction, slack: bigint, label: string): void {
  const least = exact.ceiling();
  expect(actual >= least && actual <= least + slack, `${label}: ${actual} for ${least}`).to.be.true;
}

/** `actual` is at or below `exact`, by less than `slack`. */
function expectDown(actual: bigint, exact: Fraction, slack: bigint, label: string): void {
  const most = exact.floor();
  expect(actual <= most && actual >= most - slack, `${label}: ${actual} for ${most}`).to.be.true;
}

function saleDivisor(lot: Pick<sdk.Lot, "maintenanceBps" | "discountWad">): Fraction {
  return K.minus(bps(lot.maintenanceBps).over(ONE.minus(wad(lot.discountWad))));
}

describe("formulas: the design page in fractions, rounded in the stated direction", () => {
  let dice: Dice;
  before(() => {
    dice = diceOf("formulas");
  });

  it("value = amount * price / 1e36, down and up", () => {
    repeat(dice, (d, label) => {
      const amount = vectors.amountOf(d);
      const price36 = vectors.price36Of(d);
      const exact = new Fraction(amount * price36, sdk.PRICE_SCALE);
      expect(sdk.valueDown(amount, price36), label).to.equal(exact.floor());
      expect(sdk.valueUp(amount, price36), label).to.equal(exact.ceiling());
    });
  });

  it("debt shares: borrowing costs up, repaying removes down, owing is up", () => {
    repeat(dice, (d, label) => {
      const index = vectors.indexOf(d);
      const perShare = new Fraction(index, 10n ** 27n);
      const amount = d.upToBits(118);
      expect(sdk.toSharesUp(amount, index), label).to.equal(whole(amount).over(perShare).ceiling());
      expect(sdk.toSharesDown(amount, index), label).to.equal(whole(amount).over(perShare).floor());
      const shares = d.upToBits(112);
      expect(sdk.toDebtUp(shares, index), label).to.equal(whole(shares).times(perShare).ceiling());
      expect(sdk.toDebtDown(shares, index), label).to.equal(whole(shares).times(perShare).floor());
      expect(sdk.toDebtUp(sdk.toSharesUp(amount, index), index) >= amount, label).to.be.true;
      expect(sdk.toDebtDown(sdk.toSharesDown(amount, index), index) <= amount, label).to.be.true;
    });
  });

  it("H = A_m / D, down, and the decisions need no division", () => {
    repeat(dice, (d, label) => {
      const v = vectors.valuationOf(d);
      if (v.debt === 0n) return;
      const health = new Fraction(v.maintenanceValue, v.debt);
      expect(sdk.ratioWadDown(v.maintenanceValue, v.debt), label).to.equal(
        health.times(whole(sdk.WAD)).floor(),
      );
      for (const level of [sdk.WAD, sdk.CLOSE_LEVEL_WAD, sdk.WARNING_LEVEL_WAD]) {
        expect(sdk.isAtLeast(v, level), label).to.equal(health.compare(wad(level)) >= 0);
      }
      expect(sdk.isAboveFloor(v), label).to.equal(v.liquidationValue >= v.debt);
    });
  });

  it("S = K * D - A_m, up; repaying S / K, up, reaches K", () => {
    repeat(dice, (d, label) => {
      const v = vectors.valuationOf(d);
      const shortfall = sdk.shortfallUp(v);
      const exact = K.times(whole(v.debt)).minus(whole(v.maintenanceValue)).greaterOf(whole(0n));
      expect(shortfall, label).to.equal(exact.ceiling());
      const repay = sdk.cureRepayUp(shortfall, v.debt);
      expect(repay, label).to.equal(whole(shortfall).over(K).lesserOf(whole(v.debt)).ceiling());
      expect(sdk.isAtLeast({ ...v, debt: v.debt - repay }, sdk.CURE_LEVEL_WAD), label).to.be.true;
    });
  });

  it("depositing S / m_j of value, up, reaches K within the two base units that valuing rounds away", () => {
    repeat(dice, (d, label) => {
      const v = vectors.valuationOf(d);
      const shortfall = sdk.shortfallUp(v);
      const [, maintenanceBps] = vectors.weightsOf(d);
      const price36 = vectors.price36Of(d);
      const deposit = sdk.cureDepositUp(shortfall, maintenanceBps, price36);
      if (shortfall === 0n) {
        expect(deposit, label).to.equal(0n);
        return;
      }
      if (maintenanceBps === 0n) {
        expect(deposit, label).to.equal(sdk.MAX_UINT256);
        return;
      }
      const price = new Fraction(price36, sdk.PRICE_SCALE);
      const exact = whole(shortfall).over(bps(maintenanceBps)).over(price);
      if (deposit === sdk.MAX_UINT256) {
        {
          expect(exact.compare(whole(2n ** 128n - 1n)) > 0, `${label}: fits`).to.be.true;
          return;
        }
      }
      expectUp(deposit, exact, ONE.over(price).ceiling() + 1n, label);
      const added = (sdk.valueDown(deposit, price36) * maintenanceBps) / sdk.BPS;
      expect(added + 2n >= shortfall, label).to.be.true;
    });
  });

  it("selling j and repaying S / (K - m_j / (1 - d)), up, reaches K; impossible where the divisor is not positive", () => {
    repeat(dice, (d, label) => {
      const v = vectors.valuationOf(d);
      const lot = vectors.lotOf(d);
      const shortfall = sdk.shortfallUp(v);
      const repaid = sdk.cureBySaleUp(shortfall, lot.maintenanceBps, lot.discountWad);
      const divisor = saleDivisor(lot);
      if (divisor.compare(wad(1n)) < 0) {
        expect(repaid, label).to.equal(sdk.MAX_UINT256);
        return;
      }
      const exact = whole(shortfall).over(divisor);
      // The divisor is rounded down by less than 1e-18, which counts against itself.
      const slack =
        exact
          .over(divisor.minus(wad(1n)).greaterOf(wad(1n)))
          .times(wad(1n))
          .ceiling() + 1n;
      if (repaid !== sdk.MAX_UINT256) expectUp(repaid, exact, slack, label);
      else expect(divisor.compare(wad(2n)) <= 0, label).to.be.true;
    });
  });

  it("b = (A_l - D) * A_m / (D * (A_l - A_m)); grace = max(minGrace, maxGrace * b^2), down, within a second", () => {
    let inBand = 0;
    repeat(dice, (d, label) => {
      const v = vectors.valuationOf(d);
      if (v.maintenanceValue >= v.debt || v.debt > v.liquidationValue) return;
      inBand += 1;
      const unused = new Fraction(
        (v.liquidationValue - v.debt) * v.maintenanceValue,
        v.debt * (v.liquidationValue - v.maintenanceValue),
      );
      expect(unused.compare(ONE) < 0, "b needs no clamp").to.be.true;
      const exact = unused.times(unused).times(whole(14_400n)).greaterOf(whole(900n));
      expectDown(sdk.graceSeconds(v, 900n, 14_400n), exact, 1n, label);
    });
    expect(inBand).to.be.above(RUNS / 10);
  });

  it("I-22 a stop at P puts off every deadline after P to P + grace, and none before; the earlier stop first", () => {
    let putOff = 0;
    repeat(dice, (d, label) => {
      const clock = vectors.momentOf(d, 1_700_000_000n);
      const deadline = vectors.near(d, d.pick(vectors.timesOf(clock)));
      const stops = [
        [clock.earlierFrom, clock.earlierUntil],
        [clock.protectedFrom, clock.protectedUntil],
      ] as const;
      const expected = stops.reduce((time, [from, until]) => {
        const isOpen = time > from;
        return isOpen && until > time ? until : time;
      }, deadline);
      const call = { deadline, auctionStart: deadline + d.below(2_000n) };
      expect(sdk.deadlineAt(call, clock), label).to.equal(expected);
      expect(sdk.auctionStartAt(call, clock) >= expected, label).to.be.true;
      expect(sdk.isPastDeadline(call, clock), label).to.equal(clock.uptime >= expected);
      expect(sdk.deadlineAt({ deadline: 0n, auctionStart: 0n }, clock), label).to.equal(0n);
      if (expected > deadline) putOff += 1;
    });
    expect(putOff).to.be.above(RUNS / 20);
  });

  it("d = d0 + (d1 - d0) * min(1, t / T), down", () => {
    repeat(dice, (d, label) => {
      const elapsed = d.below(4_000n);
      const maxDiscountBps = d.between(100n, 1_500n);
      const start = new Fraction(25n, 10_000n);
      const share = new Fraction(elapsed, 1_800n).lesserOf(ONE);
      const exact = start.plus(bps(maxDiscountBps).minus(start).times(share));
      const actual = sdk.auctionDiscountWad(elapsed, maxDiscountBps, 1_800n);
      expect(actual, label).to.equal(exact.times(whole(sdk.WAD)).floor());
    });
  });

  it("critical: d = min(d1, max(2 % + 2 * (1 - F), running), max(2 %, 1 - D / V)), down", () => {
    repeat(dice, (d, label) => {
      const v = vectors.valuationOf(d);
      if (v.debt === 0n || v.liquidationValue >= v.debt) return;
      const maxDiscountBps = d.between(100n, 1_500n);
      const running = d.oneIn(2) ? 0n : sdk.auctionDiscountWad(d.below(4_000n), maxDiscountBps, 1_800n);
      const two = new Fraction(2n, 100n);
      const floorHealth = new Fraction(v.liquidationValue, v.debt);
      const depth = two.plus(whole(2n).times(ONE.minus(floorHealth))).greaterOf(wad(running));
      const equity = v.value === 0n ? two : ONE.minus(new Fraction(v.debt, v.value)).greaterOf(two);
      const exact = bps(maxDiscountBps).lesserOf(depth).lesserOf(equity).times(whole(sdk.WAD));
      expectDown(sdk.criticalDiscountWad(v, maxDiscountBps, running), exact, 2n, label);
    });
  });

  it("tranche: to K, above the floor at most 20 % of D and at least the minimum, whole where too little would stay", () => {
    repeat(dice, (d, label) => {
      const v = vectors.valuationOf(d);
      const lot = vectors.lotOf(d);
      const minimumDebt = d.upToBits(80);
      const tranche = sdk.trancheUp(v, lot, minimumDebt);
      expect(tranche <= v.debt, label).to.be.true;
      const left = v.debt - tranche;
      expect(left === 0n || left >= minimumDebt, label).to.be.true;
      const needed = sdk.cureBySaleUp(sdk.shortfallUp(v), lot.maintenanceBps, lot.discountWad);
      if (sdk.isAboveFloor(v)) {
        const most = new Fraction(v.debt, 5n).ceiling();
        const bound = [needed < most ? needed : most, minimumDebt].reduce((a, b) => (a > b ? a : b));
        if (left !== 0n) expect(tranche, label).to.equal(bound);
        else expect(bound >= v.debt || v.debt - bound < minimumDebt, label).to.be.true;
      } else if (!sdk.raisesFloor(v, lot)) expect(tranche, label).to.equal(v.debt);
      else if (left !== 0n) expect(tranche, label).to.equal(needed);
    });
  });

  it("a take raises the floor health only where l_j / (1 - d) < A_l / D", () => {
    repeat(dice, (d, label) => {
      const v = vectors.valuationOf(d);
      const lot = vectors.lotOf(d);
      if (v.debt === 0n || !sdk.raisesFloor(v, lot)) return;
      const lost = bps(lot.liquidationBps).over(ONE.minus(wad(lot.discountWad)));
      expect(lost.compare(new Fraction(v.liquidationValue, v.debt)) < 0, label).to.be.true;
    });
  });

  it("split: collateral worth x / (1 - d), down; 20 % of the discount's worth, up; the sum within what is paid", () => {
    repeat(dice, (d, label) => {
      const lot = vectors.lotOf(d);
      const maxPay = d.upToBits(110);
      const left = ONE.minus(wad(lot.discountWad));
      const share = new Fraction(1n, 5n).times(wad(lot.discountWad)).over(left);
      const repaid = sdk.affordableDown(maxPay, lot.discountWad);
      expect(repaid, label).to.equal(whole(maxPay).over(ONE.plus(share)).floor());
      const insured = sdk.insuranceUp(repaid, lot.discountWad);
      expect(insured, label).to.equal(whole(repaid).times(share).ceiling());
      expect(repaid + insured <= maxPay, label).to.be.true;

      const price = new Fraction(lot.price36, sdk.PRICE_SCALE);
      const exact = whole(repaid).over(left).over(price).lesserOf(whole(lot.amount));
      expectDown(sdk.seizedDown(lot, repaid), exact, ONE.over(price).ceiling() + 1n, label);
      const reach = whole(lot.amount).times(price).times(left);
      expectUp(sdk.reachUp(lot), reach, 1n, label);
      // Whoever pays less than the reach never gets more than it paid for.
      const gross = new Fraction(sdk.seizedDown(lot, repaid)).times(price).times(left);
      expect(gross.compare(whole(repaid)) <= 0, label).to.be.true;
    });
  });

  it("compounding is exp(x) - 1 to the third order: never above, and within x^4 / 24 and a bit below", () => {
    repeat(dice, (d, label) => {
      const rate = vectors.rateOf(d);
      const x = wad(rate * d.upToBits(25));
      const actual = sdk.compoundedWad(rate, x.top / (rate || 1n) || 0n);
      const [low, high] = expMinusOne(x);
      expect(whole(actual).compare(high.times(whole(sdk.WAD))) <= 0, label).to.be.true;
      const fourth = x.times(x).times(x).times(x).over(whole(24n));
      const remainder = fourth.plus(fourth.times(x).times(low.plus(ONE)));
      const least = low.minus(remainder).times(whole(sdk.WAD)).minus(whole(3n));
      expect(whole(actual).compare(least) >= 0, label).to.be.true;
    });
  });

  it("the kinked rate meets its three points and never falls as utilisation rises", () => {
    const YEAR = 31_557_600n;
    repeat(dice, (d, label) => {
      const sorted = [d.upToBits(62), d.upToBits(62), d.upToBits(62)].sort((a, b) => (a < b ? -1 : 1));
      const [baseRateWad, kinkRateWad, fullRateWad] = sorted as [bigint, bigint, bigint];
      const kinkWad = d.between(1n, 99n) * 10n ** 16n;
      const rates = { kinkWad, baseRateWad, kinkRateWad, fullRateWad };
      const at = (cash: bigint, debt: bigint) => sdk.kinkedRatePerSecondWad(rates, cash, debt);
      expect(at(1n, 0n), label).to.equal(baseRateWad / YEAR);
      expect(at(sdk.WAD - kinkWad, kinkWad), label).to.equal(kinkRateWad / YEAR);
      expect(at(0n, 1n), label).to.equal(fullRateWad / YEAR);
      const [cash, debt] = [d.upToBits(90), d.upToBits(90)];
      expect(at(cash, debt + 1n) >= at(cash, debt), label).to.be.true;
    });
  });
});

/** Bounds of `exp(x) - 1` for a non-negative `x`: thirty terms, and the same with the rest as a geometric series. */
function expMinusOne(x: Fraction): [low: Fraction, high: Fraction] {
  const scale = 10n ** 60n;
  const scaled = (x.top * scale) / x.bottom;
  const terms = 80n + 4n * (scaled / scale);
  let term = scale;
  let sum = 0n;
  for (let n = 1n; n <= terms; ++n) {
    term = (term * scaled) / (scale * n);
    sum += term;
  }
  return [new Fraction(sum, scale), new Fraction(sum + 2n * term + terms + sum / 10n ** 50n, scale)];
}
