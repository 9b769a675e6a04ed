// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

/// @notice A contract that holds tokens, makes any call it is told to, and signs what it was told to or nothing at all.
contract ContractWallet is IERC1271 {
    /// @notice When true, it reverts instead of answering for a signature.
    bool public silent;
    mapping(bytes32 digest => bool) public signed;

    error Silent(bytes32 digest);

    function setSilent(bool newSilent) external {
        silent = newSilent;
    }

    function sign(bytes32 digest) external {
        signed[digest] = true;
    }

    /// @dev Reverts with what the target reverted with.
    function execute(address target, bytes calldata data) external {
        (bool success, bytes memory result) = target.call(data);
        if (!success) LowLevelCall.bubbleRevert(result);
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        if (silent) revert Silent(digest);
        return signed[digest] ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
