// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What a contract implements to move accounts freely and be checked once at the end
interface IDeferred {
    /// @notice Called by the vault on whoever called `defer`. Until it returns, the accounts that are touched are not
    /// checked; when it returns each is, once. `msg.sender` is the vault; check it.
    /// @param data What was passed to `defer`.
    function onDeferred(bytes calldata data) external;
}
