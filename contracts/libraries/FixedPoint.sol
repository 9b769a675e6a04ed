// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev One in ratios, health factors, discounts and levels.
uint256 constant WAD = 1e18;
/// @dev One in weights and fees.
uint256 constant BPS = 1e4;
/// @dev A price is quote base units per collateral base unit, times this.
uint256 constant PRICE_SCALE = 1e36;

/// @title Multiply and divide in 512 bits, with the direction in the name
library FixedPoint {
    function mulDivDown(uint256 x, uint256 y, uint256 denominator) internal pure returns (uint256) {
        return Math.mulDiv(x, y, denominator);
    }

    function mulDivUp(uint256 x, uint256 y, uint256 denominator) internal pure returns (uint256) {
        return Math.mulDiv(x, y, denominator, Math.Rounding.Ceil);
    }
}
