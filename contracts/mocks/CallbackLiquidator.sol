// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {AccountId} from "../interfaces/AccountId.sol";
import {ILiquidationCallback} from "../interfaces/ILiquidationCallback.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";

/// @notice A liquidator that holds no quote tokens before the vault calls it back; what it does then, its data says.
contract CallbackLiquidator is ILiquidationCallback {
    using Address for address;
    using SafeERC20 for IERC20;

    enum Conduct {
        /// Sells what it received to `market` at any price and approves the payment.
        Pays,
        /// Approves nothing.
        DoesNotPay,
        /// Makes the call in its data to the vault and passes on what that reverts with.
        Reenters
    }

    IMarginVault public immutable vault;
    IERC20 public immutable quote;
    /// @dev Stands for the market that the collateral is sold to: it has approved the quote tokens.
    address public immutable market;

    /// @notice What the vault said, as the callback got it.
    event CalledBack(
        AccountId account,
        address asset,
        uint256 seized,
        uint256 payment,
        uint256 collateralHeld,
        uint256 quoteHeld
    );

    constructor(IMarginVault newVault, IERC20 newQuote, address newMarket) {
        vault = newVault;
        quote = newQuote;
        market = newMarket;
    }

    function liquidate(AccountId account, address asset, Conduct conduct, bytes calldata call) external {
        vault.liquidate({
            account: account,
            asset: asset,
            maxRepay: type(uint256).max,
            minSeized: 0,
            to: address(this),
            data: abi.encode(conduct, call)
        });
    }

    function onLiquidation(
        AccountId account,
        address asset,
        uint256 seized,
        uint256 payment,
        bytes calldata data
    ) external {
        (Conduct conduct, bytes memory call) = abi.decode(data, (Conduct, bytes));
        emit CalledBack({
            account: account,
            asset: asset,
            seized: seized,
            payment: payment,
            collateralHeld: IERC20(asset).balanceOf(address(this)),
            quoteHeld: quote.balanceOf(address(this))
        });
        if (conduct == Conduct.Pays) {
            IERC20(asset).safeTransfer(market, seized);
            quote.safeTransferFrom(market, address(this), payment);
            quote.forceApprove(address(vault), payment);
        }
        if (conduct == Conduct.Reenters) address(vault).functionCall(call);
    }
}
