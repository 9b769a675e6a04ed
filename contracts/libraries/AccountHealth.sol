// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BPS} from "./FixedPoint.sol";
import {CallClock} from "./CallClock.sol";
import {DebtMath} from "./DebtMath.sol";
import {HealthMath, Valuation} from "./HealthMath.sol";
import {VaultState} from "./VaultState.sol";
import {Account, Collateral, Moment, Status} from "../interfaces/VaultTypes.sol";

/// @notice The prices of some of a vault's collaterals, by number.
struct Prices {
    bool available;
    /// As the oracle gives it: what is fresh, and 16 bits above that what is in dispute.
    uint256 freshSet;
    uint256[16] price36;
}

/// @title An account's worth from the vault's storage and the oracle
/// @dev The one place where collateral is valued: views, checks and executions all come here.
library AccountHealth {
    using AccountHealth for Prices;
    using CallClock for Account;
    using HealthMath for Valuation;

    uint256 private constant DISPUTED_SHIFT = 16;

    /// @notice The prices of the collaterals in `assetSet`, read in one call.
    /// @dev An oracle that fails makes them unavailable, which refuses what needs a price and leaves deposit and repay
    /// alone. A caller who gives too little gas can bring that about as well, and gains nothing: a batch then refuses
    /// every item, and a deposit or repayment may leave a call open that anyone closes afterwards.
    function readPrices(VaultState storage s, uint256 assetSet) internal view returns (Prices memory p) {
        try s.oracle.prices(assetSet) returns (uint256[] memory prices36, uint256 freshSet) {
            p.freshSet = freshSet;
            uint256 next;
            for (uint256 j; assetSet >> j != 0; ++j) {
                if ((assetSet >> j) & 1 == 0) continue;
                if (next == prices36.length) return p;
                uint256 price36 = prices36[next++];
                if (price36 < HealthMath.PRICE_LIMIT36) p.price36[j] = price36;
            }
            p.available = true;
        } catch {
            // Nothing is known; `available` stays false.
        }
    }

    function isFresh(Prices memory p, uint256 number) internal pure returns (bool) {
        return (p.freshSet >> number) & 1 == 1;
    }

    /// @notice Whether the price is in time and contradicted: good enough to sell what is below its floor.
    function isDisputed(Prices memory p, uint256 number) internal pure returns (bool) {
        return (p.freshSet >> (number + DISPUTED_SHIFT)) & 1 == 1;
    }

    /// @notice The worth of `account`. A stale price counts at its last answer, and as zero in the initial value.
    function valuationOf(
        VaultState storage s,
        Account storage account,
        Prices memory p,
        uint256 debtIndex
    ) internal view returns (Valuation memory v) {
        uint256 set = account.collateralSet;
        for (uint256 j; set >> j != 0; ++j) {
            if ((set >> j) & 1 == 0) continue;
            Collateral storage terms = s.collaterals[j];
            uint256 value = HealthMath.valueDown(account.collateral[j], p.price36[j]);
            v.value += value;
            v.maintenanceValue += value * terms.maintenanceBps;
            v.liquidationValue += value * terms.liquidationBps;
            if (p.isFresh(j)) v.initialValue += value * terms.initialBps;
        }
        // The weighted sums are divided once, so that rounding down costs at most one base unit in all.
        v.maintenanceValue /= BPS;
        v.liquidationValue /= BPS;
        v.initialValue /= BPS;
        v.debt = DebtMath.toDebtUp(account.debtShares, debtIndex);
    }

    /// @notice The status of `account`, given its worth.
    function statusOf(
        VaultState storage s,
        Account storage account,
        Valuation memory v,
        Moment memory moment
    ) internal view returns (Status) {
        return
            CallClock.statusOf({
                v: v,
                deadline: account.deadlineAt(moment),
                auctionStart: account.auctionStartAt(moment),
                auctionSeconds: s.auctionSeconds,
                uptime: moment.uptime
            });
    }
}
