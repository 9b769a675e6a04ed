// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {AccountId} from "../../../contracts/interfaces/AccountId.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {
    LiquidationRequest,
    LiquidationResult,
    Margin,
    Refusal,
    Status
} from "../../../contracts/interfaces/VaultTypes.sol";
import {Scenes} from "./Scenes.sol";

/// @title What keepers do: open and close calls, liquidate, book losses
abstract contract KeeperHandlers is Scenes {
    struct Offer {
        uint256 repaid;
        uint256 insured;
        uint256 seized;
        uint256 discountWad;
    }

    function openCall(uint256 seed) external {
        _begin(seed);
        AccountId id = _oneIn(8) ? _anyAccount() : _anyCallable();
        address actor = _anyActor();
        uint256 shares = vault.balanceOf(actor);
        (bool ok, bytes memory result) = _step(actor, abi.encodeCall(IMarginVault.openCall, (id)), _one(id));
        _count(ok, result);
        if (!ok) return;
        uint256 bounty = abi.decode(result, (uint256));
        _hold(36, vault.balanceOf(actor) == shares + bounty, "an opener received another bounty");
        _hold(20, vault.statusOf(id) == Status.Called, "a call was opened and the account is not called");
    }

    function openCalls(uint256 seed) external {
        _begin(seed);
        AccountId[] memory ids = _someWith(_anyCallable());
        (bool ok, bytes memory result) = _step(
            _anyActor(),
            abi.encodeCall(IMarginVault.openCalls, (ids)),
            ids
        );
        _hold(45, ok, "a batch of openings reverted");
        _count(_anyDone(abi.decode(result, (Refusal[]))));
    }

    function closeCall(uint256 seed) external {
        _begin(seed);
        AccountId id = _anyClosable();
        bool isClosable = _isClosable(id);
        (bool ok, bytes memory result) = _step(
            _anyActor(),
            abi.encodeCall(IMarginVault.closeCall, (id)),
            _one(id)
        );
        _count(ok, result);
        _hold(23, ok == isClosable, "a call that could close did not, or the other way round");
    }

    function closeCalls(uint256 seed) external {
        _begin(seed);
        AccountId[] memory ids = _someWith(_anyClosable());
        (bool ok, bytes memory result) = _step(
            _anyActor(),
            abi.encodeCall(IMarginVault.closeCalls, (ids)),
            ids
        );
        _hold(45, ok, "a batch of closings reverted");
        _count(_anyDone(abi.decode(result, (Refusal[]))));
    }

    function liquidate(uint256 seed) external {
        _begin(seed);
        AccountId id = _oneIn(3) ? _anyBelowFloor() : _anyExpired();
        address asset = _bestOf(id);
        if (_oneIn(12)) listed[_numberOf(asset)].feed.setBroken(true);
        (bool ok, bytes memory result) = _take(id, _anyActor(), asset);
        _count(ok, result);
    }

    /// @dev What defaulted accounts left behind: called like an account, then sold in its window.
    function liquidateForfeited(uint256 seed) external {
        _begin(seed);
        AccountId lot = _anyLot();
        Margin memory m = vault.marginOf(lot);
        if (m.deadline == 0 || m.status == Status.Lapsed) {
            _step(_anyActor(), abi.encodeCall(IMarginVault.openCall, (lot)), _one(lot));
            m = vault.marginOf(lot);
        }
        uint256 uptime = vault.uptime();
        uint256 wanted = m.auctionStart + _rand(vault.riskTerms().auctionSeconds);
        if (!_oneIn(8) && wanted > uptime) _pass(wanted - uptime);
        _refreshFeeds();
        (bool ok, bytes memory result) = _take(lot, _anyActor(), address(listed[lot.subAccountOf()].token));
        _count(ok, result);
    }

    /// @dev The insurance's account of a collateral that it holds, after a default if there was none.
    function _anyLot() private returns (AccountId lot) {
        if (!_oneIn(4)) _endPauses();
        _refreshFeeds();
        uint256 start = _rand(listed.length);
        for (uint256 i; i < listed.length; ++i) {
            lot = _lotOf((start + i) % listed.length);
            if (pages[lot].collateralSet != 0) return lot;
        }
        AccountId id = _anyDebtor();
        lot = _lotOf(0);
        (bool found, uint256 number) = _heldOf(id);
        if (found) lot = _lotOf(number);
        uint256[] memory answers = _crashBelowDust(id);
        _step(_anyActor(), abi.encodeCall(IMarginVault.bookLoss, (_one(id))), _one(id));
        _restore(answers);
    }

    /// @dev The owner is the buyer, and ends no richer than by simply repaying.
    function liquidateOwn(uint256 seed) external {
        _begin(seed);
        AccountId id = _oneIn(3) ? _anyBelowFloor() : _anyExpired();
        address owner = id.ownerOf();
        Margin memory m = vault.marginOf(id);
        address asset = _bestOf(id);
        uint256 price36 = _price36(asset);
        uint256 before = quote.balanceOf(owner) + (IERC20(asset).balanceOf(owner) * price36) / 1e36;
        uint256 minted = m.debt * 2;
        (bool ok, bytes memory result) = _take(id, owner, asset);
        _count(ok, result);
        if (!ok) return;
        Margin memory n = vault.marginOf(id);
        uint256 afterwards = quote.balanceOf(owner) + (IERC20(asset).balanceOf(owner) * price36) / 1e36;
        (uint256 repaid, , ) = abi.decode(result, (uint256, uint256, uint256));
        uint256 loss = m.debt - repaid > n.debt + 1 ? m.debt - repaid - n.debt : 0;
        // Known: the least critical discount, 2 %, is anyone's, the owner's too, where it reaches below the debt.
        _hold(24, loss == 0 || m.value * 98 <= m.debt * 100 + 100, "a solvent account left a loss");
        bool isFair = afterwards + n.value + m.debt <= before + minted + m.value + n.debt + loss + 4;
        _hold(24, isFair, "a self-liquidation paid");
    }

    function liquidateMany(uint256 seed) external {
        _begin(seed);
        AccountId[] memory ids = _someWith(_oneIn(3) ? _anyBelowFloor() : _anyExpired());
        LiquidationRequest[] memory requests = new LiquidationRequest[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            requests[i] = LiquidationRequest(ids[i], _bestOf(ids[i]), ALL, 0);
        }
        address actor = _anyActor();
        quote.mint(actor, 2 * vault.totalDebt());
        uint256 balance = quote.balanceOf(actor);
        (bool ok, bytes memory result) = _step(
            actor,
            abi.encodeCall(IMarginVault.liquidateMany, (requests, actor)),
            ids
        );
        _hold(45, ok, "a batch of takes reverted");
        LiquidationResult[] memory results = abi.decode(result, (LiquidationResult[]));
        uint256 paid;
        bool anyDone;
        for (uint256 i; i < results.length; ++i) {
            paid += results[i].repaid + results[i].insured;
            if (results[i].refusal == Refusal.None) anyDone = true;
        }
        _count(anyDone);
        _hold(28, balance - quote.balanceOf(actor) == paid, "a batch cost other than its sum");
    }

    function bookLoss(uint256 seed) external {
        _begin(seed);
        AccountId id = _anyDebtor();
        uint256[] memory answers = _crashBelowDust(id);
        AccountId[] memory ids = _oneIn(2) ? _one(id) : _someWith(id);
        Margin memory m = vault.marginOf(id);
        (bool ok, bytes memory result) = _step(
            _anyActor(),
            abi.encodeCall(IMarginVault.bookLoss, (ids)),
            ids
        );
        _hold(45, ok, "a batch of losses reverted");
        _count(_anyDone(abi.decode(result, (Refusal[]))));
        bool isHopeless = m.debt != 0 && m.value < m.debt && m.value < vault.riskTerms().dustValue;
        _hold(34, !isHopeless || vault.debtOf(id) == 0, "a hopeless debt was not booked");
        _hold(34, !isHopeless || _setOf(id) == 0, "a defaulter kept something");
        _restore(answers);
    }

    // ------------------------------------------------------------------ parts

    function _take(
        AccountId id,
        address actor,
        address asset
    ) internal returns (bool ok, bytes memory result) {
        uint256[2] memory bucket = _bucketOf(asset);
        Status status = vault.marginOf(id).status;
        (ok, result) = _takePreviewed(id, actor, asset);
        if (ok) _holdBrake(asset, bucket, result, status);
    }

    /// @dev One take, previewed first: what is previewed is what happens.
    function _takePreviewed(
        AccountId id,
        address actor,
        address asset
    ) private returns (bool ok, bytes memory result) {
        Margin memory m = vault.marginOf(id);
        uint256 maxRepay = _oneIn(3) ? _between(m.debt / 20, m.debt) : ALL;
        bool isInsurance = _isLot(id);
        quote.mint(actor, isInsurance ? 1e9 * usd : m.debt * 2);
        (bool previewed, bytes memory preview) = address(vault).staticcall(
            abi.encodeCall(IMarginVault.previewLiquidation, (id, asset, maxRepay))
        );
        bytes memory data = abi.encodeCall(IMarginVault.liquidate, (id, asset, maxRepay, 0, actor, ""));
        Offer memory held = Offer(quote.balanceOf(actor), 0, IERC20(asset).balanceOf(actor), 0);
        (ok, result) = _step(actor, data, _one(id));
        _hold(26, ok == previewed, "a take was previewed and refused, or the other way round");
        if (!ok) return (ok, result);
        _holdTaken(actor, asset, maxRepay, held, abi.decode(preview, (Offer)), result);
        if (!isInsurance) _holdImproved(id, asset, m);
    }

    function _holdTaken(
        address actor,
        address asset,
        uint256 maxRepay,
        Offer memory held,
        Offer memory offer,
        bytes memory result
    ) private {
        Offer memory done = abi.decode(bytes.concat(result, bytes32(offer.discountWad)), (Offer));
        bool same = keccak256(abi.encode(offer)) == keccak256(abi.encode(done));
        _hold(26, same, "a take differs from its preview");
        uint256 paid = done.repaid + done.insured;
        _hold(28, paid <= maxRepay, "a taker paid more than they would");
        _hold(28, held.repaid - quote.balanceOf(actor) == paid, "a taker paid other than it says");
        held.seized = IERC20(asset).balanceOf(actor) - held.seized;
        _hold(28, held.seized == done.seized, "a taker received other than it says");
    }

    /// @dev What may be sold of `asset`, and the most that ever may be.
    function _bucketOf(address asset) private view returns (uint256[2] memory bucket) {
        (bucket[0], bucket[1], ) = vault.capacity(asset);
    }

    /// @dev What was above its floor fitted into the bucket or found it full; every sale drew.
    function _holdBrake(address asset, uint256[2] memory bucket, bytes memory result, Status status) private {
        (uint256 room, uint256 burst) = (bucket[0], bucket[1]);
        if (room == ALL) return;
        (, , uint256 seized) = abi.decode(result, (uint256, uint256, uint256));
        uint256 value = (seized * _price36(asset)) / 1e36;
        bool isBelow = status == Status.Critical || status == Status.Insolvent;
        _hold(
            26,
            isBelow || value <= room || room >= burst - burst / 20,
            "a sale did not wait for the brake"
        );
        (uint256 left, , uint256 perHour) = vault.capacity(asset);
        // When it is full again is rounded up to a microsecond.
        uint256 slack = perHour / 3_600e6 + 2;
        uint256 drawn = value < room ? value : room;
        _hold(26, left <= room - drawn && left + slack >= room - drawn, "a sale drew other than its worth");
    }

    /// @dev The shortfall fell and the floor health rose, or the collateral is gone.
    function _holdImproved(AccountId id, address asset, Margin memory m) private {
        Margin memory n = vault.marginOf(id);
        if (n.debt == 0 || vault.collateralOf(id, asset) == 0) return;
        _hold(29, n.shortfall < m.shortfall, "a take did not lower the shortfall");
        bool rose = (n.liquidationValue + 2) * m.debt >= m.liquidationValue * n.debt;
        _hold(29, rose, "a take lowered the floor health");
    }

    /// @dev The held collateral of the lowest weight, mostly; any sometimes.
    function _bestOf(AccountId id) internal returns (address asset) {
        (bool found, uint256 best) = _heldOf(id);
        if (!found || _oneIn(8)) return address(listed[best].token);
        uint256 dust = vault.riskTerms().dustValue;
        uint256 lowestBps = ALL;
        for (uint256 j; j < listed.length; ++j) {
            uint256 amount = pages[id].collateral[j];
            asset = address(listed[j].token);
            if (amount == 0 || (amount * _price36(asset)) / 1e36 <= dust) continue;
            uint256 weightBps = _termsOf(asset).maintenanceBps;
            if (weightBps < lowestBps) (lowestBps, best) = (weightBps, j);
        }
        return address(listed[best].token);
    }

    function _price36(address asset) internal view returns (uint256 price36) {
        (price36, ) = oracle.price(asset);
    }

    /// @dev An open call at a price that closes it, mostly.
    function _anyClosable() private returns (AccountId id) {
        id = _anyCalled();
        if (_oneIn(8)) return id;
        bool isPast = vault.uptime() >= vault.marginOf(id).deadline;
        _nudgeHealth(id, isPast ? _between(1.0001e18, 1.2e18) : _between(1.0101e18, 1.2e18));
    }

    function _isClosable(AccountId id) private view returns (bool) {
        Margin memory m = vault.marginOf(id);
        if (m.deadline == 0) return false;
        uint256 levelPercent = vault.uptime() < m.deadline ? 101 : 100;
        return m.maintenanceValue * 100 >= m.debt * levelPercent;
    }

    /// @dev `id` and up to three others, each once.
    function _someWith(AccountId id) private returns (AccountId[] memory ids) {
        uint256 start = _rand(accounts.length);
        uint256 count = _between(1, 4);
        ids = new AccountId[](count);
        ids[0] = id;
        uint256 next = 1;
        for (uint256 i; next < count; ++i) {
            AccountId other = accounts[(start + i) % accounts.length];
            if (AccountId.unwrap(other) != AccountId.unwrap(id)) ids[next++] = other;
        }
    }

    function _anyDone(Refusal[] memory refusals) private pure returns (bool) {
        for (uint256 i; i < refusals.length; ++i) {
            if (refusals[i] == Refusal.None) return true;
        }
        return false;
    }
}
