// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Says what a view costs the contract that asks it, as a transaction, so that it can be traced.
contract ViewMeter {
    event Measured(uint256 gasUsed);

    error ViewFailed(address target, bytes reason);

    /// @notice Asks `target` and reports the gas that this took, the call itself included.
    function measure(address target, bytes calldata data) external {
        bytes memory question = data;
        uint256 before = gasleft();
        (bool success, bytes memory answer) = target.staticcall(question);
        uint256 gasUsed = before - gasleft();
        if (!success) revert ViewFailed(target, answer);
        emit Measured(gasUsed);
    }
}
