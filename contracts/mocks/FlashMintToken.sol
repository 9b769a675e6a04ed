// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {MockERC20} from "./MockERC20.sol";

/// @notice A token that lends any amount of itself, out of nothing, within a transaction.
contract FlashMintToken is MockERC20 {
    using Address for address;

    constructor(uint8 tokenDecimals) MockERC20("Flash mint", "FLASH", tokenDecimals) {}

    /// @notice Mints `amount` to `borrower`, makes the call, and burns it again.
    function flash(address borrower, uint256 amount, address target, bytes calldata data) external {
        _mint(borrower, amount);
        target.functionCall(data);
        _burn(borrower, amount);
    }
}
