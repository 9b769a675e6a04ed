// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// @notice A feed whose rounds have whatever ids, answers and times they are given, as a proxy over several aggregators
/// has them. Single rounds can be made to misbehave, and so can the latest answer.
contract RoundsFeed {
    enum Conduct {
        Honest,
        Reverts,
        BurnsAllGas,
        /// 128 bytes: one word short of an answer.
        ReturnsTooLittle,
        /// An honest answer followed by 60 kB of zeros.
        ReturnsTooMuch
    }

    struct Round {
        int192 answer;
        uint64 updatedAt;
    }

    uint256 public latestRound;
    Conduct public latestConduct;
    mapping(uint256 roundId => Round) private _rounds;
    mapping(uint256 roundId => Conduct) private _conducts;

    error NoData(uint256 roundId);

    /// @dev Stands for both readings: what a fallback returns goes out as it is, whatever its length.
    // A fallback is the only plain way to return any bytes.
    // solhint-disable-next-line no-complex-fallback, payable-fallback
    fallback(bytes calldata data) external returns (bytes memory) {
        if (bytes4(data) == AggregatorV3Interface.latestRoundData.selector) {
            return _answer(latestRound, latestConduct);
        }
        uint256 roundId = abi.decode(data[4:], (uint256));
        return _answer(roundId, _conducts[roundId]);
    }

    /// @notice Adds rounds; the last one becomes the latest.
    function push(uint256[] calldata ids, int192[] calldata answers, uint64[] calldata times) external {
        for (uint256 i; i < ids.length; ++i) _rounds[ids[i]] = Round(answers[i], times[i]);
        latestRound = ids[ids.length - 1];
    }

    function setLatest(uint256 newLatestRound) external {
        latestRound = newLatestRound;
    }

    function setConduct(uint256 roundId, Conduct newConduct) external {
        _conducts[roundId] = newConduct;
    }

    function setLatestConduct(Conduct newConduct) external {
        latestConduct = newConduct;
    }

    function _answer(uint256 roundId, Conduct conduct) private view returns (bytes memory answer) {
        Round memory round = _rounds[roundId];
        if (conduct == Conduct.Reverts || round.updatedAt == 0) revert NoData(roundId);
        while (conduct == Conduct.BurnsAllGas) {}
        if (conduct == Conduct.ReturnsTooLittle) return abi.encode(roundId, round.answer, 1, round.updatedAt);
        answer = abi.encode(roundId, round.answer, round.updatedAt, round.updatedAt, roundId);
        if (conduct != Conduct.ReturnsTooMuch) return answer;
        bytes memory padded = new bytes(60_000);
        for (uint256 i; i < answer.length; ++i) padded[i] = answer[i];
        return padded;
    }
}
