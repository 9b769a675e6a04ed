// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// @notice A feed that can be set to any answer, or to fail, and keeps its rounds.
contract TestFeed is AggregatorV3Interface {
    struct Round {
        int192 answer;
        uint40 updatedAt;
    }

    // Named by Chainlink's interface.
    // solhint-disable const-name-snakecase
    uint8 public constant override decimals = 8;
    string public constant override description = "test";
    uint256 public constant override version = 1;
    // solhint-enable const-name-snakecase

    bool public isBroken;
    uint80 private _latest;
    mapping(uint80 roundId => Round) private _rounds;

    error Broken();

    constructor(uint256 firstAnswer) {
        push(firstAnswer);
    }

    function setBroken(bool newIsBroken) external {
        isBroken = newIsBroken;
    }

    /// @notice Works, and has just said the same again.
    function refresh() external {
        isBroken = false;
        _push(answer());
    }

    function updatedAt() external view returns (uint40) {
        return _rounds[_latest].updatedAt;
    }

    function latestRoundData() external view override returns (uint80, int256, uint256, uint256, uint80) {
        return _dataOf(_latest);
    }

    function getRoundData(
        uint80 roundId
    ) external view override returns (uint80, int256, uint256, uint256, uint80) {
        return _dataOf(roundId);
    }

    function push(uint256 newAnswer) public {
        _push(int192(int256(newAnswer)));
    }

    function answer() public view returns (int192) {
        return _rounds[_latest].answer;
    }

    function _push(int192 newAnswer) private {
        _rounds[++_latest] = Round(newAnswer, uint40(block.timestamp));
    }

    function _dataOf(uint80 roundId) private view returns (uint80, int256, uint256, uint256, uint80) {
        Round memory round = _rounds[roundId];
        if (isBroken || round.updatedAt == 0) revert Broken();
        return (roundId, round.answer, round.updatedAt, round.updatedAt, roundId);
    }
}
