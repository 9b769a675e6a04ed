// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token that changes its mind about its decimals, as one behind a proxy may.
contract MutableDecimalsToken is ERC20 {
    uint8 private _tokenDecimals;

    constructor(uint8 tokenDecimals) ERC20("Mutable decimals", "MUT") {
        _tokenDecimals = tokenDecimals;
    }

    function setDecimals(uint8 newDecimals) external {
        _tokenDecimals = newDecimals;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function decimals() public view override returns (uint8) {
        return _tokenDecimals;
    }
}
