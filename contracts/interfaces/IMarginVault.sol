// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccountId} from "./AccountId.sol";
import {IAuthority} from "./IAuthority.sol";
import {IInterestRateModel} from "./IInterestRateModel.sol";
import {IMarginVaultErrors} from "./IMarginVaultErrors.sol";
import {IMarginVaultEvents} from "./IMarginVaultEvents.sol";
import {IUptimeClock} from "./IUptimeClock.sol";
import {IOracle} from "./IOracle.sol";
import {
    BrakeTerms,
    CollateralTerms,
    CureAmounts,
    LiquidationRequest,
    LiquidationResult,
    Margin,
    Refusal,
    RiskTerms,
    Status
} from "./VaultTypes.sol";

/// @title A vault that lends one quote asset against collateral, and calls before it sells
/// @notice Lenders use the vault as an ERC-4626 vault of the quote asset; this interface is the traders', the keepers'
/// and the configurator's side. Amounts are base units of the asset named, or of the quote asset where none is. Debt
/// and what a trader pays are rounded up; collateral value, shares minted and what leaves the vault are rounded down.
/// Every state-changing function is locked against re-entry; a re-entrant call reverts with
/// `ReentrancyGuardReentrantCall`. Tokens that fail make the call revert with the token's error or `SafeERC20`'s.
interface IMarginVault is IMarginVaultErrors, IMarginVaultEvents {
    // ------------------------------------------------------------------ traders

    /// @notice Adds collateral to an account, and closes its margin call if that is enough. Never depends on a price,
    /// a cap, a minimum or another account; when prices fail, the call just stays open.
    /// @dev Anyone may top up a collateral that the account holds; only the owner and operators who may do everything
    /// add a new one. Reverts with `ZeroAmount`, `UnknownCollateral`, `NotAuthorized`, `TooManyCollaterals`,
    /// `TransferMismatch` for tokens that take a fee, and `SafeCastOverflowedUintDowncast` when the total would exceed
    /// 2^128 - 1 base units.
    /// @param account The account credited.
    /// @param asset A listed collateral, pulled from the caller.
    /// @param amount Base units of `asset`.
    function depositCollateral(AccountId account, address asset, uint256 amount) external;

    /// @notice Takes collateral out. Only the owner and operators: those who may do everything, and in a deferral those
    /// who may only improve. Without debt no price is read; with debt the account must end with `A_i >= D`, no call
    /// open, no collateral above its cap, and a debt of at least the minimum, in a deferral as `defer` says.
    /// @dev Reverts with `ZeroAmount`, `ZeroAddress`, `NotAuthorized`, `UnknownCollateral`, `InsufficientCollateral`,
    /// and with debt also `CallOpen`, `CollateralAboveCap`, `DebtBelowMinimum`, `OracleUnavailable`,
    /// `InsufficientMargin`.
    /// @param account The account debited.
    /// @param asset The collateral.
    /// @param amount Base units of `asset`; the largest uint256 takes all.
    /// @param to Who receives it.
    /// @return withdrawn Base units sent.
    function withdrawCollateral(
        AccountId account,
        address asset,
        uint256 amount,
        address to
    ) external returns (uint256 withdrawn);

    /// @notice Borrows quote tokens. Who may, and how the account must end, is as for a withdrawal.
    /// @dev Reverts with `ZeroAmount`, `ZeroAddress`, `NotAuthorized`, `InsufficientCash`, `BorrowCapExceeded`,
    /// `CallOpen`, `CollateralAboveCap`, `DebtBelowMinimum`, `OracleUnavailable`, `InsufficientMargin`, and
    /// `SafeCastOverflowedUintDowncast` when the account's debt would exceed 2^96 shares (about 7.9e25 base units).
    /// @param account The account that owes.
    /// @param amount Quote base units.
    /// @param to Who receives them.
    function borrow(AccountId account, uint256 amount, address to) external;

    /// @notice Repays debt, and closes the margin call if that is enough. Anyone may. Never depends on a price, a
    /// pause, a cap, a minimum or another account; may leave a debt under the minimum.
    /// @dev Reverts with `ZeroAmount`, `NoDebt`, `TransferMismatch`.
    /// @param account The account relieved.
    /// @param amount Quote base units, pulled from the caller; more than the debt takes only the debt.
    /// @return repaid Quote base units taken.
    function repay(AccountId account, uint256 amount) external returns (uint256 repaid);

    /// @notice Repays exactly what lifts a called account to the cure level, and closes its call. Anyone may.
    /// @dev Pays nothing when the account stands above the cure level already. Reverts with `NoCallOpen`,
    /// `OracleUnavailable`, `CureTooExpensive`, `TransferMismatch`.
    /// @param account The account cured.
    /// @param maxPay The most the caller pays, quote base units.
    /// @return repaid Quote base units taken, rounded up.
    function cure(AccountId account, uint256 maxPay) external returns (uint256 repaid);

    // ------------------------------------------------------------------ margin calls

    /// @notice Opens a margin call on an account that is `Callable`, or again on one that is `Lapsed`. Anyone may. The
    /// first opening in 24 h pays the caller a bounty in vault shares if the account can bear it.
    /// @dev Reverts with `NotCallable`, `CheckPending` for an account that a deferral has touched, `CallingPaused`,
    /// `OracleUnavailable`, and for what a default left also with `PriceNotFresh`.
    /// @return bountyShares Vault shares minted to the caller, rounded down.
    function openCall(AccountId account) external returns (uint256 bountyShares);

    /// @notice As `openCall` for many; accounts that are not eligible are skipped.
    /// @return refusals Why an account was skipped: `NotCallable`, `CheckPending`, `Paused`, `OracleUnavailable`,
    /// `PriceNotFresh`; `None` where a call was opened.
    function openCalls(AccountId[] calldata accounts) external returns (Refusal[] memory refusals);

    /// @notice Closes the call of an account that stands at the closing level, or past its deadline at a health factor
    /// of 1. Anyone may.
    /// @dev Reverts with `NotClosable`, `CheckPending` in a deferral, `OracleUnavailable`.
    function closeCall(AccountId account) external;

    /// @notice As `closeCall` for many; accounts that are not eligible are skipped.
    /// @return refusals Why an account was skipped: `NotClosable`, `CheckPending`, `OracleUnavailable`; `None` where a
    /// call was closed.
    function closeCalls(AccountId[] calldata accounts) external returns (Refusal[] memory refusals);

    // ------------------------------------------------------------------ liquidation

    /// @notice Repays debt of an account that is `Expired`, `Critical` or `Insolvent` and receives collateral at the
    /// auction's discount. Anyone may.
    /// @dev The collateral is sent first; with `data` the caller's `ILiquidationCallback` runs; then the payment is
    /// pulled. Reverts with `ZeroAddress`, `CheckPending` for an account that a deferral has touched,
    /// `OracleUnavailable`, `NotLiquidatable`, `LiquidationPaused` for an `Expired` one, `CollateralNotHeld`,
    /// `PriceNotFresh`, `WrongCollateral`, `TakeTooSmall`, `RemainingDebtTooSmall`, `SeizedTooLittle`,
    /// `NoImprovement`, `TransferMismatch`.
    /// @param account The account liquidated.
    /// @param asset The collateral to take.
    /// @param maxRepay The most the caller pays, insurance share included, quote base units.
    /// @param minSeized The least collateral the caller accepts, base units.
    /// @param to Who receives the collateral.
    /// @param data Passed to the caller's callback; empty for none.
    /// @return repaid Quote base units by which the debt fell, rounded up.
    /// @return insured Quote base units paid to the insurance on top, rounded up.
    /// @return seized Base units of `asset` sent, rounded down.
    function liquidate(
        AccountId account,
        address asset,
        uint256 maxRepay,
        uint256 minSeized,
        address to,
        bytes calldata data
    ) external returns (uint256 repaid, uint256 insured, uint256 seized);

    /// @notice As `liquidate` for many, paid by one transfer at the end; what is not eligible is skipped.
    /// @dev Reverts with `ZeroAddress`, `TransferMismatch`.
    /// @param requests What to take of whom.
    /// @param to Who receives the collaterals.
    /// @return results What was done or why not, one a request.
    function liquidateMany(
        LiquidationRequest[] calldata requests,
        address to
    ) external returns (LiquidationResult[] memory results);

    /// @notice Books as a loss the debt of accounts whose collateral counts for less than dust: insurance shares are
    /// burned, the rest lowers the share price. Anyone may.
    /// @return refusals Why an account was skipped: `NoLossToBook`, `CheckPending`, `OracleUnavailable`; `None` where
    /// one was booked.
    function bookLoss(AccountId[] calldata accounts) external returns (Refusal[] memory refusals);

    /// @notice Calls back the caller (`IDeferred.onDeferred`), which may move any accounts and tokens it is allowed to,
    /// and checks every account it touched once at the end. An account passes if it ends sound (`A_i >= D`, no call
    /// open when it was first touched, no collateral above its cap) or better: no more debt, `A_m / D` and `A_l / D` no
    /// lower than before, nor `V / D` where the account ends below the floor, equity lower by at most the largest
    /// penalty on the debt repaid, every price fresh, nothing brought in that is above its cap. Its call closes at the
    /// end if it may. Meanwhile it can be neither called, liquidated nor written off, and no call can be closed but
    /// that of an untouched account which is liquidated or written off. The vault's cash can be borrowed and repaid
    /// within for nothing. No parameter changes meanwhile. Anyone may.
    /// @dev Deferrals do not nest. Reverts with `DeferralActive`, and for the accounts touched with
    /// `DebtBelowMinimum`, `OracleUnavailable`, `CallOpen`, `NotImproved`, `CollateralAboveCap`,
    /// `InsufficientMargin`.
    /// @param data Passed to the callback.
    function defer(bytes calldata data) external;

    /// @notice Adds the interest since the last touch to all debt. Anyone may; every other entrance does so itself.
    function accrue() external;

    /// @notice Turns the interest fee into shares: the insurance's until it holds 1 % of all debt, then the fee
    /// recipient's, or the insurance's still when there is none. Anyone may.
    /// @return shares Shares minted, rounded down.
    function bookFee() external returns (uint256 shares);

    // ------------------------------------------------------------------ accounts

    /// @notice The status of an account now. Reverts with `OracleUnavailable` for an account with debt.
    function statusOf(AccountId account) external view returns (Status);

    /// @notice An account's health factor and floor health with interest up to now, times 1e18, rounded down; the
    /// largest uint256 without debt. For display and for contracts; `marginOf` has everything else. Reverts with
    /// `OracleUnavailable`.
    function healthOf(AccountId account) external view returns (uint256 healthWad, uint256 floorHealthWad);

    /// @notice An account in numbers, as its next touch would find it. Reverts as `statusOf`.
    function marginOf(AccountId account) external view returns (Margin memory);

    /// @notice What closes the account's call at the cure level, in each accepted form; zeros when nothing is missing.
    /// Reverts with `OracleUnavailable`.
    function previewCure(AccountId account) external view returns (CureAmounts memory);

    /// @notice What `liquidate` with these arguments does in this block; reverts as it does.
    /// @return repaid Quote base units by which the debt falls.
    /// @return insured Quote base units paid on top.
    /// @return seized Base units of `asset` received.
    /// @return discountWad The discount on the oracle's price, times 1e18.
    function previewLiquidation(
        AccountId account,
        address asset,
        uint256 maxRepay
    ) external view returns (uint256 repaid, uint256 insured, uint256 seized, uint256 discountWad);

    /// @notice What an account owes now with interest, rounded up.
    function debtOf(AccountId account) external view returns (uint256);

    /// @notice Base units of `asset` that an account holds; zero for an asset that is not listed.
    function collateralOf(AccountId account, address asset) external view returns (uint256);

    /// @notice The stored state of an account, as its events report it. Times are uptime.
    /// @return collateralSet One bit a collateral held.
    /// @return callNonce Number of the account's last call, modulo 65,536.
    /// @return calledAt When it was opened; zero if there never was one.
    /// @return deadline The open call's deadline; zero without an open call.
    /// @return auctionStart When its auction starts or last started again; zero without an open call.
    /// @return closedLateAt When a call was last closed past its deadline; zero if never.
    /// @return debtShares Debt shares.
    function accountState(
        AccountId account
    )
        external
        view
        returns (
            uint256 collateralSet,
            uint256 callNonce,
            uint256 calledAt,
            uint256 deadline,
            uint256 auctionStart,
            uint256 closedLateAt,
            uint256 debtShares
        );

    // ------------------------------------------------------------------ the vault

    /// @notice The protocol's clock: seconds since 1970 without those it stood still. All call times are in it.
    function uptime() external view returns (uint256);

    /// @notice The number of listed collaterals; their numbers run from 0.
    function collateralCount() external view returns (uint256);

    /// @notice A listed collateral. Reverts with a panic for a number of 16 or more.
    /// @return asset Its token; zero for a number not listed.
    /// @return terms Its weights, discount and cap.
    /// @return total Base units that all accounts hold.
    function collateralAt(
        uint256 number
    ) external view returns (address asset, CollateralTerms memory terms, uint256 total);

    /// @notice How much of `asset` may be sold above the floor now, quote base units at the oracle's price, rounded
    /// down; the largest uint256 where no brake is set. A take of more than nineteen twentieths of `burst` passes while
    /// the bucket holds those. Reverts with `UnknownCollateral`.
    /// @return room What the bucket holds.
    /// @return burst The most it can hold.
    /// @return perHour What flows into it each hour.
    function capacity(address asset) external view returns (uint256 room, uint256 burst, uint256 perHour);

    /// @notice The amounts and times that go with the vault.
    function riskTerms() external view returns (RiskTerms memory);

    /// @notice The lenders' and the debt's books as stored at `accruedAt`; quote base units.
    /// @return cash Quote tokens held and not lent.
    /// @return debtIndex Quote base units per debt share, times 1e27.
    /// @return totalDebtShares All accounts' debt shares.
    /// @return unbookedFee Interest fee not yet turned into shares; no part of `totalAssets`.
    /// @return accruedAt Timestamp of the last accrual.
    function pool()
        external
        view
        returns (
            uint256 cash,
            uint256 debtIndex,
            uint256 totalDebtShares,
            uint256 unbookedFee,
            uint256 accruedAt
        );

    /// @notice All debt with interest up to now, quote base units, rounded down.
    function totalDebt() external view returns (uint256);

    /// @notice The debt index with interest up to now, times 1e27.
    function currentDebtIndex() external view returns (uint256);

    /// @notice Vault shares that stand in for bad debt.
    function insuranceShares() external view returns (uint256);

    /// @notice The fee on interest in bps of it, and who receives it once the insurance is full.
    function feeTerms() external view returns (uint256 feeBps, address recipient);

    /// @notice The most that may be lent, in whole quote tokens; the largest uint32 is no cap.
    function borrowCap() external view returns (uint256);

    /// @notice Where prices come from.
    function oracle() external view returns (IOracle);

    /// @notice What sets the price of borrowing.
    function interestRateModel() external view returns (IInterestRateModel);

    /// @notice Who may act for an account's owner.
    function authority() external view returns (IAuthority);

    /// @notice The clock of calls and auctions.
    function clock() external view returns (IUptimeClock);

    /// @notice The only caller of the setters below.
    function configurator() external view returns (address);

    // ------------------------------------------------------------------ configurator only; it checks what it sets

    /// @notice Lists a collateral with the next number. Reverts with `NotConfigurator`, `TooManyListed`,
    /// `NotListable`.
    function listCollateral(address asset, CollateralTerms calldata terms) external;

    /// @notice Replaces the terms of a listed collateral. Reverts with `NotConfigurator`, `UnknownCollateral`.
    function setCollateralTerms(address asset, CollateralTerms calldata newTerms) external;

    /// @notice Sets the brake of a listed collateral, its bucket full; zeros take it away. Reverts with
    /// `NotConfigurator`, `UnknownCollateral`.
    function setBrake(address asset, BrakeTerms calldata newTerms) external;

    /// @notice Replaces the oracle. Reverts with `NotConfigurator`, `ZeroAddress`.
    function setOracle(IOracle newOracle) external;

    /// @notice Replaces the vault's amounts and times. Reverts with `NotConfigurator`.
    function setRiskTerms(RiskTerms calldata newTerms) external;

    /// @notice Replaces the most that may be lent, in whole quote tokens; the largest uint32 is no cap. Interest may
    /// grow debt beyond it. Reverts with `NotConfigurator`.
    function setBorrowCap(uint32 newCap) external;

    /// @notice Replaces the interest fee and its recipient. Reverts with `NotConfigurator`.
    function setFee(uint16 newFeeBps, address newRecipient) external;
}
