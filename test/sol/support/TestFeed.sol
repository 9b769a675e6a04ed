// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// @notice A feed with one round, that can be set to any answer and age, or to fail.
contract TestFeed is AggregatorV3Interface {
    // Named by Chainlink's interface.
    // solhint-disable const-name-snakecase
    uint8 public constant override decimals = 8;
    string public constant override description = "test";
    uint256 public constant override version = 1;
    // solhint-enable const-name-snakecase

    int192 public answer;
    uint40 public updatedAt;
    bool public isBroken;

    error Broken();

    constructor(uint256 firstAnswer) {
        push(firstAnswer);
    }

    function setBroken(bool newIsBroken) external {
        isBroken = newIsBroken;
    }

    function getRoundData(uint80) external view override returns (uint80, int256, uint256, uint256, uint80) {
        return latestRoundData();
    }

    /// @notice Works, and has just said the same again.
    function refresh() external {
        isBroken = false;
        updatedAt = uint40(block.timestamp);
    }

    function push(uint256 newAnswer) public {
        answer = int192(int256(newAnswer));
        updatedAt = uint40(block.timestamp);
    }

    function latestRoundData() public view override returns (uint80, int256, uint256, uint256, uint80) {
        if (isBroken) revert Broken();
        return (1, answer, updatedAt, updatedAt, 1);
    }
}
