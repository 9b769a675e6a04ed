// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {FeedReader} from "./FeedReader.sol";
import {IVolatilityGauge} from "../interfaces/IVolatilityGauge.sol";
import {VolatilityMath} from "../libraries/VolatilityMath.sol";

/// @title VolatilityGauge
/// @notice See `IVolatilityGauge`. One contract a feed, so that a feed that misbehaves can hold up no other.
/// @dev A round is usable by the rules of `ChainlinkOracle`: an answer above zero and below 2^128, with a time that is
/// not ahead of the block's. The ids of a proxy are `phase << 64 | number`; without a proxy the phase is zero.
contract VolatilityGauge is IVolatilityGauge {
    struct Round {
        /// Zero when the round is not usable.
        uint256 answer;
        uint256 updatedAt;
    }

    /// @dev What must be left before a reading: the feed's gas, and the 64th part that the caller keeps. Every reading
    /// gets all of it or does not happen, so that no caller can make a round look unreadable by giving too little gas.
    uint256 private constant READING_GAS = 110_000;
    /// @dev What must be left before a step, which reads at most twice, and for storing what has been measured.
    uint256 private constant STEP_GAS = 300_000;
    uint256 private constant PHASE_BITS = 64;
    uint256 private constant MIN_HALF_LIFE_SECONDS = 1 hours;
    uint256 private constant MAX_HALF_LIFE_SECONDS = 30 days;
    uint256 private constant MIN_REFERENCE_WAD = 0.01e18;
    uint256 private constant MAX_REFERENCE_WAD = 3e18;

    AggregatorV3Interface private immutable FEED;
    /// @inheritdoc IVolatilityGauge
    uint256 public immutable override halfLifeSeconds;
    /// @inheritdoc IVolatilityGauge
    uint256 public immutable override referenceWad;

    Measurement private _measurement;

    /// @param newFeed A feed that keeps its rounds. One made of others keeps none: take the riskiest of its parts.
    /// @param newHalfLifeSeconds After which a move counts for half.
    /// @param newReferenceWad The volatility to begin with, and above which weights tighten.
    /// @param firstRoundId The round to begin after, so that the estimate is not young when it is first used; zero for
    /// the latest.
    constructor(
        AggregatorV3Interface newFeed,
        uint256 newHalfLifeSeconds,
        uint256 newReferenceWad,
        uint80 firstRoundId
    ) {
        bool isInRange =
            newHalfLifeSeconds >= MIN_HALF_LIFE_SECONDS &&
                newHalfLifeSeconds <= MAX_HALF_LIFE_SECONDS &&
                newReferenceWad >= MIN_REFERENCE_WAD &&
                newReferenceWad <= MAX_REFERENCE_WAD;
        if (!isInRange) revert GaugeTermsOutOfRange(newHalfLifeSeconds, newReferenceWad);
        FEED = newFeed;
        halfLifeSeconds = newHalfLifeSeconds;
        referenceWad = newReferenceWad;

        (uint256 latestId, ) = _readLatest(newFeed);
        if (latestId == 0) revert RoundUnusable(address(newFeed), 0);
        uint256 roundId = firstRoundId == 0 ? latestId : firstRoundId;
        Round memory first = _readRound(newFeed, roundId);
        if (first.answer == 0 || roundId > latestId) revert RoundUnusable(address(newFeed), roundId);
        _store(
            Measurement({
                roundId: uint80(roundId),
                answer: uint128(first.answer),
                updatedAt: uint40(first.updatedAt),
                varianceWad: uint128((newReferenceWad * newReferenceWad) / 1e18)
            }),
            0
        );
    }

    /// @inheritdoc IVolatilityGauge
    function poke(uint256 maxRounds) external returns (uint256 volatility, bool isComplete) {
        Measurement memory m = _measurement;
        (uint256 latestId, Round memory latest) = _readLatest(FEED);
        uint256 startId = m.roundId;
        uint256 passed;
        for (uint256 i; i < maxRounds && m.roundId < latestId && gasleft() >= STEP_GAS; ++i) {
            if (!_step(m, latestId, latest)) ++passed;
        }
        if (m.roundId != startId) _store(m, passed);
        return (VolatilityMath.volatilityWadDown(m.varianceWad), m.roundId == latestId);
    }

    /// @inheritdoc IVolatilityGauge
    function volatilityWad() external view returns (uint256) {
        return VolatilityMath.volatilityWadDown(_measurement.varianceWad);
    }

    /// @inheritdoc IVolatilityGauge
    function feed() external view returns (address) {
        return address(FEED);
    }

    /// @inheritdoc IVolatilityGauge
    function measurement() external view returns (Measurement memory) {
        return _measurement;
    }

    /// @dev One id further, or into the next phase; false when the id could not be read. The caller has seen that
    /// `latestId` is ahead.
    function _step(
        Measurement memory m,
        uint256 latestId,
        Round memory latest
    ) private view returns (bool wasRead) {
        uint256 id = uint256(m.roundId) + 1;
        Round memory round = id == latestId ? latest : _readRound(FEED, id);
        wasRead = round.answer != 0;
        if (wasRead) {
            _measure(m, round);
        } else {
            // An old phase ends at an id that cannot be read, unless it is a gap: then the one after it can.
            uint256 phase = id >> PHASE_BITS;
            bool isOld = phase < latestId >> PHASE_BITS;
            if (isOld && _readRound(FEED, id + 1).answer == 0) id = (phase + 1) << PHASE_BITS;
        }
        m.roundId = uint80(id);
    }

    /// @dev A round of the same second or earlier is left out altogether: the next one's move is measured from the
    /// round before it, so that nothing is lost. The first rounds of a new phase are often such.
    function _measure(Measurement memory m, Round memory round) private view {
        if (round.updatedAt <= m.updatedAt) return;
        m.varianceWad = uint128(
            VolatilityMath.nextVarianceWadDown({
                varianceWad: m.varianceWad,
                moveWad: VolatilityMath.moveWadDown(m.answer, round.answer),
                elapsed: round.updatedAt - m.updatedAt,
                halfLifeSeconds: halfLifeSeconds
            })
        );
        m.answer = uint128(round.answer);
        m.updatedAt = uint40(round.updatedAt);
    }

    function _store(Measurement memory m, uint256 passed) private {
        _measurement = m;
        emit VolatilityMeasured(m.roundId, m.answer, m.updatedAt, m.varianceWad, passed);
    }

    /// @dev An id of zero when the feed has no usable latest answer.
    function _readLatest(AggregatorV3Interface from) private view returns (uint256 id, Round memory round) {
        (id, round) = _read(from, abi.encodeCall(AggregatorV3Interface.latestRoundData, ()));
        if (round.answer == 0 || id > type(uint80).max) id = 0;
    }

    function _readRound(AggregatorV3Interface from, uint256 id) private view returns (Round memory round) {
        if (gasleft() < READING_GAS) revert ReadingStarved(gasleft(), READING_GAS);
        (, round) = _read(from, abi.encodeCall(AggregatorV3Interface.getRoundData, (uint80(id))));
    }

    function _read(
        AggregatorV3Interface from,
        bytes memory question
    ) private view returns (uint256 id, Round memory round) {
        (id, round.answer, round.updatedAt) = FeedReader.ask(address(from), FeedReader.FEED_GAS, question);
    }
}
