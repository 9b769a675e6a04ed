// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MockERC20} from "./MockERC20.sol";

/// @notice A token that refuses what it is told to refuse; an honest one until then.
contract PickyToken is MockERC20 {
    /// @notice Parties that neither send nor receive.
    mapping(address party => bool) public blocked;
    bool public paused;
    uint256 public maxTransfer = type(uint256).max;
    /// @notice Transfers and approvals of nothing, and approvals over another one.
    bool public pedantic;

    error Blocked(address party);
    error Paused();
    error AboveMaximum(uint256 amount, uint256 maximum);
    error ZeroRefused();
    error AllowanceNotZero(uint256 allowance);

    constructor(uint8 tokenDecimals) MockERC20("Picky", "PICKY", tokenDecimals) {}

    function setBlocked(address party, bool newBlocked) external {
        blocked[party] = newBlocked;
    }

    function setPaused(bool newPaused) external {
        paused = newPaused;
    }

    function setMaxTransfer(uint256 newMaxTransfer) external {
        maxTransfer = newMaxTransfer;
    }

    function setPedantic(bool newPedantic) external {
        pedantic = newPedantic;
    }

    function approve(address spender, uint256 amount) public override returns (bool) {
        if (pedantic) {
            uint256 before = allowance(msg.sender, spender);
            if (amount == 0) revert ZeroRefused();
            if (before != 0) revert AllowanceNotZero(before);
        }
        return super.approve(spender, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (paused) revert Paused();
        if (blocked[from]) revert Blocked(from);
        if (blocked[to]) revert Blocked(to);
        if (pedantic && amount == 0) revert ZeroRefused();
        bool isTransfer = from != address(0) && to != address(0);
        if (isTransfer && amount > maxTransfer) revert AboveMaximum(amount, maxTransfer);
        super._update(from, to, amount);
    }
}
