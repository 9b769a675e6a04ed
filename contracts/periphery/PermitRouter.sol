// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {AccountId} from "../interfaces/AccountId.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IMarginVaultErrors} from "../interfaces/IMarginVaultErrors.sol";
import {IPermitRouter, Permit} from "../interfaces/IPermitRouter.sol";

/// @title PermitRouter
/// @notice See `IPermitRouter`. One serves any number of vaults; it holds nothing, owns nothing and has no parameters.
/// @dev It trusts neither the vault nor the asset that it is given. Whoever they are, they run while the router holds
/// only what this caller brought, the lock keeps every other caller out, and the vault can reach only what is approved
/// to it here. The asset is named by the caller, not asked of the vault: a vault that is not what it seems would answer
/// with whatever else the caller has allowed the router.
contract PermitRouter is IPermitRouter, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @inheritdoc IPermitRouter
    function cure(
        IMarginVault vault,
        AccountId account,
        address quote,
        uint256 maxPay,
        Permit calldata permit
    ) external nonReentrant returns (uint256 repaid) {
        uint256 needed = vault.previewCure(account).repay;
        if (needed > maxPay) revert IMarginVaultErrors.CureTooExpensive(needed, maxPay);
        _take(IERC20(quote), needed, vault, permit);
        repaid = vault.cure(account, needed);
        _giveBack(IERC20(quote), vault);
    }

    /// @inheritdoc IPermitRouter
    function repay(
        IMarginVault vault,
        AccountId account,
        address quote,
        uint256 amount,
        Permit calldata permit
    ) external nonReentrant returns (uint256 repaid) {
        uint256 debt = vault.debtOf(account);
        _take(IERC20(quote), amount < debt ? amount : debt, vault, permit);
        repaid = vault.repay(account, amount);
        _giveBack(IERC20(quote), vault);
    }

    /// @inheritdoc IPermitRouter
    function depositCollateral(
        IMarginVault vault,
        AccountId account,
        address asset,
        uint256 amount,
        Permit calldata permit
    ) external nonReentrant {
        _take(IERC20(asset), amount, vault, permit);
        // Asked last, so that nothing runs between the answer and its use: were somebody to make the router an operator
        // of theirs, it still would add no asset to their account for a stranger.
        if (vault.collateralOf(account, asset) == 0) revert AssetNotHeld(account, asset);
        vault.depositCollateral(account, asset, amount);
        _giveBack(IERC20(asset), vault);
    }

    /// @inheritdoc IPermitRouter
    function deposit(
        IMarginVault vault,
        address quote,
        uint256 assets,
        address receiver,
        Permit calldata permit
    ) external nonReentrant returns (uint256 shares) {
        _take(IERC20(quote), assets, vault, permit);
        shares = IERC4626(address(vault)).deposit(assets, receiver);
        _giveBack(IERC20(quote), vault);
    }

    /// @dev Takes `amount` from the caller and lets the vault have it. A permit may fail for no fault of the caller's,
    /// a stranger having brought it first, and a token without one may accept the call and do nothing: only the
    /// allowance tells.
    function _take(IERC20 asset, uint256 amount, IMarginVault vault, Permit calldata permit) private {
        if (amount == 0) return;
        try
            IERC20Permit(address(asset)).permit({
                owner: msg.sender,
                spender: address(this),
                value: permit.value,
                deadline: permit.deadline,
                v: permit.v,
                r: permit.r,
                s: permit.s
            })
        {} catch {}
        uint256 allowance = asset.allowance(msg.sender, address(this));
        if (allowance < amount) revert AllowanceTooSmall(address(asset), msg.sender, allowance, amount);
        asset.safeTransferFrom(msg.sender, address(this), amount);
        asset.forceApprove(address(vault), amount);
    }

    /// @dev Leaves nothing behind. The vault takes all it was let have, unless a token's callback has changed the
    /// account meanwhile or the vault is none.
    function _giveBack(IERC20 asset, IMarginVault vault) private {
        if (asset.allowance(address(this), address(vault)) != 0) asset.forceApprove(address(vault), 0);
        uint256 rest = asset.balanceOf(address(this));
        if (rest != 0) asset.safeTransfer(msg.sender, rest);
    }
}
