// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// @notice A sequencer's uptime feed with any rounds in any order, that fails on demand.
contract HostileUptimeFeed {
    enum Conduct {
        Honest,
        Reverts,
        ReturnsNothing,
        /// 128 bytes: one word short of an answer.
        ReturnsTooLittle,
        /// An honest answer followed by 4 kB of zeros.
        ReturnsTooMuch,
        BurnsAllGas,
        /// An honest answer with all bits of the round numbers set.
        ReturnsDirtyRoundIds
    }

    struct Round {
        bool exists;
        int256 answer;
        uint256 startedAt;
    }

    Conduct public conduct;
    uint80 public latest;
    mapping(uint80 id => Round) private _rounds;

    error FeedDown();
    error NoData(uint80 id);

    /// @dev Stands for `latestRoundData()` and `getRoundData(uint80)`: what a fallback returns goes out as it is.
    // A fallback is the only plain way to return any bytes.
    // solhint-disable-next-line no-complex-fallback, payable-fallback
    fallback(bytes calldata input) external returns (bytes memory) {
        uint80 id = latest;
        if (bytes4(input) == AggregatorV3Interface.getRoundData.selector) {
            id = abi.decode(input[4:], (uint80));
            if (!_rounds[id].exists) revert NoData(id);
        }
        if (conduct == Conduct.Reverts) revert FeedDown();
        while (conduct == Conduct.BurnsAllGas) {}
        if (conduct == Conduct.ReturnsNothing) return "";
        Round memory round = _rounds[id];
        if (conduct == Conduct.ReturnsTooLittle) {
            return abi.encode(id, round.answer, round.startedAt, round.startedAt);
        }
        uint256 roundId = conduct == Conduct.ReturnsDirtyRoundIds ? type(uint256).max : id;
        bytes memory honest = abi.encode(roundId, round.answer, round.startedAt, round.startedAt, roundId);
        return conduct == Conduct.ReturnsTooMuch ? bytes.concat(honest, new bytes(4_000)) : honest;
    }

    /// @notice Sets a round that becomes the latest.
    function push(uint80 id, int256 answer, uint256 startedAt) external {
        _rounds[id] = Round(true, answer, startedAt);
        latest = id;
    }

    function setConduct(Conduct newConduct) external {
        conduct = newConduct;
    }

    /// @notice The round can no longer be asked for, or can again.
    function hide(uint80 id, bool hidden) external {
        _rounds[id].exists = !hidden;
    }
}
