// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {AccountId, accountIdOf} from "../contracts/interfaces/AccountId.sol";
import {IMarginVault} from "../contracts/interfaces/IMarginVault.sol";
import {Margin, Status} from "../contracts/interfaces/VaultTypes.sol";

/// @title A treasury that borrows against what it holds, and answers its own margin calls
/// @notice The owner borrows against collateral and leaves a part of the money here, as a reserve. When the account is
/// called, or is about to be, anybody may `guard` it: the reserve then pays exactly what cures. Whoever wants to fill
/// the reserve sends quote tokens here. The owner can leave at any time, in one call and without any price.
/// @dev An example, to copy and to change: it shows the vault through its interfaces alone. Amounts are base units.
contract GuardedTreasury {
    using SafeERC20 for IERC20;

    IMarginVault public immutable vault;
    IERC20 public immutable quote;
    IERC20 public immutable collateral;
    address public immutable owner;

    event Borrowed(uint256 deposited, uint256 borrowed, uint256 kept);
    event Guarded(Status indexed status, address indexed actor, uint256 repaid, uint256 reserve);
    event Exited(uint256 repaid, uint256 withdrawn);

    error NotOwner(address caller);

    /// @notice Only so much was borrowed; more cannot be kept of it.
    error KeptTooMuch(uint256 borrowed, uint256 kept);

    /// @notice Nothing threatens an account that is `status`, or nothing helps it.
    error NothingToGuard(Status status);

    /// @notice The reserve holds less than the cure takes. The vault takes no part of a cure, and half of one would be
    /// spent for nothing.
    error ReserveTooSmall(uint256 needed, uint256 reserve);

    modifier onlyOwner() {
        _checkOwner();
        _;
    }

    constructor(IMarginVault newVault, IERC20 newCollateral, address newOwner) {
        vault = newVault;
        quote = IERC20(newVault.oracle().quoteAsset());
        collateral = newCollateral;
        owner = newOwner;
    }

    /// @notice Deposits collateral of the owner's, borrows against it, keeps a part and gives the owner the rest. Opens
    /// the account, or grows it.
    function borrow(uint256 deposited, uint256 borrowed, uint256 kept) external onlyOwner {
        if (kept > borrowed) revert KeptTooMuch(borrowed, kept);
        if (deposited != 0) {
            collateral.safeTransferFrom(owner, address(this), deposited);
            collateral.forceApprove(address(vault), deposited);
            vault.depositCollateral(account(), address(collateral), deposited);
        }
        if (borrowed != 0) vault.borrow(account(), borrowed, address(this));
        emit Borrowed(deposited, borrowed, kept);
        if (borrowed != kept) quote.safeTransfer(owner, borrowed - kept);
    }

    /// @notice Cures the account out of the reserve. Anyone may: the money can go nowhere but into this debt.
    function guard() external returns (uint256 repaid) {
        (Status status, bool isCalled, uint256 needed) = watch();
        if (!_isGuardable(status)) revert NothingToGuard(status);
        if (needed > reserve()) revert ReserveTooSmall(needed, reserve());
        quote.forceApprove(address(vault), needed);
        // Before the call is opened there is nothing to cure; the same amount repaid forestalls it, and its bounty.
        repaid = isCalled ? vault.cure(account(), needed) : vault.repay(account(), needed);
        emit Guarded(status, msg.sender, repaid, reserve());
    }

    /// @notice Repays everything, out of the reserve first and then of the owner's pocket, and hands over all there is.
    function exit() external onlyOwner {
        uint256 debt = vault.debtOf(account());
        if (debt != 0) {
            uint256 held = reserve();
            if (held < debt) quote.safeTransferFrom(owner, address(this), debt - held);
            quote.forceApprove(address(vault), debt);
            vault.repay(account(), debt);
        }
        uint256 withdrawn = vault.collateralOf(account(), address(collateral));
        if (withdrawn != 0) vault.withdrawCollateral(account(), address(collateral), withdrawn, owner);
        emit Exited(debt, withdrawn);
        if (reserve() != 0) quote.safeTransfer(owner, reserve());
    }

    /// @notice What a keeper looks at before it calls `guard`.
    /// @return status Where the account stands.
    /// @return isCalled Whether a margin call is open.
    /// @return needed What `guard` would pay in this block.
    function watch() public view returns (Status status, bool isCalled, uint256 needed) {
        Margin memory margin = vault.marginOf(account());
        (status, isCalled) = (margin.status, margin.deadline != 0);
        if (_isGuardable(status)) needed = vault.previewCure(account()).repay;
    }

    /// @notice The treasury's account in the vault: its own address, sub-account 0.
    function account() public view returns (AccountId) {
        return accountIdOf(address(this), 0);
    }

    /// @notice Quote tokens that wait here for a margin call.
    function reserve() public view returns (uint256) {
        return quote.balanceOf(address(this));
    }

    function _checkOwner() private view {
        if (msg.sender != owner) revert NotOwner(msg.sender);
    }

    /// @dev An insolvent account owes more than it holds: what the reserve paid would be the lenders' and not saved.
    function _isGuardable(Status status) private pure returns (bool) {
        return status != Status.Healthy && status != Status.Warned && status != Status.Insolvent;
    }
}
