// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {AccountId} from "../../../contracts/interfaces/AccountId.sol";
import {IMarginVaultEvents} from "../../../contracts/interfaces/IMarginVaultEvents.sol";
import {
    CallNotice,
    CloseReason,
    LiquidationNotice,
    Margin,
    RiskTerms
} from "../../../contracts/interfaces/VaultTypes.sol";
import {Tally} from "./Tally.sol";
import {IVm} from "./Vm.sol";
import {World} from "./World.sol";

/// @title The vault's books, kept from its events alone
/// @notice Every event is applied to books of our own, which the invariants compare with what the vault stores (I-44).
/// What an event must satisfy beside that, `Steps` says.
abstract contract Books is World, Tally {
    struct Page {
        uint256 collateralSet;
        uint256 callNonce;
        uint256 calledAt;
        uint256 deadline;
        uint256 auctionStart;
        uint256 closedLateAt;
        uint256 debtShares;
        uint256[16] collateral;
    }

    /// @dev What the insurance gave for a loss, and what there is afterwards.
    struct Loss {
        uint256 burned;
        uint256 insurance;
        uint256 assets;
        uint256 supply;
    }

    /// @notice What stood before a step, and what its events add up to.
    struct Before {
        AccountId[] ids;
        Margin[] margins;
        RiskTerms risk;
        uint256 uptime;
        uint256 assets;
        uint256 supply;
        uint256 feeBooked;
        uint256 insured;
        uint256 loss;
        uint256[] repaid;
        uint256 assetsAfterLoss;
        uint256 supplyAfterLoss;
        uint256 insuranceAfterLoss;
        bool isCallingPaused;
        bool isLiquidationPaused;
    }

    mapping(AccountId account => Page) internal pages;
    uint256 internal bookedCash;
    uint256 internal bookedIndex = 1e24;
    uint256 internal bookedFee;
    uint256 internal bookedSupply;
    mapping(address holder => uint256) internal bookedShares;
    /// @dev What came in besides what the vault asked for.
    mapping(address token => uint256) internal donated;

    function _onOpened(Before memory b, AccountId id, CallNotice memory notice) internal virtual;

    function _onClosed(
        Before memory b,
        AccountId id,
        CloseReason reason,
        bool late,
        uint256 healthWad,
        uint256 debt
    ) internal virtual;

    function _onLiquidated(Before memory b, AccountId id, LiquidationNotice memory notice) internal virtual;

    function _onLoss(
        Before memory b,
        AccountId id,
        uint256 loss,
        uint256 insured,
        Loss memory t
    ) internal virtual;

    /// @dev Called for every account that an event names.
    function _onTouched(Before memory b, AccountId id) internal virtual;

    function _readEvents(Before memory b, IVm.Log[] memory logs) internal {
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter != address(vault)) continue;
            if (!_readShareEvent(b, logs[i]) && !_readTraderEvent(b, logs[i])) _readCallEvent(b, logs[i]);
        }
    }

    function _readShareEvent(Before memory b, IVm.Log memory log) private returns (bool) {
        bytes32 topic = log.topics[0];
        if (topic == IERC20.Transfer.selector) {
            uint256 shares = abi.decode(log.data, (uint256));
            address from = address(uint160(uint256(log.topics[1])));
            address to = address(uint160(uint256(log.topics[2])));
            if (from == address(0)) bookedSupply += shares;
            else bookedShares[from] -= shares;
            if (to == address(0)) bookedSupply -= shares;
            else bookedShares[to] += shares;
            if (from == address(vault)) _hold(36, to == address(0), "insurance shares left to somebody");
            return true;
        }
        if (topic == IERC4626.Deposit.selector) {
            (uint256 assets, ) = abi.decode(log.data, (uint256, uint256));
            bookedCash += assets;
            return true;
        }
        if (topic == IERC4626.Withdraw.selector) {
            (uint256 assets, ) = abi.decode(log.data, (uint256, uint256));
            bookedCash -= assets;
            return true;
        }
        if (topic == IMarginVaultEvents.InterestAccrued.selector) {
            (uint256 index, , uint256 fee) = abi.decode(log.data, (uint256, uint256, uint256));
            _hold(10, index >= bookedIndex, "the debt index fell");
            bookedIndex = index;
            bookedFee += fee;
            return true;
        }
        if (topic == IMarginVaultEvents.FeeBooked.selector) {
            (uint256 fee, , ) = abi.decode(log.data, (uint256, uint256, uint256));
            _hold(5, fee == bookedFee, "the fee booked is not the fee earned");
            bookedFee = 0;
            b.feeBooked += fee;
            return true;
        }
        return false;
    }

    function _readTraderEvent(Before memory b, IVm.Log memory log) private returns (bool) {
        bytes32 topic = log.topics[0];
        if (log.topics.length < 4) return false;
        AccountId id = AccountId.wrap(log.topics[1]);
        if (topic == IMarginVaultEvents.CollateralDeposited.selector) {
            (address asset, , uint256 balance) = abi.decode(log.data, (address, uint256, uint256));
            _setBalance(id, asset, balance);
        } else if (topic == IMarginVaultEvents.CollateralWithdrawn.selector) {
            (address asset, , , uint256 balance) = abi.decode(log.data, (address, uint256, address, uint256));
            _setBalance(id, asset, balance);
        } else if (topic == IMarginVaultEvents.Borrowed.selector) {
            (uint256 amount, , uint256 debtShares, ) = abi.decode(
                log.data,
                (uint256, address, uint256, uint256)
            );
            bookedCash -= amount;
            pages[id].debtShares = debtShares;
        } else if (topic == IMarginVaultEvents.Repaid.selector) {
            (uint256 amount, uint256 debtShares, ) = abi.decode(log.data, (uint256, uint256, uint256));
            bookedCash += amount;
            pages[id].debtShares = debtShares;
        } else {
            return false;
        }
        _onTouched(b, id);
        return true;
    }

    function _readCallEvent(Before memory b, IVm.Log memory log) private {
        bytes32 topic = log.topics[0];
        if (log.topics.length < 4) return;
        AccountId id = AccountId.wrap(log.topics[1]);
        Page storage page = pages[id];
        _onTouched(b, id);
        if (topic == IMarginVaultEvents.MarginCallOpened.selector) {
            CallNotice memory notice = abi.decode(log.data, (CallNotice));
            _onOpened(b, id, notice);
            (page.callNonce, page.calledAt, page.deadline) = (notice.nonce, notice.calledAt, notice.deadline);
            (page.auctionStart, page.debtShares) = (notice.deadline, notice.debtShares);
        } else if (topic == IMarginVaultEvents.MarginCallClosed.selector) {
            _readClosed(b, id, log.data);
        } else if (topic == IMarginVaultEvents.Liquidated.selector) {
            LiquidationNotice memory notice = abi.decode(log.data, (LiquidationNotice));
            _onLiquidated(b, id, notice);
            _setBalance(id, notice.asset, notice.balance);
            page.debtShares = notice.debtShares;
            bookedCash += notice.repaid + notice.insured;
            b.insured += notice.insured;
            // The last take of a call that closes says zero, which its closing says again.
            if (notice.auctionStart != 0) page.auctionStart = notice.auctionStart;
            // A sale that is sold out ends with its last take.
            if (_isLot(id) && notice.balance == 0) (page.deadline, page.auctionStart) = (0, 0);
        } else if (topic == IMarginVaultEvents.BadDebtRealized.selector) {
            (uint256 loss, uint256 insured) = abi.decode(log.data, (uint256, uint256));
            _onLoss(b, id, loss, insured, _lossIn(log.data));
            page.debtShares = 0;
        } else if (topic == IMarginVaultEvents.CollateralForfeited.selector) {
            (, uint256 balance) = abi.decode(log.data, (uint256, uint256));
            address asset = address(uint160(uint256(log.topics[3])));
            _setBalance(id, asset, 0);
            _setBalance(_lotOf(_numberOf(asset)), asset, balance);
        }
    }

    function _lossIn(bytes memory data) private pure returns (Loss memory t) {
        (, , t.burned, t.insurance, t.assets, t.supply) = abi.decode(
            data,
            (uint256, uint256, uint256, uint256, uint256, uint256)
        );
    }

    function _readClosed(Before memory b, AccountId id, bytes memory data) private {
        (
            uint256 nonce,
            CloseReason reason,
            bool late,
            uint256 closedAt,
            uint256 healthWad,
            uint256 debt
        ) = abi.decode(data, (uint256, CloseReason, bool, uint256, uint256, uint256));
        Page storage page = pages[id];
        _hold(
            23,
            nonce == page.callNonce && (page.deadline != 0 || _isLot(id)),
            "a call was closed that was not open"
        );
        ++closings[uint256(reason)];
        _onClosed(b, id, reason, late, healthWad, debt);
        page.deadline = 0;
        page.auctionStart = 0;
        if (late) page.closedLateAt = closedAt;
    }

    function _setBalance(AccountId id, address asset, uint256 balance) private {
        uint256 number = _numberOf(asset);
        Page storage page = pages[id];
        page.collateral[number] = balance;
        if (balance == 0) page.collateralSet &= ~(1 << number);
        else page.collateralSet |= 1 << number;
    }

    function _numberOf(address asset) internal view returns (uint256 number) {
        while (address(listed[number].token) != asset) ++number;
    }
}
