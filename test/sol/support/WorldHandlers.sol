// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {AccountId} from "../../../contracts/interfaces/AccountId.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {PauseKind} from "../../../contracts/interfaces/IUptimeClock.sol";
import {Scenes} from "./Scenes.sol";
import {vm} from "./Vm.sol";

/// @title What the world does: prices, feeds, time, outages, pauses, gifts, and tokens that call back
/// @notice Time stood still is counted here second by second, beside the clock's own intervals (I-22).
abstract contract WorldHandlers is Scenes {
    struct Floor {
        uint256 nonce;
        uint256 deadline;
        /// Which of the clock's protections it rests on.
        uint256 protection;
    }

    uint256 private _stoodStill;
    uint256 private _countedUntil = block.timestamp;
    bool private _isDown;
    /// @dev The deadline that a stop of the clock has promised to each open call.
    mapping(AccountId account => Floor) private _promised;
    /// @dev How many protections there have been, and the uptime at which the last one ends. A stop within a protection
    /// prolongs it; the clock remembers the last two (known limit 12).
    uint256 private _protections;
    uint256 private _protectedUntil;
    bool private _isReentering;
    uint256 private _worthBefore;
    uint256 private _reentries;

    function movePrices(uint256 seed) external {
        _begin(seed);
        if (_oneIn(3)) {
            _recoverPrices();
        } else {
            uint256 set = _oneIn(2) ? ALL : 1 << _rand(listed.length);
            _scalePrices(set, _oneIn(8) ? _between(0.05e18, 3e18) : _between(0.85e18, 1.16e18));
        }
        _count(true);
    }

    function breakFeeds(uint256 seed) external {
        _begin(seed);
        if (_oneIn(4)) quoteFeed.setBroken(!quoteFeed.isBroken());
        else listed[_rand(listed.length)].feed.setBroken(true);
        _count(true);
    }

    function passTime(uint256 seed) external {
        _begin(seed);
        _pass(
            _oneIn(8)
                ? _rand(2 days)
                : _oneIn(32)
                    ? 4 days
                    : _rand(2 hours)
        );
        if (!_oneIn(4)) _refreshFeeds();
        _count(true);
    }

    function record(uint256 seed) external {
        _begin(seed);
        oracle.record();
        _count(true);
    }

    function sequencer(uint256 seed) external {
        _begin(seed);
        _countTime();
        if (!_isDown) _clockStops();
        _isDown = !_isDown;
        uptimeFeed.push(_isDown ? int192(1) : int192(0));
        clock.sync();
        if (_isDown && !_oneIn(4)) {
            _pass(_rand(2 hours));
            _countTime();
            _isDown = false;
            uptimeFeed.push(0);
            if (!_oneIn(4)) clock.sync();
        }
        _count(true);
    }

    function sync(uint256 seed) external {
        _begin(seed);
        vm.prank(_anyActor());
        clock.sync();
        _count(true);
    }

    function pause(uint256 seed) external {
        _begin(seed);
        _countTime();
        PauseKind kind = PauseKind(_rand(2));
        uint256 duration = _oneIn(16) ? _between(1 days + 1, 2 days) : _between(1, 3 hours);
        if (_oneIn(2)) _pass(_rand(2 days));
        _countTime();
        bool runs = !_isStopped();
        (bool ok, bytes memory result) = address(clock).call(abi.encodeCall(clock.pause, (kind, duration)));
        _count(ok, result);
        _hold(41, !ok || duration <= 1 days, "a pause of more than a day");
        if (ok && runs) _clockStops();
    }

    function unpause(uint256 seed) external {
        _begin(seed);
        _countTime();
        PauseKind kind = PauseKind(_rand(2));
        if (clock.pausedUntil(kind) <= block.timestamp) kind = PauseKind(1 - uint256(kind));
        bool isRunning = clock.pausedUntil(kind) > block.timestamp;
        if (!isRunning) {
            bool runs = !_isStopped();
            try clock.pause(kind, 1 hours) {
                if (runs) _clockStops();
                isRunning = true;
                _pass(_rand(1 hours));
                _countTime();
            } catch (bytes memory reason) {
                return _count(false, reason);
            }
        }
        (bool ok, bytes memory result) = address(clock).call(abi.encodeCall(clock.unpause, (kind)));
        _count(ok, result);
        _hold(41, ok == isRunning, "a pause that runs could not be ended");
    }

    /// @dev Tokens sent to the vault change nothing but its balance.
    function donate(uint256 seed) external {
        _begin(seed);
        bytes32 before = _worthOfAll();
        uint256 number = _rand(listed.length + 1);
        address token = number == listed.length ? address(quote) : address(listed[number].token);
        uint256 amount = _between(1, 1e30);
        _mintTo(token, amount);
        donated[token] += amount;
        _hold(4, _worthOfAll() == before, "a gift changed what something is worth");
        _count(true);
    }

    /// @dev A token that calls back in the middle of a transfer gets nowhere.
    function reenter(uint256 seed) external {
        _begin(seed);
        AccountId id = _anyDebtor();
        uint256 number = _rand(listed.length);
        address owner = id.ownerOf();
        listed[number].token.mint(owner, 1e6);
        quote.mint(owner, 1e3 * usd);
        _isReentering = true;
        _worthBefore = vault.convertToAssets(1e18);
        uint256 reentries = _reentries;
        listed[number].token.arm(true);
        quote.arm(true);
        uint256 which = _rand(4);
        bytes memory data;
        if (which == 0) {
            data = abi.encodeCall(IMarginVault.depositCollateral, (id, address(listed[number].token), 1e6));
        } else if (which == 1) {
            data = abi.encodeCall(IMarginVault.repay, (id, 1_000));
        } else if (which == 2) {
            data = abi.encodeCall(vault.deposit, (1_000 * usd, owner));
        } else {
            data = abi.encodeCall(vault.withdraw, (vault.maxWithdraw(owner), owner, owner));
        }
        (bool ok, bytes memory result) = _step(owner, data, _one(id));
        listed[number].token.arm(false);
        quote.arm(false);
        _isReentering = false;
        _count(ok, result);
        _hold(35, !ok || _reentries > reentries, "a token did not call back");
    }

    function onTransfer() external {
        if (!_isReentering) return;
        ++_reentries;
        AccountId id = accounts[_reentries % accounts.length];
        bytes[10] memory calls = [
            abi.encodeCall(IMarginVault.accrue, ()),
            abi.encodeCall(IMarginVault.bookFee, ()),
            abi.encodeCall(IMarginVault.openCall, (id)),
            abi.encodeCall(IMarginVault.closeCalls, (_one(id))),
            abi.encodeCall(IMarginVault.bookLoss, (_one(id))),
            abi.encodeCall(IMarginVault.repay, (id, 1)),
            abi.encodeCall(IMarginVault.defer, ("")),
            abi.encodeCall(vault.deposit, (1, address(this))),
            abi.encodeCall(vault.redeem, (0, address(this), address(this))),
            abi.encodeCall(vault.transfer, (address(0xBAD), 0))
        ];
        (bool ok, bytes memory result) = address(vault).call(calls[_reentries % calls.length]);
        bytes4 expected = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
        _hold(35, !ok && bytes4(result) == expected, "a token called back into the vault");
        _holdNear(
            35,
            vault.convertToAssets(1e18),
            _worthBefore,
            _worthBefore / 1e5 + 2,
            "a share's worth in a transfer"
        );
    }

    // ------------------------------------------------------------------ parts

    /// @dev Seconds since the last look in which the clock stood still.
    function _countTime() internal {
        _stoodStill = _stoodStillNow();
        _countedUntil = block.timestamp;
    }

    function _stoodStillNow() private view returns (uint256) {
        if (_isDown) return _stoodStill + block.timestamp - _countedUntil;
        uint256 until = _pausedUntil();
        if (until > block.timestamp) until = block.timestamp;
        return until > _countedUntil ? _stoodStill + until - _countedUntil : _stoodStill;
    }

    function _pausedUntil() private view returns (uint256) {
        uint256 calling = clock.pausedUntil(PauseKind.Calling);
        uint256 liquidation = clock.pausedUntil(PauseKind.Liquidation);
        return calling > liquidation ? calling : liquidation;
    }

    function _isStopped() private view returns (bool) {
        return _isDown || _pausedUntil() > block.timestamp;
    }

    /// @dev Every open call whose deadline has not passed gets the minimum grace from here.
    function _clockStops() private {
        uint256 uptime = block.timestamp - _stoodStill;
        if (_protectedUntil <= uptime) ++_protections;
        _protectedUntil = uptime + MIN_GRACE_SECONDS;
        for (uint256 i; i < accounts.length; ++i) {
            if (pages[accounts[i]].deadline == 0) continue;
            if (vault.marginOf(accounts[i]).deadline <= uptime) continue;
            _promised[accounts[i]] = Floor(pages[accounts[i]].callNonce, _protectedUntil, _protections);
        }
    }

    function _holdClock() internal {
        _hold(
            22,
            vault.uptime() == block.timestamp - _stoodStillNow(),
            "the clock is not the time less what it stood"
        );
        _hold(
            41,
            clock.pausedUntil(PauseKind.Calling) <= block.timestamp + 1 days,
            "a pause runs for more than a day"
        );
    }

    function _holdPromise(AccountId id, uint256 deadline) internal {
        Floor memory promised = _promised[id];
        if (deadline == 0 || promised.nonce != pages[id].callNonce) return;
        if (_protections > promised.protection + 1) return;
        _hold(22, deadline >= promised.deadline, "a deadline passes before the grace after a stop");
    }

    function _worthOfAll() private view returns (bytes32 worth) {
        worth = keccak256(abi.encode(vault.totalAssets(), vault.totalSupply(), vault.maxDeposit(address(0))));
        for (uint256 i; i < 3; ++i) {
            worth = keccak256(abi.encode(worth, vault.marginOf(accounts[i]), vault.maxWithdraw(actors[i])));
        }
        for (uint256 j; j < listed.length; ++j) {
            (address asset, , uint256 total) = vault.collateralAt(j);
            (uint256 price36, ) = oracle.price(asset);
            worth = keccak256(abi.encode(worth, total, price36));
        }
    }

    function _mintTo(address token, uint256 amount) private {
        (bool ok, ) = token.call(abi.encodeWithSignature("mint(address,uint256)", address(vault), amount));
        require(ok, "mint");
    }
}
