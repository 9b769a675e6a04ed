// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ListingChecks} from "./ListingChecks.sol";
import {IMarginVault} from "./interfaces/IMarginVault.sol";
import {IOracle} from "./interfaces/IOracle.sol";
import {IRiskConfigurator, Listing, VolatilityTerms} from "./interfaces/IRiskConfigurator.sol";
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

    mapping(IMarginVault vault => mapping(address asset => VolatilityTerms)) private _volatilityTerms;

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
        _setInitialWeight(vault, asset, newInitialBps);
    }

    /// @inheritdoc IRiskConfigurator
    function lowerInitialWeight(IMarginVault vault, address asset, uint16 newInitialBps) external restricted {
        VolatilityTerms memory t = _volatilityTerms[vault][asset];
        bool isFollowing = address(t.gauge) != address(0);
        _requireLower(isFollowing ? t.initialBps : _termsOf(vault, asset).initialBps, newInitialBps);
        _setInitialWeight(vault, asset, newInitialBps);
    }

    /// @inheritdoc IRiskConfigurator
    function setVolatility(
        IMarginVault vault,
        address asset,
        IVolatilityGauge newGauge,
        uint16 newSlopeBps,
        uint16 newCapBps
    ) external restricted {
        CollateralTerms memory terms = _termsOf(vault, asset);
        VolatilityTerms memory oldTerms = _volatilityTerms[vault][asset];
        VolatilityTerms memory newTerms;
        if (address(newGauge) != address(0)) {
            if (
                newSlopeBps == 0 ||
                newSlopeBps > MAX_SLOPE_BPS ||
                newCapBps == 0 ||
                newCapBps > MAX_TIGHTENING_BPS
            ) revert VolatilityTermsOutOfRange(newSlopeBps, newCapBps);
            newGauge.poke(0);
            bool isFirst = address(oldTerms.gauge) == address(0);
            newTerms = VolatilityTerms({
                gauge: newGauge,
                slopeBps: newSlopeBps,
                capBps: newCapBps,
                initialBps: isFirst ? terms.initialBps : oldTerms.initialBps,
                maintenanceBps: isFirst ? terms.maintenanceBps : oldTerms.maintenanceBps,
                loweredAt: oldTerms.loweredAt
            });
        } else {
            _requireGauge(vault, asset, oldTerms);
            (terms.initialBps, terms.maintenanceBps) = (oldTerms.initialBps, oldTerms.maintenanceBps);
        }
        _volatilityTerms[vault][asset] = newTerms;
        emit VolatilityTermsSet(vault, asset, oldTerms, newTerms);
        if (address(newGauge) == address(0)) vault.setCollateralTerms(asset, terms);
    }

    /// @inheritdoc IRiskConfigurator
    function poke(
        IMarginVault vault,
        address asset
    ) external returns (uint256 initialBps, uint256 maintenanceBps) {
        return _poke(vault, asset);
    }

    /// @inheritdoc IRiskConfigurator
    function setOracle(IMarginVault vault, IOracle newOracle) external restricted {
        _setOracle(vault, newOracle);
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
        if (
            newTerms.dustValue == 0 ||
            newTerms.dustValue > minimumDebt ||
            newTerms.maxBounty > minimumDebt / 10
        ) revert AmountsOutOfRange(minimumDebt, newTerms.dustValue, newTerms.maxBounty);
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
    function targetWeights(
        IMarginVault vault,
        address asset
    ) external view returns (uint256 initialBps, uint256 maintenanceBps) {
        VolatilityTerms memory t = _volatilityTerms[vault][asset];
        _requireGauge(vault, asset, t);
        Weights memory target = _targets(t, t.gauge.volatilityWad());
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

    function _setInitialWeight(IMarginVault vault, address asset, uint16 newInitialBps) private {
        CollateralTerms memory terms = _termsOf(vault, asset);
        VolatilityTerms storage t = _volatilityTerms[vault][asset];
        bool isFollowing = address(t.gauge) != address(0);
        terms.initialBps = newInitialBps;
        if (isFollowing) terms.maintenanceBps = t.maintenanceBps;
        ListingChecks.requireTerms(terms);
        if (!isFollowing) return vault.setCollateralTerms(asset, terms);
        t.initialBps = newInitialBps;
        _poke(vault, asset);
    }

    function _poke(
        IMarginVault vault,
        address asset
    ) private returns (uint256 initialBps, uint256 maintenanceBps) {
        VolatilityTerms storage t = _volatilityTerms[vault][asset];
        _requireGauge(vault, asset, t);
        bool isComplete;
        // A caller who starves it gains nothing either: what the gauge says then is incomplete.
        try t.gauge.poke(POKED_ROUNDS) returns (uint256, bool complete) {
            isComplete = complete;
        } catch {
            // Its last estimate stands.
        }
        uint256 volatilityWad = t.gauge.volatilityWad();
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
        if (initialBps == terms.initialBps && maintenanceBps == terms.maintenanceBps) {
            return (initialBps, maintenanceBps);
        }
        (terms.initialBps, terms.maintenanceBps) = (uint16(initialBps), uint16(maintenanceBps));
        vault.setCollateralTerms(asset, terms);
    }

    function _targets(VolatilityTerms memory t, uint256 volatilityWad) private view returns (Weights memory) {
        uint256 tighteningWad = VolatilityMath.tighteningWadDown({
            volatilityWad: volatilityWad,
            referenceWad: t.gauge.referenceWad(),
            slopeBps: t.slopeBps,
            capBps: t.capBps
        });
        return VolatilityMath.tightenedDown(Weights(t.initialBps, t.maintenanceBps), tighteningWad);
    }

    function _requireGauge(IMarginVault vault, address asset, VolatilityTerms memory t) private pure {
        if (address(t.gauge) == address(0)) revert NoGauge(vault, asset);
    }

    function _setOracle(IMarginVault vault, IOracle newOracle) private {
        ListingChecks.requireOracle(vault, newOracle);
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

    function _requireLower(uint256 present, uint256 wanted) private pure {
        if (wanted >= present) revert NotLower(wanted, present);
    }
}
