// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FixedPoint, WAD} from "./FixedPoint.sol";

/// @title Debt shares and the growth of what they are worth
/// @notice The debt index is quote base units per debt share, times 1e27. It starts at 1e24, so that a share begins as
/// a thousandth of a base unit and a repayment of one base unit is never rounded to nothing.
library DebtMath {
    using FixedPoint for uint256;

    uint256 internal constant INDEX_SCALE = 1e27;
    uint256 internal constant INITIAL_INDEX = 1e24;
    /// @dev 1,000 % a year: above it a curve is broken, and third-order compounding stays within 256 bits below it.
    uint256 internal constant MAX_RATE_PER_SECOND_WAD = uint256(10 * 1e18) / 31_557_600;

    /// @notice Debt shares that `amount` of new debt costs, rounded up.
    function toSharesUp(uint256 amount, uint256 index) internal pure returns (uint256) {
        return amount.mulDivUp(INDEX_SCALE, index);
    }

    /// @notice Debt shares that a payment of `amount` removes, rounded down.
    function toSharesDown(uint256 amount, uint256 index) internal pure returns (uint256) {
        return amount.mulDivDown(INDEX_SCALE, index);
    }

    /// @notice What the holder of `shares` owes, quote base units, rounded up.
    function toDebtUp(uint256 shares, uint256 index) internal pure returns (uint256) {
        return shares.mulDivUp(index, INDEX_SCALE);
    }

    /// @notice What `shares` are worth to the lenders, quote base units, rounded down.
    function toDebtDown(uint256 shares, uint256 index) internal pure returns (uint256) {
        return shares.mulDivDown(index, INDEX_SCALE);
    }

    /// @notice The growth of debt over `elapsed` seconds at a constant rate, times 1e18, rounded down.
    /// @dev The first three terms of exp(x) - 1, x = rate * time: exact enough for any interval between two touches,
    /// and never above the true exponential, so that idle time favours the borrower by the remainder.
    function compoundedWad(uint256 ratePerSecondWad, uint256 elapsed) internal pure returns (uint256) {
        uint256 x = ratePerSecondWad * elapsed;
        uint256 second = x.mulDivDown(x, 2 * WAD);
        uint256 third = second.mulDivDown(x, 3 * WAD);
        return x + second + third;
    }
}
