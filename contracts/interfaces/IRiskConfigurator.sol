// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarginVault} from "./IMarginVault.sol";
import {IOracle} from "./IOracle.sol";
import {CollateralTerms, RiskTerms} from "./VaultTypes.sol";

/// @notice A collateral to list.
struct Listing {
    address asset;
    CollateralTerms terms;
}

/// @title The parameters of vaults, inside bounds
/// @notice The only caller of a vault's setters; one configurator may serve many vaults. Weights, discounts and fees in
/// bps, times in seconds, amounts in base units. Every function but the bounds is the owner's and reverts with
/// `OwnableUnauthorizedAccount` for others.
interface IRiskConfigurator {
    /// @notice Weights must satisfy `0 < initial < maintenance < liquidation` with
    /// `initial * 1.02 <= maintenance` and `maintenance * 1.04 <= liquidation`.
    error WeightsOutOfOrder(uint256 initialBps, uint256 maintenanceBps, uint256 liquidationBps);

    /// @notice `liquidationBps` exceeds `(1 - d1) * (1 - 5 %)`, here `maximumBps`: a sale at the deepest discount could
    /// lower the floor health.
    error LiquidationWeightTooHigh(uint256 liquidationBps, uint256 maximumBps);

    /// @notice The deepest discount lies outside 1 % to 15 %.
    error DiscountOutOfRange(uint256 maxDiscountBps);

    /// @notice Grace times must satisfy `5 min <= minimum <= maximum <= 24 h`.
    error GraceOutOfRange(uint256 minGraceSeconds, uint256 maxGraceSeconds);

    /// @notice The auction must last at least twice its ramp, the ramp at least 5 min, the auction at most 24 h.
    error AuctionOutOfRange(uint256 auctionSeconds, uint256 rampSeconds);

    /// @notice Amounts must satisfy `0 < dustValue <= minimumDebt` and `maxBounty <= minimumDebt / 10`.
    error AmountsOutOfRange(uint256 minimumDebt, uint256 dustValue, uint256 maxBounty);

    /// @notice The fee exceeds 30 % of interest.
    error FeeOutOfRange(uint256 feeBps);

    /// @notice The oracle quotes in `oracleQuote`, the vault lends `vaultQuote`.
    error OracleQuoteMismatch(address oracleQuote, address vaultQuote);

    /// @notice The oracle's assets are not the vault's in the vault's order: number `number` differs.
    error OracleAssetMismatch(uint256 number);

    /// @notice The new oracle has no fresh price for `asset`, which is new or has one in the present oracle.
    error OraclePriceMissing(address asset);

    /// @notice A base unit of `asset` must be worth at most a hundredth of the vault's dust value, here `maximum36`
    /// (quote base units, times 1e36): a collateral that cannot be divided finely cannot be sold in tranches.
    error UnitTooValuable(address asset, uint256 price36, uint256 maximum36);

    /// @notice `asset` has no code, or no decimals up to 36.
    error NotAToken(address asset);

    /// @notice `asset` is not listed in `vault`.
    error NotListed(IMarginVault vault, address asset);

    /// @notice Lists collaterals in this order, and points the vault at an oracle that knows them all. The vault's risk
    /// terms have to be set before. Reverts with the errors of weights, discount and oracle above, `NotAToken`, and the
    /// vault's.
    function listCollaterals(IMarginVault vault, Listing[] calldata listings, IOracle newOracle) external;

    /// @notice Sets the cap of a collateral. A lower one takes nothing from anybody: holders can still deposit, repay,
    /// leave, and be liquidated, but not borrow more. Reverts with `NotListed`.
    function setCap(IMarginVault vault, address asset, uint128 newCap) external;

    /// @notice Sets the initial weight of a collateral. It binds new risk only, so that it may change at once; the
    /// other two may not change until they can be ramped. Reverts with `NotListed`, `WeightsOutOfOrder`.
    function setInitialWeight(IMarginVault vault, address asset, uint16 newInitialBps) external;

    /// @notice Points the vault at another oracle for the same collaterals. Reverts with the oracle errors above.
    function setOracle(IMarginVault vault, IOracle newOracle) external;

    /// @notice Sets the vault's amounts and times. Reverts with `GraceOutOfRange`, `AuctionOutOfRange`,
    /// `AmountsOutOfRange`.
    function setRiskTerms(IMarginVault vault, RiskTerms calldata newTerms) external;

    /// @notice Sets the most that may be lent, in whole quote tokens; the largest uint32 is no cap.
    function setBorrowCap(IMarginVault vault, uint32 newCap) external;

    /// @notice Sets the fee on interest and its recipient (zero: the insurance). Reverts with `FeeOutOfRange`.
    function setFee(IMarginVault vault, uint16 newFeeBps, address newRecipient) external;
}
