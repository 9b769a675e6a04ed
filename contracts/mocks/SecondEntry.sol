// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DoubleEntryToken} from "./DoubleEntryToken.sol";

/// @notice Another address for the balances of `main`, with allowances of its own.
contract SecondEntry {
    DoubleEntryToken public immutable main;
    mapping(address holder => mapping(address spender => uint256)) public allowance;

    constructor(DoubleEntryToken newMain) {
        main = newMain;
    }

    function mint(address to, uint256 amount) external {
        main.mint(to, amount);
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        main.moveFor(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        main.moveFor(from, to, amount);
        return true;
    }

    function decimals() external view returns (uint8) {
        return main.decimals();
    }

    function balanceOf(address holder) external view returns (uint256) {
        return main.balanceOf(holder);
    }
}
