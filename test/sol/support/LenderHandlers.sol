// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {Scenes} from "./Scenes.sol";
import {vm} from "./Vm.sol";

/// @title What lenders do, and what anyone may do for the books
abstract contract LenderHandlers is Scenes {
    function deposit(uint256 seed) external {
        _begin(seed);
        if (_isWornOut()) return _count(true);
        (address actor, address receiver) = (_anyActor(), _anyActor());
        uint256 assets = _oneIn(8) ? _between(0, 10) : _between(1, 1_000_000 * usd);
        quote.mint(actor, assets);
        uint256 preview = vault.previewDeposit(assets);
        uint256 held = vault.balanceOf(receiver);
        (bool ok, bytes memory result) = _step(actor, abi.encodeCall(vault.deposit, (assets, receiver)));
        _count(ok, result);
        _hold(9, ok, "a deposit within the maximum was refused");
        _hold(9, abi.decode(result, (uint256)) == preview, "a deposit differs from its preview");
        _hold(9, vault.balanceOf(receiver) == held + preview, "a deposit gave other than it says");
        // What the shares are worth is the deposit less two units of rounding.
        uint256 unit = vault.convertToAssets(1) + 2;
        _hold(7, vault.convertToAssets(preview) + unit >= assets, "a depositor lost more than a share");
        _hold(7, vault.convertToAssets(preview) <= assets, "a depositor gained");
    }

    function mint(uint256 seed) external {
        _begin(seed);
        if (_isWornOut()) return _count(true);
        (address actor, address receiver) = (_anyActor(), _anyActor());
        uint256 shares = vault.convertToShares(_between(1, 100_000 * usd));
        uint256 preview = vault.previewMint(shares);
        quote.mint(actor, preview);
        (bool ok, bytes memory result) = _step(actor, abi.encodeCall(vault.mint, (shares, receiver)));
        _count(ok, result);
        _hold(9, ok, "a mint within the maximum was refused");
        _hold(9, abi.decode(result, (uint256)) == preview, "a mint differs from its preview");
        _hold(7, vault.convertToAssets(shares) <= preview, "a mint cost less than its worth");
    }

    function withdraw(uint256 seed) external {
        _begin(seed);
        address owner = _anyLender();
        uint256 most = vault.maxWithdraw(owner);
        uint256 assets =
            _oneIn(4)
                ? most
                : _oneIn(8)
                    ? most + 1 + _rand(usd)
                    : _between(0, most);
        uint256 preview = vault.previewWithdraw(assets);
        (address receiver, uint256 balance) = (_anyActor(), 0);
        balance = quote.balanceOf(receiver);
        (bool ok, bytes memory result) = _step(
            owner,
            abi.encodeCall(vault.withdraw, (assets, receiver, owner))
        );
        _count(ok, result);
        _hold(9, ok == (assets <= most), "a withdrawal up to the maximum was refused, or one above it not");
        if (!ok) return;
        _hold(9, abi.decode(result, (uint256)) == preview, "a withdrawal differs from its preview");
        _hold(9, quote.balanceOf(receiver) == balance + assets, "a withdrawal paid other than it says");
    }

    function redeem(uint256 seed) external {
        _begin(seed);
        address owner = _anyLender();
        uint256 most = vault.maxRedeem(owner);
        uint256 shares = _oneIn(4) ? most : _between(0, most);
        uint256 preview = vault.previewRedeem(shares);
        (bool ok, bytes memory result) = _step(owner, abi.encodeCall(vault.redeem, (shares, owner, owner)));
        _count(ok, result);
        _hold(9, ok, "a redemption up to the maximum was refused");
        _hold(9, abi.decode(result, (uint256)) == preview, "a redemption differs from its preview");
    }

    function transfer(uint256 seed) external {
        _begin(seed);
        address from = _anyLender();
        address to = _anyActor();
        uint256 shares = _between(0, vault.balanceOf(from));
        (bool ok, bytes memory result) = _step(from, abi.encodeCall(vault.transfer, (to, shares)));
        _count(ok, result);
        _hold(45, ok, "a transfer of one's own shares was refused");
    }

    function approve(uint256 seed) external {
        _begin(seed);
        (address owner, address spender) = (_anyActor(), _anyActor());
        uint256 shares = _oneIn(4) ? ALL : vault.balanceOf(owner);
        (bool ok, bytes memory result) = _step(owner, abi.encodeCall(vault.approve, (spender, shares)));
        _count(ok, result);
    }

    function transferFrom(uint256 seed) external {
        _begin(seed);
        address from = _anyLender();
        (address spender, address to) = (_anyActor(), _anyActor());
        uint256 held = vault.balanceOf(from);
        uint256 shares = _between(0, held);
        if (!_oneIn(4)) {
            vm.prank(from);
            vault.approve(spender, shares);
        }
        bool isAllowed = vault.allowance(from, spender) >= shares;
        (bool ok, bytes memory result) = _step(
            spender,
            abi.encodeCall(vault.transferFrom, (from, to, shares))
        );
        _count(ok, result);
        _hold(37, ok == isAllowed, "shares were moved without an allowance, or not with one");
    }

    /// @dev In and out in one block by any pair of ways leaves nobody richer.
    function roundTrip(uint256 seed) external {
        _begin(seed);
        if (_isWornOut()) return _count(true);
        address actor = _anyActor();
        uint256 assets = _between(1, 10_000_000 * usd);
        quote.mint(actor, assets * 2);
        uint256 balance = quote.balanceOf(actor);
        uint256 held = vault.balanceOf(actor);
        if (_oneIn(2)) _step(actor, abi.encodeCall(vault.deposit, (assets, actor)));
        else _step(actor, abi.encodeCall(vault.mint, (vault.convertToShares(assets), actor)));
        uint256 shares = vault.balanceOf(actor) - held;
        bool ok;
        if (_oneIn(2)) {
            (ok, ) = _step(actor, abi.encodeCall(vault.redeem, (shares, actor, actor)));
        } else {
            uint256 worth = vault.previewRedeem(shares);
            (ok, ) = _step(actor, abi.encodeCall(vault.withdraw, (worth, actor, actor)));
        }
        _count(ok);
        _hold(7, ok, "a round trip in one block was refused");
        _hold(7, quote.balanceOf(actor) <= balance, "a round trip in one block made money");
        _hold(7, vault.balanceOf(actor) >= held, "a round trip cost shares");
    }

    function accrue(uint256 seed) external {
        _begin(seed);
        uint256 assets = vault.totalAssets();
        uint256 debt = vault.totalDebt();
        (bool ok, bytes memory result) = _step(_anyActor(), abi.encodeCall(IMarginVault.accrue, ()));
        _count(ok, result);
        (uint256 cash, uint256 index, uint256 shares, uint256 fee, uint256 accruedAt) = vault.pool();
        _hold(10, accruedAt == block.timestamp, "an accrual did not reach now");
        _hold(
            10,
            vault.totalAssets() == assets && vault.totalDebt() == debt,
            "an accrual differs from its view"
        );
        vault.accrue();
        bytes32 after1 = keccak256(abi.encode(cash, index, shares, fee, accruedAt));
        (cash, index, shares, fee, accruedAt) = vault.pool();
        bytes32 after2 = keccak256(abi.encode(cash, index, shares, fee, accruedAt));
        _hold(10, after1 == after2, "a second accrual in one second did something");
    }

    function bookFee(uint256 seed) external {
        _begin(seed);
        if (_oneIn(2)) _pass(_rand(6 hours));
        (bool ok, bytes memory result) = _step(_anyActor(), abi.encodeCall(IMarginVault.bookFee, ()));
        _count(ok, result);
        _hold(36, ok, "the fee could not be booked");
        _hold(36, bookedFee == 0, "a fee stayed unbooked");
    }

    function _anyLender() private returns (address owner) {
        owner = _anyActor();
        for (uint256 i; i < ACTOR_COUNT && vault.balanceOf(owner) == 0; ++i) owner = actors[i];
        if (vault.balanceOf(owner) != 0) return owner;
        uint256 assets = _between(1_000, 100_000) * usd;
        quote.mint(owner, assets);
        _step(owner, abi.encodeCall(vault.deposit, (assets, owner)));
    }
}
