// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MockERC20} from "../../../contracts/mocks/MockERC20.sol";

/// @notice What a token calls in the middle of a transfer.
interface ITransferHook {
    function onTransfer() external;
}

/// @notice A token that, once armed, calls its maker in the middle of every transfer.
contract HookedToken is MockERC20 {
    ITransferHook private immutable _maker;
    bool public isArmed;

    constructor(uint8 tokenDecimals) MockERC20("Hooked", "HKD", tokenDecimals) {
        _maker = ITransferHook(msg.sender);
    }

    function arm(bool newIsArmed) external {
        isArmed = newIsArmed;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (isArmed) _maker.onTransfer();
    }
}
