// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MockERC20} from "./MockERC20.sol";

/// @notice A token that makes a call of the tester's choice in the middle of every transfer, and keeps what came of it.
contract HookToken is MockERC20 {
    address public target;
    bytes public call;
    bool public called;
    bool public succeeded;
    bytes public result;

    constructor(uint8 tokenDecimals) MockERC20("Hook", "HOOK", tokenDecimals) {}

    function setHook(address newTarget, bytes calldata newCall) external {
        target = newTarget;
        call = newCall;
        called = false;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (target == address(0) || called) return;
        called = true;
        (succeeded, result) = target.call(call);
    }
}
