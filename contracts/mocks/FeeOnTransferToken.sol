// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MockERC20} from "./MockERC20.sol";

/// @notice A token that keeps 1 % of every transfer while the fee is on.
contract FeeOnTransferToken is MockERC20 {
    bool public feeOn;

    constructor(uint8 tokenDecimals) MockERC20("Fee on transfer", "FEE", tokenDecimals) {}

    function setFee(bool newFeeOn) external {
        feeOn = newFeeOn;
    }

    function _update(address from, address to, uint256 amount) internal override {
        uint256 fee = feeOn && from != address(0) && to != address(0) ? amount / 100 : 0;
        super._update(from, to, amount - fee);
        if (fee != 0) super._update(from, address(0), fee);
    }
}
