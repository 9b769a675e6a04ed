// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccountId} from "../../../contracts/interfaces/AccountId.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {CollateralTerms, Margin, Status} from "../../../contracts/interfaces/VaultTypes.sol";
import {DeferHandlers} from "./DeferHandlers.sol";
import {GovernanceHandlers} from "./GovernanceHandlers.sol";
import {KeeperHandlers} from "./KeeperHandlers.sol";
import {LenderHandlers} from "./LenderHandlers.sol";
import {TestFeed} from "./TestFeed.sol";
import {TraderHandlers} from "./TraderHandlers.sol";
import {WorldHandlers} from "./WorldHandlers.sol";

/// @title All handlers, and what must hold between any two calls
/// @notice A handler is a public function that takes one seed; those named like an entry point of the vault make that
/// call. A test compares the list with the vault's ABI, so that no new function is left out.
abstract contract Handlers is
    TraderHandlers,
    KeeperHandlers,
    LenderHandlers,
    GovernanceHandlers,
    WorldHandlers,
    DeferHandlers
{
    /// @dev A lender who stays to the end.
    constructor() {
        uint256 assets = 2_000_000 * usd;
        quote.mint(address(this), assets);
        quote.approve(address(vault), ALL);
        _step(address(this), abi.encodeCall(vault.deposit, (assets, address(this))));
    }

    /// @notice What holds after every call; accounts and collaterals in turn, for what breaks stays broken.
    function check() external {
        _holdPool();
        _holdClock();
        _holdAccount(accounts[steps % accounts.length]);
        _holdCollateral(steps % listed.length);
        _holdFeed(steps % listed.length);
    }

    /// @notice The end of a run: everything once more, everybody leaves, and the counts are kept.
    function finish(string calldata name) external {
        for (uint256 i; i < accounts.length; ++i) _holdAccount(accounts[i]);
        for (uint256 j; j < listed.length; ++j) {
            _holdFeed(j);
            _holdCollateral(j);
            _holdAccount(_lotOf(j));
        }
        _drain();
        _writeTally(name);
    }

    function _holdLedger(uint256 cash, uint256 debtShares) private {
        _hold(
            1,
            quote.balanceOf(address(vault)) == cash + donated[address(quote)],
            "quote tokens are not the cash"
        );
        uint256 sum;
        for (uint256 i; i < accounts.length; ++i) sum += pages[accounts[i]].debtShares;
        _hold(3, sum == debtShares, "the debts do not add up");
    }

    function _holdCollateral(uint256 number) private {
        (address asset, CollateralTerms memory t, uint256 total) = vault.collateralAt(number);
        uint256 balance = listed[number].token.balanceOf(address(vault)) - donated[asset];
        uint256 sum = pages[_lotOf(number)].collateral[number];
        for (uint256 i; i < accounts.length; ++i) sum += pages[accounts[i]].collateral[number];
        _hold(1, balance == total, "a collateral's tokens are not what accounts hold");
        _hold(2, sum == total, "a collateral does not add up");
        bool ordered =
            uint256(t.initialBps) * 102 <= uint256(t.maintenanceBps) * 100 &&
                uint256(t.maintenanceBps) * 104 <= uint256(t.liquidationBps) * 100 &&
                uint256(t.liquidationBps) * BPS <= (BPS - t.maxDiscountBps) * (BPS - 500);
        _hold(14, ordered, "weights are out of order");
    }

    function _holdPool() private {
        (uint256 cash, uint256 index, uint256 debtShares, uint256 fee, uint256 accruedAt) = vault.pool();
        _holdLedger(cash, debtShares);
        bool same = cash == bookedCash && index == bookedIndex && fee == bookedFee;
        _hold(44, same, "the pool is not what its events say");
        uint256 supply = vault.totalSupply();
        _hold(44, supply == bookedSupply, "the shares are not what their events say");
        _hold(
            44,
            vault.insuranceShares() == bookedShares[address(vault)],
            "the insurance is not what events say"
        );
        uint256 debt = vault.totalDebt();
        uint256 assets = vault.totalAssets();
        if (accruedAt == block.timestamp)
            _hold(5, assets == cash + debt - fee, "the assets are not cash and debt");
        else _hold(5, assets + fee <= cash + debt, "the assets are more than cash and debt");
        _hold(
            3,
            debt == (debtShares * vault.currentDebtIndex()) / 1e27,
            "all debt is not what its shares are worth"
        );
        _hold(8, supply == 0 || vault.convertToAssets(supply) <= assets, "shares claim more than there is");
        uint256 rate = model.ratePerSecondWad(cash, debt) * 31_557_600;
        _hold(11, rate <= 2e18 && rate + 31_557_600 >= 0.01e18, "the rate is out of bounds");
    }

    function _holdAccount(AccountId id) private {
        Page storage page = pages[id];
        Page memory stored;
        (
            stored.collateralSet,
            stored.callNonce,
            stored.calledAt,
            stored.deadline,
            stored.auctionStart,
            stored.closedLateAt,
            stored.debtShares
        ) = vault.accountState(id);
        (uint256 set, uint256 shares) = (stored.collateralSet, stored.debtShares);
        _hold(
            44,
            set == page.collateralSet && shares == page.debtShares,
            "an account is not what its events say"
        );
        bool same = stored.callNonce == page.callNonce && stored.calledAt == page.calledAt;
        same = same && stored.closedLateAt == page.closedLateAt && stored.auctionStart == page.auctionStart;
        _hold(44, same, "a call is not what its events say");
        _hold(21, stored.deadline == page.deadline, "a stored deadline moved");
        for (uint256 j; j < listed.length; ++j) {
            uint256 amount = vault.collateralOf(id, address(listed[j].token));
            _hold(
                33,
                amount == page.collateral[j] && (amount != 0) == ((set >> j) & 1 == 1),
                "collateral off the books"
            );
        }
        Margin memory m = vault.marginOf(id);
        _holdPromise(id, m.deadline);
        _hold(
            18,
            m.debt == 0 || m.value != 0 || m.status == Status.Insolvent,
            "nothing passed for something"
        );
        _hold(20, _statusOf(m) == m.status, "a status is not by the table");
        uint256 debt = (shares * vault.currentDebtIndex() + 1e27 - 1) / 1e27;
        _hold(3, m.debt == debt && vault.debtOf(id) == debt, "a debt is not what its shares are worth");
    }

    /// @dev The design's table of statuses, once more.
    function _statusOf(Margin memory m) private view returns (Status) {
        if (m.debt > m.value) return Status.Insolvent;
        if (m.debt > m.liquidationValue) return Status.Critical;
        bool healthy = m.maintenanceValue >= m.debt && (m.debt != 0 || m.deadline == 0);
        if (m.deadline == 0) {
            if (!healthy) return Status.Callable;
            return m.maintenanceValue * 100 >= m.debt * 110 ? Status.Healthy : Status.Warned;
        }
        uint256 uptime = vault.uptime();
        if (uptime < m.deadline) return Status.Called;
        if (healthy) return Status.Recovering;
        bool isRunning = uptime < m.auctionStart + vault.riskTerms().auctionSeconds;
        return isRunning ? Status.Expired : Status.Lapsed;
    }

    function _holdFeed(uint256 number) private {
        TestFeed feed = listed[number].feed;
        (uint256 price36, bool fresh) = oracle.price(address(listed[number].token));
        bool isDead = !feed.isBroken() && block.timestamp - feed.updatedAt() > DEAD_AGE_SECONDS;
        _hold(39, !isDead || price36 == 0, "a dead price counts");
        _hold(39, !fresh || _isFresh(address(listed[number].token)), "a stale price passes for fresh");
        uint256 answer = uint256(int256(feed.answer()));
        uint256 expected = (answer * 1e36 * usd) / (1e8 * listed[number].unit);
        if (fresh) _hold(40, price36 == expected, "a price is not the feed's in the vault's units");
    }

    /// @dev Everybody can repay, take out and go; what stays is the insurance's, and dust.
    function _drain() private {
        _endPauses();
        for (uint256 i; i < accounts.length; ++i) {
            AccountId id = accounts[i];
            address owner = id.ownerOf();
            uint256 debt = vault.debtOf(id);
            quote.mint(owner, debt);
            bool ok;
            if (debt != 0) {
                (ok, ) = _step(owner, abi.encodeCall(IMarginVault.repay, (id, ALL)), _one(id));
                _hold(42, ok, "a debt could not be repaid in the end");
            }
            for (uint256 j; j < listed.length; ++j) {
                if (pages[id].collateral[j] == 0) continue;
                address asset = address(listed[j].token);
                (ok, ) = _step(
                    owner,
                    abi.encodeCall(IMarginVault.withdrawCollateral, (id, asset, ALL, owner)),
                    _one(id)
                );
                _hold(42, ok, "collateral could not be taken out in the end");
            }
        }
        _drainLenders();
    }

    function _drainLenders() private {
        _step(address(this), abi.encodeCall(IMarginVault.bookFee, ()));
        actors.push(address(0xFEE));
        actors.push(address(this));
        for (uint256 i; i < actors.length; ++i) {
            address owner = actors[i];
            uint256 shares = vault.maxRedeem(owner);
            uint256 kept = vault.convertToAssets(vault.balanceOf(owner) - shares);
            _hold(42, kept == 0, "a lender could not take all out in the end");
            if (shares == 0) continue;
            (bool ok, ) = _step(owner, abi.encodeCall(vault.redeem, (shares, owner, owner)));
            _hold(42, ok, "a lender could not leave in the end");
        }
        (uint256 cash, , uint256 debtShares, , ) = vault.pool();
        _hold(42, debtShares == 0, "debt stayed in the end");
        uint256 left = vault.totalSupply() - vault.insuranceShares();
        _hold(
            8,
            vault.convertToAssets(left) <= actors.length + 1,
            "shares worth something stayed in the end"
        );
        uint256 owed = vault.convertToAssets(vault.insuranceShares() + VIRTUAL_SHARES);
        _hold(42, cash <= owed + 1, "more stayed in the end than the insurance's");
    }
}
