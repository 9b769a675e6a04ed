// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The volatility of one price, measured over the rounds of its feed
/// @notice For consecutive rounds `r = p1 / p0 - 1`, `w = 2^(-dt / h)`, `v' = w * v + (1 - w) * r^2 * year / dt`, and
/// the volatility is the root of `v`. The estimate follows from the rounds alone: whoever pokes, and when, makes no
/// difference to it. Variance and volatility are a year's, times 1e18; times in seconds. Immutable and without an
/// owner.
interface IVolatilityGauge {
    /// @notice Where the measurement stands.
    struct Measurement {
        /// The last round id that was read or passed over.
        uint80 roundId;
        /// The last answer that counted, and its time.
        uint128 answer;
        uint40 updatedAt;
        uint128 varianceWad;
    }

    /// @notice Rounds up to `roundId` have been measured. `answer` and `updatedAt` are the last that counted; `passed`
    /// ids could not be read.
    event VolatilityMeasured(
        uint256 indexed roundId,
        uint256 answer,
        uint256 updatedAt,
        uint256 varianceWad,
        uint256 passed
    );

    /// @notice The half-life must lie in 1 h to 30 days, the reference in 1 % to 300 %.
    error GaugeTermsOutOfRange(uint256 halfLifeSeconds, uint256 referenceWad);

    /// @notice `feed` gives no usable answer for round `roundId` (zero: its latest): it keeps no rounds, or not that
    /// one.
    error RoundUnusable(address feed, uint256 roundId);

    /// @notice A reading would have got less gas than every reading gets: `available` of `needed`.
    error ReadingStarved(uint256 available, uint256 needed);

    /// @notice Goes at most `maxRounds` ids further, in their order; call it again for the rest. Anyone may. It stops
    /// early when the gas runs low and does nothing while the feed has no usable latest answer; it does not revert for
    /// a feed. An id is passed over only when its reading fails and a later one exists; a round that is not later than
    /// the one before it counts for nothing. A new phase of a proxy is begun when the old one has no further round.
    /// @return volatility The estimate now, times 1e18, rounded down.
    /// @return isComplete Whether every round up to the feed's latest has been measured.
    function poke(uint256 maxRounds) external returns (uint256 volatility, bool isComplete);

    /// @notice The estimate as of the last poke, times 1e18, rounded down.
    function volatilityWad() external view returns (uint256);

    /// @notice `s_ref`: where the estimate began, and above which weights tighten; times 1e18.
    function referenceWad() external view returns (uint256);

    /// @notice `h`: after so long a move counts for half.
    function halfLifeSeconds() external view returns (uint256);

    /// @notice The feed whose rounds are measured.
    function feed() external view returns (address);

    /// @notice Where the measurement stands.
    function measurement() external view returns (Measurement memory);
}
