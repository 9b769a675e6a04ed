// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

import {IMorpho, MarketParams, Position} from "morpho-blue/src/interfaces/IMorpho.sol";
import {IOracle} from "morpho-blue/src/interfaces/IOracle.sol";
import {MathLib} from "morpho-blue/src/libraries/MathLib.sol";
import {MarketParamsLib} from "morpho-blue/src/libraries/MarketParamsLib.sol";
import {MorphoBalancesLib} from "morpho-blue/src/libraries/periphery/MorphoBalancesLib.sol";
import {MorphoLib} from "morpho-blue/src/libraries/periphery/MorphoLib.sol";

/// @notice A borrower's health as a contract has to work it out, for Morpho Blue has no view of it: debt with interest up
/// to now, collateral, and the price.
contract MorphoHealth {
    using MarketParamsLib for MarketParams;
    using MathLib for uint256;
    using MorphoBalancesLib for IMorpho;
    using MorphoLib for IMorpho;

    event Measured(uint256 gasUsed);

    error Unhealthy(uint256 maxBorrow, uint256 borrowed);

    function measure(IMorpho morpho, MarketParams memory market, address borrower) external {
        uint256 before = gasleft();
        uint256 borrowed = morpho.expectedBorrowAssets(market, borrower);
        uint256 collateral = morpho.collateral(market.id(), borrower);
        uint256 price = IOracle(market.oracle).price();
        uint256 gasUsed = before - gasleft();
        uint256 maxBorrow = ((collateral * price) / 1e36).wMulDown(market.lltv);
        if (maxBorrow < borrowed) revert Unhealthy(maxBorrow, borrowed);
        emit Measured(gasUsed);
    }
}
