// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {IDeferred} from "../interfaces/IDeferred.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";

/// @notice A contract that owns accounts and does whatever it is told, at once or within a deferral.
contract Deferrer is IDeferred {
    struct Move {
        address target;
        bytes data;
    }

    error NotTheVault(address caller);

    IMarginVault public immutable vault;

    constructor(IMarginVault newVault) {
        vault = newVault;
    }

    function act(Move[] calldata moves) external {
        for (uint256 i; i < moves.length; ++i) _do(moves[i]);
    }

    function deferAll(Move[] calldata moves) external {
        vault.defer(abi.encode(moves));
    }

    /// @inheritdoc IDeferred
    function onDeferred(bytes calldata data) external {
        if (msg.sender != address(vault)) revert NotTheVault(msg.sender);
        Move[] memory moves = abi.decode(data, (Move[]));
        for (uint256 i; i < moves.length; ++i) _do(moves[i]);
    }

    /// @dev Reverts with what the target reverted with.
    function _do(Move memory move) private {
        (bool success, bytes memory result) = move.target.call(move.data);
        if (success) return;
        LowLevelCall.bubbleRevert(result);
    }
}
