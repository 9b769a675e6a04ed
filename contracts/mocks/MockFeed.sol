// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// @notice A Chainlink-style feed whose rounds anyone may push: it keeps every round and reports each one by the event
/// that real aggregators use, so that what follows feeds by logs or by history can be tested.
contract MockFeed is AggregatorV3Interface {
    struct Round {
        int192 answer;
        uint64 updatedAt;
    }

    uint8 public immutable override decimals;
    string public override description;

    uint80 public latestRound;
    mapping(uint80 roundId => Round) private _rounds;

    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);

    error NoData(uint80 roundId);

    constructor(uint8 feedDecimals, string memory feedDescription, int192 firstAnswer) {
        decimals = feedDecimals;
        description = feedDescription;
        _push(firstAnswer, uint64(block.timestamp));
    }

    /// @notice Pushes a round as of this block.
    function push(int192 answer) external {
        _push(answer, uint64(block.timestamp));
    }

    /// @notice Pushes a round with a time of its own, past or future.
    function pushAt(int192 answer, uint64 updatedAt) external {
        _push(answer, updatedAt);
    }

    function version() external pure override returns (uint256) {
        return 1;
    }

    function latestRoundData() external view override returns (uint80, int256, uint256, uint256, uint80) {
        return _dataOf(latestRound);
    }

    function getRoundData(
        uint80 roundId
    ) external view override returns (uint80, int256, uint256, uint256, uint80) {
        if (roundId == 0 || roundId > latestRound) revert NoData(roundId);
        return _dataOf(roundId);
    }

    function _push(int192 answer, uint64 updatedAt) private {
        uint80 roundId = ++latestRound;
        _rounds[roundId] = Round(answer, updatedAt);
        emit AnswerUpdated(answer, roundId, updatedAt);
    }

    function _dataOf(uint80 roundId) private view returns (uint80, int256, uint256, uint256, uint80) {
        Round memory round = _rounds[roundId];
        return (roundId, round.answer, round.updatedAt, round.updatedAt, roundId);
    }
}
