// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {ListingChecks} from "./ListingChecks.sol";
import {IMarginVault} from "./interfaces/IMarginVault.sol";
import {IOracle} from "./interfaces/IOracle.sol";
import {IRiskConfigurator, Listing, VolatilityTerms, WeightKind} from "./interfaces/IRiskConfigurator.sol";
import {IVolatilityGauge} from "./interfaces/IVolatilityGauge.sol";
import {BrakeTerms, CollateralTerms, RiskTerms} from "./interfaces/VaultTypes.sol";
import {VolatilityMath, Weights} from "./libraries/VolatilityMath.sol";

/// @title RiskConfigurator
/// @notice See `IRiskConfigurator`.
/// @dev The bounds are in the code. Of the parameters it keeps only what the vault has no room for: how weights follow
/// volatility, and what they are without it.
contract RiskConfigurator is AccessManaged, IRiskConfigurator {
    uint256 private constant MIN_TIME_SECONDS = 5 minutes;
    uint256 private constant MAX_TIME_SECONDS = 24 hours;
    uint256 private constant MAX_FEE_BPS = 3_000;
    uint256 private constant MIN_DEBTS_IN_BURST = 10;
    uint256 private constant MAX_HOURS_TO_FILL = 24;
    uint256 private constant MAX_SLOPE_BPS = 10_000;
    uint256 private constant MAX_TIGHTENING_BPS = 2_500;
    /// @dev Two days of an hourly heartbeat; whoever is further behind pokes the gauge itself.
    uint256 private constant POKED_ROUNDS = 48;

    /// @dev A liquidation weight falls by at most half a per cent of itself, at most once in so long. It is 1.04 times
    /// the maintenance weight at least, so that parameters alone take a week from an account that could not be called
    /// to one that can be sold without a call: many times the longest grace.
    uint256 private constant FLOOR_STEP_BPS = 50;
    uint256 private constant FLOOR_STEP_SECONDS = 1 days;
    /// @dev In whole quote tokens. A vault of which nobody could borrow, or all would be dust, is no vault.
    uint256 private constant MAX_MINIMUM_DEBT = 1_000_000;
    uint256 private constant MAX_DUST_VALUE = 10_000;

    /// @dev Where the liquidation weight of a collateral goes; zero: it has never been set.
    struct Floor {
        uint16 liquidationBps;
        /// When it was last lowered, unix seconds.
        uint32 loweredAt;
    }

    mapping(IMarginVault vault => mapping(address asset => VolatilityTerms)) private _volatilityTerms;
    mapping(IMarginVault vault => mapping(address asset => Floor)) private _floors;
    /// @dev When an oracle was last set whose prices were others than those before it, unix seconds.
    mapping(IMarginVault vault => uint256) private _oracleMovedAt;

    constructor(address governance) AccessManaged(governance) {
        if (governance.code.length == 0) revert AccessManagedInvalidAuthority(governance);
    }

    /// @inheritdoc IRiskConfigurator
    function listCollaterals(
        IMarginVault vault,
        Listing[] calldata listings,
        IOracle newOracle
    ) external restricted {
        for (uint256 i; i < listings.length; ++i) {
            ListingChecks.requireToken(listings[i].asset);
            ListingChecks.requireTerms(listings[i].terms);
            vault.listCollateral(listings[i].asset, listings[i].terms);
        }
        _setOracle(vault, newOracle);
        uint256 first = vault.collateralCount() - listings.length;
        for (uint256 i; i < listings.length; ++i) {
            ListingChecks.requireFeed(newOracle, first + i, listings[i].asset, listings[i].check);
        }
    }

    /// @inheritdoc IRiskConfigurator
    function setCap(IMarginVault vault, address asset, uint128 newCap) external restricted {
        _setCap(vault, asset, newCap, _termsOf(vault, asset));
    }

    /// @inheritdoc IRiskConfigurator
    function lowerCap(IMarginVault vault, address asset, uint128 newCap) external restricted {
        CollateralTerms memory terms = _termsOf(vault, asset);
        _requireLower(terms.cap, newCap);
        _setCap(vault, asset, newCap, terms);
    }

    /// @inheritdoc IRiskConfigurator
    function setInitialWeight(IMarginVault vault, address asset, uint16 newInitialBps) external restricted {
        _setWeight(vault, asset, WeightKind.Initial, newInitialBps);
    }

    /// @inheritdoc IRiskConfigurator
    function lowerInitialWeight(IMarginVault vault, address asset, uint16 newInitialBps) external restricted {
        (, CollateralTerms memory own) = _own(vault, asset);
        _requireLower(own.initialBps, newInitialBps);
        _setWeight(vault, asset, WeightKind.Initial, newInitialBps);
    }

    /// @inheritdoc IRiskConfigurator
    function setMaintenanceWeight(
        IMarginVault vault,
        address asset,
        uint16 newMaintenanceBps
    ) external restricted {
        _setWeight(vault, asset, WeightKind.Maintenance, newMaintenanceBps);
    }

    /// @inheritdoc IRiskConfigurator
    function setLiquidationWeight(
        IMarginVault vault,
        address asset,
        uint16 newLiquidationBps
    ) external restricted {
        _setWeight(vault, asset, WeightKind.Liquidation, newLiquidationBps);
    }

    /// @inheritdoc IRiskConfigurator
    function setVolatility(
        IMarginVault vault,
        address asset,
        IVolatilityGauge newGauge,
        uint16 newSlopeBps,
        uint16 newCapBps
    ) external restricted {
        VolatilityTerms memory oldTerms = _volatilityTerms[vault][asset];
        bool isFollowing = address(newGauge) != address(0);
        if (!isFollowing) {
            if (address(oldTerms.gauge) == address(0)) revert NoGauge(vault, asset);
            (newSlopeBps, newCapBps) = (0, 0);
        } else {
            if (
                newSlopeBps == 0 ||
                newSlopeBps > MAX_SLOPE_BPS ||
                newCapBps == 0 ||
                newCapBps > MAX_TIGHTENING_BPS
            ) revert VolatilityTermsOutOfRange(newSlopeBps, newCapBps);
            newGauge.poke(0);
        }
        (VolatilityTerms storage t, ) = _own(vault, asset);
        (t.gauge, t.slopeBps, t.capBps) = (newGauge, newSlopeBps, newCapBps);
        emit VolatilityTermsSet(vault, asset, oldTerms, t);
        if (!isFollowing) _poke(vault, asset);
    }

    /// @inheritdoc IRiskConfigurator
    function poke(
        IMarginVault vault,
        address asset
    ) external returns (uint256 initialBps, uint256 maintenanceBps) {
        bool isFollowing = address(_volatilityTerms[vault][asset].gauge) != address(0);
        if (!isFollowing && _isAtRest(vault, asset)) revert NoGauge(vault, asset);
        return _poke(vault, asset);
    }

    /// @inheritdoc IRiskConfigurator
    function setOracle(IMarginVault vault, IOracle newOracle) external restricted {
        _setOracle(vault, newOracle);
    }

    /// @inheritdoc IRiskConfigurator
    function correctOracle(
        IMarginVault vault,
        IOracle newOracle,
        uint256[] calldata expected36,
        uint16 toleranceBps
    ) external restricted {
        ListingChecks.requireCorrection(vault, newOracle, expected36, toleranceBps);
        _oracleMovedAt[vault] = block.timestamp;
        vault.setOracle(newOracle);
    }

    /// @inheritdoc IRiskConfigurator
    function setRiskTerms(IMarginVault vault, RiskTerms calldata newTerms) external restricted {
        uint256 minGrace = newTerms.minGraceSeconds;
        uint256 maxGrace = newTerms.maxGraceSeconds;
        if (minGrace < MIN_TIME_SECONDS || minGrace > maxGrace || maxGrace > MAX_TIME_SECONDS) {
            revert GraceOutOfRange(minGrace, maxGrace);
        }
        uint256 auction = newTerms.auctionSeconds;
        uint256 ramp = newTerms.rampSeconds;
        if (ramp < MIN_TIME_SECONDS || auction < 2 * ramp || auction > MAX_TIME_SECONDS) {
            revert AuctionOutOfRange(auction, ramp);
        }
        uint256 minimumDebt = newTerms.minimumDebt;
        uint256 unit = 10 ** IERC20Metadata(IERC4626(address(vault)).asset()).decimals();
        if (
            newTerms.dustValue == 0 ||
            newTerms.dustValue > minimumDebt ||
            newTerms.dustValue > MAX_DUST_VALUE * unit ||
            minimumDebt > MAX_MINIMUM_DEBT * unit ||
            newTerms.maxBounty > minimumDebt / 10
        ) revert AmountsOutOfRange(minimumDebt, newTerms.dustValue, newTerms.maxBounty);
        _requireBrakesFor(vault, minimumDebt);
        vault.setRiskTerms(newTerms);
    }

    /// @inheritdoc IRiskConfigurator
    function setBorrowCap(IMarginVault vault, uint32 newCap) external restricted {
        vault.setBorrowCap(newCap);
    }

    /// @inheritdoc IRiskConfigurator
    function setBrake(IMarginVault vault, address asset, BrakeTerms calldata newTerms) external restricted {
        uint256 minimumBurst = MIN_DEBTS_IN_BURST * vault.riskTerms().minimumDebt;
        bool isNone = newTerms.burst == 0 && newTerms.perHour == 0;
        bool isSlow = newTerms.burst > MAX_HOURS_TO_FILL * newTerms.perHour;
        if (!isNone && (newTerms.burst < minimumBurst || isSlow)) {
            revert BrakeOutOfRange(newTerms.burst, newTerms.perHour, minimumBurst);
        }
        vault.setBrake(asset, newTerms);
    }

    /// @inheritdoc IRiskConfigurator
    function lowerBorrowCap(IMarginVault vault, uint32 newCap) external restricted {
        _requireLower(vault.borrowCap(), newCap);
        vault.setBorrowCap(newCap);
    }

    /// @inheritdoc IRiskConfigurator
    function setFee(IMarginVault vault, uint16 newFeeBps, address newRecipient) external restricted {
        if (newFeeBps > MAX_FEE_BPS) revert FeeOutOfRange(newFeeBps);
        vault.setFee(newFeeBps, newRecipient);
    }

    /// @inheritdoc IRiskConfigurator
    function volatilityTerms(
        IMarginVault vault,
        address asset
    ) external view returns (VolatilityTerms memory) {
        return _volatilityTerms[vault][asset];
    }

    /// @inheritdoc IRiskConfigurator
    function ownWeights(
        IMarginVault vault,
        address asset
    ) public view returns (uint256 initialBps, uint256 maintenanceBps, uint256 liquidationBps) {
        CollateralTerms memory terms = _termsOf(vault, asset);
        VolatilityTerms memory t = _volatilityTerms[vault][asset];
        uint256 floor = _floors[vault][asset].liquidationBps;
        (initialBps, maintenanceBps) = t.maintenanceBps == 0
            ? (terms.initialBps, terms.maintenanceBps)
            : (t.initialBps, t.maintenanceBps);
        liquidationBps = floor == 0 ? terms.liquidationBps : floor;
    }

    /// @inheritdoc IRiskConfigurator
    function targetWeights(
        IMarginVault vault,
        address asset
    ) external view returns (uint256 initialBps, uint256 maintenanceBps) {
        VolatilityTerms memory t = _volatilityTerms[vault][asset];
        _requireOwn(vault, asset, t);
        Weights memory target = _targets(t, _volatilityWad(t));
        return (target.initialBps, target.maintenanceBps);
    }

    function _setCap(
        IMarginVault vault,
        address asset,
        uint128 newCap,
        CollateralTerms memory terms
    ) private {
        terms.cap = newCap;
        vault.setCollateralTerms(asset, terms);
    }

    function _setWeight(IMarginVault vault, address asset, WeightKind kind, uint16 newBps) private {
        (VolatilityTerms storage t, CollateralTerms memory own) = _own(vault, asset);
        uint256 oldBps;
        if (kind == WeightKind.Initial) (oldBps, own.initialBps) = (own.initialBps, newBps);
        else if (kind == WeightKind.Maintenance) (oldBps, own.maintenanceBps) = (own.maintenanceBps, newBps);
        else (oldBps, own.liquidationBps) = (own.liquidationBps, newBps);
        ListingChecks.requireTerms(own);
        emit WeightSet(vault, asset, kind, oldBps, newBps);
        (t.initialBps, t.maintenanceBps) = (own.initialBps, own.maintenanceBps);
        _floors[vault][asset].liquidationBps = own.liquidationBps;
        _poke(vault, asset);
    }

    /// @dev The terms of a collateral with its own weights: those towards which ramps go and on top of which volatility
    /// tightens. From here on they are kept apart from the vault's.
    function _own(
        IMarginVault vault,
        address asset
    ) private returns (VolatilityTerms storage t, CollateralTerms memory own) {
        own = _termsOf(vault, asset);
        t = _volatilityTerms[vault][asset];
        Floor storage floor = _floors[vault][asset];
        if (t.maintenanceBps == 0) (t.initialBps, t.maintenanceBps) = (own.initialBps, own.maintenanceBps);
        if (floor.liquidationBps == 0) floor.liquidationBps = own.liquidationBps;
        (own.initialBps, own.maintenanceBps) = (t.initialBps, t.maintenanceBps);
        own.liquidationBps = floor.liquidationBps;
    }

    function _poke(
        IMarginVault vault,
        address asset
    ) private returns (uint256 initialBps, uint256 maintenanceBps) {
        VolatilityTerms storage t = _volatilityTerms[vault][asset];
        _requireOwn(vault, asset, t);
        bool isComplete = _bringForward(t.gauge);
        uint256 volatilityWad = _volatilityWad(t);
        Weights memory target = _targets(t, volatilityWad);
        CollateralTerms memory terms = _termsOf(vault, asset);
        Weights memory next = VolatilityMath.nextWeights({
            current: Weights(terms.initialBps, terms.maintenanceBps),
            target: target,
            mayLower: block.timestamp >= t.loweredAt + VolatilityMath.STEP_SECONDS,
            mayLoosen: isComplete
        });
        emit WeightsPoked({
            vault: vault,
            asset: asset,
            volatilityWad: volatilityWad,
            isComplete: isComplete,
            initialBps: next.initialBps,
            maintenanceBps: next.maintenanceBps,
            targetMaintenanceBps: target.maintenanceBps
        });
        (initialBps, maintenanceBps) = (next.initialBps, next.maintenanceBps);
        if (maintenanceBps < terms.maintenanceBps) t.loweredAt = uint32(block.timestamp);
        uint256 liquidationBps = _nextFloor(_floors[vault][asset], terms.liquidationBps, maintenanceBps);
        bool isSame =
            initialBps == terms.initialBps &&
                maintenanceBps == terms.maintenanceBps &&
                liquidationBps == terms.liquidationBps;
        if (isSame) return (initialBps, maintenanceBps);
        (terms.initialBps, terms.maintenanceBps) = (uint16(initialBps), uint16(maintenanceBps));
        terms.liquidationBps = uint16(liquidationBps);
        vault.setCollateralTerms(asset, terms);
    }

    /// @dev Whether the weights in the vault are where their ramps go.
    function _isAtRest(IMarginVault vault, address asset) private view returns (bool) {
        CollateralTerms memory terms = _termsOf(vault, asset);
        (uint256 initialBps, uint256 maintenanceBps, uint256 liquidationBps) = ownWeights(vault, asset);
        return
            terms.initialBps == initialBps &&
            terms.maintenanceBps == maintenanceBps &&
            terms.liquidationBps == liquidationBps;
    }

    /// @dev Returns whether the volatility is that of all rounds. Without a gauge there is none to wait for.
    function _bringForward(IVolatilityGauge gauge) private returns (bool isComplete) {
        if (address(gauge) == address(0)) return true;
        // A caller who starves it gains nothing either: what the gauge says then is incomplete.
        try gauge.poke(POKED_ROUNDS) returns (uint256, bool complete) {
            isComplete = complete;
        } catch {
            // Its last estimate stands.
        }
    }

    /// @dev A higher floor holds at once, for it spares accounts. A lower one is reached by steps, and waits for the
    /// maintenance weight where that is on its own way down: the call band never gets narrower than it may be.
    function _nextFloor(
        Floor storage floor,
        uint256 liquidationBps,
        uint256 maintenanceBps
    ) private returns (uint256 next) {
        uint256 own = floor.liquidationBps;
        if (own == 0 || own == liquidationBps) return liquidationBps;
        if (own > liquidationBps) return own;
        if (block.timestamp < floor.loweredAt + FLOOR_STEP_SECONDS) return liquidationBps;
        uint256 lowest =
            (maintenanceBps * ListingChecks.MIN_BAND_RATIO_BPS + ListingChecks.BPS - 1) / ListingChecks.BPS;
        next = liquidationBps - (liquidationBps * FLOOR_STEP_BPS) / ListingChecks.BPS;
        if (next < own) next = own;
        if (next < lowest) next = lowest;
        if (next >= liquidationBps) return liquidationBps;
        floor.loweredAt = uint32(block.timestamp);
    }

    function _volatilityWad(VolatilityTerms memory t) private view returns (uint256) {
        return address(t.gauge) == address(0) ? 0 : t.gauge.volatilityWad();
    }

    function _targets(VolatilityTerms memory t, uint256 volatilityWad) private view returns (Weights memory) {
        Weights memory own = Weights(t.initialBps, t.maintenanceBps);
        if (address(t.gauge) == address(0)) return own;
        uint256 tighteningWad = VolatilityMath.tighteningWadDown({
            volatilityWad: volatilityWad,
            referenceWad: t.gauge.referenceWad(),
            slopeBps: t.slopeBps,
            capBps: t.capBps
        });
        return VolatilityMath.tightenedDown(own, tighteningWad);
    }

    function _requireOwn(IMarginVault vault, address asset, VolatilityTerms memory t) private pure {
        if (t.maintenanceBps == 0) revert NoGauge(vault, asset);
    }

    function _setOracle(IMarginVault vault, IOracle newOracle) private {
        if (ListingChecks.requireOracle(vault, newOracle)) {
            uint256 next = _oracleMovedAt[vault] + MAX_TIME_SECONDS;
            // Two small steps are a large one: between them whom the first has called has all the time of a call.
            if (block.timestamp < next) revert OracleMovedLately(next);
            _oracleMovedAt[vault] = block.timestamp;
        }
        vault.setOracle(newOracle);
    }

    function _termsOf(IMarginVault vault, address asset) private view returns (CollateralTerms memory) {
        uint256 count = vault.collateralCount();
        for (uint256 j; j < count; ++j) {
            (address listed, CollateralTerms memory terms, ) = vault.collateralAt(j);
            if (listed == asset) return terms;
        }
        revert NotListed(vault, asset);
    }

    /// @dev No bucket may come to be too small for what is sold.
    function _requireBrakesFor(IMarginVault vault, uint256 minimumDebt) private view {
        uint256 count = vault.collateralCount();
        for (uint256 j; j < count; ++j) {
            (address asset, , ) = vault.collateralAt(j);
            (, uint256 burst, uint256 perHour) = vault.capacity(asset);
            uint256 minimumBurst = MIN_DEBTS_IN_BURST * minimumDebt;
            if (perHour != 0 && burst < minimumBurst) revert BrakeOutOfRange(burst, perHour, minimumBurst);
        }
    }

    function _requireLower(uint256 present, uint256 wanted) private pure {
        if (wanted >= present) revert NotLower(wanted, present);
    }
}
