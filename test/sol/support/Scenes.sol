// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccountId} from "../../../contracts/interfaces/AccountId.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {PauseKind} from "../../../contracts/interfaces/IUptimeClock.sol";
import {CollateralTerms, Margin, Status} from "../../../contracts/interfaces/VaultTypes.sol";
import {Steps} from "./Steps.sol";

/// @title How an account gets where a handler wants it
/// @notice Handlers look for an account that is ready for their call; where there is none they make one, with the moves
/// that traders, keepers and markets really have: deposits, loans, prices, time. Every move is a checked step.
abstract contract Scenes is Steps {
    /// @dev A status takes dozens of calls to ask for.
    uint256 private constant MAX_ASKED = 2;
    uint256 internal constant EXPIRED = 1 << uint256(Status.Expired);
    uint256 internal constant OPENABLE = (1 << uint256(Status.Callable)) | (1 << uint256(Status.Lapsed));
    uint256 internal constant BELOW_FLOOR =
        (1 << uint256(Status.Critical)) | (1 << uint256(Status.Insolvent));

    // ------------------------------------------------------------------ looking

    /// @dev An account whose status is one of `mask`, looking from a random one on.
    function _find(uint256 mask) internal returns (bool found, AccountId id) {
        uint256 start = _rand(accounts.length);
        uint256 asked;
        for (uint256 i; i < accounts.length && asked < MAX_ASKED; ++i) {
            id = accounts[(start + i) % accounts.length];
            if (pages[id].debtShares == 0) continue;
            if (mask == EXPIRED && pages[id].deadline == 0) continue;
            ++asked;
            if ((mask >> uint256(vault.statusOf(id))) & 1 == 1) return (true, id);
        }
        return (false, id);
    }

    function _findDebtor() internal returns (bool found, AccountId id) {
        uint256 start = _rand(accounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            id = accounts[(start + i) % accounts.length];
            if (pages[id].debtShares != 0) return (true, id);
        }
        return (false, id);
    }

    function _findCalled() internal returns (bool found, AccountId id) {
        uint256 start = _rand(accounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            id = accounts[(start + i) % accounts.length];
            if (pages[id].deadline != 0) return (true, id);
        }
        return (false, id);
    }

    /// @dev A collateral that the account holds.
    function _heldOf(AccountId id) internal returns (bool found, uint256 number) {
        uint256 set = pages[id].collateralSet;
        if (set == 0) return (false, 0);
        number = _rand(16);
        while ((set >> number) & 1 == 0) number = (number + 1) % 16;
        return (true, number);
    }

    /// @dev Base units of a collateral worth `value` at its last answer.
    function _unitsFor(uint256 number, uint256 value) internal view returns (uint256) {
        uint256 answer = uint256(int256(listed[number].feed.answer()));
        uint256 amount = (value * 1e8 * listed[number].unit) / (answer * usd);
        return amount == 0 ? 1 : amount;
    }

    // ------------------------------------------------------------------ making

    function _deposit(
        address actor,
        AccountId id,
        uint256 number,
        uint256 amount
    ) internal returns (bool ok) {
        listed[number].token.mint(actor, amount);
        address asset = address(listed[number].token);
        (ok, ) = _step(actor, abi.encodeCall(IMarginVault.depositCollateral, (id, asset, amount)), _one(id));
        _hold(16, ok, "a deposit was refused");
    }

    /// @dev Known: every total loss multiplies the shares that the next deposit gets, until they overflow.
    function _isWornOut() internal view returns (bool) {
        return vault.totalSupply() > 1e48;
    }

    function _lend(uint256 assets) internal {
        if (_isWornOut()) return;
        address actor = _anyActor();
        quote.mint(actor, assets);
        _step(actor, abi.encodeCall(vault.deposit, (assets, actor)));
    }

    /// @dev Some account with a fresh loan near its limit.
    function _makeDebtor() internal returns (AccountId id) {
        id = _anyAccount();
        for (uint256 i; i < accounts.length && pages[id].deadline != 0; ++i)
            id = accounts[_rand(accounts.length)];
        _refreshFeeds();
        uint256 number = _rand(listed.length);
        uint256 value = _between(200, 200_000) * usd;
        address owner = id.ownerOf();
        _deposit(owner, id, number, _unitsFor(number, value));
        Margin memory m = vault.marginOf(id);
        if (_cash() < 1_000 * usd) _lend(_between(1_000, 1_000_000) * usd);
        if (m.deadline != 0 || m.initialValue <= m.debt) return id;
        uint256 room = m.initialValue - m.debt;
        uint256 amount = room - room / _between(3, 1_000);
        if (amount > _cash()) amount = _cash();
        _step(owner, abi.encodeCall(IMarginVault.borrow, (id, amount, owner)), _one(id));
    }

    function _anyDebtor() internal returns (AccountId id) {
        bool found;
        (found, id) = _findDebtor();
        return found && !_oneIn(8) ? id : _makeDebtor();
    }

    /// @dev Prices move so that the account's health factor comes to about `targetWad`.
    function _nudgeHealth(AccountId id, uint256 targetWad) internal {
        _refreshFeeds();
        Margin memory m = vault.marginOf(id);
        if (m.debt == 0 || m.maintenanceValue == 0) return;
        _scalePrices(pages[id].collateralSet, (targetWad * m.debt) / m.maintenanceValue);
    }

    /// @dev As `_nudgeHealth` for the floor health.
    function _nudgeFloor(AccountId id, uint256 targetWad) internal {
        _refreshFeeds();
        Margin memory m = vault.marginOf(id);
        if (m.debt == 0 || m.liquidationValue == 0) return;
        _scalePrices(pages[id].collateralSet, (targetWad * m.debt) / m.liquidationValue);
    }

    /// @dev As `_nudgeHealth` for value over debt.
    function _nudgeValue(AccountId id, uint256 targetWad) internal {
        _refreshFeeds();
        Margin memory m = vault.marginOf(id);
        if (m.debt == 0 || m.value == 0) return;
        _scalePrices(pages[id].collateralSet, (targetWad * m.debt) / m.value);
    }

    /// @dev Prices wander from where they are to within reach of where they began.
    function _recoverPrices() internal {
        for (uint256 j; j < listed.length; ++j) {
            listed[j].feed.push((listed[j].firstAnswer * _between(40, 160)) / 100);
        }
    }

    function _endPauses() internal {
        if (clock.pausedUntil(PauseKind.Calling) > block.timestamp) clock.unpause(PauseKind.Calling);
        if (clock.pausedUntil(PauseKind.Liquidation) > block.timestamp) clock.unpause(PauseKind.Liquidation);
    }

    function _anyCallable() internal returns (AccountId id) {
        bool found;
        (found, id) = _find(OPENABLE);
        if (clock.pausedUntil(PauseKind.Calling) > block.timestamp && !_oneIn(4)) _endPauses();
        if (found) return id;
        id = _anyDebtor();
        if (pages[id].deadline == 0) {
            _nudgeHealth(id, _between(0.965e18, 0.9999e18));
            return id;
        }
        // A call is open: let its auction lapse.
        _nudgeHealth(id, _between(0.97e18, 0.999e18));
        Margin memory m = vault.marginOf(id);
        uint256 uptime = vault.uptime();
        uint256 end = m.auctionStart + vault.riskTerms().auctionSeconds;
        if (end > uptime) _pass(end - uptime + _rand(600));
        _nudgeHealth(id, _between(0.97e18, 0.999e18));
    }

    function _anyCalled() internal returns (AccountId id) {
        bool found;
        (found, id) = _findCalled();
        if (found) return id;
        id = _anyCallable();
        _step(_anyActor(), abi.encodeCall(IMarginVault.openCall, (id)), _one(id));
    }

    /// @dev An account whose auction runs.
    function _anyExpired() internal returns (AccountId id) {
        bool found;
        (found, id) = _find(EXPIRED);
        if (clock.pausedUntil(PauseKind.Liquidation) > block.timestamp && !_oneIn(4)) _endPauses();
        if (found) {
            _refreshFeeds();
            return id;
        }
        id = _anyCalled();
        uint256 uptime = vault.uptime();
        Margin memory m = vault.marginOf(id);
        uint256 wanted = m.auctionStart + _rand((uint256(vault.riskTerms().auctionSeconds) * 5) / 4);
        if (wanted > uptime) _pass(wanted - uptime);
        _nudgeHealth(id, _between(0.965e18, 0.999e18));
    }

    function _anyBelowFloor() internal returns (AccountId id) {
        bool found;
        (found, id) = _find(BELOW_FLOOR);
        if (found && _oneIn(2)) {
            _refreshFeeds();
            return id;
        }
        id = _anyDebtor();
        if (_oneIn(2)) _nudgeFloor(id, _between(0.87e18, 0.9999e18));
        else _nudgeValue(id, _between(0.3e18, 1.02e18));
    }

    /// @dev An account that owes and holds less than dust; the prices that made it so are restored by the caller.
    function _crashBelowDust(AccountId id) internal returns (uint256[] memory answers) {
        answers = new uint256[](listed.length);
        _refreshFeeds();
        for (uint256 j; j < answers.length; ++j) answers[j] = uint256(int256(listed[j].feed.answer()));
        Margin memory m = vault.marginOf(id);
        uint256 dust = vault.riskTerms().dustValue;
        if (m.value >= dust) _scalePrices(pages[id].collateralSet, (dust * 9 * WAD) / (m.value * 10));
    }

    function _restore(uint256[] memory answers) internal {
        for (uint256 j; j < answers.length; ++j) listed[j].feed.push(answers[j]);
    }

    function _weightOf(uint256 number) internal view returns (uint256) {
        (, CollateralTerms memory terms, ) = vault.collateralAt(number);
        return terms.initialBps;
    }
}
