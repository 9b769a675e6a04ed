// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {MockERC20} from "./MockERC20.sol";

/// @notice A token that tells sender and recipient of every transfer, as ERC-777 does, where they have asked for it:
/// a party that reverts or burns its gas then makes the transfer fail.
contract NotifyingToken is MockERC20 {
    using Address for address;

    mapping(address party => bool) public asked;

    event Told(address party);

    constructor(uint8 tokenDecimals) MockERC20("Notifying", "NOTE", tokenDecimals) {}

    function ask(address party) external {
        asked[party] = true;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (asked[from]) _tell(from, abi.encodeWithSignature("tokensToSend(uint256)", amount));
        super._update(from, to, amount);
        if (asked[to]) _tell(to, abi.encodeWithSignature("tokensReceived(uint256)", amount));
    }

    function _tell(address party, bytes memory message) private {
        emit Told(party);
        party.functionCall(message);
    }
}
