// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {AccountHealth, Prices} from "./AccountHealth.sol";
import {CallBook} from "./CallBook.sol";
import {CallClock} from "./CallClock.sol";
import {Deferral, Touched} from "./Deferral.sol";
import {FixedPoint, BPS} from "./FixedPoint.sol";
import {Valuation} from "./HealthMath.sol";
import {VaultState} from "./VaultState.sol";
import {AccountId} from "../interfaces/AccountId.sol";
import {IMarginVaultErrors} from "../interfaces/IMarginVaultErrors.sol";
import {Account, CloseReason, Holding, Moment} from "../interfaces/VaultTypes.sol";

/// @title The one check of a touched account
/// @dev Linked to the vault and run on its storage. The vault has accrued interest. Used at the end of a deferral for
/// every account it touched; what it allows is the design's one rule: the account ends sound, or it ends better.
library DeferralLogic {
    using AccountHealth for VaultState;
    using CallClock for Account;
    using FixedPoint for uint256;

    /// @notice Remembers how `id` stands, at its first touch in a deferral, and what kind of move comes now.
    /// @param depositedSet The collaterals that the move brings in.
    /// @param risky Whether the move takes collateral out or adds debt.
    /// @param mustImprove Whether whoever makes it may only improve the account.
    function touch(
        VaultState storage s,
        AccountId id,
        uint256 depositedSet,
        bool risky,
        bool mustImprove
    ) public {
        if (!Deferral.isPending(id)) {
            Account storage account = s.accounts[id];
            Valuation memory v;
            bool valued;
            // An account without debt cannot become better, so that nobody needs to know what it was worth.
            if (account.debtShares != 0) {
                Prices memory p = s.readPrices(account.collateralSet);
                valued = p.available && account.collateralSet & ~p.freshSet == 0;
                v = s.valuationOf(account, p, s.debtIndex);
            }
            Deferral.add(id, account.collateralSet, account.deadline != 0, valued, v);
        }
        if (depositedSet != 0) Deferral.markDeposited(id, depositedSet);
        if (risky) Deferral.markRisky(id, mustImprove);
    }

    /// @notice Checks every account the deferral touched, closes the calls that may close, and ends the deferral.
    function settle(VaultState storage s, Moment memory moment) public {
        uint256 count = Deferral.count();
        uint256 set;
        for (uint256 i; i < count; ++i) {
            AccountId id = Deferral.accountAt(i);
            Account storage account = s.accounts[id];
            if (account.debtShares != 0 || Deferral.touchedOf(id).mustImprove) set |= account.collateralSet;
        }
        Prices memory p = s.readPrices(set);
        for (uint256 i; i < count; ++i) _check(s, Deferral.accountAt(i), p, moment);
        Deferral.finish();
    }

    function _check(VaultState storage s, AccountId id, Prices memory p, Moment memory moment) private {
        Account storage account = s.accounts[id];
        Touched memory before = Deferral.touchedOf(id);
        Valuation memory v;
        if (account.debtShares == 0 && !before.mustImprove) {
            // A call without debt on the insurance's own account is a sale, which a top-up does not end.
            bool isSale = id.ownerOf() == address(this);
            if (account.deadline != 0 && !isSale) {
                CallBook.close(id, account, CloseReason.DebtFree, v, moment);
            }
            return;
        }
        if (!p.available) {
            // What only deposits and repays never depends on a price.
            if (before.risky) revert IMarginVaultErrors.OracleUnavailable(address(s.oracle));
            return;
        }
        v = s.valuationOf(account, p, s.debtIndex);
        if (before.risky)
            _requireSoundOrBetter({
                s: s,
                id: id,
                account: account,
                before: before,
                v: v,
                freshSet: p.freshSet
            });
        if (account.deadline != 0 && CallClock.mayClose(v, account.deadlineAt(moment), moment.uptime)) {
            CloseReason reason = v.debt < before.debt ? CloseReason.Repaid : CloseReason.Deposited;
            if (v.debt == 0) reason = CloseReason.DebtFree;
            CallBook.close(id, account, reason, v, moment);
        }
    }

    function _requireSoundOrBetter(
        VaultState storage s,
        AccountId id,
        Account storage account,
        Touched memory before,
        Valuation memory v,
        uint256 freshSet
    ) private view {
        if (v.debt != 0 && v.debt < s.minimumDebt)
            revert IMarginVaultErrors.DebtBelowMinimum(id, v.debt, s.minimumDebt);
        // A stale price is an old opinion: nothing may be exchanged against it, so it can only make an account sound.
        bool fresh = before.valued && account.collateralSet & ~freshSet == 0;
        if (fresh && _isBetter(s, before, v)) return;
        if (before.called || account.deadline != 0) revert IMarginVaultErrors.CallOpen(id, account.deadline);
        if (before.mustImprove) revert IMarginVaultErrors.NotImproved(id, before.debt, v.debt);
        requireSound(s, id, account, v);
    }

    /// @notice What an account must satisfy that nobody is asked to improve: no collateral above its cap, and fresh
    /// collateral for its debt. The caller has checked the rest.
    function requireSound(
        VaultState storage s,
        AccountId id,
        Account storage account,
        Valuation memory v
    ) internal view {
        uint256 aboveSet = account.collateralSet & s.overCapSet;
        if (aboveSet != 0) {
            uint256 number;
            while ((aboveSet >> number) & 1 == 0) ++number;
            address asset = s.collaterals[number].asset;
            Holding memory h = s.holdings[asset];
            revert IMarginVaultErrors.CollateralAboveCap(id, asset, h.total, h.cap);
        }
        if (v.initialValue < v.debt) revert IMarginVaultErrors.InsufficientMargin(id, v.initialValue, v.debt);
    }

    /// @dev No more debt, `A_m / D` and `A_l / D` no lower than before, nor `V / D` below the floor; equity lower by at
    /// most the largest penalty on the debt repaid, `x * d1 / (1 - d1)`: what a forced sale of as much of what it held
    /// could have cost. More debt never counts as better, whatever it buys: new risk has to meet the initial weights.
    /// Nor does a collateral above its cap that has been brought in.
    function _isBetter(
        VaultState storage s,
        Touched memory before,
        Valuation memory v
    ) private view returns (bool) {
        if (v.debt > before.debt || before.depositedSet & s.overCapSet != 0) return false;
        if (!_ratioHolds(v.maintenanceValue, v.debt, before.maintenanceValue, before.debt)) return false;
        if (!_ratioHolds(v.liquidationValue, v.debt, before.liquidationValue, before.debt)) return false;
        // Below the floor the penalty may exceed the equity, and lenders would pay the difference.
        bool isAboveFloor = v.liquidationValue >= v.debt;
        if (!isAboveFloor && !_ratioHolds(v.value, v.debt, before.value, before.debt)) return false;
        uint256 discountBps = _largestDiscountBps(s, before.collateralSet);
        uint256 allowed = (before.debt - v.debt).mulDivDown(discountBps, BPS - discountBps);
        return v.value + before.debt + allowed >= before.value + v.debt;
    }

    /// @dev `a / d >= b / e`, by products of 512 bits.
    function _ratioHolds(uint256 a, uint256 d, uint256 b, uint256 e) private pure returns (bool) {
        (uint256 high, uint256 low) = Math.mul512(a, e);
        (uint256 highBefore, uint256 lowBefore) = Math.mul512(b, d);
        return high > highBefore || (high == highBefore && low >= lowBefore);
    }

    function _largestDiscountBps(
        VaultState storage s,
        uint256 set
    ) private view returns (uint256 largestBps) {
        for (uint256 j; set >> j != 0; ++j) {
            if ((set >> j) & 1 == 0) continue;
            uint256 discountBps = s.collaterals[j].maxDiscountBps;
            if (discountBps > largestBps) largestBps = discountBps;
        }
    }
}
