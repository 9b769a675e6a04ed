// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FixedPoint} from "./FixedPoint.sol";
import {Brake} from "../interfaces/VaultTypes.sol";

/// @title The liquidation brake: a bucket of value that fills with time
/// @notice What is in the bucket may be sold above the floor. It holds at most `burst` and fills at `perHour`; all that
/// is stored is the moment at which it will be full again (the generic cell rate algorithm, ITU-T I.371).
library BrakeMath {
    using FixedPoint for uint256;

    uint256 private constant MICROS_PER_SECOND = 1e6;
    uint256 private constant MICROS_PER_HOUR = 3_600e6;

    /// @notice What the bucket holds at `uptime`, quote base units, rounded down.
    function capacityDown(Brake memory b, uint256 uptime) internal pure returns (uint256) {
        uint256 nowMicros = uptime * MICROS_PER_SECOND;
        if (b.fullAtMicros <= nowMicros) return b.burst;
        uint256 missing = (b.fullAtMicros - nowMicros).mulDivUp(b.perHour, MICROS_PER_HOUR);
        return missing < b.burst ? b.burst - missing : 0;
    }

    /// @notice What the bucket must hold before `value` may be sold: as much, or nineteen twentieths (rounded up) of
    /// what it can hold, for what is larger would wait for ever, and a bucket is never quite full while anybody sells.
    function neededFor(Brake memory b, uint256 value) internal pure returns (uint256) {
        uint256 most = b.burst - b.burst / 20;
        return value < most ? value : most;
    }

    /// @notice The moment at which the bucket is full when `value` has been drawn from it at `uptime`, in microseconds,
    /// rounded up. No draw takes more than there is: whatever was sold, the bucket is full again after
    /// `burst / perHour`.
    function fullAtAfterUp(Brake memory b, uint256 value, uint256 uptime) internal pure returns (uint256) {
        uint256 nowMicros = uptime * MICROS_PER_SECOND;
        uint256 from = b.fullAtMicros > nowMicros ? b.fullAtMicros : nowMicros;
        uint256 drawn = (value < b.burst ? value : b.burst).mulDivUp(MICROS_PER_HOUR, b.perHour);
        uint256 latest = nowMicros + uint256(b.burst).mulDivUp(MICROS_PER_HOUR, b.perHour);
        return from + drawn < latest ? from + drawn : latest;
    }
}
