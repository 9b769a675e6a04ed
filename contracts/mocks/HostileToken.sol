// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {MockERC20} from "./MockERC20.sol";

/// @notice A token that behaves until it is told not to.
contract HostileToken is MockERC20 {
    enum Conduct {
        Honest,
        /// Every transfer reverts with `bombBytes` of data.
        Bombs,
        /// Every transfer uses up all its gas.
        BurnsGas,
        /// A hundredth of every transfer to `taxed` is lost.
        Taxes
    }

    Conduct public conduct;
    uint256 public bombBytes;
    address public taxed;

    constructor(uint8 tokenDecimals) MockERC20("Hostile", "HOST", tokenDecimals) {}

    function behave(Conduct newConduct, uint256 newBombBytes, address newTaxed) external {
        conduct = newConduct;
        bombBytes = newBombBytes;
        taxed = newTaxed;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (conduct == Conduct.Bombs) LowLevelCall.bubbleRevert(new bytes(bombBytes));
        while (conduct == Conduct.BurnsGas) {}
        super._update(from, to, amount);
        if (conduct == Conduct.Taxes && to == taxed) super._update(to, address(0xdead), amount / 100);
    }
}
