// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccountId} from "./AccountId.sol";

/// @title What a liquidator implements to pay out of what it receives
interface ILiquidationCallback {
    /// @notice Called on the liquidator after it holds the collateral and before it pays.
    /// @dev `msg.sender` is the vault; check it. The vault then takes `payment` by `transferFrom` and reverts the whole
    /// liquidation when it cannot. Every state-changing entrance of the vault is locked during the call.
    /// @param account The account liquidated.
    /// @param asset The collateral received.
    /// @param seized Base units of `asset` sent to the recipient that the liquidator named.
    /// @param payment Quote base units the vault takes when the call returns: debt repaid plus the insurance share.
    /// @param data What the liquidator passed to `liquidate`.
    function onLiquidation(
        AccountId account,
        address asset,
        uint256 seized,
        uint256 payment,
        bytes calldata data
    ) external;
}
