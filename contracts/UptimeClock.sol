// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IUptimeClock, PauseKind} from "./interfaces/IUptimeClock.sol";
import {Moment} from "./interfaces/VaultTypes.sol";

/// @title UptimeClock
/// @notice See `IUptimeClock`. One serves any number of vaults of a chain.
/// @dev The time stood still is: what is folded into `foldedSeconds`, the present or last pause up to now, and the
/// present outage as far as no pause covers it. An outage is folded when the feed says that it is over, a pause when
/// another one begins. A feed that fails is a sequencer that runs: it must not stop the clock for good.
contract UptimeClock is IUptimeClock, Ownable2Step {
    uint256 private constant MAX_PAUSE_SECONDS = 1 days;
    uint256 private constant PERIOD_SECONDS = 30 days;
    uint256 private constant PERIOD_BUDGET_SECONDS = 3 days;
    /// @dev What a pause costs at least: every stop gives open deadlines the grace anew, so many short ones must not.
    uint256 private constant MIN_CHARGE_SECONDS = 1 hours;
    uint256 private constant FEED_GAS = 100_000;
    /// @dev Rounds read at most in one `sync`; further ones are read by the next.
    uint256 private constant MAX_ROUNDS = 16;

    struct Stops {
        // slot 0: all that a running clock needs
        uint40 foldedSeconds;
        /// The present or last pause of calling or liquidation, `[pauseFrom, pauseUntil)`.
        uint40 pauseFrom;
        uint40 pauseUntil;
        /// Since when the sequencer is known to be down and not yet folded; zero while it is up.
        uint40 outageFrom;
        /// In uptime.
        uint40 protectedFrom;
        uint40 protectedUntil;
        // slot 1
        uint80 seenRound;
        uint40 callingPausedUntil;
        uint40 liquidationPausedUntil;
    }

    struct Budget {
        uint40 periodFrom;
        uint40 usedSeconds;
    }

    /// @notice The chain's uptime feed (answer 0: up, 1: down); zero on a chain without a sequencer.
    AggregatorV3Interface public immutable sequencerFeed;
    /// @notice What every open deadline has at least after the clock stood still.
    uint256 public immutable graceSeconds;

    address public guardian;
    Stops private _stops;
    mapping(PauseKind kind => Budget) private _budgets;

    constructor(
        address initialOwner,
        address initialGuardian,
        AggregatorV3Interface newSequencerFeed,
        uint256 newGraceSeconds
    ) Ownable(initialOwner) {
        guardian = initialGuardian;
        sequencerFeed = newSequencerFeed;
        graceSeconds = newGraceSeconds;
    }

    /// @inheritdoc IUptimeClock
    function read() external view returns (Moment memory) {
        Stops memory stops = _stops;
        _learn(stops);
        return _momentOf(stops);
    }

    /// @inheritdoc IUptimeClock
    function sync() external returns (Moment memory) {
        return _momentOf(_sync());
    }

    /// @inheritdoc IUptimeClock
    function pause(PauseKind kind, uint256 durationSeconds) external {
        if (msg.sender != guardian) revert NotGuardian(msg.sender);
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
    }

    /// @inheritdoc IUptimeClock
    function unpause(PauseKind kind) external {
        if (msg.sender != guardian) revert NotGuardian(msg.sender);
        Stops memory stops = _sync();
        uint256 until = _untilOf(stops, kind);
        if (until <= block.timestamp) revert NotPaused(kind);
        _setUntil(stops, kind, block.timestamp);
        _stops = stops;
        emit PauseSet(kind, block.timestamp, msg.sender);
    }

    /// @notice Names who may pause. Only the owner.
    function setGuardian(address newGuardian) external onlyOwner {
        emit GuardianSet(guardian, newGuardian);
        guardian = newGuardian;
    }

    /// @inheritdoc IUptimeClock
    function downtime() external view returns (uint256) {
        Stops memory stops = _stops;
        _learn(stops);
        return _downtimeOf(stops, block.timestamp);
    }

    /// @inheritdoc IUptimeClock
    function pausedUntil(PauseKind kind) external view returns (uint256) {
        return _untilOf(_stops, kind);
    }

    function _sync() private returns (Stops memory stops) {
        stops = _stops;
        Stops memory before = _stops;
        if (!_learn(stops)) return stops;
        _stops = stops;
        if (stops.foldedSeconds != before.foldedSeconds) {
            uint256 total = _downtimeOf(stops, block.timestamp);
            emit OutageRecorded(before.outageFrom, block.timestamp, total);
        }
        if (stops.protectedUntil != before.protectedUntil) {
            emit DeadlinesProtected(stops.protectedFrom, stops.protectedUntil);
        }
    }

    /// @dev Follows the feed's rounds from the last one seen, each once. Returns whether anything was new.
    function _learn(Stops memory stops) private view returns (bool isNew) {
        if (address(sequencerFeed) == address(0)) return false;
        (uint80 latest, , , bool answered) = _round(0);
        if (!answered || latest == stops.seenRound) return false;
        uint256 next = stops.seenRound + 1;
        // The rounds of the time before this clock are not its business; neither are those of another phase.
        if (stops.seenRound == 0 || latest < next || latest - next >= MAX_ROUNDS) next = latest;
        for (uint256 id = next; id <= latest; ++id) {
            (, bool isDown, uint256 startedAt, bool usable) = _round(uint80(id));
            if (usable && startedAt != 0 && startedAt <= block.timestamp) _apply(stops, isDown, startedAt);
        }
        stops.seenRound = latest;
        return true;
    }

    function _apply(Stops memory stops, bool isDown, uint256 startedAt) private view {
        if (isDown) {
            if (stops.outageFrom != 0) return;
            _protect(stops, startedAt);
            stops.outageFrom = uint40(startedAt);
        } else if (stops.outageFrom != 0) {
            stops.foldedSeconds += uint40(_uncovered(stops, stops.outageFrom, startedAt));
            stops.outageFrom = 0;
        }
    }

    /// @dev Folds the last pause, and the present outage up to now, and starts a pause now.
    function _beginPause(Stops memory stops) private view {
        uint256 total = _downtimeOf(stops, block.timestamp);
        if (stops.outageFrom != 0) stops.outageFrom = uint40(block.timestamp);
        stops.foldedSeconds = uint40(total);
        stops.pauseFrom = uint40(block.timestamp);
        stops.pauseUntil = uint40(block.timestamp);
        _protect(stops, block.timestamp);
    }

    /// @dev The clock stops at `time`: deadlines that have not passed then keep the grace afterwards. Stops that come in
    /// a row, each within the grace of the one before, protect what the first one did.
    function _protect(Stops memory stops, uint256 time) private view {
        uint256 total = _downtimeOf(stops, time);
        uint256 uptime = time > total ? time - total : 0;
        if (stops.protectedUntil < uptime) stops.protectedFrom = uint40(uptime);
        if (uptime + graceSeconds > stops.protectedUntil)
            stops.protectedUntil = uint40(uptime + graceSeconds);
    }

    function _momentOf(Stops memory stops) private view returns (Moment memory) {
        uint256 total = _downtimeOf(stops, block.timestamp);
        return
            Moment({
                uptime: block.timestamp - total,
                protectedFrom: stops.protectedFrom,
                protectedUntil: stops.protectedUntil,
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
    function _round(
        uint80 id
    ) private view returns (uint80 roundId, bool isDown, uint256 startedAt, bool answered) {
        bytes memory request =
            id == 0
                ? abi.encodeCall(AggregatorV3Interface.latestRoundData, ())
                : abi.encodeCall(AggregatorV3Interface.getRoundData, (id));
        (bool success, bytes memory result) = address(sequencerFeed).staticcall{gas: FEED_GAS}(request);
        if (!success || result.length < 160) return (0, false, 0, false);
        (uint256 round, int256 answer, uint256 started, , ) = abi.decode(
            result,
            (uint256, int256, uint256, uint256, uint256)
        );
        if (round > type(uint80).max || (answer != 0 && answer != 1)) return (0, false, 0, false);
        return (uint80(round), answer == 1, started, true);
    }
}
