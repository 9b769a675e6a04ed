// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {AccountHealth, Prices} from "./AccountHealth.sol";
import {CallBook} from "./CallBook.sol";
import {CallClock} from "./CallClock.sol";
import {DebtMath} from "./DebtMath.sol";
import {Deferral} from "./Deferral.sol";
import {FixedPoint, BPS} from "./FixedPoint.sol";
import {HealthMath, Valuation} from "./HealthMath.sol";
import {VaultState} from "./VaultState.sol";
import {AccountId} from "../interfaces/AccountId.sol";
import {IMarginVaultErrors} from "../interfaces/IMarginVaultErrors.sol";
import {IMarginVaultEvents} from "../interfaces/IMarginVaultEvents.sol";
import {
    Account,
    CallNotice,
    CloseReason,
    CureAmounts,
    Margin,
    Moment,
    Refusal,
    Status
} from "../interfaces/VaultTypes.sol";

/// @title Margin calls: opening, closing, and what an account looks like
/// @dev Linked to the vault and run on its storage. The vault has accrued interest and holds the lock; the views take
/// the debt index that an accrual would give.
library CallLogic {
    using AccountHealth for VaultState;
    using CallClock for Account;
    using FixedPoint for uint256;
    using HealthMath for Valuation;

    /// @dev Of the debt: the most a bounty may be.
    uint256 internal constant MAX_BOUNTY_BPS = 10;

    /// @notice Opens a call on each of `ids` that is callable or lapsed.
    /// @return refusals One an account; `None` where a call was opened.
    /// @return bounties Quote base units added to debts, to be paid in shares to the caller.
    function openMany(
        VaultState storage s,
        AccountId[] calldata ids,
        Moment memory moment
    ) public returns (Refusal[] memory refusals, uint256 bounties) {
        refusals = new Refusal[](ids.length);
        Prices memory p = s.readPrices(_listedSet(s));
        for (uint256 i; i < ids.length; ++i) {
            uint256 bounty;
            (refusals[i], bounty) = _open(s, ids[i], p, moment);
            bounties += bounty;
        }
    }

    /// @notice Opens a call on `id`, or reverts with what stands against it.
    function open(VaultState storage s, AccountId id, Moment memory moment) public returns (uint256 bounty) {
        Account storage account = s.accounts[id];
        Prices memory p = s.readPrices(account.collateralSet);
        Refusal refusal;
        (refusal, bounty) = _open(s, id, p, moment);
        if (refusal == Refusal.None) return bounty;
        if (refusal == Refusal.CheckPending) revert IMarginVaultErrors.CheckPending(id);
        if (refusal == Refusal.Paused) revert IMarginVaultErrors.CallingPaused();
        if (refusal == Refusal.OracleUnavailable) {
            revert IMarginVaultErrors.OracleUnavailable(address(s.oracle));
        }
        if (refusal == Refusal.PriceNotFresh) {
            revert IMarginVaultErrors.PriceNotFresh(s.collaterals[id.subAccountOf()].asset);
        }
        Valuation memory v = s.valuationOf(account, p, s.debtIndex);
        revert IMarginVaultErrors.NotCallable(id, s.statusOf(account, v, moment));
    }

    /// @notice Closes the call of each of `ids` that may be closed.
    /// @return refusals One an account; `None` where a call was closed.
    function closeMany(
        VaultState storage s,
        AccountId[] calldata ids,
        Moment memory moment
    ) public returns (Refusal[] memory refusals) {
        refusals = new Refusal[](ids.length);
        Prices memory p = s.readPrices(_listedSet(s));
        for (uint256 i; i < ids.length; ++i) {
            Account storage account = s.accounts[ids[i]];
            refusals[i] = _close(s, ids[i], account, p, CloseReason.Recovered, moment);
        }
    }

    /// @notice Closes the call of `id`, or reverts with what stands against it.
    function close(VaultState storage s, AccountId id, Moment memory moment) public {
        Account storage account = s.accounts[id];
        Prices memory p = s.readPrices(account.collateralSet);
        Refusal refusal = _close(s, id, account, p, CloseReason.Recovered, moment);
        if (refusal == Refusal.None) return;
        if (refusal == Refusal.CheckPending) revert IMarginVaultErrors.CheckPending(id);
        // Without prices a debtor has no status to report, whatever else stands against closing.
        if (!p.available && account.debtShares != 0) {
            revert IMarginVaultErrors.OracleUnavailable(address(s.oracle));
        }
        Valuation memory v = s.valuationOf(account, p, s.debtIndex);
        revert IMarginVaultErrors.NotClosable(
            id,
            s.statusOf(account, v, moment),
            HealthMath.ratioWadDown(v.maintenanceValue, v.debt),
            CallClock.closeLevelWad(account.deadlineAt(moment), moment.uptime)
        );
    }

    /// @notice Closes the open call of `id` when a deposit or a repayment has made that possible.
    /// @dev Never reverts for a price; without debt none is read.
    function tryClose(VaultState storage s, AccountId id, CloseReason reason, Moment memory moment) public {
        Account storage account = s.accounts[id];
        if (id.ownerOf() == address(this)) return;
        if (account.debtShares == 0) {
            Valuation memory debtFree;
            CallBook.close(id, account, CloseReason.DebtFree, debtFree, moment);
            return;
        }
        _close(s, id, account, s.readPrices(account.collateralSet), reason, moment);
    }

    /// @notice What the cure of `id` takes now; reverts without an open call or without prices.
    function cureRepay(VaultState storage s, AccountId id) public view returns (uint256) {
        Account storage account = s.accounts[id];
        if (!account.isOpen()) revert IMarginVaultErrors.NoCallOpen(id);
        Prices memory p = _requirePrices(s, account.collateralSet);
        Valuation memory v = s.valuationOf(account, p, s.debtIndex);
        return HealthMath.cureRepayUp(v.shortfallUp(), v.debt);
    }

    /// @notice `id` in numbers at a debt index and an uptime.
    function marginOf(
        VaultState storage s,
        AccountId id,
        uint256 debtIndex,
        Moment memory moment
    ) public view returns (Margin memory m) {
        Account storage account = s.accounts[id];
        Prices memory p;
        if (account.debtShares != 0) p = _requirePrices(s, account.collateralSet);
        else p = s.readPrices(account.collateralSet);
        Valuation memory v = s.valuationOf(account, p, debtIndex);

        m.value = v.value;
        m.initialValue = v.initialValue;
        m.maintenanceValue = v.maintenanceValue;
        m.liquidationValue = v.liquidationValue;
        m.debt = v.debt;
        m.healthWad = HealthMath.ratioWadDown(v.maintenanceValue, v.debt);
        m.floorHealthWad = HealthMath.ratioWadDown(v.liquidationValue, v.debt);
        m.shortfall = v.shortfallUp();
        m.status = s.statusOf(account, v, moment);
        m.calledAt = account.calledAt;
        m.deadline = account.deadlineAt(moment);
        m.auctionStart = account.auctionStartAt(moment);
    }

    /// @notice What cures `id` at a debt index, in each accepted form.
    function cureAmounts(
        VaultState storage s,
        AccountId id,
        uint256 debtIndex
    ) public view returns (CureAmounts memory c) {
        Account storage account = s.accounts[id];
        Prices memory p = _requirePrices(s, account.collateralSet);
        Valuation memory v = s.valuationOf(account, p, debtIndex);
        c.shortfall = v.shortfallUp();
        c.repay = HealthMath.cureRepayUp(c.shortfall, v.debt);
        (c.assets, c.deposits, ) = _perCollateral(s, account.collateralSet, p, c.shortfall);
    }

    function _open(
        VaultState storage s,
        AccountId id,
        Prices memory p,
        Moment memory moment
    ) private returns (Refusal, uint256 bounty) {
        Account storage account = s.accounts[id];
        if (id.ownerOf() == address(this)) return (_openSale(s, id, p, moment), 0);
        if (account.debtShares == 0) return (Refusal.NotCallable, 0);
        if (Deferral.isPending(id)) return (Refusal.CheckPending, 0);
        if (moment.isCallingPaused) return (Refusal.Paused, 0);
        if (!p.available) return (Refusal.OracleUnavailable, 0);
        Valuation memory v = s.valuationOf(account, p, s.debtIndex);
        Status status = s.statusOf(account, v, moment);
        if (status != Status.Callable && status != Status.Lapsed) return (Refusal.NotCallable, 0);

        bool reopened = status == Status.Lapsed;
        if (!reopened) bounty = _chargeBounty(s, account, v, moment);

        uint256 grace = s.minGraceSeconds;
        bool closedLateRecently =
            account.closedLateAt != 0 &&
                CallClock.elapsedSince(account.closedLateAt, moment.uptime) <
                    CallClock.LATE_CLOSE_MEMORY_SECONDS;
        if (!reopened && !closedLateRecently) grace = CallClock.graceSeconds(v, grace, s.maxGraceSeconds);

        _startCall(account, moment, grace);
        _emitOpened({s: s, id: id, account: account, p: p, v: v, reopened: reopened, bounty: bounty});
        return (Refusal.None, bounty);
    }

    /// @dev A call on the insurance's own account: what a default left of one collateral is offered for sale, by an
    /// auction that begins after the minimum grace, lasts one window and may then be called again.
    function _openSale(
        VaultState storage s,
        AccountId id,
        Prices memory p,
        Moment memory moment
    ) private returns (Refusal) {
        Account storage account = s.accounts[id];
        if (account.collateralSet == 0) return Refusal.NotCallable;
        if (moment.isCallingPaused) return Refusal.Paused;
        if (!p.available) return Refusal.OracleUnavailable;
        if (account.collateralSet & ~p.freshSet != 0) return Refusal.PriceNotFresh;
        Valuation memory v = s.valuationOf(account, p, s.debtIndex);
        bool reopened = account.isOpen();
        if (reopened && s.statusOf(account, v, moment) != Status.Lapsed) return Refusal.NotCallable;
        _startCall(account, moment, s.minGraceSeconds);
        _emitOpened({s: s, id: id, account: account, p: p, v: v, reopened: reopened, bounty: 0});
        return Refusal.None;
    }

    function _startCall(Account storage account, Moment memory moment, uint256 grace) private {
        account.calledAt = SafeCast.toUint32(moment.uptime);
        account.deadline = SafeCast.toUint32(moment.uptime + grace);
        account.auctionStart = account.deadline;
        unchecked {
            ++account.callNonce; // wraps by design: it tells neighbouring calls apart
        }
    }

    /// @dev Adds the bounty to the debt if the account can bear it above the floor and none was paid lately.
    function _chargeBounty(
        VaultState storage s,
        Account storage account,
        Valuation memory v,
        Moment memory moment
    ) private returns (uint256 bounty) {
        if (
            account.calledAt != 0 &&
            CallClock.elapsedSince(account.calledAt, moment.uptime) < CallClock.BOUNTY_COOLDOWN_SECONDS
        ) return 0;
        bounty = v.debt.mulDivDown(MAX_BOUNTY_BPS, BPS);
        if (bounty > s.maxBounty) bounty = s.maxBounty;
        if (bounty == 0) return 0;

        uint256 index = s.debtIndex;
        uint256 shares = DebtMath.toSharesUp(bounty, index);
        uint256 debtAfter = DebtMath.toDebtUp(account.debtShares + shares, index);
        if (v.liquidationValue < debtAfter) return 0;
        account.debtShares = SafeCast.toUint96(account.debtShares + shares);
        s.totalDebtShares = SafeCast.toUint112(s.totalDebtShares + shares);
        v.debt = debtAfter;
    }

    function _close(
        VaultState storage s,
        AccountId id,
        Account storage account,
        Prices memory p,
        CloseReason reason,
        Moment memory moment
    ) private returns (Refusal) {
        // Without debt it is the sale of what a default left, which ends by being sold.
        if (!account.isOpen() || account.debtShares == 0) return Refusal.NotClosable;
        if (Deferral.isActive()) return Refusal.CheckPending;
        if (!p.available) return Refusal.OracleUnavailable;
        Valuation memory v = s.valuationOf(account, p, s.debtIndex);
        if (!CallClock.mayClose(v, account.deadlineAt(moment), moment.uptime)) return Refusal.NotClosable;
        CallBook.close(id, account, reason, v, moment);
        return Refusal.None;
    }

    function _emitOpened(
        VaultState storage s,
        AccountId id,
        Account storage account,
        Prices memory p,
        Valuation memory v,
        bool reopened,
        uint256 bounty
    ) private {
        uint256 shortfall = v.shortfallUp();
        (, uint256[] memory deposits, uint256[] memory prices36) = _perCollateral(
            s,
            account.collateralSet,
            p,
            shortfall
        );
        CallNotice memory notice = CallNotice({
            nonce: account.callNonce,
            reopened: reopened,
            calledAt: account.calledAt,
            deadline: account.deadline,
            bounty: bounty,
            debtShares: account.debtShares,
            debt: v.debt,
            cureLevelWad: HealthMath.CURE_LEVEL_WAD,
            repayAmount: HealthMath.cureRepayUp(shortfall, v.debt),
            collateralSet: account.collateralSet,
            depositAmounts: deposits,
            prices36: prices36
        });
        emit IMarginVaultEvents.MarginCallOpened(id, id.ownerOf(), msg.sender, notice);
    }

    function _perCollateral(
        VaultState storage s,
        uint256 set,
        Prices memory p,
        uint256 shortfall
    ) private view returns (address[] memory assets, uint256[] memory deposits, uint256[] memory prices36) {
        uint256 count;
        for (uint256 rest = set; rest != 0; rest &= rest - 1) ++count;
        assets = new address[](count);
        deposits = new uint256[](count);
        prices36 = new uint256[](count);
        uint256 next;
        for (uint256 j; set >> j != 0; ++j) {
            if ((set >> j) & 1 == 0) continue;
            assets[next] = s.collaterals[j].asset;
            prices36[next] = p.price36[j];
            deposits[next] = HealthMath.cureDepositUp(
                shortfall,
                s.collaterals[j].maintenanceBps,
                p.price36[j]
            );
            ++next;
        }
    }

    function _requirePrices(VaultState storage s, uint256 set) private view returns (Prices memory p) {
        p = s.readPrices(set);
        if (!p.available) revert IMarginVaultErrors.OracleUnavailable(address(s.oracle));
    }

    function _listedSet(VaultState storage s) private view returns (uint256) {
        return (1 << s.collateralCount) - 1;
    }
}
