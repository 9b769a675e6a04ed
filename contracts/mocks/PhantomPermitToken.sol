// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MockERC20} from "./MockERC20.sol";

/// @notice A token that accepts every call it does not know and does nothing, as wrapped Ether does with permits.
contract PhantomPermitToken is MockERC20 {
    constructor(uint8 tokenDecimals) MockERC20("Phantom", "PHANTOM", tokenDecimals) {}

    fallback() external payable {}

    receive() external payable {}
}
