// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IUptimeClock, PauseKind} from "./interfaces/IUptimeClock.sol";
import {Moment} from "./interfaces/VaultTypes.sol";

/// @title UptimeClock
/// @notice See `IUptimeClock`. One serves any number of vaults of a chain.
/// @dev The time stood still is: what is folded into `foldedSeconds`, the present or last pause up to now, and the
/// present outage as far as no pause covers it. An outage is folded when the feed says that it is over or fails, a
/// pause when another one begins. Nothing before `foldedUntil` is counted again, so that no second counts twice and
/// the time stood still never exceeds the time that passed.
contract UptimeClock is IUptimeClock, AccessManaged {
    uint256 private constant MAX_PAUSE_SECONDS = 1 days;
    uint256 private constant PERIOD_SECONDS = 30 days;
    uint256 private constant PERIOD_BUDGET_SECONDS = 3 days;
    /// @dev What a pause costs at least: every stop gives open deadlines the grace anew, so many short ones must not.
    uint256 private constant MIN_CHARGE_SECONDS = 1 hours;
    uint256 private constant FEED_GAS = 100_000;
    /// @dev Rounds read at most in one `sync`, the newest.
    uint256 private constant MAX_ROUNDS = 16;

    struct Stops {
        // slot 0: how long the clock has stood still
        uint40 foldedSeconds;
        /// Stops before this are all in `foldedSeconds`.
        uint40 foldedUntil;
        /// The present or last pause of calling or liquidation, `[pauseFrom, pauseUntil)`.
        uint40 pauseFrom;
        uint40 pauseUntil;
        /// Since when the sequencer is known to be down and not yet folded; zero while it is up.
        uint40 outageFrom;
        // slot 1: what it has meant for deadlines, in uptime; and the pauses
        uint40 protectedFrom;
        uint40 protectedUntil;
        uint40 earlierFrom;
        uint40 earlierUntil;
        uint40 callingPausedUntil;
        uint40 liquidationPausedUntil;
    }

    struct Budget {
        uint40 periodFrom;
        uint40 usedSeconds;
    }

    /// @dev A round of the uptime feed that could be read.
    struct Round {
        uint80 id;
        bool isDown;
        uint256 startedAt;
    }

    /// @dev What the feed's rounds say: the newest of them, and outages that have ended, which the transaction that
    /// learns of them reports.
    struct Learned {
        uint80 seenRound;
        uint256 count;
        uint256[MAX_ROUNDS] downAt;
        uint256[MAX_ROUNDS] upAt;
    }

    /// @notice The chain's uptime feed (answer 0: up, 1: down); zero on a chain without a sequencer.
    AggregatorV3Interface public immutable sequencerFeed;
    /// @notice What every open deadline has at least after the clock stood still.
    uint256 public immutable graceSeconds;

    Stops private _stops;
    uint80 private _seenRound;
    mapping(PauseKind kind => Budget) private _budgets;

    constructor(
        address governance,
        AggregatorV3Interface newSequencerFeed,
        uint256 newGraceSeconds
    ) AccessManaged(governance) {
        if (governance.code.length == 0) revert AccessManagedInvalidAuthority(governance);
        sequencerFeed = newSequencerFeed;
        graceSeconds = newGraceSeconds;
        _stops.foldedUntil = uint40(block.timestamp);
        // From here on every outage is its business, seen by somebody at the time or not.
        _sync();
    }

    /// @inheritdoc IUptimeClock
    function read() external view returns (Moment memory) {
        Stops memory stops = _stops;
        if (address(sequencerFeed) != address(0)) {
            Learned memory learned;
            _learn(stops, learned);
        }
        return _momentOf(stops);
    }

    /// @inheritdoc IUptimeClock
    function sync() external returns (Moment memory) {
        // Without a sequencer there is nothing to learn.
        return _momentOf(address(sequencerFeed) == address(0) ? _stops : _sync());
    }

    /// @inheritdoc IUptimeClock
    function pause(PauseKind kind, uint256 durationSeconds) external restricted {
        if (durationSeconds == 0 || durationSeconds > MAX_PAUSE_SECONDS) {
            revert PauseTooLong(durationSeconds, MAX_PAUSE_SECONDS);
        }
        Stops memory stops = _sync();
        uint256 until = block.timestamp + durationSeconds;
        uint256 running = _untilOf(stops, kind);
        if (running < block.timestamp) running = block.timestamp;
        // A shorter pause than the one that runs changes nothing and costs nothing.
        if (until <= running) return;
        bool begins = stops.pauseUntil <= block.timestamp;
        uint256 charge = until - running;
        if (begins && charge < MIN_CHARGE_SECONDS) charge = MIN_CHARGE_SECONDS;
        _spend(kind, charge);

        if (begins) _beginPause(stops);
        _setUntil(stops, kind, until);
        _stops = stops;
        emit PauseSet(kind, until, msg.sender);
        if (begins) emit DeadlinesProtected(stops.protectedFrom, stops.protectedUntil);
    }

    /// @inheritdoc IUptimeClock
    function unpause(PauseKind kind) external restricted {
        Stops memory stops = _sync();
        uint256 until = _untilOf(stops, kind);
        if (until <= block.timestamp) revert NotPaused(kind);
        _setUntil(stops, kind, block.timestamp);
        _stops = stops;
        emit PauseSet(kind, block.timestamp, msg.sender);
    }

    /// @inheritdoc IUptimeClock
    function downtime() external view returns (uint256) {
        Stops memory stops = _stops;
        Learned memory learned;
        _learn(stops, learned);
        return _downtimeOf(stops, block.timestamp);
    }

    /// @inheritdoc IUptimeClock
    function pausedUntil(PauseKind kind) external view returns (uint256) {
        return _untilOf(_stops, kind);
    }

    function _sync() private returns (Stops memory stops) {
        stops = _stops;
        (uint256 protectedBefore, uint256 outageBefore) = (stops.protectedUntil, stops.outageFrom);
        Learned memory learned;
        if (!_learn(stops, learned)) return stops;
        _stops = stops;
        _seenRound = learned.seenRound;
        for (uint256 i; i < learned.count; ++i) {
            emit OutageRecorded(learned.downAt[i], learned.upAt[i], _downtimeOf(stops, block.timestamp));
        }
        if (stops.outageFrom > outageBefore) emit OutageBegan(stops.outageFrom);
        if (stops.protectedUntil != protectedBefore) {
            emit DeadlinesProtected(stops.protectedFrom, stops.protectedUntil);
        }
    }

    /// @dev Follows the feed's rounds from the last one seen, each once. Returns whether anything was new. A feed that
    /// fails is a sequencer that runs: it ends the present outage, for it must not stop the clock for good.
    function _learn(Stops memory stops, Learned memory learned) private view returns (bool isNew) {
        if (address(sequencerFeed) == address(0)) return false;
        uint256 seenRound = _seenRound;
        learned.seenRound = uint80(seenRound);
        (Round memory latest, bool answered) = _round(0);
        if (!answered) {
            if (stops.outageFrom == 0) return false;
            _endOutage(stops, learned, block.timestamp);
            return true;
        }
        learned.seenRound = latest.id;
        if (latest.id == seenRound) {
            // Down again, or still, after a time in which the feed failed.
            if (!latest.isDown || stops.outageFrom != 0) return false;
            _beginOutage(stops, block.timestamp);
            return true;
        }
        for (uint256 id = _firstUnseen(seenRound, latest.id); id <= latest.id; ++id) {
            if (id == latest.id) {
                _apply(stops, learned, latest);
                break;
            }
            // A round that cannot be read, with a later one there, is passed over.
            (Round memory round, bool readable) = _round(uint80(id));
            if (readable) _apply(stops, learned, round);
        }
        return true;
    }

    /// @dev The round after the last one seen, but never more than `MAX_ROUNDS` back: how things stand now matters more
    /// than a history longer than anybody can read at once.
    function _firstUnseen(uint256 seenRound, uint256 latest) private pure returns (uint256 first) {
        first = seenRound + 1;
        // Before the feed first answered nothing is known; what another phase of it left behind has no part in this.
        bool continues = seenRound != 0 && latest >> 64 == seenRound >> 64 && latest >= first;
        if (!continues) return latest;
        if (latest - first >= MAX_ROUNDS) first = latest - MAX_ROUNDS + 1;
    }

    function _apply(Stops memory stops, Learned memory learned, Round memory round) private view {
        uint256 startedAt = round.startedAt < block.timestamp ? round.startedAt : block.timestamp;
        if (round.isDown) _beginOutage(stops, startedAt);
        else _endOutage(stops, learned, startedAt);
    }

    function _beginOutage(Stops memory stops, uint256 startedAt) private view {
        if (stops.outageFrom != 0) return;
        if (startedAt < stops.foldedUntil) startedAt = stops.foldedUntil;
        _protect(stops, startedAt);
        stops.outageFrom = uint40(startedAt);
    }

    function _endOutage(Stops memory stops, Learned memory learned, uint256 endedAt) private pure {
        if (stops.outageFrom == 0) return;
        if (endedAt > stops.outageFrom) {
            stops.foldedSeconds += uint40(_uncovered(stops, stops.outageFrom, endedAt));
            if (endedAt > stops.foldedUntil) stops.foldedUntil = uint40(endedAt);
            (learned.downAt[learned.count], learned.upAt[learned.count]) = (stops.outageFrom, endedAt);
            ++learned.count;
        }
        stops.outageFrom = 0;
    }

    /// @dev Folds the last pause, and the present outage up to now, and starts a pause now.
    function _beginPause(Stops memory stops) private view {
        stops.foldedSeconds = uint40(_downtimeOf(stops, block.timestamp));
        if (stops.outageFrom != 0) {
            stops.outageFrom = uint40(block.timestamp);
            stops.foldedUntil = uint40(block.timestamp);
        } else if (stops.pauseUntil > stops.foldedUntil) {
            stops.foldedUntil = stops.pauseUntil;
        }
        stops.pauseFrom = uint40(block.timestamp);
        stops.pauseUntil = uint40(block.timestamp);
        _protect(stops, block.timestamp);
    }

    /// @dev The clock stops at `time`: deadlines that have not passed then keep the grace afterwards. A stop within the
    /// grace of the one before protects what that one did; else the one before is kept beside it, for accounts whose
    /// auction it has put off.
    function _protect(Stops memory stops, uint256 time) private view {
        uint256 total = _downtimeOf(stops, time);
        uint256 uptime = time > total ? time - total : 0;
        if (stops.protectedUntil <= uptime) {
            (stops.earlierFrom, stops.earlierUntil) = (stops.protectedFrom, stops.protectedUntil);
            stops.protectedFrom = uint40(uptime);
        } else if (uptime < stops.protectedFrom) {
            // An outage learned late that began before the stop that is known.
            stops.protectedFrom = uint40(uptime);
        }
        if (uptime + graceSeconds > stops.protectedUntil)
            stops.protectedUntil = uint40(uptime + graceSeconds);
    }

    function _momentOf(Stops memory stops) private view returns (Moment memory) {
        return
            Moment({
                uptime: block.timestamp - _downtimeOf(stops, block.timestamp),
                protectedFrom: stops.protectedFrom,
                protectedUntil: stops.protectedUntil,
                earlierFrom: stops.earlierFrom,
                earlierUntil: stops.earlierUntil,
                isCallingPaused: stops.callingPausedUntil > block.timestamp,
                isLiquidationPaused: stops.liquidationPausedUntil > block.timestamp
            });
    }

    /// @dev All time stood still up to `time`.
    function _downtimeOf(Stops memory stops, uint256 time) private pure returns (uint256 total) {
        total = uint256(stops.foldedSeconds) + _length(stops.pauseFrom, stops.pauseUntil, 0, time);
        if (stops.outageFrom != 0) total += _uncovered(stops, stops.outageFrom, time);
    }

    /// @dev The length of `[from, until)` without what the pause covers.
    function _uncovered(Stops memory stops, uint256 from, uint256 until) private pure returns (uint256) {
        if (until <= from) return 0;
        return until - from - _length(stops.pauseFrom, stops.pauseUntil, from, until);
    }

    /// @dev The length of `[from, until)` within `[low, high)`.
    function _length(uint256 from, uint256 until, uint256 low, uint256 high) private pure returns (uint256) {
        if (from < low) from = low;
        if (until > high) until = high;
        return until > from ? until - from : 0;
    }

    function _untilOf(Stops memory stops, PauseKind kind) private pure returns (uint256) {
        return kind == PauseKind.Calling ? stops.callingPausedUntil : stops.liquidationPausedUntil;
    }

    function _setUntil(Stops memory stops, PauseKind kind, uint256 until) private pure {
        if (kind == PauseKind.Calling) stops.callingPausedUntil = uint40(until);
        else stops.liquidationPausedUntil = uint40(until);
        stops.pauseUntil =
            stops.callingPausedUntil > stops.liquidationPausedUntil
                ? stops.callingPausedUntil
                : stops.liquidationPausedUntil;
    }

    /// @dev Takes `wanted` seconds out of the present period's budget, or begins a new period.
    function _spend(PauseKind kind, uint256 wanted) private {
        Budget storage budget = _budgets[kind];
        if (block.timestamp >= uint256(budget.periodFrom) + PERIOD_SECONDS) {
            budget.periodFrom = uint40(block.timestamp);
            budget.usedSeconds = 0;
        }
        uint256 available = PERIOD_BUDGET_SECONDS - budget.usedSeconds;
        if (wanted > available) {
            revert PauseBudgetExceeded(wanted, available, uint256(budget.periodFrom) + PERIOD_SECONDS);
        }
        budget.usedSeconds += uint40(wanted);
    }

    /// @dev A round of the feed, the latest for 0, as raw words: a feed that fails or returns nonsense answers nothing.
    function _round(uint80 id) private view returns (Round memory round, bool answered) {
        bytes memory request =
            id == 0
                ? abi.encodeCall(AggregatorV3Interface.latestRoundData, ())
                : abi.encodeCall(AggregatorV3Interface.getRoundData, (id));
        (bool success, bytes memory result) = address(sequencerFeed).staticcall{gas: FEED_GAS}(request);
        if (!success || result.length < 160) return (round, false);
        (uint256 roundId, int256 answer, uint256 startedAt, , ) = abi.decode(
            result,
            (uint256, int256, uint256, uint256, uint256)
        );
        bool usable = roundId != 0 && roundId <= type(uint80).max && startedAt != 0;
        if (!usable || (answer != 0 && answer != 1)) return (round, false);
        return (Round(uint80(roundId), answer == 1, startedAt), true);
    }
}
