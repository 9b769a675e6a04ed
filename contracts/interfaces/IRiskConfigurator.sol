// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarginVault} from "./IMarginVault.sol";
import {IOracle} from "./IOracle.sol";
import {IVolatilityGauge} from "./IVolatilityGauge.sol";
import {BrakeTerms, CollateralTerms, RiskTerms} from "./VaultTypes.sol";

/// @notice What whoever lists a collateral takes its feed for. A feed that is something else is refused: one of a ratio
/// where dollars were meant says so in its description, its decimals or its price.
struct FeedCheck {
    /// The feed that the oracle reads.
    address feed;
    uint8 feedDecimals;
    /// As the feed has it, to the letter.
    string description;
    /// The price as known from elsewhere, quote base units per base unit, times 1e36.
    uint256 price36;
    /// How far the oracle's price may be from it, bps, from 1 to 2,000.
    uint16 toleranceBps;
}

/// @notice A collateral to list.
struct Listing {
    address asset;
    CollateralTerms terms;
    FeedCheck check;
}

/// @notice How the weights of a collateral follow the volatility of its price. One slot.
struct VolatilityTerms {
    /// What measures it; zero: the weights do not follow it.
    IVolatilityGauge gauge;
    /// Tightening in bps for each 100 % of volatility above the gauge's reference.
    uint16 slopeBps;
    /// The most it can be.
    uint16 capBps;
    /// The weights without any tightening, where their ramps go; zero: the vault's, which have never been set.
    uint16 initialBps;
    uint16 maintenanceBps;
    /// When the maintenance weight was last lowered, unix seconds.
    uint32 loweredAt;
}

/// @notice One of a collateral's three weights.
enum WeightKind {
    Initial,
    Maintenance,
    Liquidation
}

/// @title The parameters of vaults, inside bounds
/// @notice The only caller of a vault's setters; one configurator may serve many vaults. Weights, discounts and fees in
/// bps, times in seconds, amounts in base units. Every function that changes something belongs to a role of the
/// configurator's `Governance` and reverts for others with `AccessManagedUnauthorized`: `poke` is anyone's, what begins
/// with `lower` the risk steward's, at once, the rest the risk admin's, after a delay.
interface IRiskConfigurator {
    /// @notice The weights of `asset` in `vault` follow volatility as `newTerms` say, or no longer.
    event VolatilityTermsSet(
        IMarginVault indexed vault,
        address indexed asset,
        VolatilityTerms oldTerms,
        VolatilityTerms newTerms
    );

    /// @notice A weight of `asset` in `vault` is to be `newBps`, without any tightening; `poke` brings it there.
    event WeightSet(
        IMarginVault indexed vault,
        address indexed asset,
        WeightKind indexed kind,
        uint256 oldBps,
        uint256 newBps
    );

    /// @notice The weights of `asset` in `vault` are now these. The maintenance weight has further to go where it is
    /// above `targetMaintenanceBps`. `isComplete`: the volatility is that of all rounds, without which nothing loosens.
    event WeightsPoked(
        IMarginVault indexed vault,
        address indexed asset,
        uint256 volatilityWad,
        bool isComplete,
        uint256 initialBps,
        uint256 maintenanceBps,
        uint256 targetMaintenanceBps
    );

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

    /// @notice Amounts must satisfy `0 < dustValue <= minimumDebt` and `maxBounty <= minimumDebt / 10`, and be at most
    /// 10,000 (dust) and 1,000,000 (debt) whole quote tokens.
    error AmountsOutOfRange(uint256 minimumDebt, uint256 dustValue, uint256 maxBounty);

    /// @notice A brake's bucket must hold `minimumBurst`, ten minimum debts, or more, and fill within a day; or both
    /// terms are zero, for no brake.
    error BrakeOutOfRange(uint256 burst, uint256 perHour, uint256 minimumBurst);

    /// @notice The fee exceeds 30 % of interest.
    error FeeOutOfRange(uint256 feeBps);

    /// @notice The oracle quotes in `oracleQuote`, the vault lends `vaultQuote`.
    error OracleQuoteMismatch(address oracleQuote, address vaultQuote);

    /// @notice The oracle's assets are not the vault's in the vault's order: number `number` differs.
    error OracleAssetMismatch(uint256 number);

    /// @notice The new oracle has no fresh price for `asset`, which is new or has one in the present oracle.
    error OraclePriceMissing(address asset);

    /// @notice The new oracle's price of `asset` differs from the present one by more than 2 %, half the narrowest call
    /// band: a change of oracle may call an account, but must not liquidate one that could not be called.
    error OraclePriceJumps(address asset, uint256 presentPrice36, uint256 newPrice36);

    /// @notice An oracle with other prices was set lately; the next may be from `earliestAt` on, unix seconds.
    error OracleMovedLately(uint256 earliestAt);

    /// @notice As many expected prices are needed as there are collaterals.
    error ExpectationsMismatch(uint256 given, uint256 needed);

    /// @notice A base unit of `asset` must be worth at most a hundredth of the vault's dust value, here `maximum36`
    /// (quote base units, times 1e36): a collateral that cannot be divided finely cannot be sold in tranches.
    error UnitTooValuable(address asset, uint256 price36, uint256 maximum36);

    /// @notice The oracle reads `feed` for `asset`, the listing names `expected`.
    error FeedMismatch(address asset, address feed, address expected);

    /// @notice The answers of the feed of `asset` have `decimals`, the listing says `expected`.
    error FeedDecimalsMismatch(address asset, uint256 decimals, uint256 expected);

    /// @notice The feed of `asset` describes itself as `description`, the listing says `expected`.
    error FeedDescriptionMismatch(address asset, string description, string expected);

    /// @notice The oracle's price of `asset` is further than `toleranceBps` from the expected one (quote base units per
    /// base unit, times 1e36).
    error PriceNotAsExpected(address asset, uint256 price36, uint256 expected36, uint256 toleranceBps);

    /// @notice A tolerance lies in 1 to `maximumBps`.
    error ToleranceOutOfRange(uint256 toleranceBps, uint256 maximumBps);

    /// @notice `asset` has no code, or no decimals up to 36.
    error NotAToken(address asset);

    /// @notice The slope must lie in 1 to 10,000 bps, the cap in 1 to 2,500.
    error VolatilityTermsOutOfRange(uint256 slopeBps, uint256 capBps);

    /// @notice The weights of `asset` in `vault` follow no volatility and are where they are to be: there is nothing to
    /// poke, to aim at or to take away.
    error NoGauge(IMarginVault vault, address asset);

    /// @notice What is set without a delay must be lower than what there is, `present`.
    error NotLower(uint256 wanted, uint256 present);

    /// @notice `asset` is not listed in `vault`.
    error NotListed(IMarginVault vault, address asset);

    /// @notice Lists collaterals in this order, and points the vault at an oracle that knows them all. The vault's risk
    /// terms have to be set before. Reverts with the errors of weights, discount, oracle and feed above, `NotAToken`,
    /// and the vault's.
    function listCollaterals(IMarginVault vault, Listing[] calldata listings, IOracle newOracle) external;

    /// @notice Sets the cap of a collateral. A lower one takes nothing from anybody: holders can still deposit, repay,
    /// leave, and be liquidated, but not borrow more. Reverts with `NotListed`.
    function setCap(IMarginVault vault, address asset, uint128 newCap) external;

    /// @notice As `setCap`, downwards and at once. Reverts with `NotLower`, `NotListed`.
    function lowerCap(IMarginVault vault, address asset, uint128 newCap) external;

    /// @notice Sets the initial weight of a collateral. It binds new risk only, so that it changes at once. Like the
    /// other two it is the one without any tightening, and `poke` is done with it. Reverts with `NotListed`,
    /// `WeightsOutOfOrder`.
    function setInitialWeight(IMarginVault vault, address asset, uint16 newInitialBps) external;

    /// @notice As `setInitialWeight`, downwards and at once. Reverts with `NotLower`, `NotListed`, `WeightsOutOfOrder`.
    function lowerInitialWeight(IMarginVault vault, address asset, uint16 newInitialBps) external;

    /// @notice Sets the maintenance weight of a collateral: a higher one at once, a lower one by the steps that `poke`
    /// takes, 25 bps an hour at most, whether volatility or this lowers it. The initial weight must fit already.
    /// Reverts with `NotListed`, `WeightsOutOfOrder`.
    function setMaintenanceWeight(IMarginVault vault, address asset, uint16 newMaintenanceBps) external;

    /// @notice Sets the liquidation weight of a collateral: a higher one at once, a lower one by the steps that `poke`
    /// takes, half a per cent of it a day at most and never nearer to the maintenance weight than the call band may be.
    /// Below 200 bps it falls no further. Reverts with `NotListed`, `WeightsOutOfOrder`, `LiquidationWeightTooHigh`.
    function setLiquidationWeight(IMarginVault vault, address asset, uint16 newLiquidationBps) external;

    /// @notice Lets the weights of a collateral follow the volatility that `newGauge` measures, from the next poke on:
    /// `weight / (1 + clamp(slope * max(0, volatility - reference), 0, cap))`. With the zero address they follow it no
    /// longer and go where they would be without, upwards at once; the other two arguments then count for nothing.
    /// Reverts with `NotListed`, `VolatilityTermsOutOfRange`, `NoGauge` when there is none to take away, and whatever
    /// `newGauge` does when it is none.
    function setVolatility(
        IMarginVault vault,
        address asset,
        IVolatilityGauge newGauge,
        uint16 newSlopeBps,
        uint16 newCapBps
    ) external;

    /// @notice Brings the gauge of a collateral forward and the vault's weights with it, one step where they are on
    /// their way down. Anyone may. The initial weight tightens at once; the maintenance weight by at most 25 bps, at
    /// least an hour after it last did; the liquidation weight, which follows no volatility, by half a per cent a day.
    /// They loosen at once, the first two only when the gauge has measured every round: somebody who stops it half-way
    /// gains nothing. A gauge that fails leaves its last estimate. Reverts with `NoGauge`, and in a deferral of the
    /// vault with `DeferralActive` when there is something to change.
    /// @return initialBps The initial weight in the vault now.
    /// @return maintenanceBps The maintenance weight in the vault now.
    function poke(
        IMarginVault vault,
        address asset
    ) external returns (uint256 initialBps, uint256 maintenanceBps);

    /// @notice Points the vault at another oracle for the same collaterals, whose fresh prices are within 2 % of the
    /// present ones. Reverts with the oracle errors above.
    function setOracle(IMarginVault vault, IOracle newOracle) external;

    /// @notice Points the vault at an oracle that puts a wrong one right, whatever that makes of accounts: its fresh
    /// prices are held against `expected36` (one a collateral, in the vault's order; quote base units per base unit,
    /// times 1e36) instead of the present ones. Reverts with the oracle errors above but `OraclePriceJumps`,
    /// `ExpectationsMismatch`, `PriceNotAsExpected`, `ToleranceOutOfRange`.
    function correctOracle(
        IMarginVault vault,
        IOracle newOracle,
        uint256[] calldata expected36,
        uint16 toleranceBps
    ) external;

    /// @notice Sets the vault's amounts and times. Reverts with `GraceOutOfRange`, `AuctionOutOfRange`,
    /// `AmountsOutOfRange`.
    function setRiskTerms(IMarginVault vault, RiskTerms calldata newTerms) external;

    /// @notice Sets the most that may be lent, in whole quote tokens; the largest uint32 is no cap.
    function setBorrowCap(IMarginVault vault, uint32 newCap) external;

    /// @notice Sets how much of `asset` may be sold above the floor; zeros take the brake away. Its bucket is full
    /// then. Reverts with `BrakeOutOfRange` and as the vault does.
    function setBrake(IMarginVault vault, address asset, BrakeTerms calldata newTerms) external;

    /// @notice As `setBorrowCap`, downwards and at once; zero stops borrowing. Reverts with `NotLower`.
    function lowerBorrowCap(IMarginVault vault, uint32 newCap) external;

    /// @notice Sets the fee on interest and its recipient (zero: the insurance). Reverts with `FeeOutOfRange`.
    function setFee(IMarginVault vault, uint16 newFeeBps, address newRecipient) external;

    /// @notice How the weights of a collateral follow volatility; all zero where they do not.
    function volatilityTerms(
        IMarginVault vault,
        address asset
    ) external view returns (VolatilityTerms memory);

    /// @notice The weights of a collateral without any tightening, where their ramps go. Reverts with `NotListed`.
    function ownWeights(
        IMarginVault vault,
        address asset
    ) external view returns (uint256 initialBps, uint256 maintenanceBps, uint256 liquidationBps);

    /// @notice The weights towards which those of a collateral go, by the gauge's last estimate: its own, tightened.
    /// Reverts with `NoGauge`.
    function targetWeights(
        IMarginVault vault,
        address asset
    ) external view returns (uint256 initialBps, uint256 maintenanceBps);
}
