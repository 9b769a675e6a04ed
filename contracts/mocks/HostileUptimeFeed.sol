// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice A sequencer's uptime feed with any rounds in any order, that fails on demand.
contract HostileUptimeFeed {
    enum Conduct {
        Honest,
        Reverts,
        ReturnsNothing,
        /// 128 bytes: one word short of an answer.
        ReturnsTooLittle,
        /// An honest answer followed by zeros, 100 kB in all.
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

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        _answer(_rounds[latest], latest);
    }

    function getRoundData(uint80 id) external view returns (uint80, int256, uint256, uint256, uint80) {
        if (!_rounds[id].exists) revert NoData(id);
        _answer(_rounds[id], id);
    }

    function _answer(Round storage round, uint80 id) private view {
        if (conduct == Conduct.Reverts) revert FeedDown();
        while (conduct == Conduct.BurnsAllGas) {}
        uint256 roundId = conduct == Conduct.ReturnsDirtyRoundIds ? type(uint256).max : id;
        (int256 answer, uint256 startedAt) = (round.answer, round.startedAt);
        uint256 length = 160;
        if (conduct == Conduct.ReturnsNothing) length = 0;
        if (conduct == Conduct.ReturnsTooLittle) length = 128;
        if (conduct == Conduct.ReturnsTooMuch) length = 100_000;
        // solhint-disable-next-line no-inline-assembly -- the only way to return what is no answer
        assembly {
            let start := mload(0x40)
            mstore(start, roundId)
            mstore(add(start, 32), answer)
            mstore(add(start, 64), startedAt)
            mstore(add(start, 96), startedAt)
            mstore(add(start, 128), roundId)
            return(start, length)
        }
    }
}
