// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {HealthMath, Valuation} from "./HealthMath.sol";
import {AccountId} from "../interfaces/AccountId.sol";
import {IMarginVaultEvents} from "../interfaces/IMarginVaultEvents.sol";
import {Account, CloseReason} from "../interfaces/VaultTypes.sol";

/// @title The end of a margin call
/// @dev Shared by everything that can end one, so that it ends in one way.
library CallBook {
    /// @notice Ends the open call of `account`. The caller has checked that it may end.
    function close(
        AccountId id,
        Account storage account,
        CloseReason reason,
        Valuation memory v,
        uint256 uptime
    ) internal {
        bool late = uptime >= account.deadline;
        account.deadline = 0;
        account.auctionStart = 0;
        if (late) account.closedLateAt = uint32(uptime);
        emit IMarginVaultEvents.MarginCallClosed({
            account: id,
            owner: id.ownerOf(),
            actor: msg.sender,
            nonce: account.callNonce,
            reason: reason,
            late: late,
            closedAt: uptime,
            healthWad: HealthMath.ratioWadDown(v.maintenanceValue, v.debt),
            debt: v.debt
        });
    }
}
