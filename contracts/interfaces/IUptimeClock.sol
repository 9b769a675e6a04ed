// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Moment} from "./VaultTypes.sol";

/// @notice What a guardian may pause. Either stops the clock.
enum PauseKind {
    Calling,
    /// Of accounts above their floor.
    Liquidation
}

/// @title The clock by which calls and auctions run
/// @notice `uptime = (pausedAt or now) - downtime`. It stands still while calling or liquidation is paused and while
/// the chain's sequencer is down; what overlaps counts once. Deadlines are in uptime, so that time in which a trader or
/// the market could not act is nobody's loss.
interface IUptimeClock {
    /// @notice A pause began, was prolonged or was cut short; it ends by itself at `until`.
    event PauseSet(PauseKind indexed kind, uint256 until, address indexed actor);

    /// @notice The sequencer is down since `downAt`, or since the last stop that is counted ended, if that is later.
    event OutageBegan(uint256 downAt);

    /// @notice The sequencer was down in `[downAt, upAt)`; the part that no pause covered is in `downtime` now.
    event OutageRecorded(uint256 downAt, uint256 upAt, uint256 downtime);

    /// @notice Deadlines after `protectedFrom` do not pass before `protectedUntil`. In uptime.
    event DeadlinesProtected(uint256 protectedFrom, uint256 protectedUntil);

    /// @notice A pause lasts from 1 second to `maximum`.
    error PauseTooLong(uint256 wanted, uint256 maximum);

    /// @notice Of this kind, `available` seconds of pause are left in the present period, which ends at `periodEnd`.
    error PauseBudgetExceeded(uint256 wanted, uint256 available, uint256 periodEnd);

    /// @notice No pause of this kind is running.
    error NotPaused(PauseKind kind);

    /// @notice The clock now, with what the sequencer's feed says but nobody has recorded yet. Never reverts.
    function read() external view returns (Moment memory);

    /// @notice Records what the sequencer's feed says, then answers as `read`. Anyone may. Never reverts.
    function sync() external returns (Moment memory);

    /// @notice Pauses for `durationSeconds` from now, or prolongs to it. Only the guardian; at most a day at a time
    /// and three days in a period of thirty that begins with its first pause, a new pause counting as an hour at
    /// least. Reverts with `AccessManagedUnauthorized`, `PauseTooLong`, `PauseBudgetExceeded`.
    function pause(PauseKind kind, uint256 durationSeconds) external;

    /// @notice Ends a pause now; its budget is spent. Only the guardian. Reverts with
    /// `AccessManagedUnauthorized`, `NotPaused`.
    function unpause(PauseKind kind) external;

    /// @notice Seconds the clock has stood still so far.
    function downtime() external view returns (uint256);

    /// @notice When a pause of `kind` ends or ended; zero if there never was one.
    function pausedUntil(PauseKind kind) external view returns (uint256);
}
