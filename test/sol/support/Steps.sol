// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {AccountId} from "../../../contracts/interfaces/AccountId.sol";
import {
    CallNotice,
    CloseReason,
    CollateralTerms,
    LiquidationNotice,
    Margin,
    Moment,
    Status
} from "../../../contracts/interfaces/VaultTypes.sol";
import {Books} from "./Books.sol";
import {vm, IVm} from "./Vm.sol";

/// @title One call to the vault, and what must hold across it
/// @notice The formulas are written down again, plainly, from the design; nothing of the vault's libraries is used.
abstract contract Steps is Books {
    /// @dev A quarter of the gas that one transaction may use.
    uint256 private constant MAX_GAS = 4_194_304;
    uint256 internal constant VIRTUAL_SHARES = 1e6;
    uint256 private constant DAY = 1 days;

    /// @dev Calls the vault as `actor`; `ids` are all the accounts that may change by it.
    function _step(
        address actor,
        bytes memory data,
        AccountId[] memory ids
    ) internal returns (bool ok, bytes memory result) {
        Before memory b = _before(ids);
        vm.recordLogs();
        vm.prank(actor);
        uint256 gasBefore = gasleft();
        (ok, result) = address(vault).call(data);
        _hold(43, gasBefore - gasleft() < MAX_GAS, "a call took too much gas");
        IVm.Log[] memory logs = vm.getRecordedLogs();
        if (!ok) {
            // What broke in the middle of a transfer or a deferral has broken, whatever the vault makes of it.
            if (bytes4(result) == Broken.selector) Address.verifyCallResult(ok, result);
            return (ok, result);
        }
        _readEvents(b, logs);
        _after(b);
    }

    /// @dev A step that touches no account.
    function _step(address actor, bytes memory data) internal returns (bool ok, bytes memory result) {
        return _step(actor, data, new AccountId[](0));
    }

    function _before(AccountId[] memory ids) internal returns (Before memory b) {
        b.ids = ids;
        b.margins = new Margin[](ids.length);
        b.repaid = new uint256[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            b.margins[i] = vault.marginOf(ids[i]);
            ++statuses[uint256(b.margins[i].status)];
        }
        b.risk = vault.riskTerms();
        Moment memory moment = clock.read();
        b.uptime = moment.uptime;
        b.isCallingPaused = moment.isCallingPaused;
        b.isLiquidationPaused = moment.isLiquidationPaused;
        b.assets = vault.totalAssets();
        b.supply = vault.totalSupply();
    }

    function _indexOf(Before memory b, AccountId id) private pure returns (uint256 i) {
        while (i < b.ids.length && AccountId.unwrap(b.ids[i]) != AccountId.unwrap(id)) ++i;
    }

    // ------------------------------------------------------------------ afterwards

    function _after(Before memory b) internal {
        uint256 assets = vault.totalAssets();
        uint256 supply = vault.totalSupply();
        if (b.loss == 0) {
            _hold(
                6,
                _isNoLess(assets + 1, b.supply, b.assets + 1, supply),
                "the share price fell without a loss"
            );
        } else {
            _afterLoss(b, assets, supply);
        }
        for (uint256 i; i < b.ids.length; ++i) _afterAccount(b, b.ids[i], b.margins[i]);
    }

    function _afterLoss(Before memory b, uint256 assets, uint256 supply) private {
        // A debt is rounded up for its account and down in the sum of all.
        uint256 slack = b.ids.length + 2;
        // A later take of the same batch may have paid its insurance share since.
        uint256 most = b.assetsAfterLoss + (b.ids.length > 1 ? b.insured : 0);
        _hold(
            34,
            assets >= b.assetsAfterLoss && assets <= most,
            "the assets are not those that the loss reported"
        );
        bool isLast = b.ids.length == 1;
        uint256 insurance = vault.insuranceShares();
        _hold(
            34,
            isLast
                ? supply == b.supplyAfterLoss && insurance == b.insuranceAfterLoss
                : supply >= b.supplyAfterLoss && insurance >= b.insuranceAfterLoss,
            "the shares are not those that the loss reported"
        );
        _holdNear(
            34,
            assets + b.loss,
            b.assets + b.feeBooked + b.insured,
            slack,
            "a loss is not what assets lost"
        );
        uint256 left = b.assets > b.loss ? b.assets - b.loss : 0;
        _hold(
            6,
            _isNoLess(assets + 1 + slack, b.supply, left, supply),
            "the share price fell by more than the loss"
        );
    }

    /// @dev Whether assets a share went from `before / supplyBefore` to no less; in 512 bits, for a pool that has been
    /// wiped out has more shares than anyone can count.
    function _isNoLess(
        uint256 assets,
        uint256 supplyBefore,
        uint256 assetsBefore,
        uint256 supply
    ) private pure returns (bool) {
        (uint256 high, uint256 low) = Math.mul512(assets, supplyBefore + VIRTUAL_SHARES);
        (uint256 highBefore, uint256 lowBefore) = Math.mul512(assetsBefore, supply + VIRTUAL_SHARES);
        return high > highBefore || (high == highBefore && low >= lowBefore);
    }

    function _afterAccount(Before memory b, AccountId id, Margin memory m) private {
        Margin memory n = vault.marginOf(id);
        if (m.maintenanceValue >= m.debt) {
            _hold(12, n.maintenanceValue >= n.debt, "a call made a healthy account unhealthy");
        }
        if (n.deadline == 0 || _isLot(id)) return;
        if (m.deadline != 0 && m.calledAt == n.calledAt) {
            _hold(21, n.deadline == m.deadline, "a call moved a deadline");
        }
        if (n.debt < m.debt || n.maintenanceValue > m.maintenanceValue) {
            uint256 level = b.uptime < n.deadline ? 101 : 100;
            _hold(23, n.maintenanceValue * 100 < n.debt * level, "a call stayed open that could close");
        }
    }

    /// @dev For whoever took collateral out or added debt: the account ends sound, or better than it was.
    function _holdSoundOrBetter(AccountId id, Margin memory m) internal {
        Margin memory n = vault.marginOf(id);
        if (n.debt == 0) return;
        bool sound = n.initialValue >= n.debt && n.deadline == 0 && m.deadline == 0 && !_isAboveCap(id);
        // Values are rounded down once each.
        bool better =
            m.debt != 0 &&
                n.debt <= m.debt + 1 &&
                (n.maintenanceValue + 1) * m.debt >= m.maintenanceValue * n.debt &&
                (n.liquidationValue + 1) * m.debt >= m.liquidationValue * n.debt &&
                (n.liquidationValue >= n.debt || (n.value + 1) * m.debt >= m.value * n.debt) &&
                n.value + m.debt + _penaltyUp(m, n) + 1 >= m.value + n.debt;
        _hold(13, sound || better, "an account ended neither sound nor better");
        _hold(32, m.deadline == 0 || better, "a called account ended no better");
        _hold(30, n.debt >= 100 * usd, "a debt under the minimum was left");
    }

    /// @dev The largest penalty on what was repaid, for any collateral: 10 %.
    function _penaltyUp(Margin memory m, Margin memory n) private pure returns (uint256) {
        return m.debt > n.debt ? (m.debt - n.debt + 8) / 9 : 0;
    }

    function _isAboveCap(AccountId id) internal view returns (bool) {
        uint256 set = _setOf(id);
        for (uint256 j; set >> j != 0; ++j) {
            if ((set >> j) & 1 == 0) continue;
            (, CollateralTerms memory terms, uint256 total) = vault.collateralAt(j);
            if (total > terms.cap) return true;
        }
        return false;
    }

    // ------------------------------------------------------------------ events

    function _onTouched(Before memory b, AccountId id) internal override {
        _hold(17, _indexOf(b, id) < b.ids.length, "a call changed an account that it does not name");
    }

    function _onOpened(Before memory b, AccountId id, CallNotice memory notice) internal override {
        Margin memory m = b.margins[_indexOf(b, id)];
        bool isLapsed = m.status == Status.Lapsed;
        _hold(41, !b.isCallingPaused, "a call was opened in a pause of calling");
        if (_isLot(id)) {
            _onSaleOpened(b, id, m, notice);
            return;
        }
        _hold(
            19,
            isLapsed || m.status == Status.Callable,
            "a call was opened on an account that is not callable"
        );
        _hold(31, notice.reopened == isLapsed, "a reopening was not told from an opening");
        _hold(23, notice.nonce == (pages[id].callNonce + 1) % 65_536, "a call has no number of its own");
        _hold(21, notice.calledAt == b.uptime, "a call was dated back");
        _holdBounty(b, m, notice);

        uint256 grace = notice.deadline - notice.calledAt;
        uint256 least = b.risk.minGraceSeconds;
        _hold(21, grace >= least && grace <= b.risk.maxGraceSeconds, "a grace is out of bounds");
        uint256 closedLateAt = pages[id].closedLateAt;
        bool isMinimum = isLapsed || (closedLateAt != 0 && b.uptime - closedLateAt < DAY);
        if (isMinimum) _hold(31, grace == least, "a call after a late one has more than the minimum grace");
        else _holdNear(21, grace, _grace(b, m, notice.debt), 1, "a grace is not by the formula");

        (uint256[] memory prices36, ) = oracle.prices(notice.collateralSet);
        bool same = keccak256(abi.encode(prices36)) == keccak256(abi.encode(notice.prices36));
        _hold(40, same, "a call used other prices than the oracle's");
    }

    /// @dev What defaults left is offered with the minimum grace, at a fresh price, one window at a time.
    function _onSaleOpened(Before memory b, AccountId id, Margin memory m, CallNotice memory notice) private {
        bool mayOpen = m.deadline == 0 || m.status == Status.Lapsed;
        _hold(31, mayOpen && notice.reopened == (m.deadline != 0), "a sale that runs was opened again");
        _hold(21, notice.deadline == b.uptime + b.risk.minGraceSeconds, "a sale has another grace");
        _hold(36, notice.debt == 0 && notice.bounty == 0, "a sale paid a bounty");
        _hold(39, _isFresh(address(listed[id.subAccountOf()].token)), "a sale was opened at a stale price");
    }

    function _holdBounty(Before memory b, Margin memory m, CallNotice memory notice) private {
        bool inBounds = notice.bounty <= b.risk.maxBounty && notice.bounty <= m.debt / 1_000;
        _hold(25, inBounds, "a bounty is above its bounds");
        bool isRecent = m.calledAt != 0 && b.uptime - m.calledAt < DAY;
        if (m.status == Status.Lapsed || isRecent)
            _hold(25, notice.bounty == 0, "a second bounty within a day");
        _hold(25, m.liquidationValue >= notice.debt, "a bounty pushed an account below its floor");
        _holdNear(25, notice.debt, m.debt + notice.bounty, 1, "a bounty is not what the debt grew by");
    }

    /// @dev `max(minGrace, maxGrace * b^2)` with `b` the unused share of the call band.
    function _grace(Before memory b, Margin memory m, uint256 debt) private pure returns (uint256) {
        uint256 unused = ((m.liquidationValue - debt) * WAD) / (m.liquidationValue - m.maintenanceValue);
        unused = (unused * m.maintenanceValue) / debt;
        uint256 grace = (b.risk.maxGraceSeconds * unused * unused) / (WAD * WAD);
        return grace > b.risk.minGraceSeconds ? grace : b.risk.minGraceSeconds;
    }

    function _onClosed(
        Before memory b,
        AccountId id,
        CloseReason reason,
        bool late,
        uint256 healthWad,
        uint256 debt
    ) internal override {
        uint256 deadline = b.margins[_indexOf(b, id)].deadline;
        _hold(21, late == (b.uptime >= deadline), "a late closing was not told from one in time");
        if (reason == CloseReason.WrittenOff) return;
        if (reason == CloseReason.DebtFree) _hold(23, debt == 0, "a call closed as debt-free with debt");
        uint256 least = late ? WAD : (WAD * 101) / 100;
        _hold(23, healthWad >= least, "a call closed below its level");
    }

    function _onLoss(
        Before memory b,
        AccountId id,
        uint256 loss,
        uint256 insured,
        Loss memory t
    ) internal override {
        uint256 i = _indexOf(b, id);
        _holdNear(
            34,
            loss,
            b.margins[i].debt - b.repaid[i],
            1,
            "a loss is not the debt less what was recovered"
        );
        uint256 supply = t.supply + t.burned + VIRTUAL_SHARES;
        uint256 available = t.insurance + t.burned;
        uint256 wanted = Math.mulDiv(loss, supply, t.assets + loss + 1, Math.Rounding.Ceil);
        _hold(
            34,
            t.burned == (wanted < available ? wanted : available),
            "the insurance did not bear a loss first"
        );
        _hold(34, insured <= loss && (t.burned == available || insured == loss), "a loss insured in part");
        b.loss += loss;
        (b.assetsAfterLoss, b.supplyAfterLoss, b.insuranceAfterLoss) = (t.assets, t.supply, t.insurance);
    }

    // ------------------------------------------------------------------ takes

    function _onLiquidated(Before memory b, AccountId id, LiquidationNotice memory t) internal override {
        uint256 i = _indexOf(b, id);
        Margin memory m = b.margins[i];
        b.repaid[i] += t.repaid;
        _hold(39, _isFresh(t.asset), "a collateral was taken at a price that is not fresh");
        uint256 held = pages[id].collateral[_numberOf(t.asset)];
        _hold(2, t.balance + t.seized == held, "taken and left are not what was held");
        _holdPaid(t);
        if (_isLot(id)) {
            _onForfeitedSold(b, m, t);
            return;
        }
        bool belowFloor = m.status == Status.Critical || m.status == Status.Insolvent;
        _hold(20, belowFloor || m.status == Status.Expired, "an account was liquidated before its time");
        _hold(20, t.status == m.status, "a take was recorded under another status");
        _hold(41, belowFloor || !b.isLiquidationPaused, "a take above the floor in a pause");
        _hold(27, t.repaid <= m.debt && t.debt <= m.debt - t.repaid + 1, "a debt rose in a take");
        _holdDiscount(b, m, t, belowFloor);
        _holdSize(b, m, t, belowFloor);
        _holdInsured(m, t);
        bool isKept = t.auctionStart == pages[id].auctionStart || t.auctionStart == b.uptime;
        _hold(31, isKept || t.auctionStart == 0, "an auction starts neither where it did nor now");
        if (!belowFloor) _holdCheapestCure(b, id, t, m);
    }

    /// @dev A buyer pays at least the discounted price of what they get.
    function _holdPaid(LiquidationNotice memory t) private {
        uint256 value = Math.mulDiv(t.seized, t.price36, 1e36);
        uint256 least = Math.mulDiv(value, WAD - t.discountWad, WAD);
        uint256 paid = t.repaid == 0 ? t.insured : t.repaid;
        _hold(28, paid + 1 >= least, "a taker paid less than the discounted price");
    }

    function _onForfeitedSold(Before memory b, Margin memory m, LiquidationNotice memory t) private {
        _hold(36, t.repaid == 0 && t.debtShares == 0, "a sale of what was left repaid somebody's debt");
        _hold(41, !b.isLiquidationPaused, "what was left was sold in a pause");
        _hold(26, m.status == Status.Expired, "what was left was sold outside of its window");
        uint256 expected = _rampWad(b, b.uptime - m.auctionStart, _termsOf(t.asset).maxDiscountBps);
        _hold(26, t.discountWad == expected, "what was left was sold off the auction's price");
    }

    function _holdDiscount(
        Before memory b,
        Margin memory m,
        LiquidationNotice memory t,
        bool belowFloor
    ) private {
        uint256 most = _termsOf(t.asset).maxDiscountBps;
        bool isPast = m.deadline != 0 && b.uptime >= m.deadline;
        uint256 elapsed = isPast ? b.uptime - m.auctionStart : 0;
        uint256 running = isPast && elapsed < b.risk.auctionSeconds ? _rampWad(b, elapsed, most) : 0;
        if (!belowFloor) {
            _hold(26, isPast && elapsed < b.risk.auctionSeconds, "a take outside of the auction's window");
            _hold(26, t.discountWad == running, "a discount off the auction's price");
            return;
        }
        uint256 depth = 0.02e18;
        uint256 floorWad = Math.mulDiv(m.liquidationValue, WAD, m.debt, Math.Rounding.Ceil);
        if (floorWad < WAD) depth += 2 * (WAD - floorWad);
        if (running > depth) depth = running;
        uint256 equity = m.value > m.debt ? ((m.value - m.debt) * WAD) / m.value : 0;
        if (equity < 0.02e18) equity = 0.02e18;
        uint256 expected = Math.min(Math.min(depth, equity), (most * WAD) / BPS);
        _hold(26, t.discountWad == expected, "a critical discount is not by the formula");
    }

    /// @dev `d0 + (d1 - d0) * min(1, t / T)`
    function _rampWad(Before memory b, uint256 elapsed, uint256 mostBps) private pure returns (uint256) {
        uint256 mostWad = (mostBps * WAD) / BPS;
        if (elapsed >= b.risk.rampSeconds) return mostWad;
        return 0.0025e18 + ((mostWad - 0.0025e18) * elapsed) / b.risk.rampSeconds;
    }

    function _holdSize(
        Before memory b,
        Margin memory m,
        LiquidationNotice memory t,
        bool belowFloor
    ) private {
        uint256 minimum = b.risk.minimumDebt;
        bool leavesEnough = t.repaid == m.debt || m.debt - t.repaid >= minimum || t.balance == 0;
        _hold(30, leavesEnough, "a take left a debt under the minimum");
        uint256 tranche = _trancheUp(m, t, belowFloor, minimum);
        _hold(29, t.repaid <= tranche, "a take is above the tranche");
        _hold(30, t.repaid * 4 >= tranche || t.balance == 0, "a take under a quarter of the tranche");
    }

    function _trancheUp(
        Margin memory m,
        LiquidationNotice memory t,
        bool belowFloor,
        uint256 minimum
    ) private view returns (uint256 tranche) {
        CollateralTerms memory terms = _termsOf(t.asset);
        uint256 paidWad = WAD - t.discountWad;
        uint256 lostWad = Math.mulDiv(uint256(terms.maintenanceBps) * 1e14, WAD, paidWad, Math.Rounding.Ceil);
        tranche =
            lostWad >= 1.02e18 ? ALL : Math.mulDiv(m.shortfall, WAD, 1.02e18 - lostWad, Math.Rounding.Ceil);
        if (belowFloor) {
            uint256 floorWad = Math.mulDiv(
                uint256(terms.liquidationBps) * 1e14,
                WAD,
                paidWad,
                Math.Rounding.Ceil
            );
            if (Math.mulDiv(m.debt, floorWad, WAD, Math.Rounding.Ceil) >= m.liquidationValue) return m.debt;
        } else {
            tranche = Math.max(Math.min(tranche, (m.debt + 4) / 5), minimum);
        }
        if (tranche >= m.debt || m.debt - tranche < minimum) return m.debt;
    }

    /// @dev 20 % of the discount's worth, and nothing where it reaches below the debt.
    function _holdInsured(Margin memory m, LiquidationNotice memory t) private {
        uint256 paidWad = WAD - t.discountWad;
        uint256 expected =
            m.value * paidWad < m.debt * WAD
                ? 0
                : Math.mulDiv(t.repaid, t.discountWad, 5 * paidWad, Math.Rounding.Ceil);
        _hold(27, t.insured == expected, "the insurance share is not by the formula");
    }

    /// @dev In the first half only the fresh collateral of the lowest weight worth more than dust.
    function _holdCheapestCure(
        Before memory b,
        AccountId id,
        LiquidationNotice memory t,
        Margin memory m
    ) private {
        if (b.uptime - m.auctionStart >= b.risk.auctionSeconds / 2) return;
        uint256 taken = _termsOf(t.asset).maintenanceBps;
        Page storage page = pages[id];
        for (uint256 j; page.collateralSet >> j != 0; ++j) {
            if ((page.collateralSet >> j) & 1 == 0) continue;
            (uint256 price36, bool fresh) = oracle.price(address(listed[j].token));
            if (!fresh || Math.mulDiv(page.collateral[j], price36, 1e36) <= b.risk.dustValue) continue;
            (, CollateralTerms memory terms, ) = vault.collateralAt(j);
            _hold(
                29,
                taken <= terms.maintenanceBps,
                "another collateral would have cured with a smaller sale"
            );
        }
    }

    function _termsOf(address asset) internal view returns (CollateralTerms memory terms) {
        (, terms, ) = vault.collateralAt(_numberOf(asset));
    }

    /// @dev By the feeds themselves.
    function _isFresh(address asset) internal view returns (bool) {
        uint256 number = _numberOf(asset);
        if (listed[number].feed.isBroken() || quoteFeed.isBroken()) return false;
        return
            block.timestamp - listed[number].feed.updatedAt() <= MAX_AGE_SECONDS &&
            block.timestamp - quoteFeed.updatedAt() <= MAX_AGE_SECONDS;
    }
}
