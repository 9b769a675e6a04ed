// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IMarginVault} from "./interfaces/IMarginVault.sol";
import {IOracle} from "./interfaces/IOracle.sol";
import {IFeedOracle, IPriceFeed} from "./interfaces/IPriceFeed.sol";
import {FeedCheck, IRiskConfigurator} from "./interfaces/IRiskConfigurator.sol";
import {CollateralTerms} from "./interfaces/VaultTypes.sol";

/// @title What must hold of a collateral, its weights and its prices before a vault relies on them
/// @dev Each refusal is an error of `IRiskConfigurator`.
library ListingChecks {
    uint256 internal constant BPS = 1e4;
    /// @dev `K`, the cure level, over which a new loan must stand.
    uint256 internal constant MIN_CURE_RATIO_BPS = 10_200;
    /// @dev The narrowest call band.
    uint256 internal constant MIN_BAND_RATIO_BPS = 10_400;
    /// @dev A price may fall this far beyond the floor before a sale at the deepest discount leaves a loss.
    uint256 private constant GAP_BPS = 500;
    uint256 private constant MIN_DISCOUNT_BPS = 100;
    uint256 private constant MAX_DISCOUNT_BPS = 1_500;
    uint256 private constant MAX_TOKEN_DECIMALS = 36;
    uint256 private constant PRICE_SCALE = 1e36;
    uint256 private constant MIN_UNITS_IN_DUST = 100;
    uint256 private constant MAX_TOLERANCE_BPS = 2_000;
    /// @dev Half the narrowest call band.
    uint256 private constant MAX_JUMP_BPS = 200;

    function requireToken(address asset) internal view {
        if (asset.code.length == 0) revert IRiskConfigurator.NotAToken(asset);
        (bool success, bytes memory result) = asset.staticcall(abi.encodeWithSignature("decimals()"));
        if (!success || result.length < 32 || abi.decode(result, (uint256)) > MAX_TOKEN_DECIMALS) {
            revert IRiskConfigurator.NotAToken(asset);
        }
    }

    function requireTerms(CollateralTerms memory terms) internal pure {
        uint256 initial = terms.initialBps;
        uint256 maintenance = terms.maintenanceBps;
        uint256 liquidation = terms.liquidationBps;
        uint256 discount = terms.maxDiscountBps;
        if (discount < MIN_DISCOUNT_BPS || discount > MAX_DISCOUNT_BPS) {
            revert IRiskConfigurator.DiscountOutOfRange(discount);
        }
        bool ordered =
            initial != 0 &&
                initial * MIN_CURE_RATIO_BPS <= maintenance * BPS &&
                maintenance * MIN_BAND_RATIO_BPS <= liquidation * BPS;
        if (!ordered) revert IRiskConfigurator.WeightsOutOfOrder(initial, maintenance, liquidation);
        uint256 maximum = ((BPS - discount) * (BPS - GAP_BPS)) / BPS;
        if (liquidation > maximum) revert IRiskConfigurator.LiquidationWeightTooHigh(liquidation, maximum);
    }

    /// @notice The oracle of collateral `number` reads the feed that was expected, which says of itself what was
    /// expected, and comes to a price near the expected one.
    function requireFeed(
        IOracle oracle,
        uint256 number,
        address asset,
        FeedCheck calldata check
    ) internal view {
        address feed = IFeedOracle(address(oracle)).feedOf(number);
        if (feed != check.feed) revert IRiskConfigurator.FeedMismatch(asset, feed, check.feed);
        uint256 decimals = IPriceFeed(feed).decimals();
        if (decimals != check.feedDecimals) {
            revert IRiskConfigurator.FeedDecimalsMismatch(asset, decimals, check.feedDecimals);
        }
        string memory description = IPriceFeed(feed).description();
        if (keccak256(bytes(description)) != keccak256(bytes(check.description))) {
            revert IRiskConfigurator.FeedDescriptionMismatch(asset, description, check.description);
        }
        (uint256 price36, ) = oracle.price(asset);
        requireNear(asset, price36, check.price36, check.toleranceBps);
    }

    /// @notice `price36` differs from `expected36` by at most `toleranceBps` of the latter.
    function requireNear(
        address asset,
        uint256 price36,
        uint256 expected36,
        uint256 toleranceBps
    ) internal pure {
        if (toleranceBps == 0 || toleranceBps > MAX_TOLERANCE_BPS) {
            revert IRiskConfigurator.ToleranceOutOfRange(toleranceBps, MAX_TOLERANCE_BPS);
        }
        uint256 difference = price36 > expected36 ? price36 - expected36 : expected36 - price36;
        // Divided, for an expected price is anybody's number and could be too large to multiply.
        bool isNear = difference <= (expected36 / BPS) * toleranceBps;
        if (!isNear) revert IRiskConfigurator.PriceNotAsExpected(asset, price36, expected36, toleranceBps);
    }

    /// @notice `newOracle` knows the vault's collaterals in their order, in its quote asset, with a price each, near
    /// the present one where there is one. Returns whether any price is another than it was.
    function requireOracle(IMarginVault vault, IOracle newOracle) internal view returns (bool isMoving) {
        _requireAssets(vault, newOracle);
        IOracle oldOracle = vault.oracle();
        if (address(oldOracle) == address(0)) return false;
        address[] memory known = oldOracle.assets();
        for (uint256 j; j < known.length; ++j) {
            (uint256 presentPrice36, bool wasFresh) = oldOracle.price(known[j]);
            (uint256 newPrice36, bool isFresh) = newOracle.price(known[j]);
            if (!wasFresh || !isFresh) continue;
            uint256 difference =
                newPrice36 > presentPrice36 ? newPrice36 - presentPrice36 : presentPrice36 - newPrice36;
            if (difference * BPS > presentPrice36 * MAX_JUMP_BPS) {
                revert IRiskConfigurator.OraclePriceJumps(known[j], presentPrice36, newPrice36);
            }
            if (difference != 0) isMoving = true;
        }
    }

    /// @notice The same, but for the present prices, with `expected36` in their place.
    function requireCorrection(
        IMarginVault vault,
        IOracle newOracle,
        uint256[] calldata expected36,
        uint256 toleranceBps
    ) internal view {
        _requireAssets(vault, newOracle);
        address[] memory assets = newOracle.assets();
        if (expected36.length != assets.length) {
            revert IRiskConfigurator.ExpectationsMismatch(expected36.length, assets.length);
        }
        for (uint256 j; j < assets.length; ++j) {
            (uint256 price36, bool isFresh) = newOracle.price(assets[j]);
            if (isFresh) requireNear(assets[j], price36, expected36[j], toleranceBps);
        }
    }

    function _requireAssets(IMarginVault vault, IOracle newOracle) private view {
        address vaultQuote = IERC4626(address(vault)).asset();
        if (newOracle.quoteAsset() != vaultQuote) {
            revert IRiskConfigurator.OracleQuoteMismatch(newOracle.quoteAsset(), vaultQuote);
        }
        address[] memory assets = newOracle.assets();
        uint256 count = vault.collateralCount();
        if (assets.length != count) {
            revert IRiskConfigurator.OracleAssetMismatch(assets.length < count ? assets.length : count);
        }
        for (uint256 j; j < count; ++j) {
            (address listed, , ) = vault.collateralAt(j);
            if (assets[j] != listed) revert IRiskConfigurator.OracleAssetMismatch(j);
            _requirePrice(vault, newOracle, j, listed);
        }
    }

    /// @dev A collateral that the present oracle has no fresh price for either may stay without one: a dead asset must
    /// not keep the others from a new oracle.
    function _requirePrice(
        IMarginVault vault,
        IOracle newOracle,
        uint256 number,
        address asset
    ) private view {
        (uint256 price36, bool fresh) = newOracle.price(asset);
        if (fresh && price36 == 0) revert IRiskConfigurator.OraclePriceMissing(asset);
        if (!fresh) {
            IOracle oldOracle = vault.oracle();
            bool isNew = address(oldOracle) == address(0) || oldOracle.assets().length <= number;
            if (isNew) revert IRiskConfigurator.OraclePriceMissing(asset);
            (, bool wasFresh) = oldOracle.price(asset);
            if (wasFresh) revert IRiskConfigurator.OraclePriceMissing(asset);
            return;
        }
        uint256 maximum36 = (uint256(vault.riskTerms().dustValue) * PRICE_SCALE) / MIN_UNITS_IN_DUST;
        if (price36 > maximum36) revert IRiskConfigurator.UnitTooValuable(asset, price36, maximum36);
    }
}
