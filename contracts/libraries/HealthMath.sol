// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FixedPoint, BPS, PRICE_SCALE, WAD} from "./FixedPoint.sol";

/// @notice What an account is worth and owes, quote base units. Values are rounded down, debt is rounded up.
struct Valuation {
    uint256 value;
    uint256 initialValue;
    uint256 maintenanceValue;
    uint256 liquidationValue;
    uint256 debt;
}

/// @title Health by cross-multiplication
/// @notice A price is below 2^184 and an amount below 2^128, so a value is below 2^193, a sum of eight weighted ones
/// below 2^210, and its product with a ratio below 2^256: nothing here overflows and nothing here divides by debt but
/// the two ratios for display.
library HealthMath {
    using FixedPoint for uint256;

    /// @dev Amounts that cure are quoted at this health factor, `K`.
    uint256 internal constant CURE_LEVEL_WAD = 1.02e18;
    /// @dev An open call closes before its deadline at this health factor, `K_close`.
    uint256 internal constant CLOSE_LEVEL_WAD = 1.01e18;
    /// @dev Below this health factor a trader is warned.
    uint256 internal constant WARNING_LEVEL_WAD = 1.1e18;
    /// @dev Prices from here on are not prices.
    uint256 internal constant PRICE_LIMIT36 = 1 << 184;

    /// @notice The value of `amount` at `price36`, quote base units, rounded down.
    function valueDown(uint256 amount, uint256 price36) internal pure returns (uint256) {
        return amount.mulDivDown(price36, PRICE_SCALE);
    }

    /// @notice The value of `amount` at `price36`, quote base units, rounded up.
    function valueUp(uint256 amount, uint256 price36) internal pure returns (uint256) {
        return amount.mulDivUp(price36, PRICE_SCALE);
    }

    /// @notice Whether the health factor is at least `levelWad`.
    function isAtLeast(Valuation memory v, uint256 levelWad) internal pure returns (bool) {
        return v.maintenanceValue * WAD >= v.debt * levelWad;
    }

    /// @notice Whether the floor health is at least 1.
    function isAboveFloor(Valuation memory v) internal pure returns (bool) {
        return v.liquidationValue >= v.debt;
    }

    /// @notice `weighted / debt` times 1e18, rounded down; the largest uint256 without debt.
    function ratioWadDown(uint256 weighted, uint256 debt) internal pure returns (uint256) {
        return debt == 0 ? type(uint256).max : weighted.mulDivDown(WAD, debt);
    }

    /// @notice `S = K * D - A_m`, the maintenance value missing to the cure level, rounded up; zero at or above it.
    function shortfallUp(Valuation memory v) internal pure returns (uint256) {
        uint256 required = v.debt.mulDivUp(CURE_LEVEL_WAD, WAD);
        return required > v.maintenanceValue ? required - v.maintenanceValue : 0;
    }

    /// @notice What to repay to cure, `S / K`, rounded up; never more than the debt.
    function cureRepayUp(uint256 shortfall, uint256 debt) internal pure returns (uint256) {
        uint256 amount = shortfall.mulDivUp(WAD, CURE_LEVEL_WAD);
        return amount < debt ? amount : debt;
    }

    /// @notice What to deposit of a collateral to cure, `S / m_j` of its value, in its base units, rounded up; the
    /// largest uint256 when it counts for nothing or no amount would fit.
    function cureDepositUp(
        uint256 shortfall,
        uint256 maintenanceBps,
        uint256 price36
    ) internal pure returns (uint256) {
        if (shortfall == 0) return 0;
        if (maintenanceBps == 0 || price36 == 0) return type(uint256).max;
        uint256 value = shortfall.mulDivUp(BPS, maintenanceBps);
        // With a quotient below 2^128 the amount fits 256 bits; no account can hold one above 128.
        if (value / price36 >= type(uint128).max) return type(uint256).max;
        uint256 amount = value.mulDivUp(PRICE_SCALE, price36);
        return amount > type(uint128).max ? type(uint256).max : amount;
    }

    /// @notice What has to be repaid to cure when it is raised by selling a collateral at `discountWad` under its
    /// price: `S / (K - m_j / (1 - d))`, rounded up; the largest uint256 when no sale of it can cure.
    function cureBySaleUp(
        uint256 shortfall,
        uint256 maintenanceBps,
        uint256 discountWad
    ) internal pure returns (uint256) {
        uint256 lostWad = (maintenanceBps * WAD).mulDivUp(WAD, BPS * (WAD - discountWad));
        if (lostWad >= CURE_LEVEL_WAD) return type(uint256).max;
        return shortfall.mulDivUp(WAD, CURE_LEVEL_WAD - lostWad);
    }
}
