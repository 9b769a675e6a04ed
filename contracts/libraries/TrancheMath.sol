// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FixedPoint, BPS, WAD} from "./FixedPoint.sol";
import {HealthMath, Valuation} from "./HealthMath.sol";

/// @notice The collateral offered and at what terms.
struct Lot {
    uint256 amount;
    uint256 price36;
    uint256 maintenanceBps;
    uint256 liquidationBps;
    uint256 discountWad;
}

/// @title How much of a position may be taken at once, and who gets what
library TrancheMath {
    using FixedPoint for uint256;
    using HealthMath for Valuation;

    /// @dev Of the debt, above the floor.
    uint256 internal constant MAX_TRANCHE_BPS = 2_000;
    /// @dev Of the discount's worth, to the insurance.
    uint256 internal constant INSURANCE_SHARE_BPS = 2_000;

    /// @notice The debt that may be repaid out of `lot` at once, were there enough of it, quote base units, rounded up.
    /// @dev `S / (K - m_j / (1 - d))` moves the account to the cure level. Below the floor, where no part of the
    /// collateral can be sold without the floor health falling (`l_j / (1 - d) >= F`), the tranche is the whole.
    function trancheUp(
        Valuation memory v,
        Lot memory lot,
        uint256 minimumDebt
    ) internal pure returns (uint256) {
        uint256 tranche = HealthMath.cureBySaleUp(v.shortfallUp(), lot.maintenanceBps, lot.discountWad);
        if (v.isAboveFloor()) {
            uint256 most = v.debt.mulDivUp(MAX_TRANCHE_BPS, BPS);
            if (tranche > most) tranche = most;
            if (tranche < minimumDebt) tranche = minimumDebt;
        } else if (!raisesFloor(v, lot)) {
            return v.debt;
        }
        return tranche >= v.debt || v.debt - tranche < minimumDebt ? v.debt : tranche;
    }

    /// @notice Whether selling a part of `lot` raises the floor health: `l_j / (1 - d) < A_l / D`.
    function raisesFloor(Valuation memory v, Lot memory lot) internal pure returns (bool) {
        uint256 lostWad = (lot.liquidationBps * WAD).mulDivUp(WAD, BPS * (WAD - lot.discountWad));
        return v.debt.mulDivUp(lostWad, WAD) < v.liquidationValue;
    }

    /// @notice The debt repaid when all of `lot` is taken, quote base units, rounded up.
    function reachUp(Lot memory lot) internal pure returns (uint256) {
        return HealthMath.valueUp(lot.amount, lot.price36).mulDivUp(WAD - lot.discountWad, WAD);
    }

    /// @notice The collateral that goes to a taker who repays `repaid`: worth `x / (1 - d)`, base units, rounded down.
    function seizedDown(Lot memory lot, uint256 repaid) internal pure returns (uint256) {
        uint256 worth = repaid.mulDivDown(WAD, WAD - lot.discountWad);
        uint256 amount = worth.mulDivDown(1e36, lot.price36);
        return amount < lot.amount ? amount : lot.amount;
    }

    /// @notice The insurance share of the discount's worth, `20 % * x * d / (1 - d)`, quote base units, rounded up.
    function insuranceUp(uint256 repaid, uint256 discountWad) internal pure returns (uint256) {
        return repaid.mulDivUp(INSURANCE_SHARE_BPS * discountWad, BPS * (WAD - discountWad));
    }

    /// @notice The debt that can be repaid by a taker who pays at most `maxPay` with the insurance share, rounded down.
    function affordableDown(uint256 maxPay, uint256 discountWad) internal pure returns (uint256) {
        uint256 withoutShare = BPS * (WAD - discountWad);
        return maxPay.mulDivDown(withoutShare, withoutShare + INSURANCE_SHARE_BPS * discountWad);
    }
}
