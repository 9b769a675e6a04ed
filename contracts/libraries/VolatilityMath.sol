// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FixedPoint, BPS, WAD} from "./FixedPoint.sol";
import {HealthMath} from "./HealthMath.sol";

/// @notice The two weights of a collateral that follow volatility.
struct Weights {
    uint256 initialBps;
    uint256 maintenanceBps;
}

/// @title From rounds of a feed to volatility, and from volatility to weights
/// @notice Variance and volatility are a year's, times 1e18: a volatility of 80 % is 0.8e18, its variance 0.64e18.
/// @dev An answer is below 2^128 and a move at most 1e21, so that no product leaves 256 bits.
library VolatilityMath {
    using FixedPoint for uint256;

    uint256 internal constant YEAR_SECONDS = 365.25 days;
    /// @dev A volatility of 10,000 %: what a feed gone mad has said is forgotten within days.
    uint256 internal constant MAX_VARIANCE_WAD = 1e22;
    /// @dev A thousandfold; more is no move of a price but a change of its unit.
    uint256 internal constant MAX_MOVE_WAD = 1e21;
    uint256 internal constant LN_2_WAD = 693_147_180_559_945_309;
    /// @dev After so many half-lives less than a unit in 1e18 is left.
    uint256 internal constant MAX_HALVINGS = 60;
    /// @dev A maintenance weight falls by at most so much, at most once in so long: 0.25 % an hour. A step is worth
    /// less than the half per cent at which a feed reports a move.
    uint256 internal constant MAX_STEP_BPS = 25;
    uint256 internal constant STEP_SECONDS = 1 hours;

    /// @notice `w = 2^(-elapsed / halfLife)`, what the past still counts for, times 1e18; off by at most 30 units.
    function decayWad(uint256 elapsed, uint256 halfLifeSeconds) internal pure returns (uint256) {
        uint256 halvings = elapsed / halfLifeSeconds;
        if (halvings >= MAX_HALVINGS) return 0;
        uint256 exponentWad = (elapsed % halfLifeSeconds).mulDivDown(LN_2_WAD, halfLifeSeconds);
        // The series of e^-x for x below ln 2: its terms fall from the first on and alternate in sign.
        (uint256 added, uint256 subtracted) = (WAD, 0);
        uint256 termWad = WAD;
        for (uint256 k = 1; termWad != 0; k += 2) {
            termWad = termWad.mulDivDown(exponentWad, k * WAD);
            subtracted += termWad;
            termWad = termWad.mulDivDown(exponentWad, (k + 1) * WAD);
            added += termWad;
        }
        return (added - subtracted) >> halvings;
    }

    /// @notice `|answer / before - 1|`, times 1e18, rounded down, at most a thousandfold. `before` is not zero.
    function moveWadDown(uint256 before, uint256 answer) internal pure returns (uint256) {
        uint256 difference = answer > before ? answer - before : before - answer;
        return Math.min(difference.mulDivDown(WAD, before), MAX_MOVE_WAD);
    }

    /// @notice `w * v + (1 - w) * r^2 * year / elapsed`, rounded down, at most `MAX_VARIANCE_WAD`.
    /// @param varianceWad Before the move.
    /// @param moveWad The move's size, `r`.
    /// @param elapsed Seconds that it took, not zero.
    /// @param halfLifeSeconds After which a move counts for half.
    function nextVarianceWadDown(
        uint256 varianceWad,
        uint256 moveWad,
        uint256 elapsed,
        uint256 halfLifeSeconds
    ) internal pure returns (uint256) {
        uint256 keptWad = decayWad(elapsed, halfLifeSeconds);
        uint256 seenWad = (moveWad * moveWad).mulDivDown(YEAR_SECONDS, WAD * elapsed);
        uint256 next = (varianceWad * keptWad + seenWad * (WAD - keptWad)) / WAD;
        return Math.min(next, MAX_VARIANCE_WAD);
    }

    /// @notice The root of a variance, times 1e18, rounded down.
    function volatilityWadDown(uint256 varianceWad) internal pure returns (uint256) {
        return Math.sqrt(varianceWad * WAD);
    }

    /// @notice `clamp(c * max(0, s - s_ref), 0, cap)`, times 1e18, rounded down.
    /// @param slopeBps `c`: bps of tightening for each 100 % of volatility above the reference.
    /// @param capBps The most it can be.
    function tighteningWadDown(
        uint256 volatilityWad,
        uint256 referenceWad,
        uint256 slopeBps,
        uint256 capBps
    ) internal pure returns (uint256) {
        if (volatilityWad <= referenceWad) return 0;
        uint256 tighteningWad = (volatilityWad - referenceWad).mulDivDown(slopeBps, BPS);
        return Math.min(tighteningWad, capBps.mulDivDown(WAD, BPS));
    }

    /// @notice `weight / (1 + tightening)` of both, bps, rounded down.
    function tightenedDown(
        Weights memory base,
        uint256 tighteningWad
    ) internal pure returns (Weights memory) {
        return
            Weights({
                initialBps: base.initialBps.mulDivDown(WAD, WAD + tighteningWad),
                maintenanceBps: base.maintenanceBps.mulDivDown(WAD, WAD + tighteningWad)
            });
    }

    /// @notice Where a poke takes weights that go towards `target`: the initial one falls at once, the maintenance one
    /// by a step; the initial one never comes nearer to the maintenance one than the cure level allows.
    /// @param mayLower Whether the maintenance weight has not been lowered for as long as a step takes.
    /// @param mayLoosen Whether `target` is that of all rounds.
    function nextWeights(
        Weights memory current,
        Weights memory target,
        bool mayLower,
        bool mayLoosen
    ) internal pure returns (Weights memory next) {
        next = Weights(current.initialBps, current.maintenanceBps);
        if (mayLoosen || target.initialBps < next.initialBps) next.initialBps = target.initialBps;
        if (target.maintenanceBps > next.maintenanceBps) {
            if (mayLoosen) next.maintenanceBps = target.maintenanceBps;
        } else if (mayLower) {
            bool isFar = next.maintenanceBps > target.maintenanceBps + MAX_STEP_BPS;
            next.maintenanceBps = isFar ? next.maintenanceBps - MAX_STEP_BPS : target.maintenanceBps;
        }
        uint256 mostBps = next.maintenanceBps.mulDivDown(WAD, HealthMath.CURE_LEVEL_WAD);
        next.initialBps = Math.min(next.initialBps, mostBps);
    }
}
