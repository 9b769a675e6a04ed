// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MockERC20} from "./MockERC20.sol";

/// @notice A token whose balances all grow or shrink at once.
contract RebasingToken is MockERC20 {
    uint256 private constant WAD = 1e18;

    /// @notice What a unit as first minted is worth now, times 1e18.
    uint256 public indexWad = WAD;

    constructor(uint8 tokenDecimals) MockERC20("Rebasing", "REBASE", tokenDecimals) {}

    function rebase(uint256 newIndexWad) external {
        indexWad = newIndexWad;
    }

    function balanceOf(address holder) public view override returns (uint256) {
        return (super.balanceOf(holder) * indexWad) / WAD;
    }

    function totalSupply() public view override returns (uint256) {
        return (super.totalSupply() * indexWad) / WAD;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, (amount * WAD) / indexWad);
    }
}
