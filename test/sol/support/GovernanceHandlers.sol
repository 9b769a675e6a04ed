// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {IOracle} from "../../../contracts/interfaces/IOracle.sol";
import {IUptimeClock, PauseKind} from "../../../contracts/interfaces/IUptimeClock.sol";
import {VolatilityTerms} from "../../../contracts/interfaces/IRiskConfigurator.sol";
import {IVolatilityGauge} from "../../../contracts/interfaces/IVolatilityGauge.sol";
import {BrakeTerms, CollateralTerms, RiskTerms} from "../../../contracts/interfaces/VaultTypes.sol";
import {VolatilityGauge} from "../../../contracts/oracles/VolatilityGauge.sol";
import {Scenes} from "./Scenes.sol";
import {vm} from "./Vm.sol";

/// @title What owner and guardian do, and what others try in their place
abstract contract GovernanceHandlers is Scenes {
    /// @dev When a poke last lowered a maintenance weight.
    mapping(address asset => uint256) private _loweredAt;
    /// @dev When a liquidation weight was last lowered.
    mapping(address asset => uint256) private _floorLoweredAt;

    function listCollaterals(uint256 seed) external {
        _begin(seed);
        if (listed.length == MAX_LISTED) {
            // There is room for sixteen, but each makes every step slower; list one again instead, which must fail.
            vm.prank(address(configurator));
            (bool again, ) = address(vault).call(
                abi.encodeCall(
                    IMarginVault.listCollateral,
                    (address(listed[_rand(listed.length)].token), _termsOf(address(listed[0].token)))
                )
            );
            _hold(37, !again, "a collateral was listed twice");
            return _count(true);
        }
        uint256 cap = type(uint128).max;
        _list(uint8(_between(2, 24)), 1e8, CollateralTerms(6_000, 6_400, 7_000, 1_200, uint128(cap)));
        _count(true);
    }

    function setCap(uint256 seed) external {
        _begin(seed);
        uint256 number = _rand(listed.length);
        (address asset, , uint256 total) = vault.collateralAt(number);
        uint256 cap = _oneIn(3) ? _between(0, total * 2) : type(uint128).max;
        configurator.setCap(vault, asset, uint128(cap));
        _hold(37, _termsOf(asset).cap == cap, "a cap was not set");
        _count(true);
    }

    function lowerCap(uint256 seed) external {
        _begin(seed);
        (address asset, CollateralTerms memory terms, ) = vault.collateralAt(_rand(listed.length));
        uint256 cap = _oneIn(3) ? _between(0, type(uint128).max) : _between(0, terms.cap);
        bytes memory data = abi.encodeCall(configurator.lowerCap, (vault, asset, uint128(cap)));
        (bool ok, bytes memory result) = address(configurator).call(data);
        _count(ok, result);
        _hold(37, ok == (cap < terms.cap), "a cap was raised at once, or could not be lowered");
    }

    function lowerInitialWeight(uint256 seed) external {
        _begin(seed);
        address asset = address(listed[_rand(listed.length)].token);
        (uint256 present, , ) = configurator.ownWeights(vault, asset);
        uint256 weightBps = _oneIn(3) ? _between(1, BPS) : _between(present / 2 + 1, present);
        bool ok = _setWeight(
            asset,
            abi.encodeCall(configurator.lowerInitialWeight, (vault, asset, uint16(weightBps)))
        );
        _hold(
            37,
            ok == (weightBps < present),
            "an initial weight was raised at once, or could not be lowered"
        );
    }

    function setInitialWeight(uint256 seed) external {
        _begin(seed);
        address asset = address(listed[_rand(listed.length)].token);
        (, uint256 maintenanceBps, ) = configurator.ownWeights(vault, asset);
        uint256 most = (maintenanceBps * 100) / 102;
        uint256 weightBps = _oneIn(4) ? _between(most + 1, BPS) : _between(most - 1_000, most);
        bool ok = _setWeight(
            asset,
            abi.encodeCall(configurator.setInitialWeight, (vault, asset, uint16(weightBps)))
        );
        _hold(
            14,
            ok == (weightBps <= most),
            "an initial weight out of order was set, or one in order refused"
        );
    }

    function setMaintenanceWeight(uint256 seed) external {
        _begin(seed);
        address asset = address(listed[_rand(listed.length)].token);
        (uint256 initialBps, , uint256 liquidationBps) = configurator.ownWeights(vault, asset);
        uint256 least = (initialBps * 102 + 99) / 100;
        uint256 most = (liquidationBps * 100) / 104;
        uint256 weightBps = _oneIn(4) ? _between(1, BPS) : _between(least, most);
        bool ok = _setWeight(
            asset,
            abi.encodeCall(configurator.setMaintenanceWeight, (vault, asset, uint16(weightBps)))
        );
        bool isInOrder = weightBps >= least && weightBps <= most;
        _hold(14, ok == isInOrder, "a maintenance weight out of order was set, or one in order refused");
    }

    function setLiquidationWeight(uint256 seed) external {
        _begin(seed);
        address asset = address(listed[_rand(listed.length)].token);
        (, uint256 maintenanceBps, ) = configurator.ownWeights(vault, asset);
        uint256 least = (maintenanceBps * 104 + 99) / 100;
        uint256 most = ((BPS - _termsOf(asset).maxDiscountBps) * 9_500) / BPS;
        uint256 weightBps = _oneIn(4) ? _between(1, BPS) : _between(least, most);
        if (_oneIn(2)) _pass(_rand(2 days));
        bool ok = _setWeight(
            asset,
            abi.encodeCall(configurator.setLiquidationWeight, (vault, asset, uint16(weightBps)))
        );
        bool isInOrder = weightBps >= least && weightBps <= most;
        _hold(14, ok == isInOrder, "a liquidation weight out of order was set, or one in order refused");
    }

    function correctOracle(uint256 seed) external {
        _begin(seed);
        if (!_oneIn(4)) _refreshFeeds();
        uint256[] memory expected36 = new uint256[](listed.length);
        bool isNear = true;
        for (uint256 j; j < expected36.length; ++j) {
            bool fresh;
            (expected36[j], fresh) = oracle.price(address(listed[j].token));
            if (!_oneIn(8)) continue;
            expected36[j] *= 2;
            if (fresh) isNear = false;
        }
        bytes memory data = abi.encodeCall(configurator.correctOracle, (vault, oracle, expected36, 2_000));
        (bool ok, bytes memory result) = address(configurator).call(data);
        _count(ok, result);
        _hold(37, isNear || !ok, "an oracle was set against what was expected of it");
    }

    function setVolatility(uint256 seed) external {
        _begin(seed);
        uint256 number = _rand(listed.length);
        address asset = address(listed[number].token);
        VolatilityTerms memory t = configurator.volatilityTerms(vault, asset);
        CollateralTerms memory before = _termsOf(asset);
        IVolatilityGauge gauge;
        if (address(t.gauge) == address(0) || !_oneIn(4)) gauge = _newGauge(number);
        (uint256 slopeBps, uint256 capBps) = (_between(0, 11_000), _between(0, 2_800));
        (bool ok, bytes memory result) = address(configurator).call(
            abi.encodeCall(
                configurator.setVolatility,
                (vault, asset, gauge, uint16(slopeBps), uint16(capBps))
            )
        );
        _count(ok, result);
        if (address(gauge) != address(0)) {
            bool inRange = slopeBps > 0 && slopeBps <= 10_000 && capBps > 0 && capBps <= 2_500;
            return
                _hold(37, ok == inRange, "volatility terms out of bounds were set, or some within refused");
        }
        CollateralTerms memory terms = _termsOf(asset);
        _hold(
            14,
            ok && terms.maintenanceBps >= t.maintenanceBps,
            "weights that follow no volatility are tight"
        );
        _holdRamp(asset, before);
    }

    function poke(uint256 seed) external {
        _begin(seed);
        uint256 number = _rand(listed.length);
        address asset = address(listed[number].token);
        bool isFollowing =
            address(configurator.volatilityTerms(vault, asset).gauge) != address(0) || !_isAtRest(asset);
        if (!isFollowing && !_oneIn(8)) {
            configurator.setVolatility(
                vault,
                asset,
                _newGauge(number),
                uint16(_between(1_000, 10_000)),
                2_500
            );
            isFollowing = true;
        }
        // Pokes come by the hour, over a price that moves.
        if (_oneIn(2)) _scalePrices(1 << number, _between(0.97e18, 1.03e18));
        if (_oneIn(2)) _pass(_between(1, 2 hours));
        CollateralTerms memory before = _termsOf(asset);
        vm.prank(_anyActor());
        (bool ok, bytes memory result) = address(configurator).call(
            abi.encodeCall(configurator.poke, (vault, asset))
        );
        _count(ok, result);
        _hold(37, ok == isFollowing, "a poke was refused, or did something where nothing is followed");
        if (ok) _holdRamp(asset, before);
    }

    function setOracle(uint256 seed) external {
        _begin(seed);
        if (!_oneIn(4)) _refreshFeeds();
        IOracle newOracle = oracle;
        try configurator.setOracle(vault, newOracle) {
            _count(true);
        } catch (bytes memory reason) {
            _count(false, reason);
        }
    }

    function setRiskTerms(uint256 seed) external {
        _begin(seed);
        uint24 minGrace = uint24(_between(0, 2 hours));
        uint24 auction = uint24(_between(0, 3 hours));
        if (!_oneIn(4)) (minGrace, auction) = (uint24(_between(900, 1_800)), uint24(_between(1_800, 7_200)));
        RiskTerms memory terms = _risk(minGrace, auction);
        (bool ok, bytes memory result) = address(configurator).call(
            abi.encodeCall(configurator.setRiskTerms, (vault, terms))
        );
        _count(ok, result);
        _hold(37, !ok || (minGrace >= 300 && auction >= 600), "times out of bounds were set");
    }

    function setBorrowCap(uint256 seed) external {
        _begin(seed);
        uint32 cap = _oneIn(3) ? uint32(_between(0, (2 * vault.totalDebt()) / usd + 1)) : type(uint32).max;
        configurator.setBorrowCap(vault, cap);
        _hold(37, vault.borrowCap() == cap, "a borrow cap was not set");
        _count(true);
    }

    /// @dev Often small enough that sales have to wait.
    function setBrake(uint256 seed) external {
        _begin(seed);
        address asset = address(listed[_rand(listed.length)].token);
        uint256 least = 10 * vault.riskTerms().minimumDebt;
        uint256 burst = _between(least - least / 8, 4 * least);
        uint256 perHour = _between(burst / 30, burst);
        if (_oneIn(3)) (burst, perHour) = (0, 0);
        BrakeTerms memory terms = BrakeTerms(uint96(burst), uint96(perHour));
        (bool ok, bytes memory result) = address(configurator).call(
            abi.encodeCall(configurator.setBrake, (vault, asset, terms))
        );
        _count(ok, result);
        bool isNone = burst == 0 && perHour == 0;
        _hold(
            37,
            ok == (isNone || (burst >= least && burst <= 24 * perHour)),
            "a brake out of bounds was set"
        );
        if (!ok) return;
        (uint256 room, , ) = vault.capacity(asset);
        _hold(37, room == (isNone ? type(uint256).max : burst), "a new bucket is not full");
    }

    function lowerBorrowCap(uint256 seed) external {
        _begin(seed);
        uint256 present = vault.borrowCap();
        uint256 cap = _oneIn(3) ? _between(0, type(uint32).max) : _between(present / 2, present);
        bytes memory data = abi.encodeCall(configurator.lowerBorrowCap, (vault, uint32(cap)));
        (bool ok, bytes memory result) = address(configurator).call(data);
        _count(ok, result);
        _hold(37, ok == (cap < present), "a borrow cap was raised at once, or could not be lowered");
    }

    function setFee(uint256 seed) external {
        _begin(seed);
        uint256 feeBps = _oneIn(4) ? _between(3_001, 10_000) : _between(0, 3_000);
        address recipient = _oneIn(3) ? address(0) : address(0xFEE);
        uint256 assets = vault.totalAssets();
        vm.recordLogs();
        (bool ok, bytes memory result) = address(configurator).call(
            abi.encodeCall(configurator.setFee, (vault, uint16(feeBps), recipient))
        );
        if (ok) _readOwnEvents();
        _count(ok, result);
        _hold(37, ok == (feeBps <= 3_000), "a fee out of bounds was set, or one within refused");
        _hold(6, vault.totalAssets() == assets, "a new fee took from what had been earned");
    }

    /// @dev Whoever is not the one fails.
    function usurp(uint256 seed) external {
        _begin(seed);
        address actor = _anyActor();
        address asset = address(listed[0].token);
        CollateralTerms memory terms = _termsOf(asset);
        bytes[10] memory calls = [
            abi.encodeCall(IMarginVault.listCollateral, (address(0xBAD), terms)),
            abi.encodeCall(IMarginVault.setCollateralTerms, (asset, terms)),
            abi.encodeCall(IMarginVault.setOracle, (oracle)),
            abi.encodeCall(IMarginVault.setRiskTerms, (vault.riskTerms())),
            abi.encodeCall(IMarginVault.setBorrowCap, (0)),
            abi.encodeCall(IMarginVault.setFee, (0, actor)),
            abi.encodeCall(IUptimeClock.pause, (PauseKind.Calling, 1)),
            abi.encodeCall(IMarginVault.setBrake, (asset, BrakeTerms(0, 0))),
            abi.encodeCall(configurator.setCap, (vault, asset, 0)),
            abi.encodeCall(configurator.setVolatility, (vault, asset, IVolatilityGauge(address(0)), 1, 1))
        ];
        uint256 which = _rand(calls.length);
        address target =
            which < 6 || which == 7
                ? address(vault)
                : which == 6
                    ? address(clock)
                    : address(configurator);
        vm.prank(actor);
        (bool ok, ) = target.call(calls[which]);
        _hold(37, !ok, "somebody without the role set something");
        _count(true);
    }

    function _isAtRest(address asset) private view returns (bool) {
        CollateralTerms memory terms = _termsOf(asset);
        (uint256 initialBps, uint256 maintenanceBps, uint256 liquidationBps) = configurator.ownWeights(
            vault,
            asset
        );
        return
            terms.initialBps == initialBps &&
            terms.maintenanceBps == maintenanceBps &&
            terms.liquidationBps == liquidationBps;
    }

    function _newGauge(uint256 number) private returns (VolatilityGauge) {
        listed[number].feed.refresh();
        return new VolatilityGauge(listed[number].feed, _between(1 hours, 1 days), 0.5e18, 0);
    }

    /// @dev Makes the call that sets a weight of `asset`; returns whether it was set.
    function _setWeight(address asset, bytes memory data) private returns (bool ok) {
        CollateralTerms memory before = _termsOf(asset);
        bytes memory result;
        (ok, result) = address(configurator).call(data);
        _count(ok, result);
        if (ok) _holdRamp(asset, before);
    }

    /// @dev What ramps and volatility may do to weights: tighten the maintenance one by 25 bps an hour at most and the
    /// liquidation one by half a per cent a day, and loosen none beyond its own.
    function _holdRamp(address asset, CollateralTerms memory before) private {
        CollateralTerms memory terms = _termsOf(asset);
        VolatilityTerms memory t = configurator.volatilityTerms(vault, asset);
        if (terms.maintenanceBps < before.maintenanceBps) {
            bool isSlow =
                before.maintenanceBps - terms.maintenanceBps <= 25 &&
                    block.timestamp - _loweredAt[asset] >= 1 hours;
            _hold(14, isSlow, "a maintenance weight fell by more than 25 bps in an hour");
            _loweredAt[asset] = block.timestamp;
        }
        if (terms.liquidationBps < before.liquidationBps) {
            bool isSlow =
                uint256(before.liquidationBps - terms.liquidationBps) * 200 <= before.liquidationBps &&
                    block.timestamp - _floorLoweredAt[asset] >= 1 days;
            _hold(14, isSlow, "a liquidation weight fell by more than half a per cent in a day");
            _floorLoweredAt[asset] = block.timestamp;
        }
        _holdOwn(before, terms, t);
        _hold(
            14,
            uint256(terms.maintenanceBps) * 104 <= uint256(terms.liquidationBps) * 100,
            "the call band is too narrow"
        );
        bool isSame = terms.maxDiscountBps == before.maxDiscountBps && terms.cap == before.cap;
        _hold(14, isSame, "a ramp moved the discount or the cap");
    }

    function _holdOwn(
        CollateralTerms memory before,
        CollateralTerms memory terms,
        VolatilityTerms memory t
    ) private {
        if (t.maintenanceBps == 0) return;
        // One on its way down may still be above its own.
        bool isWithin =
            (terms.initialBps <= t.initialBps || terms.initialBps <= before.initialBps) &&
                (terms.maintenanceBps <= t.maintenanceBps || terms.maintenanceBps <= before.maintenanceBps);
        _hold(14, isWithin, "a weight rose above its own");
    }

    function _readOwnEvents() private {
        Before memory b;
        _readEvents(b, vm.getRecordedLogs());
    }
}
