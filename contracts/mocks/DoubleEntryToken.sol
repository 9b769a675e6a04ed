// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MockERC20} from "./MockERC20.sol";

/// @notice A token whose balances can also be moved at a second address; see `SecondEntry`.
contract DoubleEntryToken is MockERC20 {
    constructor(uint8 tokenDecimals) MockERC20("Double entry", "TWICE", tokenDecimals) {}

    /// @notice Moves without asking: the second entry has asked.
    function moveFor(address from, address to, uint256 amount) external {
        _transfer(from, to, amount);
    }
}
