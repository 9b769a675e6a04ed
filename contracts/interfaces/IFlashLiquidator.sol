// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccountId} from "./AccountId.sol";
import {ILiquidationCallback} from "./ILiquidationCallback.sol";
import {IMarginVault} from "./IMarginVault.sol";
import {IUniswapV3Factory} from "./uniswap/IUniswapV3Factory.sol";
import {IUniswapV3SwapCallback} from "./uniswap/IUniswapV3SwapCallback.sol";

/// @notice How much of the seized collateral is sold.
enum Sale {
    /// All of it: the profit is in quote tokens.
    All,
    /// As much as the payment costs: the profit is what is left of the collateral.
    Payment
}

/// @notice A liquidation that pays for itself.
struct FlashTake {
    AccountId account;
    /// The collateral to take.
    address asset;
    /// As in `IMarginVault.liquidate`: the most that is paid, quote base units.
    uint256 maxRepay;
    /// As in `IMarginVault.liquidate`: the least collateral accepted, base units.
    uint256 minSeized;
    /// The least profit, quote base units; collateral that is kept counts at the oracle's price.
    uint256 minProfit;
    Sale sale;
    /// Where to sell: `asset`, then a fee (3 bytes, hundredths of a basis point) and a token for each pool, the last
    /// token being the quote.
    bytes path;
}

/// @notice What became of a take.
struct FlashResult {
    bool taken;
    /// Why not: the first four bytes of what it reverted with, which is an error's selector; zero when it reverted
    /// without a word, for want of gas for instance.
    bytes4 reason;
    /// Quote base units paid to the vault.
    uint256 payment;
    /// Base units of the collateral seized.
    uint256 seized;
    /// Quote base units sent to the profit's recipient.
    uint256 profit;
    /// Base units of the collateral sent to the profit's recipient.
    uint256 kept;
}

/// @title A liquidator without capital
/// @notice Takes collateral of one vault and pays out of it: in the vault's callback it sells what it has received on
/// Uniswap v3. What is left goes to the profit's recipient in the same transaction. It holds nothing between
/// transactions but what its owner has left in it, which no take can touch.
/// @dev The owner is cold and sets who may act; keepers are hot and only choose what to take and where to sell it. A
/// stolen keeper's key cannot move what is here nor send profit elsewhere; by selling badly it can give away at most
/// the owner's slippage. Tokens that fail make a call revert with the token's error or `SafeERC20`'s. The
/// keepers' entrances are locked against re-entry with `ReentrancyGuardReentrantCall`.
interface IFlashLiquidator is ILiquidationCallback, IUniswapV3SwapCallback {
    event Taken(
        AccountId indexed account,
        address indexed asset,
        address indexed keeper,
        uint256 payment,
        uint256 seized,
        uint256 profit,
        uint256 kept,
        address recipient
    );
    /// @dev `reason` as in `FlashResult`.
    event Skipped(AccountId indexed account, address indexed asset, address indexed keeper, bytes4 reason);
    event KeeperSet(address indexed keeper, bool allowed);
    event ProfitRecipientSet(address oldRecipient, address newRecipient);
    event MaxSlippageSet(uint256 oldMaxSlippageBps, uint256 newMaxSlippageBps);
    event Rescued(address indexed token, uint256 amount, address to);

    /// @notice The owner has not allowed `caller` to liquidate.
    error NotKeeper(address caller);

    /// @notice Only this contract calls this, for one take of a batch.
    error NotSelf(address caller);

    /// @notice Only the vault calls this, and `caller` is not it.
    error NotVault(address caller);

    /// @notice `caller` is not the pool in which a swap is under way.
    error NotPool(address caller);

    /// @notice A recipient or a contract is the zero address.
    error ZeroAddress();

    /// @notice A slippage of `slippageBps` is above 100 %.
    error SlippageOutOfRange(uint256 slippageBps);

    /// @notice The path is malformed or does not lead from `asset` to `quote`.
    error InvalidPath(address asset, address quote);

    /// @notice The factory has no pool of these tokens at this fee.
    error NoPool(address tokenIn, address tokenOut, uint256 fee);

    /// @notice The pool ran out of liquidity after `swapped` of the `wanted` base units.
    error SwapIncomplete(address pool, uint256 wanted, uint256 swapped);

    /// @notice The payment costs `needed` base units of the collateral, more than the `seized`.
    error SaleTooDear(uint256 needed, uint256 seized);

    /// @notice What the sale brought and what is kept is worth `worth`, less than the `needed` for the payment and the
    /// least profit.
    error NotProfitable(uint256 worth, uint256 needed);

    /// @notice The sale brought `received`, less than the `minimum` that the owner's slippage leaves of the oracle's
    /// price.
    error SlippageTooHigh(uint256 received, uint256 minimum);

    /// @notice Not enough gas was left to give the take what each was to have; nothing was tried. A reason in results.
    error NotEnoughGas();

    /// @notice What the take reverted with was too long to look at. A reason in results.
    error ReasonTooLong();

    // ------------------------------------------------------------------ keepers

    /// @notice Liquidates an account, sells the collateral and sends the profit to its recipient.
    /// @dev Only a keeper. Reverts with `NotKeeper`, `InvalidPath`, `NoPool`, `SwapIncomplete`, `SaleTooDear`,
    /// `NotProfitable`, `SlippageTooHigh`, and as `IMarginVault.liquidate`.
    /// @param order What to take and how to sell it.
    /// @return result What came of it; `taken` is true.
    function take(FlashTake calldata order) external returns (FlashResult memory result);

    /// @notice As `take` for many, each on its own: one that would revert is undone and skipped with its reason.
    /// @dev Only a keeper. Reverts with `NotKeeper`. The transaction needs a gas limit of its own: with the least that
    /// succeeds, which is what nodes estimate, nothing is tried.
    /// @param orders What to take and how to sell it, in this order.
    /// @param gasPerTake The gas each may use: what one burns is not taken from the others. Those for which less is
    /// left are skipped with `NotEnoughGas`.
    /// @return results What came of each.
    function takeMany(
        FlashTake[] calldata orders,
        uint256 gasPerTake
    ) external returns (FlashResult[] memory results);

    /// @notice One take of a batch. Only this contract; reverts with `NotSelf` and as `take`.
    function attempt(FlashTake calldata order) external returns (FlashResult memory result);

    // ------------------------------------------------------------------ owner

    /// @notice Allows a key to liquidate, or takes it back. Only the owner. Reverts with `ZeroAddress`.
    function setKeeper(address keeper, bool allowed) external;

    /// @notice Replaces who receives all profit. Only the owner. Reverts with `ZeroAddress`.
    function setProfitRecipient(address newRecipient) external;

    /// @notice Replaces how far below the oracle's price a sale may end, pool fees included, in bps of it. 10,000
    /// switches the limit off. Only the owner. Reverts with `SlippageOutOfRange`.
    function setMaxSlippage(uint256 newMaxSlippageBps) external;

    /// @notice Sends tokens that are here to `to`. Only the owner. Reverts with `ZeroAddress`.
    /// @param token Any token.
    /// @param amount Its base units.
    /// @param to Who receives them.
    function rescue(address token, uint256 amount, address to) external;

    // ------------------------------------------------------------------ views

    /// @notice The vault whose accounts are liquidated.
    function vault() external view returns (IMarginVault);

    /// @notice The vault's quote asset.
    function quote() external view returns (address);

    /// @notice Whose pools are sold in.
    function factory() external view returns (IUniswapV3Factory);

    /// @notice Whether `keeper` may liquidate.
    function isKeeper(address keeper) external view returns (bool);

    /// @notice Who receives all profit.
    function profitRecipient() external view returns (address);

    /// @notice How far below the oracle's price a sale may end, pool fees included, in bps of it.
    function maxSlippageBps() external view returns (uint256);
}
