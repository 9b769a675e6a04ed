// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {VaultState} from "./VaultState.sol";
import {IMarginVaultErrors} from "../interfaces/IMarginVaultErrors.sol";
import {Holding} from "../interfaces/VaultTypes.sol";

/// @title What all accounts hold of each collateral
/// @dev Everything that moves collateral in or out of an account comes here.
library CollateralBook {
    /// @notice The number of a listed collateral; reverts for any other token.
    function numberOf(VaultState storage s, address asset) internal view returns (uint256) {
        uint256 numberPlusOne = s.holdings[asset].numberPlusOne;
        if (numberPlusOne == 0) revert IMarginVaultErrors.UnknownCollateral(asset);
        return numberPlusOne - 1;
    }

    /// @notice Adds to what is held of `asset`, a listed collateral; reverts from 2^120 base units on.
    function moveIn(VaultState storage s, address asset, uint256 amount) internal {
        Holding memory h = s.holdings[asset];
        uint256 total = h.total + amount;
        s.holdings[asset].total = SafeCast.toUint120(total);
        // What stood above its cap stands there still.
        if (total > h.cap && h.total <= h.cap) s.overCapSet |= _bitOf(h);
    }

    /// @notice Takes from what is held of `asset`, no more than there is.
    function moveOut(VaultState storage s, address asset, uint256 amount) internal {
        Holding memory h = s.holdings[asset];
        uint256 total = h.total - amount;
        s.holdings[asset].total = uint120(total);
        if (total <= h.cap && h.total > h.cap) s.overCapSet &= ~_bitOf(h);
    }

    /// @notice Replaces the cap of `asset`.
    function setCap(VaultState storage s, address asset, uint128 newCap) internal {
        s.holdings[asset].cap = newCap;
        Holding memory h = s.holdings[asset];
        if (h.total > h.cap) s.overCapSet |= _bitOf(h);
        else s.overCapSet &= ~_bitOf(h);
    }

    function _bitOf(Holding memory h) private pure returns (uint16) {
        return uint16(1 << (h.numberPlusOne - 1));
    }
}
