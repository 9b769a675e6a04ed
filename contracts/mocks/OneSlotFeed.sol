// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// @notice A feed whose latest round costs one read of storage, the least a price can cost: for measuring what stands
/// around it. It has no history, and every answer is its first round.
contract OneSlotFeed is AggregatorV3Interface {
    uint80 private constant ROUND = 1;

    uint8 public immutable override decimals;
    int192 private _answer;
    uint64 private _updatedAt;

    error NoData(uint80 roundId);

    constructor(uint8 feedDecimals, int192 firstAnswer) {
        decimals = feedDecimals;
        push(firstAnswer);
    }

    function version() external pure override returns (uint256) {
        return 1;
    }

    function description() external pure override returns (string memory) {
        return "one slot";
    }

    function latestAnswer() external view returns (int256) {
        return _answer;
    }

    function latestRoundData() external view override returns (uint80, int256, uint256, uint256, uint80) {
        return _dataNow();
    }

    function getRoundData(
        uint80 roundId
    ) external view override returns (uint80, int256, uint256, uint256, uint80) {
        if (roundId != ROUND) revert NoData(roundId);
        return _dataNow();
    }

    /// @notice The feed answers this as of this block.
    function push(int192 answer) public {
        (_answer, _updatedAt) = (answer, uint64(block.timestamp));
    }

    function _dataNow() private view returns (uint80, int256, uint256, uint256, uint80) {
        return (ROUND, _answer, _updatedAt, _updatedAt, ROUND);
    }
}
