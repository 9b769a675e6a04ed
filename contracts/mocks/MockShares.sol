// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {MockERC20} from "./MockERC20.sol";

/// @notice An ERC-4626 vault whose rate rises with every gift, as those do that look at their balance.
contract MockShares is ERC4626 {
    constructor(MockERC20 token) ERC20("Shares", "SHARE") ERC4626(IERC20(address(token))) {}

    /// @notice A loss: assets that are gone.
    function lose(uint256 amount, address to) external {
        IERC20(asset()).transfer(to, amount);
    }
}
