// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AuctionMath} from "./AuctionMath.sol";
import {FixedPoint, BPS, PRICE_SCALE} from "./FixedPoint.sol";
import {HealthMath} from "./HealthMath.sol";

/// @title At which price and when something will be so
/// @notice The formulas of health and auction solved for what changes. Exact: one unit further, the vault's own answer
/// is another.
library ForecastMath {
    using FixedPoint for uint256;

    /// @dev At every price, or at no time.
    uint256 internal constant UNBOUNDED = type(uint256).max;

    /// @notice The highest price at which `amount` and all else, weighted, are worth less than `required`; zero when
    /// they are worth as much at every price above zero, the largest uint256 when they are not at any price.
    /// @param amount Base units of the collateral whose price moves; not zero.
    /// @param weightBps Its weight.
    /// @param othersBps The values of all else times their weights, quote base units times 1e4.
    /// @param required Quote base units.
    function highestPriceBelow(
        uint256 amount,
        uint256 weightBps,
        uint256 othersBps,
        uint256 required
    ) internal pure returns (uint256) {
        // Worth less: floor((others + value * weight) / 1e4) < required.
        if (othersBps >= required * BPS) return 0;
        if (weightBps == 0) return UNBOUNDED;
        uint256 mostValue = (required * BPS - othersBps - 1) / weightBps;
        if (HealthMath.valueDown(amount, HealthMath.PRICE_LIMIT36 - 1) <= mostValue) return UNBOUNDED;
        return (mostValue + 1).mulDivUp(PRICE_SCALE, amount) - 1;
    }

    /// @notice The seconds after which an auction's discount is `discountWad` or more; the largest uint256 when it
    /// never is.
    /// @param maxDiscountBps Where the discount ends, that of the collateral.
    /// @param rampSeconds After how long.
    function secondsToDiscount(
        uint256 discountWad,
        uint256 maxDiscountBps,
        uint256 rampSeconds
    ) internal pure returns (uint256) {
        if (AuctionMath.auctionDiscountWad(0, maxDiscountBps, rampSeconds) >= discountWad) return 0;
        uint256 maxDiscountWad = AuctionMath.auctionDiscountWad(rampSeconds, maxDiscountBps, rampSeconds);
        if (discountWad > maxDiscountWad) return UNBOUNDED;
        uint256 start = AuctionMath.START_DISCOUNT_WAD;
        return (discountWad - start).mulDivUp(rampSeconds, maxDiscountWad - start);
    }
}
