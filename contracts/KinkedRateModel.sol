// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInterestRateModel} from "./interfaces/IInterestRateModel.sol";
import {FixedPoint, WAD} from "./libraries/FixedPoint.sol";

/// @title A rate that rises with utilisation, gently to a kink and steeply past it
/// @notice Immutable. Rates are given by year (31,557,600 seconds) and answered by second, times 1e18, rounded down.
contract KinkedRateModel is IInterestRateModel {
    using FixedPoint for uint256;

    uint256 private constant YEAR_SECONDS = 31_557_600;

    /// @notice The utilisation from which the steep slope counts, times 1e18.
    uint256 public immutable kinkWad;
    /// @notice The rate per year with nothing lent, at the kink, and with everything lent, times 1e18.
    uint256 public immutable baseRateWad;
    uint256 public immutable kinkRateWad;
    uint256 public immutable fullRateWad;

    /// @notice The kink must lie between 0 and 1, and the rates must not fall.
    error RatesOutOfOrder(uint256 kinkWad, uint256 baseRateWad, uint256 kinkRateWad, uint256 fullRateWad);

    constructor(uint256 newKinkWad, uint256 newBaseRateWad, uint256 newKinkRateWad, uint256 newFullRateWad) {
        bool ordered = newBaseRateWad <= newKinkRateWad && newKinkRateWad <= newFullRateWad;
        if (newKinkWad == 0 || newKinkWad >= WAD || !ordered) {
            revert RatesOutOfOrder(newKinkWad, newBaseRateWad, newKinkRateWad, newFullRateWad);
        }
        kinkWad = newKinkWad;
        baseRateWad = newBaseRateWad;
        kinkRateWad = newKinkRateWad;
        fullRateWad = newFullRateWad;
    }

    /// @inheritdoc IInterestRateModel
    function ratePerSecondWad(uint256 cash, uint256 debt) external view returns (uint256) {
        if (debt == 0) return baseRateWad / YEAR_SECONDS;
        uint256 utilisationWad = debt.mulDivDown(WAD, cash + debt);
        uint256 rateWad =
            utilisationWad <= kinkWad
                ? baseRateWad + (kinkRateWad - baseRateWad).mulDivDown(utilisationWad, kinkWad)
                : kinkRateWad +
                    (fullRateWad - kinkRateWad).mulDivDown(utilisationWad - kinkWad, WAD - kinkWad);
        return rateWad / YEAR_SECONDS;
    }
}
