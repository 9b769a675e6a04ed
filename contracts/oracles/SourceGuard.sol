// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FeedReader} from "./FeedReader.sol";

/// @notice What makes an answer doubtful although it is in time. All zero: nothing.
struct Guard {
    /// A second source of the same price, in any decimals; the zero address for none.
    AggregatorV3Interface second;
    /// An answer of it older than this says nothing.
    uint24 secondMaxAgeSeconds;
    /// How far the answers may lie apart, as a share of the second's; bps.
    uint16 maxDeviationBps;
    /// Answers outside of these, in the feed's decimals, or at them are doubtful: a feed that may go no further stands
    /// there whatever the price. Zero for no maximum.
    uint128 minAnswer;
    uint128 maxAnswer;
}

/// @notice A `Guard` as it is kept, with what its use needs.
struct GuardTerms {
    AggregatorV3Interface second;
    uint24 secondMaxAgeSeconds;
    uint16 maxDeviationBps;
    /// Decimals of the feed less those of the second source.
    int8 moreDecimals;
    uint128 minAnswer;
    uint128 maxAnswer;
}

/// @title When an answer in time is not to be relied on (rule 7)
/// @notice At its bounds, or contradicted by a second source. One that is silent, old or unusable contradicts nothing:
/// otherwise whoever runs it could stop borrowing and liquidation.
library SourceGuard {
    uint256 private constant BPS = 1e4;
    /// @dev The widest that two sources may lie apart: beyond, the second would be no check.
    uint256 private constant MAX_DEVIATION_BPS = 2_000;
    uint256 private constant MAX_FEED_DECIMALS = 36;

    /// @notice A second source needs an age and a deviation of 1 to 2,000 bps, and neither goes without it; it is not
    /// the feed itself, and both have at most 36 decimals.
    error SecondSourceUnfit(
        address asset,
        address second,
        uint256 secondMaxAgeSeconds,
        uint256 maxDeviationBps
    );

    /// @notice The feed's present answer is not between the bounds.
    error AnswerOutOfBounds(address asset, uint256 answer, uint256 minAnswer, uint256 maxAnswer);

    /// @notice The second source gives no usable answer now (`apartBps` is 2^256 - 1), or one too far from the feed's
    /// (likewise where the feed says twice as much or more).
    error SecondSourceDisagrees(address asset, address second, uint256 apartBps, uint256 maxDeviationBps);

    /// @notice Keeps the guard of `asset`, whose feed is `feed`; whether there is anything to keep. The sources have to
    /// agree from the start.
    function set(
        GuardTerms storage g,
        address asset,
        AggregatorV3Interface feed,
        Guard memory guard
    ) internal returns (bool) {
        bool hasSecond = address(guard.second) != address(0);
        bool isFit =
            hasSecond == (guard.secondMaxAgeSeconds != 0) &&
                hasSecond == (guard.maxDeviationBps != 0) &&
                guard.maxDeviationBps <= MAX_DEVIATION_BPS &&
                address(guard.second) != address(feed);
        uint256 decimals = hasSecond ? feed.decimals() : 0;
        uint256 otherDecimals = hasSecond && isFit ? guard.second.decimals() : 0;
        if (!isFit || decimals > MAX_FEED_DECIMALS || otherDecimals > MAX_FEED_DECIMALS) {
            revert SecondSourceUnfit(
                asset,
                address(guard.second),
                guard.secondMaxAgeSeconds,
                guard.maxDeviationBps
            );
        }
        if (!hasSecond && guard.minAnswer == 0 && guard.maxAnswer == 0) return false;

        (g.minAnswer, g.maxAnswer) = (guard.minAnswer, guard.maxAnswer);
        (uint256 answer, ) = FeedReader.read(address(feed));
        if (_isAtBounds(g, answer)) {
            revert AnswerOutOfBounds(asset, answer, guard.minAnswer, guard.maxAnswer);
        }
        if (!hasSecond) return true;
        (g.secondMaxAgeSeconds, g.maxDeviationBps) = (guard.secondMaxAgeSeconds, guard.maxDeviationBps);
        g.second = guard.second;
        g.moreDecimals = int8(int256(decimals) - int256(otherDecimals));
        (bool says, uint256 apartBps) = _deviation(g, answer);
        if (!says || apartBps > guard.maxDeviationBps) {
            revert SecondSourceDisagrees(asset, address(guard.second), apartBps, guard.maxDeviationBps);
        }
        return true;
    }

    function get(GuardTerms storage g) internal view returns (Guard memory) {
        return Guard(g.second, g.secondMaxAgeSeconds, g.maxDeviationBps, g.minAnswer, g.maxAnswer);
    }

    /// @notice Whether an answer in time, in the feed's decimals, is at its bounds or contradicted.
    function isDoubtful(GuardTerms storage g, uint256 answer) internal view returns (bool) {
        if (_isAtBounds(g, answer)) return true;
        (bool says, uint256 apartBps) = _deviation(g, answer);
        return says && apartBps > g.maxDeviationBps;
    }

    function _isAtBounds(GuardTerms storage g, uint256 answer) private view returns (bool) {
        return answer <= g.minAnswer || (g.maxAnswer != 0 && answer >= g.maxAnswer);
    }

    /// @dev Whether the second source says anything, and how far the answer is from what it says: bps of that, up.
    function _deviation(
        GuardTerms storage g,
        uint256 answer
    ) private view returns (bool says, uint256 apartBps) {
        apartBps = type(uint256).max;
        if (address(g.second) == address(0)) return (false, apartBps);
        (uint256 other, uint256 updatedAt) = FeedReader.read(address(g.second));
        if (other == 0 || block.timestamp - updatedAt > g.secondMaxAgeSeconds) return (false, apartBps);
        // Answers are below 2^128, and 10^36 below 2^120.
        int256 more = g.moreDecimals;
        if (more > 0) other *= 10 ** uint256(more);
        else answer *= 10 ** uint256(-more);
        uint256 apart = answer > other ? answer - other : other - answer;
        // Twice as much or more: the share might not fit a word, and this must not revert.
        if (apart >= other) return (true, type(uint256).max);
        return (true, Math.mulDiv(apart, BPS, other, Math.Rounding.Ceil));
    }
}
