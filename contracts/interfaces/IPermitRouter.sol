// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccountId} from "./AccountId.sol";
import {IMarginVault} from "./IMarginVault.sol";

/// @notice An ERC-2612 permit that the caller has signed for the router.
struct Permit {
    /// The allowance signed, base units of the asset: at least what the call takes.
    uint256 value;
    /// Timestamp up to which the signature is good.
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @title Pays into a vault with a signature instead of an approval
/// @notice Each function brings the caller's permit to the asset, takes from the caller exactly what the vault is going
/// to take, and calls the vault's function of the same name. The permit only has to leave an allowance: when somebody
/// has brought it already, when it has expired, or when the token has none, an allowance that suffices will do.
///
/// The router takes nothing from anybody but its caller, and nothing but the asset and at most the amount named in the
/// call, whatever the vault named is; it keeps neither tokens nor allowances, and what it holds when a call ends is the
/// caller's. What the caller signed above what was taken stays an allowance that the caller alone can use. It is
/// nobody's operator: in the vault's events it is the actor. DAI's older form of permit is not supported.
/// @dev Amounts are base units of the asset named. Beside the errors below every function reverts with what the vault
/// or the token reverts with, and with `ReentrancyGuardReentrantCall`.
interface IPermitRouter {
    /// @notice After the permit `owner` allows the router `allowance` of `asset`, less than the `needed` it would take.
    error AllowanceTooSmall(address asset, address owner, uint256 allowance, uint256 needed);

    /// @notice `account` holds no `asset`; the router only tops up. A new asset is the owner's to deposit in the vault.
    error AssetNotHeld(AccountId account, address asset);

    /// @notice Cures an account: `IMarginVault.cure`. Anyone may. Pays nothing, and brings no permit, when the account
    /// stands above the cure level already.
    /// @dev Reverts with `AllowanceTooSmall`, and as the vault's with `NoCallOpen`, `OracleUnavailable`,
    /// `CureTooExpensive`.
    /// @param vault Where the account is.
    /// @param account The account cured.
    /// @param quote The vault's quote asset, pulled from the caller.
    /// @param maxPay The most the caller pays.
    /// @param permit The caller's permit of `quote`.
    /// @return repaid What was paid, rounded up.
    function cure(
        IMarginVault vault,
        AccountId account,
        address quote,
        uint256 maxPay,
        Permit calldata permit
    ) external returns (uint256 repaid);

    /// @notice Repays debt: `IMarginVault.repay`. Anyone may.
    /// @dev Reverts with `AllowanceTooSmall`, and as the vault's with `ZeroAmount`, `NoDebt`.
    /// @param vault Where the account is.
    /// @param account The account relieved.
    /// @param quote The vault's quote asset, pulled from the caller.
    /// @param amount More than the debt takes only the debt.
    /// @param permit The caller's permit of `quote`.
    /// @return repaid What was paid.
    function repay(
        IMarginVault vault,
        AccountId account,
        address quote,
        uint256 amount,
        Permit calldata permit
    ) external returns (uint256 repaid);

    /// @notice Adds to a collateral that the account holds: `IMarginVault.depositCollateral`. Anyone may.
    /// @dev Reverts with `AssetNotHeld`, `AllowanceTooSmall`, and as the vault's with `ZeroAmount`,
    /// `TransferMismatch`, `SafeCastOverflowedUintDowncast`.
    /// @param vault Where the account is.
    /// @param account The account credited.
    /// @param asset The collateral, pulled from the caller.
    /// @param amount Base units of `asset`.
    /// @param permit The caller's permit of `asset`.
    function depositCollateral(
        IMarginVault vault,
        AccountId account,
        address asset,
        uint256 amount,
        Permit calldata permit
    ) external;

    /// @notice Lends: the vault's ERC-4626 `deposit`. Anyone may.
    /// @dev Reverts with `AllowanceTooSmall`, and as the vault's with `ERC20InvalidReceiver`, `TransferMismatch`.
    /// @param vault Where to lend.
    /// @param quote The vault's quote asset, pulled from the caller.
    /// @param assets How much to lend.
    /// @param receiver Who receives the vault's shares.
    /// @param permit The caller's permit of `quote`.
    /// @return shares Shares minted to `receiver`, rounded down.
    function deposit(
        IMarginVault vault,
        address quote,
        uint256 assets,
        address receiver,
        Permit calldata permit
    ) external returns (uint256 shares);
}
