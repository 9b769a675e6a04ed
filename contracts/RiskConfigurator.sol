// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IMarginVault} from "./interfaces/IMarginVault.sol";
import {IOracle} from "./interfaces/IOracle.sol";
import {IRiskConfigurator, Listing} from "./interfaces/IRiskConfigurator.sol";
import {CollateralTerms, RiskTerms} from "./interfaces/VaultTypes.sol";

/// @title RiskConfigurator
/// @notice See `IRiskConfigurator`.
/// @dev Holds no parameters of its own but the bounds, which are in the code.
contract RiskConfigurator is Ownable2Step, IRiskConfigurator {
    uint256 private constant BPS = 1e4;
    /// @dev A price may fall this far beyond the floor before a sale at the deepest discount leaves a loss.
    uint256 private constant GAP_BPS = 500;
    uint256 private constant MIN_CURE_RATIO_BPS = 10_200;
    uint256 private constant MIN_BAND_RATIO_BPS = 10_400;
    uint256 private constant MIN_DISCOUNT_BPS = 100;
    uint256 private constant MAX_DISCOUNT_BPS = 1_500;
    uint256 private constant MIN_TIME_SECONDS = 5 minutes;
    uint256 private constant MAX_TIME_SECONDS = 24 hours;
    uint256 private constant MAX_FEE_BPS = 3_000;
    uint256 private constant MAX_TOKEN_DECIMALS = 36;
    uint256 private constant PRICE_SCALE = 1e36;
    uint256 private constant MIN_UNITS_IN_DUST = 100;

    constructor(address initialOwner) Ownable(initialOwner) {}

    /// @inheritdoc IRiskConfigurator
    function listCollaterals(
        IMarginVault vault,
        Listing[] calldata listings,
        IOracle newOracle
    ) external onlyOwner {
        for (uint256 i; i < listings.length; ++i) {
            _checkToken(listings[i].asset);
            _checkTerms(listings[i].terms);
            vault.listCollateral(listings[i].asset, listings[i].terms);
        }
        _setOracle(vault, newOracle);
    }

    /// @inheritdoc IRiskConfigurator
    function setCap(IMarginVault vault, address asset, uint128 newCap) external onlyOwner {
        CollateralTerms memory terms = _termsOf(vault, asset);
        terms.cap = newCap;
        vault.setCollateralTerms(asset, terms);
    }

    /// @inheritdoc IRiskConfigurator
    function setInitialWeight(IMarginVault vault, address asset, uint16 newInitialBps) external onlyOwner {
        CollateralTerms memory terms = _termsOf(vault, asset);
        terms.initialBps = newInitialBps;
        _checkTerms(terms);
        vault.setCollateralTerms(asset, terms);
    }

    /// @inheritdoc IRiskConfigurator
    function setOracle(IMarginVault vault, IOracle newOracle) external onlyOwner {
        _setOracle(vault, newOracle);
    }

    /// @inheritdoc IRiskConfigurator
    function setRiskTerms(IMarginVault vault, RiskTerms calldata newTerms) external onlyOwner {
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
    function setBorrowCap(IMarginVault vault, uint32 newCap) external onlyOwner {
        vault.setBorrowCap(newCap);
    }

    /// @inheritdoc IRiskConfigurator
    function setFee(IMarginVault vault, uint16 newFeeBps, address newRecipient) external onlyOwner {
        if (newFeeBps > MAX_FEE_BPS) revert FeeOutOfRange(newFeeBps);
        vault.setFee(newFeeBps, newRecipient);
    }

    function _setOracle(IMarginVault vault, IOracle newOracle) private {
        address vaultQuote = IERC4626(address(vault)).asset();
        if (newOracle.quoteAsset() != vaultQuote) {
            revert OracleQuoteMismatch(newOracle.quoteAsset(), vaultQuote);
        }
        address[] memory assets = newOracle.assets();
        uint256 count = vault.collateralCount();
        if (assets.length != count) revert OracleAssetMismatch(assets.length < count ? assets.length : count);
        for (uint256 j; j < count; ++j) {
            (address listed, , ) = vault.collateralAt(j);
            if (assets[j] != listed) revert OracleAssetMismatch(j);
            _checkPrice(vault, newOracle, j, listed);
        }
        vault.setOracle(newOracle);
    }

    /// @dev A collateral that the present oracle has no fresh price for either may stay without one: a dead asset must
    /// not keep the others from a new oracle.
    function _checkPrice(IMarginVault vault, IOracle newOracle, uint256 number, address asset) private view {
        (uint256 price36, bool fresh) = newOracle.price(asset);
        if (fresh && price36 == 0) revert OraclePriceMissing(asset);
        if (!fresh) {
            IOracle oldOracle = vault.oracle();
            bool isNew = address(oldOracle) == address(0) || oldOracle.assets().length <= number;
            if (isNew) revert OraclePriceMissing(asset);
            (, bool wasFresh) = oldOracle.price(asset);
            if (wasFresh) revert OraclePriceMissing(asset);
            return;
        }
        uint256 maximum36 = (uint256(vault.riskTerms().dustValue) * PRICE_SCALE) / MIN_UNITS_IN_DUST;
        if (price36 > maximum36) revert UnitTooValuable(asset, price36, maximum36);
    }

    function _termsOf(IMarginVault vault, address asset) private view returns (CollateralTerms memory) {
        uint256 count = vault.collateralCount();
        for (uint256 j; j < count; ++j) {
            (address listed, CollateralTerms memory terms, ) = vault.collateralAt(j);
            if (listed == asset) return terms;
        }
        revert NotListed(vault, asset);
    }

    function _checkTerms(CollateralTerms memory terms) private pure {
        uint256 initial = terms.initialBps;
        uint256 maintenance = terms.maintenanceBps;
        uint256 liquidation = terms.liquidationBps;
        uint256 discount = terms.maxDiscountBps;
        if (discount < MIN_DISCOUNT_BPS || discount > MAX_DISCOUNT_BPS) revert DiscountOutOfRange(discount);
        bool ordered =
            initial != 0 &&
                initial * MIN_CURE_RATIO_BPS <= maintenance * BPS &&
                maintenance * MIN_BAND_RATIO_BPS <= liquidation * BPS;
        if (!ordered) revert WeightsOutOfOrder(initial, maintenance, liquidation);
        uint256 maximum = ((BPS - discount) * (BPS - GAP_BPS)) / BPS;
        if (liquidation > maximum) revert LiquidationWeightTooHigh(liquidation, maximum);
    }

    function _checkToken(address asset) private view {
        if (asset.code.length == 0) revert NotAToken(asset);
        (bool success, bytes memory result) = asset.staticcall(abi.encodeWithSignature("decimals()"));
        if (!success || result.length < 32 || abi.decode(result, (uint256)) > MAX_TOKEN_DECIMALS) {
            revert NotAToken(asset);
        }
    }
}
