// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AuctionMath} from "../../contracts/libraries/AuctionMath.sol";
import {CallClock} from "../../contracts/libraries/CallClock.sol";
import {DebtMath} from "../../contracts/libraries/DebtMath.sol";
import {FixedPoint} from "../../contracts/libraries/FixedPoint.sol";
import {HealthMath, Valuation} from "../../contracts/libraries/HealthMath.sol";
import {Lot, TrancheMath} from "../../contracts/libraries/TrancheMath.sol";
import {Status} from "../../contracts/interfaces/VaultTypes.sol";

/// @title The formulas, for any numbers: no state, no vault
contract FormulasTest {
    using HealthMath for Valuation;

    uint256 private constant WAD = 1e18;
    uint256 private constant BPS = 1e4;

    function testFuzz_I15_healthRisesWithAmountAndPrice(
        uint128 amount,
        uint128 more,
        uint256 price36,
        uint256 dearer36
    ) external pure {
        price36 %= HealthMath.PRICE_LIMIT36;
        dearer36 = price36 + (dearer36 % (HealthMath.PRICE_LIMIT36 - price36));
        uint256 value = HealthMath.valueDown(amount, price36);
        assert(HealthMath.valueDown(uint256(amount) + more, price36) >= value);
        assert(HealthMath.valueDown(amount, dearer36) >= value);
        assert(HealthMath.valueUp(amount, price36) - value <= 1);
    }

    function testFuzz_I15_healthFallsWithDebt(
        uint128 weighted,
        uint96 debt,
        uint96 more,
        uint256 level
    ) external pure {
        level = 0.5e18 + (level % 1e18);
        Valuation memory v = _valuation(weighted, weighted, debt);
        Valuation memory worse = _valuation(weighted, weighted, uint256(debt) + more);
        assert(v.isAtLeast(level) || !worse.isAtLeast(level));
        assert(v.isAboveFloor() || !worse.isAboveFloor());
        assert(worse.shortfallUp() >= v.shortfallUp());
    }

    function testFuzz_I18_debtWithoutValueIsInsolvent(
        uint96 debt,
        uint32 deadline,
        uint32 uptime
    ) external pure {
        if (debt == 0) return;
        Valuation memory v = _valuation(0, 0, debt);
        assert(CallClock.statusOf(v, deadline, deadline, 3_600, uptime) == Status.Insolvent);
    }

    function testFuzz_I21_graceIsWithinItsBounds(
        uint96 value,
        uint256 debt,
        uint24 least,
        uint24 most
    ) external pure {
        if (value < 1e6) return;
        uint256 maintenance = (uint256(value) * 8_020) / BPS;
        uint256 liquidation = (uint256(value) * 8_740) / BPS;
        if (least > most) (least, most) = (most, least);
        debt = maintenance + 1 + (debt % (liquidation - maintenance));
        uint256 grace = CallClock.graceSeconds(_valuation(maintenance, liquidation, debt), least, most);
        assert(grace >= least && grace <= most);
        // Deeper in the band there is never more time.
        if (debt == liquidation) return;
        assert(CallClock.graceSeconds(_valuation(maintenance, liquidation, debt + 1), least, most) <= grace);
    }

    function testFuzz_I26_discountGrowsToItsEndAndStays(
        uint32 elapsed,
        uint32 later,
        uint256 mostBps,
        uint24 ramp
    ) external pure {
        mostBps = 25 + (mostBps % 1_476);
        uint256 rampSeconds = 300 + uint256(ramp);
        uint256 discount = AuctionMath.auctionDiscountWad(elapsed, mostBps, rampSeconds);
        uint256 deeper = AuctionMath.auctionDiscountWad(uint256(elapsed) + later, mostBps, rampSeconds);
        assert(discount >= AuctionMath.START_DISCOUNT_WAD && discount <= deeper && deeper <= mostBps * 1e14);
    }

    function testFuzz_I26_criticalDiscountIsPaidByEquity(
        uint96 value,
        uint256 debt,
        uint256 mostBps,
        uint256 running
    ) external pure {
        if (value < 1e6) return;
        uint256 liquidation = (uint256(value) * 8_740) / BPS;
        debt = liquidation + 1 + (debt % value);
        mostBps = 100 + (mostBps % 1_401);
        Valuation memory v = _valuation(0, liquidation, debt);
        v.value = value;
        uint256 discount = AuctionMath.criticalDiscountWad(v, mostBps, running % (mostBps * 1e14));
        assert(discount <= mostBps * 1e14);
        if (discount > 0.02e18) assert(uint256(value) * (WAD - discount) + value >= debt * WAD);
    }

    function testFuzz_I29_aTakeAboveTheFloorRaisesIt(uint96 value, uint256 debt, uint256 paid) external pure {
        if (value < 1e9) return;
        uint256 maintenance = (uint256(value) * 8_020) / BPS;
        uint256 liquidation = (uint256(value) * 8_740) / BPS;
        debt = maintenance + 1 + (debt % (liquidation - maintenance));
        Lot memory lot = Lot(value, 1e36, 8_020, 8_740, 0.08e18);
        Valuation memory v = _valuation(maintenance, liquidation, debt);
        uint256 tranche = TrancheMath.trancheUp(v, lot, debt / 100);
        paid = 1e6 + (paid % tranche);
        if (paid > tranche || paid == debt) return;
        uint256 left = value - TrancheMath.seizedDown(lot, paid);
        Valuation memory w = _valuation((left * 8_020) / BPS, (left * 8_740) / BPS, debt - paid);
        assert(w.shortfallUp() < v.shortfallUp());
        assert((w.liquidationValue + 1) * debt >= liquidation * (debt - paid));
    }

    /// @dev Interest in two steps is never less than in one, and more by no more than compounding makes it.
    function testFuzz_I10_accruingTwiceFavoursLenders(
        uint256 rate,
        uint24 first,
        uint24 second
    ) external pure {
        rate %= DebtMath.MAX_RATE_PER_SECOND_WAD / 10;
        uint256 once = DebtMath.compoundedWad(rate, uint256(first) + second);
        uint256 a = DebtMath.compoundedWad(rate, first);
        uint256 b = DebtMath.compoundedWad(rate, second);
        uint256 twice = a + b + (a * b) / WAD;
        assert(twice + 8 >= once);
        // The remainder of exp(x) after its third term, for x up to 1.1.
        uint256 x = rate * (uint256(first) + second);
        assert(twice <= once + (((x * x) / WAD) * ((x * x) / WAD)) / WAD + 8);
    }

    function testFuzz_I03_sharesRoundForTheLenders(uint96 amount, uint256 index) external pure {
        index = DebtMath.INITIAL_INDEX + (index % (1e6 * DebtMath.INITIAL_INDEX));
        uint256 shares = DebtMath.toSharesUp(amount, index);
        assert(DebtMath.toDebtUp(shares, index) >= amount);
        assert(DebtMath.toDebtUp(shares, index) - DebtMath.toDebtDown(shares, index) <= 1);
        assert(DebtMath.toSharesDown(amount, index) <= shares);
    }

    /// @dev A token's decimals cancel out: the same holding in other units has the same value, but for a unit.
    function testFuzz_I40_decimalsCancelOut(uint64 amount, uint64 price, uint8 decimals) external pure {
        uint256 scale = 10 ** (decimals % 19);
        uint256 value = HealthMath.valueDown(amount, uint256(price) * 1e18);
        uint256 scaled = HealthMath.valueDown(uint256(amount) * scale, (uint256(price) * 1e18) / scale);
        assert(scaled <= value && value - scaled <= (uint256(amount) * scale) / 1e36 + 1);
    }

    /// @dev Multiplying with a direction, against the naive version where it fits.
    function testFuzz_I27_directionsDifferByTheRemainder(
        uint128 x,
        uint128 y,
        uint256 denominator
    ) external pure {
        if (denominator == 0) return;
        uint256 down = (uint256(x) * y) / denominator;
        assert(FixedPoint.mulDivDown(x, y, denominator) == down);
        uint256 up = down * denominator == uint256(x) * y ? down : down + 1;
        assert(FixedPoint.mulDivUp(x, y, denominator) == up);
    }

    function _valuation(
        uint256 maintenance,
        uint256 liquidation,
        uint256 debt
    ) private pure returns (Valuation memory v) {
        v.value = liquidation;
        v.maintenanceValue = maintenance;
        v.liquidationValue = liquidation;
        v.debt = debt;
    }
}
