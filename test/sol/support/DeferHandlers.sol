// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {AccountId} from "../../../contracts/interfaces/AccountId.sol";
import {Permission} from "../../../contracts/interfaces/IAuthority.sol";
import {IDeferred} from "../../../contracts/interfaces/IDeferred.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {IMarginVaultErrors} from "../../../contracts/interfaces/IMarginVaultErrors.sol";
import {Margin, Refusal} from "../../../contracts/interfaces/VaultTypes.sol";
import {Scenes} from "./Scenes.sol";
import {vm} from "./Vm.sol";

/// @title Deferrals: leverage, deleverage, swaps, flash liquidity, anything at all, and attacks
abstract contract DeferHandlers is Scenes, IDeferred {
    enum Plan {
        None,
        Leverage,
        Deleverage,
        Swap,
        Flash,
        Anything,
        Attack
    }

    Plan private _plan;
    AccountId private _subject;
    AccountId private _other;
    bool private _isRisky;

    function defer(uint256 seed) external {
        _begin(seed);
        _plan = Plan(_between(1, uint256(type(Plan).max)));
        _subject = _oneIn(3) && _plan == Plan.Deleverage ? _anyCalled() : _anyDebtor();
        _other = _anyAccount();
        while (AccountId.unwrap(_other) == AccountId.unwrap(_subject)) _other = _anyAccount();
        if (!_oneIn(8)) _refreshFeeds();
        if (_plan == Plan.Leverage || _plan == Plan.Swap) _recoverPrices();
        AccountId[] memory ids = new AccountId[](2);
        (ids[0], ids[1]) = (_subject, _other);
        Margin memory m = vault.marginOf(_subject);
        Margin memory o = vault.marginOf(_other);
        _isRisky = false;
        (bool ok, bytes memory result) = _step(
            address(this),
            abi.encodeCall(IMarginVault.defer, (hex"00")),
            ids
        );
        bool isAttack = _plan == Plan.Attack;
        _plan = Plan.None;
        _count(ok || isAttack, result);
        if (!ok) return;
        if (_isRisky) _holdSoundOrBetter(_subject, m);
        _hold(
            12,
            vault.marginOf(_other).debt <= o.debt || vault.marginOf(_other).initialValue >= o.debt,
            "another"
        );
    }

    /// @inheritdoc IDeferred
    function onDeferred(bytes calldata) external {
        if (msg.sender != address(vault)) return;
        if (_plan == Plan.Leverage) _leverage();
        else if (_plan == Plan.Deleverage) _deleverage();
        else if (_plan == Plan.Swap) _swap();
        else if (_plan == Plan.Flash) _flash();
        else if (_plan == Plan.Anything) _anything();
        else if (_plan == Plan.Attack) _attack();
    }

    /// @dev Borrows, buys collateral for it, and puts that in.
    function _leverage() private {
        Margin memory m = vault.marginOf(_subject);
        (bool found, uint256 number) = _heldOf(_subject);
        if (!found || m.initialValue <= m.debt + 2 * usd) return;
        uint256 most = ((m.initialValue - m.debt) * BPS) / (BPS - _weightOf(number));
        if (most > _cash()) most = _cash();
        uint256 amount = _between(1, most);
        if (m.debt + amount < 100 * usd) amount = 100 * usd;
        _move(abi.encodeCall(IMarginVault.borrow, (_subject, amount, _subject.ownerOf())));
        _bring(_subject, number, _unitsFor(number, amount));
    }

    /// @dev Sells collateral a little under its price and repays with what it brings.
    function _deleverage() private {
        Margin memory m = vault.marginOf(_subject);
        (bool found, uint256 number) = _heldOf(_subject);
        if (!found || m.debt < 300 * usd) return;
        uint256 held = pages[_subject].collateral[number];
        uint256 most = _unitsFor(number, m.debt - 200 * usd);
        uint256 amount = _between(1, most < held ? most : held);
        _takeOut(number, amount);
        (uint256 price36, ) = oracle.price(address(listed[number].token));
        uint256 value = (amount * price36) / 1e36;
        uint256 repaid = value - (value * _between(0, 120)) / BPS;
        if (repaid != 0) _payBack(repaid);
    }

    function _swap() private {
        (bool found, uint256 number) = _heldOf(_subject);
        if (!found) return;
        uint256 amount = _between(1, pages[_subject].collateral[number]);
        (uint256 price36, ) = oracle.price(address(listed[number].token));
        _takeOut(number, amount);
        uint256 into = _rand(listed.length);
        _bring(_subject, into, _unitsFor(into, (amount * price36) / 1e36));
    }

    /// @dev All cash there is, for nothing.
    function _flash() private {
        uint256 cash = _cash();
        if (cash == 0) return;
        uint256 debt = vault.debtOf(_subject);
        _move(abi.encodeCall(IMarginVault.borrow, (_subject, cash, _subject.ownerOf())));
        _hold(5, _cash() == 0, "cash that was lent is still there");
        // Borrowing rounds up in shares, so that two units more make the debt what it was or less.
        _payBack(debt == 0 ? ALL : cash + 2);
    }

    function _anything() private {
        for (uint256 i = _between(1, 3); i != 0; --i) {
            uint256 which = _rand(4);
            (bool found, uint256 number) = _heldOf(_subject);
            if (which == 0 && found)
                _takeOut(number, _between(1, pages[_subject].collateral[number] / 4 + 1));
            if (which == 1 && _cash() != 0) {
                uint256 amount = _between(1, _cash() / 8 + 1);
                _move(abi.encodeCall(IMarginVault.borrow, (_subject, amount, _subject.ownerOf())));
            }
            if (which == 2) _bring(_subject, _rand(listed.length), _between(1, 1e12));
            if (which == 3 && vault.debtOf(_other) != 0) {
                quote.mint(_other.ownerOf(), 1_000 * usd);
                vm.prank(_other.ownerOf());
                vault.repay(_other, _between(1, 1_000 * usd));
            }
        }
    }

    /// @dev An account whose check is pending can be neither called, closed, liquidated nor written off.
    function _attack() private {
        (bool found, uint256 number) = _heldOf(_subject);
        address asset = address(listed[number].token);
        if (!found || vault.debtOf(_subject) == 0) return;
        uint256 held = pages[_subject].collateral[number];
        _takeOut(number, held - held / 1_000);
        quote.mint(address(this), 1e9 * usd);
        quote.approve(address(vault), ALL);
        bytes4 pending = IMarginVaultErrors.CheckPending.selector;
        bytes memory data = abi.encodeCall(
            IMarginVault.liquidate,
            (_subject, asset, ALL, 0, address(this), "")
        );
        _refused(24, data, pending);
        _refused(19, abi.encodeCall(IMarginVault.openCall, (_subject)), pending);
        if (pages[_subject].deadline != 0) {
            _refused(23, abi.encodeCall(IMarginVault.closeCall, (_subject)), pending);
        }
        _refused(24, abi.encodeCall(IMarginVault.defer, ("")), IMarginVaultErrors.DeferralActive.selector);
        Refusal refusal = vault.bookLoss(_one(_subject))[0];
        _hold(34, refusal == Refusal.CheckPending, "a loss was booked in the middle of a deferral");
    }

    function _refused(uint256 number, bytes memory data, bytes4 expected) private {
        (bool ok, bytes memory result) = address(vault).call(data);
        _hold(number, !ok && bytes4(result) == expected, "something was done in the middle of a deferral");
    }

    // ------------------------------------------------------------------ moves

    function _takeOut(uint256 number, uint256 amount) private {
        address asset = address(listed[number].token);
        _move(abi.encodeCall(IMarginVault.withdrawCollateral, (_subject, asset, amount, _subject.ownerOf())));
    }

    /// @dev As the owner, or as an operator who may do it; passes on what it reverts with.
    function _move(bytes memory data) private {
        _isRisky = true;
        address actor = _anyActor();
        if (authority.permissionOf(_subject, actor) == Permission.None) actor = _subject.ownerOf();
        vm.prank(actor);
        (bool ok, bytes memory result) = address(vault).call(data);
        Address.verifyCallResult(ok, result);
    }

    function _bring(AccountId id, uint256 number, uint256 amount) private {
        address owner = id.ownerOf();
        listed[number].token.mint(owner, amount);
        vm.prank(owner);
        vault.depositCollateral(id, address(listed[number].token), amount);
    }

    function _payBack(uint256 amount) private {
        address owner = _subject.ownerOf();
        quote.mint(owner, amount == ALL ? vault.debtOf(_subject) : amount);
        vm.prank(owner);
        vault.repay(_subject, amount);
    }
}
