// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20, ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @notice A token of any decimals that anyone may mint, with permits by ERC-2612 as most have them.
contract PermitToken is ERC20Permit {
    uint8 private immutable _tokenDecimals;

    constructor(uint8 tokenDecimals) ERC20("Permit", "PERMIT") ERC20Permit("Permit") {
        _tokenDecimals = tokenDecimals;
    }

    function decimals() public view override returns (uint8) {
        return _tokenDecimals;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
