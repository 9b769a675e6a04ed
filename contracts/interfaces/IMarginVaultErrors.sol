// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccountId} from "./AccountId.sol";
import {Refusal, Status} from "./VaultTypes.sol";

/// @title Every way in which a vault refuses
/// @notice Amounts are base units of the asset named, or of the quote asset where none is. Weighted values and times
/// are as in `Margin`.
interface IMarginVaultErrors {
    /// @notice An amount of zero does nothing; say how much.
    error ZeroAmount();

    /// @notice A recipient or a contract address is zero.
    error ZeroAddress();

    /// @notice `asset` is not a collateral of this vault.
    error UnknownCollateral(address asset);

    /// @notice Only `account`'s owner may do this, or an operator that they have allowed it; `caller` is neither.
    error NotAuthorized(AccountId account, address caller);

    /// @notice Only the vault's configurator may set parameters; `caller` is not.
    error NotConfigurator(address caller);

    /// @notice `account` already holds `maximum` collaterals.
    error TooManyCollaterals(AccountId account, uint256 maximum);

    /// @notice `account` holds `held` of `asset`, `wanted` was to leave.
    error InsufficientCollateral(AccountId account, address asset, uint256 held, uint256 wanted);

    /// @notice The vault has `available` to pay out, `wanted` was asked for.
    error InsufficientCash(uint256 available, uint256 wanted);

    /// @notice All debt would be `debt`, above the vault's borrow cap.
    error BorrowCapExceeded(uint256 debt, uint256 cap);

    /// @notice A margin call is open until uptime `deadline`; only deposit, repay and cure are possible.
    error CallOpen(AccountId account, uint256 deadline);

    /// @notice No margin call is open, so there is nothing to cure.
    error NoCallOpen(AccountId account);

    /// @notice The account would owe `debt` against a fresh, initially weighted collateral of `initialValue`.
    error InsufficientMargin(AccountId account, uint256 initialValue, uint256 debt);

    /// @notice The account would owe `debt`, neither zero nor at least `minimum`.
    error DebtBelowMinimum(AccountId account, uint256 debt, uint256 minimum);

    /// @notice The account holds `asset`, of which the vault has `total`, above its cap.
    error CollateralAboveCap(AccountId account, address asset, uint256 total, uint256 cap);

    /// @notice `account` owes nothing.
    error NoDebt(AccountId account);

    /// @notice The cure takes `needed`, more than the caller's `maxPay`.
    error CureTooExpensive(uint256 needed, uint256 maxPay);

    /// @notice The oracle gave no answer, so nothing that depends on a price can happen.
    error OracleUnavailable(address oracle);

    /// @notice No call can be opened on `account`, which is `status`.
    error NotCallable(AccountId account, Status status);

    /// @notice The call on `account`, which is `status`, cannot be closed at `healthWad`; `neededWad` would do.
    error NotClosable(AccountId account, Status status, uint256 healthWad, uint256 neededWad);

    /// @notice `account` is `status` and cannot be liquidated now.
    error NotLiquidatable(AccountId account, Status status);

    /// @notice `account` holds none of `asset`.
    error CollateralNotHeld(AccountId account, address asset);

    /// @notice The price of `asset` is not fresh; it cannot be taken until it is.
    error PriceNotFresh(address asset);

    /// @notice In the first half of the auction only a collateral with maintenance weight `lowestBps` may be taken;
    /// `asset` has `maintenanceBps`, or is worth no more than dust.
    error WrongCollateral(address asset, uint256 maintenanceBps, uint256 lowestBps);

    /// @notice A take repays at least `minimum` or empties the collateral; this one would repay `repaid`.
    error TakeTooSmall(uint256 repaid, uint256 minimum);

    /// @notice A take must leave no debt, or at least `minimum`; this one would leave `remaining`.
    error RemainingDebtTooSmall(uint256 remaining, uint256 minimum);

    /// @notice The taker would receive `seized`, less than it asked for.
    error SeizedTooLittle(uint256 seized, uint256 minSeized);

    /// @notice A take has to lower the shortfall and raise the floor health, or take all of `asset`, of which
    /// `remaining` would stay.
    error NoImprovement(AccountId account, address asset, uint256 remaining);

    /// @notice `received` of `asset` arrived where `expected` was sent: tokens that take a fee are not accepted.
    error TransferMismatch(address asset, uint256 expected, uint256 received);

    /// @notice The vault lists `maximum` collaterals already.
    error TooManyListed(uint256 maximum);

    /// @notice `asset` is already listed, or is the quote asset or the vault's own share.
    error NotListable(address asset);

    /// @notice A deferral has touched `account` and not checked it yet; for closing: a deferral is under way.
    error CheckPending(AccountId account);

    /// @notice A deferral is under way already; they do not nest.
    error DeferralActive();

    /// @notice Whoever moved `account` may only improve it, which the deferral did not: its debt went from `debtBefore`
    /// to `debt`.
    error NotImproved(AccountId account, uint256 debtBefore, uint256 debt);

    /// @notice The guardian has paused the opening of calls.
    error CallingPaused();

    /// @notice The guardian has paused liquidation above the floor.
    error LiquidationPaused();

    /// @notice Too much of `asset` has been sold lately: its bucket holds `capacity`, this take needs `needed`, quote
    /// base units. It fills with time; what is below its floor does not wait.
    error Braked(address asset, uint256 capacity, uint256 needed);

    /// @notice A refusal without an error of its own, for completeness of decoders.
    error Refused(AccountId account, Refusal refusal);
}
