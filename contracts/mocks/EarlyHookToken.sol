// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MockERC20} from "./MockERC20.sol";

/// @notice As `HookToken`, with the call before anything has moved.
contract EarlyHookToken is MockERC20 {
    address public target;
    bytes public call;
    bool public called;
    bool public succeeded;
    bytes public result;

    constructor(uint8 tokenDecimals) MockERC20("Early hook", "EARLY", tokenDecimals) {}

    function setHook(address newTarget, bytes calldata newCall) external {
        target = newTarget;
        call = newCall;
        called = false;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (target != address(0) && !called) {
            called = true;
            (succeeded, result) = target.call(call);
        }
        super._update(from, to, amount);
    }
}
