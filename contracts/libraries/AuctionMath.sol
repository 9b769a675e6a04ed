// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FixedPoint, BPS, WAD} from "./FixedPoint.sol";
import {Valuation} from "./HealthMath.sol";

/// @title The discount at which collateral is sold
library AuctionMath {
    using FixedPoint for uint256;

    /// @dev Where every auction starts, `d0` = 0.25 %.
    uint256 internal constant START_DISCOUNT_WAD = 0.0025e18;
    /// @dev The least discount below the floor.
    uint256 internal constant CRITICAL_DISCOUNT_WAD = 0.02e18;

    /// @notice The discount of an auction that has run for `elapsed` seconds of uptime, times 1e18:
    /// `d0 + (d1 - d0) * min(1, t / T)`, rounded down.
    /// @param maxDiscountBps `d1`, that of the collateral.
    /// @param rampSeconds `T`.
    function auctionDiscountWad(
        uint256 elapsed,
        uint256 maxDiscountBps,
        uint256 rampSeconds
    ) internal pure returns (uint256) {
        uint256 maxDiscountWad = (maxDiscountBps * WAD) / BPS;
        if (maxDiscountWad <= START_DISCOUNT_WAD || elapsed >= rampSeconds) return maxDiscountWad;
        return START_DISCOUNT_WAD + (maxDiscountWad - START_DISCOUNT_WAD).mulDivDown(elapsed, rampSeconds);
    }

    /// @notice The discount below the floor, times 1e18, rounded down:
    /// `min(d1, max(2 % + 2 * (1 - F), running), max(2 %, 1 - D / V))`.
    /// @dev The last term keeps the discount within the equity that pays for it.
    /// @param runningDiscountWad That of the account's running auction; zero when none runs.
    function criticalDiscountWad(
        Valuation memory v,
        uint256 maxDiscountBps,
        uint256 runningDiscountWad
    ) internal pure returns (uint256) {
        uint256 maxDiscountWad = (maxDiscountBps * WAD) / BPS;
        uint256 floorHealthWad = v.liquidationValue.mulDivUp(WAD, v.debt);
        uint256 depthWad = CRITICAL_DISCOUNT_WAD;
        if (floorHealthWad < WAD) depthWad += 2 * (WAD - floorHealthWad);
        if (runningDiscountWad > depthWad) depthWad = runningDiscountWad;

        uint256 equityWad = CRITICAL_DISCOUNT_WAD;
        if (v.value > v.debt) {
            uint256 shareWad = (v.value - v.debt).mulDivDown(WAD, v.value);
            if (shareWad > equityWad) equityWad = shareWad;
        }

        uint256 discountWad = depthWad < equityWad ? depthWad : equityWad;
        return discountWad < maxDiscountWad ? discountWad : maxDiscountWad;
    }
}
