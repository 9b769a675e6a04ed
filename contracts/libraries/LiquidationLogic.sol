// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {AccountHealth, Prices} from "./AccountHealth.sol";
import {AuctionMath} from "./AuctionMath.sol";
import {BrakeMath} from "./BrakeMath.sol";
import {CallBook} from "./CallBook.sol";
import {CallClock} from "./CallClock.sol";
import {CollateralBook} from "./CollateralBook.sol";
import {DebtMath} from "./DebtMath.sol";
import {Deferral} from "./Deferral.sol";
import {WAD} from "./FixedPoint.sol";
import {HealthMath, Valuation} from "./HealthMath.sol";
import {PoolLogic, Shares} from "./PoolLogic.sol";
import {Lot, TrancheMath} from "./TrancheMath.sol";
import {VaultState} from "./VaultState.sol";
import {AccountId, accountIdOf} from "../interfaces/AccountId.sol";
import {IMarginVaultErrors} from "../interfaces/IMarginVaultErrors.sol";
import {IMarginVaultEvents} from "../interfaces/IMarginVaultEvents.sol";
import {
    Account,
    Brake,
    CloseReason,
    Collateral,
    LiquidationNotice,
    LiquidationRequest,
    LiquidationResult,
    Moment,
    Refusal,
    Status
} from "../interfaces/VaultTypes.sol";

/// @notice A take, worked out but not carried out. `wanted` and `found` explain a refusal.
struct Take {
    Refusal refusal;
    uint256 wanted;
    uint256 found;
    Status status;
    uint256 number;
    uint256 discountWad;
    uint256 price36;
    uint256 tranche;
    uint256 repaid;
    uint256 insured;
    uint256 seized;
    bool empties;
    Valuation before;
}

/// @title Liquidation: who may be taken, what, how much and at which price
/// @dev Linked to the vault and run on its storage. The vault has accrued interest, holds the lock, and moves tokens
/// and shares afterwards; the payment is in its cash ledger by then, and all is booked before any token moves, for a
/// token that calls back must not see the shares' worth in between. `_work` is the one gate and the one calculation:
/// preview, single and batch all use it.
library LiquidationLogic {
    using AccountHealth for Prices;
    using AccountHealth for VaultState;
    using BrakeMath for Brake;
    using CallClock for Account;
    using CollateralBook for VaultState;
    using HealthMath for Valuation;
    using TrancheMath for Valuation;
    using TrancheMath for Lot;

    /// @notice What `liquidate` would do at a debt index and an uptime; reverts as it would.
    function preview(
        VaultState storage s,
        AccountId id,
        address asset,
        uint256 maxRepay,
        uint256 debtIndex,
        Moment memory moment
    ) public view returns (uint256 repaid, uint256 insured, uint256 seized, uint256 discountWad) {
        LiquidationRequest memory request = LiquidationRequest(id, asset, maxRepay, 0);
        Prices memory p = s.readPrices(s.accounts[id].collateralSet);
        Take memory t = _work(s, request, p, debtIndex, moment);
        if (t.refusal != Refusal.None) _refuse(s, request, t);
        return (t.repaid, t.insured, t.seized, t.discountWad);
    }

    /// @notice Takes one tranche, or reverts with what stands against it.
    /// @param shares The vault's shares as they are; returned as the take's insurance share and loss make them.
    function take(
        VaultState storage s,
        LiquidationRequest memory request,
        Moment memory moment,
        Shares memory shares
    ) public returns (LiquidationResult memory taken, Shares memory) {
        Prices memory p = s.readPrices(s.accounts[request.account].collateralSet);
        Take memory t = _work(s, request, p, s.debtIndex, moment);
        if (t.refusal != Refusal.None) _refuse(s, request, t);
        taken = _carryOut(s, request, t, p, moment);
        _book(s, shares, request.account, taken, 0);
        return (taken, shares);
    }

    /// @notice Takes a tranche of each account that allows it.
    function takeMany(
        VaultState storage s,
        LiquidationRequest[] memory requests,
        Moment memory moment,
        Shares memory shares
    ) public returns (LiquidationResult[] memory taken, Shares memory) {
        taken = new LiquidationResult[](requests.length);
        Prices memory p = s.readPrices((1 << s.collateralCount) - 1);
        uint256 laterLosses;
        for (uint256 i; i < requests.length; ++i) {
            Take memory t = _work(s, requests[i], p, s.debtIndex, moment);
            if (t.refusal == Refusal.None) taken[i] = _carryOut(s, requests[i], t, p, moment);
            else taken[i].refusal = t.refusal;
            laterLosses += taken[i].loss;
        }
        // All debts have fallen and all losses have left the debt: each is booked as if the later ones had not yet.
        for (uint256 i; i < requests.length; ++i) {
            laterLosses -= taken[i].loss;
            _book(s, shares, requests[i].account, taken[i], laterLosses);
        }
        return (taken, shares);
    }

    /// @notice Cancels the debt of each account that has nothing sellable behind it.
    /// @return refusals `None` where it was cancelled.
    function writeOffMany(
        VaultState storage s,
        AccountId[] memory ids,
        Moment memory moment,
        Shares memory shares
    ) public returns (Refusal[] memory refusals, Shares memory) {
        refusals = new Refusal[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            uint256 loss;
            (refusals[i], loss) = _writeOff(s, ids[i], moment);
            if (loss != 0) PoolLogic.realizeLoss(s, shares, ids[i], loss, 0);
        }
        return (refusals, shares);
    }

    function _writeOff(
        VaultState storage s,
        AccountId id,
        Moment memory moment
    ) private returns (Refusal refusal, uint256 loss) {
        if (Deferral.isPending(id)) return (Refusal.CheckPending, 0);
        Account storage account = s.accounts[id];
        Prices memory p = s.readPrices(account.collateralSet);
        if (!p.available) return (Refusal.OracleUnavailable, 0);
        Valuation memory v = s.valuationOf(account, p, s.debtIndex);
        loss = _writeOffIfHopeless(s, id, account, v, moment);
        if (loss == 0) refusal = Refusal.NoLossToBook;
    }

    /// @dev What a take brought the insurance and cost the lenders. `laterLosses` have left the debt and come after it.
    function _book(
        VaultState storage s,
        Shares memory shares,
        AccountId id,
        LiquidationResult memory taken,
        uint256 laterLosses
    ) private {
        if (taken.insured != 0) PoolLogic.insure(s, shares, taken.insured, laterLosses);
        if (taken.loss != 0) PoolLogic.realizeLoss(s, shares, id, taken.loss, laterLosses);
    }

    /// @dev The gate and the calculation. Changes nothing, reverts for nothing.
    function _work(
        VaultState storage s,
        LiquidationRequest memory request,
        Prices memory p,
        uint256 debtIndex,
        Moment memory moment
    ) private view returns (Take memory t) {
        if (Deferral.isPending(request.account)) return _refusal(t, Refusal.CheckPending, 0, 0);
        if (request.account.ownerOf() == address(this)) {
            return _workForfeited(s, request, p, moment, t);
        }
        if (!p.available) return _refusal(t, Refusal.OracleUnavailable, 0, 0);
        Account storage account = s.accounts[request.account];
        Valuation memory v = s.valuationOf(account, p, debtIndex);
        t.before = v;
        t.status = s.statusOf(account, v, moment);
        bool belowFloor = t.status == Status.Critical || t.status == Status.Insolvent;
        if (!belowFloor && t.status != Status.Expired) {
            return _refusal(t, Refusal.NotLiquidatable, 0, 0);
        }

        if (!belowFloor && moment.isLiquidationPaused) return _refusal(t, Refusal.Paused, 0, 0);

        uint256 numberPlusOne = s.holdings[request.asset].numberPlusOne;
        if (numberPlusOne == 0 || (account.collateralSet >> (numberPlusOne - 1)) & 1 == 0) {
            return _refusal(t, Refusal.CollateralNotHeld, 0, 0);
        }
        t.number = numberPlusOne - 1;
        t.price36 = p.price36[t.number];
        bool isSaleable = p.isFresh(t.number) || (belowFloor && p.isDisputed(t.number));
        if (!isSaleable || t.price36 == 0) return _refusal(t, Refusal.PriceNotFresh, 0, 0);

        uint256 elapsed = CallClock.elapsedSince(account.auctionStartAt(moment), moment.uptime);
        if (!belowFloor && elapsed < s.auctionSeconds / 2) {
            uint256 lowestBps = _lowestWeight(s, account, p);
            uint256 weightBps = s.collaterals[t.number].maintenanceBps;
            bool dust = HealthMath.valueDown(account.collateral[t.number], t.price36) <= s.dustValue;
            if (lowestBps != 0 && (weightBps > lowestBps || dust)) {
                return _refusal(t, Refusal.WrongCollateral, lowestBps, weightBps);
            }
        }
        _size(s, account, request, t, elapsed, moment);
    }

    /// @dev What a default left is sold by the same auction, after a call on the insurance's sub-account of that
    /// collateral. All that is paid is the insurance's; a take is at least a quarter of the lot or all of it.
    function _workForfeited(
        VaultState storage s,
        LiquidationRequest memory request,
        Prices memory p,
        Moment memory moment,
        Take memory t
    ) private view returns (Take memory) {
        if (!p.available) return _refusal(t, Refusal.OracleUnavailable, 0, 0);
        if (moment.isLiquidationPaused) return _refusal(t, Refusal.Paused, 0, 0);
        Account storage account = s.accounts[request.account];
        t.status = s.statusOf(account, t.before, moment);
        if (t.status != Status.Expired) return _refusal(t, Refusal.NotLiquidatable, 0, 0);
        uint256 numberPlusOne = s.holdings[request.asset].numberPlusOne;
        if (numberPlusOne == 0 || (account.collateralSet >> (numberPlusOne - 1)) & 1 == 0) {
            return _refusal(t, Refusal.CollateralNotHeld, 0, 0);
        }
        t.number = numberPlusOne - 1;
        t.price36 = p.price36[t.number];
        if (!p.isFresh(t.number) || t.price36 == 0) return _refusal(t, Refusal.PriceNotFresh, 0, 0);
        Collateral storage terms = s.collaterals[t.number];
        t.discountWad = AuctionMath.auctionDiscountWad(
            CallClock.elapsedSince(account.auctionStartAt(moment), moment.uptime),
            terms.maxDiscountBps,
            s.rampSeconds
        );
        Lot memory lot;
        lot.amount = account.collateral[t.number];
        lot.price36 = t.price36;
        lot.discountWad = t.discountWad;
        uint256 reach = lot.reachUp();
        t.insured = request.maxRepay < reach ? request.maxRepay : reach;
        t.empties = t.insured == reach;
        t.seized = t.empties ? lot.amount : lot.seizedDown(t.insured);
        uint256 least = (reach + 3) / 4;
        if (t.seized == 0 || (t.insured < least && !t.empties)) {
            return _refusal(t, Refusal.TakeTooSmall, least, t.insured);
        }
        if (t.seized < request.minSeized) {
            return _refusal(t, Refusal.SeizedTooLittle, request.minSeized, t.seized);
        }
        _checkBrake(s, t, moment);
        return t;
    }

    /// @dev Discount, tranche and the split of one take.
    function _size(
        VaultState storage s,
        Account storage account,
        LiquidationRequest memory request,
        Take memory t,
        uint256 elapsed,
        Moment memory moment
    ) private view {
        Collateral storage terms = s.collaterals[t.number];
        Valuation memory v = t.before;
        t.discountWad = _discountWad(s, account, t, terms.maxDiscountBps, elapsed, moment);
        Lot memory lot = Lot(
            account.collateral[t.number],
            t.price36,
            terms.maintenanceBps,
            terms.liquidationBps,
            t.discountWad
        );

        t.tranche = v.trancheUp(lot, s.minimumDebt);
        // Where the discount reaches below the debt, its worth is the lenders' and not the insurance's to share.
        bool insures = v.value * (WAD - t.discountWad) >= v.debt * WAD;
        t.repaid = insures ? TrancheMath.affordableDown(request.maxRepay, t.discountWad) : request.maxRepay;
        if (t.repaid > t.tranche) t.repaid = t.tranche;
        uint256 reach = lot.reachUp();
        if (t.repaid >= reach) {
            t.repaid = reach;
            t.seized = lot.amount;
            t.empties = true;
        } else {
            t.seized = lot.seizedDown(t.repaid);
            t.empties = t.seized == lot.amount;
        }
        if (insures) t.insured = TrancheMath.insuranceUp(t.repaid, t.discountWad);
        _checkSize(s, request, t, lot);
        if (t.refusal == Refusal.None && t.status == Status.Expired) _checkBrake(s, t, moment);
    }

    function _checkSize(
        VaultState storage s,
        LiquidationRequest memory request,
        Take memory t,
        Lot memory lot
    ) private view {
        Valuation memory v = t.before;
        uint256 least = (t.tranche + 3) / 4;
        if (t.repaid == 0 || t.seized == 0 || (t.repaid < least && !t.empties)) {
            _refusal(t, Refusal.TakeTooSmall, least, t.repaid);
            return;
        }
        uint256 remaining = v.debt - t.repaid;
        if (remaining != 0 && remaining < s.minimumDebt && !t.empties) {
            _refusal(t, Refusal.RemainingDebtTooSmall, s.minimumDebt, remaining);
            return;
        }
        if (t.seized < request.minSeized) {
            _refusal(t, Refusal.SeizedTooLittle, request.minSeized, t.seized);
            return;
        }
        if (remaining != 0 && !t.empties && !v.isAboveFloor() && !v.raisesFloor(lot)) {
            _refusal(t, Refusal.NoImprovement, 0, lot.amount - t.seized);
        }
    }

    /// @dev What is above its floor waits until the bucket of its collateral holds the worth of the sale.
    function _checkBrake(VaultState storage s, Take memory t, Moment memory moment) private view {
        if (!s.collaterals[t.number].isBraked) return;
        Brake memory b = s.brakes[t.number];
        uint256 needed = b.neededFor(HealthMath.valueDown(t.seized, t.price36));
        uint256 capacity = b.capacityDown(moment.uptime);
        if (capacity < needed) _refusal(t, Refusal.Braked, needed, capacity);
    }

    /// @dev Every sale draws, that of what is below its floor as well, as far as there is anything left.
    function _drawBrake(VaultState storage s, Take memory t, Moment memory moment) private {
        Collateral storage collateral = s.collaterals[t.number];
        if (!collateral.isBraked) return;
        Brake memory b = s.brakes[t.number];
        uint256 value = HealthMath.valueDown(t.seized, t.price36);
        uint256 fullAtMicros = b.fullAtAfterUp(value, moment.uptime);
        s.brakes[t.number].fullAtMicros = SafeCast.toUint64(fullAtMicros);
        emit IMarginVaultEvents.BrakeDrawn(collateral.asset, value, fullAtMicros);
    }

    function _discountWad(
        VaultState storage s,
        Account storage account,
        Take memory t,
        uint256 maxDiscountBps,
        uint256 elapsed,
        Moment memory moment
    ) private view returns (uint256) {
        bool running = account.isPastDeadline(moment) && elapsed < s.auctionSeconds;
        uint256 runningWad =
            running ? AuctionMath.auctionDiscountWad(elapsed, maxDiscountBps, s.rampSeconds) : 0;
        if (t.status == Status.Expired) return runningWad;
        return AuctionMath.criticalDiscountWad(t.before, maxDiscountBps, runningWad);
    }

    /// @dev The lowest maintenance weight among fresh collaterals worth more than dust; zero when there is none.
    function _lowestWeight(
        VaultState storage s,
        Account storage account,
        Prices memory p
    ) private view returns (uint256 lowestBps) {
        uint256 set = account.collateralSet & p.freshSet;
        for (uint256 j; set >> j != 0; ++j) {
            if ((set >> j) & 1 == 0) continue;
            if (HealthMath.valueDown(account.collateral[j], p.price36[j]) <= s.dustValue) continue;
            uint256 weightBps = s.collaterals[j].maintenanceBps;
            if (lowestBps == 0 || weightBps < lowestBps) lowestBps = weightBps;
        }
    }

    function _carryOut(
        VaultState storage s,
        LiquidationRequest memory request,
        Take memory t,
        Prices memory p,
        Moment memory moment
    ) private returns (LiquidationResult memory taken) {
        AccountId id = request.account;
        Account storage account = s.accounts[id];
        _moveCollateral(s, account, t);
        _drawBrake(s, t, moment);
        if (t.repaid == 0) return _carryOutForfeited(request, account, t, moment);
        _reduceDebt(s, account, t.repaid, t.before.debt);

        Valuation memory v = s.valuationOf(account, p, s.debtIndex);
        bool closes =
            account.deadline != 0 && CallClock.mayClose(v, account.deadlineAt(moment), moment.uptime);
        // A take too small to matter only empties a collateral and leaves the auction where it is.
        if (account.isPastDeadline(moment) && !closes && t.repaid * 4 >= t.tranche) {
            account.auctionStart = SafeCast.toUint32(moment.uptime);
        }
        _emitLiquidated(request, account, t, v, closes ? 0 : account.auctionStart);
        if (closes) CallBook.close(id, account, CloseReason.Liquidated, v, moment);

        taken.repaid = t.repaid;
        taken.insured = t.insured;
        taken.seized = t.seized;
        taken.loss = _writeOffIfHopeless(s, id, account, v, moment);
    }

    function _carryOutForfeited(
        LiquidationRequest memory request,
        Account storage account,
        Take memory t,
        Moment memory moment
    ) private returns (LiquidationResult memory taken) {
        account.auctionStart = SafeCast.toUint32(moment.uptime);
        _emitLiquidated(request, account, t, t.before, t.empties ? 0 : moment.uptime);
        if (t.empties) CallBook.close(request.account, account, CloseReason.Liquidated, t.before, moment);
        taken.insured = t.insured;
        taken.seized = t.seized;
    }

    function _moveCollateral(VaultState storage s, Account storage account, Take memory t) private {
        account.collateral[t.number] -= uint128(t.seized);
        if (account.collateral[t.number] == 0) account.collateralSet &= ~uint16(1 << t.number);
        s.moveOut(s.collaterals[t.number].asset, t.seized);
    }

    function _reduceDebt(
        VaultState storage s,
        Account storage account,
        uint256 repaid,
        uint256 debt
    ) private {
        uint256 shares = repaid == debt ? account.debtShares : DebtMath.toSharesDown(repaid, s.debtIndex);
        account.debtShares -= uint96(shares);
        s.totalDebtShares -= uint112(shares);
        // Debt falls and cash rises together, so that no share price is ever worked out in between.
        s.cash = SafeCast.toUint104(s.cash + repaid);
    }

    /// @dev Cancels a debt behind which everything that counts is worth less than dust. What is left of the
    /// collateral, a dead or worthless asset included, becomes the insurance account's.
    function _writeOffIfHopeless(
        VaultState storage s,
        AccountId id,
        Account storage account,
        Valuation memory v,
        Moment memory moment
    ) private returns (uint256) {
        if (v.debt == 0 || v.value >= v.debt || v.value >= s.dustValue) return 0;
        s.totalDebtShares -= account.debtShares;
        account.debtShares = 0;
        uint256 loss = v.debt;
        if (account.deadline != 0) {
            v.debt = 0;
            CallBook.close(id, account, CloseReason.WrittenOff, v, moment);
        }
        _forfeit(s, id, account);
        return loss;
    }

    /// @dev Each collateral goes to the insurance's sub-account of its number, so that each is sold by itself.
    function _forfeit(VaultState storage s, AccountId id, Account storage account) private {
        uint256 set = account.collateralSet;
        for (uint256 j; set >> j != 0; ++j) {
            if ((set >> j) & 1 == 0) continue;
            Account storage insurance = s.accounts[accountIdOf(address(this), uint96(j))];
            uint128 amount = account.collateral[j];
            account.collateral[j] = 0;
            insurance.collateral[j] += amount;
            insurance.collateralSet = uint16(1 << j);
            emit IMarginVaultEvents.CollateralForfeited(
                id,
                id.ownerOf(),
                s.collaterals[j].asset,
                amount,
                insurance.collateral[j]
            );
        }
        account.collateralSet = 0;
    }

    function _emitLiquidated(
        LiquidationRequest memory request,
        Account storage account,
        Take memory t,
        Valuation memory v,
        uint256 auctionStart
    ) private {
        LiquidationNotice memory notice = LiquidationNotice({
            status: t.status,
            asset: request.asset,
            repaid: t.repaid,
            insured: t.insured,
            seized: t.seized,
            discountWad: t.discountWad,
            price36: t.price36,
            balance: account.collateral[t.number],
            debtShares: account.debtShares,
            debt: v.debt,
            auctionStart: auctionStart
        });
        emit IMarginVaultEvents.Liquidated(request.account, request.account.ownerOf(), msg.sender, notice);
    }

    function _refusal(
        Take memory t,
        Refusal refusal,
        uint256 wanted,
        uint256 found
    ) private pure returns (Take memory) {
        t.refusal = refusal;
        t.wanted = wanted;
        t.found = found;
        return t;
    }

    function _refuse(VaultState storage s, LiquidationRequest memory request, Take memory t) private view {
        AccountId id = request.account;
        address asset = request.asset;
        Refusal refusal = t.refusal;
        if (refusal == Refusal.CheckPending) revert IMarginVaultErrors.CheckPending(id);
        if (refusal == Refusal.Paused) revert IMarginVaultErrors.LiquidationPaused();
        if (refusal == Refusal.OracleUnavailable) {
            revert IMarginVaultErrors.OracleUnavailable(address(s.oracle));
        }
        if (refusal == Refusal.NotLiquidatable) revert IMarginVaultErrors.NotLiquidatable(id, t.status);
        if (refusal == Refusal.CollateralNotHeld) revert IMarginVaultErrors.CollateralNotHeld(id, asset);
        if (refusal == Refusal.PriceNotFresh) revert IMarginVaultErrors.PriceNotFresh(asset);
        _refuseSize(id, asset, t);
    }

    function _refuseSize(AccountId id, address asset, Take memory t) private pure {
        Refusal refusal = t.refusal;
        if (refusal == Refusal.WrongCollateral) {
            revert IMarginVaultErrors.WrongCollateral(asset, t.found, t.wanted);
        }
        if (refusal == Refusal.TakeTooSmall) revert IMarginVaultErrors.TakeTooSmall(t.found, t.wanted);
        if (refusal == Refusal.RemainingDebtTooSmall) {
            revert IMarginVaultErrors.RemainingDebtTooSmall(t.found, t.wanted);
        }
        if (refusal == Refusal.Braked) revert IMarginVaultErrors.Braked(asset, t.found, t.wanted);
        if (refusal == Refusal.SeizedTooLittle) revert IMarginVaultErrors.SeizedTooLittle(t.found, t.wanted);
        revert IMarginVaultErrors.NoImprovement(id, asset, t.found);
    }
}
