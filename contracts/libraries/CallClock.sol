// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FixedPoint, WAD} from "./FixedPoint.sol";
import {HealthMath, Valuation} from "./HealthMath.sol";
import {Account, Moment, Status} from "../interfaces/VaultTypes.sol";

/// @title The life of a margin call in time
library CallClock {
    using FixedPoint for uint256;
    using HealthMath for Valuation;

    /// @dev A call opened within this time of one that closed past its deadline has the minimum grace.
    uint256 internal constant LATE_CLOSE_MEMORY_SECONDS = 24 hours;
    /// @dev No second bounty for the same account within this time.
    uint256 internal constant BOUNTY_COOLDOWN_SECONDS = 24 hours;

    /// @notice The uptime from `start` to `uptime`; zero when an outage, learned late, has put the clock before it.
    function elapsedSince(uint256 start, uint256 uptime) internal pure returns (uint256) {
        return uptime > start ? uptime - start : 0;
    }

    function isOpen(Account storage account) internal view returns (bool) {
        return account.deadline != 0;
    }

    /// @notice The deadline of the open call as `moment` has it; zero without one.
    function deadlineAt(Account storage account, Moment memory moment) internal view returns (uint256) {
        return protectedDeadline(account.deadline, moment);
    }

    /// @notice When the auction of the open call begins, or last began again; zero without a call.
    function auctionStartAt(Account storage account, Moment memory moment) internal view returns (uint256) {
        uint256 deadline = deadlineAt(account, moment);
        return account.auctionStart > deadline ? account.auctionStart : deadline;
    }

    /// @notice Whether a call is open whose deadline has passed.
    function isPastDeadline(Account storage account, Moment memory moment) internal view returns (bool) {
        return account.deadline != 0 && moment.uptime >= deadlineAt(account, moment);
    }

    /// @notice `deadline`, not before the protection that it enjoys ends.
    function protectedDeadline(uint256 deadline, Moment memory moment) internal pure returns (uint256) {
        if (deadline > moment.earlierFrom && deadline < moment.earlierUntil) deadline = moment.earlierUntil;
        if (deadline > moment.protectedFrom && deadline < moment.protectedUntil)
            deadline = moment.protectedUntil;
        return deadline;
    }

    /// @notice The one definition of an account's status.
    /// @param deadline Uptime of the open call's deadline; zero without an open call.
    /// @param auctionStart Uptime from which the auction counts.
    function statusOf(
        Valuation memory v,
        uint256 deadline,
        uint256 auctionStart,
        uint256 auctionSeconds,
        uint256 uptime
    ) internal pure returns (Status) {
        if (v.debt > v.value) return Status.Insolvent;
        if (!v.isAboveFloor()) return Status.Critical;
        // A call without debt is the sale of what a default has left to the insurance: it heals by being sold out.
        bool healthy = v.isAtLeast(WAD) && (v.debt != 0 || deadline == 0);
        if (deadline != 0) {
            if (uptime < deadline) return Status.Called;
            if (healthy) return Status.Recovering;
            return elapsedSince(auctionStart, uptime) < auctionSeconds ? Status.Expired : Status.Lapsed;
        }
        if (!healthy) return Status.Callable;
        return v.isAtLeast(HealthMath.WARNING_LEVEL_WAD) ? Status.Healthy : Status.Warned;
    }

    /// @notice Whether an open call may end: at the closing level, past its deadline at 1, without debt always.
    function mayClose(Valuation memory v, uint256 deadline, uint256 uptime) internal pure returns (bool) {
        return v.isAtLeast(closeLevelWad(deadline, uptime));
    }

    /// @notice The health factor at which an open call closes, times 1e18.
    function closeLevelWad(uint256 deadline, uint256 uptime) internal pure returns (uint256) {
        return uptime < deadline ? HealthMath.CLOSE_LEVEL_WAD : WAD;
    }

    /// @notice The time a call gives: `max(minGrace, maxGrace * b^2)`, `b` the unused share of the call band.
    /// @dev Called only between floor and call, `A_m < D <= A_l`, where `b` is below 1 without a clamp and no product
    /// overflows. The chance to fall through the band goes with the square of its width. Rounded down.
    function graceSeconds(
        Valuation memory v,
        uint256 minGraceSeconds,
        uint256 maxGraceSeconds
    ) internal pure returns (uint256) {
        uint256 unusedWad = (v.liquidationValue - v.debt).mulDivDown(
            WAD,
            v.liquidationValue - v.maintenanceValue
        );
        unusedWad = unusedWad.mulDivDown(v.maintenanceValue, v.debt);
        uint256 grace = maxGraceSeconds.mulDivDown(unusedWad * unusedWad, WAD * WAD);
        return grace > minGraceSeconds ? grace : minGraceSeconds;
    }
}
