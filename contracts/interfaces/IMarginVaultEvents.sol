// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccountId} from "./AccountId.sol";
import {CallNotice, CloseReason, CollateralTerms, LiquidationNotice, RiskTerms} from "./VaultTypes.sol";

/// @title What a vault reports
/// @notice Every event carries the state that results, so that a replay of logs rebuilds every account. Amounts are
/// base units; times are uptime; `actor` is who called.
interface IMarginVaultEvents {
    /// @param amount Base units of `asset` that came in.
    /// @param balance Base units of `asset` that the account now holds.
    event CollateralDeposited(
        AccountId indexed account,
        address indexed owner,
        address indexed actor,
        address asset,
        uint256 amount,
        uint256 balance
    );

    /// @param amount Base units of `asset` that left to `to`.
    /// @param balance Base units of `asset` that the account now holds.
    event CollateralWithdrawn(
        AccountId indexed account,
        address indexed owner,
        address indexed actor,
        address asset,
        uint256 amount,
        address to,
        uint256 balance
    );

    /// @param amount Quote base units lent to `to`.
    /// @param debtShares The account's debt shares now.
    /// @param debt What they are worth now, rounded up.
    event Borrowed(
        AccountId indexed account,
        address indexed owner,
        address indexed actor,
        uint256 amount,
        address to,
        uint256 debtShares,
        uint256 debt
    );

    /// @param amount Quote base units paid.
    /// @param debtShares The account's debt shares now.
    /// @param debt What they are worth now, rounded up.
    event Repaid(
        AccountId indexed account,
        address indexed owner,
        address indexed actor,
        uint256 amount,
        uint256 debtShares,
        uint256 debt
    );

    /// @notice A margin call has been opened: amounts, deadline and prices are in the notice.
    event MarginCallOpened(
        AccountId indexed account,
        address indexed owner,
        address indexed actor,
        CallNotice notice
    );

    /// @param nonce That of the opening.
    /// @param reason What ended the call.
    /// @param late Whether the deadline had passed.
    /// @param healthWad The health factor at closing, times 1e18; the largest uint256 without debt.
    /// @param debt What the account owes, rounded up.
    event MarginCallClosed(
        AccountId indexed account,
        address indexed owner,
        address indexed actor,
        uint256 nonce,
        CloseReason reason,
        bool late,
        uint256 closedAt,
        uint256 healthWad,
        uint256 debt
    );

    /// @notice Collateral of an account has been sold to `actor`.
    event Liquidated(
        AccountId indexed account,
        address indexed owner,
        address indexed actor,
        LiquidationNotice notice
    );

    /// @notice A debt nobody will pay has been booked. The account owes nothing afterwards; what collateral it still
    /// held follows as `CollateralForfeited`.
    /// @param loss Quote base units of debt cancelled.
    /// @param insured The part of it that burned insurance shares were worth.
    /// @param burnedShares Insurance shares burned.
    /// @param insuranceShares Insurance shares afterwards.
    /// @param totalAssets Assets of the lenders afterwards.
    /// @param totalShares Shares afterwards.
    event BadDebtRealized(
        AccountId indexed account,
        address indexed owner,
        address indexed actor,
        uint256 loss,
        uint256 insured,
        uint256 burnedShares,
        uint256 insuranceShares,
        uint256 totalAssets,
        uint256 totalShares
    );

    /// @notice Collateral of an account whose debt was booked as a loss now belongs to the insurance account.
    /// @param amount Base units of `asset` that moved.
    /// @param insuranceBalance Base units of `asset` that the insurance account now holds.
    event CollateralForfeited(
        AccountId indexed account,
        address indexed owner,
        address indexed asset,
        uint256 amount,
        uint256 insuranceBalance
    );

    /// @param debtIndex Quote base units per debt share, times 1e27, from now on.
    /// @param interest Quote base units by which all debt grew.
    /// @param fee The part of it that is not the lenders'.
    event InterestAccrued(uint256 debtIndex, uint256 interest, uint256 fee);

    /// @notice The interest fee has become shares.
    /// @param insuranceShares Shares that went to the insurance.
    /// @param recipientShares Shares that went to `recipient`.
    event FeeBooked(uint256 fee, uint256 insuranceShares, address indexed recipient, uint256 recipientShares);

    /// @notice A collateral was listed; it has the number `index` from now on.
    event CollateralListed(address indexed asset, uint256 index, CollateralTerms terms);

    /// @notice The terms of a listed collateral have changed.
    event CollateralTermsSet(address indexed asset, CollateralTerms oldTerms, CollateralTerms newTerms);

    /// @notice Sales of `asset` above the floor draw on a bucket of these terms from now on, and it is full; zeros: on
    /// none.
    event BrakeSet(address indexed asset, uint256 burst, uint256 perHour);

    /// @notice A sale drew `value` on the bucket of `asset`, quote base units.
    /// @param fullAtMicros When it will be full again, microseconds of uptime.
    event BrakeDrawn(address indexed asset, uint256 value, uint256 fullAtMicros);

    /// @notice Prices come from `newOracle` from now on.
    event OracleSet(address oldOracle, address newOracle);

    /// @notice The vault's amounts and times have changed.
    event RiskTermsSet(RiskTerms oldTerms, RiskTerms newTerms);

    /// @notice The most that may be lent, in whole quote tokens, has changed.
    event BorrowCapSet(uint256 oldCap, uint256 newCap);

    /// @notice The fee on interest, in bps of it, or who receives it once the insurance is full, has changed.
    event FeeSet(uint256 oldFeeBps, uint256 newFeeBps, address oldRecipient, address newRecipient);
}
