// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CallClock} from "./CallClock.sol";
import {HealthMath, Valuation} from "./HealthMath.sol";
import {AccountId} from "../interfaces/AccountId.sol";
import {IMarginVaultEvents} from "../interfaces/IMarginVaultEvents.sol";
import {Account, CloseReason, Moment} from "../interfaces/VaultTypes.sol";

/// @title The end of a margin call
/// @dev Shared by everything that can end one, so that it ends in one way.
library CallBook {
    using CallClock for Account;

    /// @notice Ends the open call of `account`. The caller has checked that it may end.
    function close(
        AccountId id,
        Account storage account,
        CloseReason reason,
        Valuation memory v,
        Moment memory moment
    ) internal {
        bool late = moment.uptime >= account.deadlineAt(moment);
        account.deadline = 0;
        account.auctionStart = 0;
        if (late) account.closedLateAt = uint32(moment.uptime);
        emit IMarginVaultEvents.MarginCallClosed({
            account: id,
            owner: id.ownerOf(),
            actor: msg.sender,
            nonce: account.callNonce,
            reason: reason,
            late: late,
            closedAt: moment.uptime,
            healthWad: HealthMath.ratioWadDown(v.maintenanceValue, v.debt),
            debt: v.debt
        });
    }
}
